package graph

import (
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/workspace"
)

// An Item is a line of a build list.
type Item struct {
	Path, Version string // Version is "" for a main module
	// Replace is the replace line that applies, nil if none does.
	Replace *Replacement
}

// BuildList returns the selected modules in the order of "go list -m all": main modules first (those of a workspace by
// path), then the rest by path. It is nil if Err is set.
func (v *View) BuildList() []Item {
	if v.err != nil {
		return nil
	}
	var mains, rest []node
	for _, n := range v.current.selected {
		switch {
		case n < 0 || v.u.nodes[n].Path == goPath || v.u.nodes[n].Path == toolchainPath:
		case v.mains[n] != nil:
			mains = append(mains, n)
		default:
			rest = append(rest, n)
		}
	}
	v.u.sortNodes(mains)
	v.u.sortNodes(rest)
	out := make([]Item, 0, len(mains)+len(rest))
	for _, n := range append(mains, rest...) {
		out = append(out, v.item(n))
	}
	return out
}

func (v *View) item(n node) Item {
	r, _ := v.replacement(n)
	return Item{Path: v.u.nodes[n].Path, Version: v.u.nodes[n].Version, Replace: r}
}

// Selected returns the line of a path in the build list; ok is false if it is not in it. The paths go and toolchain
// have lines here, though no build list shows them.
func (v *View) Selected(path string) (item Item, ok bool) {
	n := v.selected(path)
	if n < 0 {
		return Item{}, false
	}
	return v.item(n), true
}

func (v *View) selected(path string) node {
	if v.err != nil {
		return -1
	}
	p, ok := v.u.pathIDs[path]
	if !ok || int(p) >= len(v.current.selected) {
		return -1
	}
	return v.current.selected[p]
}

// WalkEdges calls f for each edge of the requirement graph in the order of "go mod graph": breadth first, the edges of
// a module in the order of its file (those of the main module sorted), the go line last. It shows the graph that an
// update of go.mod gives, as "go mod graph" does. The build list was selected from it, except that of a pruned module
// that requires itself: go drops that line for the graph only (go-semantics 1.10, 2.4).
func (v *View) WalkEdges(f func(from, to module.Version)) {
	if v.err == nil {
		v.repaired.walkEdges(f)
	}
}

func (b *build) walkEdges(f func(from, to module.Version)) {
	nodes := b.v.u.nodes
	for _, n := range b.order {
		for _, r := range b.edges(n) {
			f(nodes[n], nodes[r])
		}
	}
}

// Requires reports whether the go.mod file of a module version, after replacement, requires a path, at whatever version.
// known is false if building the graph has not read the file.
func (v *View) Requires(mod module.Version, path string) (yes, known bool) {
	n, ok := v.u.nodeIDs[mod]
	if !ok || v.err != nil || int(n) >= len(v.current.open) || !v.current.open[n] || v.current.fails[n] != nil {
		return false, false
	}
	f, _ := v.file(n)
	return slices.ContainsFunc(f.requires, func(r node) bool { return v.u.nodes[r].Path == path }), true
}

// An Effective is where the code of a module really comes from: a module version, or a directory. Two modules of the
// repository use the same code of a dependency if their effective versions are equal.
type Effective struct {
	Path, Version string // of the module version; empty for a directory
	Dir           string // relative to the root
}

// Text shows the effective version of a path: "v1.2.3", "other/path v1.2.3" where a replace line leads to another path,
// or "./dir"; "" for the zero Effective.
func (e Effective) Text(path string) string {
	switch {
	case e.Dir != "":
		return directoryPath(e.Dir)
	case e.Path == path:
		return e.Version
	}
	return ModText(module.Version{Path: e.Path, Version: e.Version})
}

// Effective returns the effective version of a path; ok is false if it is not in the build list. A main module is the
// directory that it stands in.
func (v *View) Effective(path string) (e Effective, ok bool) {
	item, ok := v.Selected(path)
	if !ok {
		return Effective{}, false
	}
	if item.Version == "" {
		return Effective{Dir: v.Main(path).Dir}, true
	}
	return item.effective(), true
}

// Chain returns the shortest requirement chain from a main module to the selected version of a path: who is first to
// ask for that version. It is nil if the path is not in the build list.
func (v *View) Chain(path string) []module.Version {
	n := v.selected(path)
	if n < 0 {
		return nil
	}
	return v.current.chain(n)
}

// ChainTo is Chain for any version of the graph, selected or not.
func (v *View) ChainTo(mod module.Version) []module.Version {
	n, ok := v.u.nodeIDs[mod]
	if v.err != nil || !ok || int(n) >= len(v.current.parent) || v.current.parent[n] == -2 {
		return nil
	}
	return v.current.chain(n)
}

// Versions returns the versions of a path that the graph mentions, lowest first, selected or not.
func (v *View) Versions(path string) []string {
	p, ok := v.u.pathIDs[path]
	if v.err != nil || !ok {
		return nil
	}
	var out []string
	for _, n := range v.u.ofPath[p] {
		if int(n) < len(v.current.parent) && v.current.parent[n] != -2 {
			out = append(out, v.u.nodes[n].Version)
		}
	}
	return out
}

// A Stale is a root that has to move before go loads the module: its version is not the selected one, or go would
// drop it.
type Stale struct {
	Require *workspace.Require // nil for the go or toolchain line
	Root    module.Version
	// Selected is the version that the update gives, "" if the root goes: it is redundant or excluded.
	Selected string
	Excluded bool // the module itself excludes the version that it requires
	// Chain leads to the version that is higher than the root's.
	Chain []module.Version
	Pos   workspace.Position
}

// NeedsUpdate returns what in the go.mod file has to move before go loads the module, sorted by path and version; nil
// if nothing has to (go-semantics 2.8, 2.10). The chains are of the graph as the files are.
func (v *View) NeedsUpdate() []Stale {
	if v.updated != nil {
		return v.updated.NeedsUpdate()
	}
	if v.err != nil || v.Module == nil {
		return nil
	}
	after := map[string]string{}
	for _, n := range v.current.roots {
		after[v.u.nodes[n].Path] = v.u.nodes[n].Version
	}
	var out []Stale
	for _, r := range v.asIs.roots {
		mod := v.u.nodes[r]
		if v.current != v.asIs && after[mod.Path] != mod.Version && mod.Path != toolchainPath {
			out = append(out, v.stale(r, after[mod.Path]))
		}
	}
	if t := v.Module.Toolchain.Text; t != "" {
		next := after[toolchainPath]
		if redundantToolchain(next, after[goPath]) {
			next = ""
		}
		if next != t {
			out = append(out, v.stale(v.u.nodeIDs[module.Version{Path: toolchainPath, Version: t}], next))
		}
	}
	for i, x := range v.Module.Requires {
		if n, ok := v.u.nodeIDs[x.Mod]; ok && v.excluded[n] {
			s := Stale{Require: &v.Module.Requires[i], Root: x.Mod, Selected: after[x.Mod.Path], Excluded: true, Pos: x.Pos}
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Stale) int {
		if a.Root.Path != b.Root.Path {
			return strings.Compare(a.Root.Path, b.Root.Path)
		}
		return Compare(a.Root.Path, a.Root.Version, b.Root.Version)
	})
	return out
}

// stale describes a root that an update moves to another version, "" if it drops it.
func (v *View) stale(r node, selected string) Stale {
	mod := v.u.nodes[r]
	s := Stale{Root: mod, Selected: selected}
	s.Require, s.Pos = v.requireLine(mod)
	if sel := v.asIs.selected[v.u.pathOf[r]]; sel >= 0 && sel != r {
		s.Chain = v.asIs.chain(sel)
	} else if n, ok := v.u.nodeIDs[module.Version{Path: mod.Path, Version: selected}]; ok && v.current.has(n) && n != r {
		s.Chain = v.current.chain(n)
	}
	return s
}

// redundantToolchain reports whether go drops a toolchain line whenever it writes go.mod, and so refuses to load the
// module with it (go-semantics 1.28): it only repeats the go line, or names no version, or one before 1.21.
func redundantToolchain(name, goLine string) bool {
	return name == "go"+goLine || CompareGo(toolchainVersion(name), strictVersion) < 0
}

// requireLine finds the line that a root comes from.
func (v *View) requireLine(mod module.Version) (*workspace.Require, workspace.Position) {
	switch mod.Path {
	case goPath:
		return nil, v.Module.Go.Pos
	case toolchainPath:
		return nil, v.Module.Toolchain.Pos
	}
	for i := range v.Module.Requires {
		if r := &v.Module.Requires[i]; r.Mod == mod {
			return r, r.Pos
		}
	}
	return nil, workspace.Position{File: v.Module.File}
}

// A LoadedFile is a go.mod file that building the graph reads, after replacement; go wants its /go.mod line in go.sum.
type LoadedFile struct {
	Mod module.Version // the module version whose file it is
	Sum string         // h1 hash of its bytes
	For module.Version // the node of the graph: differs from Mod where a replace line leads to a module version
}

// Loaded returns the go.mod files of module versions that go reads to build the graph of the files as they are, in
// breadth-first order; those in directories and of main modules need no sum and are left out (go-semantics 4.7).
func (v *View) Loaded() []LoadedFile {
	if v.err != nil {
		return nil
	}
	var out []LoadedFile
	for _, n := range v.asIs.order {
		mod := v.u.nodes[n]
		if !v.asIs.open[n] || v.asIs.fails[n] != nil || v.mains[n] != nil || mod.Path == goPath || mod.Path == toolchainPath {
			continue
		}
		f, _ := v.file(n)
		if f.dir == "" {
			out = append(out, LoadedFile{Mod: v.u.nodes[f.node], Sum: f.sum, For: mod})
		}
	}
	return out
}

// Pruned reports whether the requirement graph of the view is pruned: the go.mod file then lists every module that
// provides a package to build the main module (go-semantics 1.5).
func (v *View) Pruned() bool { return v.start == prunedMode }
