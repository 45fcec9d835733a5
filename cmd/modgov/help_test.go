package main

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

var update = flag.Bool("update", false, "write what the tests of the manual want into doc.go")

// TestManualHoldsTheHelp holds doc.go to the help: `go test ./cmd/modgov -run Manual -update` brings it up to date.
func TestManualHoldsTheHelp(t *testing.T) {
	t.Parallel()
	var help bytes.Buffer
	if err := writeHelp(&help, commands(), nil, 80); err != nil {
		t.Fatal(err)
	}
	var block strings.Builder
	for line := range strings.Lines(help.String()) {
		block.WriteString(strings.TrimRight("//\t"+line, "\t\n") + "\n")
	}
	source, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "// # Usage\n//\n", "//\n// # Command line\n"
	before, rest, ok := strings.Cut(string(source), begin)
	_, after, found := strings.Cut(rest, end)
	if !ok || !found {
		t.Fatal("doc.go has no section Usage before its section Command line")
	}
	want := before + begin + block.String() + end + after
	switch {
	case want == string(source):
	case *update:
		if err := os.WriteFile("doc.go", []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("doc.go does not hold the help; run go test ./cmd/modgov -run Manual -update. Want:\n%s", block.String())
	}
}

// leaves returns all commands that do something, with their paths.
func leaves(path, commands []*cli.Command) [][]*cli.Command {
	var found [][]*cli.Command
	for _, cmd := range commands {
		below := append(slices.Clone(path), cmd)
		if len(cmd.Subcommands) == 0 {
			found = append(found, below)
		}
		found = append(found, leaves(below, cmd.Subcommands)...)
	}
	return found
}

var exampleCall = regexp.MustCompile(`\bmodgov ([^|>#)"]*)`)

// TestEveryCommandExplainsItself: a visible command has a line for the list, prose, and examples that parse.
func TestEveryCommandExplainsItself(t *testing.T) {
	t.Parallel()
	cmds := newApp(newShell(nil, nil, nil, nil), commands()).Commands
	for _, path := range leaves(nil, cmds) {
		cmd, name := path[len(path)-1], fullName(path)
		if cmd.Hidden {
			continue
		}
		prose, examples := describe(cmd)
		if cmd.Usage == "" || prose == "" || examples == nil {
			t.Errorf("%s: it needs a Usage, and a Description of prose and then a section EXAMPLES", name)
		}
		for _, example := range examples {
			if len(example) > 100 {
				t.Errorf("%s: example %q: at most 100 columns are wanted", name, example)
			}
			call := exampleCall.FindStringSubmatch(example)
			if call == nil {
				t.Errorf("%s: example %q does not call modgov", name, example)
				continue
			}
			line, err := parseLine(cmds, strings.Fields(strings.ReplaceAll(call[1], "'", "")))
			if err != nil || len(line.path) == 0 {
				t.Errorf("%s: example %q: %v", name, example, err)
			}
		}
		if strings.HasSuffix(cmd.Usage, ".") || len(cmd.Usage) > 80 {
			t.Errorf("%s: usage %q: a short line without a period is wanted", name, cmd.Usage)
		}
	}
}

// TestFlagsAgree: parseLine must know before it sees the command whether a flag takes a value.
func TestFlagsAgree(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, path := range leaves(nil, newApp(newShell(nil, nil, nil, nil), probeCommands()).Commands) {
		own := map[string]bool{}
		for _, flag := range path[len(path)-1].Flags {
			for _, name := range flag.Names() {
				takes, known := seen[name]
				if known && takes != takesValue(flag) {
					t.Errorf("%s: --%s takes a value in one command and none in another", fullName(path), name)
				}
				if own[name] || findFlag(metaFlags(), name) != nil {
					t.Errorf("%s: two flags are called %s", fullName(path), dashed(name))
				}
				seen[name], own[name] = takesValue(flag), true
			}
			if doc, ok := flag.(cli.DocGenerationFlag); !ok || doc.GetUsage() == "" {
				t.Errorf("%s: %s is not explained", fullName(path), dashed(flag.Names()[0]))
			}
		}
	}
}

// TestHelpFitsItsWidth: nothing but examples is wider than the terminal, whatever the width.
func TestHelpFitsItsWidth(t *testing.T) {
	t.Parallel()
	cmds := newApp(newShell(nil, nil, nil, nil), commands()).Commands
	for _, width := range []int{80, 100} {
		for _, path := range append(leaves(nil, cmds), nil) {
			if len(path) > 0 && path[0].Hidden {
				continue
			}
			var help strings.Builder
			if err := writeHelp(&help, cmds, path, width); err != nil {
				t.Fatal(err)
			}
			prose, _, _ := strings.Cut(help.String(), "\nExamples:\n")
			_, flags, _ := strings.Cut(help.String(), "\nFlags")
			for line := range strings.Lines(prose + flags) {
				if line = strings.TrimRight(line, "\n"); len(line) > width || strings.HasSuffix(line, " ") {
					t.Errorf("%s, width %d: %q is %d wide", fullName(path), width, line, len(line))
				}
			}
		}
	}
}

func TestWrapText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text  string
		width int
		want  string
	}{
		{"", 10, ""},
		{"one two three", 9, "one two\nthree"},
		{"one two three", 7, "one two\nthree"},
		{"a-word-that-is-long b", 5, "a-word-that-is-long\nb"},
		{"one\n\ntwo three", 4, "one\n\ntwo\nthree"},
		{"one\ntwo\nthree\n\nfour\nfive", 9, "one two\nthree\n\nfour five"},
		{"As in\n  modgov help completion\nand so on", 9, "As in\n  modgov help completion\nand so on"},
	} {
		if got := wrapText(test.text, test.width); got != test.want {
			t.Errorf("wrapText(%q, %d) = %q, want %q", test.text, test.width, got, test.want)
		}
	}
}

func TestVersionComesFromTheBuild(t *testing.T) {
	t.Parallel()
	released := &debug.BuildInfo{Main: debug.Module{Path: "github.com/modgov/modgov", Version: "v1.2.3"}}
	checkout := &debug.BuildInfo{
		Main: debug.Module{Path: "github.com/modgov/modgov", Version: "v0.0.0-20260102030405-0123456789ab+dirty"},
		Settings: []debug.BuildSetting{
			{Key: "vcs", Value: "git"},
			{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"},
			{Key: "vcs.time", Value: "2026-01-02T03:04:05Z"},
			{Key: "vcs.modified", Value: "true"},
		},
	}
	for _, test := range []struct {
		info    *debug.BuildInfo
		version string
		details []string
	}{
		{&debug.BuildInfo{}, "(devel)", nil},
		{released, "v1.2.3", nil},
		{checkout, "v0.0.0-20260102030405-0123456789ab+dirty",
			[]string{"revision 0123456789ab", "2026-01-02T03:04:05Z", "modified"}},
	} {
		version, details := buildVersion(test.info), buildDetails(test.info)
		if version != test.version || !slices.Equal(details, test.details) {
			t.Errorf("got %s %q, want %s %q", version, details, test.version, test.details)
		}
	}
}
