package main

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/repo"
	"github.com/modgov/modgov/internal/workspace"
)

// load reads the files of a tree: those on disk, or edited ones.
func (p *project) load(ctx context.Context, files fs.FS) (*workspace.Workspace, error) {
	ws, err := p.loadTree(ctx, p.tree, files)
	if err == nil {
		p.sums.Store(ws)
	}
	return ws, err
}

// kept is what was read of a tree by a policy.
type kept struct {
	tree *repo.Tree
	by   *policy.Policy
	ws   *workspace.Workspace
}

// keep lets the next one who asks for the files of a tree, by the policy of now, have what was read.
func (p *project) keep(tree *repo.Tree, ws *workspace.Workspace) {
	p.kept = append(p.kept, kept{tree, p.policy, ws})
}

// takeKept hands out what was kept, once, to whoever asks for just that; nil for everybody else.
func (p *project) takeKept(tree *repo.Tree, files fs.FS) *workspace.Workspace {
	i := slices.IndexFunc(p.kept, func(k kept) bool { return k.tree == tree && files == tree.FS && k.by == p.policy })
	if i < 0 {
		return nil
	}
	ws := p.kept[i].ws
	p.kept = slices.Delete(p.kept, i, i+1)
	return ws
}

// revision is the state of a revision that a user or a CI service named.
func (p *project) revision(name string) (*repo.Tree, error) {
	tree, err := p.repo.Revision(p.inv.ctx, name)
	if err != nil {
		return nil, revisionError(err)
	}
	return tree, nil
}

// revisionError tells a name that names nothing, which is a mistake of whoever gave it, from a clone that lacks something.
func revisionError(err error) error {
	mistake := errors.Is(err, repo.ErrRevision) || errors.Is(err, repo.ErrNoGit) || errors.Is(err, repo.ErrUnrelated)
	if mistake && !errors.Is(err, repo.ErrNotFetched) {
		return usagef("%w", err)
	}
	err = withCode(exitIncomplete, err)
	if errors.Is(err, repo.ErrUnreadable) {
		return withHint(err, "the files at hand can be judged: modgov check without --base looks at no revision")
	}
	return err
}

// loadTree reads the files of a tree, from files in place of its own.
func (p *project) loadTree(ctx context.Context, tree *repo.Tree, files fs.FS) (*workspace.Workspace, error) {
	if ws := p.takeKept(tree, files); ws != nil {
		return ws, nil
	}
	return p.loadBy(ctx, tree, files, p.policy.Governs)
}

// loadBy is loadTree by what governs says.
func (p *project) loadBy(
	ctx context.Context, tree *repo.Tree, files fs.FS, governs func(dir string, byDefault bool) bool,
) (*workspace.Workspace, error) {
	src := workspace.Source{
		FS: files, Root: filepath.ToSlash(p.repo.Root), Work: tree.Work, Outside: p.readOutside, Governs: governs,
	}
	for _, e := range tree.Modules {
		src.Entries = append(src.Entries, workspace.Entry{Dir: e.Dir, Hidden: e.Hidden})
	}
	return workspace.Load(ctx, src)
}

// readOutside reads the go.mod file of a directory outside the root that a replace or use line names.
func (p *project) readOutside(dir string) ([]byte, error) {
	native := filepath.FromSlash(dir)
	if !filepath.IsAbs(native) {
		native = filepath.Join(p.repo.Root, native)
	}
	return repo.ReadOutside(native, "go.mod")
}

// goSums returns the hashes that the go.sum files have for the go.mod file of a module version.
func (p *project) goSums(mod module.Version) []string {
	ws := p.sums.Load()
	if ws == nil {
		return nil
	}
	return ws.GoModSums(mod)
}

// graph computes build lists.
func (p *project) graph(ctx context.Context, ws *workspace.Workspace, o graph.Options) (*graph.Graph, error) {
	return graph.Load(ctx, ws, p.source, o)
}

// currentGraph computes the build lists of the files as they are.
func (p *project) currentGraph() (*graph.Graph, error) {
	ws, err := p.loadTree(p.inv.ctx, p.tree, p.tree.FS)
	if err != nil {
		return nil, err
	}
	if err := p.checkGoverned(ws); err != nil {
		return nil, err
	}
	p.sums.Store(ws)
	return p.graph(p.inv.ctx, ws, graph.Options{Workspace: true})
}
