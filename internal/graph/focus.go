package graph

import (
	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/workspace"
)

// An Edge is a requirement of the graph: From asks for To.
type Edge struct{ From, To module.Version }

// Edges returns what WalkEdges walks, in its order; nil if Err is set.
func (v *View) Edges() []Edge {
	var out []Edge
	v.WalkEdges(func(from, to module.Version) { out = append(out, Edge{from, to}) })
	return out
}

// Workspace returns what the files say from which the view was computed.
func (v *View) Workspace() *workspace.Workspace { return v.g.ws }

// Focus keeps the edges of all chains that lead to a module path, at that version, or at any where version is "".
// The edges are those of one view; their order stays.
func Focus(edges []Edge, path, version string) []Edge {
	from := map[module.Version][]module.Version{}
	leads := map[module.Version]bool{}
	var queue []module.Version
	reach := func(m module.Version) {
		if !leads[m] {
			leads[m] = true
			queue = append(queue, m)
		}
	}
	for _, e := range edges {
		from[e.To] = append(from[e.To], e.From)
		if e.To.Path == path && (version == "" || e.To.Version == version) {
			reach(e.To)
		}
	}
	for len(queue) > 0 {
		m := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, f := range from[m] {
			reach(f)
		}
	}
	return keep(edges, func(e Edge) bool { return leads[e.To] })
}

// Within keeps the edges that begin fewer than steps steps away from a main module: with 1 those of the main modules
// themselves. The edges are those of one view, or what Focus kept of them; their order stays.
func Within(edges []Edge, steps int) []Edge {
	distance := map[module.Version]int{}
	for _, e := range edges { // breadth first: the first edge to a node is on a shortest chain
		if _, ok := distance[e.From]; !ok {
			distance[e.From] = 0
		}
		if _, ok := distance[e.To]; !ok {
			distance[e.To] = distance[e.From] + 1
		}
	}
	return keep(edges, func(e Edge) bool { return distance[e.From] < steps })
}

func keep(edges []Edge, want func(Edge) bool) []Edge {
	var out []Edge
	for _, e := range edges {
		if want(e) {
			out = append(out, e)
		}
	}
	return out
}
