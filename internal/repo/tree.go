package repo

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Tree is the state of a repository's files: its modules, and the files themselves. It does not change; if somebody
// writes to the working tree, FS shows it and the lists do not.
type Tree struct {
	// FS holds all files below Root, by slash path, in Modules or not; safe for concurrent use until Repo.Close. It
	// also implements ReadFile (of at most 16 MiB), ReadDir, Stat, Lstat and ReadLink. A path may pass through a link to
	// a directory that stays below Root; a file that is a link, a pipe or a device, and what leaves Root, is an error.
	FS    fs.FS
	Label string // for reports: "working tree", "origin/main (0123456789ab)"

	Commit string // the full name of the commit, "" for the working tree

	Modules []Entry // one for each go.mod, sorted by Dir

	// Work is the go.work that is governed: "go.work", or the one that --workspace-file names, by slash path from
	// Root; its absolute path if it does not lie below Root (then ReadOutside reads it); "" if there is none.
	Work string
	// IgnoredWork is the go.work at the root that git ignores, which is named and not governed; "" if there is none.
	IgnoredWork string

	// Nested are the directories below the root that hold a go.work of their own, the outermost of each sub-tree,
	// sorted. Checkouts are those that belong to another repository (submodules, initialised or not, linked
	// worktrees, clones), sorted. The modules in them are not in Modules; FS reads them all the same.
	Nested    []string
	Checkouts []string

	Notes []string // what -v tells: what could not be read and how the files were found instead, sorted

	mods, works []string // directories of all go.mod and go.work files outside Checkouts, sorted
}

// arrange settles Work, Nested and Modules. The arguments are the fields of these names.
func (t *Tree) arrange(mods, works []string) {
	t.mods, t.works = mods, works
	if slices.Contains(works, ".") && t.Work == "" {
		t.Work = workFile
	}
	t.Nested = nested(slices.Clone(works), path.Dir(t.Work)) // which changes its argument
	for _, dir := range mods {
		if !inAny(dir, t.Nested) {
			t.Modules = append(t.Modules, Entry{Dir: dir, Hidden: hidden(dir)})
		}
	}
}

// Entry is a directory with a go.mod in it. The go.mod may still be unreadable, not a regular file, or no go.mod by
// content: reading it tells.
type Entry struct {
	Dir string // slash path from the root: "." or "a/b"

	// Hidden is the first element of Dir that makes the module outside by default: "testdata", "_x" or ".x". A
	// go.work that uses it, a replace that names it or the policy may bring it in. "" if there is none.
	Hidden string
}

// WorkTree finds the modules among the files on disk.
//
// Every go.mod below the root counts that git tracks or does not ignore, except below .git, vendor, node_modules,
// Options.Skip, other checkouts, and sub-trees with a go.work of their own (unless Options.WorkFile names that one).
// A tracked file that is not on disk does not count; a tracked one in an ignored directory, or in a directory that
// was made a checkout of its own, does. Links to directories are not entered; a go.mod that is a link is listed and
// reading it is an error. Without git nothing is ignored. If the root was named by Options.Root, ignore rules
// from above it do not count.
//
// Directories that cannot be read are left out, with a note. It is an error if there are no files on disk, ctx ends, or
// something hinders reading the root.
func (r *Repo) WorkTree(ctx context.Context) (*Tree, error) {
	if r.noFiles != "" {
		return nil, fmt.Errorf("%s: %w", r.noFiles, errBare)
	}
	f, index, err := r.find(ctx)
	if err != nil {
		return nil, err
	}
	s := &selection{repo: r, found: f, index: index, prefix: r.prefix()}
	t := &Tree{FS: files{r.dir}, Label: "working tree", Work: r.work}
	t.arrange(s.governed())
	if !slices.Contains(t.works, ".") && f.files[workFile] && t.Work != workFile {
		t.IgnoredWork = workFile
	}
	t.Checkouts = sorted(append(f.checkouts, s.submodules...))
	t.Notes = sorted(append(f.notes, s.notes...))
	return t, nil
}

// prefix is the root seen from git's top level, where the paths of the index start; "" without an index.
func (r *Repo) prefix() string {
	if r.git == nil {
		return ""
	}
	return slashRel(r.Top, r.Root)
}

// find walks the directories and reads the index at the same time. An index that cannot be read is a note; then what
// is tracked is nil.
func (r *Repo) find(ctx context.Context) (found, *indexed, error) {
	var f found
	var index *indexed
	var note string
	group, ctx := errgroup.WithContext(ctx)
	if !r.rules.ignoresAll() {
		group.Go(func() (err error) {
			w := &walk{git: r.git, root: filepath.ToSlash(r.Root), skip: r.skipDirs(r.Root)}
			if r.git != nil && !r.named {
				w.base = pathOrEmpty(r.prefix())
			}
			f, err = w.run(ctx, r.rules)
			return err
		})
	}
	if r.git != nil {
		group.Go(func() error {
			var err error
			if index, err = r.git.readIndex(governed); err != nil {
				note = fmt.Sprintf("git's list of files was not read (%v): the directories were walked and .gitignore "+
					"followed, so a file that is tracked and ignored at once goes unseen", err)
			}
			return nil
		})
	}
	err := group.Wait()
	if note != "" {
		f.notes = append(f.notes, note)
	}
	return f, index, err
}

// skipDirs are Options.Skip as paths from a directory.
func (r *Repo) skipDirs(from string) map[string]bool {
	skip := make(map[string]bool)
	for _, dir := range r.skip {
		if rel := slashRel(from, dir); rel != "" && rel != "." {
			skip[rel] = true
		}
	}
	return skip
}

// selection decides which of the files that were found or are tracked belong to the repository.
type selection struct {
	repo       *Repo
	found      found
	index      *indexed
	prefix     string
	submodules []string // from the index and .gitmodules, below the root
	notes      []string
}

// governed are the directories of each go.mod and go.work, sorted.
func (s *selection) governed() (mods, works []string) {
	s.findSubmodules()
	var names []string
	for name, ignored := range s.found.files {
		// What is tracked comes from the index below.
		if !ignored && !inAny(path.Dir(name), s.submodules) {
			names = append(names, name)
		}
	}
	names = append(names, s.tracked()...)
	for _, name := range sorted(names) {
		if !fs.ValidPath(name) {
			s.notes = append(s.notes, fmt.Sprintf("%q is left out: its name is not UTF-8", name))
			continue
		}
		if path.Base(name) == modFile {
			mods = append(mods, path.Dir(name))
		} else {
			works = append(works, path.Dir(name))
		}
	}
	// By directory, which is another order than by name: "a-b/go.mod" is before "a/go.mod".
	return sorted(mods), sorted(works)
}

// tracked are the go.mod and go.work that the index has below the root and that are on disk.
func (s *selection) tracked() []string {
	if s.index == nil {
		return nil
	}
	onDisk := newPresence(s.repo.Root)
	skip := s.repo.skipDirs(s.repo.Root)
	var names []string
	for name := range s.index.files {
		rel, ok := below(s.prefix, name)
		if !ok {
			continue
		}
		dirs := ancestors(path.Dir(rel))
		if slices.ContainsFunc(dirs, func(d string) bool { return skipped(path.Base(d)) || skip[d] }) {
			continue
		}
		if _, seen := s.found.files[rel]; seen || onDisk.file(rel) {
			names = append(names, rel)
		}
	}
	return names
}

// findSubmodules collects the submodules below the root, checked out or not.
func (s *selection) findSubmodules() {
	top, prefix := s.repo.Top, s.prefix
	if s.repo.git == nil {
		top, prefix = s.repo.Root, "."
	}
	links, err := submodules(top)
	if err != nil {
		s.notes = append(s.notes, err.Error())
	}
	if s.index != nil {
		links = append(links, s.index.links...)
	}
	for _, link := range links {
		if rel, ok := below(prefix, link); ok {
			s.submodules = append(s.submodules, rel)
		}
	}
}

// nested are the outermost directories with a go.work, the root's and those that hold the governed one left out.
func nested(works []string, governed string) []string {
	return outermost(slices.DeleteFunc(slices.Clone(works), func(dir string) bool {
		return dir == "." || inAny(governed, []string{dir})
	}))
}

// presence tells whether a file is there without passing through a link, for git would not call it there. It
// remembers the directories it has seen.
type presence struct {
	root string
	dirs map[string]bool
}

func newPresence(root string) presence {
	return presence{root: root, dirs: map[string]bool{".": true}}
}

// file reports whether something other than a directory stands at name. If that cannot be found out, it is taken as
// there: reading it will tell why.
func (p presence) file(name string) bool {
	if !p.dir(path.Dir(name)) {
		return false
	}
	info, err := os.Lstat(filepath.Join(p.root, filepath.FromSlash(name)))
	return err == nil && !info.IsDir() || err != nil && !missing(err)
}

// dir is file for a directory.
func (p presence) dir(name string) bool {
	if is, known := p.dirs[name]; known {
		return is
	}
	for _, dir := range ancestors(name) {
		is, known := p.dirs[dir]
		if !known {
			info, err := os.Lstat(filepath.Join(p.root, filepath.FromSlash(dir)))
			is = err == nil && info.IsDir() || err != nil && !missing(err)
		}
		if p.dirs[dir] = is; !is {
			p.dirs[name] = false
			return false
		}
	}
	return true
}

// sorted sorts a list in place and drops what is there twice.
func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

func pathOrEmpty(dir string) string {
	if dir == "." {
		return ""
	}
	return dir
}
