package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/sync/errgroup"

	"github.com/modgov/modgov/internal/gocmd"
	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/imports"
	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/modsource"
	"github.com/modgov/modgov/internal/plan"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/repo"
	"github.com/modgov/modgov/internal/report"
	"github.com/modgov/modgov/internal/workspace"
)

// policyName is the policy file at the root.
const policyName = "modgov.yaml"

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
	first      *workspace.Workspace // what open has read of tree by the policy firstBy, until it is asked for
	firstBy    *policy.Policy
	withdrawn  []policy.Withdrawn // modules that a change takes from those that are governed
	unmerged   []policy.Gap       // what a merge of two states could not settle
	// interrupted says that a write of modgov is not whole; nil if none is.
	interrupted error

	overrides []policy.Override // severities that are not the policy's
}

// policyFile is the file that a policy was read from, or would be.
type policyFile struct {
	dir, name string // directory and name in it, in the form of the operating system
	shown     string // its name in messages
	data      []byte // nil: there is no file
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
	if files := p.repo.Files(); files != nil {
		group.Go(func() (err error) {
			p.policy, err = p.readPolicy(files)
			return err
		})
	}
	p.tree, err = p.repo.WorkTree(p.inv.ctx)
	if err == nil {
		p.first, err = p.loadBy(p.inv.ctx, p.tree, p.tree.FS, func(dir string, byDefault bool) bool {
			// Without a policy that can be read nothing is judged, whatever this says.
			return group.Wait() == nil && p.policy.Governs(dir, byDefault)
		})
	}
	if policyErr := group.Wait(); err == nil {
		err = policyErr
	}
	p.firstBy = p.policy
	return err
}

// readPolicy reads the policy file, and CODEOWNERS if it asks for it. A file that --policy names has to be there.
func (p *project) readPolicy(files fs.FS) (*policy.Policy, error) {
	name, data, err := policyName, []byte(nil), error(nil)
	p.written = policyFile{dir: p.repo.Root, name: policyName, shown: policyName}
	if p.inv.policy != "" {
		p.written.dir, p.written.name = filepath.Split(p.inv.policy)
		name = p.inv.policy
		if rel, relErr := filepath.Rel(p.repo.Root, name); relErr == nil && filepath.IsLocal(rel) {
			name = filepath.ToSlash(rel)
		}
		p.written.shown = name
		data, err = os.ReadFile(p.inv.policy)
	} else {
		data, err = fs.ReadFile(files, policyName)
		_, absent := os.Lstat(filepath.Join(p.repo.Root, policyName)) // a link that leads nowhere is there
		if errors.Is(err, fs.ErrNotExist) && errors.Is(absent, fs.ErrNotExist) {
			return policy.Default(), nil
		}
	}
	if p.inv.noPolicy && errors.Is(err, fs.ErrNotExist) {
		return policy.Default(), nil
	}
	if err != nil {
		return nil, usagef("read the policy: %w", err)
	}
	if p.written.data = data; p.inv.noPolicy {
		return policy.Default(), nil
	}
	return p.parsePolicy(files, name, data)
}

// parsePolicy reads the text of a policy file, and CODEOWNERS if it asks for it. What is wrong with it is shown.
func (p *project) parsePolicy(files fs.FS, name string, data []byte) (*policy.Policy, error) {
	pol, err := policy.Parse(name, data)
	var wrong *policy.FileErrors
	if errors.As(err, &wrong) {
		o := report.Options{Width: p.inv.shell.screen.textWidth()}
		return nil, errors.Join(usagef("%s is not a valid policy", name), report.WritePolicyErrors(p.inv.stderr, wrong, o))
	} else if err != nil {
		return nil, usagef("%w", err)
	}
	return pol, p.addCodeowners(files, pol)
}

// addCodeowners gives a policy the owners that the CODEOWNERS file says.
func (p *project) addCodeowners(files fs.FS, pol *policy.Policy) error {
	for _, file := range policy.CodeownersFiles() {
		text, err := fs.ReadFile(files, file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return fmt.Errorf("read %s: %w", file, err)
		}
		if err := pol.SetCodeowners(file, text); err != nil {
			p.notes = append(p.notes, err.Error())
		}
		break
	}
	return nil
}

// load reads the files of a tree: those on disk, or edited ones.
func (p *project) load(ctx context.Context, files fs.FS) (*workspace.Workspace, error) {
	ws, err := p.loadTree(ctx, p.tree, files)
	if err == nil {
		p.sums.Store(ws)
	}
	return ws, err
}

// takeFirst hands out what readFiles has read, once, to whoever asks for just that.
func (p *project) takeFirst(tree *repo.Tree, files fs.FS) *workspace.Workspace {
	ws := p.first
	if ws == nil || tree != p.tree || files != p.tree.FS || p.policy != p.firstBy {
		return nil
	}
	p.first = nil
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
	if ws := p.takeFirst(tree, files); ws != nil {
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

// judge loads a tree and applies the policy to it.
func (p *project) judge(ctx context.Context, files fs.FS) (*policy.Judgement, error) {
	return p.judgeTree(ctx, p.tree, files, p.packages, true)
}

// judgeGoverned judges the files as they are, and refuses to where there is nothing to judge.
func (p *project) judgeGoverned() (*policy.Judgement, error) {
	j, err := p.judge(p.inv.ctx, p.tree.FS)
	if err != nil {
		return nil, err
	}
	return j, p.checkGoverned(j.Facts.Workspace)
}

// judgeTree judges a tree, from files in place of its own. Packages reads its Go files; nil leaves the imports out.
func (p *project) judgeTree(
	ctx context.Context, tree *repo.Tree, files fs.FS, packages *imports.Reader, vendors bool,
) (*policy.Judgement, error) {
	ws, err := p.loadTree(ctx, tree, files)
	if err != nil {
		return nil, err
	}
	p.sums.Store(ws)
	g, err := p.graph(ctx, ws, graph.Options{Workspace: true})
	if err != nil {
		return nil, err
	}
	facts := policy.NewFacts(g, p.today)
	facts.Interrupted, facts.BasePolicy, facts.Unmerged = p.interrupted, p.basePolicy, p.unmerged
	facts.Withdrawn = p.withdrawn
	if packages != nil {
		if facts.Imports, err = imports.Load(ctx, g, packages, hasPackage(p.settings.Get("GOMODCACHE"))); err != nil {
			return nil, err
		}
	}
	if vendors {
		if facts.Vendors, err = integrity.CheckVendors(ctx, g, files); err != nil {
			return nil, err
		}
	}
	if p.deep {
		if err := p.prove(ctx, facts.Vendors, files); err != nil {
			return nil, err
		}
	}
	if p.remote {
		if facts.Remote, err = p.newest(ctx, facts.RemotePaths()); err != nil {
			return nil, err
		}
	}
	return policy.Judge(p.policy, facts, p.overrides...), nil
}

// newest asks what the newest versions of dependencies say. A module that nobody serves says nothing, as in go.
func (p *project) newest(ctx context.Context, paths []string) (map[string]policy.Newest, error) {
	latest, errs := p.source.Latest(ctx, paths)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := map[string]policy.Newest{}
	for i, path := range paths {
		var failed *modsource.Error
		switch l := &latest[i]; {
		case errs[i] == nil:
			out[path] = policy.Newest{Version: l.Version, Asked: l.Asked, Deprecated: l.Deprecated, Retracted: l.Retracted}
		case errors.As(errs[i], &failed) && failed.Kind == modsource.NotFound:
			out[path] = policy.Newest{}
		default:
			out[path] = policy.Newest{Err: errs[i]}
		}
	}
	return out, nil
}

// selects reports whether --module names a module; without the flag every governed one is selected.
func (p *project) selects(m *workspace.Module) bool {
	if p.selected.IsZero() {
		return m.Governed
	}
	return p.selected.Match(p.policy.Info(m.Dir, m.Path))
}

// selectedDirs are the directories of the modules that --module names; nil without the flag.
func (p *project) selectedDirs(ws *workspace.Workspace) []string {
	if p.selected.IsZero() {
		return nil
	}
	out := []string{}
	for _, m := range ws.Modules {
		if p.selects(m) {
			out = append(out, m.Dir)
		}
	}
	return out
}

// checkSelection refuses to answer about no module at all: neither a gate that looks at the wrong directory nor a
// misspelt selector may pass.
func (p *project) checkSelection(ws *workspace.Workspace) error {
	if len(ws.Modules) == 0 && ws.Work == nil {
		return withHint(usagef("no go.mod file below %s", p.repo.Root),
			"start modgov in a repository, or name one with -C or --root")
	}
	if p.selected.IsZero() {
		return nil
	}
	for _, m := range ws.Modules {
		if p.selects(m) {
			return nil
		}
	}
	return withHint(usagef("--module %s selects no module", strings.Join(p.inv.modules, " ")),
		"a selector is a directory such as %s, a glob such as services/**, path:GLOB, team:NAME or tag:NAME", exampleDir(ws))
}

// checkGoverned refuses to judge where there is nothing to judge.
func (p *project) checkGoverned(ws *workspace.Workspace) error {
	if err := p.checkSelection(ws); err != nil || len(ws.Governed()) > 0 || ws.Work != nil {
		return err
	}
	return withHint(usagef("no module below %s is governed: all are outside", p.repo.Root),
		"modules below testdata, _x and .x are, and those that the policy excludes; modules: {include: [...]} governs them")
}

func exampleDir(ws *workspace.Workspace) string {
	for _, m := range ws.Modules {
		if m.Dir != "." {
			return m.Dir
		}
	}
	return "."
}
