package policy

import (
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

func boundary() *Rule {
	return &Rule{
		Name:     "boundary",
		Title:    "A module depends on what the policy denies it",
		Severity: Error,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `The policy draws a line between modules: those in ` + "`from`" + ` must not depend on what
` + "`deny`" + ` names, but on what ` + "`allow`" + ` takes out of it. Libraries that come to depend on a service can
no longer be used by the next one, and a dependency that a whole layer was kept free of is hard to get out again.

What counts are the require lines without ` + "`// indirect`" + `: what a module itself imports, be it another module
of the repository (` + "`module:DIR`" + `) or one from outside. A module also answers for the modules of the repository
that it requires and whose code it takes from their directories, by a replace line or in the workspace: what they
require counts as if it stood in its own file, and the chain shows the way. Where such a module is itself in
` + "`from`" + `, it is reported there and not once more for all that require it. What outside modules require does not
count; that is what ` + "`bans`" + ` with ` + "`scope: any`" + ` are for.

A constraint is held against the effective version that the module in ` + "`from`" + ` has. Boundaries do not compete:
all of them hold.

To clear it, turn the dependency around, or move what both sides need into a module that both may use. An exception
says who does that until when.`,
		Bad: `A library depends on a service.
-- modgov.yaml --
version: 1
boundaries:
  - {id: libs-are-pure, from: "libs/**", deny: "module:services/**"}
-- libs/auth/go.mod --
module example.com/libs/auth

go 1.24

require example.com/services/pay v0.0.0

replace example.com/services/pay => ../../services/pay
-- services/pay/go.mod --
module example.com/services/pay

go 1.24
`,
		Good: `-- modgov.yaml --
version: 1
boundaries:
  - {id: libs-are-pure, from: "libs/**", deny: "module:services/**"}
-- libs/auth/go.mod --
module example.com/libs/auth

go 1.24
-- services/pay/go.mod --
module example.com/services/pay

go 1.24

require example.com/libs/auth v0.0.0

replace example.com/libs/auth => ../../libs/auth
`,
		Check: checkBoundary,
	}
}

// A directLine is a require line without an indirect mark.
type directLine struct {
	by   *workspace.Module
	line *workspace.Require
}

// A crossing is a way from a module to what it must not depend on: its own line and those of siblings, in order.
type crossing []directLine

func checkBoundary(c *checker) []*Finding {
	if len(c.policy.Boundaries) == 0 {
		return nil
	}
	var lines grouping[string, directLine] // by required path
	for _, m := range c.Workspace.Governed() {
		for i := range m.Requires {
			if r := &m.Requires[i]; !r.Indirect && r.Mod.Path != m.Path {
				lines.add(r.Mod.Path, directLine{m, r})
			}
		}
	}
	var out []*Finding
	for path := range lines.all() {
		for _, item := range c.policy.boundariesOf(c.DepInfo(path, "")) {
			var byWaiver grouping[*Exception, crossing]
			for _, x := range c.crossings(item, path, &lines) {
				claim := Claim{Rule: "boundary", Policy: item.ID, Dep: c.depIn(x[0].by, path), Module: c.infos[x[0].by]}
				byWaiver.add(c.inForce(claim), x)
			}
			for waiver, crossings := range byWaiver.all() {
				out = append(out, c.boundary(item, path, waiver, crossings))
			}
		}
	}
	return out
}

// crossings finds the modules of a boundary that depend on a path which it denies: it goes from the lines that require
// the path back to those who use the code of these modules, until it comes to one that the boundary speaks of.
func (c *checker) crossings(item *BoundaryItem, path string, lines *grouping[string, directLine]) []crossing {
	var out, queue []crossing
	seen := map[*workspace.Module]bool{}
	push := func(l directLine, rest crossing) {
		if !seen[l.by] {
			seen[l.by] = true
			queue = append(queue, append(crossing{l}, rest...))
		}
	}
	for _, l := range lines.values[path] {
		push(l, nil)
	}
	for len(queue) > 0 {
		x := queue[0]
		queue = queue[1:]
		m := x[0].by
		if item.From.Match(c.infos[m]) {
			if dep := c.depIn(m, path); item.Deny.Match(dep) && !item.Allow.Match(dep) {
				out = append(out, x)
			}
			continue
		}
		for _, l := range lines.values[m.Path] {
			if c.takesFromDir(l.by, m) && l.by.Path != path {
				push(l, x)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b crossing) int { return strings.Compare(a[0].by.Dir, b[0].by.Dir) })
	return out
}

// takesFromDir reports whether a module gets the code of a sibling from its directory, alone or in the workspace.
func (c *checker) takesFromDir(m, sibling *workspace.Module) bool {
	if v := c.view(m); v != nil {
		if e, _ := v.Effective(sibling.Path); e.Dir == sibling.Dir {
			return true
		}
	}
	return c.member(m) && c.member(sibling)
}

// depIn is what selectors see of a dependency in a module: at the version of the module alone, else of the workspace.
func (c *checker) depIn(m *workspace.Module, path string) DepInfo {
	for _, v := range []*graph.View{c.view(m), c.workView()} {
		if v == nil {
			continue
		}
		if e, ok := v.Effective(path); ok && e.Path == path {
			return c.DepInfo(path, e.Version)
		} else if ok {
			break // a directory or a fork
		}
	}
	return c.DepInfo(path, "")
}

func (c *checker) boundary(item *BoundaryItem, path string, waiver *Exception, crossings []crossing) *Finding {
	f := &Finding{
		Item: &item.Item, Dep: path, Subject: path, Exception: waiver,
		Because: policySpan(&item.Item, "deny", "denied here"), Notes: reasonNote(&item.Item),
	}
	if waiver != nil {
		f.Kind = waiver.ID
	}
	for _, x := range crossings {
		m, last := x[0].by, x[len(x)-1]
		f.Modules = append(f.Modules, m.Dir)
		if len(x) == 1 {
			f.At = append(f.At, Span{last.line.Pos, "required here"})
			continue
		}
		f.At = append(f.At, Span{x[0].line.Pos, "leads to it"}, Span{last.line.Pos, "required here"})
		if len(f.Why) < maxWhys {
			f.Why = append(f.Why, c.crossingChain(x))
		}
	}
	f.Message = moduleList(f.Modules) + " must not depend on it"
	if s := c.siblings[path]; s != nil && c.takesFromDir(crossings[0][len(crossings[0])-1].by, s) {
		f.Message = moduleList(f.Modules) + " must not depend on " + s.Dir
	}
	return f
}

func (c *checker) crossingChain(x crossing) Chain {
	m := x[0].by
	mods := []module.Version{{Path: m.Path}}
	for _, l := range x {
		mods = append(mods, l.line.Mod)
	}
	return ChainOf(c.Graph.View(m.Dir), mods)
}
