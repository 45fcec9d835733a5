package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/modgov/modgov/internal/report"
)

// The exit codes, the same for every command and every output format. doc.go and the root help explain them.
const (
	exitPass       = 0   // did what was asked, nothing to object to
	exitNegative   = 1   // the negative answer: a finding at or above the threshold, something left to fix
	exitUsage      = 2   // usage, or a policy file that is invalid in itself
	exitIncomplete = 3   // the job could not be done, or not wholly: a layer failed, a file could not be read
	exitInterrupt  = 130 // SIGINT
	exitTerminate  = 143 // SIGTERM
)

// exitError is an error that knows its exit code and, perhaps, what the user can do about it.
//
// A nil err prints nothing: the command has already said on stdout all there is to say, and only the code is left.
type exitError struct {
	code int
	err  error
	hint string // one line that goes after "modgov: hint: ", or empty
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exitWith returns the error that makes modgov exit with code and print nothing more; nil for exitPass. It is how
// the verdict of a report that has already been written becomes the exit code.
func exitWith(code int) error {
	if code == exitPass {
		return nil
	}
	return &exitError{code: code}
}

// usagef returns an error with exit code 2: the command line, or the policy file alone, is wrong.
func usagef(format string, args ...any) error {
	return &exitError{code: exitUsage, err: fmt.Errorf(format, args...)}
}

// withCode gives err an exit code; nil stays nil. A code that err already carries stays where it ranks higher.
func withCode(code int, err error) error {
	if err == nil {
		return nil
	}
	return &exitError{code: worstCode(code, carriedCode(err)), err: err}
}

// withHint adds a line that says what the user can do; nil stays nil, and the exit code stays.
func withHint(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &exitError{code: exitCode(err), err: err, hint: fmt.Sprintf(format, args...)}
}

// codeRank lists the codes from weakest to strongest: 2 beats 1 beats 3 beats 0, as usage errors make every other
// statement worthless and a finding is certain even when something else could not be read.
func codeRank(code int) int {
	return slices.Index([]int{exitPass, exitIncomplete, exitNegative, exitUsage, exitTerminate, exitInterrupt}, code)
}

// worstCode returns the strongest of codes, exitPass where there is none.
func worstCode(codes ...int) int {
	worst := exitPass
	for _, code := range codes {
		if codeRank(code) > codeRank(worst) {
			worst = code
		}
	}
	return worst
}

// exitCode returns the code that err asks for: that of the outermost exitError; the strongest one where errors were
// joined; exitIncomplete for an error that names none.
func exitCode(err error) int {
	if err == nil {
		return exitPass
	}
	if code := carriedCode(err); code != exitPass {
		return code
	}
	return exitIncomplete
}

// carriedCode is exitCode, with exitPass for an error that names no code.
func carriedCode(err error) int {
	switch e := err.(type) {
	case *exitError:
		return e.code
	case interface{ Unwrap() error }:
		return carriedCode(e.Unwrap())
	case interface{ Unwrap() []error }:
		worst := exitPass
		for _, part := range e.Unwrap() {
			worst = worstCode(worst, exitCode(part))
		}
		return worst
	}
	return exitPass
}

// interrupted is the cause of a context that a signal ended.
type interrupted struct{ signal os.Signal }

func (e interrupted) Error() string {
	if e.signal == syscall.SIGTERM {
		return "terminated"
	}
	return "interrupted"
}

// Signal returns the signal, for processes to get the same.
func (e interrupted) Signal() os.Signal { return e.signal }

func (e interrupted) code() int {
	if e.signal == syscall.SIGTERM {
		return exitTerminate
	}
	return exitInterrupt
}

// interruption returns the signal that ended ctx, if one did.
func interruption(ctx context.Context) (interrupted, bool) {
	var sig interrupted
	return sig, errors.As(context.Cause(ctx), &sig)
}

// isInterruption tells whether err says nothing but that its context has ended; nil says not even that.
func isInterruption(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return !slices.ContainsFunc(joined.Unwrap(), func(part error) bool { return !isInterruption(part) })
	}
	if inner := errors.Unwrap(err); inner != nil {
		return isInterruption(inner)
	}
	_, ok := err.(interrupted)
	return err == nil || ok || err == context.Canceled
}

// printError writes err for people: "modgov: error: " before each joined error, in order, and "modgov: hint: " after
// the one that it helps with. Lower case, one line each, no period at the end.
func printError(w io.Writer, err error) {
	switch e := err.(type) {
	case nil:
	case *exitError:
		printError(w, e.err)
		if e.hint != "" {
			printLine(w, "hint", e.hint)
		}
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			printError(w, part)
		}
	default:
		printLine(w, "error", e.Error())
		var inner *exitError
		if errors.As(e, &inner) && inner.hint != "" {
			printLine(w, "hint", inner.hint)
		}
	}
}

// printLine writes one message; further lines of it are indented. Errors quote files, so nothing in them may act on
// the terminal.
func printLine(w io.Writer, kind, text string) {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = report.Escape(strings.TrimLeft(line, "\t"))
	}
	fmt.Fprintf(w, "modgov: %s: %s\n", kind, strings.Join(lines, "\n\t"))
}
