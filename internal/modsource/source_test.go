package modsource

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/modgov/modgov/internal/gocmd"
	"github.com/modgov/modgov/internal/workspace"
	"golang.org/x/mod/module"
)

// A world is a module cache, a GOPROXY and the settings to go with them.
type world struct {
	t       testing.TB
	dir     string
	modules map[string]string // "PATH@VERSION" to the text of its go.mod
	sums    map[module.Version][]string
	environ []string // over the defaults
	o       Options
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), modules: make(map[string]string), sums: make(map[module.Version][]string)}
	// The directory is HOME too: the real go command would start a process there that counts and outlives the test.
	for _, config := range []string{".config", "Library/Application Support", "."} {
		w.write(config+"/go/telemetry/mode", "off\n")
	}
	return w
}

// add makes a module version with the given requirements and returns it.
func (w *world) add(mod string, requires ...string) module.Version {
	m := version(mod)
	text := "module " + m.Path + "\n\ngo 1.20\n"
	for _, r := range requires {
		req := version(r)
		text += "\nrequire " + req.Path + " " + req.Version + "\n"
	}
	w.modules[mod] = text
	return m
}

// covered makes a module version that go.sum has a line for.
func (w *world) covered(mod string, requires ...string) module.Version {
	w.t.Helper()
	m := w.add(mod, requires...)
	w.sums[m] = []string{hash(w.t, w.modules[mod])}
	return m
}

// text returns the go.mod of the version that is asked for by "/PATH/@v/VERSION.mod".
func (w *world) text(urlPath string) (string, bool) {
	for mod, text := range w.modules {
		if place, err := cachePath(version(mod)); err == nil && urlPath == "/"+place+".mod" {
			return text, true
		}
	}
	return "", false
}

// fileProxy writes the modules, with .info, to a directory and returns its URL.
func (w *world) fileProxy() string {
	w.t.Helper()
	dir := filepath.Join(w.dir, "proxy")
	for mod, text := range w.modules {
		place, err := cachePath(version(mod))
		if err != nil {
			w.t.Fatal(err)
		}
		w.write("proxy/"+place+".mod", text)
		w.write("proxy/"+place+".info", fmt.Sprintf(`{"Version":%q,"Time":"2020-01-01T00:00:00Z"}`, version(mod).Version))
	}
	return "file://" + filepath.ToSlash(dir)
}

// httpProxy serves the modules, and counts the requests.
func (w *world) httpProxy() (url string, requests *atomic.Int32) {
	requests = new(atomic.Int32)
	return serve(w.t, func(rw http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if text, ok := w.text(r.URL.Path); ok {
			fmt.Fprint(rw, text)
			return
		}
		http.Error(rw, "not found: no such version", http.StatusNotFound)
	}), requests
}

func serve(t testing.TB, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func (w *world) write(name, text string) string {
	w.t.Helper()
	file := filepath.Join(w.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o777); err != nil {
		w.t.Fatal(err)
	}
	return file
}

func (w *world) cacheDir() string { return filepath.Join(w.dir, "modcache") }

// cached returns the place of a version in the module cache.
func (w *world) cached(m module.Version) string {
	w.t.Helper()
	place, err := cachePath(m)
	if err != nil {
		w.t.Fatal(err)
	}
	return modFile(w.cacheDir(), place)
}

// source makes a Source whose settings come from a hermetic environment, without a go command unless PATH is given.
func (w *world) source(environ ...string) *Source {
	w.t.Helper()
	env := append([]string{"HOME=" + w.dir, "GOENV=off", "GOMODCACHE=" + w.cacheDir(), "GOFLAGS=-modcacherw",
		"GOTOOLCHAIN=local", "GOTELEMETRY=off", "GOSUMDB=sum.example"}, w.environ...)
	settings, err := gocmd.ReadSettings(w.t.Context(), append(env, environ...))
	if err != nil {
		w.t.Fatal(err)
	}
	o := w.o
	o.Settings = settings
	if o.Sums == nil {
		o.Sums = func(m module.Version) []string { return w.sums[m] }
	}
	s, err := New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	s.client.first = time.Millisecond
	return s
}

// goPath is the environment that makes the real go command known.
func goPath(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command on PATH")
	}
	return "PATH=" + os.Getenv("PATH")
}

func version(mod string) module.Version {
	path, v, _ := strings.Cut(mod, "@")
	return module.Version{Path: path, Version: v}
}

func hash(t testing.TB, text string) string {
	t.Helper()
	sum, err := workspace.GoModSum([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// one asks for one version.
func one(ctx context.Context, s *Source, m module.Version) (*workspace.Summary, error) {
	sums, errs := s.ModFiles(ctx, []module.Version{m})
	return sums[0], errs[0]
}

// want fails unless the version is answered with the module path it has.
func want(t *testing.T, s *Source, m module.Version) {
	t.Helper()
	sum, err := one(t.Context(), s, m)
	if err != nil {
		t.Errorf("%s: %v", m, err)
	} else if sum.Path != m.Path {
		t.Errorf("%s: module %s", m, sum.Path)
	}
}

// wantError fails unless the version has an error of the kind whose text holds all of the parts, in one line.
func wantError(t *testing.T, s *Source, m module.Version, kind Kind, parts ...string) *Error {
	t.Helper()
	sum, err := one(t.Context(), s, m)
	var e *Error
	if !errors.As(err, &e) || sum != nil {
		t.Fatalf("%s: %v, %v; want an *Error", m, sum, err)
	}
	if e.Kind != kind || e.Mod != m {
		t.Errorf("%s: kind %q of %s, want %q: %v", m, e.Kind, e.Mod, kind, err)
	}
	for _, part := range append(parts, m.String()) {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s: error %q lacks %q", m, err, part)
		}
	}
	if strings.ContainsAny(err.Error(), "\n\t") {
		t.Errorf("%s: error of several lines: %q", m, err)
	}
	return e
}

func exists(file string) bool {
	_, err := os.Lstat(file)
	return err == nil
}

// TestWave: the answers of a wave are in its order, with duplicates, and a bad one hides no other.
func TestWave(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.covered("example.com/a@v1.0.0", "example.com/b@v1.1.0"), w.covered("example.com/b@v1.1.0")
	up := w.covered("example.com/Up/PER@v1.0.0-RC1")
	none := version("example.com/none@v1.0.0")
	bad := []module.Version{version("example.com/A b@v1.0.0"), version("example.com/a@v1"),
		version("example.com/a@master"), version("nodot@v1.0.0"), {Path: "example.com/a"}}
	proxy, requests := w.httpProxy()
	s := w.source("GOPROXY=" + proxy)
	mods := append([]module.Version{b, none, a, b, up}, bad...)
	for round := range 2 {
		sums, errs := s.ModFiles(t.Context(), mods)
		if len(sums) != len(mods) || len(errs) != len(mods) {
			t.Fatalf("%d sums, %d errors for %d versions", len(sums), len(errs), len(mods))
		}
		for i, m := range mods {
			wrong := m == none || i >= 5
			if wrong != (errs[i] != nil) || wrong == (sums[i] != nil) {
				t.Errorf("%s: %v, %v", m, sums[i], errs[i])
			}
			if sums[i] != nil && (sums[i].Path != m.Path || sums[i].Sum != w.sums[m][0]) {
				t.Errorf("%s: %+v", m, sums[i])
			}
		}
		if sums[0] != sums[3] || len(sums[2].Requires) != 1 || sums[2].Requires[0] != b {
			t.Errorf("%+v, %+v, %+v", sums[0], sums[3], sums[2])
		}
		if got := requests.Load(); got != 4 {
			t.Errorf("round %d: %d requests so far, want 4", round, got)
		}
	}
	for _, m := range bad {
		wantError(t, s, m, Invalid)
	}
	if sums, errs := s.ModFiles(t.Context(), nil); len(sums)+len(errs) != 0 {
		t.Error("answers to nothing")
	}
	if notes := s.Notes(); len(notes) != 0 {
		t.Errorf("notes %q", notes)
	}
}

func TestNeedsSettings(t *testing.T) {
	t.Parallel()
	if s, err := New(Options{}); s != nil || err == nil {
		t.Errorf("New without settings: %v, %v", s, err)
	}
}

// TestConcurrentWaves: waves of several goroutines that overlap fetch each version once.
func TestConcurrentWaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var mods []module.Version
	for i := range 60 {
		mods = append(mods, w.covered(fmt.Sprintf("example.com/m%d@v1.0.0", i)))
	}
	proxy, requests := w.httpProxy()
	s := w.source("GOPROXY=" + proxy)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			_, errs := s.ModFiles(t.Context(), mods[g*4:g*4+32])
			if err := errors.Join(errs...); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := requests.Load(); got != 60 {
		t.Errorf("%d requests for 60 versions", got)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.covered("example.com/a@v1.0.0"), w.covered("example.com/b@v1.0.0")
	var told []string
	w.o.Progress = func(done, total int) { told = append(told, fmt.Sprintf("%d/%d", done, total)) }
	w.o.Jobs = 1
	s := w.source("GOPROXY=" + w.fileProxy())
	s.ModFiles(t.Context(), []module.Version{a, b})
	s.ModFiles(t.Context(), []module.Version{a, version("example.com/none@v1.0.0")})
	if got := strings.Join(told, " "); got != "1/2 2/2 3/3" {
		t.Errorf("progress %q", got)
	}
}

// TestCancel: when the context ends, all ends; what was there is answered, the rest can be asked again.
func TestCancel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	quick, slow := w.covered("example.com/quick@v1.0.0"), w.covered("example.com/slow@v1.0.0")
	var hang atomic.Bool
	hang.Store(true)
	asked := make(chan struct{}, 10)
	proxy := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "slow") && hang.Load() {
			asked <- struct{}{}
			<-r.Context().Done()
			return
		}
		if text, ok := w.text(r.URL.Path); ok {
			fmt.Fprint(rw, text)
			return
		}
		http.NotFound(rw, r)
	})
	s := w.source("GOPROXY=" + proxy + ",direct")
	want(t, s, quick)

	ctx, cancel := context.WithCancel(t.Context())
	waits := make(chan error)
	go func() {
		<-asked
		go func() { // has no part in the cancelled context, but waits for the same version
			_, err := one(t.Context(), s, slow)
			waits <- err
		}()
		time.Sleep(50 * time.Millisecond)
		hang.Store(false)
		cancel()
	}()
	begin := time.Now()
	sums, errs := s.ModFiles(ctx, []module.Version{quick, slow})
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("took %v to end", took)
	}
	if sums[0] == nil || errs[0] != nil {
		t.Errorf("the finished one: %v, %v", sums[0], errs[0])
	}
	if sums[1] != nil || errs[1] != context.Canceled {
		t.Errorf("the unfinished one: %v, %v", sums[1], errs[1])
	}
	if err := <-waits; err != nil {
		t.Errorf("the other caller: %v", err)
	}
	want(t, s, slow)

	late := version("example.com/late@v1.0.0")
	if _, err := one(ctx, s, late); err != context.Canceled {
		t.Errorf("after the end: %v", err)
	}
	wantError(t, s, late, NoGo)
}
