package policy

import (
	"slices"
	"strings"
	"time"

	"github.com/modgov/modgov/internal/graph"
)

// Newest is what the newest version of a module says about the module and all its versions (go-semantics 1.32).
type Newest struct {
	Version    string
	Asked      time.Time
	Deprecated string // the author's words; "" if the module is not deprecated
	// Retracted reports whether the author took a version back, and why.
	Retracted func(version string) (rationales []string, retracted bool)
	Err       error // why nothing of this is known; nil for a module that nobody serves: then nothing is retracted
}

// RemotePaths returns the dependencies that --remote asks about, sorted: those that governed modules list and that do
// not come from the repository.
func (f *Facts) RemotePaths() []string {
	var out []string
	for _, d := range f.Dependencies {
		listed := slices.ContainsFunc(d.Uses, func(u graph.Use) bool { return u.How != graph.Transitive })
		if d.Sibling == nil && listed {
			out = append(out, d.Path)
		}
	}
	return out
}

// remoteGaps are the questions that got no answer.
func remoteGaps(facts *Facts) []Gap {
	var out []Gap
	for _, p := range facts.RemotePaths() {
		if n, ok := facts.Remote[p]; ok && n.Err != nil {
			out = append(out, Gap{Layer: LayerRemote, Err: n.Err})
		}
	}
	return out
}

// askedOf returns the uses of a dependency that --remote has something to say of: by modules that list it, and not
// through a replace line for all its versions, for which go asks nothing either.
func (c *checker) askedOf(d *graph.Dependency, how graph.How) []judgedUse {
	return slices.DeleteFunc(slices.Clone(c.uses(d, AmongAll)), func(u judgedUse) bool {
		r := u.View.Replacement(u.selected(d.Path))
		return u.How > how || r != nil && (r.Line.Old.Version == "" || r.Line.Dir != "")
	})
}

// oneLine makes one line of an author's words.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// newestNotes say what was asked, and when.
func newestNotes(n Newest) []Remark {
	return []Remark{{"newest", n.Version + ", asked on " + n.Asked.UTC().Format(time.DateOnly)}}
}
