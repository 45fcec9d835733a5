package main

import (
	"cmp"
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
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
		Description: "Prints a script for bash, zsh, fish or powershell that completes commands, flags and values, those of the policy file included.\n\n" +
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
			found, rest := complete(c, words[:len(words)-1], current)
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

// A completer completes a command line; the parser has taken in the words before the cursor.
type completer struct {
	parser
	c *cli.Context // of __complete
}

// complete returns the candidates for the word current after the words before it, each with a description after a
// tab, in the order of the help, and what to offer besides.
func complete(c *cli.Context, before []string, current string) ([]string, string) {
	p := completer{parser: parser{commands: c.App.Commands}, c: c}
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
				return p.flagValues(last[len(last)-1].flag, "", current)
			}
			before = p.flag(word, before)
		}
	}
	if !ended && strings.HasPrefix(current, "-") {
		return p.completeFlag(current)
	}
	return p.completeArg(current)
}

func expectsValue(s setting) bool { return s.flag != nil && takesValue(s.flag) && !s.given }

// completeFlag completes a flag's name, or its value in the form --flag=value.
func (p *completer) completeFlag(current string) ([]string, string) {
	if name, value, given := strings.Cut(current, "="); given {
		if s := p.split(name); s[0].flag != nil && takesValue(s[0].flag) {
			return p.flagValues(s[0].flag, name+"=", value)
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
func (p *completer) flagValues(flag cli.Flag, prefix, current string) ([]string, string) {
	var found []string
	values := choices(flag)
	if doc, ok := flag.(cli.DocGenerationFlag); ok {
		switch usage := doc.GetUsage(); {
		case strings.Contains(usage, "`RULE`"):
			values = ruleNames()
		case strings.Contains(usage, "`ITEM`"):
			values = p.ask(offer(itemIDs))
		}
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
func (p *completer) completeArg(current string) ([]string, string) {
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
	for _, candidate := range p.ask(cmd.BashComplete) {
		if strings.HasPrefix(candidate, current) {
			found = append(found, candidate)
		}
	}
	return found, offerNothing
}

// ask returns the lines that list prints when it runs in place of the command before the cursor, with its flags and
// arguments so far. It prints for nobody: what is wrong with the line is for the command to say, once it is entered.
func (p *completer) ask(list cli.BashCompleteFunc) []string {
	if len(p.line.path) == 0 {
		return nil
	}
	cmd, l := p.line.path[len(p.line.path)-1], p.line
	cmd.Action = func(c *cli.Context) error {
		list(c)
		return nil
	}
	l.flags = slices.DeleteFunc(slices.Clone(l.flags), func(s setting) bool {
		return s.value == "" || findFlag(cmd.Flags, s.name) == nil
	})
	var b strings.Builder
	outer := p.c.App.Metadata[shellKey].(*shell)
	sh := &shell{environ: outer.environ, stdin: outer.stdin, stdout: newOutput(&b), stderr: io.Discard}
	if err := newApp(sh, p.commands).RunContext(p.c.Context, l.canonical()); err != nil {
		return nil
	}
	if err := sh.stdout.Flush(); err != nil {
		return nil // cannot be: b takes everything
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return r == '\n' })
}

// offer makes a list of candidates from what the policy says; there are none where it cannot be read.
func offer(candidates func(*policy.Policy, []string) []string) cli.BashCompleteFunc {
	return func(c *cli.Context) {
		inv, err := newInvocation(c)
		if err != nil {
			return
		}
		p, err := locateProject(inv, c.String("workspace-file"))
		if err != nil {
			return
		}
		defer p.close()
		files := p.repo.Files()
		if files == nil {
			return
		}
		if p.policy, err = p.readPolicy(files); err != nil {
			return
		}
		for _, candidate := range candidates(p.policy, c.Args().Slice()) {
			fmt.Fprintln(c.App.Writer, candidate)
		}
	}
}

// itemIDs are the ids that exceptions may name.
func itemIDs(p *policy.Policy, _ []string) []string { return p.ItemIDs() }

// exceptionIDs are the exceptions that are not among given, each with until when and why it is.
func exceptionIDs(p *policy.Policy, given []string) []string {
	var out []string
	for i := range p.Exceptions {
		e := &p.Exceptions[i]
		if slices.Contains(given, e.ID) {
			continue
		}
		about := "until " + cmp.Or(e.Expires.String(), "somebody removes it")
		for _, text := range []string{e.Owner, e.Reason} {
			if text != "" {
				about += "; " + report.Escape(text)
			}
		}
		out = append(out, e.ID+"\t"+about)
	}
	return out
}
