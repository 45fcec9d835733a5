// Package graph computes facts: which version of each module the go command selects, for every module of a repository
// alone and for its workspace, and what follows from that: chains, effective versions, differences, dependents, cycles.
//
// Selection follows the go command to the letter: minimal version selection over the requirement graph, with graph
// pruning, replace and exclude lines, go and toolchain versions (Go modules reference, "Minimal version selection" and
// "Module graph pruning"; go-semantics sections 1 to 3). Nothing is dropped for being unreachable through selected
// versions, excluded versions vanish without a substitute, a replaced module keeps its identity.
//
// All build lists of a repository share one universe in which paths and versions are small integers, and each go.mod
// file is read once. A build list is then a walk over integers. The package knows no policy and no disk: the files
// of modules outside the repository come from a ModFiles.
package graph

import (
	"context"
	"runtime"

	"golang.org/x/mod/module"
	"golang.org/x/sync/errgroup"

	"github.com/modgov/modgov/internal/workspace"
)

// ModFiles hands out the go.mod files of module versions from outside the repository.
type ModFiles interface {
	// ModFiles answers for one wave of a breadth-first walk: both results are as long as mods and in its order, and
	// exactly one of summary and error is set for each. The versions of a wave are distinct.
	ModFiles(ctx context.Context, mods []module.Version) ([]*workspace.Summary, []error)
}

// Options choose which build lists are computed.
type Options struct {
	// Modules says for which modules to compute the list of the module alone; nil means all governed ones.
	Modules func(*workspace.Module) bool
	// Workspace asks for the list of the workspace too, if there is a go.work file.
	Workspace bool
}

// A Graph holds the build lists of a repository. It is immutable and safe for concurrent use.
type Graph struct {
	ws    *workspace.Workspace
	u     *universe
	views []*View
	byDir map[string]*View
	work  *View
}

// Load computes the build lists. What keeps one list from being computed (View.Err) does not touch the others; the
// error is the context's only.
func Load(ctx context.Context, ws *workspace.Workspace, files ModFiles, o Options) (*Graph, error) {
	g := &Graph{ws: ws, u: newUniverse(), byDir: map[string]*View{}}
	for _, m := range ws.Modules {
		if o.Modules == nil && m.Governed || o.Modules != nil && o.Modules(m) {
			v := newModuleView(g, m)
			g.views = append(g.views, v)
			g.byDir[m.Dir] = v
		}
	}
	all := g.views
	if o.Workspace && ws.Work != nil {
		g.work = newWorkspaceView(g)
		all = append(all[:len(all):len(all)], g.work)
	}
	if err := g.walk(ctx, files, all); err != nil {
		return nil, err
	}
	return g, nil
}

// walk advances all views until each has its list. Views run in parallel as far as they get with the files that are
// there; then everything that one of them waits for is fetched at once. So the number of waves is the depth of the
// deepest graph, whatever the number of modules.
func (g *Graph) walk(ctx context.Context, files ModFiles, views []*View) error {
	for {
		g.u.grow()
		group, gctx := errgroup.WithContext(ctx)
		group.SetLimit(runtime.GOMAXPROCS(0))
		for _, v := range views {
			if v.done {
				continue
			}
			group.Go(func() error {
				v.advance()
				return gctx.Err()
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		wanted := g.u.wanted(views)
		if len(wanted) == 0 {
			return ctx.Err()
		}
		if err := g.u.load(ctx, g.ws, files, wanted); err != nil {
			return err
		}
	}
}

// Workspace returns what the files say from which the graph was computed.
func (g *Graph) Workspace() *workspace.Workspace { return g.ws }

// Views returns the views of the modules alone, sorted by directory.
func (g *Graph) Views() []*View { return g.views }

// View returns the view of the module in a directory alone, nil if it was not asked for.
func (g *Graph) View(dir string) *View { return g.byDir[dir] }

// WorkspaceView returns the view of the workspace, nil if there is none or it was not asked for.
func (g *Graph) WorkspaceView() *View { return g.work }
