package policy

import (
	"fmt"
	"slices"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

func replaceDowngrade() *Rule {
	return &Rule{
		Name:      "replace-downgrade",
		Title:     "A replace line gives a lower version than the graph asks for",
		Severity:  Warn,
		Layer:     LayerSelected,
		Since:     "0.1.0",
		Workspace: true,
		Doc: `A replace line leads to another version of the same module, and that version is lower than the one that minimal
version selection gives. The requirements say that at least the higher one is needed; the build silently gets the
lower one. It compiles or fails as luck has it, and fixes that the requirement was raised for are missing. Usually the
line held a version back once, and the rest has moved on.

It is reported for the line that applies to the selected version in a governed module alone, and in the workspace for
lines that hold back only there. Targets that are directories or other modules have no version to compare. Where a pin
of the policy asks for exactly that version, nothing is reported.

To clear it, remove the line or raise its target. If it has to stay, say so by a pin with resolve: replace.`,
		Bad: `The line once held x at v1.1.0; since then v1.3.0 is required.
-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.3.0

replace example.com/x => example.com/x v1.1.0
`,
		Good: `-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.3.0

replace example.com/x => example.com/x v1.3.1
`,
		Check: checkReplaceDowngrade,
	}
}

func checkReplaceDowngrade(c *checker) []*Finding {
	var out []*Finding
	for _, l := range c.replaceLines() {
		if l.Dir != "" || l.New.Path != l.Old.Path || c.pinned(l) {
			continue
		}
		if f := c.downgrade(l); f != nil {
			out = append(out, f)
		}
	}
	return out
}

// downgrade looks for a view in which the line lowers the selected version, the module alone before the workspace.
func (c *checker) downgrade(l replaceLine) *Finding {
	for _, v := range c.viewsOf(l) {
		item, ok := v.Selected(l.Old.Path)
		if !ok || item.Replace == nil || item.Replace.Line != l.Replace ||
			graph.Compare(l.Old.Path, l.New.Version, item.Version) >= 0 {
			continue
		}
		where := ""
		if v.Module == nil && l.Module != nil {
			where = " in the workspace"
		}
		f := l.aboutLine("replaced by the lower "+l.New.Version, true,
			fmt.Sprintf(", the graph asks for %s%s", item.Version, where))
		f.Why = []Chain{ChainOf(v, v.Chain(l.Old.Path))}
		return f
	}
	return nil
}

// pinned reports whether the policy asks for the line's target: by a pin, an alternate in force or a module to follow,
// for the line's module or, for a line of go.work, a member.
func (c *checker) pinned(l replaceLine) bool {
	modules := c.Workspace.Members()
	if l.Module != nil {
		modules = []*workspace.Module{l.Module}
	}
	says := c.says(l.Old.Path)
	return slices.ContainsFunc(modules, func(m *workspace.Module) bool {
		pin, _ := says.Pin(c.infos[m])
		if pin != nil {
			return pin.allows(c.infos[m], l.New.Version, c.Today)
		}
		_, want, ok := c.followed(l.Old.Path, says, m)
		return ok && want == graph.Effective{Path: l.New.Path, Version: l.New.Version}
	})
}
