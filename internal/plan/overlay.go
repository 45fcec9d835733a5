package plan

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"
)

// An overlay is a tree with some files changed in memory, and some directories in the place of others.
type overlay struct {
	base    fs.FS
	changed map[string][]byte
	mounts  map[string]fs.FS // nil: the directory is gone
}

func newOverlay(base fs.FS) *overlay {
	return &overlay{base: base, changed: map[string][]byte{}, mounts: map[string]fs.FS{}}
}

// mount puts a directory in the place of another, or, if it is nil, takes that away.
func (o *overlay) mount(dir string, files fs.FS) { o.mounts[dir] = files }

// below returns the tree that has the file, and its name there.
func (o *overlay) below(op, name string) (fs.FS, string, error) {
	for dir, files := range o.mounts {
		rest, in := strings.CutPrefix(name, dir+"/")
		if name == dir {
			rest, in = ".", true
		}
		switch {
		case !in:
		case files == nil:
			return nil, "", &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
		default:
			return files, rest, nil
		}
	}
	return o.base, name, nil
}

// Open gives the changed file if there is one. Directories are those of the base: a changed file that the base does not
// have is found by its name only, which is how go.sum files are looked for.
func (o *overlay) Open(name string) (fs.File, error) {
	if data, ok := o.changed[name]; ok {
		return &memFile{name: path.Base(name), size: int64(len(data)), Reader: bytes.NewReader(data)}, nil
	}
	files, name, err := o.below("open", name)
	if err != nil {
		return nil, err
	}
	return files.Open(name)
}

// ReadFile implements fs.ReadFileFS.
func (o *overlay) ReadFile(name string) ([]byte, error) {
	if data, ok := o.changed[name]; ok {
		return bytes.Clone(data), nil
	}
	files, name, err := o.below("open", name)
	if err != nil {
		return nil, err
	}
	return fs.ReadFile(files, name)
}

// Stat implements fs.StatFS.
func (o *overlay) Stat(name string) (fs.FileInfo, error) {
	if data, ok := o.changed[name]; ok {
		return &memFile{name: path.Base(name), size: int64(len(data))}, nil
	}
	files, name, err := o.below("stat", name)
	if err != nil {
		return nil, err
	}
	return fs.Stat(files, name)
}

// set changes a file and reports whether it was another before.
func (o *overlay) set(name string, data []byte) bool {
	old, err := o.ReadFile(name)
	if err == nil && bytes.Equal(old, data) {
		return false
	}
	o.changed[name] = data
	return true
}

// A memFile is an open changed file and what Stat says of it.
type memFile struct {
	name string
	size int64
	io.Reader
}

func (f *memFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f *memFile) Close() error               { return nil }
func (f *memFile) Name() string               { return f.name }
func (f *memFile) Size() int64                { return f.size }
func (f *memFile) Mode() fs.FileMode          { return 0o644 }
func (f *memFile) ModTime() time.Time         { return time.Time{} }
func (f *memFile) IsDir() bool                { return false }
func (f *memFile) Sys() any                   { return nil }
