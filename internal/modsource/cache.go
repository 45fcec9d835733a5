package modsource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/lockedfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// A modCache is the go command's module cache (go-semantics 6.1): DIR/cache/download/PATH/@v/VERSION.mod.
type modCache struct {
	dir string // GOMODCACHE, "" if there is none

	mu   sync.Mutex
	dirs map[string]bool // the @v directories that gained a file and whose list is not rewritten yet
}

var errNoCache = errors.New("module cache not found: neither GOMODCACHE nor GOPATH is set")

// openCache returns the module cache, and why there is none. Like go it takes an absolute directory only, as a
// relative one would be another cache in each directory.
func openCache(dir string) (*modCache, error) {
	switch {
	case dir == "":
		return &modCache{}, errNoCache
	case !filepath.IsAbs(dir):
		return &modCache{}, fmt.Errorf("GOMODCACHE entry is relative; must be absolute path: %q", dir)
	}
	return &modCache{dir: dir, dirs: make(map[string]bool)}, nil
}

// cachePath returns the place of a version below cache/download and below a proxy, with slashes and without the
// extension (go-semantics 6.2).
func cachePath(mod module.Version) (string, error) {
	path, err := module.EscapePath(mod.Path)
	if err != nil {
		return "", err
	}
	if module.CanonicalVersion(mod.Version) != mod.Version || mod.Version == "" {
		return "", &module.InvalidVersionError{Version: mod.Version, Err: errors.New("version is not canonical")}
	}
	version, err := module.EscapeVersion(mod.Version)
	if err != nil {
		return "", err
	}
	return path + "/@v/" + version, nil
}

// modFile returns the name of the cache file at a place that cachePath gave.
func modFile(dir, path string) string {
	return filepath.Join(dir, "cache", "download", filepath.FromSlash(path)+".mod")
}

// fromCache answers a job from the module cache. A file that cannot be read is as good as absent, and so is one that
// an early vgo made up; one with the wrong hash is an error, as for go.
func (s *Source) fromCache(ctx context.Context, j *job) {
	var err error
	if j.path, err = cachePath(j.mod); err != nil {
		s.settle(ctx, j, nil, &Error{Kind: Invalid, Err: err})
		return
	}
	if s.cache.dir == "" {
		return
	}
	j.file = modFile(s.cache.dir, j.path)
	s.readCached(ctx, j)
}

// readCached answers a job from j.file, if that can be read.
func (s *Source) readCached(ctx context.Context, j *job) {
	data, err := readFile(j.file)
	switch {
	case errors.Is(err, errTooLarge):
		s.settle(ctx, j, nil, &Error{Kind: TooLarge, From: j.file, Err: err, Hint: "delete the file"})
	case err != nil:
		if !errors.Is(err, fs.ErrNotExist) {
			s.unusable(j, pathless(err))
		}
	case bytes.HasPrefix(data, []byte("//vgo 0.0.")):
	default:
		s.useCached(ctx, j, data)
	}
}

// useCached answers a job with the bytes of j.file. A hash that is not the one in go.sum ends the search, as for go;
// one that is not the one that the checksum database had leads on to the proxies, whose answer then replaces the file.
func (s *Source) useCached(ctx context.Context, j *job, data []byte) {
	sum, _, err := s.check(ctx, j, data, j.file, true)
	if err != nil && err.Kind == Checksum && !err.final {
		s.unusable(j, err.Err)
		err.Hint = hintDelete
		j.best = err
		return
	}
	if err != nil && (err.Kind == Checksum || len(s.sums(j.mod)) == 0) && err.Report == "" {
		err.Hint = hintDelete
	}
	j.kept = err == nil
	s.settle(ctx, j, sum, err)
}

const hintDelete = "if the file in the module cache was cut short or changed, delete it or run go clean -modcache"

// unusable notes why a file that is in the module cache cannot serve.
func (s *Source) unusable(j *job, err error) {
	j.cacheErr = fmt.Errorf("%s: %w", j.file, err)
	s.note(func(n *notes) { n.unreadable = append(n.unreadable, oneLine(j.cacheErr.Error())) })
}

// keep writes a verified file to the module cache, as the go command does (modfetch writeDiskCache): to a temporary
// name beside it, then renamed, so that nobody ever sees half of it; the go command takes no lock for this either.
func (s *Source) keep(j *job, data []byte) {
	if j.file == "" {
		return
	}
	if err := writeFileIn(j.file, data); err != nil {
		s.note(func(n *notes) { n.unwritten(err) })
		return
	}
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	s.cache.dirs[filepath.Dir(j.file)] = true
}

// finishCache brings the version lists of the directories up to date that gained files since it last ran.
func (s *Source) finishCache(ctx context.Context) {
	s.cache.mu.Lock()
	dirs := slices.Collect(maps.Keys(s.cache.dirs))
	clear(s.cache.dirs)
	s.cache.mu.Unlock()
	each(ctx, dirs, s.o.Jobs, func(_ context.Context, dir string) {
		if err := rewriteList(dir); err != nil {
			s.note(func(n *notes) {
				n.others = append(n.others, "a list of versions in the module cache cannot be written: "+err.Error())
			})
		}
	})
}

// readFile reads a file of at most maxFile bytes with as few system calls as can be; most go.mod files fit the first.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, 0, 4096)
	for {
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		if err == io.EOF {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
		if len(data) > maxFile {
			return nil, errTooLarge
		}
		if len(data) == cap(data) {
			data = append(data, make([]byte, len(data))...)[:len(data)]
		}
	}
}

// writeFile makes a file appear whole or not at all.
func writeFile(name string, data []byte) (err error) {
	f, err := createTemp(name)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreGone(os.Remove(f.Name())))
		}
	}()
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// createTemp makes a new file beside name, readable for all that the umask allows: os.CreateTemp would make it
// private, and a module cache may be shared.
func createTemp(name string) (*os.File, error) {
	for range 100 {
		f, err := os.OpenFile(name+strconv.Itoa(rand.IntN(1e9))+".tmp", os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
	return nil, fmt.Errorf("no free temporary name beside %s", name)
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// rewriteList writes the versions whose .mod files are in an @v directory to its file "list", under the go command's
// lock and only if that changes it (modfetch rewriteVersionList).
func rewriteList(dir string) (err error) {
	f, err := lockedfile.Edit(filepath.Join(dir, "list"))
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var versions []string
	for _, e := range entries {
		v, ok := strings.CutSuffix(e.Name(), ".mod")
		if ok && v != "" && module.CanonicalVersion(v) == v {
			versions = append(versions, v)
		}
	}
	semver.Sort(versions)
	want := []byte(strings.Join(append(versions, ""), "\n"))
	old, err := io.ReadAll(io.LimitReader(f, int64(len(want))+1))
	if err != nil || bytes.Equal(old, want) {
		return err
	}
	// Clear and reserve the size first, so that a write cut short leaves NUL bytes that can be told from a list.
	if len(old) > 0 {
		err = f.Truncate(0)
	}
	if err := errors.Join(err, f.Truncate(int64(len(want)))); err != nil {
		return err
	}
	_, err = f.WriteAt(want, 0)
	return err
}

// pathless returns what is wrong without the name of the file, for texts that have named it.
func pathless(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}
