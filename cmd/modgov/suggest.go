package main

import (
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
)

func suggestCommand() *cli.Command {
	return &cli.Command{
		Name:  "suggest",
		Usage: "rank what is cheapest to clear, with the commands",
		Description: `Ranks the commands that clear findings, those included that exceptions waive: fewest modules first, then
the shortest way of a version, patch before minor before major. After a command, modgov exceptions prune removes the
exceptions that it made needless. The text shows the first ten; -v shows all, and what is left to you.

Exit code 0, and 3 if something could not be read.

EXAMPLES
   modgov suggest
   modgov suggest --module 'team:payments'
   modgov suggest --json | jq -r '.suggestions[0].command'`,
		Flags: append([]cli.Flag{remoteFlag(), workFileFlag(), timeoutFlag()},
			formatFlags(report.Formats("suggest")...)...),
		Action: action(suggest),
	}
}

func suggest(inv *invocation, c *cli.Context) error {
	p, j, err := openJudgement(inv, c)
	if err != nil {
		return err
	}
	defer p.close()
	j.Findings = slices.DeleteFunc(j.Findings, func(f *policy.Finding) bool { return !p.concerns(j.Facts.Workspace, f) })
	ranked, left := j.Suggest()
	document := report.NewSuggestions(j, ranked, left, report.Origin{Version: modgovVersion(), Root: p.repo.Root})
	if err := report.WriteSuggestions(inv.stdout, inv.format, document, p.reportOptions()); err != nil {
		return err
	}
	if len(j.Gaps) > 0 {
		return exitWith(exitIncomplete)
	}
	return nil
}
