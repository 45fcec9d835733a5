package main

import (
	"errors"
	"slices"

	"github.com/urfave/cli/v2"
	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/modsource"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/release"
	"github.com/modgov/modgov/internal/report"
	"github.com/modgov/modgov/internal/workspace"
)

func reportCommand() *cli.Command {
	return &cli.Command{
		Name:  "report",
		Usage: "show who has to do what, in which order, before the modules can be released",
		Description: `Writes the report for the person who coordinates a release, as Markdown: the modules in waves, each wave
to be released after those above it, with what has to be done before each module, by whom, and which modules that holds
up; the same by team; cycles; the dependencies that modules have at several versions; the exceptions of the policy on
their dates; and what could not be found out.

A module is blocked by errors of check, and by replace lines that nobody sees who imports it. It waits for a sibling
that has to be released first: one that it requires at a placeholder such as v0.0.0 or at a version that nobody has
published, or takes from its directory while others get a version. The last two and replace lines matter in modules
that others import or install: those of modules.published in the policy, without that key all.

Whether required versions of siblings are published is known where the module does not load without them, and asked
with --remote. With --module, only the selected modules are shown; the order is that of all. -v cuts no list.

Exit code 0 whatever it shows, and 3 if something could not be read.

EXAMPLES
   modgov report > release.md
   modgov report --module 'team:payments'
   modgov report --remote --format json | jq -r '.modules[] | select(.state == "blocked") | .dir'`,
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "remote", Usage: "also ask which versions are published, retracted and deprecated"},
			&cli.StringFlag{Name: "as-of", Usage: "judge as on `DATE`, YYYY-MM-DD: exceptions expire by it (default: today)"},
			workFileFlag(),
			timeoutFlag(),
		}, formatFlags(report.Formats("report")...)...),
		Action: action(releaseReport),
	}
}

func releaseReport(inv *invocation, c *cli.Context) error {
	p, err := openProject(inv, c.String("workspace-file"))
	if err != nil {
		return err
	}
	defer p.close()
	p.remote = c.Bool("remote")
	if p.today, err = asOf(c); err != nil {
		return err
	}
	j, err := p.judgeGoverned()
	if err != nil {
		return err
	}
	missing := p.missingSiblings(j)
	if err := inv.ctx.Err(); err != nil {
		return err
	}
	j.Exceptions = slices.DeleteFunc(slices.Clone(j.Exceptions), func(use policy.ExceptionUse) bool {
		return !p.speaksOfSelected(j.Facts.Workspace, use.Exception)
	})
	r := report.NewRelease(release.NewOrder(j, missing), j, report.Origin{
		Version: modgovVersion(), Root: p.repo.Root, Notes: p.allNotes(),
	}, func(m *release.Module) bool { return p.selects(m.Module) })
	if err := report.WriteRelease(inv.stdout, inv.format, r, p.reportOptions()); err != nil {
		return err
	}
	if !r.Complete {
		return exitWith(exitIncomplete)
	}
	return nil
}

// missingSiblings are the versions of siblings that some module requires and that nobody has published: where a build
// list could not be had without them, and, if it was asked for, where no proxy has them. What could not be asked is a gap
// of the judgement.
func (p *project) missingSiblings(j *policy.Judgement) map[module.Version]bool {
	out := map[module.Version]bool{}
	siblings := map[string]bool{}
	for _, m := range j.Facts.Workspace.Governed() {
		siblings[m.Path] = true
	}
	for _, v := range j.Facts.Graph.Views() {
		var load *graph.LoadError
		if errors.As(v.Err(), &load) && load.Dir == "" && siblings[load.Mod.Path] && isNotFound(load.Err) {
			out[load.Mod] = true
		}
	}
	if !p.remote {
		return out
	}
	required := requiredSiblings(j.Facts.Workspace, siblings)
	for i, err := range p.source.Infos(p.inv.ctx, required) {
		switch {
		case isNotFound(err):
			out[required[i]] = true
		case err != nil:
			j.Gaps = append(j.Gaps, policy.Gap{Layer: policy.LayerRemote, Err: err})
		}
	}
	return out
}

func isNotFound(err error) bool {
	var failed *modsource.Error
	return errors.As(err, &failed) && failed.Kind == modsource.NotFound
}

// requiredSiblings are the versions of siblings that governed modules require, placeholders left out.
func requiredSiblings(ws *workspace.Workspace, siblings map[string]bool) []module.Version {
	var out []module.Version
	for _, m := range ws.Governed() {
		for _, r := range m.Requires {
			if siblings[r.Mod.Path] && !release.IsPlaceholder(r.Mod.Version) {
				out = append(out, r.Mod)
			}
		}
	}
	module.Sort(out)
	return slices.Compact(out)
}
