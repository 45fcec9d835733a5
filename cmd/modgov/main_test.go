package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"
)

// child is a modgov-probe that runs until a signal ends it.
type child struct {
	cmd    *exec.Cmd
	stdout bytes.Buffer
	stderr *bufio.Reader
}

// startProbe starts modgov-probe with args and waits until it says that it is ready.
func startProbe(t *testing.T, args ...string) *child {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no signals can be sent")
	}
	c := &child{cmd: exec.CommandContext(t.Context(), "modgov-probe", args...)}
	c.cmd.Stdout = &c.stdout
	pipe, err := c.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.stderr = bufio.NewReader(pipe)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := c.stderr.ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the probe said %q, %v", line, err)
	}
	return c
}

func (c *child) signal(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := c.cmd.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// wait returns the state in which the child ended and what it still wrote to stderr.
func (c *child) wait(t *testing.T) (*os.ProcessState, string) {
	t.Helper()
	rest, err := io.ReadAll(c.stderr)
	if err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := c.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return c.cmd.ProcessState, string(rest)
}

func TestSignalsEndACommandThatIgnoresThem(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		signal os.Signal
		code   int
		stderr string
	}{
		{os.Interrupt, 130, "modgov: error: interrupted\n"},
		{syscall.SIGTERM, 143, "modgov: error: terminated\n"},
	} {
		t.Run(test.signal.String(), func(t *testing.T) {
			t.Parallel()
			probe := startProbe(t, "stubborn")
			began := time.Now()
			probe.signal(t, test.signal)
			state, stderr := probe.wait(t)
			if state.ExitCode() != test.code || stderr != test.stderr {
				t.Errorf("exit code %d, stderr %q; want %d, %q", state.ExitCode(), stderr, test.code, test.stderr)
			}
			if took := time.Since(began); took > 10*patience {
				t.Errorf("it took %v to stop", took)
			}
			if probe.stdout.Len() > 0 {
				t.Errorf("half a result was written: %q", probe.stdout.String())
			}
		})
	}
}

func TestASignalLetsACommandClearUp(t *testing.T) {
	t.Parallel()
	probe := startProbe(t, "polite")
	began := time.Now()
	probe.signal(t, os.Interrupt)
	state, stderr := probe.wait(t)
	want := "modgov: error: wait: context canceled\nmodgov: error: left behind: a file\nmodgov: error: interrupted\n"
	if state.ExitCode() != 130 || stderr != want {
		t.Errorf("exit code %d, stderr %q; want 130, %q", state.ExitCode(), stderr, want)
	}
	if took := time.Since(began); took > patience {
		t.Errorf("it took %v to stop, though the command did at once", took)
	}
}

func TestASecondSignalKills(t *testing.T) {
	t.Parallel()
	probe := startProbe(t, "write", filepath.Join(t.TempDir(), "file"))
	probe.signal(t, syscall.SIGTERM)
	// The first signal is on its way; once it has arrived, the next one finds the default handling.
	for began := time.Now(); time.Since(began) < patience; time.Sleep(10 * time.Millisecond) {
		if err := probe.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			break
		}
	}
	state, stderr := probe.wait(t)
	if status, ok := state.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || stderr != "" {
		t.Errorf("the probe ended by itself: %v, stderr %q", state, stderr)
	}
}

func TestASignalNeverHalvesAProtectedWrite(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "file")
	probe := startProbe(t, "write", name)
	probe.signal(t, os.Interrupt)
	state, _ := probe.wait(t)
	if state.ExitCode() != 130 {
		t.Errorf("exit code %d, want 130", state.ExitCode())
	}
	if data, err := os.ReadFile(name); string(data) != "whole\n" {
		t.Errorf("the file holds %q, %v", data, err)
	}
}

func TestAnIgnoredSignalStaysIgnored(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no signals can be sent")
	}
	// nohup and shells in the background start a program with the signal ignored.
	script := `trap '' INT; modgov-probe polite & pid=$!; sleep 1; kill -INT $pid; kill -TERM $pid; wait $pid`
	err := exec.CommandContext(t.Context(), "sh", "-c", script).Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 143 {
		t.Errorf("got %v, want exit code 143, of SIGTERM", err)
	}
}

// TestRunIsAFunction runs modgov in this process: several at once, with streams of their own.
func TestRunIsAFunction(t *testing.T) {
	t.Parallel()
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), []string{"completion", "fish"}, nil, strings.NewReader(""), &stdout, &stderr)
			if code != 0 || stderr.Len() > 0 || !strings.Contains(stdout.String(), "complete -c modgov") {
				t.Errorf("code %d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
			}
			code = run(t.Context(), []string{"competition"}, nil, strings.NewReader(""), &stdout, &stderr)
			if code != 2 || !strings.Contains(stderr.String(), "did you mean") {
				t.Errorf("code %d, stderr %q", code, stderr.String())
			}
		})
	}
}

// TestCollectLater: the first collection puts the usual way of collecting back.
func TestCollectLater(t *testing.T) {
	defer func(limit int64) {
		debug.SetGCPercent(100)
		debug.SetMemoryLimit(limit)
	}(debug.SetMemoryLimit(-1))
	collectLater()
	if limit := debug.SetMemoryLimit(-1); limit != unhurried {
		t.Fatalf("the limit is %d", limit)
	}
	runtime.GC()
	for deadline := time.Now().Add(time.Minute); debug.SetMemoryLimit(-1) != math.MaxInt64; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("nothing is collected before the limit for good")
		}
	}
}
