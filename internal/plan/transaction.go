package plan

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A transaction changes several files and directories, all or none, whenever it is stopped.
//
// It stages everything beside its target, through to the disk, and only then renames. Before each of the two halves it
// says in the journal what it is about to do. Stopped in the first half, it is undone: nothing has changed yet. Stopped
// in the second, it is finished: everything is there. What the tree holds tells how far it came.
type transaction struct {
	tree    disk
	journal *journalFile // nil: nobody could go on where this process stops
	moves   []move
	sources []source // what moves[i] puts in place
}

// A source is what a move stages: the text of a file, or a directory somewhere on this machine.
type source struct {
	data []byte
	mode fs.FileMode
	dir  string
}

// A move puts a staged file or directory in the place of its target; what stood there waits under the name aside until
// the end. Names are relative to the tree.
type move struct {
	Target string `json:"target"`
	Staged string `json:"staged,omitempty"` // "": the target only goes
	Aside  string `json:"aside"`
	Dir    bool   `json:"dir,omitempty"`
	Before string `json:"before,omitempty"` // SHA-256 of the file, "" if there was none
	After  string `json:"after,omitempty"`
}

// temporary returns a name beside a target that nobody else has.
func temporary(target, kind string) string {
	dir, file := path.Split(target)
	return path.Join(dir, fmt.Sprintf(".%s.modgov-%s-%s", file, kind, rand.Text()[:8]))
}

// isTemporary reports whether a name is one that temporary returns for the target.
func isTemporary(name, target, kind string) bool {
	dir, file := path.Split(target)
	rest, ok := strings.CutPrefix(name, path.Join(dir, "."+file+".modgov-"+kind+"-"))
	return ok && len(rest) == 8 && !strings.Contains(rest, "/")
}

// addFile adds a file, after checking that it is as the plan knows it.
func (t *transaction) addFile(name string, f File) error {
	mode := fs.FileMode(0o644)
	now, err := digest(t.tree, name)
	if err != nil {
		return err
	}
	before := ""
	if f.Before != nil {
		before = hash(f.Before)
	}
	if now != before {
		return fmt.Errorf("%s changed meanwhile: nothing was written; run the command again", f.Name)
	}
	if before != "" {
		info, err := t.tree.Lstat(name)
		if err != nil {
			return err
		}
		if mode = info.Mode().Perm(); mode&0o222 == 0 {
			return fmt.Errorf("%s is read-only: nothing was written", f.Name)
		}
	}
	t.moves = append(t.moves, move{
		Target: name, Staged: temporary(name, "new"), Aside: temporary(name, "old"), Before: before, After: hash(f.After),
	})
	t.sources = append(t.sources, source{data: f.After, mode: mode})
	return nil
}

// addDir puts a copy of the directory from, anywhere on this machine, in the place of target; "" takes target away.
func (t *transaction) addDir(target, from string) {
	m := move{Target: target, Aside: temporary(target, "old"), Dir: true}
	if from != "" {
		m.Staged = temporary(target, "new")
	}
	t.moves = append(t.moves, m)
	t.sources = append(t.sources, source{dir: from})
}

// run carries the transaction out. Nothing has changed if it returns an error, but for one that says so.
func (t *transaction) run(ctx context.Context) error {
	if err := t.journal.write(staging, t.moves); err != nil {
		return err
	}
	if err := t.stage(ctx); err != nil {
		return errors.Join(err, t.abandon())
	}
	if err := t.journal.write(committing, t.moves); err != nil {
		return errors.Join(err, t.abandon())
	}
	for i := range t.moves {
		if err := t.moves[i].redo(t.tree); err != nil {
			return errors.Join(fmt.Errorf("write %s: %w", t.moves[i].Target, err), t.undo())
		}
	}
	return t.finish()
}

// stage writes everything beside its target.
func (t *transaction) stage(ctx context.Context) error {
	var names []string
	for i, m := range t.moves {
		if err := ctx.Err(); err != nil {
			return err
		}
		if m.Staged == "" {
			continue
		}
		names = append(names, m.Staged)
		if s := t.sources[i]; !m.Dir {
			if err := t.tree.Write(m.Staged, s.data, s.mode); err != nil {
				return err
			}
		} else if err := t.copyDir(s.dir, m.Staged); err != nil {
			return fmt.Errorf("stage %s: %w", m.Target, err)
		}
	}
	return syncDirs(t.tree, names)
}

// copyDir copies a directory: the place where it was made may be on another disk.
func (t *transaction) copyDir(from, to string) error {
	files := os.DirFS(from)
	var dirs []string
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			dirs = append(dirs, path.Join(to, name))
			return t.tree.Mkdir(path.Join(to, name))
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return t.tree.Write(path.Join(to, name), data, info.Mode().Perm()|0o200)
	})
	for _, dir := range dirs {
		err = errors.Join(err, t.tree.Sync(dir))
	}
	return err
}

// abandon removes what was staged.
func (t *transaction) abandon() error {
	var errs []error
	for _, m := range t.moves {
		if m.Staged != "" {
			errs = append(errs, t.tree.Remove(m.Staged))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err // the journal stays: recover tries again
	}
	return t.journal.remove()
}

// undo puts back what stood there, the last first.
func (t *transaction) undo() error {
	for _, m := range slices.Backward(t.moves) {
		if err := m.undo(t.tree); err != nil {
			return fmt.Errorf("put %s back: %w", m.Target, err)
		}
	}
	return t.abandon()
}

// finish makes the renames last, and removes what stood there before.
func (t *transaction) finish() error {
	var targets []string
	for _, m := range t.moves {
		targets = append(targets, m.Target)
	}
	err := syncDirs(t.tree, targets)
	for _, m := range t.moves {
		if err == nil {
			err = t.tree.Remove(m.Aside)
		}
	}
	if err == nil {
		err = t.journal.remove()
	}
	if err != nil {
		return fmt.Errorf("everything is written, but not tidied up: %w; modgov recover does that", err)
	}
	return nil
}

// errTouched tells that a target is neither what it was nor what it shall be.
var errTouched = errors.New("it is neither what it was nor what was written: somebody changed it meanwhile")

// redo puts the staged thing in place, or what is left to do of that. A file is replaced by one rename, so that there
// is never none.
func (m *move) redo(d disk) error {
	if m.Dir {
		return m.redoDir(d)
	}
	staged, err := exists(d, m.Staged)
	if err != nil {
		return err
	}
	now, err := digest(d, m.Target)
	switch {
	case err != nil:
		return err
	case !staged && now == m.After:
		return nil
	case !staged || now != m.Before && now != m.After:
		return errTouched
	case now != "" && now == m.Before:
		if err := m.keep(d); err != nil {
			return err
		}
	}
	return d.Rename(m.Staged, m.Target)
}

// keep gives the old file the name aside; where the file system knows no second names, it makes a copy.
func (m *move) keep(d disk) error {
	if err := d.Remove(m.Aside); err != nil { // half a copy
		return err
	}
	if d.Link(m.Target, m.Aside) == nil {
		return nil
	}
	info, err := d.Lstat(m.Target)
	if err != nil {
		return err
	}
	data, err := d.ReadFile(m.Target)
	if err != nil {
		return err
	}
	return d.Write(m.Aside, data, info.Mode().Perm())
}

func (m *move) redoDir(d disk) error {
	staged := false
	var err error
	if m.Staged != "" {
		if staged, err = exists(d, m.Staged); err != nil || !staged {
			return err
		}
	}
	target, err := exists(d, m.Target)
	if err != nil {
		return err
	}
	aside, err := exists(d, m.Aside)
	if err != nil {
		return err
	}
	if target && aside {
		return errTouched
	}
	if target {
		if err := d.Rename(m.Target, m.Aside); err != nil {
			return err
		}
	}
	if !staged {
		return nil
	}
	return d.Rename(m.Staged, m.Target)
}

// undo puts back what redo, or a part of it, has done.
func (m *move) undo(d disk) error {
	aside, err := exists(d, m.Aside)
	if err != nil {
		return err
	}
	staged := m.Staged == ""
	if !staged {
		if staged, err = exists(d, m.Staged); err != nil {
			return err
		}
	}
	if m.Dir && !staged { // the new one is in place
		if err := d.Rename(m.Target, m.Staged); err != nil {
			return err
		}
	}
	switch {
	case aside && m.Dir:
		return d.Rename(m.Aside, m.Target)
	case aside && !staged:
		return d.Rename(m.Aside, m.Target)
	case aside: // only kept: the file itself never went
		return d.Remove(m.Aside)
	case !m.Dir && m.Before == "" && !staged:
		return d.Remove(m.Target)
	}
	return nil
}

// relativeTo returns the name of a file of the root as seen from base.
func relativeTo(base, root, name string) (string, error) {
	rel, err := filepath.Rel(base, filepath.Join(root, filepath.FromSlash(name)))
	if err != nil || !filepath.IsLocal(rel) {
		return "", fmt.Errorf("%s escapes from %s", name, base)
	}
	return filepath.ToSlash(rel), nil
}
