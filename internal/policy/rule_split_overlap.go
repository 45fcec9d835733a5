package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

func splitOverlap() *Rule {
	return &Rule{
		Name:     "split-overlap",
		Title:    "Two modules that may have the same packages",
		Severity: Warn,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `The path of one module begins with that of another: example.com/lib/log and example.com/lib. The first
has been split off from the second, or lies in its directory without belonging to it, and where both have a package, go
refuses to build what imports it: "ambiguous import: found package in multiple modules". Which packages a module has
only its source tells; this rule goes by paths, versions and requirements, and so says that they may overlap.

It is reported, as a warning, if a governed module has a module in its build list, alone, whose path begins with its
own, while the directory of that name stands in it and has no go.mod file: what lies there is part of the module itself.

It is reported, as information that never fails, if a governed module has two such modules in its build list, alone, of
which the shorter one was made before the longer one, and neither of the two go.mod files requires the other. A module
that was split off, and the one that it came from, mostly require each other from then on, by which go keeps old
versions of them apart. What was made before is known of two pseudo-versions, and where the longer one comes from its
directory in this repository and the shorter one, a sibling too, from a version. Of all other pairs nothing is said, and
there are many of them; nor of modules that the go.mod of a pruned module does not list, as it builds nothing of them;
nor where that of an unpruned one lists neither.

To clear it, raise the shorter one to a version made after the split (` + "`go get PATH@latest`" + `), or delete the
directory that the other module has taken over.`,
		Bad: `app lists a version of lib from before log was split off.
-- app/go.mod --
module example.com/app

go 1.24

require (
	example.com/lib v0.0.0-20240101000000-0123456789ab
	example.com/lib/log v0.0.0-20250101000000-0123456789ab
)
`,
		Good: `Since the split lib requires log.
-- app/go.mod --
module example.com/app

go 1.24

require (
	example.com/lib v0.0.0-20240701000000-0123456789ab
	example.com/lib/log v0.0.0-20250101000000-0123456789ab
)
-- proxy/example.com/lib@v0.0.0-20240701000000-0123456789ab.mod --
module example.com/lib

go 1.24

require example.com/lib/log v0.0.0-20240701000000-0123456789ab
`,
		Check: checkSplitOverlap,
	}
}

func checkSplitOverlap(c *checker) []*Finding {
	deps := map[string]*graph.Dependency{}
	for _, d := range c.Dependencies {
		deps[d.Path] = d
	}
	var out []*Finding
	for _, long := range c.Dependencies {
		for p := path.Dir(long.Path); p != "."; p = path.Dir(p) {
			if m := c.siblings[p]; m != nil {
				if f := c.overlapsItself(m, long); f != nil {
					out = append(out, f)
				}
			}
			if short := deps[p]; short != nil {
				out = append(out, c.overlaps(short, long)...)
			}
		}
	}
	return out
}

// overlapsItself reports a module that has a dependency in whose place a directory of its own stands.
func (c *checker) overlapsItself(m *workspace.Module, long *graph.Dependency) *Finding {
	i := slices.IndexFunc(long.Uses, func(u graph.Use) bool { return u.View.Module == m })
	dir := path.Join(m.Dir, strings.TrimPrefix(long.Path, m.Path+"/"))
	if i < 0 || long.Uses[i].How == graph.Transitive && long.Uses[i].View.Pruned() || !c.partOf(m, dir) {
		return nil
	}
	u := &long.Uses[i]
	f := &Finding{
		Dep: long.Path, Subject: m.Dir, Kind: "directory", Modules: []string{m.Dir},
		Message: fmt.Sprintf("has the directory %s, and takes the module %s (%s), which may have the same packages",
			dir, long.Path, u.Effective.Text(long.Path)),
		At: []Span{{useSpan(u).Pos, dir + " stands in the module too"}},
	}
	if chain := u.View.Chain(long.Path); len(chain) > 2 {
		f.Why = []Chain{ChainOf(u.View, chain)}
	}
	return f
}

// partOf reports whether a directory is there and no go.mod file cuts it out of the module.
func (c *checker) partOf(m *workspace.Module, dir string) bool {
	if !c.Workspace.DirExists(dir) {
		return false
	}
	for ; dir != m.Dir; dir = path.Dir(dir) {
		if _, err := c.Workspace.DirSummary(dir); !errors.Is(err, fs.ErrNotExist) {
			return false
		}
	}
	return true
}

// An overlap is a module's use of two modules that may have the same packages.
type overlap struct{ short, long judgedUse }

// overlaps reports the modules that use a version of the shorter path from before the longer one was split off.
func (c *checker) overlaps(short, long *graph.Dependency) []*Finding {
	if _, major, _ := module.SplitPathVersion(long.Path); strings.HasPrefix(major, "/") {
		return nil // the packages of the other begin with a path without it
	}
	var byWaiver grouping[*Exception, overlap]
	longs := c.uses(long, AmongAll)
	for _, u := range c.uses(short, AmongAll) {
		i := slices.IndexFunc(longs, func(l judgedUse) bool { return l.View == u.View })
		if i < 0 {
			continue
		}
		if o := (overlap{u, longs[i]}); c.mayOverlap(short, long, &o) {
			byWaiver.add(c.waiver("split-overlap", nil, short, &u), o)
		}
	}
	var out []*Finding
	for waiver, list := range byWaiver.all() {
		out = append(out, overlapFinding(short.Path, long.Path, waiver, list))
	}
	return out
}

// mayOverlap reports whether the shorter one was made before the longer one, and neither go.mod file requires the
// other.
func (c *checker) mayOverlap(short, long *graph.Dependency, o *overlap) bool {
	old := o.short.version(short.Path)
	if old == "" || o.short.Selected != old || o.short.Require == nil && o.long.Require == nil {
		return false
	}
	switch e := o.long.Effective; {
	case e.Dir != "":
		if short.Sibling == nil || long.Sibling == nil || e.Dir != long.Sibling.Dir {
			return false
		}
	case e.Path != long.Path || !madeBefore(old, e.Version):
		return false
	}
	for _, x := range [...]struct {
		mod  module.Version
		path string
	}{{o.short.selected(short.Path), long.Path}, {o.long.selected(long.Path), short.Path}} {
		if requires, known := o.short.View.Requires(x.mod, x.path); requires || !known {
			return false
		}
	}
	return true
}

// madeBefore reports whether both are pseudo-versions, and the first is of an older commit.
func madeBefore(v, w string) bool {
	if !module.IsPseudoVersion(v) || !module.IsPseudoVersion(w) {
		return false
	}
	older, err := module.PseudoVersionTime(v)
	if err != nil {
		return false
	}
	newer, err := module.PseudoVersionTime(w)
	return err == nil && older.Before(newer)
}

func overlapFinding(short, long string, waiver *Exception, list []overlap) *Finding {
	f := &Finding{Severity: Info, Dep: short, Subject: short, Kind: long, Exception: waiver}
	if waiver != nil {
		f.Kind += "/" + waiver.ID
	}
	var versions grouping[string, string]
	for i := range list {
		o := &list[i]
		versions.add(o.short.Selected, o.short.dir)
		f.Modules = append(f.Modules, o.short.dir)
		at := useSpan(&o.short.Use)
		at.Label = "older than " + long + " " + o.long.Effective.Text(long)
		f.At = append(f.At, at)
		f.Measures = append(f.Measures, Measure{Module: o.short.dir, Version: o.short.Selected, At: at})
		if chain := o.short.View.Chain(short); len(chain) > 2 && len(f.Why) < maxWhys {
			f.Why = append(f.Why, ChainOf(o.short.View, chain))
		}
	}
	f.Groups = versionGroups(&versions)
	f.Asked = fmt.Sprintf("which may still have the packages of the module %s", long)
	f.Message = fmt.Sprintf("%s may still have the packages of %s, which is a module of its own",
		versionList(f.Groups), long)
	return f
}

// useSpan is the require line of a use, or the file of the module that has none.
func useSpan(u *graph.Use) Span {
	if u.Require == nil {
		return Span{Pos: workspace.Position{File: u.View.Module.File}}
	}
	return Span{Pos: u.Require.Pos}
}
