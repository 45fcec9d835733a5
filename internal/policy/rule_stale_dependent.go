package policy

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/imports"
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

There is one finding per dependency, with its modules and chains that lead to the higher version. It takes the place
of needs-update for these lines. Chains that pass no sibling are reported by needs-update.

From go 1.17 on a module also has to list every module that provides a package to its build, its siblings' imports
included. If a package that the module reaches through a sibling imports from a module that go.mod does not list, go
stops with "updates to go.mod needed" or, if go.sum does not know that module, with "missing go.sum entry for module
providing package"; ` + "`go list -m all`" + ` sees nothing of it. That too is reported, with the import and the packages
on the way to it.

Imports count as ` + "`go mod tidy`" + ` counts them: on all platforms, and in tests of the module's own packages. Only
Go files of modules that replace a sibling by its directory, and of what they reach, are read. Nothing is said where a
listed module with a shorter path may have the package (the module cache is asked), nor of modules with a vendor
directory, which are built from that.

modgov fix raises the lines and adds those that are not there, in dependents of dependents too.`,
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
		out = append(out, c.unlisted(v)...)
	}
	return out
}

// mustUpdate is what go says of a go.mod file that is not as it would write it.
const mustUpdate = "go: updates to go.mod needed"

func (c *checker) staleDependent(v *graph.View, s graph.Stale) *Finding {
	return &Finding{
		Subject: v.Dir(), Modules: []string{v.Dir()}, Dep: s.Root.Path,
		Message: fmt.Sprintf("needs %s %s, lists %s", s.Root.Path, s.Selected, s.Root.Version),
		At:      []Span{{s.Pos, s.Selected + " is selected"}},
		Why:     []Chain{ChainOf(v, s.Chain)},
		Notes:   []Remark{goSays(mustUpdate, alone(v.Module)+c.buildsInWork(v, s.Root.Path))},
		Fix:     command("modgov", "fix", "--rule", "stale-dependent", "--module", v.Dir()),
		Settle:  []Settlement{{Means: Update, Module: v.Dir(), Mod: s.Root}},
		before:  s.Selected + " needed", after: ", " + s.Root.Version + " listed",
	}
}

// buildsInWork says that the workspace hides what is wrong with a module, "" if it does not.
func (c *checker) buildsInWork(v *graph.View, dep string) string {
	if w := c.workView(); w != nil && slices.Contains(w.Mains, v.Module) {
		if item, ok := w.Selected(dep); ok && item.Version != "" {
			return "; inside " + workName(c.Workspace) + " it builds, with " + item.Version
		}
	}
	return ""
}

// unlisted reports the modules that packages of siblings import from and go.mod does not list.
func (c *checker) unlisted(v *graph.View) []*Finding {
	if c.Imports == nil {
		return nil
	}
	byDep := map[string][]imports.Import{}
	dirty := len(v.NeedsUpdate()) > 0
	for _, imp := range c.Imports.Reach(v.Dir()) {
		if imp.Unlisted && !imp.Own {
			byDep[imp.Mod.Path] = append(byDep[imp.Mod.Path], imp)
			dirty = dirty || imp.When == imports.Always && c.missingSum(v, imp) == ""
		}
	}
	var out []*Finding
	for _, dep := range slices.Sorted(maps.Keys(byDep)) {
		imps := byDep[dep]
		slices.SortStableFunc(imps, func(a, b imports.Import) int { return int(a.When) - int(b.When) })
		says := c.missingSum(v, imps[0])
		if says == "" || dirty { // go reports this one first, and nothing else then
			says = mustUpdate
		}
		out = append(out, c.unlistedModule(v, imps, says))
	}
	return out
}

// unlistedModule reports imports of one module; the first is the one to show.
func (c *checker) unlistedModule(v *graph.View, imps []imports.Import, says string) *Finding {
	imp := imps[0]
	f := &Finding{
		Kind: "unlisted", Subject: v.Dir(), Modules: []string{v.Dir()}, Dep: imp.Mod.Path,
		Message: fmt.Sprintf("needs %s through %s, does not list it", graph.ModText(imp.Mod), imp.From),
		At:      []Span{{imp.Pos, "imported here"}},
		Why:     []Chain{ChainOf(v, v.Chain(imp.Mod.Path))},
		Notes:   []Remark{{"imports", packageChain(&imp)}},
		Fix:     command("modgov", "fix", "--rule", "stale-dependent", "--module", v.Dir()),
		Settle:  []Settlement{{Means: Require, Module: v.Dir(), Mod: imp.Mod}},
		before:  imp.Mod.Version + " needed", after: " through " + imp.From + ", not listed",
	}
	if len(imps) > 1 {
		var packages []string
		for _, i := range imps {
			packages = append(packages, i.Package)
		}
		f.Notes = append(f.Notes, Remark{"packages", listed(packages, 3)})
	}
	f.Notes = append(f.Notes, goSays(says, alone(v.Module)+inBuilds(imp.When)+c.buildsInWork(v, imp.Mod.Path)))
	sibling := c.siblings[imp.Mod.Path]
	if sibling != nil && v.Replacement(imp.Mod) == nil && isPlaceholder(imp.Mod.Version) {
		// Nothing is published at that version: the line alone would make go ask for it.
		f.Settle = nil
		f.Fix = goCommand(v.Dir(), "mod", "edit", "-replace="+imp.Mod.Path+"="+relativeDir(v.Dir(), sibling.Dir))
	}
	return f
}

// isPlaceholder reports whether a version is one that people and go write where a replace line decides.
func isPlaceholder(version string) bool {
	return version == "v0.0.0" || module.IsZeroPseudoVersion(version)
}

// packageChain shows the packages on the way to an import, those of the repository by their directories: of a long way
// both ends.
func packageChain(imp *imports.Import) string {
	const head, tail = 3, 6
	var steps []string
	for _, p := range imp.Chain() {
		steps = append(steps, p.Dir)
	}
	if more := len(steps) - head - tail; more > 1 {
		steps = slices.Replace(steps, head, head+more, fmt.Sprintf("(%d more)", more))
	}
	return strings.Join(append(steps, imp.Package), " -> ")
}

// inBuilds says which builds an import is part of, if not of all.
func inBuilds(when imports.When) string {
	switch when {
	case imports.Sometimes:
		return ", where the build constraints on the way hold"
	case imports.InTests:
		return ", when its tests are built"
	case imports.ForTools:
		return ", when its tools are loaded"
	}
	return ""
}

// missingSum is what go says if go.sum lacks a line to load a package from a module that go.mod does not list; "" if it
// lacks none (go-semantics 4.8).
func (c *checker) missingSum(v *graph.View, imp imports.Import) string {
	sums := v.Module.Sum
	code, hasSums := summed(v, imp.Mod)
	if hasSums && len(sums.Hashes(code.Path, code.Version)) == 0 {
		return "missing go.sum entry for module providing package " + imp.Package
	}
	for p := path.Dir(imp.Package); p != "." && p != "/"; p = path.Dir(p) {
		item, ok := v.Selected(p)
		if !ok || item.Version == "" || p == imp.Mod.Path {
			continue
		}
		other, hasSums := summed(v, module.Version{Path: p, Version: item.Version})
		if hasSums && len(sums.Hashes(other.Path, other.Version)) == 0 {
			return "missing go.sum entry needed to verify package " + imp.Package
		}
	}
	if hasSums && len(sums.Hashes(code.Path, code.Version+"/go.mod")) == 0 {
		return "missing go.sum entry for go.mod file"
	}
	return ""
}

// summed returns the module version whose sums go asks for, after replacement; ok is false if it asks for none.
func summed(v *graph.View, mod module.Version) (actual module.Version, ok bool) {
	r := v.Replacement(mod)
	if r == nil {
		return mod, true
	}
	return r.New, r.Line.Dir == ""
}

func workName(ws *workspace.Workspace) string {
	if ws.Work == nil {
		return "the workspace"
	}
	return ws.Work.File
}
