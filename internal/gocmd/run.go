package gocmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrNoGo is the error of Run where there is no go command.
var ErrNoGo = errors.New("no go command found: put go on PATH or set GOROOT")

const (
	maxStderr   = 64 << 10        // what is kept of go's standard error, in bytes
	shownLines  = 8               // how much of it an error text shows, in lines
	shownArgs   = 4               // how much of a command line an error text shows, in words
	waitForEnds = 2 * time.Second // how long a process that go left behind may hold its output open
)

// A Command is one run of the go command.
type Command struct {
	Dir    string    // where it runs; "" is the current directory
	Args   []string  // without the word go: {"list", "-m", "all"}
	GOWORK string    // the go.work file to use; "" means off
	Env    []string  // "NAME=value", over all else
	Stdin  io.Reader // nil: empty
}

// An Error says that a run of the go command failed.
type Error struct {
	Args   []string
	Dir    string
	Stderr string // what go wrote to standard error, trimmed, at most 64 KiB
	Err    error  // an *exec.ExitError, or the error of the context, or why go could not be started
}

// Error names the command and gives the first lines of what go said, as one line: go indents those that go on.
func (e *Error) Error() string {
	name := "go " + strings.Join(e.Args[:min(len(e.Args), shownArgs)], " ")
	if len(e.Args) > shownArgs {
		name += " ..."
	}
	text := ""
	lines := strings.Split(e.Stderr, "\n")
	for _, line := range lines[:min(len(lines), shownLines)] {
		words := strings.TrimSpace(line)
		switch {
		case words == "":
			continue
		case strings.HasPrefix(line, "\t") || strings.HasSuffix(text, ":"):
			text += " "
		case text != "":
			text += "; "
		}
		text += words
	}
	var exit *exec.ExitError
	if text == "" || !errors.As(e.Err, &exit) {
		text = e.Err.Error()
	}
	return name + ": " + text
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Run starts the go command and returns what it wrote to standard output. The process gets the environment that
// ReadSettings was given, with GOTOOLCHAIN as it is, GO111MODULE=on, GOWORK as c says, and of GOFLAGS only
// -modcacherw: flags such as -mod, -modfile, -overlay or -toolexec would change what the command means. It has no
// terminal, so nothing that it starts can wait for an answer. When ctx ends, the process and those that it started
// are killed. A failure is an *Error, with standard output as far as it came; without a go command it is ErrNoGo.
func (s *Settings) Run(ctx context.Context, c Command) (stdout []byte, err error) {
	if s.goCommand == "" {
		return nil, ErrNoGo
	}
	s.ran.Store(true)
	gowork := c.GOWORK
	if gowork == "" {
		gowork = "off"
	}
	// An empty GOFLAGS would let the one in the user's go/env file through; a blank one does not.
	goflags := " "
	if len(s.kept) > 0 {
		goflags = strings.Join(s.kept, " ")
	}
	env := append(s.environ[:len(s.environ):len(s.environ)],
		"GOFLAGS="+goflags, "GOWORK="+gowork, "GO111MODULE=on", "GIT_TERMINAL_PROMPT=0", "GCM_INTERACTIVE=never")
	return start(ctx, s.goCommand, c, append(env, c.Env...))
}

// start runs one process to its end.
func start(ctx context.Context, name string, c Command, env []string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, &Error{Args: c.Args, Dir: c.Dir, Err: err}
	}
	cmd := exec.CommandContext(ctx, name, c.Args...)
	cmd.Dir, cmd.Env, cmd.Stdin = c.Dir, env, c.Stdin
	if c.Dir != "" {
		dir, err := filepath.Abs(c.Dir)
		if err != nil {
			return nil, &Error{Args: c.Args, Dir: c.Dir, Err: err}
		}
		cmd.Env = append(cmd.Env, "PWD="+dir) // go believes PWD where it names the directory
	}
	var stdout bytes.Buffer
	stderr := prefixWriter{max: maxStderr}
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = waitForEnds
	ownGroup(cmd)
	err := cmd.Run()
	if err == nil {
		return stdout.Bytes(), nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return stdout.Bytes(), &Error{Args: c.Args, Dir: c.Dir, Stderr: stderr.String(), Err: err}
}

// A prefixWriter keeps the first bytes that are written to it.
type prefixWriter struct {
	buf bytes.Buffer
	max int
}

// Write never fails, so that a process is not stopped by what it says.
func (w *prefixWriter) Write(p []byte) (int, error) {
	if room := w.max - w.buf.Len(); room > 0 {
		w.buf.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}

func (w *prefixWriter) String() string {
	return strings.TrimSpace(strings.ToValidUTF8(w.buf.String(), "\uFFFD"))
}

// splitGoflags parts GOFLAGS into the flags that are passed on and the others. Text that go could not split either
// is not passed on at all.
func splitGoflags(text string) (kept, dropped []string) {
	flags, err := splitQuoted(text)
	if err != nil {
		return nil, []string{text}
	}
	for _, flag := range flags {
		name, _, _ := strings.Cut(flag, "=")
		if name == "-modcacherw" || name == "--modcacherw" {
			kept = append(kept, flag)
		} else {
			dropped = append(dropped, flag)
		}
	}
	return kept, dropped
}

// splitQuoted splits text at blanks; a word that starts with a quote ends at the next one and may hold blanks. There
// are no escapes. It is the rule of cmd/internal/quoted.Split.
func splitQuoted(text string) (words []string, err error) {
	for {
		text = strings.TrimLeft(text, " \t\n\r")
		if text == "" {
			return words, nil
		}
		if quote := text[0]; quote == '"' || quote == '\'' {
			end := strings.IndexByte(text[1:], quote)
			if end < 0 {
				return nil, fmt.Errorf("unterminated %c string", quote)
			}
			words, text = append(words, text[1:1+end]), text[end+2:]
			continue
		}
		end := strings.IndexAny(text, " \t\n\r")
		if end < 0 {
			end = len(text)
		}
		words, text = append(words, text[:end]), text[end:]
	}
}
