package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"
)

const tagline = "govern the dependencies of a Go repository that holds many modules"

// exitCodes explains the exit codes.
func exitCodes() [][2]string {
	return [][2]string{
		{"0", "pass; there is nothing to object to"},
		{"1", "the negative answer: a finding at or above the threshold, or something is left to fix"},
		{"2", "usage, or a policy file that is invalid in itself"},
		{"3", "incomplete: something could not be read or done, and nothing worse is known"},
		{"130, 143", "stopped by SIGINT, SIGTERM"},
	}
}

// helpCommand returns `modgov help`; --help on any command says the same.
func helpCommand() *cli.Command {
	return &cli.Command{
		Name:      "help",
		Usage:     "explain modgov, or one command",
		ArgsUsage: "[COMMAND...]",
		Description: "The same text as `modgov COMMAND --help`.\n\n" +
			"EXAMPLES\n  modgov help completion",
		BashComplete: func(c *cli.Context) {
			candidates := c.App.Commands
			for _, name := range c.Args().Slice() {
				cmd := findCommand(candidates, name)
				if cmd == nil {
					return
				}
				candidates = cmd.Subcommands
			}
			for _, cmd := range candidates {
				if !cmd.Hidden {
					fmt.Fprintf(c.App.Writer, "%s\t%s\n", cmd.Name, cmd.Usage)
				}
			}
		},
		Action: func(c *cli.Context) error {
			var path []*cli.Command
			candidates := c.App.Commands
			for _, name := range c.Args().Slice() {
				cmd := findCommand(candidates, name)
				if cmd == nil {
					return unknownCommand(path, candidates, name)
				}
				path, candidates = append(path, cmd), cmd.Subcommands
			}
			sh := c.App.Metadata[shellKey].(*shell)
			return writeHelp(sh.stdout, c.App.Commands, path, sh.screen.textWidth())
		},
	}
}

func findCommand(commands []*cli.Command, name string) *cli.Command {
	for _, cmd := range commands {
		if cmd.HasName(name) {
			return cmd
		}
	}
	return nil
}

// writeHelp writes the help of the command that path leads to, or of modgov for an empty path, width columns wide.
func writeHelp(w io.Writer, commands, path []*cli.Command, width int) error {
	var b strings.Builder
	if len(path) == 0 {
		fmt.Fprintf(&b, "modgov: %s\n\nUsage: modgov [flags] COMMAND [flags] [arguments]\n", tagline)
		writeCommands(&b, commands, width)
		common := commonFlags()
		if findFlag(allFlags(commands), "format") != nil {
			common = append(common, formatHint())
		}
		title := "Flags of every command, before it or after it:"
		writeFlags(&b, title, append(common, metaFlags()...), width)
		writeRows(&b, "Exit codes, the same for every command and format:", exitCodes(), width)
		fmt.Fprint(&b, "\nmodgov help COMMAND tells more about a command.\n")
	} else {
		writeCommandHelp(&b, path, width)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// formatHint is the entry of the root help that stands for the --format and --json of each command.
func formatHint() cli.Flag {
	return &cli.StringFlag{Name: "format", Usage: "write the result as `F`, one of those that the command's help lists; " +
		"--json is short for --format json"}
}

func writeCommandHelp(b *strings.Builder, path []*cli.Command, width int) {
	cmd := path[len(path)-1]
	usage := fullName(path)
	if len(cmd.Subcommands) > 0 {
		usage += " COMMAND"
	}
	if cmd.ArgsUsage != "" {
		usage += " " + cmd.ArgsUsage
	}
	fmt.Fprintf(b, "%s\n\nUsage: %s [flags]\n", wrapText(fullName(path)+": "+cmd.Usage, width), usage)
	prose, examples := describe(cmd)
	if prose != "" {
		fmt.Fprintf(b, "\n%s\n", wrapText(prose, width))
	}
	if examples != nil {
		fmt.Fprintf(b, "\nExamples:\n  %s\n", strings.Join(examples, "\n  "))
	}
	writeCommands(b, cmd.Subcommands, width)
	common := commonFlags()
	var own []cli.Flag
	for _, flag := range cmd.Flags {
		if findFlag(common, flag.Names()[0]) == nil {
			own = append(own, flag)
		}
	}
	writeFlags(b, "Flags:", own, width)
	writeFlags(b, "Flags of every command:", append(common, metaFlags()...), width)
}

// describe returns the two parts of a command's Description: paragraphs, and the command lines after "EXAMPLES".
func describe(cmd *cli.Command) (prose string, examples []string) {
	prose, rest, _ := strings.Cut(cmd.Description, "\n\nEXAMPLES\n")
	for line := range strings.Lines(rest) {
		examples = append(examples, strings.TrimSpace(line))
	}
	return prose, examples
}

func writeCommands(b *strings.Builder, commands []*cli.Command, width int) {
	var rows [][2]string
	for _, cmd := range commands {
		if !cmd.Hidden {
			rows = append(rows, [2]string{cmd.Name, cmd.Usage})
		}
	}
	writeRows(b, "Commands:", rows, width)
}

func writeFlags(b *strings.Builder, title string, flags []cli.Flag, width int) {
	var rows [][2]string
	for _, flag := range flags {
		if isVisible(flag) {
			rows = append(rows, flagRow(flag))
		}
	}
	writeRows(b, title, rows, width)
}

// flagRow returns how a flag is written, short name first, and what it does.
func flagRow(flag cli.Flag) [2]string {
	var names []string
	for _, name := range flag.Names() {
		if len(name) == 1 {
			names = append([]string{dashed(name)}, names...)
		} else {
			names = append(names, dashed(name))
		}
	}
	written := strings.Join(names, ", ")
	usage := ""
	if doc, ok := flag.(cli.DocGenerationFlag); ok {
		usage = doc.GetUsage()
	}
	before, rest, found := strings.Cut(usage, "`")
	if value, after, closed := strings.Cut(rest, "`"); found && closed {
		return [2]string{written + " " + value, before + value + after}
	}
	if values := choices(flag); values != nil {
		return [2]string{written + " " + strings.Join(values, "|"), usage + " (default: " + values[0] + ")"}
	}
	return [2]string{written, usage}
}

// writeRows writes a table of two columns under a title, nothing where there are no rows.
func writeRows(b *strings.Builder, title string, rows [][2]string, width int) {
	if len(rows) == 0 {
		return
	}
	column := 0
	for _, row := range rows {
		if len(row[0]) <= 24 {
			column = max(column, len(row[0]))
		}
	}
	fmt.Fprintf(b, "\n%s\n", title)
	indent := strings.Repeat(" ", column+4)
	for _, row := range rows {
		text := strings.ReplaceAll(wrapText(row[1], width-len(indent)), "\n", "\n"+indent)
		if len(row[0]) > column {
			fmt.Fprintf(b, "  %s\n%s%s\n", row[0], indent, text)
			continue
		}
		fmt.Fprintf(b, "  %-*s  %s\n", column, row[0], text)
	}
}

// wrapText fills the paragraphs of text to width, breaking between words. Indented and empty lines stay as they are.
func wrapText(text string, width int) string {
	var lines []string
	filling := false // the last line is part of a paragraph that goes on
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		if line == "" || line[0] == ' ' || line[0] == '\t' {
			lines, filling = append(lines, line), false
			continue
		}
		for _, word := range strings.Fields(line) {
			if last := len(lines) - 1; filling && len(lines[last])+1+len(word) <= width {
				lines[last] += " " + word
				continue
			}
			lines, filling = append(lines, word), true
		}
	}
	return strings.Join(lines, "\n")
}

// versionLine says which modgov this is, from what the go command put into the program.
func versionLine() string {
	version, details := "unknown", []string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		version = buildVersion(info)
		details = buildDetails(info)
	}
	details = append(details, runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH)
	return fmt.Sprintf("modgov %s (%s)", version, strings.Join(details, ", "))
}

// buildVersion returns the version of the main module, which go install sets from the tag and go build from git.
func buildVersion(info *debug.BuildInfo) string {
	if info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

// buildDetails returns the revision and its state where the program was built in a checkout.
func buildDetails(info *debug.BuildInfo) []string {
	var details []string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			details = append(details, "revision "+s.Value[:min(12, len(s.Value))])
		case s.Key == "vcs.time":
			details = append(details, s.Value)
		case s.Key == "vcs.modified" && s.Value == "true":
			details = append(details, "modified")
		}
	}
	return details
}
