package policy

import (
	"strings"

	"github.com/modgov/modgov/internal/graph"
)

func retracted() *Rule {
	return &Rule{
		Name:     "retracted",
		Title:    "A version that its author took back",
		Severity: Warn,
		Layer:    LayerRemote,
		Since:    "0.1.0",
		Doc: `The author of a dependency has retracted the version that a module selects. Retractions stand in the
go.mod file of the newest version, so they are found only where modgov may ask for it: with ` + "`--remote`" + `.
Without it nothing is said. Answers are kept for a day.

It is a warning, or has the severity that ` + "`sources.retracted`" + ` of the policy gives. Dependencies count that
governed modules list in their go.mod files. As go does, nothing is asked of modules that a replace line replaces at
all versions. The go command tells only who asks it: ` + "`go list -m -u -retracted all`" + `.

To clear it, choose another version: modgov chooses none.`,
		Bad: `The newest version of example.com/x says that v1.0.0 was a mistake.
-- go.mod --
module example.com/a

go 1.24

require example.com/x v1.0.0
-- remote/example.com/x@v1.1.0.mod --
module example.com/x

retract v1.0.0 // loses data
`,
		Good: `-- go.mod --
module example.com/a

go 1.24

require example.com/x v1.1.0
-- remote/example.com/x@v1.1.0.mod --
module example.com/x

retract v1.0.0 // loses data
`,
		Check: checkRetracted,
	}
}

func checkRetracted(c *checker) []*Finding {
	item := c.policy.Sources.itemFor(c.policy.Sources.Retracted)
	var out []*Finding
	for _, d := range c.Dependencies {
		n, ok := c.Remote[d.Path]
		if !ok || n.Err != nil || n.Retracted == nil {
			continue
		}
		var bad []judgedUse
		var why []string
		for _, u := range c.askedOf(d, graph.Indirect) {
			rationales, taken := n.Retracted(u.Selected)
			if !taken {
				continue
			}
			u.waiver = c.waiver("retracted", item, d, &u)
			bad, why = append(bad, u), rationales
		}
		if len(bad) == 0 {
			continue
		}
		f := fault{dep: d, all: bad, label: "retracted", item: item, notes: append(newestNotes(n), reasonNote(item)...)}
		f.because = policySpan(item, "retracted", "asked for here")
		f.settle = func(*judgedUse) *Settlement { return nil }
		f.message = func(bad []judgedUse) string {
			text := versionList(groups(d.Path, bad, "")) + ", retracted by its author"
			if reason := oneLine(strings.Join(why, "; ")); reason != "" {
				text += ": " + reason
			}
			return text
		}
		out = append(out, c.faults(f, bad)...)
	}
	return out
}
