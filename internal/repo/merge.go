package repo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// A MergedFile is a file that both sides of a merge changed, each in its own way; nil stands for no file. With an Err one
// of the sides cannot be read as a file: a link, a directory, a submodule.
type MergedFile struct {
	Name               string // slash path relative to the root
	Base, Ours, Theirs []byte
	Err                error
}

// Merge returns the files and modules that merging two states gives: ours, a commit or the working tree, and theirs, a
// commit, both made from base, a commit. Nothing is written. A file that one side left alone is that of the other; merge
// says what becomes of one that both changed, nil for none. That a file was moved is not noticed: it is one that is gone
// and one that is new. What cannot be read is an error.
func (r *Repo) Merge(ctx context.Context, base, ours, theirs *Tree, merge func(MergedFile) []byte) (*Tree, error) {
	there, err := r.Changed(ctx, base, theirs)
	if err != nil {
		return nil, err
	}
	here, err := r.Changed(ctx, base, ours)
	if err != nil {
		return nil, err
	}
	m := newMergedFiles(ours.FS, theirs.FS)
	for _, name := range there.Files {
		_, both := slices.BinarySearch(here.Files, name)
		switch {
		case strings.HasPrefix(name, "../"):
		case both:
			if err := m.mergeFile(name, base.FS, merge); err != nil {
				return nil, err
			}
		default:
			if err := m.take(name); err != nil {
				return nil, err
			}
		}
	}
	t := &Tree{
		FS: m, Label: fmt.Sprintf("merge of %s and %s", ours.Label, theirs.Label), Work: r.work, IgnoredWork: ours.IgnoredWork,
		Checkouts: mergedSet(base.Checkouts, ours.Checkouts, theirs.Checkouts), Notes: slices.Concat(ours.Notes, here.Notes),
	}
	t.arrange(m.with(modFile, mergedSet(base.mods, ours.mods, theirs.mods)),
		m.with(workFile, mergedSet(base.works, ours.works, theirs.works)))
	return t, nil
}

// with returns those of the directories that have a file.
func (m *mergedFiles) with(file string, dirs []string) []string {
	return slices.DeleteFunc(dirs, func(dir string) bool {
		_, err := fs.Lstat(m, path.Join(dir, file))
		return errors.Is(err, fs.ErrNotExist)
	})
}

// mergedSet merges sorted sets: what one side added is in it, what one dropped is not.
func mergedSet(base, ours, theirs []string) []string {
	has := func(list []string, s string) bool {
		_, ok := slices.BinarySearch(list, s)
		return ok
	}
	var out []string
	for _, s := range ours {
		if has(theirs, s) || !has(base, s) {
			out = append(out, s)
		}
	}
	for _, s := range theirs {
		if !has(ours, s) && !has(base, s) {
			out = append(out, s)
		}
	}
	return sorted(out)
}

// mergeFile settles what becomes of a file that both sides changed.
func (m *mergedFiles) mergeFile(name string, base fs.FS, merge func(MergedFile) []byte) error {
	f := MergedFile{Name: name}
	for _, side := range []struct {
		files fs.FS
		data  *[]byte
	}{{base, &f.Base}, {m.ours, &f.Ours}, {m.theirs, &f.Theirs}} {
		data, err := fs.ReadFile(side.files, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case errors.Is(err, ErrNotFetched):
			return err
		case err != nil:
			f.Err = err
		default:
			*side.data = append([]byte{}, data...) // never nil
		}
	}
	data := merge(f)
	switch {
	case f.Err != nil: // it stays as it is here
	case data == nil:
		m.change(name, mergedEntry{gone: true})
	default:
		m.change(name, mergedEntry{data: data})
	}
	return nil
}

// take takes a file over from theirs.
func (m *mergedFiles) take(name string) error {
	_, err := fs.Lstat(m.theirs, name)
	switch {
	case err == nil:
		m.change(name, mergedEntry{theirs: true})
	case errors.Is(err, fs.ErrNotExist):
		m.change(name, mergedEntry{gone: true})
	default:
		return err
	}
	return nil
}
