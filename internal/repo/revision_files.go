package repo

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// revisionFiles is the FS of a commit, with the rules of files: links to directories are followed if they stay inside,
// a file that is a link is errLink. Safe for concurrent use.
type revisionFiles struct {
	objects *objects
	root    plumbing.Hash

	mu    sync.Mutex
	trees map[plumbing.Hash][]object.TreeEntry
}

var (
	_ fs.ReadFileFS = (*revisionFiles)(nil)
	_ fs.ReadDirFS  = (*revisionFiles)(nil)
	_ fs.StatFS     = (*revisionFiles)(nil)
	_ fs.ReadLinkFS = (*revisionFiles)(nil)
)

// entries returns what stands in a tree, but for names that no file system would have.
func (f *revisionFiles) entries(hash plumbing.Hash) ([]object.TreeEntry, error) {
	f.mu.Lock()
	list, ok := f.trees[hash]
	f.mu.Unlock()
	if ok {
		return list, nil
	}
	list, err := f.objects.tree(hash)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(e object.TreeEntry) bool {
		return e.Name == "." || e.Name == ".." || strings.Contains(e.Name, "/")
	})
	slices.SortFunc(list, func(a, b object.TreeEntry) int { return strings.Compare(a.Name, b.Name) })
	f.mu.Lock()
	defer f.mu.Unlock()
	f.trees[hash] = list
	return list, nil
}

// maxLinks is how many links one path may pass through.
const maxLinks = 40

// lookup finds what stands at a path, passing through links to directories but not following one at its end.
func (f *revisionFiles) lookup(op, name string, links int) (object.TreeEntry, error) {
	at := object.TreeEntry{Mode: filemode.Dir, Hash: f.root}
	if !fs.ValidPath(name) {
		return at, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	if name == "." {
		return at, nil
	}
	dir := "."
	for elem := range strings.SplitSeq(name, "/") {
		if at.Mode == filemode.Symlink {
			var err error
			if at, dir, err = f.follow(op, dir, at, links); err != nil {
				return at, err
			}
		}
		if at.Mode != filemode.Dir {
			return at, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
		}
		entries, err := f.entries(at.Hash)
		if err != nil {
			return at, &fs.PathError{Op: op, Path: name, Err: err}
		}
		i, ok := slices.BinarySearchFunc(entries, elem, func(e object.TreeEntry, s string) int { return strings.Compare(e.Name, s) })
		if !ok {
			return at, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
		}
		at, dir = entries[i], path.Join(dir, elem)
	}
	return at, nil
}

// follow returns what a link at a path leads to, and its path; it must stay inside the root.
func (f *revisionFiles) follow(op, name string, link object.TreeEntry, links int) (object.TreeEntry, string, error) {
	fail := func(err error) (object.TreeEntry, string, error) {
		return link, name, &fs.PathError{Op: op, Path: name, Err: err}
	}
	if links >= maxLinks {
		return fail(errors.New("too many links"))
	}
	text, err := f.objects.read(plumbing.BlobObject, link.Hash)
	if err != nil {
		return fail(err)
	}
	target := path.Join(path.Dir(name), string(text))
	if path.IsAbs(string(text)) || !fs.ValidPath(target) {
		return fail(errors.New("path escapes from parent"))
	}
	at, err := f.lookup(op, target, links+1)
	if err == nil && at.Mode == filemode.Symlink {
		return f.follow(op, target, at, links+1)
	}
	return at, target, err
}

// at finds what may be opened at a path: a directory, a link to one, or a regular file.
func (f *revisionFiles) at(op, name string) (object.TreeEntry, error) {
	e, err := f.lookup(op, name, 0)
	if err != nil {
		return e, err
	}
	if e.Mode == filemode.Symlink {
		if target, _, err := f.follow(op, name, e, 0); err != nil {
			return e, err
		} else if target.Mode == filemode.Dir {
			return target, nil
		}
		return e, &fs.PathError{Op: op, Path: name, Err: errLink}
	}
	return e, nil
}

// Open opens a regular file or a directory.
func (f *revisionFiles) Open(name string) (fs.File, error) {
	e, err := f.at("open", name)
	if err != nil {
		return nil, err
	}
	info := &revisionInfo{name: path.Base(name), entry: e, files: f}
	if info.IsDir() {
		return &revisionDir{revisionInfo: info, path: name}, nil
	}
	data, err := f.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return &revisionFile{revisionInfo: info, Reader: bytes.NewReader(data)}, nil
}

// ReadFile reads a whole regular file of at most maxFileSize bytes.
func (f *revisionFiles) ReadFile(name string) ([]byte, error) {
	e, err := f.at("open", name)
	if err != nil {
		return nil, err
	}
	if e.Mode == filemode.Dir || e.Mode == filemode.Submodule {
		return nil, &fs.PathError{Op: "open", Path: name, Err: errDir}
	}
	data, err := f.objects.read(plumbing.BlobObject, e.Hash)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: err}
	}
	return data, nil
}

// ReadDir lists a directory, sorted by name. A submodule is an empty one.
func (f *revisionFiles) ReadDir(name string) ([]fs.DirEntry, error) {
	e, err := f.at("readdir", name)
	if err != nil {
		return nil, err
	}
	switch e.Mode {
	case filemode.Submodule:
		return nil, nil
	case filemode.Dir:
	default:
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errNotDir}
	}
	entries, err := f.entries(e.Hash)
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: err}
	}
	out := make([]fs.DirEntry, len(entries))
	for i, e := range entries {
		out[i] = &revisionEntry{revisionInfo{name: e.Name, entry: e, files: f}, path.Join(name, e.Name)}
	}
	return out, nil
}

// Stat describes what Open would open.
func (f *revisionFiles) Stat(name string) (fs.FileInfo, error) {
	e, err := f.at("stat", name)
	if err != nil {
		return nil, err
	}
	return f.info("stat", name, e)
}

// Lstat describes what stands at name itself, a link as a link.
func (f *revisionFiles) Lstat(name string) (fs.FileInfo, error) {
	e, err := f.lookup("lstat", name, 0)
	if err != nil {
		return nil, err
	}
	return f.info("lstat", name, e)
}

// info finds out the size, which a clone may not have.
func (f *revisionFiles) info(op, name string, e object.TreeEntry) (fs.FileInfo, error) {
	i := &revisionInfo{name: path.Base(name), entry: e, files: f}
	if i.IsDir() {
		return i, nil
	}
	size, err := f.objects.size(e.Hash)
	if err != nil {
		return nil, &fs.PathError{Op: op, Path: name, Err: err}
	}
	i.size = size
	return i, nil
}

// ReadLink is the text of the symbolic link at name.
func (f *revisionFiles) ReadLink(name string) (string, error) {
	e, err := f.lookup("readlink", name, 0)
	if err != nil {
		return "", err
	}
	if e.Mode != filemode.Symlink {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	data, err := f.objects.read(plumbing.BlobObject, e.Hash)
	if err != nil {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: err}
	}
	return string(data), nil
}

// A revisionInfo describes a file of a revision. It has no time: git keeps none.
type revisionInfo struct {
	name  string
	entry object.TreeEntry
	size  int64
	files *revisionFiles
}

func (i *revisionInfo) Name() string       { return i.name }
func (i *revisionInfo) Size() int64        { return i.size }
func (i *revisionInfo) ModTime() time.Time { return time.Time{} }
func (i *revisionInfo) IsDir() bool        { return i.Mode().IsDir() }
func (i *revisionInfo) Sys() any           { return nil }

func (i *revisionInfo) Mode() fs.FileMode {
	switch i.entry.Mode {
	case filemode.Dir, filemode.Submodule:
		return fs.ModeDir | 0o755
	case filemode.Symlink:
		return fs.ModeSymlink | 0o777
	case filemode.Executable:
		return 0o755
	}
	return 0o644
}

// A revisionEntry is what a list of a directory says of a file. Its size is looked up when it is asked for.
type revisionEntry struct {
	revisionInfo
	path string
}

func (e *revisionEntry) Type() fs.FileMode { return e.Mode().Type() }
func (e *revisionEntry) Info() (fs.FileInfo, error) {
	return e.files.info("stat", e.path, e.entry)
}

// A revisionFile is an open file.
type revisionFile struct {
	*revisionInfo
	*bytes.Reader
}

func (f *revisionFile) Stat() (fs.FileInfo, error) {
	info := *f.revisionInfo
	info.size = f.Reader.Size()
	return &info, nil
}
func (f *revisionFile) Close() error { return nil }

// Size is that of the file: both embedded types have one.
func (f *revisionFile) Size() int64 { return f.Reader.Size() }

// A revisionDir is an open directory.
type revisionDir struct {
	*revisionInfo
	path string
	rest []fs.DirEntry
	read bool
}

func (d *revisionDir) Stat() (fs.FileInfo, error) { return d.revisionInfo, nil }
func (d *revisionDir) Close() error               { return nil }
func (d *revisionDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.path, Err: errDir}
}

func (d *revisionDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if !d.read {
		list, err := d.files.ReadDir(d.path)
		if err != nil {
			return nil, err
		}
		d.rest, d.read = list, true
	}
	list, rest, err := nextEntries(d.rest, n)
	d.rest = rest
	return list, err
}

// nextEntries is what [fs.ReadDirFile] returns next, and what is left then.
func nextEntries(list []fs.DirEntry, n int) (next, rest []fs.DirEntry, err error) {
	if n <= 0 {
		return list, nil, nil
	}
	if len(list) == 0 {
		return nil, nil, io.EOF
	}
	n = min(n, len(list))
	return list[:n], list[n:], nil
}
