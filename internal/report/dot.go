package report

import (
	"bufio"
	"fmt"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
)

// writeDot writes graphs for Graphviz. A main module has a thick border; what a replace line acts on is dashed and
// names its target; a version that the graph mentions and that is not selected is grey. The go and toolchain versions
// that every module requires are left out, for they say nothing in a picture, unless the focus is on them.
func writeDot(out *bufio.Writer, views []*graph.View, s Selection) error {
	fmt.Fprintln(out, "digraph modgov {")
	fmt.Fprintln(out, "  rankdir=LR;")
	fmt.Fprintln(out, "  node [shape=box, fontname=\"sans-serif\"];")
	for i, v := range views {
		if v.Err() != nil {
			continue
		}
		g := newGraph(v, s)
		if len(views) == 1 {
			g.writeDot(out, "  ", "", s)
			continue
		}
		fmt.Fprintf(out, "  subgraph cluster_%d {\n", i)
		fmt.Fprintf(out, "    label=%s;\n", dotQuote(strings.TrimPrefix(head(v), "# ")))
		g.writeDot(out, "    ", fmt.Sprintf("%d ", i), s) // nodes of different clusters are different nodes
		fmt.Fprintln(out, "  }")
	}
	fmt.Fprintln(out, "}")
	return nil // Flush has the writer's error
}

func (g *Graph) writeDot(out *bufio.Writer, indent, prefix string, s Selection) {
	shown := func(n *Node) bool {
		return n.Path != "go" && n.Path != "toolchain" || n.Path == s.Focus
	}
	for i := range g.Nodes {
		if n := &g.Nodes[i]; shown(n) {
			fmt.Fprintf(out, "%s%s%s;\n", indent, dotQuote(prefix+n.name()), n.dotAttributes(prefix))
		}
	}
	for _, e := range g.Edges {
		if from, to := &g.Nodes[e[0]], &g.Nodes[e[1]]; shown(from) && shown(to) {
			fmt.Fprintf(out, "%s%s -> %s;\n", indent, dotQuote(prefix+from.name()), dotQuote(prefix+to.name()))
		}
	}
}

// name is "path@version" as in go mod graph.
func (n *Node) name() string {
	if n.Version == "" {
		return n.Path
	}
	return n.Path + "@" + n.Version
}

func (n *Node) dotAttributes(prefix string) string {
	var out []string
	label := n.name()
	if n.Replace != nil {
		label += "\n=> " + graph.ModText(module.Version(*n.Replace))
	}
	if prefix != "" || n.Replace != nil {
		out = append(out, "label="+dotQuote(label))
	}
	if n.Version == "" {
		out = append(out, "penwidth=3")
	}
	if n.Replace != nil {
		out = append(out, "style=dashed")
	}
	if !n.Selected {
		out = append(out, "color=gray", "fontcolor=gray")
	}
	if len(out) == 0 {
		return ""
	}
	return " [" + strings.Join(out, ", ") + "]"
}

// dotQuote writes a string of the DOT language. A line break of the text becomes one of the label; a backslash is
// doubled, for Graphviz takes some letters after it for commands.
func dotQuote(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		l = Escape(l)
		l = strings.ReplaceAll(l, `\`, `\\`)
		lines[i] = strings.ReplaceAll(l, `"`, `\"`)
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}
