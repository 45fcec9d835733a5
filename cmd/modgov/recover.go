package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/plan"
)

func recoverCommand() *cli.Command {
	return &cli.Command{
		Name:  "recover",
		Usage: "finish or undo a write that was interrupted",
		Description: `modgov writes several files as one: all or none. When it is killed in between, or the machine stops, a
journal in the git directory (without git: .modgov-journal at the root) tells how far it came. This command finishes
what had begun to change, and undoes what had not. The commands that write do the same first; all others say that the
state is incomplete until then.

A file that somebody has changed since is left alone: the message says where its new and its old text are.

Exit code 0: nothing is left to do. 3: it could not be finished.

EXAMPLES
   modgov recover`,
		Action: action(func(inv *invocation, _ *cli.Context) error {
			p, err := locateProject(inv, "")
			if err != nil {
				return err
			}
			defer p.close()
			if p.interrupted == nil {
				_, err := fmt.Fprintln(inv.stdout, "nothing to recover")
				return err
			}
			return p.recover()
		}),
	}
}

// recover finishes or undoes an interrupted write, and says so on stderr: it may be another command that does it.
func (p *project) recover() error {
	var r *plan.Recovery
	err := p.inv.protect(func() (err error) {
		r, err = plan.Recover(p.inv.ctx, p.journal())
		return err
	})
	if err != nil {
		return withCode(exitIncomplete, err)
	}
	if r == nil {
		return nil // another process was faster
	}
	did := "undid an interrupted write, nothing had changed yet: "
	if r.Finished {
		did = "finished an interrupted write: "
	}
	printLine(p.inv.stderr, "note", did+strings.Join(r.Targets, ", "))
	return nil
}
