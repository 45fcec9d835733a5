package modsource

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/mod/module"
)

// putCached writes a file to the module cache as if go had.
func (w *world) putCached(m module.Version, text string) string {
	w.t.Helper()
	file := w.cached(m)
	rel, err := filepath.Rel(w.dir, file)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.write(filepath.ToSlash(rel), text)
}

// TestCachedFiles: what the module cache has is used, unless it cannot be read; a wrong hash ends the search.
func TestCachedFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.covered("example.com/a@v1.0.0")
	text := w.modules["example.com/a@v1.0.0"]
	proxy, requests := w.httpProxy()
	offline := func() *Source { return w.source("GOPROXY=off") }
	online := func() *Source { return w.source("GOPROXY=" + proxy) }

	file := w.putCached(a, text)
	want(t, offline(), a)
	want(t, online(), a)
	if requests.Load() != 0 {
		t.Error("the proxy was asked for a file in the cache")
	}

	// Cut short, by a crash or a full disk: go stops with a checksum mismatch, so do we, and name the file.
	w.putCached(a, text[:10])
	e := wantError(t, online(), a, Checksum, "verifying example.com/a@v1.0.0/go.mod: checksum mismatch", file)
	if !strings.Contains(e.Hint, "delete it") {
		t.Errorf("hint %q", e.Hint)
	}
	w.sums[a] = nil
	w.putCached(a, "")
	wantError(t, online(), a, Malformed, "missing module line", file)
	w.putCached(a, "module example.com/a\nrequire (\n")
	wantError(t, online(), a, Malformed, file+":3:")
	w.putCached(a, strings.Repeat("// filled\n", 2e6))
	wantError(t, online(), a, TooLarge, file, "larger than 16 MiB")

	// A line of a hash algorithm that nobody knows yet covers nothing.
	w.sums[a] = []string{"h9:abc"}
	w.putCached(a, text)
	want(t, offline(), a)

	// Of several lines one must have the hash.
	w.sums[a] = []string{"h1:abc", hash(t, text)}
	want(t, offline(), a)

	// Made up by an early vgo: as good as absent.
	w.putCached(a, "//vgo 0.0.4\n\nmodule example.com/a\n")
	wantError(t, offline(), a, Off)
	want(t, online(), a)
	if got, err := os.ReadFile(file); err != nil || string(got) != text {
		t.Errorf("cache holds %q, %v", got, err)
	}
}

// TestDirectoryInPlace: where the cache has a directory for a file, the proxy serves the run.
func TestDirectoryInPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.covered("example.com/a@v1.0.0")
	file := w.cached(a)
	if err := os.MkdirAll(filepath.Join(file, "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	e := wantError(t, w.source("GOPROXY=off"), a, Off)
	if !strings.Contains(e.Hint, file+": is a directory") {
		t.Errorf("hint %q", e.Hint)
	}
	s := w.source("GOPROXY=" + w.fileProxy())
	want(t, s, a)
	notes := strings.Join(s.Notes(), "\n")
	if !strings.Contains(notes, "1 go.mod file in the module cache cannot be used, the first: "+file+": is a directory") ||
		!strings.Contains(notes, "1 go.mod file served this run only, the module cache cannot be written") {
		t.Errorf("notes:\n%s", notes)
	}
	if left, err := filepath.Glob(filepath.Dir(file) + "/*.tmp"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// TestUnwritableCache: a cache that takes nothing (here a file stands in its place) costs nothing but a note.
func TestUnwritableCache(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.covered("example.com/a@v1.0.0"), w.covered("example.com/b@v1.0.0")
	blocked := w.write("blocked", "")
	proxy := w.fileProxy()
	for dir, note := range map[string]string{
		blocked:                            "2 go.mod files served this run only, the module cache cannot be written",
		filepath.Join(blocked, "modcache"): "2 go.mod files served this run only, the module cache cannot be written",
		"relative/dir":                     `GOMODCACHE entry is relative; must be absolute path: "relative/dir"`,
	} {
		s := w.source("GOPROXY="+proxy, "GOMODCACHE="+dir)
		if _, errs := s.ModFiles(t.Context(), []module.Version{a, b}); errors.Join(errs...) != nil {
			t.Errorf("%s: %v", dir, errs)
		}
		if notes := strings.Join(s.Notes(), "\n"); !strings.Contains(notes, note) {
			t.Errorf("%s: notes %q", dir, notes)
		}
	}
	s := w.source("GOPROXY="+proxy, "GOMODCACHE=", "HOME=", "USERPROFILE=")
	want(t, s, a)
	if notes := s.Notes(); len(notes) != 1 || !strings.HasPrefix(notes[0], "module cache not found: neither GOMODCACHE") {
		t.Errorf("notes %q", notes)
	}
}

// TestWhatIsKept: only verified files get into the module cache, or those that go would not verify either.
func TestWhatIsKept(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		covered bool
		environ []string
		kept    bool
	}{
		{"a go.sum line", true, nil, true},
		{"no go.sum line", false, nil, false},
		{"no checksum database", false, []string{"GOSUMDB=off"}, true},
		{"exempt by GONOSUMDB", false, []string{"GONOSUMDB=other.example,example.com/*"}, true},
		{"another module is exempt", false, []string{"GONOSUMDB=example.com/b"}, false},
		{"GOFLAGS=-insecure exempts nothing", false, []string{"GOFLAGS=-insecure", "GOINSECURE=*"}, false},
	}
	for _, tc := range cases {
		w := newWorld(t)
		a := w.add("example.com/a@v1.0.0")
		if tc.covered {
			w.covered("example.com/a@v1.0.0")
		}
		s := w.source(append(tc.environ, "GOPROXY="+w.fileProxy())...)
		want(t, s, a)
		if got := exists(w.cached(a)); got != tc.kept {
			t.Errorf("%s: kept %v", tc.name, got)
		}
		const loose = "1 go.mod file without a go.sum line served this run only, not kept in the module cache"
		if notes := s.Notes(); tc.kept != (len(notes) == 0) || !tc.kept && !strings.HasPrefix(notes[0], loose) {
			t.Errorf("%s: notes %q", tc.name, notes)
		}
	}
}

// TestVersionList: the cache's list of versions is what the go command would write.
func TestVersionList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var mods []module.Version
	for _, v := range []string{"v1.10.0", "v1.9.0", "v1.9.1-0.20200101000000-abcdefabcdef", "v2.0.0+incompatible"} {
		mods = append(mods, w.covered("example.com/a@"+v))
	}
	w.putCached(version("example.com/a@v0.1.0"), "module example.com/a\n")
	list := filepath.Join(filepath.Dir(w.cached(mods[0])), "list")
	if err := os.WriteFile(list, []byte(strings.Repeat("v9.9.9\n", 100)), 0o666); err != nil {
		t.Fatal(err)
	}
	_, errs := w.source("GOPROXY="+w.fileProxy()).ModFiles(t.Context(), mods)
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(list)
	const wantList = "v0.1.0\nv1.9.0\nv1.9.1-0.20200101000000-abcdefabcdef\nv1.10.0\nv2.0.0+incompatible\n"
	if err != nil || string(got) != wantList {
		t.Errorf("list %q, %v; want %q", got, err, wantList)
	}
}

// TestVersionListInTheWay: a list that cannot be written is told, and hurts nothing.
func TestVersionListInTheWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.covered("example.com/a@v1.0.0")
	list := filepath.Join(filepath.Dir(w.cached(a)), "list")
	if err := os.MkdirAll(filepath.Join(list, "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	s := w.source("GOPROXY=" + w.fileProxy())
	want(t, s, a)
	if notes := s.Notes(); len(notes) != 1 || !strings.Contains(notes[0], "list of versions") || !exists(w.cached(a)) {
		t.Errorf("notes %q", notes)
	}
}

// TestSeveralProcesses fills one cache from several processes at once, the go command among them.
func TestSeveralProcesses(t *testing.T) {
	w := newWorld(t)
	var mods []module.Version
	for i := range 40 {
		for v := range 3 {
			mods = append(mods, w.covered(fmt.Sprintf("example.com/m%d@v1.%d.0", i, v)))
		}
	}
	proxy := w.fileProxy()
	if os.Getenv("MODSOURCE_CACHE") != "" { // one of the processes
		s := w.source("GOPROXY="+proxy, "GOMODCACHE="+os.Getenv("MODSOURCE_CACHE"))
		_, errs := s.ModFiles(t.Context(), mods)
		if err := errors.Join(errs...); err != nil || len(s.Notes()) > 0 {
			t.Fatalf("%v, notes %q", err, s.Notes())
		}
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var processes []*exec.Cmd
	for range 4 {
		cmd := exec.Command(exe, "-test.run=^TestSeveralProcesses$")
		cmd.Env = append(os.Environ(), "MODSOURCE_CACHE="+w.cacheDir())
		processes = append(processes, cmd)
	}
	if file, err := exec.LookPath("go"); err == nil {
		cmd := exec.Command(file, "list", "-m")
		for _, m := range mods {
			cmd.Args = append(cmd.Args, m.String())
		}
		cmd.Dir = t.TempDir()
		cmd.Env = append(os.Environ(), "GOENV=off", "GOPROXY="+proxy, "GOSUMDB=off", "GOWORK=off", "GOFLAGS=",
			"GOTOOLCHAIN=local", "GOTELEMETRY=off", "GOMODCACHE="+w.cacheDir())
		processes = append(processes, cmd)
	}
	outputs := make([]strings.Builder, len(processes))
	for i, cmd := range processes {
		cmd.Stdout, cmd.Stderr = &outputs[i], &outputs[i]
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
	}
	for i, cmd := range processes {
		if err := cmd.Wait(); err != nil {
			t.Errorf("process %d: %v\n%s", i, err, &outputs[i])
		}
	}
	for _, m := range mods {
		got, err := os.ReadFile(w.cached(m))
		if err != nil || string(got) != w.modules[m.String()] {
			t.Errorf("%s: %q, %v", m, got, err)
		}
		list, err := os.ReadFile(filepath.Join(filepath.Dir(w.cached(m)), "list"))
		if err != nil || string(list) != "v1.0.0\nv1.1.0\nv1.2.0\n" {
			t.Errorf("%s: list %q, %v", m, list, err)
		}
	}
	if left, err := filepath.Glob(w.cacheDir() + "/cache/download/example.com/*/@v/*.tmp"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// TestFileModes: a shared cache stays readable for others, as far as the umask allows.
func TestFileModes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no such modes")
	}
	w := newWorld(t)
	a := w.covered("example.com/a@v1.0.0")
	want(t, w.source("GOPROXY="+w.fileProxy()), a)
	probe := filepath.Join(w.dir, "probe")
	f, err := os.OpenFile(probe, os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	like, err := os.Stat(probe)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(w.cached(a)); err != nil || info.Mode() != like.Mode() {
		t.Errorf("mode %v, %v; want %v", info.Mode(), err, like.Mode())
	}
}
