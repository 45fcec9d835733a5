package main

import (
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/report"
)

func graphCommand() *cli.Command {
	return &cli.Command{
		Name:  "graph",
		Usage: "print requirement graphs",
		Description: `Prints the graph that the build list is selected from: for each module alone, or with --workspace for
the workspace. As modgraph these are the lines of "go mod graph"; dot is for Graphviz. --focus keeps the chains that
lead to a dependency, --depth what is that many requirements away from the module.

EXAMPLES
   modgov graph --module services/pay
   modgov graph --workspace --focus golang.org/x/net --format dot | dot -Tsvg > net.svg`,
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "workspace", Usage: "the graph of the workspace, not those of the modules alone"},
			asIsFlag(),
			&cli.StringFlag{Name: "focus", Usage: "only chains that lead to `DEP[@VERSION]`"},
			&cli.IntFlag{Name: "depth", Usage: "only what is at most `N` requirements away"},
			workFileFlag(),
			timeoutFlag(),
		}, formatFlags(report.Formats("graph")...)...),
		Action: action(showGraph),
	}
}

func showGraph(inv *invocation, c *cli.Context) error {
	if c.Int("depth") < 0 {
		return usagef("--depth %d: a number of requirements is needed, 0 for all", c.Int("depth"))
	}
	path, version, err := parseDep(c.String("focus"))
	if err != nil {
		return usagef("--focus: %w", err)
	}
	p, views, err := openViews(inv, c)
	if err != nil {
		return err
	}
	defer p.close()
	s := report.Selection{Focus: path, FocusVersion: version, Depth: c.Int("depth")}
	if err := report.WriteGraph(inv.stdout, inv.format, views, s); err != nil {
		return err
	}
	if path != "" {
		p.checkFocus(views, path, version)
	}
	return p.complain(views)
}

// checkFocus says on stderr that no graph has what --focus asks for, and what may have been meant.
func (p *project) checkFocus(views []*graph.View, path, version string) {
	var known []string
	for _, v := range views {
		for _, e := range v.Edges() {
			if e.To.Path == path && (version == "" || e.To.Version == version) {
				return
			}
			known = append(known, e.To.Path)
		}
	}
	printLine(p.inv.stderr, "note", "no requirement leads to "+strings.Trim(path+"@"+version, "@"))
	p.suggest(path, known)
}
