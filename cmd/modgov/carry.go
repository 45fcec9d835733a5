package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/workspace"
)

func carryCommand() *cli.Command {
	return &cli.Command{
		Name:      "carry",
		Usage:     "finish a bump that others began",
		ArgsUsage: "BASE",
		Description: `Finds the versions that changed in some modules since BASE, a branch, tag or commit, and carries them to
all modules that have to agree by the policy, with what must follow: what is left to do after a bot, or a colleague,
raised a dependency in one module of many. Nothing else is settled; modgov fix does that.

The files of BASE are read from git's objects, without a checkout. Everything else is as with fix.

Exit code 0: nothing is left to carry. 1: something is left to you, or --dry-run or --patch would change something. 2:
there is no such revision. 3: the clone lacks it, or the plan could not be proved or written.

EXAMPLES
   modgov carry origin/main
   modgov carry HEAD~1 --dry-run
   modgov carry origin/main --tidy --verify`,
		Flags:  planFlags("fix", tidyFlag()),
		Action: action(carry),
	}
}

func carry(inv *invocation, c *cli.Context) error {
	p, err := openToWrite(inv, c)
	if err != nil {
		return err
	}
	defer p.close()
	if err := p.suggestRevision(c.Args().First()); err != nil {
		return err
	}
	tree, err := p.revision(c.Args().First())
	if err != nil {
		return err
	}
	was, err := p.loadTree(inv.ctx, tree, tree.FS)
	if err != nil {
		return err
	}
	before, err := p.judgeGoverned()
	if err != nil {
		return err
	}
	ws := before.Facts.Workspace
	changed := changedVersions(was, ws)
	for _, line := range changed.lines(c.Args().First()) {
		printLine(inv.stderr, "note", line)
	}
	o := fixingOf(c)
	o.Target = func(f *policy.Finding) bool { return p.concerns(ws, f) && changed.concern(f) }
	return p.carryOut(c, before, o)
}

// A bump is a dependency whose version some modules changed.
type bump struct {
	from, to string // the lowest and the highest
	modules  []string
}

// bumps are what changed, by module path.
type bumps map[string]*bump

// changedVersions compares the requirements of the governed modules with those of another state of the files. A module
// that is new since changed no version.
func changedVersions(was, now *workspace.Workspace) bumps {
	out := bumps{}
	for _, m := range now.Governed() {
		old := was.Module(m.Dir)
		if old == nil {
			continue
		}
		had := map[string]string{}
		for _, r := range old.Requires {
			had[r.Mod.Path] = r.Mod.Version
		}
		for _, r := range m.Requires {
			if v, ok := had[r.Mod.Path]; ok && v != r.Mod.Version {
				out.add(m.Dir, r.Mod.Path, v, r.Mod.Version)
			}
		}
	}
	return out
}

func (b bumps) add(dir, path, from, to string) {
	c := b[path]
	if c == nil {
		c = &bump{from: from, to: to}
		b[path] = c
	}
	if graph.Compare(path, from, c.from) < 0 {
		c.from = from
	}
	if graph.Compare(path, to, c.to) > 0 {
		c.to = to
	}
	c.modules = append(c.modules, dir)
}

// lines say what changed, in words.
func (b bumps) lines(base string) []string {
	if len(b) == 0 {
		return []string{"no version changed since " + base}
	}
	var out []string
	for _, path := range slices.Sorted(maps.Keys(b)) {
		c := b[path]
		where := policy.Count(len(c.modules), "module")
		if len(c.modules) == 1 {
			where = c.modules[0]
		}
		out = append(out, fmt.Sprintf("since %s: %s %s -> %s in %s", base, path, c.from, c.to, where))
	}
	return out
}

// concern reports whether a finding is about a version that changed: the dependency itself, one of a family that has it,
// or what go asks for since.
func (b bumps) concern(f *policy.Finding) bool {
	if b[f.Dep] != nil || slices.ContainsFunc(f.Groups, func(g policy.Group) bool { return b[g.Dep] != nil }) {
		return true
	}
	return slices.ContainsFunc(f.Settle, func(s policy.Settlement) bool { return b[s.Mod.Path] != nil })
}
