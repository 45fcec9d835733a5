package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/release"
)

// A Blocker is something that has to be done before a module can be released.
type Blocker struct {
	// Kind is "error", a finding of check; "replace", a replace line that nobody sees who imports the module; "unread"; or
	// what it waits for a sibling for: "placeholder", "unpublished", "directory", "unready"; for one of its cycle "together".
	Kind    string `json:"kind"`
	Message string `json:"message"`
	At      []Span `json:"at"`
	// After are the modules that have to be released first, With those that have to be together with it; both empty: it can
	// be done now.
	After []string `json:"after"`
	With  []string `json:"with,omitempty"`
	// Fix is the command that clears it. Rule and Finding, its ID, are those of an error.
	Fix     string `json:"fix,omitempty"`
	Rule    string `json:"rule,omitempty"`
	Finding string `json:"finding,omitempty"`
}

// now reports whether nobody has to be waited for.
func (b *Blocker) now() bool { return len(b.After)+len(b.With) == 0 }

// The kinds of blockers that are none of release.Hold.
const (
	errorKind    = "error"
	hiddenKind   = "replace"
	unreadKind   = "unread"
	togetherKind = "together"
)

// blockers are what has to be done before a module can be released: first what is wrong with it, then the siblings that
// it waits for, by the reason.
func blockers(m *release.Module, needs []ReleaseNeed) []Blocker {
	var out []Blocker
	for _, f := range m.Errors {
		out = append(out, errorBlocker(f, m.Dir))
	}
	for _, h := range m.Hidden {
		out = append(out, Blocker{
			Kind: hiddenKind, After: []string{}, At: []Span{{newPosition(h.Line.Pos), ""}},
			Message: fmt.Sprintf("replaces %s by %s: who imports it gets %s", h.Line.Old.Path, graph.ModText(h.Line.New), h.Version),
		})
	}
	if m.State == release.Unknown {
		out = append(out, Blocker{
			Kind: unreadKind, After: []string{}, At: []Span{}, Message: "its build list could not be had: " + m.Err.Error(),
		})
	}
	if len(m.Cycle) > 0 {
		out = append(out, cycleBlocker(m))
	}
	for _, hold := range []release.Hold{release.Placeholder, release.Unpublished, release.Directory, release.Unready} {
		if b := holdBlocker(m, hold, needs); len(b.After) > 0 {
			out = append(out, b)
		}
	}
	return out
}

// errorBlocker is a finding of check as a module sees it.
func errorBlocker(f *policy.Finding, dir string) Blocker {
	b := Blocker{Kind: errorKind, Message: f.Message, At: []Span{}, After: []string{}, Fix: f.Fix, Rule: f.Rule, Finding: f.ID()}
	if f.Subject != dir {
		b.Message = f.Subject + ": " + f.Message
	}
	b.At = append(b.At, newSpans(f.At)...)
	return b
}

// cycleBlocker are the siblings that a module has to be released with.
func cycleBlocker(m *release.Module) Blocker {
	b := Blocker{Kind: togetherKind, At: []Span{}, After: []string{}, With: dirsOf(m.Cycle)}
	b.Message = "needs and is needed by " + strings.Join(b.With, ", ")
	for _, n := range m.Needs {
		if n.Require != nil && slices.Contains(m.Cycle, n.Module) {
			b.At = append(b.At, Span{newPosition(n.Require.Pos), "required here"})
		}
	}
	return b
}

// holdBlocker are the siblings outside its cycle that a module waits for with one reason; After is empty without any.
func holdBlocker(m *release.Module, hold release.Hold, needs []ReleaseNeed) Blocker {
	b := Blocker{Kind: string(hold), At: []Span{}, After: []string{}}
	for _, n := range m.Needs {
		if n.Hold != hold || slices.Contains(m.Cycle, n.Module) {
			continue
		}
		b.After = append(b.After, n.Dir)
		if n.Require != nil {
			b.At = append(b.At, Span{newPosition(n.Require.Pos), "required here"})
		}
		if n.Replace != nil {
			b.At = append(b.At, Span{newPosition(n.Replace.Pos), "replaced here"})
		}
	}
	if hold == release.Unready {
		b.Message = "is built with the directory of " + strings.Join(b.After, ", ") + ", where something has to be done"
		return b
	}
	var parts []string
	for _, r := range b.required(needs) {
		parts = append(parts, strings.Join(r.dirs, ", ")+" at "+r.version)
	}
	b.Message = b.reason(strings.Join(parts, "; "))
	return b
}

// reason says why a module waits for releases; required is what it requires of the siblings.
func (b *Blocker) reason(required string) string {
	switch release.Hold(b.Kind) {
	case release.Placeholder:
		return "requires " + required + ", which stands for no version"
	case release.Unpublished:
		return "requires " + required + ", which nobody has published"
	}
	where := "the directory"
	if len(b.After) > 1 {
		where = "the directories"
	}
	return "takes the code from " + where + " here, and who imports it gets " + required
}

// A requiredVersion is a version and the siblings that a module requires at it.
type requiredVersion struct {
	version string
	dirs    []string
}

// required are the versions that a module with such needs requires of the siblings that a blocker makes it wait for.
func (b *Blocker) required(needs []ReleaseNeed) []requiredVersion {
	var out []requiredVersion
	for _, n := range needs {
		if !slices.Contains(b.After, n.Dir) {
			continue
		}
		i := slices.IndexFunc(out, func(r requiredVersion) bool { return r.version == n.Version })
		if i < 0 {
			i, out = len(out), append(out, requiredVersion{version: n.Version})
		}
		out[i].dirs = append(out[i].dirs, n.Dir)
	}
	return out
}

// advice says in Markdown what has to be done about a blocker of a module with such needs; list shows names.
func (b *Blocker) advice(needs []ReleaseNeed, list func(names []string) string) string {
	message := mdText(clipped(b.Message))
	switch b.Kind {
	case errorKind:
		if b.Fix == "" {
			return "by hand (" + mdCode("modgov explain "+b.Rule) + "): " + message
		}
		return mdCode(b.Fix) + ", for " + mdCode(b.Rule) + ": " + message
	case hiddenKind:
		return "remove the replace line, or say in the policy that nobody imports the module: it " + message
	case unreadKind:
		return "find out what it is built with: " + message
	case togetherKind:
		return "release it together with " + list(b.With) + ", as they need each other: require the version that they are going to have"
	case string(release.Unready):
		return "wait for " + list(b.After) + ": the module is built with what stands there"
	}
	then := " is released, require the new version: the module "
	if len(b.After) > 1 {
		then = " are released, require the new versions: the module "
	}
	required := b.required(needs)
	var parts []string
	for _, r := range required {
		parts = append(parts, mdCode(r.version)+" of "+list(r.dirs))
	}
	if len(required) == 1 {
		parts[0] = mdCode(required[0].version)
	}
	return "when " + list(b.After) + then + b.reason(strings.Join(parts, ", "))
}
