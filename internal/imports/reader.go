package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/modgov/modgov/internal/workspace"
)

// A Reader reads directories of Go files, each once: it serves many calls of Load as long as no Go file changes. It is
// safe for concurrent use.
type Reader struct {
	fsys fs.FS

	mu   sync.Mutex
	dirs map[string]*directory
}

// NewReader returns a reader of the files of a repository, rooted at its root.
func NewReader(fsys fs.FS) *Reader { return &Reader{fsys: fsys, dirs: map[string]*directory{}} }

// A directory is what matters of a directory.
type directory struct {
	subdirs  []string // names, sorted
	goMod    bool     // it is the root of a module
	goFiles  bool     // there are Go files, be they ignored: the directory is a package as far as go looks one up
	imports  []spec   // of all files that any build may use
	problems []Problem
}

// A spec is an import of a package: the first for its path of those that count alike.
type spec struct {
	path string
	when When // InTests if a test file has it
	std  bool // its first element has no dot, so that it can be in the standard library
	pos  workspace.Position
}

// read reads the directories that have not been read before.
func (r *Reader) read(ctx context.Context, dirs []string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, dir := range dirs {
		if r.dir(dir) != nil {
			continue
		}
		group.Go(func() error {
			d := r.readDir(dir)
			r.mu.Lock()
			defer r.mu.Unlock()
			r.dirs[dir] = d
			return ctx.Err()
		})
	}
	return group.Wait()
}

// dir returns a directory that has been read, nil if it has not.
func (r *Reader) dir(dir string) *directory {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dirs[dir]
}

// isModule reports whether a go.mod file stands in a directory, which cuts it out of the module around it.
func (r *Reader) isModule(dir string) bool {
	if d := r.dir(dir); d != nil {
		return d.goMod
	}
	info, err := fs.Stat(r.fsys, path.Join(dir, "go.mod"))
	return err == nil && !info.IsDir()
}

func (r *Reader) readDir(dir string) *directory {
	d := &directory{}
	sub, entries, err := r.openDir(dir)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			d.unreadable(dir, err)
		}
		return d
	}
	if c, ok := sub.(io.Closer); ok {
		defer c.Close() // it was only read
	}
	m := merger{buf: make([]byte, usualHead), at: map[mergeKey]int{}}
	for _, e := range entries {
		name := e.Name()
		switch {
		case e.IsDir():
			d.subdirs = append(d.subdirs, name)
		case name == "go.mod":
			d.goMod = true
		case strings.HasSuffix(name, ".go"):
			d.readFile(r, sub, path.Join(dir, name), e, &m)
		}
	}
	d.imports = m.specs
	return d
}

// openDir lists a directory. The files of one are many, so it is a file system of its own where it can be: that spares
// the way to each.
func (r *Reader) openDir(dir string) (fs.FS, []fs.DirEntry, error) {
	sub, err := fs.Sub(r.fsys, dir)
	if err != nil {
		return nil, nil, err
	}
	entries, err := fs.ReadDir(sub, ".")
	if c, ok := sub.(io.Closer); ok && err != nil {
		err = errors.Join(err, c.Close())
	}
	return sub, entries, err
}

func (d *directory) unreadable(name string, err error) {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err // it names the file a second time
	}
	d.problems = append(d.problems, Problem{FileError: &workspace.FileError{
		Pos: workspace.Position{File: name}, Msg: fmt.Sprintf("cannot be read: %v", err),
	}})
}

// readFile reads a Go file. go follows links to files, and does not see those that lead nowhere.
func (d *directory) readFile(r *Reader, sub fs.FS, name string, e fs.DirEntry, m *merger) {
	target, err := e.Name(), error(nil)
	switch {
	case e.Type()&fs.ModeSymlink != 0:
		sub = r.fsys
		target, err = r.follow(name)
	case !e.Type().IsRegular():
		return
	}
	if target == "" && err == nil {
		return
	}
	d.goFiles = true
	if base := path.Base(name); base[0] == '_' || base[0] == '.' {
		return
	}
	var specs []spec
	var bad *workspace.FileError
	if err == nil {
		specs, bad, err = readFile(sub, target, name, m.buf)
	}
	if err != nil {
		d.unreadable(name, err)
		return
	}
	m.add(specs)
	if bad != nil {
		d.problems = append(d.problems, Problem{FileError: bad, Syntax: true})
	}
}

var (
	errManyLinks = errors.New("too many links")
	errLeaves    = errors.New("the link leads out of the repository")
)

// maxLinks is how many links to links are followed.
const maxLinks = 16

// follow returns the regular file that a link leads to, "" if there is none. The file systems of trees show links and
// do not follow them to files, since nobody shall write there; reading what stands in the repository is no harm.
func (r *Reader) follow(name string) (string, error) {
	for range maxLinks {
		target, err := fs.ReadLink(r.fsys, name)
		if err != nil {
			return "", err
		}
		target = filepath.ToSlash(target)
		name = path.Join(path.Dir(name), target)
		if path.IsAbs(target) || !fs.ValidPath(name) {
			return "", errLeaves
		}
		info, err := fs.Lstat(r.fsys, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return "", nil
		case err != nil:
			return "", err
		case info.Mode().IsRegular():
			return name, nil
		case info.Mode()&fs.ModeSymlink == 0:
			return "", nil
		}
	}
	return "", errManyLinks
}

// A merger keeps the first import of each path among those of non-test files and those of tests, one that always
// counts before one that only sometimes does.
type merger struct {
	specs []spec
	at    map[mergeKey]int
	buf   []byte // for the bytes of one file at a time
}

type mergeKey struct {
	path string
	test bool
}

func (m *merger) add(specs []spec) {
	for _, s := range specs {
		k := mergeKey{s.path, s.when == InTests}
		i, ok := m.at[k]
		switch {
		case !ok:
			m.at[k] = len(m.specs)
			m.specs = append(m.specs, s)
		case s.when < m.specs[i].when:
			m.specs[i] = s
		}
	}
}
