package imports

import (
	"cmp"
	"iter"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// A walk follows the imports of one main module, as that sees them alone.
type walk struct {
	view    *graph.View
	files   *Reader
	has     HasPackage
	local   map[string]string // the directories of modules in the repository, by module path
	listed  map[string]bool   // module paths that go.mod requires
	bare    bool              // some module path has no dot in its first element
	ignores []string          // of the ignore lines
	tools   []spec            // of the tool lines
	own     []string          // the directories of the main module that ./... means, sorted

	found  map[string]provider  // package → what provides it
	queue  [ForTools + 1][]step // by the frequency of the most rare import on the way
	done   map[string]bool      // packages that were looked at
	result map[importKey]*Import
}

// A provider is a module that may provide a package, or does.
type provider struct {
	mod    module.Version // its identity in the build list
	actual module.Version // where its code comes from: differs from mod where a replace line leads to a module version
	main   bool
	root   bool   // go.mod lists it, or it is the main module
	dir    string // in the repository; "" if it comes from elsewhere, or is not known
}

// A step is a package of the repository, and how the walk came there.
type step struct {
	Package
	in   provider
	from *step
}

type importKey struct {
	pkg string
	own bool
}

// newWalk prepares the walk of a view, nil if imports can tell no more of it than its build list: no sibling of it is
// replaced by its directory. A module with a vendor directory is built from that, whatever its siblings have become.
func newWalk(v *graph.View, files *Reader, has HasPackage) *walk {
	m := v.Module
	if v.Err() != nil || !m.Governed || !v.Pruned() || m.Vendor {
		return nil
	}
	w := &walk{view: v, files: files, has: has, local: map[string]string{}, bare: mayBeStandard(m.Path)}
	siblings := false
	for _, r := range m.Replaces {
		w.bare = w.bare || mayBeStandard(r.Old.Path)
		item, ok := v.Selected(r.Old.Path)
		if !ok || item.Replace == nil || item.Replace.Line.Dir == "" || workspace.IsOutside(item.Replace.Line.Dir) {
			continue
		}
		dir := item.Replace.Line.Dir
		w.local[item.Path] = dir
		siblings = siblings || dir != m.Dir && v.Workspace().Module(dir) != nil
	}
	if !siblings {
		return nil
	}
	w.local[m.Path] = m.Dir
	if has == nil {
		w.has = func(module.Version, string) (has, known bool) { return false, false }
	}
	return w
}

// list notes which modules go.mod lists. A line that excludes itself does not count (go-semantics 1.12).
func (w *walk) list() {
	m := w.view.Module
	excluded := map[module.Version]bool{}
	for _, x := range m.Excludes {
		excluded[x.Mod] = true
	}
	w.listed = make(map[string]bool, len(m.Requires))
	for _, r := range m.Requires {
		if !excluded[r.Mod] {
			w.listed[r.Mod.Path] = true
		}
	}
}

// module returns the module of a path in the build list.
func (w *walk) module(p string) (provider, bool) {
	item, ok := w.view.Selected(p)
	if !ok || p == "go" || p == "toolchain" {
		return provider{}, false
	}
	mod := module.Version{Path: item.Path, Version: item.Version}
	out := provider{mod: mod, actual: mod, dir: w.local[p], main: item.Version == ""}
	out.root = out.main || w.listed[p]
	if r := item.Replace; r != nil {
		out.actual = module.Version{}
		if r.Line.Dir == "" {
			out.actual = r.New
		}
	}
	return out, true
}

// prefixes yields the paths of the modules that may provide a package, the longest first.
func prefixes(pkg string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for p := pkg; p != "." && p != "/" && yield(p); p = path.Dir(p) {
		}
	}
}

// run looks at all packages that the main module reaches, the most frequent ways first and of those the shortest, so
// that the first import of a package that is met is the one to show.
func (w *walk) run() {
	w.list()
	w.found, w.done, w.result = map[string]provider{}, map[string]bool{}, map[importKey]*Import{}
	main, _ := w.module(w.view.Module.Path)
	for _, dir := range w.own {
		w.enqueue(Always, path.Join(main.mod.Path, below(main.dir, dir)), main, nil)
	}
	for _, tool := range w.tools {
		if p, ok := w.provider(tool.path); ok && p.dir != "" {
			w.enqueue(ForTools, tool.path, p, nil)
		}
	}
	for when := range w.queue {
		for i := 0; i < len(w.queue[when]); i++ {
			s := w.queue[when][i]
			if !w.done[s.Path] {
				w.done[s.Path] = true
				w.look(When(when), &s)
			}
		}
	}
}

func (w *walk) enqueue(when When, pkg string, p provider, from *step) {
	w.queue[when] = append(w.queue[when], step{Package{pkg, path.Join(p.dir, p.dirOf(pkg))}, p, from})
}

// below returns a directory as seen from one above it.
func below(base, dir string) string {
	if base == "." {
		return dir
	}
	return strings.TrimPrefix(strings.TrimPrefix(dir, base), "/")
}

// look follows the imports of a package.
func (w *walk) look(when When, s *step) {
	for _, imp := range w.files.dir(s.Dir).imports {
		if imp.std && !w.bare || imp.when == InTests && !s.in.main {
			continue
		}
		p, ok := w.provider(imp.path)
		when := max(when, imp.when)
		if p.dir != "" && !w.done[imp.path] {
			w.enqueue(when, imp.path, p, s)
		}
		if p.dir == "" && (ok || !imp.std) || ok && !p.root {
			w.record(when, s, imp, p)
		}
	}
}

// record keeps an import unless one that counts more often is known.
func (w *walk) record(when When, s *step, imp spec, p provider) {
	key := importKey{imp.path, s.in.main}
	if old := w.result[key]; old != nil && old.When <= when {
		return
	}
	i := &Import{Package: imp.path, When: when, Pos: imp.pos, Own: s.in.main, From: s.in.dir, way: s}
	if p.mod.Path != "" && !p.root {
		i.Unlisted, i.Mod = true, p.mod
	}
	w.result[key] = i
}

// imports returns what was recorded.
func (w *walk) imports() []Import {
	out := make([]Import, 0, len(w.result))
	for _, i := range w.result {
		out = append(out, *i)
	}
	slices.SortFunc(out, func(a, b Import) int {
		switch {
		case a.Package != b.Package:
			return cmp.Compare(a.Package, b.Package)
		case a.Own:
			return -1
		}
		return 1
	})
	return out
}

// provider finds the module that provides a package, as cmd/go does (importFromModules of internal/modload;
// go-semantics 4.8): among the modules that go.mod lists, and if none of them has the package, in the full graph. Where
// it is not known which one has it, it is a listed one if that may be. ok is false if no module can have it.
func (w *walk) provider(pkg string) (provider, bool) {
	p, known := w.found[pkg]
	if !known {
		p = w.find(pkg)
		w.found[pkg] = p
	}
	return p, p.mod.Path != ""
}

func (w *walk) find(pkg string) provider {
	if module.CheckImportPath(pkg) != nil {
		return provider{}
	}
	var roots, others []provider // that come from elsewhere, the longest path first
	for prefix := range prefixes(pkg) {
		p, ok := w.module(prefix)
		switch {
		case !ok:
		case p.root && p.dir != "" && w.holds(p, pkg):
			return p
		case p.root && p.dir == "":
			roots = append(roots, p)
		case !p.root && (p.dir == "" || w.holds(p, pkg)):
			others = append(others, p)
		}
	}
	if len(others) == 0 {
		return first(roots)
	}
	for _, p := range roots {
		if has, known := w.ask(p, pkg); has || !known {
			return p
		}
	}
	return w.choose(others, pkg)
}

// choose returns the module of the full graph that provides a package: one that is known to, else the longest path of
// those that may.
func (w *walk) choose(others []provider, pkg string) provider {
	var may []provider
	for _, p := range others {
		if p.dir != "" {
			return p
		}
		has, known := w.ask(p, pkg)
		if has {
			return p
		}
		if !known {
			may = append(may, p)
		}
	}
	return first(may)
}

func first(list []provider) provider {
	if len(list) == 0 {
		return provider{}
	}
	return list[0]
}

// ask asks whether a module from elsewhere has a package. Of a directory outside the repository nothing is known.
func (w *walk) ask(p provider, pkg string) (has, known bool) {
	if p.actual.Path == "" {
		return false, false
	}
	return w.has(p.actual, p.dirOf(pkg))
}

// holds reports whether a module in the repository has a package: a directory with Go files, without another module on
// the way.
func (w *walk) holds(p provider, pkg string) bool {
	dir := path.Join(p.dir, p.dirOf(pkg))
	if d := w.files.dir(dir); d == nil || !d.goFiles {
		return false
	}
	for d := dir; d != p.dir && d != "."; d = path.Dir(d) {
		if w.files.isModule(d) {
			return false
		}
	}
	return true
}

// dirOf returns the directory of a package in its module, "." for the root.
func (p provider) dirOf(pkg string) string {
	return path.Clean(strings.TrimPrefix(pkg[len(p.mod.Path):], "/"))
}
