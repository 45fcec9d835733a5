package main

import (
	"embed"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/policy"
)

// completionScripts are the scripts of the shells; each asks `modgov __complete` for the candidates.
//
//go:embed completion
var completionScripts embed.FS

// completionCommand returns `modgov completion`.
func completionCommand() *cli.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the script that completes modgov's command line in a shell",
		ArgsUsage: strings.Join(shells, "|"),
		Description: "Prints a script for bash, zsh, fish or powershell that completes commands, flags and values.\n\n" +
			"EXAMPLES\n" +
			"  eval \"$(modgov completion bash)\"                                     # in ~/.bashrc\n" +
			"  modgov completion zsh > \"${fpath[1]}/_modgov\"                        # then start zsh anew\n" +
			"  modgov completion fish > ~/.config/fish/completions/modgov.fish\n" +
			"  modgov completion powershell | Out-String | Invoke-Expression        # in $PROFILE",
		BashComplete: func(c *cli.Context) { fmt.Fprintln(c.App.Writer, strings.Join(shells, "\n")) },
		Action: action(func(inv *invocation, c *cli.Context) error {
			name := c.Args().First()
			script, err := completionScripts.ReadFile("completion/modgov." + name)
			if err != nil {
				err := usagef("no completion for shell %q: %s is needed", name, oneOf(shells))
				if hint := policy.Suggest(name, shells); hint != "" {
					return withHint(err, "did you mean %q?", hint)
				}
				return err
			}
			_, err = inv.stdout.Write(script)
			return err
		}),
	}
}

// completeCommand returns the hidden command behind the scripts. Its arguments are the words after modgov up to the
// cursor; the last one, the word at the cursor, has a "=" before it, since an empty word gets lost in some shells.
// It writes a line per candidate, with its description after a tab, and then ":files", ":dirs" or ":none": what the
// shell should offer where there is no candidate.
func completeCommand() *cli.Command {
	return &cli.Command{
		Name:      "__complete",
		Hidden:    true,
		ArgsUsage: "[WORD...]",
		Action: func(c *cli.Context) error {
			words := c.Args().Slice()
			if len(words) == 0 {
				return usagef("no word to complete")
			}
			current := strings.TrimPrefix(words[len(words)-1], "=")
			found, rest := complete(c.App, words[:len(words)-1], current)
			for _, candidate := range found {
				if _, err := fmt.Fprintln(c.App.Writer, candidate); err != nil {
					return err
				}
			}
			_, err := io.WriteString(c.App.Writer, rest+"\n")
			return err
		},
	}
}

// What a shell should offer where modgov has no candidates.
const (
	offerFiles   = ":files"
	offerDirs    = ":dirs"
	offerNothing = ":none"
)

// complete returns the candidates for the word current after the words before it, each with a description after a
// tab, in the order of the help, and what to offer besides.
func complete(app *cli.App, before []string, current string) ([]string, string) {
	p := parser{commands: app.Commands}
	ended := false
	for len(before) > 0 {
		word := before[0]
		before = before[1:]
		switch {
		case ended || !isFlagWord(word):
			p.positional(word)
		case word == "--":
			ended = true
		default:
			if last := p.split(word); len(before) == 0 && expectsValue(last[len(last)-1]) {
				return flagValues(last[len(last)-1].flag, "", current)
			}
			before = p.flag(word, before)
		}
	}
	if !ended && strings.HasPrefix(current, "-") {
		return completeFlag(&p, current)
	}
	return completeArg(app, &p, current)
}

func expectsValue(s setting) bool { return s.flag != nil && takesValue(s.flag) && !s.given }

// completeFlag completes a flag's name, or its value in the form --flag=value.
func completeFlag(p *parser, current string) ([]string, string) {
	if name, value, given := strings.Cut(current, "="); given {
		if s := p.split(name); s[0].flag != nil && takesValue(s[0].flag) {
			return flagValues(s[0].flag, name+"=", value)
		}
		return nil, offerNothing
	}
	flags := commonFlags()
	if len(p.line.path) > 0 {
		flags = slices.Clone(p.line.path[len(p.line.path)-1].Flags)
	}
	var found []string
	for _, flag := range append(flags, metaFlags()...) {
		if name := completedName(flag, current); name != "" {
			found = append(found, name+"\t"+flagRow(flag)[1])
		}
	}
	return found, offerNothing
}

// completedName returns the flag's name if it completes current, or the alias that current already is.
func completedName(flag cli.Flag, current string) string {
	for i, name := range flag.Names() {
		if dashed(name) == current || i == 0 && isVisible(flag) && strings.HasPrefix(dashed(name), current) {
			return dashed(name)
		}
	}
	return ""
}

// flagValues completes the value of a flag; prefix stands before each candidate.
func flagValues(flag cli.Flag, prefix, current string) ([]string, string) {
	var found []string
	values := choices(flag)
	if doc, ok := flag.(cli.DocGenerationFlag); ok && strings.Contains(doc.GetUsage(), "`RULE`") {
		values = ruleNames()
	}
	for _, value := range values {
		if strings.HasPrefix(value, current) {
			found = append(found, prefix+value)
		}
	}
	switch {
	case found != nil:
		return found, offerNothing
	case !takesFile(flag):
		return nil, offerNothing
	case flag.Names()[0] == "C" || flag.Names()[0] == "root":
		return nil, offerDirs
	}
	return nil, offerFiles
}

// takesFile tells whether the flag's value is a file or directory, by the field of that name.
func takesFile(flag cli.Flag) bool {
	switch f := flag.(type) {
	case *cli.PathFlag:
		return f.TakesFile
	case *cli.StringFlag:
		return f.TakesFile
	case *cli.StringSliceFlag:
		return f.TakesFile
	}
	return false
}

// completeArg completes a command's name or, by the command's BashComplete, its arguments.
func completeArg(app *cli.App, p *parser, current string) ([]string, string) {
	if p.lost {
		return nil, offerNothing
	}
	var found []string
	if candidates := p.subcommands(); candidates != nil {
		for _, cmd := range candidates {
			if !cmd.Hidden && strings.HasPrefix(cmd.Name, current) {
				found = append(found, cmd.Name+"\t"+cmd.Usage)
			}
		}
		return found, offerNothing
	}
	cmd := p.line.path[len(p.line.path)-1]
	switch _, most := arity(strings.Fields(cmd.ArgsUsage)); {
	case len(p.line.args) >= most:
		return nil, offerNothing
	case cmd.BashComplete == nil:
		return nil, offerFiles
	}
	for _, candidate := range commandCandidates(app, cmd, p.line.args) {
		if strings.HasPrefix(candidate, current) {
			found = append(found, candidate)
		}
	}
	return found, offerNothing
}

// commandCandidates returns the lines that the command's BashComplete prints when args stand before the cursor.
func commandCandidates(app *cli.App, cmd *cli.Command, args []string) []string {
	var b strings.Builder
	set := flag.NewFlagSet(cmd.Name, flag.ContinueOnError)
	if err := set.Parse(append([]string{"--"}, args...)); err != nil {
		return nil // cannot be: after "--" nothing is a flag
	}
	cmd.BashComplete(cli.NewContext(&cli.App{Writer: &b, Commands: app.Commands, Metadata: app.Metadata}, set, nil))
	return strings.FieldsFunc(b.String(), func(r rune) bool { return r == '\n' })
}
