package policy

import (
	"fmt"
	"strings"

	"github.com/modgov/modgov/internal/graph"
)

func needsUpdate() *Rule {
	return &Rule{
		Name:     "needs-update",
		Title:    "The go command refuses to load a module before its go.mod is updated",
		Severity: Error,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `A requirement of a module is not the version that minimal version selection gives, the same path is required
at two versions, a required version is excluded, or the toolchain line is one that go would drop. Alone (GOWORK=off)
go then stops with "updates to go.mod needed" at every command that loads the whole graph: ` + "`go list -m all`" + `,
` + "`go mod vendor`" + `, often ` + "`go build`" + ` and ` + "`go test`" + `. In a workspace go does not look, so the
module builds there and breaks for everybody who uses it alone.

Where the higher version comes through a sibling that the module replaces by a directory, stale-dependent says so
instead.

modgov fix gives each of these lines the version that selection gives, as ` + "`go mod tidy`" + ` would, and touches
nothing else.`,
		Bad: `a lists x v1.0.0, but y, which a requires too, needs x v1.1.0.
-- a/go.mod --
module example.com/a

go 1.24

require (
	example.com/x v1.0.0
	example.com/y v1.0.0
)
-- proxy/example.com/x@v1.0.0.mod --
module example.com/x
-- proxy/example.com/x@v1.1.0.mod --
module example.com/x
-- proxy/example.com/y@v1.0.0.mod --
module example.com/y

go 1.24

require example.com/x v1.1.0
`,
		Good: `-- a/go.mod --
module example.com/a

go 1.24

require (
	example.com/x v1.1.0
	example.com/y v1.0.0
)
-- proxy/example.com/x@v1.1.0.mod --
module example.com/x
-- proxy/example.com/y@v1.0.0.mod --
module example.com/y

go 1.24

require example.com/x v1.1.0
`,
		Check: checkNeedsUpdate,
	}
}

func checkNeedsUpdate(c *checker) []*Finding {
	var out []*Finding
	for _, v := range c.Graph.Views() {
		if !v.Module.Governed {
			continue
		}
		var stale []graph.Stale
		for _, s := range v.NeedsUpdate() {
			if c.throughSibling(v, s) == nil {
				stale = append(stale, s)
			}
		}
		if len(stale) > 0 {
			out = append(out, c.needsUpdate(v, stale))
		}
	}
	return out
}

func (c *checker) needsUpdate(v *graph.View, stale []graph.Stale) *Finding {
	f := &Finding{
		Subject: v.Dir(), Modules: []string{v.Dir()},
		Notes: []Remark{{"go says", "\"go: updates to go.mod needed\" in " + v.Dir() + " with GOWORK=off"}},
		Fix:   command("modgov", "fix", "--rule", "needs-update", "--module", v.Dir()),
	}
	f.Settle = []Settlement{{Means: Update, Module: v.Dir(), Mod: stale[0].Root}}
	if len(stale) == 1 {
		f.Dep = stale[0].Root.Path
	}
	var parts []string
	for i, s := range stale {
		if i < 3 {
			parts = append(parts, staleText(s))
		}
		f.At = append(f.At, Span{s.Pos, staleLabel(s)})
		if len(s.Chain) > 2 && len(f.Why) < maxWhys {
			f.Why = append(f.Why, ChainOf(v, s.Chain))
		}
	}
	if len(stale) > 3 {
		parts = append(parts, fmt.Sprintf("and %d more", len(stale)-3))
	}
	f.Message = strings.Join(parts, "; ")
	return f
}

func staleText(s graph.Stale) string {
	switch {
	case s.Selected == "" && s.Excluded:
		return fmt.Sprintf("requires %s, which it excludes", graph.ModText(s.Root))
	case s.Selected == "":
		return fmt.Sprintf("lists %s, which go would drop", graph.ModText(s.Root))
	}
	return fmt.Sprintf("needs %s %s, lists %s", s.Root.Path, s.Selected, s.Root.Version)
}

func staleLabel(s graph.Stale) string {
	if s.Selected == "" {
		return "go would drop this line"
	}
	return s.Selected + " is selected"
}

// throughSibling returns the first step of the chain to a higher version that leads through a directory replace to a
// module of the repository, nil if none does.
func (c *checker) throughSibling(v *graph.View, s graph.Stale) *graph.Replacement {
	for i, mod := range s.Chain {
		if i == 0 || i == len(s.Chain)-1 {
			continue
		}
		if r := v.Replacement(mod); r != nil && r.Line.Dir != "" {
			if m := c.Workspace.Module(r.Line.Dir); m != nil && m.Governed {
				return r
			}
		}
	}
	return nil
}
