package graph

import "slices"

// repair returns the build with the roots that the go command would write ("-mod=mod"), nil if those of the current
// build stand (go-semantics 2.12). A workspace is never repaired: its members' files are not touched.
func (v *View) repair() *build {
	if v.Module == nil {
		return nil
	}
	b := v.current
	main := b.starts[0]
	var roots []node
	switch {
	case v.start == prunedMode && b == v.asIs && v.redundant(main, b.roots):
		// Redundant roots go before the graph is read, so what a lower duplicate requires does not count.
		roots = v.distinctRoots(main, b.roots)
	case b.consistent(main):
		return nil
	case v.start == prunedMode:
		roots = b.raisedRoots(main)
	default:
		roots = b.minimalRoots(main)
	}
	if slices.Equal(roots, b.roots) {
		return nil
	}
	return newBuild(v, b.starts, roots)
}

// contradicts reports whether a pruned module requires a path at two versions. Go does not read what the lower one
// requires: it refuses before, and an update drops it first (go-semantics 2.10c, 2.12). Two versions of the module itself
// are read both.
func (v *View) contradicts() bool {
	roots, main := v.asIs.roots, v.u.pathOf[v.asIs.starts[0]]
	for i := 1; i < len(roots) && v.start == prunedMode; i++ {
		if p := v.u.pathOf[roots[i]]; p != main && p == v.u.pathOf[roots[i-1]] && roots[i] != roots[i-1] {
			return true
		}
	}
	return false
}

// stands reports whether go lists the modules from the roots as the file has them. That may be so though an update
// would change them: two equal lines are no reason to refuse, nor is a pruned module that requires itself, at one version
// (go-semantics 1.10, 2.10c, 2.11).
func (v *View) stands() bool {
	main := v.asIs.starts[0]
	self := main
	for _, r := range v.asIs.roots {
		if v.u.pathOf[r] == v.u.pathOf[main] && v.start == prunedMode {
			if self != main && self != r {
				return false
			}
			self = r
			continue
		}
		if v.asIs.version(r) != r {
			return false
		}
	}
	return v.asIs.err == nil
}

// dirty reports whether go would write another go.mod file whatever the graph is (go-semantics 1.12, 1.28).
func (v *View) dirty() bool {
	for _, r := range v.Module.Requires {
		if v.excluded[v.u.nodeIDs[r.Mod]] {
			return true
		}
	}
	t := v.Module.Toolchain.Text
	return t != "" && redundantToolchain(t, GoOf(v.Module))
}

// consistent reports whether every root is the selected version of its path, and no path is a root twice
// (go-semantics 2.8).
func (b *build) consistent(main node) bool {
	u := b.v.u
	for i, r := range b.roots {
		p := u.pathOf[r]
		if b.version(r) != r || p == u.pathOf[main] {
			return false
		}
		if i > 0 && u.pathOf[b.roots[i-1]] == p {
			return false
		}
	}
	return true
}

// redundant reports whether a path is a root more than once, or the main module is a root of itself.
func (v *View) redundant(main node, roots []node) bool {
	for i, r := range roots {
		if p := v.u.pathOf[r]; p == v.u.pathOf[main] || i > 0 && v.u.pathOf[roots[i-1]] == p {
			return true
		}
	}
	return false
}

// distinctRoots keeps the highest of each path, and none of the main module's. Roots are sorted.
func (v *View) distinctRoots(main node, roots []node) []node {
	var out []node
	for _, r := range roots {
		p := v.u.pathOf[r]
		switch {
		case p == v.u.pathOf[main]:
		case len(out) > 0 && v.u.pathOf[out[len(out)-1]] == p:
			out[len(out)-1] = r
		default:
			out = append(out, r)
		}
	}
	return out
}

// raisedRoots gives each root its selected version: what the go command writes for a pruned module. The new roots may
// bring more into the graph, so this is repeated until nothing moves.
func (b *build) raisedRoots(main node) []node {
	var out []node
	for _, r := range b.v.distinctRoots(main, b.roots) {
		out = append(out, b.version(r))
	}
	return out
}

// version returns the selected version of a node's path. A malformed toolchain line selects nothing, which go writes
// as the version none (go-semantics 1.28).
func (b *build) version(n node) node {
	if s := b.selected[b.v.u.pathOf[n]]; s >= 0 {
		return s
	}
	return b.v.u.noToolchain
}

// minimalRoots is what the go command writes for an unpruned module: roots at their selected version stay, so do the
// paths that are required directly; of the rest only what these do not imply.
func (b *build) minimalRoots(main node) []node {
	keep, have := map[int32]bool{}, map[node]bool{}
	u := b.v.u
	var roots []node
	add := func(n node) {
		roots = append(roots, n)
		b.reach(n, have)
	}
	for _, r := range b.roots {
		if p := u.pathOf[r]; !keep[p] && p != u.pathOf[main] && b.selected[p] == r {
			keep[p] = true
			add(r)
		}
	}
	list := b.list(main)
	direct := b.v.directPaths()
	for _, n := range list {
		if p := u.pathOf[n]; direct[p] && !keep[p] {
			keep[p] = true
			add(n)
		}
	}
	post := b.postorder(list)
	for i := len(post) - 1; i >= 0; i-- {
		if n := post[i]; b.selected[u.pathOf[n]] == n && !have[n] {
			add(n)
		}
	}
	u.sortNodes(roots)
	return roots
}

// directPaths returns the paths that the main module requires without an indirect mark, and go.
func (v *View) directPaths() map[int32]bool {
	out := map[int32]bool{v.u.pathIDs[goPath]: true}
	for _, r := range v.Module.Requires {
		if n := v.u.nodeIDs[r.Mod]; !r.Indirect && !v.excluded[n] {
			out[v.u.pathIDs[r.Mod.Path]] = true
		}
	}
	return out
}

// list returns the build list without the main module, sorted by path.
func (b *build) list(main node) []node {
	var out []node
	for _, n := range b.selected {
		if n >= 0 && n != main {
			out = append(out, n)
		}
	}
	b.v.u.sortNodes(out)
	return out
}

// reach adds all that a node requires, and itself, to have.
func (b *build) reach(n node, have map[node]bool) {
	if have[n] {
		return
	}
	have[n] = true
	for _, r := range b.edges(n) {
		b.reach(r, have)
	}
}

// postorder walks from each node of the list in turn; requirements come before what requires them.
func (b *build) postorder(list []node) []node {
	var out []node
	seen := map[node]bool{b.starts[0]: true}
	var walk func(node)
	walk = func(n node) {
		if seen[n] {
			return
		}
		seen[n] = true
		for _, r := range b.edges(n) {
			walk(r)
		}
		out = append(out, n)
	}
	for _, n := range list {
		walk(n)
	}
	return out
}
