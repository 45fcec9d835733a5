package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
)

// A disk is what a transaction does to a directory and all below it. Names are relative to it, with slashes; none leads
// out of it, by a link either. Tests put one in its place that fails when it is told to.
type disk interface {
	Lstat(name string) (fs.FileInfo, error)
	ReadFile(name string) ([]byte, error)
	// Write makes a new file of that mode, through to the disk.
	Write(name string, data []byte, mode fs.FileMode) error
	Mkdir(name string) error
	// Link gives a file a second name.
	Link(name, second string) error
	Rename(from, to string) error
	// Remove removes a file, or a directory with all in it; what is not there is no error.
	Remove(name string) error
	// Sync puts the names in a directory through to the disk.
	Sync(dir string) error
}

// A rootDisk is the real one.
type rootDisk struct{ *os.Root }

func (r rootDisk) Lstat(name string) (fs.FileInfo, error) {
	return r.Root.Lstat(filepath.FromSlash(name))
}
func (r rootDisk) ReadFile(name string) ([]byte, error) {
	return r.Root.ReadFile(filepath.FromSlash(name))
}
func (r rootDisk) Mkdir(name string) error  { return r.Root.Mkdir(filepath.FromSlash(name), 0o755) }
func (r rootDisk) Remove(name string) error { return r.Root.RemoveAll(filepath.FromSlash(name)) }

func (r rootDisk) Link(name, second string) error {
	return r.Root.Link(filepath.FromSlash(name), filepath.FromSlash(second))
}

func (r rootDisk) Rename(from, to string) error {
	return r.Root.Rename(filepath.FromSlash(from), filepath.FromSlash(to))
}

func (r rootDisk) Write(name string, data []byte, mode fs.FileMode) error {
	file, err := r.Root.OpenFile(filepath.FromSlash(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Chmod(mode), file.Sync(), file.Close())
}

func (r rootDisk) Sync(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // a directory cannot be synced there, and its names need not be
	}
	file, err := r.Root.Open(filepath.FromSlash(dir))
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// exists reports whether there is anything of that name.
func exists(d disk, name string) (bool, error) {
	_, err := d.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// digest returns the hash of a file, "" if there is none. What is not a regular file is refused.
func digest(d disk, name string) (string, error) {
	info, err := d.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is not a regular file: it is left alone, and so is all else", name)
	}
	data, err := d.ReadFile(name)
	if err != nil {
		return "", err
	}
	return hash(data), nil
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// syncDirs syncs the directories that hold the named files.
func syncDirs(d disk, names []string) error {
	done := map[string]bool{}
	for _, name := range names {
		dir := path.Dir(name)
		if done[dir] {
			continue
		}
		done[dir] = true
		if err := d.Sync(dir); err != nil {
			return err
		}
	}
	return nil
}
