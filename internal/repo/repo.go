// Package repo finds a repository and its modules and hands out its files. It is the only home of git: nothing
// outside knows where go.mod files come from. It reads, it never writes, and it never runs the git command.
//
// Open finds the root and the git directory; [Repo.WorkTree] walks the files as they are on disk and returns them as
// an fs.FS with the list of modules. What git tracks comes from git's index, what is new comes from a parallel walk
// that leaves out what git ignores, so that a laptop and a fresh clone see the same modules.
//
// Git's rules are followed to the letter where they decide which module is seen (ignore files, index, linked
// worktrees, submodules). Where the environment names a repository (GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE,
// GIT_CEILING_DIRECTORIES) it is heard, so that modgov works inside a hook. GOWORK is not looked at.
package repo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
)

const (
	modFile  = "go.mod"
	workFile = "go.work"
)

// errBare is in the error of [Repo.WorkTree] when there are no files on disk: a bare repository, or a start directory
// inside a git directory.
var errBare = errors.New("it has no work tree: start where the files are checked out, or name that place with --root")

// Options says where to look. Only Dir is needed.
type Options struct {
	Dir  string // where to start: the -C directory or the working directory; symbolic links are resolved
	Root string // --root: the root, relative to Dir; "" to search for it

	// WorkFile is --workspace-file, relative to Dir: the go.work to govern, git-ignored or not, in place of the one
	// at the root.
	WorkFile string

	// Skip names absolute directories that hold caches (GOMODCACHE, GOPATH/pkg/mod, GOCACHE). A CI job that keeps
	// them below the checkout would else list every module of the cache.
	Skip []string

	// Env is the environment as "KEY=VALUE"; nil is that of the process. Git's variables and HOME are read from it.
	Env []string
}

// Repo is a repository that was found. It does not change after [Open]; its methods may be called from several
// goroutines at once.
type Repo struct {
	Root   string   // the root, absolute, symbolic links resolved
	Top    string   // git's top level, absolute: Root or above it; "" without git
	GitDir string   // absolute git directory of this work tree (of its own if it is a linked one); "" without git
	Notes  []string // what -v tells about the way here: which root and why, what git data could not be used

	git     *store       // nil without git
	named   bool         // the root was given: ignore rules from above it do not count
	work    string       // Options.WorkFile, as in Tree.Work; "" if not given
	skip    []string     // Options.Skip, absolute, links resolved
	noFiles string       // why there is no work tree; "" if there is one
	dir     *os.Root     // nil without a work tree
	rules   *ignoreRules // that hold at the root

	objectsOnce sync.Once // opens objects
	objects     *objects  // nil until a revision was asked for
	objectsErr  error
}

// Open finds the root and git's directories for o.Dir.
//
// The root is o.Root if given. Else it is the nearest directory upward that holds a go.work belonging to the
// repository (tracked, or not ignored, and not above git's top level), else git's top level, else o.Dir.
// Without git every go.work upward counts, as for the go command.
//
// An error means that nothing can be read: a directory that is not there, a workspace file that is no file. Git data
// that cannot be used is no error: the files are then walked with what remains, and Notes says why. Close the Repo.
func Open(ctx context.Context, o Options) (*Repo, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	dir, err := physicalDir(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("start directory: %w", err)
	}
	start := dir
	if o.Root != "" {
		if start, err = physicalDir(absolute(dir, o.Root)); err != nil {
			return nil, fmt.Errorf("root: %w", err)
		}
	}
	r := &Repo{named: o.Root != ""}
	var notes []string
	r.git, notes = openStore(start, newEnviron(o.Env))
	r.Notes = append(r.Notes, notes...)
	for _, s := range o.Skip {
		if p, err := filepath.EvalSymlinks(s); err == nil && filepath.IsAbs(p) {
			r.skip = append(r.skip, p)
		}
	}
	r.locate(start)
	if r.noFiles != "" {
		return r, nil
	}
	if r.work, err = r.workFile(dir, o.WorkFile); err != nil {
		return nil, err
	}
	if r.dir, err = os.OpenRoot(r.Root); err != nil {
		return nil, fmt.Errorf("root: %w", err)
	}
	return r, nil
}

// Close releases the root directory and git's files; the FS of its trees cannot be used any more.
func (r *Repo) Close() error {
	var errs []error
	if r.objects != nil {
		errs = append(errs, r.objects.close())
	}
	if r.dir != nil {
		errs = append(errs, r.dir.Close())
	}
	return errors.Join(errs...)
}

// Files returns the FS of the trees of the work tree, before any is walked; nil where there are no files on disk.
func (r *Repo) Files() fs.FS {
	if r.dir == nil {
		return nil
	}
	return files{r.dir}
}

// locate sets Root, Top and GitDir, and the ignore rules that hold at the root.
func (r *Repo) locate(start string) {
	r.Root = start
	if r.git != nil {
		r.Top, r.GitDir, r.noFiles = r.git.top, r.git.dir, r.git.noTop
	}
	if r.noFiles != "" {
		return
	}
	if !r.named {
		r.Root = r.searchRoot(start)
	}
	if r.git == nil {
		return
	}
	base := r.Top
	if r.named {
		base = r.Root
	} else if rules, _ := r.git.rulesAt(r.Top, slashRel(r.Top, start)); rules.ignoresAll() {
		r.note("%s is ignored by git, so what is not tracked in it is not seen; --root looks at it alone", start)
	}
	var err error
	if r.rules, err = r.git.rulesAt(base, slashRel(base, r.Root)); err != nil {
		r.note("ignore rules not used: %v", err)
	}
}

// searchRoot goes upward from start to the go.work that belongs to the repository.
func (r *Repo) searchRoot(start string) string {
	for dir := start; ; dir = filepath.Dir(dir) {
		if isFile(filepath.Join(dir, workFile)) {
			if r.belongs(dir) {
				r.note("root %s: the nearest go.work of the repository", dir)
				return dir
			}
			r.note("%s is ignored by git and not governed", filepath.Join(dir, workFile))
		}
		if dir == r.Top || dir == filepath.Dir(dir) {
			break
		}
	}
	if r.Top == "" {
		r.note("root %s: the start directory, as there is neither a go.work nor git", start)
		return start
	}
	r.note("root %s: git's top level", r.Top)
	r.noteForeign(r.Top)
	return r.Top
}

// noteForeign names a go.work above git's top level: the go command would use it.
func (r *Repo) noteForeign(top string) {
	for dir := filepath.Dir(top); ; dir = filepath.Dir(dir) {
		if name := filepath.Join(dir, workFile); isFile(name) {
			r.note("%s lies above git's top level and is not used", name)
			return
		}
		if dir == filepath.Dir(dir) {
			return
		}
	}
}

// belongs reports whether dir's go.work is part of the repository.
func (r *Repo) belongs(dir string) bool {
	if r.git == nil {
		return true
	}
	name := path.Join(slashRel(r.Top, dir), workFile)
	// What of the rules cannot be read is noted where the rules of the root are.
	if rules, _ := r.git.rulesAt(r.Top, slashRel(r.Top, dir)); !rules.ignores(name, false) {
		return true
	}
	index, err := r.git.readIndex(governed)
	return err == nil && index.has(name)
}

// workFile resolves --workspace-file to what Tree.Work says.
func (r *Repo) workFile(dir, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	full := absolute(dir, name)
	parent, err := filepath.EvalSymlinks(filepath.Dir(full))
	if err != nil {
		return "", fmt.Errorf("workspace file: %w", err)
	}
	full = filepath.Join(parent, filepath.Base(full))
	info, err := os.Lstat(full)
	if err == nil {
		err = regular("open", full, info)
	}
	if err != nil {
		return "", fmt.Errorf("workspace file: %w", err)
	}
	if rel := slashRel(r.Root, full); rel != "" {
		return rel, nil
	}
	return full, nil
}

func (r *Repo) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// physicalDir is dir, absolute and with symbolic links resolved, as git sees it: a root reached through a link has
// its parents where it lies. It is an error if dir is no directory.
func physicalDir(dir string) (string, error) {
	full, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if full, err = filepath.EvalSymlinks(full); err != nil {
		return "", err
	}
	info, err := os.Stat(full)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return "", &fs.PathError{Op: "open", Path: full, Err: errNotDir}
	}
	return full, nil
}

// absolute is name, seen from dir.
func absolute(dir, name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(dir, name)
}

// slashRel is the slash path of name seen from dir: "." for dir itself, "" if name does not lie below it.
// Both are absolute and clean.
func slashRel(dir, name string) string {
	rel, err := filepath.Rel(dir, name)
	if err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	return filepath.ToSlash(rel)
}

// isFile reports whether something that is not a directory stands at name. A symbolic link counts: the go command
// would read it, so it must not go unseen (reading it is an error, see errLink).
func isFile(name string) bool {
	info, err := os.Lstat(name)
	return err == nil && !info.IsDir()
}

// hidden is the first element of dir that makes a module outside by default: testdata, _x or .x. "" if there is none.
func hidden(dir string) string {
	if dir == "." {
		return ""
	}
	for elem := range strings.SplitSeq(dir, "/") {
		if elem == "testdata" || elem[0] == '_' || elem[0] == '.' {
			return elem
		}
	}
	return ""
}

// OutOfSight returns the first element of a directory's path by which a module in it is not governed by its place: it is
// listed as outside ("testdata", "_x", ".x"), or nobody looks for it ("vendor", "node_modules"); "" if there is none.
func OutOfSight(dir string) string {
	for elem := range strings.SplitSeq(dir, "/") {
		if skipped(elem) || hidden(elem) != "" {
			return elem
		}
	}
	return ""
}
