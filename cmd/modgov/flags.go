package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/policy"
)

// commonFlags returns the flags that every command has, in the order of the help. A command that defines a flag of
// the same name has its own instead. The name between backquotes in a usage text stands for the value.
func commonFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "C", Usage: "run as if started in `DIR`", TakesFile: true},
		&cli.PathFlag{Name: "root", Usage: "govern what is below `DIR` (default: found from go.work, then git)",
			TakesFile: true},
		&cli.PathFlag{Name: "policy", Usage: "read the policy from `FILE` (default: modgov.yaml at the root)",
			TakesFile: true},
		&cli.StringSliceFlag{Name: "module",
			Usage: "only modules that `SEL` selects: a directory glob, path:GLOB, team:x, tag:x, !not; repeatable"},
		&cli.BoolFlag{Name: "offline", Usage: "ask no network, as with GOPROXY=off"},
		&cli.IntFlag{Name: "jobs", Usage: "do `N` things at once (default: the number of processors)"},
		&cli.BoolFlag{Name: "no-color", Usage: "no colours; NO_COLOR in the environment says the same"},
		&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "say less: the result alone"},
		&cli.BoolFlag{Name: "verbose", Aliases: []string{"v"}, Usage: "say more: what was left out, and why"},
	}
}

// metaFlags returns the flags that stand in place of a command, wherever they are; parseLine acts on them.
func metaFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "help", Aliases: []string{"h"}, Usage: "explain modgov, or the command that it stands with"},
		&cli.BoolFlag{Name: "version", Usage: "print which modgov this is"},
	}
}

// formatFlags returns --format with the formats that a command writes, the first one by default, and --json where
// json is one of them. A command without them refuses both, so that no format is asked for in vain. The action finds
// the choice in invocation.format.
func formatFlags(formats ...string) []cli.Flag {
	flags := []cli.Flag{choiceFlag("format", "how the result is written", formats...)}
	if slices.Contains(formats, "json") {
		flags = append(flags, &cli.BoolFlag{Name: "json", Usage: "short for --format json"})
	}
	return flags
}

// outputFormat returns what --format and --json ask for, or "" for a command that has neither.
func outputFormat(c *cli.Context) (string, error) {
	if !c.Bool("json") {
		return c.String("format"), nil
	}
	if format := c.String("format"); c.IsSet("format") && format != "json" {
		return "", usagef("--json and --format %s contradict each other", format)
	}
	return "json", nil
}

// choiceFlag returns a flag that takes one of values, the first one by default. c.String(name) reads it.
func choiceFlag(name, usage string, values ...string) cli.Flag {
	return &cli.GenericFlag{Name: name, Usage: usage, Value: &choice{values: values, value: values[0]}}
}

// choice is the value of a choiceFlag.
type choice struct {
	values []string
	value  string
}

func (c *choice) String() string { return c.value }

func (c *choice) Set(value string) error {
	if !slices.Contains(c.values, value) {
		if hint := policy.Suggest(value, c.values); hint != "" {
			return fmt.Errorf("%s is needed; did you mean %q?", oneOf(c.values), hint)
		}
		return fmt.Errorf("%s is needed", oneOf(c.values))
	}
	c.value = value
	return nil
}

// choices returns the values that a choiceFlag takes, nil for any other flag.
func choices(flag cli.Flag) []string {
	if generic, ok := flag.(*cli.GenericFlag); ok {
		if c, ok := generic.Value.(*choice); ok {
			return c.values
		}
	}
	return nil
}

// timeoutFlag bounds how long one answer of a proxy or a checksum database may take; newInvocation reads it.
func timeoutFlag() cli.Flag {
	return &cli.GenericFlag{Name: "timeout", Value: &patienceValue{time.Minute},
		Usage: "wait `TIME`, such as 30s, for one answer of a proxy or checksum database (default: 1m)"}
}

// patienceValue is the value of a timeoutFlag: more than 0.
type patienceValue struct{ time.Duration }

func (p *patienceValue) Set(text string) (err error) {
	if p.Duration, err = time.ParseDuration(text); err != nil || p.Duration <= 0 {
		return errors.New("a time such as 30s or 2m is needed")
	}
	return nil
}

// findFlag returns the flag that has this name or alias, or nil.
func findFlag(flags []cli.Flag, name string) cli.Flag {
	for _, flag := range flags {
		if slices.Contains(flag.Names(), name) {
			return flag
		}
	}
	return nil
}

// takesValue tells whether the flag is followed by a value: all but booleans.
func takesValue(flag cli.Flag) bool {
	doc, ok := flag.(cli.DocGenerationFlag)
	return !ok || doc.TakesValue()
}

// isVisible tells whether the help shows the flag.
func isVisible(flag cli.Flag) bool {
	visible, ok := flag.(cli.VisibleFlag)
	return !ok || visible.IsVisible()
}

// dashed returns a flag's name as it is typed: one dash before a letter, two before a word.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// oneOf returns "a, b or c".
func oneOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
