package repo

import (
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"golang.org/x/sync/errgroup"
)

// A trackedFile is what git's index says of a file.
type trackedFile struct {
	name  string // from git's top level; of a directory outside a sparse checkout it ends in a slash
	entry object.TreeEntry
	stat  [40]byte // as in indexEntry
	stage int      // of a conflict 1 to 3
	// absentIsFine is set where the file need not be on disk, unread where git does not look at it.
	absentIsFine, unread bool
}

// readTracked reads all of git's index, in its order, and when it was written.
func (s *store) readTracked() ([]trackedFile, time.Time, error) {
	var written time.Time
	if s.refused != "" {
		return nil, written, errors.New(s.refused)
	}
	info, err := os.Stat(s.index)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, written, nil
	}
	data, readErr := os.ReadFile(s.index)
	if err = errors.Join(err, readErr); err != nil {
		return nil, written, err
	}
	const assumeValid, skipWorktree = 0x8000, 0x4000
	var list []trackedFile
	err = scanIndex(data, s.hashSize, func(e *indexEntry) {
		f := trackedFile{
			name: string(e.name), stage: int(e.flags >> 12 & 3),
			absentIsFine: e.extended&skipWorktree != 0, unread: e.flags&assumeValid != 0,
		}
		f.entry.Mode = filemode.FileMode(e.mode)
		copy(f.entry.Hash[:], e.hash)
		copy(f.stat[:], e.stat)
		list = append(list, f)
	})
	if err != nil {
		return nil, written, fmt.Errorf("git index %s: %w", s.index, err)
	}
	return list, info.ModTime(), nil
}

// A workDiff compares a commit with the working tree.
type workDiff struct {
	*treeDiff
	repo    *Repo
	written time.Time // the index
	// trustMode is false where the file system does not tell which files are executable.
	trustMode bool
	checks    []fileCheck
}

// A fileCheck is a tracked file that has to be compared with what the commit has.
type fileCheck struct {
	file *trackedFile
	was  object.TreeEntry
}

// compareWorkTree adds the paths that differ between a tree and the working tree.
func (r *Repo) compareWorkTree(d *treeDiff, was plumbing.Hash) (notes []string, err error) {
	if r.noFiles != "" {
		return nil, fmt.Errorf("%s: %w", r.noFiles, errBare)
	}
	rules, err := r.git.rulesAt(r.Top, ".")
	if err != nil {
		return nil, err
	}
	at, err := r.git.rulesAt(r.Top, r.prefix())
	if err != nil {
		return nil, err
	} else if at.ignoresAll() {
		return nil, fmt.Errorf("git ignores %s, so nobody knows what changed in it", r.Root)
	}
	tracked, written, err := r.git.readTracked()
	if err != nil {
		return nil, err
	}
	mode, set := r.git.config.core("fileMode")
	w := &workDiff{treeDiff: d, repo: r, written: written, trustMode: runtime.GOOS != "windows" && (!set || isTrue(mode))}
	if err := w.dir("", dirEntry(was), tracked); err != nil {
		return nil, err
	}
	if err := w.check(); err != nil {
		return nil, err
	}
	return w.addUntracked(rules, tracked)
}

// dir matches what a tree has in a directory with what the index has there. Prefix ends in a slash, or is "" at the top.
func (w *workDiff) dir(prefix string, tree object.TreeEntry, tracked []trackedFile) error {
	was, err := w.entries(tree)
	if err != nil {
		return err
	}
	for len(tracked) > 0 {
		f := &tracked[0]
		child, _, below := strings.Cut(f.name[len(prefix):], "/")
		sub, n := prefix+child+"/", 1
		switch {
		case !below:
			for n < len(tracked) && tracked[n].name == f.name {
				n++ // the sides of a conflict
			}
			if e := was[child]; e.Mode == filemode.Dir {
				w.checks = append(w.checks, fileCheck{file: f})
			} else {
				w.checks = append(w.checks, fileCheck{f, e})
				delete(was, child)
			}
		case f.name == sub: // a directory outside a sparse checkout
			if err := w.compare(prefix+child, was[child], dirEntry(f.entry.Hash)); err != nil {
				return err
			}
			delete(was, child)
		default:
			for n < len(tracked) && strings.HasPrefix(tracked[n].name, sub) {
				n++
			}
			e := was[child]
			if e.Mode == filemode.Dir {
				delete(was, child)
			}
			if err := w.dir(sub, e, tracked[:n]); err != nil {
				return err
			}
		}
		tracked = tracked[n:]
	}
	for child, e := range was {
		if err := w.compare(prefix+child, e, object.TreeEntry{}); err != nil {
			return err
		}
	}
	return w.ctx.Err()
}

// check looks at the tracked files on disk, several at a time.
func (w *workDiff) check() error {
	onDisk := newPresence(w.repo.Top)
	there := make([]bool, len(w.checks))
	for i, c := range w.checks {
		there[i] = onDisk.dir(path.Dir(c.file.name)) // git would not call it there behind a link
	}
	group, ctx := errgroup.WithContext(w.ctx)
	parts := runtime.GOMAXPROCS(0)
	var mu sync.Mutex
	for part := range parts {
		group.Go(func() error {
			for i := part; i < len(w.checks); i += parts {
				if err := ctx.Err(); err != nil {
					return err
				}
				differs, err := w.differs(w.checks[i], there[i])
				if err != nil {
					return err
				}
				if differs {
					mu.Lock()
					w.names = append(w.names, w.checks[i].file.name)
					mu.Unlock()
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// differs reports whether a tracked file is not what the commit has.
func (w *workDiff) differs(c fileCheck, there bool) (bool, error) {
	f := c.file
	if f.stage != 0 {
		return true, nil
	}
	if f.unread {
		return !sameEntry(f.entry, c.was), nil
	}
	var info fs.FileInfo
	full := filepath.Join(w.repo.Top, filepath.FromSlash(f.name))
	if there {
		var err error
		if info, err = os.Lstat(full); err != nil && !missing(err) {
			return false, err
		}
	}
	var is object.TreeEntry
	var err error
	switch {
	case info == nil && f.absentIsFine:
		is = f.entry
	case info == nil:
	case f.entry.Mode == filemode.Submodule:
		is = w.submodule(full, info, f)
	case !info.IsDir():
		is, err = w.file(full, info, f)
	}
	return !sameEntry(is, c.was), err
}

// file returns what git would add of a file on disk.
func (w *workDiff) file(full string, info fs.FileInfo, f *trackedFile) (object.TreeEntry, error) {
	is := object.TreeEntry{Mode: w.mode(info, f), Hash: f.entry.Hash}
	if is.Mode == f.entry.Mode && w.untouched(info, f) {
		return is, nil
	}
	var err error
	if info.Mode().Type() == fs.ModeSymlink {
		var target string
		if target, err = os.Readlink(full); err == nil {
			is.Hash = plumbing.ComputeHash(plumbing.BlobObject, []byte(target))
		}
	} else if info.Mode().IsRegular() {
		is.Hash, err = hashFile(full)
	} else {
		is = object.TreeEntry{} // a pipe or a device, which git does not see
	}
	if missing(err) {
		return object.TreeEntry{}, nil // removed meanwhile
	}
	return is, err
}

// mode is the mode that git would give to a file on disk.
func (w *workDiff) mode(info fs.FileInfo, f *trackedFile) filemode.FileMode {
	isFile := f.entry.Mode == filemode.Regular || f.entry.Mode == filemode.Executable
	switch {
	case info.Mode().Type() == fs.ModeSymlink:
		return filemode.Symlink
	case !w.trustMode && isFile:
		return f.entry.Mode
	case w.trustMode && info.Mode()&0o100 != 0:
		return filemode.Executable
	case f.entry.Mode == filemode.Symlink && runtime.GOOS == "windows":
		return f.entry.Mode // a file with the name of the target, where there are no links
	}
	return filemode.Regular
}

// untouched reports whether a file is as it was when git wrote it into the index: its size and times are the same, and
// it was not written in the last moment before the index, when a further change would not show.
func (w *workDiff) untouched(info fs.FileInfo, f *trackedFile) bool {
	word := func(i int) uint32 { return binary.BigEndian.Uint32(f.stat[4*i:]) }
	at := info.ModTime()
	if word(9) != uint32(info.Size()) || word(2) != uint32(at.Unix()) || word(3) != uint32(at.Nanosecond()) {
		return false
	}
	if changed, ok := changeTime(info); ok && (word(0) != uint32(changed.Unix()) || word(1) != uint32(changed.Nanosecond())) {
		return false
	}
	return at.Before(w.written)
}

// hashFile returns the hash of a regular file as a blob.
func hashFile(name string) (hash plumbing.Hash, err error) {
	file, err := os.Open(name)
	if err != nil {
		return hash, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return hash, err
	}
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", info.Size())
	n, err := io.Copy(h, file)
	if err == nil && n != info.Size() {
		err = fmt.Errorf("read %s: it changes while it is read", name)
	}
	copy(hash[:], h.Sum(nil))
	return hash, err
}

// submodule returns which commit a submodule has checked out. One that is not checked out is as the index has it; of one
// whose commit cannot be told, nobody can say that it did not change.
func (w *workDiff) submodule(full string, info fs.FileInfo, f *trackedFile) object.TreeEntry {
	if !info.IsDir() {
		return object.TreeEntry{}
	}
	if _, ok := gitDirAt(filepath.Join(full, ".git")); !ok {
		return f.entry
	}
	is := object.TreeEntry{Mode: filemode.Submodule}
	s, _ := openStore(full, environ{})
	if s == nil {
		return is
	}
	o, err := s.openObjects()
	if err != nil {
		return is
	}
	is.Hash, _ = o.ref("HEAD")
	if o.close() != nil {
		return object.TreeEntry{Mode: filemode.Submodule}
	}
	return is
}

// addUntracked adds the files on disk that are neither tracked nor ignored.
func (w *workDiff) addUntracked(rules *ignoreRules, tracked []trackedFile) (notes []string, err error) {
	known := make(map[string]bool, len(tracked))
	var links []string
	for i := range tracked {
		known[tracked[i].name] = true
		if tracked[i].entry.Mode == filemode.Submodule {
			links = append(links, tracked[i].name)
		}
	}
	walker := &walk{
		git: w.repo.git, root: filepath.ToSlash(w.repo.Top), skip: w.repo.skipDirs(w.repo.Top), all: map[string]bool{},
	}
	f, err := walker.run(w.ctx, rules)
	if err != nil {
		return nil, err
	}
	foreign := append(f.checkouts, links...)
	for name := range walker.all {
		if !known[name] && !inAny(path.Dir(name), foreign) {
			w.names = append(w.names, name)
		}
	}
	return f.notes, nil
}
