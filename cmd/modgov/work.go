package main

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
)

func workCommand() *cli.Command {
	return &cli.Command{
		Name:  "work",
		Usage: "keep go.work in step with the modules, and the modules with it",
		Description: `go.work says which modules are built together. check and fix hold its use lines and its go line against
the modules that are there; sync gives each module alone what it gets in the workspace.`,
		Subcommands: []*cli.Command{workCheckCommand(), workFixCommand(), workSyncCommand()},
	}
}

func workCheckCommand() *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "hold go.work against the modules",
		Description: `Applies the rules about go.work alone: work-uncovered, work-dangling and work-go-line, and go-mod-invalid,
as nothing can be said of a file that cannot be read. Which modules may stay outside is for the policy to say, by an
exception for work-uncovered or by modules.exclude. check does the same among other things.

Exit code 0: go.work is in step. 1: it is not. 2: there is no go.work file. 3: something could not be read.

EXAMPLES
   modgov work check
   modgov work check --json`,
		Flags:  append([]cli.Flag{workFileFlag(), timeoutFlag()}, formatFlags(report.Formats("check")...)...),
		Action: action(workCheck),
	}
}

func workFixCommand() *cli.Command {
	return &cli.Command{
		Name:  "fix",
		Usage: "bring go.work in step with the modules",
		Description: `Adds a use line for each governed module that has none, drops the lines that lead to no module in the
repository, and raises the go line to that of the highest member. Nothing but go.work is edited (and, where the
workspace has a vendor directory, that is made anew); comments and order stay. What an exception waives stays as it is.
--module limits it to the lines of some modules.

A module that go refuses beside the others, or that brings errors to them, keeps the file from being written: the
message names it.

Exit code 0: go.work is in step now. 1: something is left to you, or --dry-run or --patch would change something. 2:
there is no go.work file. 3: the plan could not be proved or written, or a module could not be judged.

EXAMPLES
   modgov work fix --dry-run
   modgov work fix --module 'services/**'`,
		Flags:  planFlags("fix"),
		Action: action(workFix),
	}
}

func workSyncCommand() *cli.Command {
	return &cli.Command{
		Name:  "sync",
		Usage: "give each module what it gets in the workspace",
		Description: `Raises what the members of the workspace require to what the workspace selects, and tidies those that this
changes, so that each builds alone with what it is tested with: what go work sync is for. But it is shown first, for
each module (--dry-run); no version goes down; the sums that each module needs alone are complete; and what is left out
is named: a member that go.work uses and the policy does not govern, one that cannot be judged, a version that is lower
in the workspace because another member excludes a higher one.

Exit code 0: the members have what the workspace has. 1: something is left to you, or --dry-run or --patch would change
something. 2: there is no go.work file. 3: the workspace or a module could not be judged, or the plan not be proved or
written.

EXAMPLES
   modgov work sync --dry-run
   modgov work sync --module services/pay --verify`,
		Flags:  planFlags("fix"),
		Action: action(workSync),
	}
}

// isWorkRule reports whether a rule is about go.work itself.
func isWorkRule(name string) bool {
	return slices.Contains([]string{"work-uncovered", "work-dangling", "work-go-line"}, name)
}

// judgeWork judges the tree, which has to have a go.work file.
func (p *project) judgeWork() (*policy.Judgement, error) {
	j, err := p.judge(p.inv.ctx, p.tree.FS)
	if err != nil {
		return nil, err
	}
	if j.Facts.Workspace.Work == nil {
		return nil, withHint(usagef("there is no go.work file in %s", p.repo.Root),
			"go work init makes one; --workspace-file names one that git ignores")
	}
	return j, p.checkSelection(j.Facts.Workspace)
}

func workCheck(inv *invocation, c *cli.Context) error {
	p, err := openProject(inv, c.String("workspace-file"))
	if err != nil {
		return err
	}
	defer p.close()
	j, err := p.judgeWork()
	if err != nil {
		return err
	}
	j.Findings = slices.DeleteFunc(j.Findings, func(f *policy.Finding) bool {
		return !isWorkRule(f.Rule) && f.Rule != "go-mod-invalid" || !p.concerns(j.Facts.Workspace, f)
	})
	j.Gaps = slices.DeleteFunc(j.Gaps, func(g policy.Gap) bool { return g.Layer != policy.LayerDeclared })
	for i := range j.Layers {
		if l := &j.Layers[i]; l.Layer != policy.LayerDeclared {
			l.State = policy.NotAsked
		}
	}
	return p.answer(j)
}

func workFix(inv *invocation, c *cli.Context) error {
	p, err := openToWrite(inv, c)
	if err != nil {
		return err
	}
	defer p.close()
	before, err := p.judgeWork()
	if err != nil {
		return err
	}
	o := fixingOf(c)
	o.Work = true
	o.Target = func(f *policy.Finding) bool {
		return isWorkRule(f.Rule) && f.Severity >= policy.Warn && p.concerns(before.Facts.Workspace, f)
	}
	return p.carryOut(c, before, o)
}

func workSync(inv *invocation, c *cli.Context) error {
	p, err := openToWrite(inv, c)
	if err != nil {
		return err
	}
	defer p.close()
	before, err := p.judgeWork()
	if err != nil {
		return err
	}
	ws := before.Facts.Workspace
	if w := before.Facts.Graph.WorkspaceView(); w.Err() != nil {
		return withHint(withCode(exitIncomplete, fmt.Errorf("the workspace cannot be judged: %w", w.Err())),
			"modgov check says why; modgov work fix corrects use lines and the go line")
	}
	o := fixingOf(c)
	o.Sync = true
	o.Target = func(f *policy.Finding) bool {
		return slices.Contains([]string{"needs-update", "sum-missing", "work-go-line"}, f.Rule) &&
			f.Severity == policy.Error && p.concerns(ws, f)
	}
	return p.carryOut(c, before, o)
}
