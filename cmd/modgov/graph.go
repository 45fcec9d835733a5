package main

import (
	"strings"

	"github.com/urfave/cli/v2"

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
			&cli.StringFlag{Name: "focus", Usage: "only chains that lead to `DEP[@VERSION]`"},
			&cli.IntFlag{Name: "depth", Usage: "only what is at most `N` requirements away"},
			workFileFlag(),
		}, formatFlags("modgraph", "dot", "json")...),
		Action: action(showGraph),
	}
}

func showGraph(inv *invocation, c *cli.Context) error {
	if err := noArguments(c); err != nil {
		return err
	}
	if c.Int("depth") < 0 {
		return usagef("--depth %d: a number of requirements is needed, 0 for all", c.Int("depth"))
	}
	p, views, err := openViews(inv, c)
	if err != nil {
		return err
	}
	defer p.close()
	focus, version, _ := strings.Cut(c.String("focus"), "@")
	s := report.Selection{Focus: focus, FocusVersion: version, Depth: c.Int("depth")}
	if err := report.WriteGraph(inv.stdout, inv.format, views, s); err != nil {
		return err
	}
	return p.complain(views)
}
