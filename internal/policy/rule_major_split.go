package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/graph"
)

func majorSplit() *Rule {
	return &Rule{
		Name:     "major-split",
		Title:    "Modules require different major versions of a dependency",
		Severity: Warn,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Sides:    sidesByGroup,
		Doc: `Governed modules directly require two or more major versions of one dependency: module paths that differ in
nothing but the major version suffix (` + "`x`" + ` and ` + "`x/v2`" + `, ` + "`gopkg.in/y.v2`" + ` and
` + "`gopkg.in/y.v3`" + `). To go these are unrelated modules, and a binary may hold both; the code of the repository
then has two of everything: two configurations, two sets of types that do not fit, two places to patch.

Siblings are not counted. There is no mechanical fix: moving to another major version is a change of code. An
exception says who moves by when.`,
		Bad: `a requires example.com/x, b requires example.com/x/v2.
-- a/go.mod --
module example.com/a

go 1.24

require example.com/x v1.0.0
-- b/go.mod --
module example.com/b

go 1.24

require example.com/x/v2 v2.0.0
-- proxy/example.com/x@v1.0.0.mod --
module example.com/x
-- proxy/example.com/x/v2@v2.0.0.mod --
module example.com/x/v2
`,
		Good: `-- a/go.mod --
module example.com/a

go 1.24

require example.com/x/v2 v2.0.0
-- b/go.mod --
module example.com/b

go 1.24

require example.com/x/v2 v2.0.0
-- proxy/example.com/x/v2@v2.0.0.mod --
module example.com/x/v2
`,
		Check: checkMajorSplit,
	}
}

func checkMajorSplit(c *checker) []*Finding {
	var byPrefix grouping[string, *graph.Dependency]
	for _, d := range c.Dependencies {
		if d.Sibling != nil || len(d.Direct()) == 0 {
			continue
		}
		if prefix, _, ok := module.SplitPathVersion(d.Path); ok {
			byPrefix.add(prefix, d)
		}
	}
	var out []*Finding
	for prefix, deps := range byPrefix.all() {
		slices.SortStableFunc(deps, func(a, b *graph.Dependency) int { return semver.Compare(majorOf(a), majorOf(b)) })
		if majorOf(deps[0]) != majorOf(deps[len(deps)-1]) {
			out = append(out, c.split(prefix, deps))
		}
	}
	return out
}

// split reports the major versions of one dependency, which are sorted from the oldest to the newest.
func (c *checker) split(prefix string, deps []*graph.Dependency) *Finding {
	f := &Finding{Dep: prefix, Subject: prefix}
	newest := majorOf(deps[len(deps)-1])
	var parts []string
	for _, d := range deps {
		major := majorOf(d)
		g := Group{Version: d.Path, Dep: d.Path}
		for _, u := range c.uses(d, AmongDirect) {
			g.Modules = append(g.Modules, u.dir)
			f.Modules = append(f.Modules, u.dir)
			m := u.measure(d.Path, "", "")
			if major != newest {
				m.At.Label = "an older major version"
				f.At = append(f.At, m.At)
			}
			f.Measures = append(f.Measures, m)
		}
		f.Groups = append(f.Groups, g)
		parts = append(parts, fmt.Sprintf("%s in %s", cmp.Or(major, "v0 or v1"), moduleList(g.Modules)))
	}
	slices.Sort(f.Modules)
	f.Modules = slices.Compact(f.Modules)
	f.Message = "major versions " + strings.Join(parts, ", ")
	return f
}

// majorOf is the major version that a dependency's path names, "" if it names none: then it is v0 or v1.
func majorOf(d *graph.Dependency) string {
	_, suffix, _ := module.SplitPathVersion(d.Path)
	return module.PathMajorPrefix(suffix)
}
