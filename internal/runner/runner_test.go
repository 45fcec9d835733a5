package runner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// shell makes a command of a script, or skips the test where there is no shell.
func shell(t *testing.T, script string) []string {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell")
	}
	return []string{sh, "-c", script}
}

// directories makes tasks in new directories that know their number as N.
func directories(t *testing.T, n int) []Task {
	t.Helper()
	var out []Task
	root := t.TempDir()
	for i := range n {
		dir := filepath.Join(root, fmt.Sprint(i))
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		out = append(out, Task{Dir: dir, Env: []string{fmt.Sprintf("N=%d", i)}})
	}
	return out
}

// options run a script with words around the output of each task.
func options(t *testing.T, out io.Writer, script string) Options {
	t.Helper()
	return Options{
		Command: shell(t, script), Env: os.Environ(), Jobs: 4, Out: out,
		Head: func(task int, r *Result) string { return fmt.Sprintf("<%d %s %d\n", task, r.State, r.ExitCode) },
		Foot: func(task int, _ *Result) string { return fmt.Sprintf("%d>\n", task) },
	}
}

func mustRun(t *testing.T, tasks []Task, o Options) []Result {
	t.Helper()
	results, err := Run(t.Context(), tasks, o)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func states(results []Result) string {
	var out []string
	for _, r := range results {
		out = append(out, string(r.State))
	}
	return strings.Join(out, ", ")
}

// The output of each task stays together, with what it sent to standard error in its place, and one that fails keeps
// none from running.
func TestGroups(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := options(t, &out, `echo "out $N"; echo "err $N" >&2; basename "$PWD"; printf "$N"; [ $N != 1 ]`)
	results := mustRun(t, directories(t, 3), o)
	if got := states(results); got != "passed, failed, passed" || results[1].ExitCode != 1 || results[1].Err != nil {
		t.Errorf("%s, %+v", got, results[1])
	}
	for i, state := range []string{"passed 0", "failed 1", "passed 0"} {
		want := fmt.Sprintf("<%d %s\nout %[1]d\nerr %[1]d\n%[1]d\n%[1]d\n%[1]d>\n", i, state)
		if !strings.Contains(out.String(), want) {
			t.Errorf("got:\n%s\nwant in it:\n%s", out.String(), want)
		}
		if got := string(results[i].Tail); got != fmt.Sprintf("out %d\nerr %[1]d\n%[1]d\n%[1]d", i) {
			t.Errorf("tail %q", got)
		}
	}
	out.Reset()
	o.Show = func(_ int, r *Result) bool { return r.State == Failed }
	mustRun(t, directories(t, 3), o)
	if got := out.String(); strings.Count(got, "<") != 1 || !strings.HasPrefix(got, "<1 failed 1\n") {
		t.Errorf("only the failed one was wanted:\n%s", got)
	}
}

// With one job, tasks run in their order, but for those that wait.
func TestOrder(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := options(t, &out, "true")
	o.Jobs = 1
	tasks := directories(t, 5)
	tasks[0].After = []int{3}
	tasks[1].After = []int{0}
	tasks[4].After = []int{1, 2}
	mustRun(t, tasks, o)
	if got := strings.Join(strings.FieldsFunc(out.String(), func(r rune) bool { return !strings.ContainsRune("<01234", r) }), ""); !strings.HasPrefix(got, "<202<303<000<101<404") {
		t.Errorf("%q from:\n%s", got, out.String())
	}
}

// Many tasks with random waits: each runs once, after those that it waits for, and never more than allowed at a time.
func TestWaits(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "log")
	tasks := directories(t, 40)
	for i := range tasks {
		for _, before := range []int{i / 2, i / 3, i - 7} {
			if before >= 0 && before < i && !slices.Contains(tasks[i].After, before) {
				tasks[i].After = append(tasks[i].After, before)
			}
		}
	}
	o := options(t, io.Discard, `echo "+$N" >> "$LOG"; echo "-$N" >> "$LOG"`)
	o.Env = append(o.Env, "LOG="+log)
	o.Jobs = 3
	mustRun(t, tasks, o)
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(data))
	at := func(word string) int { return slices.Index(lines, word) }
	running, most := 0, 0
	for _, line := range lines {
		if line[0] == '+' {
			running++
		} else {
			running--
		}
		most = max(most, running)
	}
	if len(lines) != 2*len(tasks) || most > o.Jobs {
		t.Errorf("%d lines, %d at a time", len(lines), most)
	}
	for i, task := range tasks {
		for _, before := range task.After {
			if at(fmt.Sprintf("+%d", i)) < at(fmt.Sprintf("-%d", before)) {
				t.Errorf("%d ran before %d had ended", i, before)
			}
		}
	}
}

func TestFailFast(t *testing.T) {
	t.Parallel()
	o := options(t, io.Discard, "[ $N != 1 ]")
	o.Jobs, o.FailFast = 1, true
	if got := states(mustRun(t, directories(t, 4), o)); got != "passed, failed, not run, not run" {
		t.Error(got)
	}
}

// More output than is kept in memory comes whole, and leaves no file.
func TestMuchOutput(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := options(t, &out, `i=0; while [ $i -lt 30000 ]; do echo "line $i of many that have to come out whole and in order"; i=$((i+1)); done`)
	tasks := directories(t, 2)
	results := mustRun(t, tasks, o)
	var want strings.Builder
	for i := range 30000 {
		fmt.Fprintf(&want, "line %d of many that have to come out whole and in order\n", i)
	}
	if want.Len() < maxMemory {
		t.Fatal("not enough")
	}
	for i := range tasks {
		if !strings.Contains(out.String(), fmt.Sprintf("<%d passed 0\n%s%[1]d>\n", i, want.String())) {
			t.Errorf("the output of %d, of %d bytes, is not whole among %d bytes", i, want.Len(), out.Len())
		}
		if got := string(results[i].Tail); got != want.String()[want.Len()-maxTail:] {
			t.Errorf("tail of %d bytes: %.80q", len(got), got)
		}
	}
}

// With a prefix, lines come as they are made, never mixed, the last one with its end, endless ones in pieces.
func TestPrefix(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	o := options(t, &out, `echo one; printf two`)
	o.Prefix = func(task int) string { return fmt.Sprintf("%d| ", task) }
	mustRun(t, directories(t, 2), o)
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	slices.Sort(lines)
	if got := strings.Join(lines, ","); got != "0| one,0| two,1| one,1| two" {
		t.Errorf("%q", out.String())
	}
	out.Reset()
	o.Command = shell(t, `head -c 200000 /dev/zero | tr '\0' x`)
	mustRun(t, directories(t, 1), o)
	if n := strings.Count(out.String(), "0| "); n != 4 || strings.Count(out.String(), "x") != 200000 {
		t.Errorf("%d pieces, %d bytes", n, out.Len())
	}
}

// What keeps a command from running is a failure of its task, with the reason.
func TestFailuresToRun(t *testing.T) {
	t.Parallel()
	tasks := directories(t, 3)
	if err := os.Remove(tasks[0].Dir); err != nil {
		t.Fatal(err)
	}
	tasks[1].Dir = filepath.Join(tasks[2].Dir, "file")
	if err := os.WriteFile(tasks[1].Dir, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	results := mustRun(t, tasks, options(t, io.Discard, "true"))
	if got := states(results); got != "failed, failed, passed" {
		t.Error(got)
	}
	for i, want := range []string{"the directory cannot be entered: no such file", "the directory is none any more"} {
		if err := results[i].Err; err == nil || !strings.Contains(err.Error(), want) || results[i].ExitCode != -1 {
			t.Errorf("%d: %v", i, err)
		}
	}
	o := options(t, io.Discard, "")
	o.Command = []string{"./only-in-one"}
	if err := os.WriteFile(filepath.Join(tasks[2].Dir, "only-in-one"), []byte("#!/bin/sh\nexit 7\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	results = mustRun(t, directories(t, 1), o)
	if err := results[0].Err; err == nil || !strings.HasPrefix(err.Error(), "it cannot be started: ") {
		t.Errorf("%+v", results[0])
	}
	if results = mustRun(t, tasks[2:], o); results[0].ExitCode != 7 {
		t.Errorf("a program of the directory: %+v", results[0])
	}
	if err := Find("no-such-program-anywhere"); !errors.Is(err, exec.ErrNotFound) {
		t.Error(err)
	}
	if err := errors.Join(Find("./x"), Find(shell(t, "")[0])); err != nil {
		t.Error(err)
	}
}

func TestSignalOfACommand(t *testing.T) {
	t.Parallel()
	r := mustRun(t, directories(t, 1), options(t, io.Discard, "kill -9 $$"))[0]
	if r.State != Failed || r.ExitCode != -1 || r.Err == nil || r.Err.Error() != "signal: killed" {
		t.Errorf("%+v", r)
	}
}

// A command that takes too long is stopped with all that it started, and the others go on.
func TestLimit(t *testing.T) {
	t.Parallel()
	o := options(t, io.Discard, "[ $N = 0 ] || exit 0; sleep 600 & wait; sleep 600")
	o.Limit = 300 * time.Millisecond
	results := mustRun(t, directories(t, 2), o)
	if got := states(results); got != "failed, passed" || !errors.Is(results[0].Err, errTimeLimit) {
		t.Errorf("%s: %+v", got, results[0])
	}
}

type stopped struct{}

func (stopped) Error() string     { return "stopped" }
func (stopped) Signal() os.Signal { return syscall.SIGTERM }

// When the run is stopped, commands and what they started get the signal, and nothing more is started.
func TestStop(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	var out lockedBuffer
	o := options(t, &out, `trap 'wait $child; echo "stopped"; exit 4' TERM
sh -c 'trap "echo child stopped; exit 5" TERM; echo ready; while :; do sleep 0.1; done' & child=$!; wait $child; exit 6`)
	o.Jobs = 1
	o.Prefix = func(int) string { return "" }
	go func() {
		for !strings.Contains(out.String(), "ready") {
			time.Sleep(10 * time.Millisecond)
		}
		cancel(stopped{})
	}()
	results, err := Run(ctx, directories(t, 3), o)
	if !errors.Is(err, stopped{}) || states(results) != "stopped, not run, not run" {
		t.Errorf("%v, %s", err, states(results))
	}
	if got := out.String(); !strings.HasSuffix(got, "child stopped\nstopped\n") { // the shell tells of its sleep, too
		t.Errorf("%q", got)
	}
}

// Where the output cannot be written, the run ends.
func TestBrokenOutput(t *testing.T) {
	t.Parallel()
	o := options(t, failingWriter{}, "echo x; [ $N = 0 ] || sleep 600")
	o.Jobs = 2
	_, err := Run(t.Context(), directories(t, 3), o)
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
