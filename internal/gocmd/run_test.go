package gocmd

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
)

// script makes settings whose go command is a shell script, with its own directory as HOME.
func script(t *testing.T, text string, environ ...string) (s *Settings, dir string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell script")
	}
	dir = t.TempDir()
	write(t, dir, "bin/go", "#!/bin/sh\n"+text)
	write(t, dir, "pkg/tool/x", "")
	write(t, dir, "go.env", "GOPROXY=off\n")
	environ = append([]string{"PATH=" + filepath.Join(dir, "bin") + ":/usr/bin:/bin", "HOME=" + dir}, environ...)
	return read(t, environ...), dir
}

// TestKnownEnvironment runs the real go and asks it what it sees.
func TestKnownEnvironment(t *testing.T) {
	t.Parallel()
	dir := home(t)
	file := write(t, dir, "env", "GOFLAGS=-mod=vendor\nGO111MODULE=off\n")
	base := []string{"PATH=" + filepath.Dir(realGo(t)), "HOME=" + dir, "GOENV=" + file, "GOWORK=" + dir + "/go.work"}
	cases := []struct {
		name    string
		environ []string
		command Command
		want    string
	}{
		{"flags of the user's file are dropped", nil, Command{}, " |off|on"},
		{"-modcacherw is kept", []string{"GOFLAGS=-mod=mod -modcacherw '-overlay=a b' -toolexec=x"}, Command{},
			"-modcacherw|off|on"},
		{"the workspace is the one asked for", nil, Command{GOWORK: filepath.Join(dir, "w", "go.work")},
			" |" + filepath.Join(dir, "w", "go.work") + "|on"},
		{"the command's own variables win", nil, Command{Env: []string{"GO111MODULE=auto"}}, " |off|auto"},
	}
	write(t, dir, "w/go.work", "go 1.20\n")
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := read(t, append(base[:len(base):len(base)], tc.environ...)...)
			c := tc.command
			c.Dir, c.Args = dir, []string{"env", "GOFLAGS", "GOWORK", "GO111MODULE"}
			out, err := s.Run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.ReplaceAll(strings.TrimRight(string(out), "\n"), "\n", "|"); got != tc.want {
				t.Errorf("go sees %q, want %q", got, tc.want)
			}
		})
	}
}

func TestDroppedFlagsAreTold(t *testing.T) {
	t.Parallel()
	s, _ := script(t, "exit 0", "GOFLAGS=-mod=mod -modcacherw -overlay=o.json")
	if len(s.Notes()) != 0 {
		t.Errorf("notes before go has run: %q", s.Notes())
	}
	if _, err := s.Run(t.Context(), Command{Args: []string{"version"}}); err != nil {
		t.Fatal(err)
	}
	want := []string{"GOFLAGS: -mod=mod -overlay=o.json not passed on to the go command"}
	if got := s.Notes(); !reflect.DeepEqual(got, want) {
		t.Errorf("notes = %q, want %q", got, want)
	}
}

func TestRunFails(t *testing.T) {
	t.Parallel()
	s, dir := script(t, "echo out; for i in 1 2 3 4 5 6 7 8 9 10 11; do echo \"go: line $i\" >&2; done; exit 3")
	out, err := s.Run(t.Context(), Command{Dir: dir, Args: []string{"list", "-m", "a", "b", "c"}})
	if string(out) != "out\n" {
		t.Errorf("stdout = %q", out)
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is no *Error", err)
	}
	if e.Dir != dir || !strings.HasSuffix(e.Stderr, "line 11") {
		t.Errorf("Dir = %q, Stderr = %q", e.Dir, e.Stderr)
	}
	text := err.Error()
	if !strings.HasPrefix(text, "go list -m a b ...: go: line 1; go: line 2; ") || !strings.HasSuffix(text, "line 8") {
		t.Errorf("error text %q", text)
	}
}

func TestRunReadsStdin(t *testing.T) {
	t.Parallel()
	s, dir := script(t, "cat; pwd; echo $PWD")
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	for stdin, want := range map[string]string{"": "", "hello\n": "hello\n"} {
		c := Command{Dir: dir, Args: []string{"x"}}
		if stdin != "" {
			c.Stdin = strings.NewReader(stdin)
		}
		out, err := s.Run(t.Context(), c)
		if want := want + dir + "\n" + dir + "\n"; err != nil || string(out) != want {
			t.Errorf("stdin %q: stdout %q, %v; want %q", stdin, out, err, want)
		}
	}
}

// TestRunIsKilled: when the context ends, go and what go started end at once.
func TestRunIsKilled(t *testing.T) {
	t.Parallel()
	s, dir := script(t, "(while :; do echo x >> $HOME/beat; sleep 0.05; done) & sleep 60")
	beats := func() int64 {
		info, err := os.Stat(filepath.Join(dir, "beat"))
		if err != nil {
			return 0
		}
		return info.Size()
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for beats() == 0 && t.Context().Err() == nil {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
	}()
	begin := time.Now()
	_, err := s.Run(ctx, Command{Args: []string{"list"}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if took := time.Since(begin); took > 30*time.Second {
		t.Errorf("took %v to end", took)
	}
	before := beats()
	time.Sleep(300 * time.Millisecond)
	if beats() != before {
		t.Error("a process that go started is still alive")
	}
	if _, err := s.Run(ctx, Command{Args: []string{"list"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}

func TestSplitGoflags(t *testing.T) {
	t.Parallel()
	cases := []struct {
		text          string
		kept, dropped []string
	}{
		{"", nil, nil},
		{"  ", nil, nil},
		{"-modcacherw", []string{"-modcacherw"}, nil},
		{" --modcacherw=true\t-v ", []string{"--modcacherw=true"}, []string{"-v"}},
		{`'-ldflags=-s -w' "-modcacherw"`, []string{"-modcacherw"}, []string{"-ldflags=-s -w"}},
		{`-modcacherw 'open`, nil, []string{`-modcacherw 'open`}},
		{"-modcacherwx", nil, []string{"-modcacherwx"}},
	}
	for _, tc := range cases {
		kept, dropped := splitGoflags(tc.text)
		if !reflect.DeepEqual(kept, tc.kept) || !reflect.DeepEqual(dropped, tc.dropped) {
			t.Errorf("splitGoflags(%q) = %q, %q; want %q, %q", tc.text, kept, dropped, tc.kept, tc.dropped)
		}
	}
}

func FuzzSplitQuoted(f *testing.F) {
	f.Add(`-a '-b c' "d"e`)
	f.Fuzz(func(t *testing.T, text string) {
		words, err := splitQuoted(text)
		if err != nil && words != nil {
			t.Errorf("%q: words beside an error", text)
		}
		for _, w := range words {
			if !strings.Contains(text, w) {
				t.Errorf("%q: %q stands nowhere in it", text, w)
			}
		}
	})
}

// TestErrorIsOneLine: go indents what goes on, and says on a line of its own what a list is about.
func TestErrorIsOneLine(t *testing.T) {
	err := &Error{Args: []string{"mod", "vendor"}, Stderr: "go: inconsistent vendoring in /x:\n\ta@v1: is explicitly required\n\n\tTo ignore it\ngo: other",
		Err: &exec.ExitError{}}
	const want = "go mod vendor: go: inconsistent vendoring in /x: a@v1: is explicitly required To ignore it; go: other"
	if got := err.Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
