package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/urfave/cli/v2"
)

// commands returns modgov's commands in the order in which the help lists them. They are made anew for every run, as
// urfave/cli keeps parsed values in them.
func commands() []*cli.Command {
	return []*cli.Command{
		checkCommand(),
		fixCommand(),
		getCommand(),
		whatIfCommand(),
		carryCommand(),
		tidyCommand(),
		workCommand(),
		vendorCommand(),
		recoverCommand(),
		listCommand(),
		graphCommand(),
		whyCommand(),
		reportCommand(),
		diffCommand(),
		affectedCommand(),
		runCommand(),
		mergeReportsCommand(),
		initCommand(),
		suggestCommand(),
		exceptionsCommand(),
		doctorCommand(),
		policyCommand(),
		explainCommand(),
		completionCommand(),
		helpCommand(),
		completeCommand(),
	}
}

// patience is how long a command that an interrupt ended may take to stop before modgov exits without it.
const patience = time.Second

// shell is one run of modgov: its streams and its environment. Only goroutines of this run use it.
type shell struct {
	environ []string
	stdin   io.Reader
	stdout  *output
	stderr  io.Writer
	screen  screen
	bars    progressBars
	writing sync.RWMutex // read-locked inside protect; locked for good when a run is abandoned
}

func newShell(environ []string, stdin io.Reader, stdout, stderr io.Writer) *shell {
	return &shell{
		environ: environ,
		stdin:   stdin,
		stdout:  newOutput(stdout),
		stderr:  &lockedWriter{w: stderr},
		screen:  newScreen(environ, stdout, stderr),
	}
}

// run executes the command line args with cmds and returns the exit code. When a signal ends ctx, the command gets a
// moment to stop; one that does not is left behind, but never inside a protected write. What a command that was left
// behind had begun to write to stdout is not shown.
func (sh *shell) run(ctx context.Context, cmds []*cli.Command, args []string) int {
	done := make(chan error, 1)
	go func() { done <- sh.execute(ctx, cmds, args) }()
	err, finished := sh.wait(ctx, done)
	sh.bars.close()
	if finished {
		if flushErr := sh.stdout.Flush(); flushErr != nil {
			err = withCode(exitIncomplete, fmt.Errorf("write the output: %w", flushErr))
		}
	}
	sig, stopped := interruption(ctx)
	if !stopped {
		printError(sh.stderr, err)
		return exitCode(err)
	}
	if !isInterruption(err) {
		printError(sh.stderr, err)
	}
	printError(sh.stderr, sig)
	return sig.code()
}

// wait returns the result of the command, or false if it was left behind.
func (sh *shell) wait(ctx context.Context, done <-chan error) (error, bool) {
	select {
	case err := <-done:
		return err, true
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err, true
	case <-time.After(patience):
	}
	sh.writing.Lock() // not before a write in progress has ended; it still gets to say how
	select {
	case err := <-done:
		return err, true
	case <-time.After(patience / 10):
		return nil, false
	}
}

// execute parses args and runs the command that they name, to its end.
func (sh *shell) execute(ctx context.Context, cmds []*cli.Command, args []string) error {
	app := newApp(sh, cmds)
	line, err := parseLine(app.Commands, args)
	switch {
	case line.help:
		return writeHelp(sh.stdout, app.Commands, line.path, sh.screen.textWidth())
	case line.version:
		_, err := fmt.Fprintln(sh.stdout, versionLine())
		return err
	case err != nil:
		return err
	case len(args) == 0:
		// A gate whose command got lost, as in `modgov $CMD` with CMD unset, must not pass: not exit 0.
		if err := writeHelp(sh.stderr, app.Commands, nil, sh.screen.textWidth()); err != nil {
			return err
		}
		return exitWith(exitUsage)
	case len(line.path) == 0:
		return withHint(usagef("no command given"), "modgov help lists the commands")
	}
	return app.RunContext(ctx, line.canonical())
}

// shellKey is the entry of cli.App.Metadata that leads from an action to its shell.
const shellKey = "shell"

// newApp prepares cmds for one run. urfave/cli is left with what it does well, typed flag values: the order of
// arguments, help, errors, suggestions and exits are modgov's own (args.go, help.go, exit.go).
func newApp(sh *shell, cmds []*cli.Command) *cli.App {
	for _, cmd := range cmds {
		prepareCommand(cmd)
	}
	return &cli.App{
		Name:                      "modgov",
		Usage:                     tagline,
		Commands:                  cmds,
		HideHelp:                  true, // the library's help command is one shared, mutable value
		HideVersion:               true, // the library's -v would be the version
		Compiled:                  time.Unix(0, 0),
		Reader:                    sh.stdin,
		Writer:                    sh.stdout,
		ErrWriter:                 sh.stderr,
		DisableSliceFlagSeparator: true,                         // a module selector may hold commas: {a,b}
		ExitErrHandler:            func(*cli.Context, error) {}, // the default calls os.Exit inside Run
		Metadata:                  map[string]any{shellKey: sh},
	}
}

// prepareCommand adds to cmd and all below it what every command has.
func prepareCommand(cmd *cli.Command) {
	cmd.HideHelp = true
	cmd.OnUsageError = func(_ *cli.Context, err error, _ bool) error { return flagValueError(err) }
	for _, sub := range cmd.Subcommands {
		prepareCommand(sub)
	}
	if len(cmd.Subcommands) == 0 {
		for _, flag := range commonFlags() {
			if findFlag(cmd.Flags, flag.Names()[0]) == nil {
				cmd.Flags = append(cmd.Flags, flag)
			}
		}
	}
}

// invocation is what a command works with: the common flags, resolved, and the streams of this run. Its methods may
// be called by several goroutines at once.
type invocation struct {
	ctx     context.Context
	environ []string // the environment, with GOPROXY=off under --offline
	dir     string   // where modgov runs: absolute, after -C
	root    string   // --root: absolute, or empty
	policy  string   // --policy: absolute, or empty
	// noPolicy leaves a policy file unread: the command makes one. Its text is kept, and it may be absent.
	noPolicy bool
	modules  []string // --module: selectors as given
	base     string   // --base, for commands that have it
	offline  bool     // --offline
	jobs     int      // --jobs: at least 1, else the number of processors that Go uses
	// requests is --jobs for what does not need a processor; 0 if it was not given: the network has limits of its own.
	requests int
	timeout  time.Duration // --timeout, more than 0; 0 for commands that do not have it
	format   string        // --format or --json, one of those that the command names in formatFlags; else empty
	quiet    bool          // -q
	verbose  bool          // -v

	stdin  io.Reader
	stdout io.Writer // buffered; written out at the end, and a failure to write is reported then
	stderr io.Writer
	width  int  // columns of text on stdout, at least 80; 0 without limit (a file, a pipe)
	color  bool // text on stdout may carry colours

	shell *shell
}

// action makes the action of a command from a function that gets the common flags resolved.
func action(do func(inv *invocation, c *cli.Context) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		inv, err := newInvocation(c)
		if err != nil {
			return err
		}
		return do(inv, c)
	}
}

func newInvocation(c *cli.Context) (*invocation, error) {
	sh := c.App.Metadata[shellKey].(*shell)
	dir, err := startDir(c.StringSlice("C"))
	if err != nil {
		return nil, err
	}
	inv := &invocation{
		ctx: c.Context, environ: sh.environ, dir: dir,
		modules: c.StringSlice("module"), base: c.String("base"), offline: c.Bool("offline"), jobs: c.Int("jobs"),
		quiet: c.Bool("quiet"), verbose: c.Bool("verbose"),
		stdin: sh.stdin, stdout: sh.stdout, stderr: sh.stderr,
		width: sh.screen.width, color: sh.screen.color && !c.Bool("no-color"), shell: sh,
	}
	if p, ok := c.Generic("timeout").(*patienceValue); ok {
		inv.timeout = p.Duration
	}
	inv.root, inv.policy = inv.path(c.String("root")), inv.path(c.String("policy"))
	if inv.offline {
		inv.environ = append(slices.Clone(sh.environ), "GOPROXY=off")
	}
	inv.requests = inv.jobs
	if !c.IsSet("jobs") {
		inv.jobs, inv.requests = runtime.GOMAXPROCS(0), 0
	}
	if inv.jobs < 1 {
		return nil, usagef("--jobs %d: at least 1 is needed", inv.jobs)
	}
	if inv.quiet && inv.verbose {
		return nil, usagef("-q and -v contradict each other")
	}
	inv.format, err = outputFormat(c)
	return inv, err
}

// path resolves a file name that the user gave against the directory of -C; the empty name stays empty.
func (inv *invocation) path(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(inv.dir, name)
}

// getenv returns the value of a variable in inv.environ, as os.Getenv would.
func (inv *invocation) getenv(name string) string { return lookupEnv(inv.environ, name) }

// protect runs write so that an interrupt does not leave it half done: modgov does not exit while it runs, and it is
// not begun once ctx has ended. Keep it to what must be whole, the writing of a plan; a second signal still kills.
func (inv *invocation) protect(write func() error) error {
	inv.shell.writing.RLock()
	defer inv.shell.writing.RUnlock()
	if err := context.Cause(inv.ctx); err != nil {
		return err
	}
	return write()
}

// startDir returns the absolute directory that modgov runs in: each of dirs, the values of -C, is relative to the one
// before, as in git.
func startDir(dirs []string) (string, error) {
	dir := filepath.Join(dirs...)
	for i, d := range dirs {
		if filepath.IsAbs(d) {
			dir = filepath.Join(dirs[i:]...)
		}
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the current directory: %w", err)
	}
	if len(dirs) == 0 {
		return abs, nil
	}
	return abs, checkDir("-C "+strings.Join(dirs, " -C "), abs)
}

// checkDir refuses a name that is no directory; given is the flag with its value.
func checkDir(given, name string) error {
	switch info, err := os.Stat(name); {
	case errors.Is(err, fs.ErrNotExist):
		return usagef("%s: no such directory", given)
	case err != nil:
		return usagef("%s: %w", given, err)
	case !info.IsDir():
		return usagef("%s: not a directory", given)
	}
	return nil
}

// lookupEnv returns the last value of name in environ, which has the form of os.Environ.
func lookupEnv(environ []string, name string) string {
	for _, entry := range slices.Backward(environ) {
		if key, value, ok := strings.Cut(entry, "="); ok && key == name {
			return value
		}
	}
	return ""
}

// lockedWriter lets the goroutines of a run share stderr.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// output buffers stdout and keeps the first error of the stream, so that a full disk cannot look like success.
type output struct {
	mu  sync.Mutex
	buf *bufio.Writer
}

func newOutput(w io.Writer) *output { return &output{buf: bufio.NewWriterSize(w, 1<<16)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

// Flush writes out what is buffered and returns the first error that the stream ever gave.
func (o *output) Flush() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Flush()
}
