package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// hangingWorld is a repository of one module, and a proxy that does not answer when it is asked what the module needs.
type hangingWorld struct {
	root, home string
	temp       string
	asked      chan struct{} // receives once for every request
	environ    []string
}

// newHangingWorld makes one in which the proxy hands out files with the given suffixes at once.
func newHangingWorld(t *testing.T, answered ...string) *hangingWorld {
	t.Helper()
	dir := t.TempDir()
	w := &hangingWorld{
		root: filepath.Join(dir, "repo"), home: filepath.Join(dir, "home"), temp: filepath.Join(dir, "temp"),
		asked: make(chan struct{}, 100),
	}
	over := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if slices.Contains(answered, path.Ext(r.URL.Path)) {
			fmt.Fprint(out, "module example.com/x\n\ngo 1.24\n")
			return
		}
		w.asked <- struct{}{}
		select {
		case <-over:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(over) })
	for _, dir := range []string{w.root, w.home, w.temp} {
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"go.mod": "module example.com/a\n\ngo 1.24\n\nrequire example.com/x v1.0.0\n",
		"go.sum": "example.com/x v1.0.0/go.mod h1:ULgIjPhP1atZ+xQy+jjxCdUlX+szmMG8unArUkXRBrc=\n",
		"a.go":   "package a\n\nimport _ \"example.com/x\"\n",
		// A pin, so that fix has something to do.
		"modgov.yaml": "version: 1\npins: [{id: x, dep: example.com/x, version: v1.1.0}]\n",
	} {
		if err := os.WriteFile(filepath.Join(w.root, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	w.environ = append(os.Environ(), "GOPROXY="+server.URL, "GOMODCACHE="+filepath.Join(w.home, "mod"), "GOENV=off",
		"GOSUMDB=off", "GOFLAGS=-modcacherw", "GOWORK=", "GOTOOLCHAIN=local", "GOTELEMETRY=off", "HOME="+w.home,
		"TMPDIR="+w.temp, "TERM=dumb")
	return w
}

// files lists what is below directories.
func files(t *testing.T, dirs ...string) []string {
	t.Helper()
	var lines []string
	for _, dir := range dirs {
		files, err := snapshot(dir)
		if err != nil {
			t.Fatal(err)
		}
		for name, line := range files {
			lines = append(lines, name+" "+line)
		}
	}
	slices.Sort(lines)
	return lines
}

// interrupt runs modgov until the proxy has been asked, and sends the signal of Ctrl-C.
func (w *hangingWorld) interrupt(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "modgov", append(args, "-C", w.root)...)
	cmd.Env = w.environ
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-w.asked:
	case <-time.After(time.Minute):
		t.Fatalf("the proxy was never asked; stderr %q", stderr.String())
	}
	began := time.Now()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Skip(err) // no signals can be sent
	}
	_ = cmd.Wait() // its error says what the exit code says
	if took := time.Since(began); took > 5*patience {
		t.Errorf("it took %v to stop", took)
	}
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupt || stderr.String() != "modgov: error: interrupted\n" {
		t.Errorf("exit code %d, stderr %q", code, stderr.String())
	}
	if stdout.Len() > 0 {
		t.Errorf("half a result was written: %q", stdout.String())
	}
}

func sameFiles(t *testing.T, before, after []string) {
	t.Helper()
	if !slices.Equal(before, after) {
		t.Errorf("files before:\n%s\nafter:\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
}

func TestAnInterruptEndsAHangingFetch(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{
		{"check"}, {"check", "--json"}, {"fix"}, {"list"}, {"graph"}, {"why", "example.com/x"},
	} {
		t.Run(strings.Join(command, " "), func(t *testing.T) {
			t.Parallel()
			w := newHangingWorld(t)
			before := files(t, w.root, w.home, w.temp)
			w.interrupt(t, command...)
			sameFiles(t, before, files(t, w.root, w.home, w.temp))
		})
	}
}

// The go command fetches the code that it completes go.mod files from, and it hangs as well.
func TestAnInterruptEndsTheGoCommand(t *testing.T) {
	t.Parallel()
	w := newHangingWorld(t, ".mod")
	before := files(t, w.root)
	w.interrupt(t, "fix")
	sameFiles(t, before, files(t, w.root))
	if left, err := filepath.Glob(filepath.Join(w.temp, "modgov-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestAProxyThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newHangingWorld(t)
	before := files(t, w.root, w.home, w.temp)
	for _, test := range []struct {
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{
			[]string{"check"}, exitIncomplete,
			"no whole answer within 200ms\n  why        . -> example.com/x v1.0.0\n", "",
		},
		{[]string{"list"}, exitIncomplete, "", "modgov: error: .: example.com/x@v1.0.0: reading http://"},
		{[]string{"fix"}, exitIncomplete, "", "cannot be judged: example.com/x@v1.0.0: reading http://"},
	} {
		var stdout, stderr bytes.Buffer
		sh := newShell(w.environ, strings.NewReader(""), &stdout, &stderr)
		code := sh.run(t.Context(), commands(), append(test.args, "-C", w.root, "--timeout", "200ms"))
		said := strings.Contains(stdout.String(), test.stdout) && strings.Contains(stderr.String(), test.stderr)
		if code != test.code || !said {
			t.Errorf("%v: exit code %d, stdout:\n%s\nstderr:\n%s", test.args, code, stdout.String(), stderr.String())
		}
	}
	sameFiles(t, before, files(t, w.root, w.home, w.temp))
}
