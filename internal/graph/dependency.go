package graph

import (
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/workspace"
)

// How tells in what way a module has a dependency.
type How int

// From the strongest to the weakest.
const (
	Direct     How = iota // a require line without an indirect mark
	Indirect              // a require line with one
	Transitive            // in the build list only
)

// A Use is one module's use of a dependency, as it is when the module is built alone.
type Use struct {
	View    *View
	How     How
	Require *workspace.Require // nil if Transitive
	// Selected is the version in the build list, Effective where the code comes from.
	Selected  string
	Effective Effective
}

// A Dependency is a module path that modules of the repository have in their build lists.
type Dependency struct {
	Path string
	// Sibling is the module of the repository that has this path, nil if none has.
	Sibling *workspace.Module
	Uses    []Use // sorted by module directory
}

// Direct returns the uses by modules that require the dependency directly.
func (d *Dependency) Direct() []Use {
	var out []Use
	for _, u := range d.Uses {
		if u.How == Direct {
			out = append(out, u)
		}
	}
	return out
}

// Dependencies returns every path in the build lists of the governed modules, sorted by path. Modules without a build
// list are left out.
func (g *Graph) Dependencies() []*Dependency {
	byPath := map[string]*Dependency{}
	siblings := map[string]*workspace.Module{}
	for _, m := range g.ws.Governed() {
		siblings[m.Path] = m
	}
	for _, v := range g.views {
		if v.err != nil || !v.Module.Governed {
			continue
		}
		lines := map[string]*workspace.Require{}
		for i := range v.Module.Requires {
			r := &v.Module.Requires[i]
			if prev := lines[r.Mod.Path]; prev == nil || Compare(r.Mod.Path, prev.Mod.Version, r.Mod.Version) < 0 {
				lines[r.Mod.Path] = r
			}
		}
		for _, item := range v.BuildList() {
			if item.Version == "" {
				continue
			}
			d := byPath[item.Path]
			if d == nil {
				d = &Dependency{Path: item.Path, Sibling: siblings[item.Path]}
				byPath[item.Path] = d
			}
			use := Use{View: v, How: Transitive, Require: lines[item.Path], Selected: item.Version, Effective: item.effective()}
			if use.Require != nil {
				use.How = Direct
				if use.Require.Indirect {
					use.How = Indirect
				}
			}
			d.Uses = append(d.Uses, use)
		}
	}
	out := make([]*Dependency, 0, len(byPath))
	for _, d := range byPath {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b *Dependency) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// effective is where the code of a line comes from that is not a main module's.
func (i Item) effective() Effective {
	switch {
	case i.Replace == nil:
		return Effective{Path: i.Path, Version: i.Version}
	case i.Replace.Line.Dir != "":
		return Effective{Dir: i.Replace.Line.Dir}
	}
	return Effective{Path: i.Replace.raw.Path, Version: i.Replace.raw.Version}
}

// Distance tells how far apart two versions are.
type Distance int

// From equal to the farthest. Pseudo means that the two differ and at least one is a pseudo-version with the same
// major and minor version: only the commits can tell how far.
const (
	Equal Distance = iota
	Pseudo
	Patch
	Minor
	Major
)

// String returns "equal", "pseudo-version", "patch", "minor" or "major".
func (d Distance) String() string {
	return [...]string{"equal", "pseudo-version", "patch", "minor", "major"}[d]
}

// DistanceOf returns the distance between two canonical versions of one module.
func DistanceOf(v, w string) Distance {
	switch {
	case v == w:
		return Equal
	case semver.Major(v) != semver.Major(w):
		return Major
	case semver.MajorMinor(v) != semver.MajorMinor(w):
		return Minor
	case module.IsPseudoVersion(v) || module.IsPseudoVersion(w):
		return Pseudo
	}
	return Patch
}

// Dependents returns the governed modules that, each built alone, take the code of a module of the repository from its
// directory, sorted by directory. Modules without a build list are left out.
func (g *Graph) Dependents(m *workspace.Module) []*workspace.Module {
	var out []*workspace.Module
	for _, v := range g.views {
		if e, ok := v.Effective(m.Path); ok && e.Dir == m.Dir && v.Module != m && v.Module.Governed {
			out = append(out, v.Module)
		}
	}
	return out
}

// Cycles returns the groups of governed modules that require each other in a ring, each sorted by directory, in the
// order of their first modules. The paths of their require lines count, at whatever version and wherever the code comes
// from: no order of releases suits all modules of a ring.
func (g *Graph) Cycles() [][]*workspace.Module {
	t := tarjan{index: map[*workspace.Module]int{}, low: map[*workspace.Module]int{}, on: map[*workspace.Module]bool{}}
	t.siblings = map[string]*workspace.Module{}
	governed := g.ws.Governed()
	for _, m := range governed {
		t.siblings[m.Path] = m
	}
	for _, m := range governed {
		if t.index[m] == 0 {
			t.visit(m)
		}
	}
	for _, c := range t.cycles {
		slices.SortFunc(c, func(a, b *workspace.Module) int { return strings.Compare(a.Dir, b.Dir) })
	}
	slices.SortFunc(t.cycles, func(a, b []*workspace.Module) int { return strings.Compare(a[0].Dir, b[0].Dir) })
	return t.cycles
}

// tarjan finds strongly connected components of more than one module.
type tarjan struct {
	siblings map[string]*workspace.Module
	index    map[*workspace.Module]int // from 1
	low      map[*workspace.Module]int
	on       map[*workspace.Module]bool
	stack    []*workspace.Module
	cycles   [][]*workspace.Module
}

func (t *tarjan) visit(m *workspace.Module) {
	t.index[m] = len(t.index) + 1
	t.low[m] = t.index[m]
	t.stack = append(t.stack, m)
	t.on[m] = true
	for _, r := range m.Requires {
		s := t.siblings[r.Mod.Path]
		switch {
		case s == nil || s == m:
		case t.index[s] == 0:
			t.visit(s)
			t.low[m] = min(t.low[m], t.low[s])
		case t.on[s]:
			t.low[m] = min(t.low[m], t.index[s])
		}
	}
	if t.low[m] != t.index[m] {
		return
	}
	i := slices.Index(t.stack, m)
	ring := slices.Clone(t.stack[i:])
	for _, s := range ring {
		t.on[s] = false
	}
	t.stack = t.stack[:i]
	if len(ring) > 1 {
		t.cycles = append(t.cycles, ring)
	}
}
