package plan

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes the plan: every file and vendor directory, or none. Files are staged beside their targets and synced,
// and only then renamed, go.mod and go.sum files before vendor directories: a state in between then fails loudly in go
// and never builds a mixture. A file that is no longer what the plan was made for is refused before anything is
// written. When a rename fails, those before it are undone; an error of the undoing is joined to the first one.
func (p *Plan) Write(ctx context.Context) (err error) {
	root, err := os.OpenRoot(p.project.Root)
	if err != nil {
		return err
	}
	defer root.Close()
	t := &transaction{root: root}
	defer func() { err = errors.Join(err, t.clean()) }()
	for _, f := range p.Files {
		if err := t.stageFile(f); err != nil {
			return err
		}
	}
	for _, v := range p.Vendors {
		if err := t.stageVendor(v); err != nil {
			return fmt.Errorf("stage %s/vendor: %w", v.Dir, err)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return t.commit()
}

// Close removes what the plan has staged outside the tree.
func (p *Plan) Close() error {
	if p.stage == "" {
		return nil
	}
	err := os.RemoveAll(p.stage)
	p.stage = ""
	return err
}

// A transaction is a list of renames. All names are relative to the root and in the form of the operating system.
type transaction struct {
	root  *os.Root
	done  int
	moves []move
}

// A move puts a staged file or directory in the place of its target. What stood there waits under the name aside.
type move struct {
	staged string // "" if the target only goes
	target string
	aside  string // set once something stands there
	linked bool   // aside is a second name of the target, which is still in its place
}

// tempName returns a name beside a target that nobody else has.
func tempName(target, kind string) string {
	dir, file := filepath.Split(target)
	return filepath.Join(dir, fmt.Sprintf(".%s.modgov-%s-%s", file, kind, rand.Text()[:8]))
}

// stageFile writes the new text beside the file, with its mode, after checking that the file is as the plan knows it.
func (t *transaction) stageFile(f File) error {
	target := filepath.FromSlash(f.Name)
	mode := fs.FileMode(0o644)
	info, err := t.root.Lstat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist) && f.Before == nil:
	case err != nil:
		return fmt.Errorf("%s changed since the plan was made: %w", f.Name, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file: it is left alone, and so is all else", f.Name)
	default:
		mode = info.Mode().Perm()
		now, err := t.root.ReadFile(target)
		if err != nil {
			return err
		}
		if f.Before == nil || !bytes.Equal(now, f.Before) {
			return fmt.Errorf("%s changed since the plan was made: nothing was written; run the command again", f.Name)
		}
	}
	staged := tempName(target, "new")
	t.moves = append(t.moves, move{staged: staged, target: target})
	return writeSynced(t.root, staged, f.After, mode)
}

// writeSynced writes a new file through to the disk.
func writeSynced(root *os.Root, name string, data []byte, mode fs.FileMode) error {
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Chmod(mode), file.Sync(), file.Close())
}

// stageVendor copies a vendor directory beside its target: the place where go made it may be on another disk.
func (t *transaction) stageVendor(v Vendor) error {
	target := filepath.Join(filepath.FromSlash(v.Dir), "vendor")
	if v.Gone {
		t.moves = append(t.moves, move{target: target})
		return nil
	}
	staged := tempName(target, "new")
	t.moves = append(t.moves, move{staged: staged, target: target})
	return fs.WalkDir(os.DirFS(v.staged), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(staged, filepath.FromSlash(name))
		if entry.IsDir() {
			return t.root.Mkdir(to, 0o755)
		}
		data, err := fs.ReadFile(os.DirFS(v.staged), name)
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		return writeSynced(t.root, to, data, info.Mode().Perm()|0o200)
	})
}

// commit renames everything into place, or undoes what it did.
func (t *transaction) commit() error {
	for i := range t.moves {
		if err := t.moves[i].make(t.root); err != nil {
			name := filepath.ToSlash(t.moves[i].target)
			return errors.Join(fmt.Errorf("write %s: %w", name, err), t.rollBack(i))
		}
		t.done++
	}
	return nil
}

// make puts the staged thing in place. A file is replaced by one rename, so that there is never none; what was there
// before stays under another name until the end.
func (m *move) make(root *os.Root) error {
	info, err := root.Lstat(m.target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		aside := tempName(m.target, "old")
		if info.IsDir() {
			err = root.Rename(m.target, aside)
		} else {
			err = keep(root, m.target, aside, info.Mode().Perm())
		}
		if err != nil {
			return err
		}
		m.aside, m.linked = aside, !info.IsDir()
	}
	if m.staged == "" {
		return nil
	}
	if err := root.Rename(m.staged, m.target); err != nil {
		return err
	}
	m.linked = false
	return nil
}

// keep gives a file a second name; where the file system knows no such thing, it makes a copy.
func keep(root *os.Root, name, aside string, mode fs.FileMode) error {
	if root.Link(name, aside) == nil {
		return nil
	}
	data, err := root.ReadFile(name)
	if err != nil {
		return err
	}
	return writeSynced(root, aside, data, mode)
}

// rollBack puts back what the first moves took away, and what the failed one did, the last first.
func (t *transaction) rollBack(failed int) error {
	var errs []error
	for i := failed; i >= 0; i-- {
		m := &t.moves[i]
		if m.aside == "" && i == failed {
			continue // it failed before it did anything
		}
		if i < failed && m.staged != "" {
			errs = append(errs, t.root.Rename(m.target, m.staged))
		}
		switch {
		case m.linked: // a rename onto another name of the same file would do nothing
			errs = append(errs, t.root.Remove(m.aside))
		case m.aside != "":
			errs = append(errs, t.root.Rename(m.aside, m.target))
		}
		m.aside = ""
	}
	t.done = 0
	return errors.Join(errs...)
}

// clean removes what was staged and not used, and what was moved aside and is no longer needed.
func (t *transaction) clean() error {
	var errs []error
	for i, m := range t.moves {
		if m.aside != "" {
			errs = append(errs, t.root.RemoveAll(m.aside))
		}
		if i >= t.done && m.staged != "" {
			errs = append(errs, t.root.RemoveAll(m.staged))
		}
	}
	return errors.Join(errs...)
}
