package graph

import (
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/workspace"
)

// A Cycle is a group of governed modules each of which requires each other, directly or through others of the group.
type Cycle struct {
	Modules []*workspace.Module // sorted by directory, at least two
	// Ring is the shortest ring in the group: each module requires the next, the last one the first. Of equally short
	// ones it is that which the first directories make.
	Ring []*workspace.Module
}

// Cycles returns the groups of governed modules that require each other in a ring, in the order of their first modules.
// The paths of their require lines count, at whatever version and wherever the code comes from: no order of releases
// suits all modules of a ring.
func (g *Graph) Cycles() []Cycle {
	next := g.requiredSiblings()
	var out []Cycle
	for _, modules := range Components(g.ws.Governed(), func(m *workspace.Module) []*workspace.Module { return next[m] }) {
		if len(modules) > 1 {
			out = append(out, Cycle{modules, ShortestRing(modules, func(m *workspace.Module) []*workspace.Module { return next[m] })})
		}
	}
	slices.SortFunc(out, func(a, b Cycle) int { return byDir(a.Modules[0], b.Modules[0]) })
	return out
}

// requiredSiblings are the governed modules that each governed module requires by their paths, sorted.
func (g *Graph) requiredSiblings() map[*workspace.Module][]*workspace.Module {
	siblings := map[string]*workspace.Module{}
	for _, m := range g.ws.Governed() {
		siblings[m.Path] = m
	}
	out := map[*workspace.Module][]*workspace.Module{}
	for _, m := range g.ws.Governed() {
		for _, r := range m.Requires {
			if s := siblings[r.Mod.Path]; s != nil && s != m {
				out[m] = append(out[m], s)
			}
		}
		slices.SortFunc(out[m], byDir)
		out[m] = slices.Compact(out[m])
	}
	return out
}

func byDir(a, b *workspace.Module) int { return strings.Compare(a.Dir, b.Dir) }

// Components groups modules by who needs whom: those that need each other, directly or through others, make one group,
// sorted by directory, and a group comes after all that it needs. Next returns what a module needs; all of it must be
// among the modules.
func Components(modules []*workspace.Module, next func(*workspace.Module) []*workspace.Module) [][]*workspace.Module {
	t := tarjan{
		next: next, index: map[*workspace.Module]int{}, low: map[*workspace.Module]int{}, on: map[*workspace.Module]bool{},
	}
	for _, m := range modules {
		if t.index[m] == 0 {
			t.visit(m)
		}
	}
	return t.groups
}

// tarjan finds strongly connected components.
type tarjan struct {
	next   func(*workspace.Module) []*workspace.Module
	index  map[*workspace.Module]int // from 1
	low    map[*workspace.Module]int
	on     map[*workspace.Module]bool
	stack  []*workspace.Module
	groups [][]*workspace.Module
}

func (t *tarjan) visit(m *workspace.Module) {
	t.index[m] = len(t.index) + 1
	t.low[m] = t.index[m]
	t.stack = append(t.stack, m)
	t.on[m] = true
	for _, s := range t.next(m) {
		switch {
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
	group := slices.Clone(t.stack[i:])
	for _, s := range group {
		t.on[s] = false
	}
	t.stack = t.stack[:i]
	slices.SortFunc(group, byDir)
	t.groups = append(t.groups, group)
}

// ShortestRing returns the shortest ring in a group of Components: each module needs the next, the last one the first. Of
// equally short ones it is that which the first directories make.
func ShortestRing(group []*workspace.Module, next func(*workspace.Module) []*workspace.Module) []*workspace.Module {
	inside := map[*workspace.Module][]*workspace.Module{}
	for _, m := range group {
		inside[m] = slices.DeleteFunc(slices.Clone(next(m)), func(s *workspace.Module) bool { return !slices.Contains(group, s) })
	}
	var best []*workspace.Module
	for _, m := range group {
		if ring := ringFrom(m, inside); best == nil || len(ring) < len(best) {
			best = ring
		}
		if len(best) == 2 {
			break // none is shorter
		}
	}
	return best
}

// ringFrom returns the shortest ring that a module is in, beginning with it: breadth first.
func ringFrom(start *workspace.Module, next map[*workspace.Module][]*workspace.Module) []*workspace.Module {
	from := map[*workspace.Module]*workspace.Module{start: nil}
	for queue := []*workspace.Module{start}; len(queue) > 0; queue = queue[1:] {
		for _, s := range next[queue[0]] {
			if s == start {
				var ring []*workspace.Module
				for m := queue[0]; m != nil; m = from[m] {
					ring = append(ring, m)
				}
				slices.Reverse(ring)
				return ring
			}
			if _, seen := from[s]; !seen {
				from[s] = queue[0]
				queue = append(queue, s)
			}
		}
	}
	return nil
}
