package repo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxFileSize is the most that ReadFile and ReadOutside read, in bytes. go.mod, go.sum and vendor/modules.txt of the
// largest repositories stay far below it.
const maxFileSize = 16 << 20

var (
	// errLink is in the error for a file that is a symbolic link. The go command reads it; modgov could not edit it
	// without replacing the link or writing to a place that nobody named, and does not pretend.
	errLink = errors.New("it is a symbolic link, which is not followed: make it a regular file")
	// errIrregular is in the error for a device, pipe or socket in the place of a file.
	errIrregular = errors.New("it is not a regular file")
	// errTooLarge is in the error for a file of more than maxFileSize bytes.
	errTooLarge = fmt.Errorf("it is larger than %d MiB", maxFileSize>>20)

	errNotDir = errors.New("it is not a directory")
	errDir    = errors.New("it is a directory")
)

// files is the FS of the working tree: slash paths relative to the root, nothing outside of it.
//
// A path may pass through a link to a directory if it stays inside the root, since a go.work or a replace line may
// spell it so and the go command goes there. A link that leaves the root is an error. So is a file that is a link
// (errLink: a writer would replace the link or empty a file that nobody named), a pipe or a device (errIrregular: it
// would block or never end). Lists show links as links: a walk does not enter them. Safe for concurrent use.
type files struct{ root *os.Root }

var (
	_ fs.ReadFileFS = files{}
	_ fs.ReadDirFS  = files{}
	_ fs.StatFS     = files{}
	_ fs.ReadLinkFS = files{}
)

// Open opens a regular file or a directory for reading.
func (f files) Open(name string) (fs.File, error) {
	if _, err := f.stat("open", name); err != nil {
		return nil, err
	}
	file, err := f.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, pathError("open", name, err)
	}
	// What was looked at and what was opened may differ when somebody writes to the tree meanwhile.
	info, err := file.Stat()
	if err == nil && !info.IsDir() {
		err = regular("open", name, info)
	}
	if err != nil {
		file.Close()
		return nil, pathError("open", name, err)
	}
	return file, nil
}

// ReadFile reads a whole regular file of at most maxFileSize bytes.
func (f files) ReadFile(name string) ([]byte, error) {
	file, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readLimited(name, file)
}

// ReadDir lists a directory, sorted by name.
func (f files) ReadDir(name string) ([]fs.DirEntry, error) {
	file, err := f.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	dir, ok := file.(fs.ReadDirFile)
	if !ok {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errNotDir}
	}
	list, err := dir.ReadDir(-1)
	if err != nil {
		return nil, pathError("readdir", name, err)
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, nil
}

// Stat describes what Open would open.
func (f files) Stat(name string) (fs.FileInfo, error) { return f.stat("stat", name) }

// Lstat describes what stands at name itself, a link as a link.
func (f files) Lstat(name string) (fs.FileInfo, error) { return f.lstat("lstat", name) }

// ReadLink is the text of the symbolic link at name.
func (f files) ReadLink(name string) (string, error) {
	local, err := localize("readlink", name)
	if err != nil {
		return "", err
	}
	target, err := f.root.Readlink(local)
	return target, pathError("readlink", name, err)
}

func (f files) lstat(op, name string) (fs.FileInfo, error) {
	local, err := localize(op, name)
	if err != nil {
		return nil, err
	}
	info, err := f.root.Lstat(local)
	return info, pathError(op, name, err)
}

// stat describes what stands at name if it may be opened: a directory, a link to one, or a regular file.
func (f files) stat(op, name string) (fs.FileInfo, error) {
	info, err := f.lstat(op, name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return info, nil
	}
	if info.Mode().Type() == fs.ModeSymlink {
		target, err := f.root.Stat(filepath.FromSlash(name))
		if err != nil {
			return nil, pathError(op, name, err)
		}
		if target.IsDir() {
			return target, nil
		}
	}
	return info, regular(op, name, info)
}

// ReadOutside reads the file name in dir, for replace targets and workspace files outside the root: dir is absolute,
// name is a plain file name such as go.mod. The same limits hold as for the FS of a tree: a regular file, no link, at
// most 16 MiB. The caller says that something outside the repository was read.
func ReadOutside(dir, name string) ([]byte, error) {
	full := filepath.Join(dir, name)
	if !filepath.IsAbs(dir) || filepath.Base(name) != name || !filepath.IsLocal(name) || name == "." {
		return nil, &fs.PathError{Op: "open", Path: full, Err: fs.ErrInvalid}
	}
	return readRegular(full)
}

// readRegular reads the regular file at name, at most maxFileSize bytes, and follows no link at its end.
func readRegular(name string) ([]byte, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if err := regular("open", name, info); err != nil {
		return nil, err
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readLimited(name, file)
}

// readLimited reads all of an open file, at most maxFileSize bytes.
func readLimited(name string, file fs.File) ([]byte, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, pathError("read", name, err)
	}
	var buf bytes.Buffer
	buf.Grow(int(min(info.Size(), maxFileSize)) + bytes.MinRead)
	if _, err := buf.ReadFrom(io.LimitReader(file, maxFileSize+1)); err != nil {
		return nil, pathError("read", name, err)
	}
	if buf.Len() > maxFileSize {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errTooLarge}
	}
	return buf.Bytes(), nil
}

// regular is nil for a regular file, else why it is not read.
func regular(op, name string, info fs.FileInfo) error {
	switch {
	case info.Mode().IsRegular():
		return nil
	case info.Mode().Type() == fs.ModeSymlink:
		return &fs.PathError{Op: op, Path: name, Err: errLink}
	case info.IsDir():
		return &fs.PathError{Op: op, Path: name, Err: errDir}
	}
	return &fs.PathError{Op: op, Path: name, Err: errIrregular}
}

// pathError names the path as the caller gave it; os.Root names the step that failed.
func pathError(op, name string, err error) error {
	if err == nil {
		return nil
	}
	var inner *fs.PathError
	if errors.As(err, &inner) {
		err = inner.Err
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// localize is the operating system's spelling of a slash path, or an error for a path that an fs.FS must refuse.
func localize(op, name string) (string, error) {
	local, err := filepath.Localize(name)
	if err != nil {
		return "", &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	return local, nil
}
