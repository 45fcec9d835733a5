package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/plan"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
)

// openForEdit opens the project for a command that edits the policy file, or shows what it would edit.
func openForEdit(inv *invocation, c *cli.Context) (*project, error) {
	open := openForWriting
	if c.Bool("dry-run") {
		open = openProject
	}
	p, err := open(inv, c.String("workspace-file"))
	if err == nil {
		p.remote = c.Bool("remote")
	}
	return p, err
}

// editPolicy edits the exceptions of the policy file; a file that is not there begins with its shortest form.
func (p *project) editPolicy(edits policy.ExceptionEdits) (plan.File, error) {
	before := p.written.data
	if before == nil {
		before = []byte("version: 1\n")
	}
	after, err := policy.EditExceptions(p.written.shown, before, edits)
	var invalid *policy.FileErrors
	switch {
	case errors.As(err, &invalid):
		var errs []error
		for _, e := range invalid.Errors { // their places are those of a text that nobody has
			err := usagef("%s", e.Message)
			if e.Hint != "" {
				err = withHint(err, "%s", asFlag(e.Hint))
			}
			errs = append(errs, err)
		}
		return plan.File{}, errors.Join(errs...)
	case errors.Is(err, policy.ErrNotEditable):
		return plan.File{}, withCode(exitIncomplete, fmt.Errorf("%s: %w", p.written.shown, err))
	case err != nil:
		return plan.File{}, usagef("%w", err)
	}
	return plan.File{Name: p.written.name, Before: p.written.data, After: after}, nil
}

// asFlag is the hint to add a key to an exception in the words of the command line.
func asFlag(hint string) string {
	key, _, _ := strings.Cut(strings.TrimPrefix(hint, "add "), ":")
	flag := map[string]string{
		"reason": "--reason TEXT", "owner": "--owner NAME", "issue": "--issue URL", "dep": "--dep SEL",
		"modules": "--module SEL", "expires": "--for SPAN or --expires DATE",
	}[key]
	if flag == "" {
		return hint
	}
	return "add " + flag
}

// writePolicy says what is done to the policy file and does it, or shows the diff of a dry run.
func (p *project) writePolicy(edit plan.File, dry bool, lines []string) error {
	if dry {
		if err := p.say(lines); err != nil {
			return err
		}
		diff, err := report.Diff(p.written.shown, edit.Before, edit.After)
		if err != nil {
			return err
		}
		out := report.Printable(p.inv.stdout)
		_, err = io.WriteString(out, "\n"+diff)
		return errors.Join(err, out.Close())
	}
	if bytes.Equal(edit.Before, edit.After) {
		return p.say(append(lines, "nothing to write: "+p.written.shown+" says so already"))
	}
	if err := p.inv.protect(func() error {
		return plan.WriteFile(p.inv.ctx, p.journal(), p.written.dir, edit)
	}); err != nil {
		return withCode(exitIncomplete, err)
	}
	return p.say(append(lines, "written: "+p.written.shown))
}

// say writes lines to stdout, the last one alone with -q.
func (p *project) say(lines []string) error {
	if p.inv.quiet && len(lines) > 1 {
		lines = lines[len(lines)-1:]
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(p.inv.stdout, report.Escape(line)); err != nil {
			return err
		}
	}
	return nil
}
