package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/policy"
)

func exceptionsAddCommand() *cli.Command {
	return &cli.Command{
		Name:  "add",
		Usage: "waive findings, with a reason and a last day",
		Description: `Adds an exception to the policy file, created today, and says which findings it waives. It waives the
findings of a policy item (--item) or of a rule (--rule), about the dependencies that --dep selects, in the modules that
--module selects. What waives nothing right now is not added, unless --force is given; nor is what exception_policy would
refuse. Without --id it gets the next free id EX-1, EX-2 and so on. A file that does not exist is made.

Exit code 0: added, or --dry-run would. 1: not added, for it waives nothing. 2: it cannot be an exception of this policy.

EXAMPLES
   modgov exceptions add --item one-version --dep golang.org/x/net --reason SigV4 --for 30d
   modgov exceptions add --rule go-line --module tools/old --reason frozen --expires 2027-03-31`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "item", Usage: "waive the findings of the policy item `ITEM`; default is the built-in one"},
			&cli.StringFlag{Name: "rule", Usage: "waive the findings of the rule `RULE`"},
			&cli.StringSliceFlag{Name: "dep",
				Usage: "only about dependencies that `SEL` selects: a path glob, set:x, module:DIR, with @RANGE; " +
					"repeatable"},
			&cli.StringSliceFlag{Name: "module", Aliases: []string{"modules"},
				Usage: "only in modules that `SEL` selects: a directory glob, path:GLOB, team:x, tag:x, !not; repeatable"},
			&cli.StringFlag{Name: "reason", Usage: "why it has to be so, in a `TEXT`; required"},
			&cli.StringFlag{Name: "owner", Usage: "`NAME` is who to ask about it"},
			&cli.StringFlag{Name: "issue", Usage: "`URL` is where it is tracked"},
			expiresFlag(), forFlag(),
			&cli.StringFlag{Name: "id", Usage: "call it `ID` (default: the next free one of EX-1, EX-2 and so on)"},
			&cli.BoolFlag{Name: "force", Usage: "add it even if it waives nothing right now"},
			editFlag(), remoteFlag(), workFileFlag(), timeoutFlag(),
		},
		Action: action(exceptionsAdd),
	}
}

func expiresFlag() cli.Flag {
	return &cli.StringFlag{Name: "expires", Usage: "the last day, `DATE` as 2027-01-31"}
}

func forFlag() cli.Flag {
	return &cli.StringFlag{Name: "for", Usage: "the last day is so many days or weeks from today: `SPAN` as 30d or 6w"}
}

// lastDay is that of --expires or --for; zero if neither is given.
func lastDay(c *cli.Context, today policy.Date) (policy.Date, error) {
	switch {
	case c.IsSet("expires") && c.IsSet("for"):
		return policy.Date{}, usagef("--expires and --for contradict each other")
	case c.IsSet("for"):
		days, err := policy.ParseDays(c.String("for"))
		if err != nil {
			return policy.Date{}, usagef("--for: %w", err)
		}
		return today.AddDays(int(days)), nil
	case !c.IsSet("expires"):
		return policy.Date{}, nil
	}
	date, err := policy.ParseDate(c.String("expires"))
	switch {
	case err != nil:
		return policy.Date{}, usagef("--expires: %w", err)
	case date.Time().Before(today.Time()):
		return policy.Date{}, usagef("--expires: %s has passed", date)
	}
	return date, nil
}

func exceptionsAdd(inv *invocation, c *cli.Context) error {
	p, err := openForEdit(inv, c)
	if err != nil {
		return err
	}
	defer p.close()
	e, err := p.newException(c)
	if err != nil {
		return err
	}
	edit, err := p.editPolicy(policy.ExceptionEdits{Add: []policy.NewException{e}})
	if err != nil {
		return err
	}
	if p.policy, err = p.parsePolicy(p.tree.FS, p.written.shown, edit.After); err != nil {
		return err
	}
	p.selected = policy.ModuleSelector{} // --module is the exception's here
	j, err := p.judge(inv.ctx, p.tree.FS)
	if err != nil {
		return err
	}
	use := j.Exceptions[len(j.Exceptions)-1]
	others := func(f *policy.Finding) bool { return f.Exception != use.Exception }
	waived := slices.DeleteFunc(slices.Clone(use.Findings), others)
	if len(waived) == 0 && !c.Bool("force") {
		if err := p.tellUnmatched(j, c.StringSlice("dep")); err != nil {
			return err
		}
		return refuseUseless(use, len(j.Gaps) > 0)
	}
	lines := []string{fmt.Sprintf("%s waives %s", e.ID, policy.Count(len(waived), "finding"))}
	for _, f := range waived {
		lines = append(lines, fmt.Sprintf("  %s: %s: %s", f.Rule, f.Subject, f.Message))
	}
	return p.writePolicy(edit, c.Bool("dry-run"), lines)
}

// refuseUseless says why an exception is not added.
func refuseUseless(use policy.ExceptionUse, gaps bool) error {
	hint := "modgov check shows the findings; --force adds it all the same"
	err := errors.New("not added: it waives nothing, no finding matches")
	switch {
	case len(use.Findings) > 0 && use.Findings[0].Exception != nil:
		err = fmt.Errorf("not added: %s is waived by %s already", inWords(use.Findings[0]), use.Findings[0].Exception.ID)
	case len(use.Findings) > 0:
		f := use.Findings[0]
		err = fmt.Errorf("not added: %s stands all the same, for other modules of it are not covered: %s",
			inWords(f), strings.Join(f.Modules, ", "))
	case gaps:
		err = errors.New("not added: no finding matches, but not everything could be read")
		return withHint(withCode(exitIncomplete, err), "%s", hint)
	}
	return withHint(withCode(exitNegative, err), "%s", hint)
}

// inWords names a finding on one line.
func inWords(f *policy.Finding) string { return f.Rule + " about " + f.Subject }

// newException is what the flags of add ask for.
func (p *project) newException(c *cli.Context) (e policy.NewException, err error) {
	today := policy.DateOf(time.Now())
	e = policy.NewException{
		ID: cmp.Or(c.String("id"), p.policy.NextExceptionID()), Policy: c.String("item"), Rule: c.String("rule"),
		Dep: c.StringSlice("dep"), Modules: c.StringSlice("module"), Reason: c.String("reason"), Owner: c.String("owner"),
		Issue: c.String("issue"), Created: today,
	}
	if (e.Policy == "") == (e.Rule == "") {
		return e, withHint(usagef("one of --item and --rule is needed"),
			"an exception waives the findings of a policy item or of a rule")
	}
	switch {
	case e.Rule != "" && policy.Lookup(e.Rule) == nil && slices.Contains(p.policy.ItemIDs(), e.Rule):
		return e, withHint(usagef("unknown rule %q", e.Rule), "it is an item of the policy: --item %s", e.Rule)
	case e.Rule != "" && policy.Lookup(e.Rule) == nil:
		return e, unknownRule(e.Rule)
	case policy.Lookup(e.Policy) != nil && !slices.Contains(p.policy.ItemIDs(), e.Policy):
		return e, withHint(usagef("there is no policy item %q", e.Policy), "it is a rule: --rule %s", e.Policy)
	}
	if !policy.Waivable(e.Rule) {
		return e, withHint(usagef("%s can never be waived", e.Rule),
			"modgov explain %s says why, and how to clear it", e.Rule)
	}
	if e.Reason == "" {
		return e, withHint(usagef("--reason is needed"), "say why, for whoever finds the exception later")
	}
	if e.Expires, err = lastDay(c, today); err != nil {
		return e, err
	}
	return e, nil
}
