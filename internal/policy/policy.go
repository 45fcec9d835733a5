// Package policy reads the policy file and judges a repository by it.
//
// The file half, in this file and in those that begin with decode, selector and policy: modgov.yaml is decoded
// strictly, with the position of everything that a finding may point at. The keys of the file are described by the
// Go types below and by nothing else: field tags name them (`policy:"at-least"`), say which must be given
// (",required") and which are read but have no effect yet (",later"). docs/policy.md is held against them by a test.
//
// The package knows no output and no disk: what it judges is handed in.
package policy

import (
	"reflect"
	"slices"
	"sync"

	"github.com/modgov/modgov/internal/workspace"
)

// A Policy is what a policy file says, with the defaults for what it does not say. It is immutable, but for
// SetCodeowners, and safe for concurrent use.
type Policy struct {
	Place
	File string // its name in positions, "modgov.yaml"; "" for the built-in policy

	Version         FileVersion            `policy:"version,required"`
	Modules         ModulesSection         `policy:"modules"`
	Owners          OwnersSection          `policy:"owners"`
	Sets            Table[DepSelector]     `policy:"sets"`
	Versions        []VersionItem          `policy:"versions"`
	Pins            []PinItem              `policy:"pins"`
	Bans            []BanItem              `policy:"bans"`
	Boundaries      []BoundaryItem         `policy:"boundaries"`
	Sources         SourcesSection         `policy:"sources"`
	Replaces        ReplacesSection        `policy:"replaces"`
	Go              GoSection              `policy:"go"`
	Vendor          VendorSection          `policy:"vendor"`
	Sums            SumsSection            `policy:"sums"`
	Exceptions      []Exception            `policy:"exceptions"`
	ExceptionPolicy ExceptionPolicySection `policy:"exception_policy"`
	Gate            GateSection            `policy:"gate"`
	Release         ReleaseSection         `policy:"release,later"`

	rules      map[string]*Rule
	notes      []Note
	items      map[string]*Item // by id
	builtin    VersionItem      // what holds where the file says nothing: one version, as a warning
	usedSets   map[string]bool
	codeowners *codeowners
	index      index
	exceptions sync.Map // []*Exception by DepInfo: those that may cover findings about it
}

// BuiltinID is the id of the version item that holds where the file says nothing. No item of a file can have it.
const BuiltinID = "default"

// Parse reads a policy file. The error is *FileErrors and lists all that the file alone shows to be wrong; file is
// its name in positions. Cost grows with the size of the file, aliases and braces included; no input panics.
func Parse(file string, data []byte) (*Policy, error) {
	report := &FileErrors{}
	src := newSource(file, data, report)
	if err := report.err(); err != nil {
		return nil, err
	}
	p := newPolicy(file)
	root := src.load(report)
	if root == nil {
		return nil, report.err()
	}
	d := newDecoder(src, report, p.rules)
	d.value(root, reflect.ValueOf(p).Elem())
	d.finish(p)
	if err := report.err(); err != nil {
		return nil, err
	}
	return p, nil
}

// Default returns the policy that holds where there is no policy file, the same as of a file that says "version: 1"
// and nothing else: version-skew is a warning, missing sums are errors.
func Default() *Policy {
	p := newPolicy("")
	p.Version = 1
	p.index = newIndex(p)
	return p
}

func newPolicy(file string) *Policy {
	p := &Policy{File: file, items: map[string]*Item{}, usedSets: map[string]bool{}, rules: rulesByName()}
	everything, warn := DepSelector{terms: []depTerm{{glob: glob{pattern: "**", rank: rankEverything}}}}, Warn
	p.builtin = VersionItem{
		Item: Item{ID: BuiltinID, Severity: &warn}, Dep: everything,
		Agree: AgreeSame, Prefer: PreferHighest, Resolve: ResolveRequire,
	}
	p.Vendor.Drift = Error
	p.Sums = SumsSection{Missing: Error, Stale: Warn}
	p.ExceptionPolicy.WarnBefore = 14
	p.Gate = GateSection{Scope: GateNew, Threshold: ThresholdError, PolicyFrom: PolicyFromHead}
	return p
}

// ItemIDs returns the ids that an exception may name, sorted: of all items but exceptions, and BuiltinID.
func (p *Policy) ItemIDs() []string {
	waivers := map[string]bool{}
	for i := range p.Exceptions {
		waivers[p.Exceptions[i].ID] = true
	}
	ids := []string{BuiltinID}
	for id := range p.items {
		if !waivers[id] {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// A Note names something in the file that is read and checked but has no effect yet.
type Note struct {
	Pos workspace.Position
	ID  string // of the item, or the name of the section: "otel-train", "gate"
	Key string // the key in it: "together"; "" if all of it has no effect
}

// String returns "ID" or "ID: KEY".
func (n Note) String() string {
	if n.Key == "" {
		return n.ID
	}
	return n.ID + ": " + n.Key
}

// NotEvaluated lists what the file says and no rule looks at yet, in file order.
func (p *Policy) NotEvaluated() []Note { return slices.Clone(p.notes) }

// JudgedBy says whose policy judges a change that brings p where there was base, which may be nil: that of base if either
// asks for it. A change cannot choose its judge.
func (p *Policy) JudgedBy(base *Policy) PolicyFrom {
	if base != nil && (base.Gate.PolicyFrom == PolicyFromBase || p.Gate.PolicyFrom == PolicyFromBase) {
		return PolicyFromBase
	}
	return PolicyFromHead
}

// A FileVersion is the version of the file format: 1.
type FileVersion int

func (v *FileVersion) setText(text string) error {
	if text != "1" {
		return badValue("write version: 1", "this modgov knows version 1 of the policy file, not %q", clip(text))
	}
	*v = 1
	return nil
}
