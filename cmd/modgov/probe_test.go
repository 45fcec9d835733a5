package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"
)

// probe is main with the commands of probeCommands.
func probe() {
	ctx, stop := signalContext(context.Background())
	code := newShell(os.Environ(), os.Stdin, os.Stdout, os.Stderr).run(ctx, probeCommands(), os.Args[1:])
	stop()
	os.Exit(code)
}

// probeCommands are modgov's commands and some that show what the shell around a command does.
func probeCommands() []*cli.Command {
	return append(commands(),
		showCommand(),
		&cli.Command{
			Name:  "group",
			Usage: "a command of commands",
			Subcommands: []*cli.Command{
				{Name: "first", Usage: "one of them", ArgsUsage: "[NAME]", Flags: []cli.Flag{
					&cli.BoolFlag{Name: "deep", Usage: "look deeper"},
				}, Action: action(show)},
				{Name: "second", Usage: "the other", ArgsUsage: "ONE...", Action: action(show)},
			},
		},
		&cli.Command{Name: "fail", Usage: "end with an exit code", ArgsUsage: "[CODE...]",
			Action: action(func(_ *invocation, c *cli.Context) error { return failures(c.Args().Slice()) })},
		&cli.Command{Name: "stubborn", Usage: "never stop", Action: action(func(inv *invocation, _ *cli.Context) error {
			fmt.Fprintln(inv.stdout, "half a result")
			fmt.Fprintln(inv.stderr, "ready")
			select {}
		})},
		&cli.Command{Name: "polite", Usage: "stop when asked", Action: action(func(inv *invocation, _ *cli.Context) error {
			fmt.Fprintln(inv.stderr, "ready")
			<-inv.ctx.Done()
			return errors.Join(fmt.Errorf("wait: %w", inv.ctx.Err()), errors.New("left behind: a file"))
		})},
		&cli.Command{Name: "write", Usage: "write a file, slowly", ArgsUsage: "FILE",
			Action: action(func(inv *invocation, c *cli.Context) error {
				return inv.protect(func() error {
					fmt.Fprintln(inv.stderr, "ready")
					time.Sleep(2 * patience)
					return os.WriteFile(inv.path(c.Args().First()), []byte("whole\n"), 0o666)
				})
			})},
	)
}

// showCommand has a flag of every kind.
func showCommand() *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "print what the command line came to",
		ArgsUsage: "[WORD...]",
		Flags: append(formatFlags("text", "json", "dot"),
			choiceFlag("fail-on", "the threshold", "error", "warn"),
			&cli.IntFlag{Name: "depth", Usage: "how deep"},
			&cli.StringSliceFlag{Name: "out", Usage: "write more than one; `FORMAT=FILE` each"},
			&cli.BoolFlag{Name: "dry-run", Aliases: []string{"n"}, Usage: "change nothing"},
			&cli.StringFlag{Name: "dep", Aliases: []string{"d"}, Usage: "only `DEP`", TakesFile: true},
		),
		BashComplete: func(c *cli.Context) { fmt.Fprintf(c.App.Writer, "red\ta colour\nrose\t%d before\n", c.NArg()) },
		Action:       action(show),
	}
}

func show(inv *invocation, c *cli.Context) error {
	fmt.Fprintf(inv.stdout, "command %s\nargs %q\n", c.Command.FullName(), c.Args().Slice())
	fmt.Fprintf(inv.stdout, "dir %s\nroot %s\npolicy %s\n", inv.dir, inv.root, inv.policy)
	fmt.Fprintf(inv.stdout, "modules %q\njobs %v\nformat %q\n", inv.modules, c.IsSet("jobs"), inv.format)
	fmt.Fprintf(inv.stdout, "offline %t quiet %t verbose %t\n", inv.offline, inv.quiet, inv.verbose)
	fmt.Fprintf(inv.stdout, "GOPROXY %s width %d color %t\n", inv.getenv("GOPROXY"), inv.width, inv.color)
	fmt.Fprintf(inv.stdout, "fail-on %q depth %d out %q dry-run %t dep %q deep %t\n", c.String("fail-on"), c.Int("depth"),
		c.StringSlice("out"), c.Bool("dry-run"), c.String("dep"), c.Bool("deep"))
	return nil
}

// failures joins an error for each code; "plain" is an error that names none.
func failures(codes []string) error {
	var errs []error
	for _, code := range codes {
		switch code {
		case "1":
			errs = append(errs, exitWith(exitNegative))
		case "2":
			errs = append(errs, withHint(usagef("item %q: unknown key", code), "did you mean id?"))
		case "3":
			errs = append(errs, withCode(exitIncomplete, errors.New("layer failed")))
		case "plain":
			errs = append(errs, errors.New("open go.mod: permission denied"))
		case "library":
			return cli.Exit("the library would exit here", 1)
		}
	}
	return errors.Join(errs...)
}
