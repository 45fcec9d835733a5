package repo

import (
	"bytes"
	"cmp"
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

// objects reads the objects and refs of a repository: packed objects through packs, the others through go-git. Its
// storage is not made for several goroutines, and it looks for alternates in a way that takes a storage for each object;
// so there is one lock around all of it, and one storage for each directory of objects. Safe for concurrent use.
type objects struct {
	gitDirs
	config *gitConfig

	mu       sync.Mutex
	packs    *packs
	stores   []*filesystem.Storage // the repository's own first, then its alternates
	absent   []string              // alternates that are not there
	shallow  map[plumbing.Hash]bool
	searched bool // the packs were listed anew once, since git may have made others
}

// maxAlternates is how deep alternates of alternates are followed, as in git.
const maxAlternates = 5

// inCI is how CI services are told to fetch the whole history.
const inCI = "actions/checkout: fetch-depth: 0; GitLab: GIT_DEPTH: 0"

// openObjects opens the objects of the repository. The error says what about it cannot be read.
func (s *store) openObjects() (*objects, error) {
	why := s.refused
	if s.dir != "" {
		f := s.config.format()
		why = f.refused + f.unreadable
	}
	if why != "" {
		return nil, fmt.Errorf("the revisions of the git repository %s %w: %s", cmp.Or(s.top, s.dir), ErrUnreadable, why)
	}
	var files billy.Filesystem = osfs.New(s.dir)
	if s.linked() {
		files = dotgit.NewRepositoryFilesystem(files, osfs.New(s.common))
	}
	o := &objects{gitDirs: s.gitDirs, config: s.config, stores: []*filesystem.Storage{newStorage(files)}}
	own := filepath.Join(s.common, "objects")
	o.packs = openPacks(append([]string{own}, o.addAlternates(own, maxAlternates)...))
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

// addAlternates opens the directories of objects that this one borrows from, and returns them.
func (o *objects) addAlternates(dir string, depth int) (dirs []string) {
	data, err := readRegular(filepath.Join(dir, "info", "alternates"))
	if err != nil || depth == 0 {
		return nil // no such file, as a rule
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
		dirs = append(append(dirs, name), o.addAlternates(name, depth-1)...)
	}
	return dirs
}

func (o *objects) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	errs := []error{o.packs.close()}
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
		return "the clone is shallow; git fetch --unshallow brings the rest (" + inCI + ")"
	}
	return "the repository is damaged; git fsck tells more"
}

// isWhole reports whether the clone has all that it was made to have: what is absent then was never fetched.
func (o *objects) isWhole() bool { return len(o.absent)+len(o.shallow) == 0 && !o.config.promisor() }

// read returns the content of an object, which the caller may change if it is a blob. The error is a *missingError if it
// is not there.
func (o *objects) read(t plumbing.ObjectType, hash plumbing.Hash) ([]byte, error) {
	c, err := o.find(t, hash)
	if err == nil && c.kind != t {
		return nil, fmt.Errorf("%s is a %s, not a %s", hash, c.kind, t)
	}
	return c.data, err
}

// find returns the content of an object; t says what is wanted, for messages. It looks in all directories of objects, a
// second time after the packs were listed anew.
func (o *objects) find(t plumbing.ObjectType, hash plumbing.Hash) (content, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	what := t.String()
	if t == plumbing.AnyObject {
		what = "object"
	}
	for {
		c, err := o.look(hash)
		switch {
		case err == nil:
			return c, nil
		case !errors.Is(err, plumbing.ErrObjectNotFound):
			return c, fmt.Errorf("%s %s: %w", what, hash, err)
		case o.searched:
			return c, &missingError{what, hash, o.whyMissing()}
		}
		o.searched = true
		o.packs.refresh()
		for _, s := range o.stores {
			s.Reindex()
		}
	}
}

// look looks for an object once. The error is plumbing.ErrObjectNotFound if it is not there.
func (o *objects) look(hash plumbing.Hash) (content, error) {
	c, err := o.packs.read(hash)
	for _, s := range o.stores {
		if !errors.Is(err, plumbing.ErrObjectNotFound) {
			break
		}
		var obj plumbing.EncodedObject
		if obj, err = s.EncodedObject(plumbing.AnyObject, hash); err == nil {
			c, err = loaded(obj)
		} else if errors.Is(err, os.ErrNotExist) {
			err = plumbing.ErrObjectNotFound
		}
	}
	if err != nil && o.packs.bad != nil {
		return c, o.packs.bad
	}
	return c, err
}

// loaded reads an object that go-git has found.
func loaded(obj plumbing.EncodedObject) (content, error) {
	if obj.Size() > maxFileSize {
		return content{}, errTooLarge
	}
	reader, err := obj.Reader()
	if err != nil {
		return content{}, err
	}
	var buf bytes.Buffer
	buf.Grow(int(obj.Size()) + bytes.MinRead)
	_, err = buf.ReadFrom(io.LimitReader(reader, maxFileSize+1))
	return content{obj.Type(), buf.Bytes()}, errors.Join(err, reader.Close())
}

// size returns the size of a blob.
func (o *objects) size(hash plumbing.Hash) (int64, error) {
	o.mu.Lock()
	n, err := o.packs.size(hash)
	o.mu.Unlock()
	if err == nil {
		return n, nil
	}
	c, err := o.find(plumbing.BlobObject, hash)
	return int64(len(c.data)), err
}

// encoded is an object that was read, as go-git's decoders want it.
func encoded(c content) plumbing.EncodedObject {
	m := &plumbing.MemoryObject{}
	m.SetType(c.kind)
	_, _ = m.Write(c.data) // into memory
	return m
}

func (o *objects) commit(hash plumbing.Hash) (*object.Commit, error) {
	data, err := o.read(plumbing.CommitObject, hash)
	if err != nil {
		return nil, err
	}
	c := &object.Commit{}
	if err := c.Decode(encoded(content{plumbing.CommitObject, data})); err != nil {
		return nil, fmt.Errorf("commit %s: %w", hash, err)
	}
	if o.shallow[hash] {
		c.ParentHashes = nil // git cut them off
	}
	return c, nil
}

func (o *objects) tree(hash plumbing.Hash) ([]object.TreeEntry, error) {
	data, err := o.read(plumbing.TreeObject, hash)
	if err != nil {
		return nil, err
	}
	t := &object.Tree{}
	if err := t.Decode(encoded(content{plumbing.TreeObject, data})); err != nil {
		return nil, fmt.Errorf("tree %s: %w", hash, err)
	}
	return t.Entries, nil
}

// peel follows tags to the commit that they name.
func (o *objects) peel(hash plumbing.Hash) (plumbing.Hash, error) {
	for range 10 {
		c, err := o.find(plumbing.AnyObject, hash)
		if err != nil {
			return hash, err
		}
		switch c.kind {
		case plumbing.CommitObject:
			return hash, nil
		case plumbing.TagObject:
		default:
			return hash, fmt.Errorf("%s is a %s, not a commit", hash, c.kind)
		}
		tag := &object.Tag{}
		if err := tag.Decode(encoded(c)); err != nil {
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

// names returns the short names of branches, remote branches and tags, sorted.
func (o *objects) names() ([]string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	refs, err := o.stores[0].IterReferences()
	if err != nil {
		return nil, fmt.Errorf("list the refs: %w", err)
	}
	var out []string
	err = refs.ForEach(func(r *plumbing.Reference) error {
		if n := r.Name(); n.IsBranch() || n.IsRemote() || n.IsTag() {
			out = append(out, n.Short())
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the refs: %w", err)
	}
	return sorted(out), nil
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
