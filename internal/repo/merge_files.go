package repo

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// mergedFiles is the FS of a merge: that of ours, but for the files that changed. Safe for concurrent use once nothing is
// changed any more. A path that passes through a link to a directory finds what ours has there.
type mergedFiles struct {
	ours, theirs fs.FS
	changed      map[string]mergedEntry
	dirs         map[string]map[string]bool // directories above what changed, with the names in them that lead there

	mu    sync.Mutex
	lists map[string][]fs.DirEntry // of dirs
}

// A mergedEntry says where a file comes from: theirs, data, or it is gone.
type mergedEntry struct {
	theirs, gone bool
	data         []byte
}

var (
	_ fs.ReadFileFS = (*mergedFiles)(nil)
	_ fs.ReadDirFS  = (*mergedFiles)(nil)
	_ fs.StatFS     = (*mergedFiles)(nil)
	_ fs.ReadLinkFS = (*mergedFiles)(nil)
)

func newMergedFiles(ours, theirs fs.FS) *mergedFiles {
	return &mergedFiles{
		ours: ours, theirs: theirs, changed: map[string]mergedEntry{}, dirs: map[string]map[string]bool{},
		lists: map[string][]fs.DirEntry{},
	}
}

func (m *mergedFiles) change(name string, e mergedEntry) {
	m.changed[name] = e
	for name != "." {
		dir := path.Dir(name)
		if m.dirs[dir] == nil {
			m.dirs[dir] = map[string]bool{}
		}
		m.dirs[dir][path.Base(name)] = true
		name = dir
	}
}

// A mergedPlace is where something is found: in files, or it is a directory with a list of its own, or data.
type mergedPlace struct {
	files fs.FS
	list  []fs.DirEntry
	data  []byte
}

// find says where a path leads.
func (m *mergedFiles) find(op, name string) (mergedPlace, error) {
	if !fs.ValidPath(name) {
		return mergedPlace{}, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	if e, ok := m.changed[name]; ok && !e.gone {
		if e.theirs {
			return mergedPlace{files: m.theirs}, nil
		}
		return mergedPlace{data: e.data}, nil
	}
	if m.dirs[name] != nil {
		list, err := m.list(name)
		switch {
		case err != nil || len(list) > 0 || name == ".":
			return mergedPlace{list: list}, err
		case !m.changed[name].gone && isNoDir(m.ours, name):
			return mergedPlace{files: m.ours}, nil
		}
		return mergedPlace{}, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist} // git knows no empty directories
	}
	if m.changed[name].gone || m.fileAbove(name) {
		return mergedPlace{}, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return mergedPlace{files: m.ours}, nil
}

// fileAbove reports whether a directory above a path became a file, or went.
func (m *mergedFiles) fileAbove(name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if e, ok := m.changed[dir]; ok && !e.gone {
			return true
		}
	}
	return false
}

// list is what stands in a directory above something that changed, sorted by name.
func (m *mergedFiles) list(dir string) ([]fs.DirEntry, error) {
	m.mu.Lock()
	list, ok := m.lists[dir]
	m.mu.Unlock()
	if ok {
		return list, nil
	}
	if entries, err := fs.ReadDir(m.ours, dir); err == nil {
		for _, e := range entries {
			if !m.dirs[dir][e.Name()] {
				list = append(list, e)
			}
		}
	} else if !missing(err) && !isNoDir(m.ours, dir) {
		return nil, err
	}
	for base := range m.dirs[dir] {
		info, err := m.Lstat(path.Join(dir, base))
		if err == nil {
			list = append(list, fs.FileInfoToDirEntry(info))
		} else if !missing(err) {
			return nil, err
		}
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lists[dir] = list
	return list, nil
}

// isNoDir reports whether something else than a directory stands at a path.
func isNoDir(files fs.FS, name string) bool {
	info, err := fs.Lstat(files, name)
	return err == nil && !info.IsDir()
}

// Open opens a regular file or a directory.
func (m *mergedFiles) Open(name string) (fs.File, error) {
	p, err := m.find("open", name)
	switch {
	case err != nil:
		return nil, err
	case p.files != nil:
		return p.files.Open(name)
	case p.data != nil:
		return &openMergedFile{mergedInfo{path.Base(name), int64(len(p.data)), false}, bytes.NewReader(p.data)}, nil
	}
	return &openMergedDir{mergedInfo: mergedInfo{path.Base(name), 0, true}, path: name, rest: p.list}, nil
}

// ReadFile reads a whole regular file of at most maxFileSize bytes.
func (m *mergedFiles) ReadFile(name string) ([]byte, error) {
	p, err := m.find("open", name)
	switch {
	case err != nil:
		return nil, err
	case p.files != nil:
		return fs.ReadFile(p.files, name)
	case p.data != nil:
		return bytes.Clone(p.data), nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: errDir}
}

// ReadDir lists a directory, sorted by name.
func (m *mergedFiles) ReadDir(name string) ([]fs.DirEntry, error) {
	p, err := m.find("readdir", name)
	switch {
	case err != nil:
		return nil, err
	case p.files != nil:
		return fs.ReadDir(p.files, name)
	case p.data != nil:
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errNotDir}
	}
	return slices.Clone(p.list), nil
}

// Stat describes what Open would open.
func (m *mergedFiles) Stat(name string) (fs.FileInfo, error) { return m.info("stat", name, fs.Stat) }

// Lstat describes what stands at name itself, a link as a link.
func (m *mergedFiles) Lstat(name string) (fs.FileInfo, error) { return m.info("lstat", name, fs.Lstat) }

func (m *mergedFiles) info(op, name string, stat func(fs.FS, string) (fs.FileInfo, error)) (fs.FileInfo, error) {
	p, err := m.find(op, name)
	switch {
	case err != nil:
		return nil, err
	case p.files != nil:
		return stat(p.files, name)
	}
	return &mergedInfo{path.Base(name), int64(len(p.data)), p.data == nil}, nil
}

// ReadLink is the text of the symbolic link at name.
func (m *mergedFiles) ReadLink(name string) (string, error) {
	p, err := m.find("readlink", name)
	if err == nil && p.files == nil {
		err = &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	if err != nil {
		return "", err
	}
	return fs.ReadLink(p.files, name)
}

// A mergedInfo describes a merged file, or a directory.
type mergedInfo struct {
	name string
	size int64
	dir  bool
}

func (i *mergedInfo) Name() string       { return i.name }
func (i *mergedInfo) Size() int64        { return i.size }
func (i *mergedInfo) ModTime() time.Time { return time.Time{} }
func (i *mergedInfo) IsDir() bool        { return i.dir }
func (i *mergedInfo) Sys() any           { return nil }

func (i *mergedInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}

// An openMergedFile is a file of merged content that somebody has opened.
type openMergedFile struct {
	info mergedInfo
	*bytes.Reader
}

func (f *openMergedFile) Stat() (fs.FileInfo, error) { return &f.info, nil }
func (f *openMergedFile) Close() error               { return nil }

// An openMergedDir is a directory that somebody has opened.
type openMergedDir struct {
	mergedInfo
	path string
	rest []fs.DirEntry
}

func (d *openMergedDir) Stat() (fs.FileInfo, error) { return &d.mergedInfo, nil }
func (d *openMergedDir) Close() error               { return nil }
func (d *openMergedDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.path, Err: errDir}
}

func (d *openMergedDir) ReadDir(n int) ([]fs.DirEntry, error) {
	list, rest, err := nextEntries(d.rest, n)
	d.rest = rest
	return list, err
}
