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
