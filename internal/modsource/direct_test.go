package modsource

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"
)

// gitWorld makes repositories that git believes to be at https://example.com, and the environment for it: the go
// command then goes the whole way to version control without a network.
func gitWorld(t *testing.T) *world {
	t.Helper()
	for _, name := range []string{"git", "go"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s on PATH", name)
		}
	}
	w := newWorld(t)
	config := w.write("gitconfig", "[url \"file://"+w.dir+"/repos/\"]\n\tinsteadOf = https://example.com/\n"+
		"[user]\n\tname = x\n\temail = x@example.com\n[init]\n\tdefaultBranch = main\n")
	w.environ = []string{goPath(t), "GIT_CONFIG_GLOBAL=" + config, "GIT_CONFIG_NOSYSTEM=1", "GOSUMDB=off"}
	return w
}

// repo makes a repository whose tags have the given go.mod files.
func (w *world) repo(name string, tags map[string]string) {
	w.t.Helper()
	dir := filepath.Join(w.dir, "repos", name)
	git := func(args ...string) {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), w.environ...)
		if out, err := cmd.CombinedOutput(); err != nil {
			w.t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	w.write("repos/"+name+"/p.go", "package p\n")
	git("init", "-q")
	for tag, text := range tags {
		w.write("repos/"+name+"/go.mod", text)
		git("add", ".")
		git("commit", "-q", "-m", tag)
		git("tag", tag)
	}
}

// TestDirect fetches from version control through the real go command, in one wave with what fails.
func TestDirect(t *testing.T) {
	t.Parallel()
	w := gitWorld(t)
	const text = "module example.com/lib.git\n\ngo 1.20\n"
	w.repo("lib", map[string]string{"v1.0.0": text, "v1.1.0": text + "// more\n"})
	w.repo("bad", map[string]string{"v1.0.0": "module example.com/bad.git\n"})
	v10, v11 := version("example.com/lib.git@v1.0.0"), version("example.com/lib.git@v1.1.0")
	none, gone := version("example.com/lib.git@v1.2.0"), version("example.com/none.git@v1.0.0")
	bad := version("example.com/bad.git@v1.0.0")
	w.sums[v10] = []string{hash(t, text)}
	w.sums[bad] = []string{hash(t, "module x\n")}

	s := w.source("GOPROXY=" + answer(t, 404, "", "") + ",direct")
	sums, errs := s.ModFiles(t.Context(), []module.Version{none, v10, bad, v11, gone})
	if errs[1] != nil || errs[3] != nil || sums[1].Sum != w.sums[v10][0] || sums[3].Path != v11.Path {
		t.Errorf("%v, %v; errors %v, %v", sums[1], sums[3], errs[1], errs[3])
	}
	wantError(t, s, none, NotFound, "invalid version: unknown revision v1.2.0")
	wantError(t, s, bad, Checksum, "verifying example.com/bad.git@v1.0.0/go.mod: checksum mismatch", "downloaded: h1:")
	if e := wantError(t, s, gone, Transport); strings.Contains(e.Error(), "lib.git") {
		t.Errorf("%s: %v", gone, e)
	}
	if exists(w.cached(bad)) {
		t.Error("a file with a wrong hash is in the module cache")
	}
	want(t, w.source("GOPROXY=off"), v10)
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "modgov-*", "m", "go.sum")); err != nil || len(left) > 0 {
		for _, file := range left {
			if data, err := os.ReadFile(file); err == nil && strings.Contains(string(data), "example.com/lib.git") {
				t.Errorf("left behind: %s", file)
			}
		}
	}
}

// TestPrivate: modules of GOPRIVATE bypass the proxies, even where GOPROXY=off, as they do for go.
func TestPrivate(t *testing.T) {
	t.Parallel()
	w := gitWorld(t)
	w.repo("priv", map[string]string{"v1.0.0": "module example.com/priv.git\n"})
	priv := version("example.com/priv.git@v1.0.0")
	public := w.covered("example.org/public@v1.0.0")
	w.modules["example.com/priv.git@v1.0.0"] = "module wrong\n"
	proxy, requests := w.httpProxy()
	s := w.source("GOPROXY="+proxy, "GOPRIVATE=example.com", "GOFLAGS=-mod=vendor -modcacherw")
	_, errs := s.ModFiles(t.Context(), []module.Version{priv, public})
	if err := errors.Join(errs...); err != nil || requests.Load() != 1 {
		t.Errorf("%v, %d requests", err, requests.Load())
	}
	want(t, s, priv)
	if err := os.RemoveAll(w.cacheDir()); err != nil {
		t.Fatal(err)
	}
	want(t, w.source("GOPROXY=off", "GONOPROXY=*.com"), priv)
	wantError(t, w.source("GOPROXY=off", "GONOPROXY=*.com"), public, Off)

	// A cache that cannot be written serves the run all the same.
	blocked := w.write("blocked", "")
	s = w.source("GOPROXY=off", "GOPRIVATE=example.com", "GOMODCACHE="+blocked)
	want(t, s, priv)
	if notes := strings.Join(s.Notes(), "\n"); !strings.Contains(notes, "1 go.mod file served this run only") {
		t.Errorf("notes %q", notes)
	}
	s = w.source("GOPROXY="+proxy, "GOPRIVATE=example.com", "PATH=")
	e := wantError(t, s, version("example.com/other@v1.0.0"), NoGo, "GOPRIVATE or GONOPROXY keeps it from the proxies",
		"needs the go command, and none was found")
	if !strings.Contains(e.Hint, "put go on PATH") {
		t.Errorf("hint %q", e.Hint)
	}
}

// scripted makes a world whose go command is a shell script that notes how it was called.
func scripted(t *testing.T, script string) *world {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell script")
	}
	w := newWorld(t)
	w.write("goroot/pkg/tool/x", "")
	w.write("goroot/go.env", "GOPROXY=off\n")
	w.write("goroot/bin/go", "#!/bin/sh\nD="+w.dir+"\necho \"$GOPROXY $GOWORK $*\" >> $D/calls\n"+
		"cp go.mod $D/seen.mod; cp go.sum $D/seen.sum\n"+script)
	w.environ = []string{"PATH=" + filepath.Join(w.dir, "goroot", "bin") + ":/usr/bin:/bin"}
	return w
}

func (w *world) calls() []string {
	w.t.Helper()
	data, err := os.ReadFile(filepath.Join(w.dir, "calls"))
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

// TestOneCallPerWave: all versions of a wave that need version control cost one process, and go gets our go.sum lines.
func TestOneCallPerWave(t *testing.T) {
	t.Parallel()
	w := scripted(t, "exit 0")
	a, b, c := version("example.com/a@v1.0.0"), version("example.com/b@v1.0.0"), version("example.com/c@v1.0.0")
	w.sums[a] = []string{"h1:aaa", "h9:zzz"}
	s := w.source("GOPROXY="+answer(t, 404, "", "")+",direct", "GOPRIVATE=example.com/b")
	_, errs := s.ModFiles(t.Context(), []module.Version{a, b, c})
	for _, err := range errs {
		if err == nil || !strings.Contains(err.Error(), "reported no error and fetched no go.mod file") {
			t.Errorf("error %v", err)
		}
	}
	const wantCall = "direct off list -m -e -json -- example.com/a@v1.0.0 example.com/b@v1.0.0 example.com/c@v1.0.0"
	if calls := w.calls(); len(calls) != 1 || calls[0] != wantCall {
		t.Errorf("calls %q, want %q", calls, wantCall)
	}
	sums, err := os.ReadFile(filepath.Join(w.dir, "seen.sum"))
	if err != nil || string(sums) != "example.com/a v1.0.0/go.mod h1:aaa\n" {
		t.Errorf("go.sum %q, %v", sums, err)
	}
}

func TestLongWave(t *testing.T) {
	t.Parallel()
	w := scripted(t, "exit 0")
	var mods []module.Version
	for i := range 300 {
		mods = append(mods, version(fmt.Sprintf("example.com/%s/m%d@v1.0.0", strings.Repeat("long", 20), i)))
	}
	w.source("GOPROXY=direct").ModFiles(t.Context(), mods)
	calls := w.calls()
	if len(calls) < 2 || len(calls) > 3 {
		t.Errorf("%d calls", len(calls))
	}
	if named := strings.Count(strings.Join(calls, " "), "@v1.0."); named != 300 {
		t.Errorf("%d versions named", named)
	}
}

// TestLogin: a proxy that wants credentials is left to the go command, which has them, with the rest of GOPROXY.
func TestLogin(t *testing.T) {
	t.Parallel()
	w := scripted(t, "exit 0")
	s := w.source("GOPROXY=https://login.example,direct")
	j := &job{mod: version("example.com/a@v1.0.0")}
	for status, login := range map[int]bool{401: true, 403: true, 404: false, 500: false, 0: false} {
		if got := s.wantsLogin(s.proxies[0], &Error{status: status}); got != login {
			t.Errorf("status %d: %v", status, got)
		}
	}
	w.write(".netrc", "machine login.example login x password y\n")
	for status, login := range map[int]bool{404: true, 410: true, 500: false} {
		if got := s.wantsLogin(s.proxies[0], &Error{status: status}); got != login {
			t.Errorf("status %d of a host that hides what it has: %v", status, got)
		}
	}
	if got := s.proxies[0].rest; got != "https://login.example,direct" {
		t.Errorf("handed over: %q", got)
	}
	if s = w.source("GOPROXY=https://login.example", "GOAUTH=off"); s.wantsLogin(s.proxies[0], &Error{status: 401}) {
		t.Errorf("%v: handed over with GOAUTH=off", j.mod)
	}
}

// says is a script that prints what go list -e -json says of a version that it cannot find.
func says(text string) string {
	return "cat <<'END'\n" + `{"Path":"example.com/a","Version":"v1.0.0","Error":{"Err":"example.com/a@v1.0.0: ` + text +
		`"}}` + "\nEND\n"
}

// TestGoFails: go's own words are in the error of each version.
func TestGoFails(t *testing.T) {
	t.Parallel()
	a := version("example.com/a@v1.0.0")
	cases := []struct {
		name, script string
		kind         Kind
		parts        []string
	}{
		{"as a whole", "echo 'go: no such tool' >&2; exit 1", Transport,
			[]string{"go list -m -e -json ...: go: no such tool"}},
		{"for the version",
			says(`reading https://h.example: 410 Gone\n\tserver response:\n\tnot found`) + "exit 1",
			NotFound,
			[]string{"example.com/a@v1.0.0: reading https://h.example: 410 Gone server response: not found"}},
		{"the checksum database disagrees",
			says(`verifying go.mod: checksum mismatch\n\tdownloaded: h1:x\n\tsum.example: h1:y\n\nSECURITY ERROR\nThis`),
			Checksum,
			[]string{"verifying example.com/a@v1.0.0/go.mod: checksum mismatch downloaded: h1:x sum.example: h1:y"}},
		{"without sense", "echo '{'; exit 0", Transport, []string{"fetched no go.mod file"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := scripted(t, tc.script).source("GOPROXY=direct")
			e := wantError(t, s, a, tc.kind, tc.parts...)
			if e.Hint == "" || strings.Count(e.Error(), "example.com/a@v1.0.0") > 1 && tc.kind != Transport {
				t.Errorf("%q, hint %q", e, e.Hint)
			}
		})
	}
}

// TestGoHangs: the go command is stopped after ten time limits, or at once when the context ends.
func TestGoHangs(t *testing.T) {
	t.Parallel()
	w := scripted(t, "sleep 60")
	w.o.Timeout = 30 * time.Millisecond
	a := version("example.com/a@v1.0.0")
	begin := time.Now()
	wantError(t, w.source("GOPROXY=direct"), a, Timeout, "the go command was stopped after 300ms")
	w.o.Timeout = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := one(ctx, w.source("GOPROXY=direct"), a); err != context.DeadlineExceeded {
		t.Errorf("error %v", err)
	}
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
}
