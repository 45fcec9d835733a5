package report

import (
	"bufio"
	"fmt"
	"io"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
)

// A Selection says which part of a graph is shown. The zero value is all of it.
type Selection struct {
	// Focus keeps the chains that lead to this module path, at FocusVersion or, where that is "", at any.
	Focus, FocusVersion string
	// Depth keeps what is at most so many requirements away from a main module; 0 is no limit.
	Depth int
}

// edges returns the part of a view's graph.
func (s Selection) edges(v *graph.View) []graph.Edge {
	edges := v.Edges()
	if s.Focus != "" {
		edges = graph.Focus(edges, s.Focus, s.FocusVersion)
	}
	if s.Depth > 0 {
		edges = graph.Within(edges, s.Depth)
	}
	return edges
}

// WriteGraph writes the requirement graphs of views: as "modgraph" the lines of "go mod graph", if there are several
// views with a line "# DIR MODULE" before each one's; as "dot" one digraph for Graphviz, several views as clusters of
// it; as "json" one [Graph] a line. A view without a build list is left out: nothing here says why.
func WriteGraph(w io.Writer, format string, views []*graph.View, s Selection) error {
	if err := checkFormat("graph", format); err != nil {
		return err
	}
	write := writeModGraph
	switch format {
	case "dot":
		write = writeDot
	case "json":
		write = writeGraphJSON
	}
	out := bufio.NewWriter(w)
	if err := write(out, views, s); err != nil {
		return err
	}
	return out.Flush()
}

func writeModGraph(out *bufio.Writer, views []*graph.View, s Selection) error {
	for _, v := range views {
		if v.Err() != nil {
			continue
		}
		if len(views) > 1 {
			fmt.Fprintln(out, head(v))
		}
		for _, e := range s.edges(v) {
			fmt.Fprintln(out, Escape(e.From.String())+" "+Escape(e.To.String()))
		}
	}
	return nil // Flush has the writer's error
}

// A Graph is the requirement graph of a module alone, or of the workspace.
type Graph struct {
	Schema    string `json:"schema"`   // "1"
	Document  string `json:"document"` // "graph"
	Dir       string `json:"dir"`      // of the module, or of go.work
	Module    string `json:"module,omitempty"`
	Workspace bool   `json:"workspace,omitempty"`
	// Nodes are module versions in the order in which edges mention them; go and toolchain versions are among them.
	Nodes []Node `json:"nodes"`
	// Edges are pairs of indexes into Nodes, from the one that requires to what it requires, in the order of go mod graph.
	Edges [][2]int `json:"edges"`
	// NeedsUpdate tells that go refuses to load the module before its go.mod is updated; the graph is what the update
	// gives.
	NeedsUpdate bool `json:"needs_update,omitempty"`
}

// A Node is a module version of a graph.
type Node struct {
	Path     string   `json:"path"`
	Version  string   `json:"version,omitempty"` // "" for a main module
	Selected bool     `json:"selected"`          // in the build list, at this version
	Replace  *Version `json:"replace,omitempty"`
}

// newGraph makes the document of a view that has a build list.
func newGraph(v *graph.View, s Selection) *Graph {
	g := &Graph{
		Schema: Schema, Document: "graph", Dir: viewDir(v), Workspace: v.Module == nil,
		Nodes: []Node{}, Edges: [][2]int{}, NeedsUpdate: len(v.NeedsUpdate()) > 0,
	}
	if v.Module != nil {
		g.Module = v.Module.Path
	}
	index := map[module.Version]int{}
	node := func(m module.Version) int {
		i, ok := index[m]
		if !ok {
			i = len(g.Nodes)
			index[m] = i
			g.Nodes = append(g.Nodes, newNode(v, m))
		}
		return i
	}
	for _, e := range s.edges(v) {
		from := node(e.From)
		g.Edges = append(g.Edges, [2]int{from, node(e.To)})
	}
	return g
}

func newNode(v *graph.View, m module.Version) Node {
	item, ok := v.Selected(m.Path)
	n := Node{Path: m.Path, Version: m.Version, Selected: ok && item.Version == m.Version}
	if r := v.Replacement(m); r != nil {
		n.Replace = newVersion(r.New)
	}
	return n
}

func writeGraphJSON(out *bufio.Writer, views []*graph.View, s Selection) error {
	for _, v := range views {
		if v.Err() != nil {
			continue
		}
		if err := writeJSONLine(out, newGraph(v, s)); err != nil {
			return err
		}
	}
	return nil
}
