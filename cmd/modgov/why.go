package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/report"
	"github.com/modgov/modgov/internal/workspace"
)

func whyCommand() *cli.Command {
	return &cli.Command{
		Name:      "why",
		Usage:     "show who has a dependency, and by which requirements",
		ArgsUsage: "DEP[@VERSION]",
		Description: `Prints, grouped by version, the modules that have the dependency when they are built alone, with the
shortest requirement chain from each, and what the workspace makes of it. With a version, the chains to that version,
selected or not.

EXAMPLES
   modgov why golang.org/x/text
   modgov why golang.org/x/text@v0.28.0 --module orders/api`,
		Flags:  append([]cli.Flag{workFileFlag()}, formatFlags("text", "json")...),
		Action: action(why),
	}
}

func why(inv *invocation, c *cli.Context) error {
	if c.Args().Len() != 1 {
		return withHint(usagef("why takes one module path, got %d arguments", c.Args().Len()), "modgov why golang.org/x/text")
	}
	path, version, _ := strings.Cut(c.Args().First(), "@")
	p, err := openProject(inv, c.String("workspace-file"))
	if err != nil {
		return err
	}
	defer p.close()
	ws, err := p.load(inv.ctx, p.tree.FS)
	if err != nil {
		return err
	}
	if err := p.checkSelection(ws); err != nil {
		return err
	}
	g, err := p.graph(inv.ctx, ws, graph.Options{Workspace: true, Modules: func(m *workspace.Module) bool { return p.selects(m) }})
	if err != nil {
		return err
	}
	found := g.Why(path, version)
	if err := report.WriteWhy(inv.stdout, inv.format, report.NewWhy(g, found), p.reportOptions()); err != nil {
		return err
	}
	if len(found.Uses) == 0 && found.Workspace == nil {
		if near := closest(path, paths(g)); near != "" {
			fmt.Fprintf(inv.stderr, "modgov: hint: did you mean %s?\n", report.Escape(near))
		}
	}
	return p.complain(found.Unknown)
}

// paths lists the dependencies that a misspelt name may mean.
func paths(g *graph.Graph) []string {
	var out []string
	for _, d := range g.Dependencies() {
		out = append(out, d.Path)
	}
	return out
}
