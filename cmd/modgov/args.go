package main

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/policy"
)

// line is a command line, taken apart. Flags may stand anywhere: before the command, after it, after arguments.
type line struct {
	path    []*cli.Command // the command, then its subcommand; empty if none was named
	flags   []setting      // in the order given
	args    []string       // what is neither command nor flag
	help    bool           // -h or --help was among the flags
	version bool           // --version was
}

// setting is one flag of a command line with its value.
type setting struct {
	flag  cli.Flag // nil if no command has such a flag
	name  string   // as typed, without dashes
	value string
	given bool // the value was part of the word, as in --name=value
}

// parseLine takes words apart, which are the arguments without the program's name. It knows from commands which flags
// take a value. The rules: "--" ends the flags, and what follows are arguments (or the command, where none came yet);
// --flag=value and --flag value say the same, as do -flag and --flag; letters combine (-qC dir); "-" is an argument.
//
// On error, which is always one of usage, the line holds what was understood; help and version are right in any case.
func parseLine(commands []*cli.Command, words []string) (line, error) {
	p := parser{commands: commands}
	for len(words) > 0 {
		word := words[0]
		words = words[1:]
		switch {
		case word == "--":
			p.ended = true
			for _, arg := range words {
				p.positional(arg)
			}
			words = nil
		case isFlagWord(word):
			words = p.flag(word, words)
		default:
			p.positional(word)
		}
	}
	p.finish()
	return p.line, p.err
}

// canonical returns the line in the order that urfave/cli understands: command, --flag=value by primary name, "--",
// arguments. A flag after an argument would be an argument to the library.
func (l line) canonical() []string {
	words := []string{"modgov"}
	for _, cmd := range l.path {
		words = append(words, cmd.Name)
	}
	for _, s := range l.flags {
		words = append(words, "--"+s.flag.Names()[0]+"="+s.value)
	}
	return append(append(words, "--"), l.args...)
}

// parser is the state of parseLine.
type parser struct {
	commands []*cli.Command
	line     line
	lost     bool  // an unknown command was named: nothing after it can be placed
	ended    bool  // "--" has ended the flags
	err      error // the first one
}

func (p *parser) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// positional takes a word that is no flag: a command while one is expected, else an argument.
func (p *parser) positional(word string) {
	candidates := p.subcommands()
	if p.lost || candidates == nil {
		p.line.args = append(p.line.args, word)
		return
	}
	for _, cmd := range candidates {
		if cmd.HasName(word) {
			p.line.path = append(p.line.path, cmd)
			return
		}
	}
	p.lost = true
	p.fail(unknownCommand(p.line.path, candidates, word))
}

// subcommands returns the commands of which the next argument names one; nil when the command is complete.
func (p *parser) subcommands() []*cli.Command {
	if len(p.line.path) == 0 {
		return p.commands
	}
	return p.line.path[len(p.line.path)-1].Subcommands
}

// flag takes a word that begins with a dash, and its value from rest if it needs one; it returns what is left.
func (p *parser) flag(word string, rest []string) []string {
	for _, s := range p.split(word) {
		switch {
		case s.flag == nil:
			p.fail(unknownFlag(p.line.path, p.known(), s.name))
			continue
		case !takesValue(s.flag):
			if !s.given {
				s.value = "true"
			}
		case !s.given && len(rest) > 0 && !p.isKnownFlag(rest[0]):
			s.value, rest = rest[0], rest[1:]
		}
		if s.value == "" {
			p.fail(usagef("%s needs a value", dashed(s.name)))
		}
		p.set(s)
	}
	return rest
}

func (p *parser) set(s setting) {
	switch s.flag.Names()[0] {
	case "help":
		p.line.help = true
	case "version":
		p.line.version = true
	default:
		p.line.flags = append(p.line.flags, s)
	}
}

// split takes a flag word apart: one setting, or several where letters are combined.
func (p *parser) split(word string) []setting {
	name, value, given := strings.Cut(strings.TrimPrefix(word[1:], "-"), "=")
	whole := []setting{{flag: p.find(name), name: name, value: value, given: given}}
	if whole[0].flag != nil || strings.HasPrefix(word, "--") {
		return whole
	}
	var settings []setting
	for i, letter := range word[1:] {
		s := setting{flag: p.find(string(letter)), name: string(letter)}
		if s.flag == nil {
			return whole
		}
		if rest := word[1+i+len(s.name):]; takesValue(s.flag) && rest != "" {
			s.value, s.given = strings.TrimPrefix(rest, "="), true
			return append(settings, s)
		}
		settings = append(settings, s)
	}
	return settings
}

// find returns the flag of this name, from the command if there is one, else from any: before the command it must be
// known already whether a value follows, and after it a better message can be given.
func (p *parser) find(name string) cli.Flag {
	if len(p.line.path) > 0 {
		if flag := findFlag(p.line.path[len(p.line.path)-1].Flags, name); flag != nil {
			return flag
		}
	}
	return findFlag(p.known(), name)
}

// known returns the flags of all commands.
func (p *parser) known() []cli.Flag { return append(metaFlags(), allFlags(p.commands)...) }

// isKnownFlag tells whether word is a flag, or "--", and so hardly the value of the flag before it.
func (p *parser) isKnownFlag(word string) bool {
	return word == "--" || isFlagWord(word) && p.split(word)[0].flag != nil
}

// finish checks what can be checked once the command is known.
func (p *parser) finish() {
	if len(p.line.path) == 0 || p.err != nil {
		return
	}
	cmd := p.line.path[len(p.line.path)-1]
	if len(cmd.Subcommands) > 0 {
		p.fail(usagef("%s needs one of its commands: %s", fullName(p.line.path), oneOf(commandNames(cmd.Subcommands))))
		return
	}
	for i, s := range p.line.flags {
		own := findFlag(cmd.Flags, s.name)
		if own == nil {
			p.fail(withHint(usagef("%s has no flag %s", fullName(p.line.path), dashed(s.name)),
				"modgov help %s lists its flags", strings.TrimPrefix(fullName(p.line.path), "modgov ")))
			return
		}
		p.line.flags[i].flag = own
	}
	if usage := strings.Fields(cmd.ArgsUsage); !p.ended && len(usage) > 0 && usage[0] == "--" && len(p.line.args) > 0 {
		name := fullName(p.line.path)
		p.fail(withHint(usagef("%s: the command that it runs stands after --", name), "%s -- %s", name, strings.Join(p.line.args, " ")))
		return
	}
	p.fail(checkArgs(p.line.path, p.line.args))
}

// checkArgs compares the number of arguments with what the command takes.
func checkArgs(path []*cli.Command, args []string) error {
	usage := slices.DeleteFunc(strings.Fields(path[len(path)-1].ArgsUsage), isEnd)
	least, most := arity(usage)
	switch {
	case len(args) < least:
		return usagef("%s needs %s", fullName(path), strings.Join(usage[len(args):], " "))
	case len(args) > most && most == 0:
		err := usagef("%s takes no arguments, got %q", fullName(path), args[0])
		if flag := flagFor(path[len(path)-1].Flags, args[0]); flag != "" {
			return withHint(err, "did you mean %s %s?", flag, args[0])
		}
		return err
	case len(args) > most:
		return usagef("%s takes %s, got %q besides", fullName(path), strings.Join(usage, " "), args[most])
	}
	return nil
}

// flagFor is the flag that an argument was probably meant for, by its form: a rule, a module path, a directory; "" if
// there is none.
func flagFor(flags []cli.Flag, arg string) string {
	name, first, deep := "", "", false
	switch first, _, deep = strings.Cut(arg, "/"); {
	case policy.Lookup(arg) != nil:
		name = "rule"
	case deep && strings.Contains(strings.Trim(first, "."), "."):
		name = "dep"
	case deep:
		name = "module"
	}
	if name == "" || findFlag(flags, name) == nil {
		return ""
	}
	return dashed(name)
}

// arity returns how many arguments a command takes, from the words of its ArgsUsage, the one place that states it: a
// word per argument, in brackets if it may be absent, with "..." if it may be repeated. A "--" before them has to be given,
// too: they are a command line with flags of its own.
func arity(usage []string) (least, most int) {
	usage = slices.DeleteFunc(slices.Clone(usage), isEnd)
	most = len(usage)
	for _, word := range usage {
		if !strings.HasPrefix(word, "[") {
			least++
		}
		if strings.Contains(word, "...") {
			most = math.MaxInt
		}
	}
	return least, most
}

// isEnd tells the word that ends the flags.
func isEnd(word string) bool { return word == "--" }

func isFlagWord(word string) bool { return len(word) > 1 && word[0] == '-' }

// allFlags returns the flags of commands and of those below them.
func allFlags(commands []*cli.Command) []cli.Flag {
	var flags []cli.Flag
	for _, cmd := range commands {
		flags = append(append(flags, cmd.Flags...), allFlags(cmd.Subcommands)...)
	}
	return flags
}

// fullName returns how a command is called, from "modgov" on.
func fullName(path []*cli.Command) string {
	name := "modgov"
	for _, cmd := range path {
		name += " " + cmd.Name
	}
	return name
}

// commandNames returns the names of the commands that are not hidden.
func commandNames(commands []*cli.Command) []string {
	var names []string
	for _, cmd := range commands {
		if !cmd.Hidden {
			names = append(names, cmd.Name)
		}
	}
	return names
}

func unknownCommand(path, candidates []*cli.Command, word string) error {
	err := usagef("unknown command %q", strings.TrimPrefix(fullName(path)+" "+word, "modgov "))
	if hint := policy.Suggest(word, commandNames(candidates)); hint != "" {
		return withHint(err, "did you mean %q?", hint)
	}
	if len(path) > 0 {
		return withHint(err, "its commands: %s", strings.Join(commandNames(candidates), ", "))
	}
	return withHint(err, "modgov help lists the commands")
}

func unknownFlag(path []*cli.Command, known []cli.Flag, name string) error {
	err := usagef("unknown flag %s", dashed(name))
	if len(path) > 0 {
		known = append(metaFlags(), path[len(path)-1].Flags...)
		err = usagef("%s has no flag %s", fullName(path), dashed(name))
		if strings.HasPrefix(path[len(path)-1].ArgsUsage, "-- ") {
			return withHint(err, "flags of the command that it runs stand after --; %s --help lists its own", fullName(path))
		}
	}
	var names []string
	for _, flag := range known {
		names = append(names, flag.Names()...)
	}
	if hint := policy.Suggest(name, names); hint != "" {
		return withHint(err, "did you mean %s?", dashed(hint))
	}
	return withHint(err, "%s --help lists the flags", fullName(path))
}

// badValue is what package flag says of a value that does not fit.
var badValue = regexp.MustCompile(`^invalid (boolean )?value (".*") for (?:flag )?-([^:]+): (.*)$`)

// flagValueError puts an error of urfave/cli about a flag's value in modgov's words.
func flagValueError(err error) error {
	m := badValue.FindStringSubmatch(err.Error())
	if m == nil {
		return usagef("%w", err)
	}
	boolean, value, name, reason := m[1] != "", m[2], m[3], m[4]
	switch {
	case boolean:
		reason = "true or false is needed"
	case reason == "parse error" || reason == "value out of range":
		reason = "a whole number is needed"
	}
	return usagef("%s", fmt.Sprintf("%s %s: %s", dashed(name), value, reason))
}
