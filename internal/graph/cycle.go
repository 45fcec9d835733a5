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
	out := make([]Cycle, len(t.cycles))
	for i, modules := range t.cycles {
		slices.SortFunc(modules, byDir)
		out[i] = Cycle{modules, t.shortestRing(modules)}
	}
	slices.SortFunc(out, func(a, b Cycle) int { return byDir(a.Modules[0], b.Modules[0]) })
	return out
}

func byDir(a, b *workspace.Module) int { return strings.Compare(a.Dir, b.Dir) }

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

// shortestRing returns the shortest ring in a group, which is sorted.
func (t *tarjan) shortestRing(group []*workspace.Module) []*workspace.Module {
	next := map[*workspace.Module][]*workspace.Module{}
	for _, m := range group {
		for _, r := range m.Requires {
			if s := t.siblings[r.Mod.Path]; s != nil && s != m && slices.Contains(group, s) {
				next[m] = append(next[m], s)
			}
		}
		slices.SortFunc(next[m], byDir)
		next[m] = slices.Compact(next[m])
	}
	var best []*workspace.Module
	for _, m := range group {
		if ring := ringFrom(m, next); best == nil || len(ring) < len(best) {
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
