package policy

import (
	"github.com/modgov/modgov/internal/graph"
)

func deprecated() *Rule {
	return &Rule{
		Name:     "deprecated",
		Title:    "A dependency that its author has deprecated",
		Severity: Warn,
		Layer:    LayerRemote,
		Since:    "0.1.0",
		Doc: `A governed module directly requires a dependency whose newest version says that the module is
deprecated. Like retractions this is known only where modgov may ask for the newest go.mod file: with
` + "`--remote`" + `. Answers are kept for a day. It is a warning, or has the severity that
` + "`sources.deprecated`" + ` of the policy gives. Modules that a replace line replaces at all versions are not asked
about.

The author's words mostly name the successor. Moving there is a change of code, so there is no mechanical fix; an
exception says who moves by when.`,
		Bad: `The newest version of example.com/x names its successor.
-- go.mod --
module example.com/a

go 1.24

require example.com/x v1.0.0
-- remote/example.com/x@v1.1.0.mod --
// Deprecated: use example.com/y.
module example.com/x
`,
		Good: `-- go.mod --
module example.com/a

go 1.24

require example.com/x v1.0.0
-- remote/example.com/x@v1.1.0.mod --
module example.com/x
`,
		Check: checkDeprecated,
	}
}

func checkDeprecated(c *checker) []*Finding {
	item := c.policy.Sources.itemFor(c.policy.Sources.Deprecated)
	var out []*Finding
	for _, d := range c.Dependencies {
		n, ok := c.Remote[d.Path]
		if !ok || n.Err != nil || n.Deprecated == "" {
			continue
		}
		uses := c.askedOf(d, graph.Direct)
		if len(uses) == 0 {
			continue
		}
		for i := range uses {
			u := &uses[i]
			u.waiver = c.waiver("deprecated", item, d, u)
		}
		f := fault{dep: d, all: uses, label: "deprecated", item: item, notes: append(newestNotes(n), reasonNote(item)...)}
		f.because = policySpan(item, "deprecated", "asked for here")
		f.settle = func(*judgedUse) *Settlement { return nil }
		f.message = func(bad []judgedUse) string {
			return "in " + moduleList(dirsOf(bad)) + ", deprecated by its author: " + oneLine(n.Deprecated)
		}
		out = append(out, c.faults(f, uses)...)
	}
	return out
}

func dirsOf(uses []judgedUse) []string {
	out := make([]string, len(uses))
	for i := range uses {
		out[i] = uses[i].dir
	}
	return out
}
