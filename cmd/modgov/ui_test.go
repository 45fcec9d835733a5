package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

func TestScreenOfAFile(t *testing.T) {
	t.Parallel()
	file, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	for _, test := range []struct {
		environ string
		width   int
		text    int
	}{
		{"TERM=xterm", 0, 80},
		{"TERM=xterm COLUMNS=132", 132, 100},
		{"TERM=xterm COLUMNS=90", 90, 90},
		{"TERM=xterm COLUMNS=40", 80, 80},
		{"TERM=xterm COLUMNS=0", 0, 80},
		{"TERM=xterm COLUMNS=wide", 0, 80},
		{"COLUMNS=90 COLUMNS=120", 120, 100},
	} {
		got := newScreen(strings.Fields(test.environ), file, &bytes.Buffer{})
		want := screen{width: test.width}
		if got != want || got.textWidth() != test.text {
			t.Errorf("%s: %+v, text %d; want %+v, text %d", test.environ, got, got.textWidth(), want, test.text)
		}
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	inv := &invocation{stderr: &stderr, shell: &shell{}}

	inv.progress("loading")(1, 2)
	if stderr.Len() > 0 {
		t.Errorf("progress without a terminal: %q", stderr.String())
	}

	inv.shell.screen.progress = true
	inv.quiet = true
	inv.progress("loading")(1, 2)
	if stderr.Len() > 0 {
		t.Errorf("progress in spite of -q: %q", stderr.String())
	}

	inv.quiet = false
	report := inv.progress("loading go.mod files")
	report(1, 2)
	if stderr.Len() > 0 {
		t.Errorf("progress of work that may be done in a moment: %q", stderr.String())
	}
	time.Sleep(progressDelay + 10*time.Millisecond)
	report(1, 4)
	if text := stderr.String(); !strings.Contains(text, "loading go.mod files") || !strings.Contains(text, "1/4") {
		t.Errorf("no progress was shown: %q", text)
	}
	if strings.Contains(stderr.String(), "\n") {
		t.Errorf("the line was ended: %q", stderr.String())
	}

	inv.shell.bars.close()
	if !strings.HasSuffix(stderr.String(), "\r") {
		t.Errorf("the line was not removed: %q", stderr.String())
	}
	length := stderr.Len()
	report(2, 4)
	if stderr.Len() != length {
		t.Errorf("progress after the end: %q", stderr.String()[length:])
	}
}

func TestLookupEnv(t *testing.T) {
	t.Parallel()
	environ := []string{"A=1", "B", "A=2=3", "AB=4", "=C:=x"}
	for name, want := range map[string]string{"A": "2=3", "B": "", "AB": "4", "missing": ""} {
		if got := lookupEnv(environ, name); got != want {
			t.Errorf("lookupEnv(%q) = %q, want %q", name, got, want)
		}
	}
}
