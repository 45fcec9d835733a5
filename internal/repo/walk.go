package repo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/charlievieth/fastwalk"
)

// walk goes through the directories below a root, in parallel, and finds every go.mod and go.work. It does not enter
// .git, vendor, node_modules, other checkouts, caches, links, and directories that git ignores. What the working tree
// holds below an ignored directory may be a million files that nobody commits, so what is tracked there is the
// index's business.
//
// Everything is learnt from the lists of the directories: asking each of 10,000 directories for a .gitignore and a
// .git would cost as much again as half of the walk.
type walk struct {
	git  *store // nil: nothing is ignored
	root string // absolute, with slashes
	base string // the root, seen from the base of the ignore rules: "" or "a/b"
	skip map[string]bool
	all  map[string]bool // not nil: it gets every file that is not ignored, of vendor and node_modules too

	mu        sync.Mutex
	rules     map[string]*ignoreRules // of each directory entered, by path from the root
	checkouts map[string]bool         // tops of other repositories
	files     map[string]bool         // see found
	unread    map[string]error        // what could not be read, by the directory it lies in
}

// found is what a walk brings back, by slash path from the root.
type found struct {
	files     map[string]bool // every go.mod and go.work that is no directory; true if git ignores it
	checkouts []string        // tops of other repositories, the outermost, sorted
	notes     []string        // what could not be read
}

// run walks everything; rules are those of the root. It fails only if the root cannot be read or ctx ends.
func (w *walk) run(ctx context.Context, rules *ignoreRules) (found, error) {
	w.rules = map[string]*ignoreRules{".": rules}
	w.checkouts, w.files, w.unread = make(map[string]bool), make(map[string]bool), make(map[string]error)
	// Files come before directories: the .gitignore of a directory is known before what lies below it is entered.
	conf := &fastwalk.Config{ToSlash: true, Sort: fastwalk.SortFilesFirst}
	err := fastwalk.Walk(conf, w.root, func(name string, d fs.DirEntry, err error) error {
		if d.IsDir() {
			if ctxErr := ctx.Err(); ctxErr != nil {
				return ctxErr
			}
			return w.enter(w.rel(name), d.Name(), err)
		}
		if w.all != nil && d.Name() != ".git" {
			w.anyFile(w.rel(name))
		}
		switch d.Name() {
		case modFile, workFile:
			w.file(w.rel(name))
		case ignoreFile:
			w.ignoreFile(w.rel(name))
		case ".git":
			w.gitEntry(w.rel(name))
		}
		return nil
	})
	return w.result(), err
}

func (w *walk) rel(name string) string {
	return path.Clean(strings.TrimPrefix(name[len(w.root):], "/"))
}

// enter decides whether a directory is walked. It is called a second time with an error if the directory, or part of
// it, could not be read. That is often none of the repository's, such as the data of a container: the walk goes on.
// A module of the index that lies in there is listed all the same, and reading it tells what is wrong.
func (w *walk) enter(rel, name string, err error) error {
	if rel == "." {
		return err
	}
	if name == ".git" {
		w.gitEntry(rel)
	}
	if name == ".git" || skipped(name) && w.all == nil || w.skip[rel] {
		return fs.SkipDir
	}
	if err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.unread[rel] = err
		return nil
	}
	rules, foreign := w.above(rel)
	if foreign || rules.ignores(path.Join(w.base, rel), true) {
		return fs.SkipDir
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rules[rel] = rules
	return nil
}

// above is what is known of the directory that rel lies in: its rules, and whether it is another checkout.
func (w *walk) above(rel string) (rules *ignoreRules, foreign bool) {
	dir := path.Dir(rel)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rules[dir], w.checkouts[dir]
}

// file keeps a go.mod or go.work.
func (w *walk) file(rel string) {
	rules, _ := w.above(rel)
	ignored := rules.ignores(path.Join(w.base, rel), false)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.files[rel] = ignored
}

// anyFile keeps a file that is not ignored. A link to a directory is one.
func (w *walk) anyFile(rel string) {
	rules, foreign := w.above(rel)
	if foreign || rules.ignores(path.Join(w.base, rel), false) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all[rel] = true
}

// ignoreFile adds the rules of a directory other than the root, whose rules were given.
func (w *walk) ignoreFile(rel string) {
	dir := path.Dir(rel)
	if w.git == nil || dir == "." {
		return
	}
	rules, _ := w.above(rel)
	rules, err := w.git.descend(rules, filepath.FromSlash(path.Join(w.root, dir)), path.Join(w.base, dir))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rules[dir] = rules
	if err != nil {
		w.unread[dir] = err
	}
}

// gitEntry looks at a .git below the root: a directory that holds a valid one is another checkout. Where it is a
// file, as in submodules and linked worktrees, this comes before the directories beside it are entered. Where it is
// a directory, as in clones, some of those may have been walked by then; result drops what was found there.
func (w *walk) gitEntry(rel string) {
	dir := path.Dir(rel)
	if dir == "." {
		return
	}
	if _, ok := gitDirAt(filepath.FromSlash(path.Join(w.root, rel))); !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.checkouts[dir] = true
}

func (w *walk) result() found {
	f := found{files: make(map[string]bool)}
	for dir := range w.checkouts {
		f.checkouts = append(f.checkouts, dir)
	}
	f.checkouts = outermost(f.checkouts)
	for name, ignored := range w.files {
		if !inAny(path.Dir(name), f.checkouts) {
			f.files[name] = ignored
		}
	}
	for dir, err := range w.unread {
		if !inAny(dir, f.checkouts) && !errors.Is(err, fs.ErrNotExist) { // removed meanwhile
			f.notes = append(f.notes, fmt.Sprintf("directory %s was not searched in full: %v", dir, err))
		}
	}
	return f
}

// skipped reports whether no module is looked for below a directory of this name.
func skipped(name string) bool {
	return name == ".git" || name == "vendor" || name == "node_modules"
}

// outermost sorts directories and drops those that lie below another one.
func outermost(dirs []string) []string {
	var list []string
	for _, dir := range sorted(dirs) { // a directory comes before those below it
		if !inAny(dir, list) {
			list = append(list, dir)
		}
	}
	return list
}
