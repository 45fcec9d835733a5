package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/gocmd"
)

// corpusTrees are the trees of the corpus whose every module go accepts.
func corpusTrees() []string { return []string{"kratos", "etcd", "opentelemetry-go"} }

// A lab has what all trials share.
type lab struct {
	tmp      string
	modgov   string
	corpus   string
	top      string          // of modgov's source
	host     *gocmd.Settings // of whoever runs this
	goCache  string
	subjects map[string]*subject
}

// newLab makes the temporary directory and, unless one is given, the command.
func newLab(ctx context.Context, modgov, corpus string) (l *lab, err error) {
	l = &lab{modgov: modgov, corpus: corpus, subjects: map[string]*subject{}}
	if l.tmp, err = os.MkdirTemp("", "fixtest-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close())
		}
	}()
	if l.tmp, err = filepath.EvalSymlinks(l.tmp); err != nil {
		return l, err
	}
	if l.host, err = gocmd.ReadSettings(ctx, os.Environ()); err != nil {
		return l, err
	}
	ask := func(args ...string) (string, error) {
		out, err := l.host.Run(ctx, gocmd.Command{Args: args})
		return strings.TrimSpace(string(out)), err
	}
	if l.goCache, err = ask("env", "GOCACHE"); err != nil {
		return l, err
	}
	if l.top, err = ask("list", "-m", "-f", "{{.Dir}}"); err != nil {
		return l, err
	}
	if l.modgov == "" {
		l.modgov = filepath.Join(l.tmp, "modgov.exe")
		_, err = ask("build", "-o", l.modgov, "github.com/modgov/modgov/cmd/modgov")
	} else {
		l.modgov, err = filepath.Abs(l.modgov)
	}
	return l, errors.Join(err, os.Mkdir(filepath.Join(l.tmp, "trials"), 0o777))
}

func (l *lab) close() error { return os.RemoveAll(l.tmp) }

// environ is the environment of go and modgov, but for the proxy and the module cache.
func (l *lab) environ() []string {
	home := filepath.Join(l.tmp, "home")
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "USERPROFILE=" + home, "TMPDIR=" + l.tmp, "GOCACHE=" + l.goCache,
		"GOPATH=" + filepath.Join(home, "go"), "GOENV=off", "GOTOOLCHAIN=local", "GOSUMDB=off", "GOFLAGS=-modcacherw",
		"GOTELEMETRY=off", "GOMAXPROCS=2",
	}
}

// subject returns the subject of that name for a seed.
func (l *lab) subject(ctx context.Context, name string, seed uint64) (*subject, error) {
	if name == "generated" {
		name = fmt.Sprintf("generated%d", seed/generatedFor)
	}
	if s := l.subjects[name]; s != nil {
		return s, nil
	}
	var s *subject
	var err error
	switch {
	case slices.Contains(corpusTrees(), name):
		s, err = l.tree(ctx, name)
	case name == "teams":
		s, err = l.teams(ctx)
	case strings.HasPrefix(name, "generated"):
		s, err = l.generated(ctx, name, seed/generatedFor)
	default:
		return nil, fmt.Errorf("no subject is called %q", name)
	}
	if err == nil {
		err = s.prepare(ctx)
	}
	l.subjects[name] = s
	return s, err
}

// tree makes a subject of a tree of the corpus.
func (l *lab) tree(ctx context.Context, name string) (*subject, error) {
	if l.corpus == "" {
		return nil, errors.New("-corpus is not given, and MODGOV_CORPUS is not set")
	}
	archive := filepath.Join(l.corpus, "corpus.tar.gz")
	if _, err := os.Stat(archive); err == nil {
		l.corpus = filepath.Join(l.tmp, "corpus")
		if err := unpack(archive, l.corpus); err != nil {
			return nil, err
		}
	}
	dir := filepath.Join(l.tmp, name)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(l.corpus, "trees", name))); err != nil {
		return nil, err
	}
	return newSubject(ctx, l, name, dir, filepath.Join(l.corpus, "proxy"), false)
}

// unpack unpacks an archive into a new directory.
func unpack(archive, dir string) (err error) {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	zipped, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	for r := tar.NewReader(zipped); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := filepath.Clean(filepath.FromSlash(h.Name))
		switch h.Typeflag {
		case tar.TypeDir:
			err = root.MkdirAll(name, 0o777)
		case tar.TypeReg:
			data, readErr := io.ReadAll(r)
			err = errors.Join(readErr, root.MkdirAll(filepath.Dir(name), 0o777), root.WriteFile(name, data, 0o666))
		}
		if err != nil {
			return err
		}
	}
}

// teams makes a subject of the fixture, as modgov fix leaves it. The proxy is the module cache of whoever runs this,
// which gets every version that the fixture names.
func (l *lab) teams(ctx context.Context) (*subject, error) {
	dir := filepath.Join(l.tmp, "teams")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(l.top, "fixtures", "teams"))); err != nil {
		return nil, err
	}
	st, err := readState(dir)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{"github.com/pkg/errors@v0.9.1": true} // what the fixture's policy asks for
	for name, data := range st.files {
		for line := range strings.Lines(string(data)) {
			if f := strings.Fields(line); strings.HasSuffix(name, ".sum") && len(f) == 3 {
				wanted[f[0]+"@"+strings.TrimSuffix(f[1], "/go.mod")] = true
			}
		}
	}
	args := append([]string{"mod", "download"}, sortedKeys(wanted)...)
	if _, err := l.host.Run(ctx, gocmd.Command{Dir: l.tmp, Args: args}); err != nil {
		return nil, err
	}
	cache, err := l.host.Run(ctx, gocmd.Command{Args: []string{"env", "GOMODCACHE"}})
	if err != nil {
		return nil, err
	}
	proxy := filepath.Join(strings.TrimSpace(string(cache)), "cache", "download")
	s, err := newSubject(ctx, l, "teams", dir, proxy, true)
	if err == nil {
		_, _, err = s.run(ctx, dir, "fix")
	}
	return s, err
}
