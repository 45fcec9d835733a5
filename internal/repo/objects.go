package repo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"
)

// objects reads the objects and refs of a repository. go-git's storage is not made for several goroutines, and it looks
// for alternates in a way that takes a storage for each object; so there is one lock around all of it, and one storage
// for each directory of objects. Safe for concurrent use.
type objects struct {
	gitDirs
	config *gitConfig

	mu       sync.Mutex
	stores   []*filesystem.Storage // the repository's own first, then its alternates
	absent   []string              // alternates that are not there
	shallow  map[plumbing.Hash]bool
	searched bool // the packs were listed anew once, since git may have made others
}

// maxAlternates is how deep alternates of alternates are followed, as in git.
const maxAlternates = 5

// openObjects opens the objects of the repository. The error says what about it cannot be read.
func (s *store) openObjects() (*objects, error) {
	if s.dir == "" {
		return nil, fmt.Errorf("its revisions cannot be read: %s", s.refused)
	}
	if f := s.config.format(); f.refused != "" || f.unreadable != "" {
		return nil, fmt.Errorf("its revisions cannot be read: %s", f.refused+f.unreadable)
	}
	var files billy.Filesystem = osfs.New(s.dir)
	if s.linked() {
		files = dotgit.NewRepositoryFilesystem(files, osfs.New(s.common))
	}
	o := &objects{gitDirs: s.gitDirs, config: s.config, stores: []*filesystem.Storage{newStorage(files)}}
	o.addAlternates(filepath.Join(s.common, "objects"), maxAlternates)
	shallow, err := o.stores[0].Shallow()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the list of shallow commits: %w", err), o.close())
	}
	o.shallow = map[plumbing.Hash]bool{}
	for _, h := range shallow {
		o.shallow[h] = true
	}
	return o, nil
}

func newStorage(files billy.Filesystem) *filesystem.Storage {
	return filesystem.NewStorageWithOptions(files, cache.NewObjectLRU(16*cache.MiByte),
		filesystem.Options{KeepDescriptors: true})
}

// addAlternates opens the directories of objects that this one borrows from.
func (o *objects) addAlternates(dir string, depth int) {
	data, err := readRegular(filepath.Join(dir, "info", "alternates"))
	if err != nil || depth == 0 {
		return // no such file, as a rule
	}
	for line := range strings.Lines(string(data)) {
		name := strings.TrimSpace(line)
		if name == "" || strings.HasPrefix(name, "#") {
			continue
		}
		name = absolute(dir, filepath.FromSlash(name))
		if filepath.Base(name) != "objects" || !isDir(name) {
			o.absent = append(o.absent, name)
			continue
		}
		o.stores = append(o.stores, newStorage(osfs.New(filepath.Dir(name))))
		o.addAlternates(name, depth-1)
	}
}

func (o *objects) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var errs []error
	for _, s := range o.stores {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}

// A missingError tells that an object is not in the clone, and why.
type missingError struct {
	what string // "commit", "tree", "blob"
	hash plumbing.Hash
	why  string
}

func (e *missingError) Error() string {
	return fmt.Sprintf("%s %s is %v: %s", e.what, e.hash, ErrNotFetched, e.why)
}

func (e *missingError) Is(target error) bool { return target == ErrNotFetched }

// whyMissing says why an object may be absent, and what brings it.
func (o *objects) whyMissing() string {
	switch {
	case len(o.absent) > 0:
		return "the repository borrows objects from " + o.absent[0] + ", which is not there"
	case o.config.promisor():
		return "the clone is partial; git fetch --refetch --no-filter brings all objects"
	case len(o.shallow) > 0:
		return "the clone is shallow; git fetch --unshallow brings the rest (actions/checkout: fetch-depth: 0)"
	}
	return "the repository is damaged; git fsck tells more"
}

// read returns the content of an object. It is a *missingError if it is not there.
func (o *objects) read(t plumbing.ObjectType, hash plumbing.Hash) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	obj, err := o.find(t, hash)
	if err != nil {
		return nil, err
	}
	if obj.Size() > MaxFileSize {
		return nil, ErrTooLarge
	}
	reader, err := obj.Reader()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", t, hash, err)
	}
	var buf bytes.Buffer
	buf.Grow(int(obj.Size()) + bytes.MinRead)
	_, err = buf.ReadFrom(io.LimitReader(reader, MaxFileSize+1))
	if err = errors.Join(err, reader.Close()); err != nil {
		return nil, fmt.Errorf("%s %s: %w", t, hash, err)
	}
	return buf.Bytes(), nil
}

// find looks in all directories of objects, a second time after the packs were listed anew. The lock is held.
func (o *objects) find(t plumbing.ObjectType, hash plumbing.Hash) (plumbing.EncodedObject, error) {
	for {
		for _, s := range o.stores {
			obj, err := s.EncodedObject(t, hash)
			if err == nil || !errors.Is(err, plumbing.ErrObjectNotFound) && !errors.Is(err, os.ErrNotExist) {
				return obj, err
			}
		}
		if o.searched {
			what := t.String()
			if t == plumbing.AnyObject {
				what = "object"
			}
			return nil, &missingError{what, hash, o.whyMissing()}
		}
		o.searched = true
		for _, s := range o.stores {
			s.Reindex()
		}
	}
}

// size returns the size of a blob.
func (o *objects) size(hash plumbing.Hash) (int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.stores {
		if n, err := s.EncodedObjectSize(hash); err == nil {
			return n, nil
		}
	}
	obj, err := o.find(plumbing.BlobObject, hash)
	if err != nil {
		return 0, err
	}
	return obj.Size(), nil
}

// encoded is an object that was read, as go-git's decoders want it.
func (o *objects) encoded(t plumbing.ObjectType, hash plumbing.Hash) (plumbing.EncodedObject, error) {
	data, err := o.read(t, hash)
	if err != nil {
		return nil, err
	}
	m := &plumbing.MemoryObject{}
	m.SetType(t)
	_, err = m.Write(data)
	return m, err
}

func (o *objects) commit(hash plumbing.Hash) (*object.Commit, error) {
	e, err := o.encoded(plumbing.CommitObject, hash)
	if err != nil {
		return nil, err
	}
	c := &object.Commit{}
	if err := c.Decode(e); err != nil {
		return nil, fmt.Errorf("commit %s: %w", hash, err)
	}
	if o.shallow[hash] {
		c.ParentHashes = nil // git cut them off
	}
	return c, nil
}

func (o *objects) tree(hash plumbing.Hash) ([]object.TreeEntry, error) {
	e, err := o.encoded(plumbing.TreeObject, hash)
	if err != nil {
		return nil, err
	}
	t := &object.Tree{}
	if err := t.Decode(e); err != nil {
		return nil, fmt.Errorf("tree %s: %w", hash, err)
	}
	return t.Entries, nil
}

// peel follows tags to the commit that they name.
func (o *objects) peel(hash plumbing.Hash) (plumbing.Hash, error) {
	for range 10 {
		o.mu.Lock()
		obj, err := o.find(plumbing.AnyObject, hash)
		o.mu.Unlock()
		if err != nil {
			return hash, err
		}
		switch obj.Type() {
		case plumbing.CommitObject:
			return hash, nil
		case plumbing.TagObject:
		default:
			return hash, fmt.Errorf("%s is a %s, not a commit", hash, obj.Type())
		}
		e, err := o.encoded(plumbing.TagObject, hash)
		if err != nil {
			return hash, err
		}
		tag := &object.Tag{}
		if err := tag.Decode(e); err != nil {
			return hash, fmt.Errorf("tag %s: %w", hash, err)
		}
		hash = tag.Target
	}
	return hash, errors.New("tags of tags without end")
}

// ref returns what a ref names, false if there is no such ref.
func (o *objects) ref(name string) (plumbing.Hash, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r, err := storer.ResolveReference(o.stores[0], plumbing.ReferenceName(name))
	if err != nil || r == nil {
		return plumbing.ZeroHash, false
	}
	return r.Hash(), true
}

// abbreviated returns the objects whose names begin with a prefix of hexadecimal digits.
func (o *objects) abbreviated(prefix string) ([]plumbing.Hash, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	whole, err := hexBytes(prefix[:len(prefix)&^1])
	if err != nil {
		return nil, err
	}
	var out []plumbing.Hash
	seen := map[plumbing.Hash]bool{}
	for _, s := range o.stores {
		found, err := s.HashesWithPrefix(whole)
		if err != nil {
			return nil, err
		}
		for _, h := range found {
			if !seen[h] && strings.HasPrefix(h.String(), prefix) {
				seen[h] = true
				out = append(out, h)
			}
		}
	}
	return out, nil
}
