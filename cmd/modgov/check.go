package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
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

Findings about a dependency are one for all modules; --each makes one for each module. -W, -E and -A set the severity of
a rule for this run, whatever the policy says, and the last line names them; the rules that can never be waived stay
errors.

With --base, the state of the files is compared with the commit where HEAD left REV, read from git's objects without a
checkout. Both are judged by one policy, that of the working tree, or with "gate: {policy_from: base}" the one from
before. New findings and those that got worse fail; what was there before is counted and does not, but for what can
never be waived. Whatever the change takes out of the policy is named (policy-loosened).

With --base auto, REV is what the CI service says that the build is to be compared with, and a line on stderr tells which:
GitHub Actions, GitLab, Buildkite, Azure Pipelines, Jenkins. A pull request from a fork is judged by the base's policy. A
build without a base, of a tag or on a schedule, is judged whole; without a service, --base auto is an error.

With --merge-result, what is judged is what merging the files at hand with REV gives, and it is compared with REV itself:
so two changes are caught that are well each alone and not together. The merge is made in memory, of go.mod, go.sum,
go.work and the policy by meaning, of other files line by line; what nobody can settle but people, such as a replace line
that both sides changed, makes the verdict incomplete.

--out writes the same result in further formats, beside what stdout gets; the exit code is one for all. The formats:
text, json, sarif (all of it), github-sarif (what GitHub code scanning can take), github (annotations, then the text; the
step summary gets the Markdown), markdown, gitlab (Code Quality), junit and checkstyle. docs/report.md describes each.

Exit code 0: pass. 1: a finding at or above the threshold. 3: incomplete, something could not be read.

EXAMPLES
   modgov check
   modgov check --fail-on warn --module 'services/**'
   modgov check --base origin/main
   modgov check --base auto
   modgov check --base origin/main --merge-result
   modgov check --remote
   modgov check -W version-pin -A go-line
   modgov check --json > report.json
   modgov check --out sarif=modgov.sarif --out junit=modgov.xml`,
		Flags: append([]cli.Flag{
			choiceFlag("fail-on", "the least severity that fails the check", "error", "warn"),
			&cli.StringFlag{Name: "base",
				Usage: "compare with the commit where HEAD left `REV`, auto: with what the CI service says; " +
					"only what the change brings or makes worse fails"},
			&cli.BoolFlag{Name: "merge-result",
				Usage: "with --base: judge what merging the files at hand with REV gives, against REV"},
			&cli.StringFlag{Name: "as-of", Usage: "judge as on `DATE`, YYYY-MM-DD: exceptions expire by it (default: today)"},
			&cli.BoolFlag{Name: "remote", Usage: "also ask which versions are retracted and which modules deprecated"},
			&cli.BoolFlag{Name: "each", Usage: "a finding for each module, not one for each dependency"},
			overrideFlag("W", "warnings"), overrideFlag("E", "errors"), overrideFlag("A", "allowed, and left out"),
			outFlag(),
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
	asked, err := overrides(c)
	if err != nil {
		return err
	}
	outs, err := inv.outFiles(c, "check")
	if err != nil {
		return err
	}
	p, err := findProject(inv, c.String("workspace-file"))
	if err != nil {
		return err
	}
	defer p.close()
	p.remote, p.overrides = c.Bool("remote"), asked
	if p.today, err = asOf(c); err != nil {
		return err
	}
	against, err := p.against(c.Bool("merge-result"))
	if err != nil {
		return err
	}
	j, err := p.judgeGoverned()
	if err != nil {
		return err
	}
	if c.Bool("each") {
		j.Findings = policy.Each(j.Findings)
	}
	fixed, err := p.compare(against, j, c.Bool("each"))
	if err != nil {
		return err
	}
	foreign := func(f *policy.Finding) bool { return !p.concerns(j.Facts.Workspace, f) }
	j.Findings, fixed = slices.DeleteFunc(j.Findings, foreign), slices.DeleteFunc(fixed, foreign)
	threshold := p.threshold(c)
	compared := report.Origin{Base: against.shown(), Fixed: fixed}
	if inv.showsVersions(outs) {
		compared.Versions = p.versionsSince(against, j)
	}
	written := p.writeReport(j, threshold, compared, outs...)
	return errors.Join(written, exitWith(verdictCode(j.Verdict(threshold))))
}

// showsVersions reports whether one of the formats shows which versions changed.
func (inv *invocation) showsVersions(outs []outFile) bool {
	shows := func(o outFile) bool { return slices.Contains([]string{"json", "markdown", "github"}, o.format) }
	return shows(outFile{format: inv.format}) || slices.ContainsFunc(outs, shows)
}

// overrideFlag sets the severity of a rule; word says which.
func overrideFlag(name, word string) cli.Flag {
	return &cli.StringSliceFlag{Name: name, Usage: "findings of `RULE` are " + word + ", whatever the policy says; repeatable"}
}

// overrides are the severities that -W, -E and -A ask for. A rule that two of them name is a mistake: which one was
// meant cannot be known.
func overrides(c *cli.Context) ([]policy.Override, error) {
	var out []policy.Override
	for _, o := range []struct {
		flag     string
		severity policy.Severity
	}{{"E", policy.Error}, {"W", policy.Warn}, {"A", policy.Off}} {
		for _, name := range c.StringSlice(o.flag) {
			if policy.Lookup(name) == nil {
				return nil, unknownRule(name)
			}
			if o.severity != policy.Error && !policy.Waivable(name) {
				return nil, withHint(usagef("-%s %s: findings of this rule are errors, always", o.flag, name),
					"modgov explain %s says why", name)
			}
			i := slices.IndexFunc(out, func(given policy.Override) bool { return given.Rule == name })
			switch {
			case i < 0:
				out = append(out, policy.Override{Rule: name, Severity: o.severity})
			case out[i].Severity != o.severity:
				return nil, usagef("-%s %s contradicts another severity for it: %s", o.flag, name, out[i].Severity)
			}
		}
	}
	return out, nil
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

// writeReport prints a judgement, and writes it to files. What it is compared with is in o; the rest of o is settled here.
func (p *project) writeReport(j *policy.Judgement, threshold policy.Severity, o report.Origin, files ...outFile) error {
	o.Selected = p.selectedDirs(j.Facts.Workspace)
	o.Version, o.Root, o.Below, o.Threshold, o.Notes = modgovVersion(), p.repo.Root, p.belowTop(), threshold, p.allNotes()
	return p.inv.writeOutputs(report.New(j, o), p.reportOptions(), files)
}

func (p *project) reportOptions() report.Options {
	return report.Options{
		Width: p.inv.width, Color: p.inv.color, Quiet: p.inv.quiet, Verbose: p.inv.verbose,
		Source: func(file string) ([]byte, error) {
			if file == p.policy.File && filepath.IsAbs(file) {
				return os.ReadFile(file) // --policy may name one outside
			}
			return fs.ReadFile(p.tree.FS, file)
		},
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
