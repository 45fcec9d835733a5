package repo

import (
	"context"
	"fmt"
	"path"
	"path/filepath"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// Changes are the files that differ between two states of a repository.
type Changes struct {
	// Files are slash paths relative to the root, sorted. Those of git's repository outside the root begin with "../".
	Files []string
	Notes []string // directories that could not be searched for new files, which git passes over as well
}

// Changed returns the files that differ between a commit and another commit, or the working tree if to is one: with
// other bytes, of another kind, executable or not, added, deleted; a file that was renamed is there with both names. A
// submodule is one path, and counts if its commit is another one.
//
// In the working tree, files count that git tracks or does not ignore: what "git diff --name-only COMMIT" and "git
// ls-files --others --exclude-standard" list. Of trees only what differs is read, of files only those whose size or time
// is not that of git's index. Git's conversions (line ends, filters) are not made: a file with them counts as changed
// once it was touched. What cannot be read is an error, never a file that did not change.
func (r *Repo) Changed(ctx context.Context, from, to *Tree) (Changes, error) {
	if r.git == nil {
		return Changes{}, ErrNoGit
	}
	var c Changes
	d := &treeDiff{ctx: ctx}
	was, err := r.openCommit(from, d)
	if err == nil && to.Commit == "" {
		c.Notes, err = r.compareWorkTree(d, was)
	} else if err == nil {
		var is plumbing.Hash
		if is, err = r.openCommit(to, d); err == nil {
			err = d.compare("", dirEntry(was), dirEntry(is))
		}
	}
	if err != nil {
		return Changes{}, fmt.Errorf("what changed since %s: %w", from.Label, err)
	}
	c.Files, err = r.fromRoot(d.names)
	return c, err
}

// openCommit returns the tree of a commit, at git's top level, and lets d read it.
func (r *Repo) openCommit(t *Tree, d *treeDiff) (plumbing.Hash, error) {
	o, err := r.openedObjects()
	if err != nil {
		return plumbing.ZeroHash, err
	}
	c, err := o.commit(plumbing.NewHash(t.Commit))
	if err != nil {
		return plumbing.ZeroHash, err
	}
	if files, ok := t.FS.(*revisionFiles); ok && d.files == nil {
		d.files = files // it has read most trees
	}
	return c.TreeHash, nil
}

// fromRoot turns paths from git's top level into paths from the root.
func (r *Repo) fromRoot(names []string) ([]string, error) {
	prefix := r.prefix()
	if prefix == "." {
		return sorted(names), nil
	}
	for i, name := range names {
		rel, err := filepath.Rel(filepath.FromSlash(prefix), filepath.FromSlash(name))
		if err != nil {
			return nil, err
		}
		names[i] = filepath.ToSlash(rel)
	}
	return sorted(names), nil
}

// A treeDiff collects the paths that differ, from git's top level.
type treeDiff struct {
	ctx   context.Context
	files *revisionFiles // reads trees, of whatever commit
	names []string
}

func dirEntry(tree plumbing.Hash) object.TreeEntry {
	return object.TreeEntry{Mode: filemode.Dir, Hash: tree}
}

// sameEntry compares what two trees have at one path. What old commits say of the group's permissions says nothing.
func sameEntry(a, b object.TreeEntry) bool {
	kind := func(m filemode.FileMode) filemode.FileMode {
		if m == filemode.Deprecated {
			return filemode.Regular
		}
		return m
	}
	return a.Hash == b.Hash && kind(a.Mode) == kind(b.Mode)
}

// compare compares what stands at a path in two trees, zero where there is nothing. The path of the top is "".
func (d *treeDiff) compare(name string, a, b object.TreeEntry) error {
	if err := d.ctx.Err(); err != nil || sameEntry(a, b) {
		return err
	}
	if isFileEntry(a) || isFileEntry(b) {
		d.names = append(d.names, name) // a directory at the same place has other paths
	}
	was, err := d.entries(a)
	if err != nil {
		return err
	}
	is, err := d.entries(b)
	if err != nil {
		return err
	}
	for child, e := range was {
		if err := d.compare(path.Join(name, child), e, is[child]); err != nil {
			return err
		}
		delete(is, child)
	}
	for child, e := range is {
		if err := d.compare(path.Join(name, child), object.TreeEntry{}, e); err != nil {
			return err
		}
	}
	return nil
}

func isFileEntry(e object.TreeEntry) bool {
	return e.Mode != filemode.Empty && e.Mode != filemode.Dir
}

// entries are those of a directory, by name; of anything else none.
func (d *treeDiff) entries(dir object.TreeEntry) (map[string]object.TreeEntry, error) {
	if dir.Mode != filemode.Dir {
		return nil, nil
	}
	list, err := d.files.entries(dir.Hash)
	if err != nil {
		return nil, err
	}
	out := make(map[string]object.TreeEntry, len(list))
	for _, e := range list {
		out[e.Name] = object.TreeEntry{Mode: e.Mode, Hash: e.Hash}
	}
	return out, nil
}
