package main

import (
	"io/fs"
	"runtime/debug"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
	"github.com/modgov/modgov/internal/workspace"
)

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "find what is wrong with the dependencies",
		Description: `Judges every module by the policy (modgov.yaml at the root, or the defaults) and prints what it
finds, with the place, the policy line, the requirement chain and the command that clears it. Nothing is written but
go.mod files of dependencies into the module cache.

With --module, only findings that concern the selected modules are shown and count, and those that are about no module,
such as an exception that has expired; all modules are still read, for what one module needs depends on the others.

Exit code 0: pass. 1: a finding at or above the threshold. 3: incomplete, something could not be read.

EXAMPLES
   modgov check
   modgov check --fail-on warn --module 'services/**'
   modgov check --remote
   modgov check --json > report.json`,
		Flags: append([]cli.Flag{
			choiceFlag("fail-on", "the least severity that fails the check", "error", "warn"),
			&cli.BoolFlag{Name: "remote", Usage: "also ask which versions are retracted and which modules deprecated"},
			workFileFlag(),
			timeoutFlag(),
		}, formatFlags(report.Formats("check")...)...),
		Action: action(check),
	}
}

// workFileFlag lets a git-ignored or differently named go.work file govern.
func workFileFlag() cli.Flag {
	return &cli.PathFlag{Name: "workspace-file", TakesFile: true,
		Usage: "govern this go.work `FILE`, even if git ignores it (default: go.work at the root)"}
}

func check(inv *invocation, c *cli.Context) error {
	p, err := openProject(inv, c.String("workspace-file"))
	if err != nil {
		return err
	}
	defer p.close()
	p.remote = c.Bool("remote")
	j, err := p.judge(inv.ctx, p.tree.FS)
	if err != nil {
		return err
	}
	if err := p.checkGoverned(j.Facts.Workspace); err != nil {
		return err
	}
	j.Findings = slices.DeleteFunc(j.Findings, func(f *policy.Finding) bool { return !p.concerns(j.Facts.Workspace, f) })
	threshold := p.threshold(c)
	if err := p.writeReport(j, threshold); err != nil {
		return err
	}
	return exitWith(verdictCode(j.Verdict(threshold)))
}

// threshold is that of --fail-on, else of the policy.
func (p *project) threshold(c *cli.Context) policy.Severity {
	word := c.String("fail-on")
	if !c.IsSet("fail-on") {
		word = string(p.policy.Gate.Threshold)
	}
	severity, ok := policy.ParseSeverity(word)
	if !ok {
		return policy.Error
	}
	return severity
}

func (p *project) writeReport(j *policy.Judgement, threshold policy.Severity) error {
	r := report.New(j, report.Origin{
		Version: modgovVersion(), Root: p.repo.Root, Threshold: threshold, Notes: p.allNotes(),
	})
	return report.Write(p.inv.stdout, p.inv.format, r, p.reportOptions())
}

func (p *project) reportOptions() report.Options {
	return report.Options{
		Width: p.inv.width, Color: p.inv.color, Quiet: p.inv.quiet, Verbose: p.inv.verbose,
		Source: func(file string) ([]byte, error) { return fs.ReadFile(p.tree.FS, file) },
	}
}

// allNotes are what the parts noticed on their way, for -v.
func (p *project) allNotes() []string {
	return slices.Concat(p.notes, p.repo.Notes, p.tree.Notes, p.settings.Notes(), p.source.Notes())
}

// concerns reports whether a finding is about a selected module. What is about no module, such as go.work or the
// policy file, concerns everybody.
func (p *project) concerns(ws *workspace.Workspace, f *policy.Finding) bool {
	if p.selected.IsZero() || len(f.Modules) == 0 {
		return true
	}
	return slices.ContainsFunc(f.Modules, func(dir string) bool {
		m := ws.Module(dir)
		return m != nil && p.selects(m)
	})
}

// verdictCode is the exit code of a verdict.
func verdictCode(v policy.Verdict) int {
	switch v {
	case policy.Fail:
		return exitNegative
	case policy.Incomplete:
		return exitIncomplete
	}
	return exitPass
}

// modgovVersion is the version of this modgov, for documents.
func modgovVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return buildVersion(info)
	}
	return "unknown"
}
