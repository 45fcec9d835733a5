package repo

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// A MergedFile is a file that both sides of a merge changed, each in its own way; nil stands for no file. With an Err one
// of the sides cannot be read as a file (a link, a directory, a submodule), or is one where the other has a directory.
type MergedFile struct {
	Name               string // slash path relative to the root
	Base, Ours, Theirs []byte
	Err                error
}

// Merge returns the files and modules that merging two states gives: ours, a commit or the working tree, and theirs, a
// commit, both made from base, a commit. Nothing is written. A file that one side left alone is that of the other; merge
// says what becomes of one that both changed, nil for none. A file that one side moved and the other changed is one that
// both changed, at its new place: it is known by its name and half of its lines, as in git. What cannot be read is an
// error.
func (r *Repo) Merge(ctx context.Context, base, ours, theirs *Tree, merge func(MergedFile) []byte) (*Tree, error) {
	there, err := r.Changed(ctx, base, theirs)
	if err != nil {
		return nil, err
	}
	here, err := r.Changed(ctx, base, ours)
	if err != nil {
		return nil, err
	}
	m := &merging{mergedFiles: newMergedFiles(ours.FS, theirs.FS), base: base.FS, here: here.Files, there: there.Files, merge: merge}
	if err := m.run(); err != nil {
		return nil, err
	}
	t := &Tree{
		FS: m.mergedFiles, Label: fmt.Sprintf("merge of %s and %s", ours.Label, theirs.Label), Work: r.work, IgnoredWork: ours.IgnoredWork,
		Checkouts: mergedSet(base.Checkouts, ours.Checkouts, theirs.Checkouts), Notes: slices.Concat(ours.Notes, here.Notes),
	}
	t.arrange(m.with(modFile, base.mods, ours.mods, theirs.mods), m.with(workFile, base.works, ours.works, theirs.works))
	return t, nil
}

// with merges the directories that have a file: sets, but for what was settled about one of these files.
func (m *mergedFiles) with(file string, base, ours, theirs []string) []string {
	dirs := mergedSet(base, ours, theirs)
	for _, dir := range slices.Concat(base, ours, theirs) {
		if m.changed[path.Join(dir, file)].data != nil {
			dirs = append(dirs, dir)
		}
	}
	return slices.DeleteFunc(sorted(dirs), func(dir string) bool {
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

// A merging is a merge under way.
type merging struct {
	*mergedFiles
	base        fs.FS
	here, there []string // files that each side changed, sorted
	merge       func(MergedFile) []byte
}

func (m *merging) run() error {
	var left []MergedFile // deleted on one side, and perhaps moved
	for _, name := range m.there {
		if strings.HasPrefix(name, "../") {
			continue
		}
		if _, both := slices.BinarySearch(m.here, name); !both {
			if f := m.blocked(name); f != nil {
				m.settle(*f)
				continue
			}
			if err := m.take(name); err != nil {
				return err
			}
			continue
		}
		f, err := m.read(name)
		switch {
		case err != nil:
			return err
		case m.sameLink(name): // it stays as it is here
		case f.Err == nil && f.Base != nil && (f.Ours == nil) != (f.Theirs == nil):
			left = append(left, f)
		default:
			m.settle(f)
		}
	}
	return m.settleMoved(left)
}

// blocked returns what is in the way of a file that only theirs changed, and what it is in the way of: ours made a file of
// a directory above it, or has files of its own below what theirs made a file of. It returns nil if there is no such thing.
func (m *merging) blocked(name string) *MergedFile {
	if !isNoDir(m.theirs, name) {
		return nil // it is gone
	}
	first, _ := slices.BinarySearch(m.here, name+"/")
	for _, below := range m.here[first:] {
		if !strings.HasPrefix(below, name+"/") {
			break
		}
		if isNoDir(m.ours, below) {
			return &MergedFile{Name: below, Err: fmt.Errorf("%s is a directory here and a file there", name)}
		}
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, changed := slices.BinarySearch(m.here, dir); changed && isNoDir(m.ours, dir) {
			return &MergedFile{Name: name, Err: fmt.Errorf("%s is a file here and a directory there", dir)}
		}
	}
	return nil
}

// read reads a file that both sides changed.
func (m *merging) read(name string) (MergedFile, error) {
	f := MergedFile{Name: name}
	for _, side := range []struct {
		files fs.FS
		data  *[]byte
	}{{m.base, &f.Base}, {m.ours, &f.Ours}, {m.theirs, &f.Theirs}} {
		data, err := fs.ReadFile(side.files, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if isNoDir(side.files, name) {
				f.Err = err // a link that leads nowhere
			}
		case errors.Is(err, ErrNotFetched):
			return f, err
		case err != nil:
			f.Err = err
		default:
			*side.data = append([]byte{}, data...) // never nil
		}
	}
	return f, nil
}

// sameLink reports whether both sides have the same symbolic link at a path.
func (m *merging) sameLink(name string) bool {
	mine, err := fs.ReadLink(m.ours, name)
	if err != nil {
		return false // no link
	}
	their, err := fs.ReadLink(m.theirs, name)
	return err == nil && mine == their
}

// settle asks what becomes of a file.
func (m *merging) settle(f MergedFile) {
	data := m.merge(f)
	switch {
	case f.Err != nil: // it stays as it is here
	case data == nil:
		m.change(f.Name, mergedEntry{gone: true})
	default:
		m.change(f.Name, mergedEntry{data: data})
	}
}

// settleMoved asks what becomes of files that one side deleted and the other changed: where the one side has moved them to,
// if anybody can say.
func (m *merging) settleMoved(left []MergedFile) error {
	var names [2][]string // of files: deleted here, deleted there
	for _, f := range left {
		if f.Ours == nil {
			names[0] = append(names[0], f.Name)
		} else {
			names[1] = append(names[1], f.Name)
		}
	}
	here, err := m.moves(names[0], m.ours, m.here, m.there)
	if err != nil {
		return err
	}
	there, err := m.moves(names[1], m.theirs, m.there, m.here)
	if err != nil {
		return err
	}
	for _, f := range left {
		to, side := here[f.Name], &f.Ours
		if f.Theirs == nil {
			to, side = there[f.Name], &f.Theirs
		}
		if to.name != "" {
			m.change(f.Name, mergedEntry{gone: true})
			f.Name, *side = to.name, to.data
		}
		m.settle(f)
	}
	return nil
}

// A namedText is a file.
type namedText struct {
	name string
	data []byte
}

// moves finds where a side moved files that it deleted, asked for by name: to new files of the same name in other
// directories that the other side has not touched, the most alike first, each to one and from one. What nobody asks for
// may have been moved, too, so it takes part.
func (m *merging) moves(asked []string, files fs.FS, changed, other []string) (map[string]namedText, error) {
	bases := map[string]bool{}
	for _, name := range asked {
		bases[path.Base(name)] = true
	}
	var gone, fresh []namedText
	for _, name := range changed {
		if !bases[path.Base(name)] || strings.HasPrefix(name, "../") {
			continue
		}
		was, is := isNoDir(m.base, name), isNoDir(files, name)
		_, touched := slices.BinarySearch(other, name)
		from, into := m.base, &gone
		switch {
		case was == is, is && touched:
			continue
		case is:
			from, into = files, &fresh
		}
		data, err := fs.ReadFile(from, name)
		if errors.Is(err, ErrNotFetched) {
			return nil, err
		} else if err == nil { // else it is a link, or too large
			*into = append(*into, namedText{name, append([]byte{}, data...)})
		}
	}
	return pair(gone, fresh), nil
}

// pair finds for files that are gone the new ones that they are most alike to, if half of their lines are the same.
func pair(gone, fresh []namedText) map[string]namedText {
	out, taken := map[string]namedText{}, map[string]bool{}
	same := map[string][]namedText{} // most files that are moved are moved as they are
	key := func(f namedText) string { return path.Base(f.name) + "\x00" + string(f.data) }
	for _, to := range fresh {
		same[key(to)] = append(same[key(to)], to)
	}
	for _, from := range gone {
		if list := same[key(from)]; len(list) > 0 {
			out[from.name], taken[list[0].name], same[key(from)] = list[0], true, list[1:]
		}
	}
	type match struct {
		from, to namedText
		alike    float64
	}
	var matches []match
	for _, from := range gone {
		for _, to := range fresh {
			_, done := out[from.name]
			if done || taken[to.name] || path.Base(from.name) != path.Base(to.name) {
				continue
			}
			if alike := likeness(from.data, to.data); alike >= 0.5 {
				matches = append(matches, match{from, to, alike})
			}
		}
	}
	slices.SortStableFunc(matches, func(a, b match) int { return cmp.Compare(b.alike, a.alike) })
	for _, x := range matches {
		if _, done := out[x.from.name]; !done && !taken[x.to.name] {
			out[x.from.name], taken[x.to.name] = x.to, true
		}
	}
	return out
}

// likeness is the share of lines that two texts have in common, of the longer one; blank lines do not count.
func likeness(a, b []byte) float64 {
	count, lines := map[string]int{}, [2]int{}
	for i, text := range [][]byte{a, b} {
		for line := range bytes.Lines(text) {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				lines[i]++
				count[string(line)] += 1 - 2*i
			}
		}
	}
	common := lines[0]
	for _, n := range count {
		common -= max(n, 0)
	}
	return float64(common) / float64(max(lines[0], lines[1], 1))
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
