package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/change"
	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/repo"
	"github.com/modgov/modgov/internal/report"
)

func diffCommand() *cli.Command {
	return &cli.Command{
		Name:      "diff",
		Usage:     "show which versions changed in which modules, and by which edits",
		ArgsUsage: "BASE [HEAD]",
		Description: `Compares what the modules are built with, each alone and in the workspace, in two states of the
repository: for each dependency whose effective version changed, the versions, the modules, whether they require it
directly, and the line that is behind it. Other majors and downgrades come first, then what is new and gone, other code
(forks, directories), and what was raised; after that the modules that came, went or moved, and the replace, exclude, go,
toolchain and use lines that changed.

The states are HEAD, by default the files at hand with uncommitted changes, and the commit where it left BASE: their
merge base, as in check --base. So what came to BASE since is left out. --exact compares with BASE itself, as for two
releases. BASE may be auto, for what the CI service says. Everything but the files at hand is read from git's objects,
without a checkout. Which modules are governed is what the policy at hand says, for both.

A module without a build list in one of the states is named and left out; the exit code is then 3. Otherwise it is 0,
whatever changed.

EXAMPLES
   modgov diff origin/main
   modgov diff HEAD~1 HEAD
   modgov diff --exact v1.4.0 v1.5.0 --format markdown
   modgov diff auto --json`,
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "exact", Usage: "compare with BASE itself, not with the commit where HEAD left it"},
			workFileFlag(),
			timeoutFlag(),
		}, formatFlags(report.Formats("diff")...)...),
		Action: action(diff),
	}
}

func diff(inv *invocation, c *cli.Context) error {
	p, err := openProject(inv, c.String("workspace-file"))
	if err != nil {
		return err
	}
	defer p.close()
	from, to, err := p.diffEnds(c.Args().Get(0), c.Args().Get(1), c.Bool("exact"))
	if err != nil {
		return err
	}
	before, err := p.graphOf(inv.ctx, from.tree)
	if err != nil {
		return err
	}
	after, err := p.graphOf(inv.ctx, to.tree)
	if err != nil {
		return err
	}
	if err := p.checkSelection(after.Workspace()); err != nil {
		return err
	}
	d := report.NewVersionDiff(change.CompareVersions(before, after, p.selector()), *from.shown(), to.shown(),
		report.Origin{Version: modgovVersion(), Root: p.repo.Root, Notes: p.allNotes()})
	if err := report.WriteVersionDiff(inv.stdout, inv.format, d, p.reportOptions()); err != nil {
		return err
	}
	if !d.Complete {
		return exitWith(exitIncomplete)
	}
	return nil
}

// A diffEnd is one of two states that are compared.
type diffEnd struct {
	name string // as it was asked for
	tree *repo.Tree
}

// shown is what a report says of it; nil for the files at hand.
func (e *diffEnd) shown() *report.DiffEnd {
	if e.tree.Commit == "" {
		return nil
	}
	return &report.DiffEnd{Revision: e.name, Commit: e.tree.Commit}
}

// diffEnds finds the two states. Head is "" for the files at hand.
func (p *project) diffEnds(base, head string, exact bool) (from, to *diffEnd, err error) {
	chosen, err := p.chooseBase(base)
	if err != nil {
		return nil, nil, err
	}
	if chosen == nil {
		return nil, nil, withHint(usagef("diff auto: there is nothing to compare with"), "name a revision, as in modgov diff HEAD~1")
	}
	to = &diffEnd{tree: p.tree}
	tip := "HEAD"
	if head != "" {
		tip = head
		to.name = head
		if to.tree, err = p.revision(head); err != nil {
			return nil, nil, err
		}
	}
	from = &diffEnd{name: chosen.name}
	if exact {
		from.tree, err = p.revision(chosen.rev)
	} else {
		from.tree, err = p.mergeBase(chosen, tip)
	}
	return from, to, err
}

// graphOf computes the build lists of a tree.
func (p *project) graphOf(ctx context.Context, tree *repo.Tree) (*graph.Graph, error) {
	ws, err := p.loadTree(ctx, tree, tree.FS)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", tree.Label, err)
	}
	p.sums.Store(ws)
	return p.graph(ctx, ws, graph.Options{Workspace: true})
}
