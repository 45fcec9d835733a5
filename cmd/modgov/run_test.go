package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A signal reaches the commands and what they started before modgov ends with its code, and the end says what became of
// each module.
func TestRunPassesSignalsOn(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no shell")
	}
	for sig, want := range map[syscall.Signal]int{syscall.SIGINT: exitInterrupt, syscall.SIGTERM: exitTerminate} {
		root := t.TempDir()
		for _, dir := range []string{"a", "b"} {
			writeModule(t, filepath.Join(root, dir), "example.com/"+dir)
		}
		script := `trap 'sleep 1.5; touch stopped; exit 9' INT TERM; touch ready; while :; do sleep 0.05; done`
		cmd := exec.CommandContext(t.Context(), "modgov", "run", "-C", root, "--jobs", "1", "--", "sh", "-c", script)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for !isThere(filepath.Join(root, "a", "ready")) {
			time.Sleep(10 * time.Millisecond)
		}
		if err := cmd.Process.Signal(sig); err != nil {
			t.Skip(err) // no signals can be sent
		}
		_ = cmd.Wait() // its error says what the exit code says
		if code := cmd.ProcessState.ExitCode(); code != want {
			t.Errorf("%v: exit code %d, want %d; stderr %q", sig, code, want, stderr.String())
		}
		if !isThere(filepath.Join(root, "a", "stopped")) || isThere(filepath.Join(root, "b", "ready")) {
			t.Errorf("%v: the first was not stopped, or the second started; stdout:\n%s", sig, stdout.String())
		}
		if got := stdout.String(); !strings.Contains(got, "stopped  a ") || !strings.Contains(got, "not run  b ") {
			t.Errorf("%v: got:\n%s", sig, got)
		}
	}
}

func isThere(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func writeModule(t *testing.T, dir, path string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module "+path+"\n\ngo 1.24\n"), 0o666); err != nil {
		t.Fatal(err)
	}
}
