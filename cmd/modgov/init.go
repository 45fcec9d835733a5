package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/plan"
	"github.com/modgov/modgov/internal/policy"
)

func initCommand() *cli.Command {
	return &cli.Command{
		Name:  "init",
		Usage: "write a first policy, with exceptions for what is already wrong",
		Description: `Writes modgov.yaml with what the repository already keeps to: teams from CODEOWNERS or from the
directories, tags, one version of each dependency, go lines, replace lines, sums. What is wrong already gets an exception
each, grouped by owner and dated, so that check passes from today on, with --fail-on warn too, and what is new fails.
What can never be waived stays, and is named, as is what could not be read.

The exceptions end after 90 days, unless --expires or --for says otherwise. A policy file that is there is left alone,
unless --force is given; it is not read then. --policy names another file to write.

Exit code 0: written; check passes. 1: written, but something is wrong that can never be waived. 2: there is a policy
file. 3: written, but something could not be read, or not written.

EXAMPLES
   modgov init
   modgov init --for 26w
   modgov init --stdout | less`,
		Flags: []cli.Flag{
			expiresFlag(), forFlag(),
			&cli.BoolFlag{Name: "force", Usage: "write over a policy file that is there"},
			&cli.BoolFlag{Name: "stdout", Usage: "print the policy, write nothing"},
			editFlag(), remoteFlag(), workFileFlag(), timeoutFlag(),
		},
		Action: action(initialize),
	}
}

// draftDays is how long the exceptions of a first policy live if nobody says; soonDays is when check begins to report
// that an exception ends, so none of them may.
const (
	draftDays = 90
	soonDays  = 14
)

func initialize(inv *invocation, c *cli.Context) error {
	if len(inv.modules) > 0 {
		return usagef("init is about all modules: --module makes no sense here")
	}
	o := policy.DraftOptions{Today: policy.DateOf(time.Now())}
	var err error
	if o.Expires, err = lastDay(c, o.Today); err != nil {
		return err
	}
	if o.Expires.IsZero() {
		o.Expires = o.Today.AddDays(draftDays)
	}
	if soonest := o.Today.AddDays(soonDays + 1); o.Expires.Time().Before(soonest.Time()) {
		return usagef("exceptions that end before %s would be reported by check at once", soonest)
	}
	inv.noPolicy = true
	p, err := openForEdit(inv, c)
	if err != nil {
		return err
	}
	defer p.close()
	if p.written.data != nil && !c.Bool("force") && !c.Bool("stdout") {
		return withHint(usagef("%s is there already", p.written.shown),
			"--force writes over it, --stdout prints what init would write")
	}
	return p.initialize(c, o)
}

// initialize drafts the policy, judges the repository by it, and writes it.
func (p *project) initialize(c *cli.Context, o policy.DraftOptions) error {
	j, err := p.judgeGoverned()
	if err != nil {
		return err
	}
	base, err := p.draftBase(j.Facts, o)
	if err != nil {
		return err
	}
	text, number, err := policy.DraftExceptions(p.written.shown, base, policy.Judge(p.policy, j.Facts), o)
	if err != nil {
		return fmt.Errorf("draft the exceptions: %w", err)
	}
	if c.Bool("stdout") {
		_, err := p.inv.stdout.Write(text)
		return err
	}
	if p.policy, err = p.parsePolicy(p.tree.FS, p.written.shown, text); err != nil {
		return err
	}
	after := policy.Judge(p.policy, j.Facts)
	lines, code := drafted(after, number, o)
	edit := plan.File{Name: p.written.name, Before: p.written.data, After: text}
	if err := p.writePolicy(edit, c.Bool("dry-run"), lines); err != nil {
		return err
	}
	return exitWith(code)
}

// draftBase makes the policy without exceptions the one that holds, and returns its text.
func (p *project) draftBase(facts *policy.Facts, o policy.DraftOptions) (text []byte, err error) {
	for _, file := range policy.CodeownersFiles() {
		if _, err := fs.Stat(p.tree.FS, file); err == nil {
			o.Codeowners = true
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
	}
	for {
		text = policy.DraftBase(facts, o)
		if p.policy, err = p.parsePolicy(p.tree.FS, p.written.shown, text); err != nil || !o.Codeowners {
			return text, err
		}
		for _, m := range facts.Workspace.Governed() {
			if len(p.policy.Info(m.Dir, m.Path).Teams) > 0 {
				return text, nil
			}
		}
		o.Codeowners = false // it says nothing of the modules
	}
}

// drafted says what the new policy comes to, with the exit code that it means.
func drafted(j *policy.Judgement, number int, o policy.DraftOptions) (lines []string, code int) {
	waived := 0
	var left []string
	for _, f := range j.Findings {
		switch {
		case f.Exception != nil:
			waived++
		case f.Severity >= policy.Warn:
			left = append(left, fmt.Sprintf("  %s: %s: %s", f.Rule, f.Subject, f.Message))
		}
	}
	lines = []string{fmt.Sprintf("%s for %s, until %s",
		policy.Count(number, "exception"), policy.Count(waived, "finding"), o.Expires)}
	if number == 0 {
		lines = []string{"no exceptions: nothing is wrong that could be waived"}
	}
	if len(left) > 0 {
		lines = append(lines, policy.Count(len(left), "finding")+" that no exception waives, left to you:")
		lines, code = append(lines, left...), exitNegative
	}
	for _, g := range j.Gaps {
		lines = append(lines, fmt.Sprintf("incomplete: %s: %v", cmp.Or(g.Module, "the workspace"), g.Err))
		code = worstCode(code, exitIncomplete)
	}
	return lines, code
}
