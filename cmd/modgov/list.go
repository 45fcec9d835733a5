package main

import (
	"cmp"
	"errors"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/report"
	"github.com/modgov/modgov/internal/workspace"
)

func listCommand() *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "print build lists",
		Description: `Prints the modules that the go command selects for each module alone (GOWORK=off), or with --workspace
for the workspace: the lines of "go list -m all". With several modules a line "# DIR MODULE" stands before each list.
JSON is one object per line and module.

A module whose go.mod go would want to update is shown as after that update, and marked: "# needs update" behind its
heading, "needs_update" in JSON. A module without a build list is left out; its reason goes to stderr, and the exit
code is 3.

EXAMPLES
   modgov list --module services/pay
   modgov list --workspace
   modgov list --json | jq -r '.dir + " " + (.build_list | length | tostring)'`,
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "workspace", Usage: "the list of the workspace, not those of the modules alone"},
			asIsFlag(),
			workFileFlag(),
			timeoutFlag(),
		}, formatFlags(report.Formats("list")...)...),
		Action: action(list),
	}
}

func list(inv *invocation, c *cli.Context) error {
	p, views, err := openViews(inv, c)
	if err != nil {
		return err
	}
	defer p.close()
	if err := report.WriteList(inv.stdout, inv.format, views); err != nil {
		return err
	}
	return p.complain(views)
}

// openViews computes what list and graph show: the views of the selected modules, or that of the workspace.
func openViews(inv *invocation, c *cli.Context) (*project, []*graph.View, error) {
	p, err := openProject(inv, c.String("workspace-file"))
	if err != nil {
		return nil, nil, err
	}
	views, err := p.views(c.Bool("workspace"))
	if err != nil {
		return nil, nil, errors.Join(err, p.close())
	}
	if c.Bool("as-is") {
		for i, v := range views {
			views[i] = v.AsIs()
		}
	}
	return p, views, nil
}

// asIsFlag shows what go would refuse to load, without the update that it asks for.
func asIsFlag() cli.Flag {
	return &cli.BoolFlag{Name: "as-is", Usage: "of the go.mod files as they are, also where go asks for an update first"}
}

func (p *project) views(wantWorkspace bool) ([]*graph.View, error) {
	ws, err := p.load(p.inv.ctx, p.tree.FS)
	if err != nil {
		return nil, err
	}
	if err := p.checkSelection(ws); err != nil {
		return nil, err
	}
	if wantWorkspace && ws.Work == nil {
		return nil, withHint(usagef("there is no workspace: no go.work file governs %s", p.repo.Root),
			"--workspace-file names one that git ignores")
	}
	g, err := p.graph(p.inv.ctx, ws, graph.Options{
		Modules:   func(m *workspace.Module) bool { return !wantWorkspace && p.selectsListed(m) },
		Workspace: wantWorkspace,
	})
	if err != nil {
		return nil, err
	}
	if wantWorkspace {
		return []*graph.View{g.WorkspaceView()}, nil
	}
	return g.Views(), nil
}

// selectsListed is selects for what is listed: without --module, outside modules too.
func (p *project) selectsListed(m *workspace.Module) bool {
	if p.selected.IsZero() {
		return !m.Marker
	}
	return p.selects(m)
}

// complain says on stderr which views have no build list and why; then the answer is not whole.
func (p *project) complain(views []*graph.View) error {
	var first error
	for _, v := range views {
		if v.Err() == nil {
			continue
		}
		printLine(p.inv.stderr, "error", cmp.Or(v.Dir(), "the workspace")+": "+v.Err().Error())
		first = exitWith(exitIncomplete)
	}
	return first
}
