package main

import (
	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
	"github.com/modgov/modgov/internal/workspace"
)

func tidyCommand() *cli.Command {
	return &cli.Command{
		Name:  "tidy",
		Usage: "do in all modules what go mod tidy does in one",
		Description: `Takes all that go mod tidy says of each governed module, or of those that --module selects: the go
command tidies copies of their files, several at a time, a module after the siblings that it replaces, until nothing
changes any more. Only what is required and which sums there are is carried over: order, comments and spacing of go.mod
stay. The result is judged as a plan of fix is: it brings no new error and lowers no version that is still required; and
it is written whole, or, if one module cannot be tidied, not at all.

--check writes nothing and says with a diff which modules are not tidy; --patch writes that diff to a file.

Exit code 0: all modules are tidy now. 1: --check or --patch found one that is not. 3: a module could not be tidied, or
judged; nothing was written.

EXAMPLES
   modgov tidy
   modgov tidy --check
   modgov tidy --module 'services/**' --verify`,
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "check", Usage: "write nothing; exit with 1 and a diff if a module is not tidy"},
			patchFlag(),
			verifyFlag(),
			forceFlag(),
			workFileFlag(),
			timeoutFlag(),
		}, formatFlags(report.Formats("fix")...)...),
		Action: action(tidy),
	}
}

func tidy(inv *invocation, c *cli.Context) error {
	p, before, err := judged(openToWrite(inv, c))
	if err != nil {
		return err
	}
	defer p.close()
	o := fixingOf(c)
	o.Tidy = func(m *workspace.Module, _ bool) bool { return p.selects(m) }
	// Where roots are not what selection gives, go mod tidy writes what is: modgov does that first, and go then agrees.
	o.Target = func(f *policy.Finding) bool {
		return f.Rule == "needs-update" && p.concerns(before.Facts.Workspace, f)
	}
	return p.carryOut(c, before, o)
}
