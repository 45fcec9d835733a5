package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestExitCode(t *testing.T) {
	t.Parallel()
	plain := errors.New("plain")
	for _, test := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{plain, 3},
		{exitWith(0), 0},
		{exitWith(1), 1},
		{usagef("wrong"), 2},
		{fmt.Errorf("load: %w", usagef("wrong")), 2},
		{fmt.Errorf("load: %w", plain), 3},
		{errors.Join(exitWith(3), exitWith(1)), 1},
		{errors.Join(exitWith(1), exitWith(2)), 2},
		{errors.Join(plain, exitWith(1)), 1},
		{errors.Join(plain, plain), 3},
		{fmt.Errorf("%w, %w", exitWith(1), usagef("wrong")), 2},
		{withCode(1, plain), 1},
		{withCode(3, usagef("wrong")), 2},
		{withCode(3, nil), 0},
		{withHint(plain, "try"), 3},
		{withHint(usagef("wrong"), "try"), 2},
		{withHint(nil, "try"), 0},
	} {
		if got := exitCode(test.err); got != test.want {
			t.Errorf("exitCode(%v) = %d, want %d", test.err, got, test.want)
		}
	}
}

func TestWorstCode(t *testing.T) {
	t.Parallel()
	order := []int{exitPass, exitIncomplete, exitNegative, exitUsage} // each one beats those before it
	for i, weak := range order {
		for _, strong := range order[i:] {
			if worstCode(weak, strong) != strong || worstCode(strong, weak) != strong {
				t.Errorf("%d does not beat %d", strong, weak)
			}
		}
	}
	if worstCode() != exitPass {
		t.Error("no code is not a pass")
	}
}

func TestPrintError(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{exitWith(1), ""},
		{errors.New("a"), "modgov: error: a\n"},
		{errors.New("a\nb"), "modgov: error: a\n\tb\n"},
		{errors.New("read \x1b[2Jgo.mod\n\tline\rtwo"), `modgov: error: read \x1b[2Jgo.mod` + "\n\t" + `line\rtwo` + "\n"},
		{withHint(errors.New("a"), "try %s", "\a"), "modgov: error: a\nmodgov: hint: try \\x07\n"},
		{withHint(errors.New("a"), "try %s", "b"), "modgov: error: a\nmodgov: hint: try b\n"},
		{fmt.Errorf("x: %w", withHint(errors.New("a"), "try b")), "modgov: error: x: a\nmodgov: hint: try b\n"},
		{withCode(1, withHint(usagef("a"), "try b")), "modgov: error: a\nmodgov: hint: try b\n"},
		{errors.Join(errors.New("a"), exitWith(1), withHint(errors.New("b"), "c")),
			"modgov: error: a\nmodgov: error: b\nmodgov: hint: c\n"},
	} {
		var out strings.Builder
		printError(&out, test.err)
		if out.String() != test.want {
			t.Errorf("printError(%v) writes %q, want %q", test.err, out.String(), test.want)
		}
	}
}

func TestIsInterruption(t *testing.T) {
	t.Parallel()
	sig := interrupted{os.Interrupt}
	for _, err := range []error{nil, sig, context.Canceled, fmt.Errorf("load: %w", context.Canceled),
		errors.Join(sig, fmt.Errorf("a: %w", context.Canceled)), withCode(3, context.Canceled)} {
		if !isInterruption(err) {
			t.Errorf("%v is more than an interruption", err)
		}
	}
	for _, err := range []error{errors.New("a"), context.DeadlineExceeded, exitWith(1),
		errors.Join(sig, errors.New("a"))} {
		if isInterruption(err) {
			t.Errorf("%v is an interruption", err)
		}
	}
}

func TestInterruptionKnowsItsSignal(t *testing.T) {
	t.Parallel()
	for sig, want := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143} {
		ctx, cancel := context.WithCancelCause(t.Context())
		if _, ok := interruption(ctx); ok {
			t.Error("a context that goes on is interrupted")
		}
		cancel(interrupted{sig})
		if got, ok := interruption(ctx); !ok || got.code() != want {
			t.Errorf("%v: code %d, %t; want %d", sig, got.code(), ok, want)
		}
	}
}
