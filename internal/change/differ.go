package change

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// A pair is what one module, or the workspace, was and is; nil where it was not or is not.
type pair struct{ was, is *graph.View }

func (p *pair) dir() string {
	if p.is != nil {
		return p.is.Dir()
	}
	return p.was.Dir()
}

type moveKey struct{ path, wasPath, from, to string }

// A differ compares two graphs.
type differ struct {
	before, after   *graph.Graph
	selects         func(*workspace.Module) bool
	pairs           []pair
	moved           moves
	movedFrom       map[string]string // directory now → directory before, of modules that moved
	hadAll, haveAll map[string]bool   // paths of all build lists
	moves           map[moveKey]*Move
	out             Versions
}

// pairModules finds out which module is which.
func (d *differ) pairModules() {
	d.moved = movedModules(d.before.Workspace(), d.after.Workspace())
	d.movedFrom = map[string]string{}
	for from, to := range d.moved.dirs {
		d.movedFrom[to] = from
	}
	for _, v := range d.after.Views() {
		d.pairs = append(d.pairs, pair{d.before.View(renamed(d.movedFrom, v.Dir())), v})
	}
	for _, v := range d.before.Views() {
		if d.after.View(renamed(d.moved.dirs, v.Dir())) == nil {
			d.pairs = append(d.pairs, pair{was: v})
		}
	}
	d.pairs = slices.DeleteFunc(d.pairs, func(p pair) bool {
		return d.selects != nil && !(p.is != nil && d.selects(p.is.Module) || p.is == nil && d.selects(p.was.Module))
	})
	slices.SortFunc(d.pairs, func(p, q pair) int { return strings.Compare(p.dir(), q.dir()) })
	for _, p := range d.pairs {
		d.addModule(p)
	}
}

func (d *differ) addModule(p pair) {
	switch {
	case p.is == nil:
		d.out.Modules = append(d.out.Modules, Module{Dir: p.was.Dir(), Path: p.was.Module.Path, Gone: true})
	case p.was == nil:
		d.out.Modules = append(d.out.Modules, Module{Dir: p.is.Dir(), Path: p.is.Module.Path})
	default:
		m := Module{Dir: p.is.Dir(), Path: p.is.Module.Path, WasDir: p.was.Dir(), WasPath: p.was.Module.Path}
		if m.WasDir == m.Dir {
			m.WasDir = ""
		}
		if m.WasPath == m.Path || len(p.was.Module.Errors)+len(p.is.Module.Errors) > 0 { // then nobody knows
			m.WasPath = ""
		}
		if m.WasDir != "" || m.WasPath != "" {
			d.out.Modules = append(d.out.Modules, m)
		}
	}
}

// everything is the paths of all build lists of a graph.
func everything(g *graph.Graph) map[string]bool {
	out := map[string]bool{}
	views := g.Views()
	if w := g.WorkspaceView(); w != nil {
		views = append(views[:len(views):len(views)], w)
	}
	for _, v := range views {
		for _, item := range v.BuildList() {
			if item.Version != "" {
				out[item.Path] = true
			}
		}
	}
	return out
}

// compare takes up what changed in one build list.
func (d *differ) compare(p pair) {
	for _, side := range []struct {
		view   *graph.View
		graph  *graph.Graph
		before bool
	}{{p.was, d.before, true}, {p.is, d.after, false}} {
		if side.view != nil && side.view.Err() != nil {
			d.out.Unknown = append(d.out.Unknown, Unknown{side.before, side.view.Dir(), side.view.Err(), side.graph})
		}
	}
	if p.was != nil && p.was.Err() != nil || p.is != nil && p.is.Err() != nil {
		return
	}
	had, have := map[string]graph.Effective{}, effectives(p.is)
	for path, e := range effectives(p.was) { // a directory that moved with its module is the same code
		if e.Dir != "" {
			e.Dir = renamed(d.moved.dirs, e.Dir)
		}
		had[renamed(d.moved.paths, path)] = e
	}
	c := &causes{differ: d, pair: p}
	majors := majorMoves(had, have)
	for _, path := range slices.Sorted(maps.Keys(union(had, have))) {
		from, was := had[path]
		to, is := have[path]
		switch {
		case isMain(p.was, path) || isMain(p.is, path) || from == to || majors[path] == path:
		case majors[path] != "":
			old, kind := majors[path], Major
			if graph.Compare(path, had[old].Version, to.Version) > 0 {
				kind = Down
			}
			d.add(p, c, path, old, kind, had[old], to)
		case was && is:
			d.add(p, c, path, "", kindOf(path, from, to), from, to)
		case is && !d.hadAll[path]:
			d.add(p, c, path, "", New, from, to)
		case was && !d.haveAll[path]:
			d.add(p, c, path, "", Gone, from, to)
		case is && p.was != nil:
			d.add(p, c, path, "", Added, from, to)
		case was && p.is != nil:
			d.add(p, c, path, "", Dropped, from, to)
		}
	}
}

func isMain(v *graph.View, path string) bool { return v != nil && v.Main(path) != nil }

// effectives is what a view gets its code from, without its main modules.
func effectives(v *graph.View) map[string]graph.Effective {
	out := map[string]graph.Effective{}
	if v == nil {
		return out
	}
	for _, item := range v.BuildList() {
		if item.Version != "" {
			out[item.Path], _ = v.Effective(item.Path)
		}
	}
	return out
}

func union[V any](a, b map[string]V) map[string]bool {
	out := map[string]bool{}
	for path := range a {
		out[path] = true
	}
	for path := range b {
		out[path] = true
	}
	return out
}

// majorMoves finds paths that came in the place of another major version of theirs: new path → old path, and old path →
// itself.
func majorMoves(had, have map[string]graph.Effective) map[string]string {
	came, went := map[string][]string{}, map[string][]string{}
	collect := func(into map[string][]string, in, other map[string]graph.Effective) {
		for path := range in {
			if _, ok := other[path]; ok {
				continue
			}
			if prefix, _, ok := module.SplitPathVersion(path); ok {
				into[prefix] = append(into[prefix], path)
			}
		}
	}
	collect(came, have, had)
	collect(went, had, have)
	out := map[string]string{}
	for prefix, paths := range came {
		if old := went[prefix]; len(paths) == 1 && len(old) == 1 {
			out[paths[0]], out[old[0]] = old[0], old[0]
		}
	}
	return out
}

// kindOf says what happened to a dependency that a module had and has.
func kindOf(path string, from, to graph.Effective) Kind {
	if from.Dir != "" || to.Dir != "" || from.Path != to.Path {
		return Replaced
	}
	switch order := graph.Compare(path, from.Version, to.Version); {
	case order > 0:
		return Down
	case graph.DistanceOf(from.Version, to.Version) == graph.Major:
		return Major
	case order < 0:
		return Up
	}
	return Replaced // build metadata has no order
}

// add takes up a move of one view.
func (d *differ) add(p pair, c *causes, path, wasPath string, kind Kind, from, to graph.Effective) {
	key := moveKey{path, wasPath, from.Text(cmp.Or(wasPath, path)), to.Text(path)}
	m := d.moves[key]
	if m == nil {
		m = &Move{Kind: kind, From: key.from, To: key.to, How: graph.Transitive}
		d.moves[key] = m
	}
	view, of := p.is, path
	if kind == Gone || kind == Dropped {
		view = p.was
	}
	if view.Module == nil {
		m.Workspace = true
	} else {
		m.Modules = append(m.Modules, p.dir())
		m.How = min(m.How, how(view.Module, of))
	}
	falls := kind == Gone || kind == Dropped || wasPath == "" && graph.Compare(path, from.Version, to.Version) > 0 && to.Dir == ""
	if e := c.of(path, falls); e != nil && !slices.Contains(m.Causes, *e) {
		m.Causes = append(m.Causes, *e)
	}
}

// how tells in what way a module has a path.
func how(m *workspace.Module, path string) graph.How {
	out := graph.Transitive
	for i := range m.Requires {
		if r := &m.Requires[i]; r.Mod.Path == path && r.Indirect {
			out = min(out, graph.Indirect)
		} else if r.Mod.Path == path {
			out = graph.Direct
		}
	}
	return out
}

// dependencies gathers the moves.
func (d *differ) dependencies() []Dependency {
	byPath := map[[2]string]*Dependency{}
	for key, m := range d.moves {
		slices.SortFunc(m.Causes, compareEdits)
		dep := byPath[[2]string{key.path, key.wasPath}]
		if dep == nil {
			dep = &Dependency{Path: key.path, WasPath: key.wasPath, Kind: m.Kind}
			byPath[[2]string{key.path, key.wasPath}] = dep
		}
		dep.Moves = append(dep.Moves, *m)
		if m.Kind.rank() < dep.Kind.rank() {
			dep.Kind = m.Kind
		}
	}
	var out []Dependency
	for _, dep := range byPath {
		slices.SortFunc(dep.Moves, func(a, b Move) int {
			return cmp.Or(compareText(dep.Path, a.From, b.From), compareText(dep.Path, a.To, b.To))
		})
		out = append(out, *dep)
	}
	slices.SortFunc(out, func(a, b Dependency) int {
		return cmp.Or(a.Kind.rank()-b.Kind.rank(), strings.Compare(a.Path, b.Path),
			strings.Compare(a.WasPath, b.WasPath))
	})
	return out
}

// compareText orders effective versions as they are shown: none first, then versions, then all else by its text.
func compareText(path, a, b string) int {
	if a == "" || b == "" {
		return strings.Compare(a, b)
	}
	return cmp.Or(graph.Compare(path, a, b), strings.Compare(a, b))
}
