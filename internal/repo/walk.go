package repo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/charlievieth/fastwalk"
)

// walk goes through the directories below a root, in parallel, and finds every go.mod and go.work. It does not enter
// .git, vendor, node_modules, other checkouts, caches, links, and directories that git ignores. What the working tree
// holds below an ignored directory may be a million files that nobody commits, so what is tracked there is the
// index's business.
type walk struct {
	git  *store // nil: nothing is ignored
	root string // absolute, with slashes
	base string // the root, seen from the base of the ignore rules: "" or "a/b"
	skip map[string]bool

	mu    sync.Mutex
	rules map[string]*ignoreRules // of each directory entered, by path from the root
	found found
}

// found is what a walk brings back, by slash path from the root.
type found struct {
	files     map[string]bool // every go.mod and go.work that is no directory; true if git ignores it
	checkouts []string        // tops of other repositories
	notes     []string        // what could not be read
}

// run walks everything. It fails only if the root cannot be read or ctx ends.
func (w *walk) run(ctx context.Context, rootRules *ignoreRules) (found, error) {
	w.found.files = make(map[string]bool)
	w.rules = map[string]*ignoreRules{".": rootRules}
	err := fastwalk.Walk(&fastwalk.Config{ToSlash: true}, w.root, func(name string, d fs.DirEntry, err error) error {
		if ctxErr := ctx.Err(); ctxErr != nil {
			return ctxErr
		}
		if !d.IsDir() && d.Name() != modFile && d.Name() != workFile {
			return nil
		}
		rel := strings.TrimPrefix(name[len(w.root):], "/")
		if rel == "" {
			return err
		}
		if err != nil {
			return w.unread(rel, err)
		}
		if d.IsDir() {
			return w.enter(rel, d.Name())
		}
		rules := w.rulesOf(path.Dir(rel))
		ignored := rules.ignores(path.Join(w.base, rel), false)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.found.files[rel] = ignored
		return nil
	})
	return w.found, err
}

// enter decides whether a directory below the root is walked, and reads its ignore file if so.
func (w *walk) enter(rel, name string) error {
	if skipped(name) || w.skip[rel] {
		return fs.SkipDir
	}
	rules := w.rulesOf(path.Dir(rel))
	full := path.Join(w.base, rel)
	if rules.ignores(full, true) {
		return fs.SkipDir
	}
	dir := w.root + "/" + rel
	checkout := isCheckout(dir)
	var err error
	if w.git != nil && !checkout {
		rules, err = w.git.descend(rules, dir, full)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.found.notes = append(w.found.notes, fmt.Sprintf("ignore rules not used: %v", err))
	}
	if checkout {
		w.found.checkouts = append(w.found.checkouts, rel)
		return fs.SkipDir
	}
	w.rules[rel] = rules
	return nil
}

// unread keeps going when a directory cannot be read: it is often none of the repository's, such as the data of a
// container. A module of the index that lies in it is listed all the same, and reading it says what is wrong.
func (w *walk) unread(rel string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil // removed meanwhile
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.found.notes = append(w.found.notes, fmt.Sprintf("directory %s was not searched: %v", rel, err))
	return nil
}

func (w *walk) rulesOf(dir string) *ignoreRules {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rules[dir]
}

// skipped reports whether no module is looked for below a directory of this name.
func skipped(name string) bool {
	return name == ".git" || name == "vendor" || name == "node_modules"
}
