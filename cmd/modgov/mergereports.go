package main

import (
	"errors"
	"os"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
)

func mergeReportsCommand() *cli.Command {
	return &cli.Command{
		Name:      "merge-reports",
		Usage:     "join the JSON results of several machines to one",
		ArgsUsage: "FILE...",
		Description: `Joins documents that modgov run wrote as JSON, one for each shard or some modules, or that modgov check wrote,
each for some modules. What they say of the whole has to be the same in all of them: the command or the policy, and what
is compared with. The verdict is the worst of all. A shard of which there is no file, and a module that none of them
ran or judged, make the result incomplete: a job that died does not pass unseen.

Exit code 0: pass. 1: one of them failed. 2: the files do not belong together, or one is no such document. 3: incomplete.

EXAMPLES
   modgov merge-reports shard-*.json
   modgov merge-reports --format markdown shard-1.json shard-2.json
   modgov merge-reports -q --out junit=all.xml shard-*.json`,
		Flags: append([]cli.Flag{
			outFlag(),
		}, formatFlags(mergedFormats()...)...),
		Action: action(mergeReports),
	}
}

// mergedFormats are those of one kind of document or the other.
func mergedFormats() []string {
	formats := report.Formats("check")
	for _, f := range report.Formats("run") {
		if !slices.Contains(formats, f) {
			formats = append(formats, f)
		}
	}
	return formats
}

func mergeReports(inv *invocation, c *cli.Context) error {
	var parts []report.Part
	for _, name := range c.Args().Slice() {
		data, err := os.ReadFile(inv.path(name))
		if err != nil {
			return withCode(exitIncomplete, err)
		}
		parts = append(parts, report.Part{Name: name, Data: data})
	}
	check, run, err := report.Merge(parts)
	if err != nil {
		return withCode(exitUsage, err)
	}
	kind := "check"
	if run != nil {
		kind = "run"
	}
	if formats := report.Formats(kind); !slices.Contains(formats, inv.format) {
		return usagef("--format %s: results of %s are written as %s", inv.format, kind, oneOf(formats))
	}
	outs, err := inv.outFiles(c, kind)
	if err != nil {
		return err
	}
	o := report.Options{Width: inv.width, Color: inv.color, Quiet: inv.quiet, Verbose: inv.verbose}
	if check != nil {
		err = inv.writeOutputs(check, o, outs)
		return errors.Join(err, exitWith(verdictCode(policy.Verdict(check.Verdict))))
	}
	err = inv.writeRun(run, o, outs)
	return errors.Join(err, exitWith(verdictCode(policy.Verdict(run.Verdict))))
}
