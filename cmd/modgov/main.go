package main

import (
	"context"
	"io"
	"math"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
)

func main() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		collectLater()
	}
	ctx, stop := signalContext(context.Background())
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// unhurried is how much memory a run may take before any of it is collected: most end before.
const unhurried = 96 << 20 // bytes

// collectLater puts garbage collection off until a run has taken some memory; from then on it goes its usual way. A run
// is short and small: its time is worth more than these few megabytes.
func collectLater() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(unhurried)
	first := new(*int) // that nobody has
	runtime.AddCleanup(first, func(percent int) {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(math.MaxInt64)
	}, 200)
}

// run is modgov as a function: args without the program's name, environ in the form of os.Environ. It returns the
// exit code, and touches nothing of the process but its working directory, which it only reads.
func run(ctx context.Context, args, environ []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return newShell(environ, stdin, stdout, stderr).run(ctx, commands(), args)
}

// signalContext returns a context that SIGINT and SIGTERM end, with an interrupted as its cause, and the function
// that ends the watch. A second signal finds the default handling again and kills. A signal that the parent process
// chose to have ignored, as nohup and shells in the background do, stays ignored.
func signalContext(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		if !signal.Ignored(sig) {
			signal.Notify(signals, sig)
		}
	}
	go func() {
		select {
		case sig := <-signals:
			signal.Stop(signals)
			cancel(interrupted{sig})
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}
