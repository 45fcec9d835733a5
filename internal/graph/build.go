package graph

import (
	"errors"
	"fmt"

	"golang.org/x/mod/module"
)

// A build is the requirement graph that one set of roots spans in a view.
type build struct {
	v      *View
	starts []node // where a breadth-first walk of the finished graph begins
	roots  []node

	seen  []mode // node → modes in which it was queued
	open  []bool // node → its file was read: its requirements are edges
	queue []step
	fails map[node]error

	// After finish:
	order    []node // breadth first
	parent   []node // node → the node it was first reached from, -1
	selected []node // path → selected node, -1
	err      error
}

// A step is a node to expand, and how.
type step struct {
	n node
	m mode
}

func newBuild(v *View, starts, roots []node) *build {
	b := &build{v: v, starts: starts, roots: roots}
	for _, r := range roots {
		b.queue = append(b.queue, step{r, v.start})
	}
	return b
}

// expand reads on until everything is read or the rest waits for files; those go to the view's waiting list.
func (b *build) expand() {
	b.fit()
	for {
		b.drain()
		if len(b.queue) > 0 || b.v.start != workspaceMode || !b.deepen() {
			return
		}
	}
}

// fit makes room for the nodes that came with the last wave, and queues the roots for the first time.
func (b *build) fit() {
	first := b.seen == nil
	n := len(b.v.u.nodes)
	b.seen = append(b.seen, make([]mode, n-len(b.seen))...)
	b.open = append(b.open, make([]bool, n-len(b.open))...)
	if first {
		for _, s := range b.queue {
			b.seen[s.n] |= s.m
		}
		for _, s := range b.starts {
			b.open[s] = true
		}
	}
}

func (b *build) enqueue(n node, m mode) {
	seen := b.seen[n]
	// Whatever a node gives in another mode, it gives in unpruned mode too; pruned mode gives the least.
	if seen&(m|unprunedMode) != 0 || m == prunedMode && seen != 0 {
		return
	}
	b.seen[n] |= m
	b.queue = append(b.queue, step{n, m})
}

// drain expands what is queued. Steps that wait for a file stay queued.
func (b *build) drain() {
	var blocked []step
	for len(b.queue) > 0 {
		s := b.queue[len(b.queue)-1]
		b.queue = b.queue[:len(b.queue)-1]
		f, id := b.v.file(s.n)
		if !f.loaded {
			b.v.waiting = append(b.v.waiting, id)
			blocked = append(blocked, s)
			continue
		}
		b.open[s.n] = true
		if err := b.v.fits(s.n, f); err != nil {
			if b.fails == nil {
				b.fails = map[node]error{}
			}
			b.fails[s.n] = err
			continue
		}
		next := prunedMode
		if s.m == unprunedMode || f.unpruned {
			next = unprunedMode
		}
		if s.m == prunedMode && !f.unpruned {
			continue
		}
		for _, r := range f.requires {
			if !b.v.excluded[r] {
				b.enqueue(r, next)
			}
		}
	}
	b.queue = blocked
}

// deepen queues the versions that the workspace raised above what a main module, or one of the modules raised so,
// asked for: go reads their requirements too (go-semantics 3.9). It reports whether there were any.
func (b *build) deepen() bool {
	b.choose()
	u := b.v.u
	paths := map[int32]bool{}
	for _, r := range b.roots {
		paths[u.pathOf[r]] = true
	}
	done := map[node]bool{}
	found := false
	// What was raised before stands in seen with workspace mode; its path counts as a root's then.
	for n, m := range b.seen {
		if m&workspaceMode != 0 {
			paths[u.pathOf[n]] = true
			done[node(n)] = true
		}
	}
	for p := range paths {
		n := b.selected[p]
		if n < 0 {
			continue // a malformed toolchain line
		}
		if !done[n] {
			b.enqueueRaised(n)
			found = true
			continue
		}
		for _, r := range b.edges(n) {
			if s := b.selected[u.pathOf[r]]; u.rank[s] > u.rank[r] && !done[s] {
				b.enqueueRaised(s)
				found = true
			}
		}
	}
	return found
}

func (b *build) enqueueRaised(n node) {
	if b.seen[n]&workspaceMode == 0 {
		b.seen[n] |= workspaceMode
		b.queue = append(b.queue, step{n, workspaceMode})
	}
}

// edges returns the requirements of a node that was read, excluded ones left out.
func (b *build) edges(n node) []node {
	if int(n) >= len(b.open) || !b.open[n] || b.fails[n] != nil {
		return nil
	}
	f, _ := b.v.file(n)
	requires := f.requires
	if b.v.Module != nil && len(b.starts) == 1 && n == b.starts[0] {
		requires = b.roots
	}
	if len(b.v.excluded) == 0 {
		return requires
	}
	var out []node
	for _, r := range requires {
		if !b.v.excluded[r] {
			out = append(out, r)
		}
	}
	return out
}

// choose walks the graph breadth first and selects the highest version of each path (go-semantics 1.8).
func (b *build) choose() {
	u := b.v.u
	b.order = b.order[:0]
	b.parent = make([]node, len(u.nodes))
	b.selected = make([]node, len(u.paths))
	for i := range b.parent {
		b.parent[i] = -2
	}
	for i := range b.selected {
		b.selected[i] = -1
	}
	visit := func(n, from node) {
		if p := u.pathOf[n]; b.selected[p] < 0 && !u.malformed(n) || b.selected[p] >= 0 && u.rank[n] > u.rank[b.selected[p]] {
			b.selected[p] = n
		}
		if b.parent[n] == -2 {
			b.parent[n] = from
			b.order = append(b.order, n)
		}
	}
	for _, n := range b.starts {
		visit(n, -1)
	}
	for i := 0; i < len(b.order); i++ {
		for _, r := range b.edges(b.order[i]) {
			visit(r, b.order[i])
		}
	}
}

// finish selects, and finds the first failure in breadth-first order: the one that the go command reports.
func (b *build) finish() {
	b.choose()
	if len(b.fails) == 0 {
		return
	}
	for _, n := range b.order {
		if err := b.fails[n]; err != nil {
			var conflict *ConflictError
			if errors.As(err, &conflict) {
				b.err = err
				return
			}
			f, _ := b.v.file(n)
			b.err = &LoadError{Mod: b.v.u.nodes[n], Chain: b.chain(n), Dir: f.dir, More: len(b.fails) - 1, Err: err}
			return
		}
	}
}

// conflict returns the conflict of replace lines for a line of the build list: go reports it when it lists that, though
// it may never have read the file (go-semantics 3.16).
func (b *build) conflict() error {
	var mods []node
	for _, n := range b.selected {
		if n >= 0 {
			mods = append(mods, n)
		}
	}
	b.v.u.sortNodes(mods)
	for _, n := range mods {
		if _, err := b.v.replacement(n); err != nil {
			return err
		}
	}
	return nil
}

// chain returns the shortest path from a start to a node.
func (b *build) chain(n node) []module.Version {
	var out []module.Version
	for ; n >= 0; n = b.parent[n] {
		out = append([]module.Version{b.v.u.nodes[n]}, out...)
	}
	return out
}

// file returns the go.mod file that a node means in this view: that of a main module, of the replacement, or its own.
func (v *View) file(n node) (*modFile, fileID) {
	if f := v.mains[n]; f != nil {
		return f, noFile
	}
	id := v.u.own[n]
	if r, _ := v.replacement(n); r != nil {
		id = r.file
	}
	return &v.u.files[id], id
}

func (v *View) replacement(n node) (*Replacement, error) {
	mod := v.u.nodes[n]
	if v.mains[n] != nil {
		return nil, nil // a main module itself is never replaced (go-semantics 1.9)
	}
	return v.replaces.find(v.u.pathOf[n], mod)
}

// fits says why the file of a node cannot serve: it could not be had, or it is another module's (go-semantics 1.16).
func (v *View) fits(n node, f *modFile) error {
	if f.err != nil {
		return f.err
	}
	r, err := v.replacement(n)
	if err != nil {
		return err
	}
	mod := v.u.nodes[n]
	if v.mains[n] != nil || mod.Path == goPath || mod.Path == toolchainPath || f.dir != "" {
		return nil
	}
	actual := mod
	if r != nil {
		actual = r.raw
	}
	switch f.path {
	case mod.Path, actual.Path:
		return nil
	case "":
		return fmt.Errorf("%s: parsing go.mod: missing module line", actual)
	}
	return &PathError{Mod: actual, Declared: f.path, Required: mod.Path}
}
