package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
)

func whyCommand() *cli.Command {
	return &cli.Command{
		Name:      "why",
		Usage:     "show who has a dependency, and by which requirements",
		ArgsUsage: "DEP[@VERSION]",
		Description: `Prints, grouped by version, the modules that have the dependency when they are built alone, with the
shortest requirement chain from each, and what the workspace makes of it. With a version, the chains to that version,
selected or not.

EXAMPLES
   modgov why golang.org/x/text
   modgov why golang.org/x/text@v0.28.0 --module orders/api`,
		Flags:  append([]cli.Flag{workFileFlag(), timeoutFlag()}, formatFlags(report.Formats("why")...)...),
		Action: action(why),
	}
}

func why(inv *invocation, c *cli.Context) error {
	path, version, err := parseDep(c.Args().First())
	if err != nil {
		return usagef("why: %w", err)
	}
	p, err := openProject(inv, c.String("workspace-file"))
	if err != nil {
		return err
	}
	defer p.close()
	ws, err := p.load(inv.ctx, p.tree.FS)
	if err != nil {
		return err
	}
	if err := p.checkSelection(ws); err != nil {
		return err
	}
	g, err := p.graph(inv.ctx, ws, graph.Options{Workspace: true, Modules: p.selects})
	if err != nil {
		return err
	}
	found := g.Why(path, version)
	if err := report.WriteWhy(inv.stdout, inv.format, report.NewWhy(g, found), p.reportOptions()); err != nil {
		return err
	}
	if len(found.Uses) == 0 && found.Workspace == nil {
		p.suggest(path, paths(g))
	}
	return p.complain(found.Unknown)
}

// suggest says on stderr what a module path that nobody has may have been meant to be.
func (p *project) suggest(path string, known []string) {
	if near := policy.Suggest(path, known); near != "" && near != path {
		printLine(p.inv.stderr, "hint", "did you mean "+near+"?")
	}
}

// tellUnmatched says which selectors of --dep speak of no dependency that any module has: most likely they are misspelt.
func (p *project) tellUnmatched(j *policy.Judgement, selectors []string) error {
	if len(j.Gaps) > 0 {
		return nil // nobody can tell
	}
	known := paths(j.Facts.Graph)
	for _, text := range selectors {
		path, _, _ := strings.Cut(text, "@") // versions are what the findings have
		s, err := p.policy.DepSelector([]string{path})
		if err != nil {
			return usagef("--dep: %w", err)
		}
		if strings.Contains(path, "set:") || slices.ContainsFunc(known, func(path string) bool { return s.Match(j.Facts.DepInfo(path, "")) }) {
			continue
		}
		p.tell("--dep %s: no module has such a dependency", text)
		if !strings.ContainsAny(path, "*?[{!:") {
			p.suggest(path, known)
		}
	}
	return nil
}

// parseDep takes PATH or PATH@VERSION apart.
func parseDep(dep string) (path, version string, err error) {
	path, version, given := strings.Cut(dep, "@")
	if given && (path == "" || !semver.IsValid(version) && path != "go" && path != "toolchain") {
		return "", "", fmt.Errorf("%q is not a module path, or a path and a version such as golang.org/x/text@v0.28.0", dep)
	}
	return path, version, nil
}

// paths lists the dependencies that a misspelt name may mean.
func paths(g *graph.Graph) []string {
	var out []string
	for _, d := range g.Dependencies() {
		out = append(out, d.Path)
	}
	return out
}
