package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/modgov/modgov/internal/gocmd"
	"github.com/modgov/modgov/internal/imports"
	"github.com/modgov/modgov/internal/modsource"
	"github.com/modgov/modgov/internal/plan"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/repo"
	"github.com/modgov/modgov/internal/workspace"
)

// project is the repository that a command is about.
type project struct {
	inv      *invocation
	repo     *repo.Repo
	tree     *repo.Tree
	settings *gocmd.Settings
	policy   *policy.Policy
	written  policyFile // where the policy comes from
	source   *modsource.Source
	packages *imports.Reader
	sums     atomic.Pointer[workspace.Workspace] // whose go.sum files verify what is fetched
	selected policy.ModuleSelector               // --module
	remote   bool                                // ask what the newest versions of dependencies say
	deep     bool                                // hold vendored files against the modules that they are from
	notes    []string
	today    time.Time // decides which exceptions have expired
	// basePolicy is the policy of the state before a change; nil if nothing is compared.
	basePolicy *policy.Policy
	since      *comparison  // the state before a change, while the one at hand is judged; nil if nothing is compared
	kept       []kept       // what was read already, until it is asked for
	unmerged   []policy.Gap // what a merge of two states could not settle
	// interrupted says that a write of modgov is not whole; nil if none is.
	interrupted error

	overrides []policy.Override // severities that are not the policy's
}

// openProject finds the repository, its policy and the settings of the go command. It refuses a tree in which a write of
// modgov is not whole. Close the project.
func openProject(inv *invocation, workFile string) (*project, error) {
	p, err := findProject(inv, workFile)
	if err != nil || p.interrupted == nil {
		return p, err
	}
	return nil, errors.Join(withCode(exitIncomplete, p.interrupted), p.close())
}

// openForWriting is openProject for commands that write: they first bring about one state or the other.
func openForWriting(inv *invocation, workFile string) (*project, error) {
	p, err := findProject(inv, workFile)
	if err != nil || p.interrupted == nil {
		return p, err
	}
	if err := errors.Join(p.recover(), p.close()); err != nil {
		return nil, err
	}
	return openProject(inv, workFile)
}

// findProject is openProject whatever the state of the tree: interrupted tells.
func findProject(inv *invocation, workFile string) (*project, error) {
	p, err := locateProject(inv, workFile)
	if err != nil {
		return nil, err
	}
	if err := p.open(); err != nil {
		return nil, errors.Join(err, p.repo.Close())
	}
	return p, nil
}

// locateProject finds the repository and reads nothing of it yet.
func locateProject(inv *invocation, workFile string) (*project, error) {
	p := &project{inv: inv, today: time.Now()}
	var err error
	if p.settings, err = gocmd.ReadSettings(inv.ctx, inv.environ); err != nil {
		return nil, err
	}
	if file := inv.path(workFile); file != "" {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil, usagef("--workspace-file %s: no such file", workFile)
		}
	}
	if inv.root != "" {
		if err := checkDir("--root "+inv.root, inv.root); err != nil {
			return nil, err
		}
	}
	p.repo, err = repo.Open(inv.ctx, repo.Options{
		Dir: inv.dir, Root: inv.root, WorkFile: inv.path(workFile), Env: inv.environ, Skip: p.caches(),
	})
	if err != nil {
		return nil, usagef("%w", err)
	}
	if pending, err := p.journal().Pending(); err != nil {
		return nil, errors.Join(err, p.repo.Close())
	} else if pending {
		p.interrupted = plan.ErrInterrupted
	}
	return p, nil
}

// caches are the directories of the go command that may lie below a checkout and hold other people's modules.
func (p *project) caches() []string {
	var out []string
	for _, dir := range []string{p.settings.Get("GOMODCACHE"), p.settings.Get("GOCACHE")} {
		if filepath.IsAbs(dir) {
			out = append(out, dir)
		}
	}
	return out
}

func (p *project) open() (err error) {
	if err := p.readFiles(); err != nil {
		return err
	}
	if err := p.readSelection(); err != nil {
		return err
	}
	p.packages = imports.NewReader(p.tree.FS) // plans change no Go file, so what is read of them is so for good
	p.source, err = modsource.New(modsource.Options{
		Settings: p.settings, Offline: p.inv.offline, Sums: p.goSums, Jobs: p.inv.requests, Timeout: p.inv.timeout,
		Progress: p.inv.progress("go.mod files"),
	})
	return err
}

// readSelection reads --module. With --base only its form: which tags and teams there are is what the policy says that
// judges, and that may be the base's.
func (p *project) readSelection() (err error) {
	for _, text := range p.inv.modules {
		if rel, relErr := filepath.Rel(p.repo.Root, text); filepath.IsAbs(text) && relErr == nil && filepath.IsLocal(rel) {
			return withHint(usagef("--module %s: a directory is relative to the root", text),
				"did you mean --module %s?", filepath.ToSlash(rel))
		}
	}
	if p.inv.base != "" {
		_, err = policy.ParseModuleSelector(p.inv.modules)
	} else {
		p.selected, err = p.policy.ModuleSelector(p.inv.modules)
	}
	if err != nil {
		return usagef("--module: %w", err)
	}
	return nil
}

// journal is where writes are remembered until they are whole: in the git directory, which no commit holds, else at the
// root.
func (p *project) journal() plan.Journal {
	if p.repo.GitDir != "" && p.repo.Top != "" {
		return plan.Journal{Dir: filepath.Join(p.repo.GitDir, "modgov"), Base: p.repo.Top}
	}
	return plan.Journal{Dir: filepath.Join(p.repo.Root, ".modgov-journal"), Base: p.repo.Root}
}

func (p *project) close() error { return p.repo.Close() }

// readFiles finds and reads the files, and reads the policy at the same time: a large one takes as long.
func (p *project) readFiles() (err error) {
	var group errgroup.Group
	var first *workspace.Workspace
	if files := p.repo.Files(); files != nil {
		group.Go(func() (err error) {
			p.policy, err = p.readPolicy(files)
			return err
		})
	}
	p.tree, err = p.repo.WorkTree(p.inv.ctx)
	if err == nil {
		first, err = p.loadBy(p.inv.ctx, p.tree, p.tree.FS, func(dir string, byDefault bool) bool {
			// Without a policy that can be read nothing is judged, whatever this says.
			return group.Wait() == nil && p.policy.Governs(dir, byDefault)
		})
	}
	if policyErr := group.Wait(); err == nil {
		err = policyErr
	}
	p.keep(p.tree, first)
	return err
}
