package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/config"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// ErrNoGit is in the error of [Repo.Revision] where there is no git repository.
var ErrNoGit = errors.New("there is no git repository")

// Revision returns the files and modules of a commit, without a checkout: HEAD, main, origin/main, v1.2.3, HEAD~2. They
// are those that [Repo.WorkTree] finds on a clean checkout of the commit, at the same root, and none where the commit has
// no such directory. Objects are read when they are needed, and what a shallow or partial clone lacks is an error that
// says so; it never looks like an absent file.
func (r *Repo) Revision(ctx context.Context, name string) (*Tree, error) {
	if r.git == nil {
		return nil, fmt.Errorf("revision %s: %w", name, ErrNoGit)
	}
	o, err := r.openedObjects()
	if err != nil {
		return nil, err
	}
	hash, err := o.resolve(name)
	if err != nil {
		return nil, err
	}
	commit, err := o.commit(hash)
	if err != nil {
		return nil, fmt.Errorf("revision %s: %w", name, err)
	}
	files := &revisionFiles{objects: o, root: commit.TreeHash, trees: map[plumbing.Hash][]object.TreeEntry{}}
	t, err := r.revisionTree(ctx, files)
	if err != nil {
		return nil, fmt.Errorf("revision %s: %w", name, err)
	}
	t.Label, t.Commit = fmt.Sprintf("%s (%s)", name, hash.String()[:12]), hash.String()
	return t, nil
}

// Resolve returns the full name of the commit that a name names: HEAD, main, origin/main, refs/heads/main, HEAD^2. The
// errors are those of [Repo.Revision].
func (r *Repo) Resolve(name string) (string, error) {
	if r.git == nil {
		return "", fmt.Errorf("revision %s: %w", name, ErrNoGit)
	}
	o, err := r.openedObjects()
	if err != nil {
		return "", err
	}
	hash, err := o.resolve(name)
	if err != nil {
		return "", err
	}
	return hash.String(), nil
}

// Names returns the names of branches, remote branches and tags, sorted: "main", "origin/main", "v1.2.3".
func (r *Repo) Names() ([]string, error) {
	if r.git == nil {
		return nil, ErrNoGit
	}
	o, err := r.openedObjects()
	if err != nil {
		return nil, err
	}
	return o.names()
}

// openedObjects opens the objects once.
func (r *Repo) openedObjects() (*objects, error) {
	r.objectsOnce.Do(func() { r.objects, r.objectsErr = r.git.openObjects() })
	return r.objects, r.objectsErr
}

// revisionTree lists the modules of a revision.
func (r *Repo) revisionTree(ctx context.Context, files *revisionFiles) (*Tree, error) {
	if prefix := r.prefix(); prefix != "." && prefix != "" {
		e, err := files.lookup("open", prefix, 0)
		switch {
		case errors.Is(err, fs.ErrNotExist): // the root is new since: there was nothing in it
			e.Hash = plumbing.ZeroHash
			files.trees[e.Hash] = nil
		case err != nil:
			return nil, err
		case e.Mode != filemode.Dir:
			return nil, &fs.PathError{Op: "open", Path: prefix, Err: errNotDir}
		}
		files.root = e.Hash
	}
	w := &revisionWalk{ctx: ctx, files: files, skip: r.skipDirs(r.Root)}
	if err := w.walk(".", files.root); err != nil {
		return nil, err
	}
	links, err := w.submodules()
	t := &Tree{FS: files, Work: r.work}
	if err != nil {
		t.Notes = append(t.Notes, err.Error())
	}
	t.Checkouts = sorted(append(w.links, links...))
	outside := func(dir string) bool { return inAny(dir, t.Checkouts) }
	t.arrange(sorted(slices.DeleteFunc(w.mods, outside)), sorted(slices.DeleteFunc(w.works, outside)))
	return t, nil
}

// A revisionWalk finds go.mod and go.work files in trees.
type revisionWalk struct {
	ctx                context.Context
	files              *revisionFiles
	skip               map[string]bool
	mods, works, links []string // directories
}

func (w *revisionWalk) walk(dir string, hash plumbing.Hash) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	entries, err := w.files.entries(hash)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name)
		switch {
		case e.Mode == filemode.Submodule:
			w.links = append(w.links, name)
		case e.Mode == filemode.Dir && !skipped(e.Name) && !w.skip[name]:
			if err := w.walk(name, e.Hash); err != nil {
				return err
			}
		case e.Mode == filemode.Dir || !fs.ValidPath(name):
		case e.Name == modFile:
			w.mods = append(w.mods, dir)
		case e.Name == workFile:
			w.works = append(w.works, dir)
		}
	}
	return nil
}

// submodules are those that .gitmodules names, as in a working tree whose root is git's top level.
func (w *revisionWalk) submodules() ([]string, error) {
	data, err := w.files.ReadFile(".gitmodules")
	if err != nil {
		return nil, nil // there is none, as a rule
	}
	return parseSubmodules(data)
}

// parseSubmodules reads the paths from a .gitmodules file.
func parseSubmodules(data []byte) ([]string, error) {
	file := config.New()
	err := config.NewDecoder(bytes.NewReader(data)).Decode(file)
	var list []string
	for _, sub := range file.Section("submodule").Subsections {
		if p := path.Clean(strings.ReplaceAll(sub.Option("path"), `\`, "/")); p != "." && fs.ValidPath(p) {
			list = append(list, p)
		}
	}
	if err != nil {
		err = fmt.Errorf(".gitmodules was read in part: %w", err)
	}
	return list, err
}
