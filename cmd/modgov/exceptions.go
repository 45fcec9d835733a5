package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
	"github.com/modgov/modgov/internal/workspace"
)

func exceptionsCommand() *cli.Command {
	return &cli.Command{
		Name:  "exceptions",
		Usage: "list what the policy waives, and edit it",
		Description: `An exception waives findings of a policy item or of a rule, until a day. These commands list the
exceptions of the policy file and edit them; all else in the file stays as it is, to the last comment.`,
		Subcommands: []*cli.Command{
			exceptionsListCommand(), exceptionsAddCommand(), exceptionsRenewCommand(), exceptionsPruneCommand(),
		},
	}
}

// remoteFlag asks for what only the network knows.
func remoteFlag() cli.Flag {
	return &cli.BoolFlag{Name: "remote", Usage: "also ask which versions are retracted and which modules deprecated"}
}

// editFlag shows an edit of the policy file without making it.
func editFlag() cli.Flag {
	return &cli.BoolFlag{Name: "dry-run", Usage: "write nothing, print the diff"}
}

func exceptionsListCommand() *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "show what is waived, by whom and until when",
		Description: `Lists the exceptions by owner, the one that expires first at the top, with what each waives now and
its state: active; expiring, within exception_policy.warn_before of its last day; expired; unused, no finding matches;
too wide, it speaks of all dependencies in all modules; unknown, nothing matches it but not all that it speaks of was
looked at. With --module, those that speak of the selected modules.

Exit code 0, and 3 if something could not be read.

EXAMPLES
   modgov exceptions list
   modgov exceptions list --module 'team:payments'
   modgov exceptions list --json | jq -r '.exceptions[] | select(.state == "expired") | .id'`,
		Flags: append([]cli.Flag{remoteFlag(), workFileFlag(), timeoutFlag()},
			formatFlags(report.Formats("exceptions")...)...),
		Action: action(exceptionsList),
	}
}

func exceptionsList(inv *invocation, c *cli.Context) error {
	p, j, err := openJudgement(inv, c)
	if err != nil {
		return err
	}
	defer p.close()
	uses := slices.DeleteFunc(slices.Clone(j.Exceptions), func(use policy.ExceptionUse) bool {
		return !p.speaksOfSelected(j.Facts.Workspace, use.Exception)
	})
	document := report.NewExceptions(j, uses, report.Origin{Version: modgovVersion(), Root: p.repo.Root})
	if err := report.WriteExceptions(inv.stdout, inv.format, document, p.reportOptions()); err != nil {
		return err
	}
	if len(j.Gaps) > 0 {
		return exitWith(exitIncomplete)
	}
	return nil
}

// speaksOfSelected reports whether an exception speaks of a module that --module selects.
func (p *project) speaksOfSelected(ws *workspace.Workspace, e *policy.Exception) bool {
	return p.selected.IsZero() || slices.ContainsFunc(ws.Governed(), func(m *workspace.Module) bool {
		return p.selects(m) && (e.Modules.IsZero() || e.Modules.Match(p.policy.Info(m.Dir, m.Path)))
	})
}

func exceptionsRenewCommand() *cli.Command {
	return &cli.Command{
		Name:      "renew",
		Usage:     "give exceptions a new last day",
		ArgsUsage: "ID...",
		Description: `Sets a new last day, and today as the day of creation where the file has such a day: the maximum age
that exception_policy allows counts from the renewal. Without --expires and --for the exception lives for 90 days more,
or for the maximum age if that is less.

Exit code 0: renewed, or --dry-run would. 2: there is no such exception, or it may not live that long.

EXAMPLES
   modgov exceptions renew EX-42 --for 30d
   modgov exceptions renew EX-42 EX-43 --expires 2027-03-31 --dry-run`,
		Flags:        []cli.Flag{expiresFlag(), forFlag(), editFlag()},
		Action:       action(exceptionsRenew),
		BashComplete: offer(exceptionIDs),
	}
}

// renewalDays is how long a renewed exception lives if nobody says.
const renewalDays = 90

func exceptionsRenew(inv *invocation, c *cli.Context) error {
	p, err := openForEdit(inv, c)
	if err != nil {
		return err
	}
	defer p.close()
	today := policy.DateOf(time.Now())
	expires, err := lastDay(c, today)
	if err != nil {
		return err
	}
	limit := int(p.policy.ExceptionPolicy.MaxAge)
	if expires.IsZero() {
		days := renewalDays
		if limit > 0 {
			days = min(days, limit)
		}
		expires = today.AddDays(days)
	}
	edits := policy.ExceptionEdits{}
	var lines []string
	for _, id := range c.Args().Slice() {
		r := policy.Renewal{ID: id, Expires: expires}
		e := p.exception(id)
		if e != nil && (e.Has("created") || limit > 0 || slices.Contains(p.policy.ExceptionPolicy.Require, "created")) {
			r.Created = today
		}
		if e != nil {
			was := cmp.Or(e.Expires.String(), "no end")
			lines = append(lines, fmt.Sprintf("%s lives until %s (was: %s)", id, expires, was))
		}
		edits.Renew = append(edits.Renew, r)
	}
	edit, err := p.editPolicy(edits)
	if err != nil {
		return err
	}
	return p.writePolicy(edit, c.Bool("dry-run"), lines)
}

// exception returns an exception of the policy, nil if there is none of that id.
func (p *project) exception(id string) *policy.Exception {
	for i := range p.policy.Exceptions {
		if e := &p.policy.Exceptions[i]; e.ID == id {
			return e
		}
	}
	return nil
}

func exceptionsPruneCommand() *cli.Command {
	return &cli.Command{
		Name:  "prune",
		Usage: "remove exceptions that have expired or waive nothing",
		Description: `Removes the exceptions whose last day has passed and those that match no finding, with the comments
that stand directly above them. One that could not be judged, because something could not be read, stays. --expired and
--unused remove only these.

Exit code 0: pruned, or nothing to prune. 1: --dry-run would remove something. 3: something could not be read.

EXAMPLES
   modgov exceptions prune --dry-run
   modgov exceptions prune --unused`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "expired", Usage: "only those whose last day has passed"},
			&cli.BoolFlag{Name: "unused", Usage: "only those that waive nothing"},
			editFlag(), remoteFlag(), workFileFlag(), timeoutFlag(),
		},
		Action: action(exceptionsPrune),
	}
}

func exceptionsPrune(inv *invocation, c *cli.Context) error {
	p, j, err := judged(openForEdit(inv, c))
	if err != nil {
		return err
	}
	defer p.close()
	both := c.Bool("expired") == c.Bool("unused")
	edits := policy.ExceptionEdits{}
	var lines []string
	for _, use := range j.Exceptions {
		gone := use.State == policy.ExceptionExpired && (both || c.Bool("expired")) ||
			use.State == policy.ExceptionUnused && (both || c.Bool("unused"))
		if !gone || !p.speaksOfSelected(j.Facts.Workspace, use.Exception) {
			continue
		}
		edits.Remove = append(edits.Remove, use.Exception.ID)
		lines = append(lines, fmt.Sprintf("%s goes: %s", use.Exception.ID, use.State))
	}
	incomplete := error(nil)
	if len(j.Gaps) > 0 {
		incomplete = withCode(exitIncomplete, fmt.Errorf("not everything could be judged: %w", j.Gaps[0].Err))
	}
	if len(edits.Remove) == 0 {
		if err := p.say([]string{"nothing to prune"}); err != nil {
			return err
		}
		return incomplete
	}
	edit, err := p.editPolicy(edits)
	if err != nil {
		return err
	}
	if err := p.writePolicy(edit, c.Bool("dry-run"), lines); err != nil {
		return err
	}
	if c.Bool("dry-run") {
		return errors.Join(exitWith(exitNegative), incomplete)
	}
	return incomplete
}
