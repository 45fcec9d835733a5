package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

func staleDependent() *Rule {
	return &Rule{
		Name:     "stale-dependent",
		Title:    "A sibling has moved on and this module did not follow",
		Severity: Error,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `A module replaces a sibling by its directory, the sibling (or what it requires) asks for a higher version of a
dependency than the module lists, and so go stops in the module with "updates to go.mod needed". It is what happens
when one module of a repository is bumped and its dependents are not; inside a workspace nobody notices.

There is one finding per module and dependency, with the chain that leads to the higher version. It takes the place of
needs-update for these lines. Chains that pass no sibling are reported by needs-update.

modgov fix raises the lines, in dependents of dependents too.`,
		Bad: `lib has moved to x v1.1.0, app, which replaces lib by its directory, still lists v1.0.0.
-- lib/go.mod --
module example.com/lib

go 1.24

require example.com/x v1.1.0
-- app/go.mod --
module example.com/app

go 1.24

require (
	example.com/lib v0.0.0
	example.com/x v1.0.0 // indirect
)

replace example.com/lib => ../lib
-- proxy/example.com/x@v1.0.0.mod --
module example.com/x
-- proxy/example.com/x@v1.1.0.mod --
module example.com/x
`,
		Good: `-- lib/go.mod --
module example.com/lib

go 1.24

require example.com/x v1.1.0
-- app/go.mod --
module example.com/app

go 1.24

require (
	example.com/lib v0.0.0
	example.com/x v1.1.0 // indirect
)

replace example.com/lib => ../lib
-- proxy/example.com/x@v1.1.0.mod --
module example.com/x
`,
		Check: checkStaleDependent,
	}
}

func checkStaleDependent(c *checker) []*Finding {
	var out []*Finding
	for _, v := range c.Graph.Views() {
		if !v.Module.Governed {
			continue
		}
		for _, s := range v.NeedsUpdate() {
			if r := c.throughSibling(v, s); r != nil {
				out = append(out, c.staleDependent(v, s))
			}
		}
	}
	return out
}

func (c *checker) staleDependent(v *graph.View, s graph.Stale) *Finding {
	says := fmt.Sprintf("\"go: updates to go.mod needed\" in %s with GOWORK=off", v.Dir())
	if w := c.Graph.WorkspaceView(); w != nil && w.Err() == nil && slices.Contains(w.Mains, v.Module) {
		if item, ok := w.Selected(s.Root.Path); ok && item.Version != "" {
			says += "; inside " + workName(c.Workspace) + " it builds, with " + item.Version
		}
	}
	return &Finding{
		Subject: v.Dir(), Modules: []string{v.Dir()}, Dep: s.Root.Path,
		Message: fmt.Sprintf("needs %s %s, lists %s", s.Root.Path, s.Selected, s.Root.Version),
		At:      []Span{{s.Pos, s.Selected + " is selected"}},
		Why:     []Chain{c.chain(v, s.Chain)},
		Notes:   []Remark{{"go says", says}},
		Fix:     strings.TrimSpace("modgov fix --rule stale-dependent --module " + v.Dir()),
		Settle:  []Settlement{{Means: Update, Module: v.Dir(), Mod: s.Root}},
	}
}

func workName(ws *workspace.Workspace) string {
	if ws.Work == nil {
		return "the workspace"
	}
	return ws.Work.File
}
