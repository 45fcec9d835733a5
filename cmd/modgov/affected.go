package main

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/change"
	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
	"github.com/modgov/modgov/internal/workspace"
)

func affectedCommand() *cli.Command {
	return &cli.Command{
		Name:  "affected",
		Usage: "list the modules that a change touches, with the reasons",
		Description: `Compares the files as they are, those that are not committed included, with the commit where HEAD left
REV, and lists the governed modules to build and test again: those with changed files, or links to such; those that take
code from a directory with changed files, by a replace line or in the workspace; those in which another version of a
dependency is selected, alone or in the workspace, whatever file made it so; and those of which a changed policy finds
other things. A sibling that is required at a published version touches nobody. --dependencies adds what has to be there
to build them.

--base auto compares with what the CI service names, as in check; if that is nothing, all modules are listed.

As text each module comes with its reasons, as plain its directory stands on a line. github-matrix is one line for a
matrix of GitHub Actions, gitlab a child pipeline, buildkite what pipeline upload takes: a job for each module, or for
several where there are more than 256 or 500. No module at all is an answer, too, in each of them.

Exit code 0: the modules are listed, be it none. 2: there is no such revision. 3: the clone lacks it, or a module has no
build list, and counts as touched.

EXAMPLES
   modgov affected --base origin/main
   modgov affected --base auto --format github-matrix
   modgov affected --base auto --format gitlab --step ./test.sh > affected.yml
   modgov affected --base origin/main --format plain --dependencies`,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "base", Usage: "compare with the commit where HEAD left `REV`, auto: with what the CI service says"},
			&cli.BoolFlag{Name: "dependencies", Usage: "also the siblings from whose directories they take code"},
			&cli.StringFlag{Name: "step", Value: "go test ./...",
				Usage: "what each job of gitlab and buildkite runs in its module: a `LINE` for a shell"},
			workFileFlag(),
			timeoutFlag(),
		}, formatFlags(report.Formats("affected")...)...),
		Action: action(affected),
	}
}

func affected(inv *invocation, c *cli.Context) error {
	p, err := openProject(inv, c.String("workspace-file"))
	if err != nil {
		return err
	}
	defer p.close()
	t, err := p.touched()
	if err != nil {
		return err
	}
	if c.Bool("dependencies") {
		t.modules = change.WithNeeded(t.graph, t.modules)
	}
	t.modules = slices.DeleteFunc(t.modules, func(a change.Affected) bool { return !p.selects(a.Module) })
	doc, err := p.affectedDocument(t)
	if err != nil {
		return err
	}
	jobs := report.Jobs{Step: c.String("step"), Below: p.belowTop()}
	if err := report.WriteAffected(inv.stdout, inv.format, doc, jobs, p.reportOptions()); err != nil {
		return err
	}
	if inv.format != "text" && inv.format != "json" && !inv.quiet {
		printLine(inv.stderr, "note", doc.Count())
	}
	if !doc.Complete {
		return exitWith(exitIncomplete)
	}
	return nil
}

// A touch is what a change touches.
type touch struct {
	graph   *graph.Graph // of the files as they are
	base    *report.Revision
	modules []change.Affected
	files   []string // that differ
	unowned []string // of these, those in no governed module
}

func (p *project) affectedDocument(t *touch) (*report.Affected, error) {
	weights, err := p.weights(t.graph.Workspace())
	if err != nil {
		return nil, err
	}
	doc := report.NewAffected(t.graph, t.modules, t.base, func(dir string) int64 { return weights[dir] },
		report.Origin{Version: modgovVersion(), Root: p.repo.Root, Notes: p.allNotes()})
	doc.Files, doc.Unowned = len(t.files), append(doc.Unowned, t.unowned...)
	return doc, nil
}

// touched finds what changed since HEAD left a revision.
func (p *project) touched() (*touch, error) {
	if p.inv.base == "" {
		return nil, withHint(usagef("affected modules are those that changed since a revision: --base is needed"),
			"--base origin/main, or --base auto in CI")
	}
	b, err := p.against(false)
	if err != nil {
		return nil, err
	}
	if b == nil {
		g, err := p.currentGraph()
		if err != nil {
			return nil, err
		}
		return &touch{graph: g, modules: change.WholeReason(g.Workspace())}, nil
	}
	changes, err := p.repo.Changed(p.inv.ctx, b.tree, p.tree)
	if err != nil {
		return nil, revisionError(err)
	}
	p.notes = append(p.notes, changes.Notes...)
	c := &change.Change{Files: changes.Files, Real: p.realDir, Unseen: p.outsideGit}
	if c.Links, err = p.repo.LinksTo(changes.Files); err != nil {
		return nil, revisionError(err)
	}
	before, err := p.policyBefore(b)
	if err != nil {
		return nil, err
	}
	if err := p.headOf(c, before); err != nil {
		return nil, err
	}
	if c.Base, err = p.graphBefore(b, before, c.Head.Workspace()); err != nil {
		return nil, revisionError(fmt.Errorf("read the modules of %s: %w", b.name, err))
	}
	t := &touch{graph: c.Head, base: &report.Revision{Revision: b.name, Commit: b.tree.Commit}, files: c.Files}
	t.modules, t.unowned = c.Affected()
	return t, nil
}

// policyBefore is the policy of the state before a change, with its teams; the built-in one if that had none, or none that
// is valid.
func (p *project) policyBefore(b *comparison) (*policy.Policy, error) {
	if p.inv.policy != "" || b.from == policy.PolicyFromBase {
		return p.policy, nil
	}
	if p.basePolicy == nil {
		return policy.Default(), nil
	}
	data, err := fs.ReadFile(b.tree.FS, policyName)
	if err != nil {
		return nil, revisionError(err)
	}
	return p.parsePolicy(b.tree.FS, policyName, data)
}

// headOf fills in the graph of the files as they are, and where the policy changed, or who owns what, which findings are
// others for that.
func (p *project) headOf(c *change.Change, before *policy.Policy) (err error) {
	asked := append(policy.CodeownersFiles(), policyName)
	if before == p.policy || !slices.ContainsFunc(c.Files, func(f string) bool { return slices.Contains(asked, f) }) {
		c.Head, err = p.currentGraph()
		return err
	}
	j, err := p.judgeGoverned()
	if err != nil {
		return err
	}
	c.Head, c.Findings = j.Facts.Graph, change.Differing(policy.Judge(before, j.Facts), j)
	return nil
}

// graphBefore computes the build lists of the state before a change, of all modules that are governed in one of both.
func (p *project) graphBefore(b *comparison, before *policy.Policy, head *workspace.Workspace) (*graph.Graph, error) {
	ws, err := p.loadBy(p.inv.ctx, b.tree, b.tree.FS, before.Governs)
	if err != nil {
		return nil, err
	}
	p.sums.Store(ws)
	return p.graph(p.inv.ctx, ws, graph.Options{Workspace: true, Modules: func(m *workspace.Module) bool {
		now := head.Module(m.Dir)
		return m.Governed || now != nil && now.Governed
	}})
}

// realDir is the directory that a directory is, relative to the root: replace lines may pass through links.
func (p *project) realDir(dir string) string {
	full := filepath.FromSlash(dir)
	if !filepath.IsAbs(full) {
		full = filepath.Join(p.repo.Root, full)
	}
	real, err := filepath.EvalSymlinks(full)
	if err != nil {
		return dir // it is gone
	}
	rel, err := filepath.Rel(p.repo.Root, real)
	if err != nil {
		return dir
	}
	return filepath.ToSlash(rel)
}

// outsideGit reports whether a directory, relative to the root, is not in git's repository.
func (p *project) outsideGit(dir string) bool {
	full := filepath.FromSlash(p.realDir(dir))
	if !filepath.IsAbs(full) {
		full = filepath.Join(p.repo.Root, full)
	}
	rel, err := filepath.Rel(p.repo.Top, full)
	return err != nil || !filepath.IsLocal(rel)
}

// weights returns how many Go files each module has, by directory: what it costs to build is not known.
func (p *project) weights(ws *workspace.Workspace) (map[string]int64, error) {
	files, err := p.repo.GoFiles(p.inv.ctx)
	if err != nil {
		return nil, fmt.Errorf("count the Go files of the modules: %w", err)
	}
	out := map[string]int64{}
	for _, file := range files {
		dir := path.Dir(file)
		for ws.Module(dir) == nil && dir != "." {
			dir = path.Dir(dir)
		}
		out[dir]++
	}
	return out, nil
}
