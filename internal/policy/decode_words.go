package policy

import (
	"go/version"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// A wordValue is a string that takes one of a few words. The zero value "" means that the file does not say.
type wordValue interface{ words() []string }

// texts returns words as plain strings.
func texts[T ~string](words ...T) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return out
}

// Agree says how far the versions of a dependency may differ between modules.
type Agree string

// The words of versions.agree; go.line takes them too, but for AgreeMajor.
const (
	AgreeSame  Agree = "same"       // one version
	AgreeMinor Agree = "same-minor" // patch versions may differ
	AgreeMajor Agree = "same-major" // minor and patch versions may differ
	AgreeAny   Agree = "any"        // any version
)

func (Agree) words() []string { return texts(AgreeSame, AgreeMinor, AgreeMajor, AgreeAny) }

// Among says which modules a version item compares.
type Among string

// The words of versions.among.
const (
	AmongDirect Among = "direct" // modules with a require line for it without "// indirect"
	AmongAll    Among = "all"    // modules that list it at all; those with a go line below 1.17: that have it
)

func (Among) words() []string { return texts(AmongDirect, AmongAll) }

// Prefer says which of several versions wins where they must agree.
type Prefer string

// The words of versions.prefer.
const (
	PreferHighest  Prefer = "highest"
	PreferLowest   Prefer = "lowest-satisfying" // the lowest in use that satisfies every module's graph and every floor
	PreferMostUsed Prefer = "most-used"         // in most modules; of equally many the highest
)

func (Prefer) words() []string { return texts(PreferHighest, PreferLowest, PreferMostUsed) }

// Resolve says by which means a version is settled.
type Resolve string

// The words of resolve.
const (
	ResolveRequire Resolve = "require" // raise the require line
	ResolveReplace Resolve = "replace" // write a replace line
)

func (Resolve) words() []string { return texts(ResolveRequire, ResolveReplace) }

// BanScope says which edges a ban forbids.
type BanScope string

// The words of bans.scope.
const (
	BanDirect BanScope = "direct" // a require line without "// indirect"
	BanAny    BanScope = "any"    // anywhere in the build list
)

func (BanScope) words() []string { return texts(BanDirect, BanAny) }

// LocalReplace says what the policy thinks of replace lines that point to a directory.
type LocalReplace string

// The words of replaces.local.
const (
	LocalAllowed       LocalReplace = "allowed"        // any directory
	LocalWorkspaceOnly LocalReplace = "workspace-only" // directories of the repository's own modules
	LocalDenied        LocalReplace = "denied"         // none
)

func (LocalReplace) words() []string { return texts(LocalAllowed, LocalWorkspaceOnly, LocalDenied) }

// InPublished says what the policy thinks of replace lines in modules that others import or install.
type InPublished string

// The words of replaces.in_published.
const (
	PublishedAllow InPublished = "allow"
	PublishedDeny  InPublished = "deny"
)

func (InPublished) words() []string { return texts(PublishedAllow, PublishedDeny) }

// GateScope says which findings count with --base.
type GateScope string

// The words of gate.scope.
const (
	GateNew GateScope = "new" // those that the change brings
	GateAll GateScope = "all"
)

func (GateScope) words() []string { return texts(GateNew, GateAll) }

// Threshold is the least severity that fails a check.
type Threshold string

// The words of gate.threshold.
const (
	ThresholdError Threshold = "error"
	ThresholdWarn  Threshold = "warn"
)

func (Threshold) words() []string { return texts(ThresholdError, ThresholdWarn) }

// PolicyFrom says whose policy judges a change.
type PolicyFrom string

// The words of gate.policy_from.
const (
	PolicyFromHead PolicyFrom = "head"
	PolicyFromBase PolicyFrom = "base"
)

func (PolicyFrom) words() []string { return texts(PolicyFromHead, PolicyFromBase) }

// GroupMode says whether the modules of a release group share their version.
type GroupMode string

// The words of release.groups.mode.
const (
	ModeIndependent GroupMode = "independent"
	ModeLockstep    GroupMode = "lockstep"
)

func (GroupMode) words() []string { return texts(ModeIndependent, ModeLockstep) }

// ExceptionKey names a key that exception_policy asks of every exception.
type ExceptionKey string

func (ExceptionKey) words() []string {
	return []string{"id", "reason", "owner", "issue", "created", "expires", "dep", "modules"}
}

// A Version is a module version in canonical form, as go.mod has it: v1.2.3, a pseudo-version, v2.0.0+incompatible.
type Version string

// setText reads a canonical version.
func (v *Version) setText(text string) error {
	switch {
	case len(text) > 256:
		return badValue("write a version as go.mod has it: v1.2.3", "%q is too long for a version", clip(text))
	case semver.IsValid(text) && module.CanonicalVersion(text) == text:
		*v = Version(text)
		return nil
	case semver.IsValid(text) && semver.Build(text) != "":
		return badValue("leave out what follows +", "%q: of build tags go knows +incompatible only", text)
	case semver.IsValid(text):
		return badValue("write all three numbers: "+semver.Canonical(text), "%q is not a whole version", text)
	case semver.IsValid("v" + text):
		return badValue("versions begin with v: "+semver.Canonical("v"+text), "%q is not a module version", text)
	}
	return badValue("write a version as go.mod has it: v1.2.3", "%q is not a module version", clip(text))
}

// A GoLines is what go.line asks of the go lines: to agree, or to be of one version. The zero GoLines asks nothing.
type GoLines struct {
	Agree   Agree  // AgreeSame, AgreeMinor or AgreeAny; "" if there is a Version
	Version string // "1.25" (any patch version of it) or "1.25.3" (exactly); as written
}

// setText reads a word or a go version. The text counts, not the number that YAML sees in it: 1.20 is not 1.2.
func (g *GoLines) setText(text string) error {
	switch Agree(text) {
	case AgreeSame, AgreeMinor, AgreeAny:
		g.Agree = Agree(text)
		return nil
	}
	if version.IsValid("go" + text) {
		g.Version = text
		return nil
	}
	if version.IsValid(text) {
		return badValue("write "+strings.TrimPrefix(text, "go"), "%q is not the text of a go line", text)
	}
	known := append(texts(AgreeSame, AgreeMinor, AgreeAny), "a go version as 1.25")
	return badValue(didYouMean(text, known), "%q is not a known word here", clip(text))
}

// IsZero says that nothing is asked.
func (g GoLines) IsZero() bool { return g == GoLines{} }

// A Toolchain is what go.toolchain asks of the toolchain lines: ToolchainAny, ToolchainSame, ToolchainNone or a
// name as go1.26.1. "" means that the file does not say.
type Toolchain string

// The words of go.toolchain.
const (
	ToolchainAny  Toolchain = "any"
	ToolchainSame Toolchain = "same" // all modules that have the line have the same
	ToolchainNone Toolchain = "none" // no module has the line
)

// setText reads a word or the name of a toolchain.
func (t *Toolchain) setText(text string) error {
	known := texts(ToolchainAny, ToolchainSame, ToolchainNone)
	switch {
	case slices.Contains(known, text) || version.IsValid(text):
		*t = Toolchain(text)
		return nil
	case version.IsValid("go" + text):
		return badValue("write go"+text, "%q is not the name of a toolchain", text)
	}
	known = append(known, "a toolchain as go1.26.1")
	return badValue(didYouMean(text, known), "%q is not a known word here", clip(text))
}
