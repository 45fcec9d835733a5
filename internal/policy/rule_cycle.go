package policy

import (
	"fmt"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

func cycle() *Rule {
	return &Rule{
		Name:     "cycle",
		Title:    "Modules that require each other in a ring",
		Severity: Info,
		Layer:    LayerDeclared,
		Since:    "0.1.0",
		Sides:    sidesByModule,
		Doc: `Governed modules require each other in a ring. Go allows that: packages must not import each other in a ring,
modules may require each other. But no order of releases suits them: whichever is released first requires a version of
another that is not there yet, so each carries an old version of the rest along, with all that this one required, and
every change of one asks for a change of all. Often a test or an example alone closes the ring, and a module of its own
for it opens it.

It is reported, as information that never fails, once for each group of modules of which each requires each other,
directly or through others of the group; a shortest ring is shown. The module paths of the require lines count, direct
and indirect, at whatever version and whether or not replace lines lead to the directories.

To clear it, remove the requirement that leads back: move what needs it to a module of its own, or join the two
modules. An exception for all modules of the group but one waives it.`,
		Bad: `A test helper closes the ring.
-- client/go.mod --
module example.com/client

go 1.24

require example.com/helper v0.1.0

replace example.com/helper => ../helper
-- helper/go.mod --
module example.com/helper

go 1.24

require example.com/client v0.1.0

replace example.com/client => ../client
`,
		Good: `-- client/go.mod --
module example.com/client

go 1.24
-- client/test/go.mod --
module example.com/client/test

go 1.24

require (
	example.com/client v0.1.0
	example.com/helper v0.1.0
)

replace (
	example.com/client => ..
	example.com/helper => ../../helper
)
-- helper/go.mod --
module example.com/helper

go 1.24

require example.com/client v0.1.0

replace example.com/client => ../client
`,
		Check: checkCycle,
	}
}

func checkCycle(c *checker) []*Finding {
	var out []*Finding
	for _, group := range c.Graph.Cycles() {
		all := dirs(group.Modules)
		f := &Finding{Subject: all[0], Modules: all, Message: "requires itself through " + listed(all[1:], 3)}
		chain := Chain{Module: group.Ring[0].Dir, Steps: []Step{ownStep(group.Ring[0])}}
		for i, m := range group.Ring {
			next := group.Ring[(i+1)%len(group.Ring)]
			r := requireOf(m, next.Path)
			f.At = append(f.At, Span{r.Pos, "leads to " + next.Dir})
			chain.Steps = append(chain.Steps, Step{Mod: r.Mod, Dir: next.Dir})
		}
		f.Why = []Chain{chain}
		if len(group.Ring) < len(all) {
			f.Notes = []Remark{{"note", fmt.Sprintf("%s are in rings with each other; a shortest one is shown",
				Count(len(all), "module"))}}
		}
		out = append(out, f)
	}
	return out
}

// ownStep is the first step of a chain that begins in a module.
func ownStep(m *workspace.Module) Step {
	return Step{Mod: module.Version{Path: m.Path}, Dir: m.Dir}
}

// requireOf returns the module's require line for a path, the highest if there are several, nil if there is none.
func requireOf(m *workspace.Module, path string) *workspace.Require {
	var out *workspace.Require
	for i := range m.Requires {
		r := &m.Requires[i]
		if r.Mod.Path == path && (out == nil || graph.Compare(path, out.Mod.Version, r.Mod.Version) < 0) {
			out = r
		}
	}
	return out
}
