package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// probeApp returns the probe's commands as parseLine sees them.
func probeApp() []*cli.Command {
	return newApp(newShell(nil, nil, nil, nil), probeCommands()).Commands
}

func TestParseLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		line string
		want string // the canonical line, or the error
	}{
		{"show", "modgov show --"},
		{"show a b", "modgov show -- a b"},
		{"show a --quiet b", "modgov show --quiet=true -- a b"},
		{"-q show a", "modgov show --quiet=true -- a"},
		{"show -depth 3 -- -n", "modgov show --depth=3 -- -n"},
		{"show -n=false", "modgov show --dry-run=false --"},
		{"show -nd x", "modgov show --dry-run=true --dep=x --"},
		{"show -nd=x", "modgov show --dry-run=true --dep=x --"},
		{"show -dnx", "modgov show --dep=nx --"},
		{"show --dep -x", "modgov show --dep=-x --"}, // no flag is called -x
		{"show --dep=-n", "modgov show --dep=-n --"},
		{"show --out a=b --out=c=d", "modgov show --out=a=b --out=c=d --"},
		{"show --module !x --module=a,b", "modgov show --module=!x --module=a,b --"},
		{"-C a show -C=b -Cc --C d", "modgov show --C=a --C=b --C=c --C=d --"},
		{"group -q first --deep x", "modgov group first --quiet=true --deep=true -- x"},
		{"--deep group first", "modgov group first --deep=true --"},
		{"-- group first", "modgov group first --"},
		{"group -- first -- x", "error: modgov group first takes [NAME], got \"x\" besides"},

		{"shwo", `error: unknown command "shwo"`},
		{"--dep", "error: --dep needs a value"},
		{"show --dep -n", "error: --dep needs a value"},
		{"show --dep --", "error: --dep needs a value"},
		{"show --dep=", "error: --dep needs a value"},
		{"show --quiet=", "error: --quiet needs a value"},
		{"show --=x", "error: modgov show has no flag --"},
		{"show ---quiet", "error: modgov show has no flag ---quiet"},
		{"show --nd x", "error: modgov show has no flag --nd"}, // letters combine after one dash only
		{"group first --dep x", "error: modgov group first has no flag --dep"},
		{"--bogus value show", "error: unknown flag --bogus"}, // not: unknown command "value"
	} {
		line, err := parseLine(probeApp(), strings.Fields(test.line))
		got := ""
		if err != nil {
			got = "error: " + err.Error()
			if exitCode(err) != exitUsage {
				t.Errorf("parseLine(%q): exit code %d, want %d", test.line, exitCode(err), exitUsage)
			}
		} else {
			got = strings.Join(line.canonical(), " ")
		}
		if got != test.want {
			t.Errorf("parseLine(%q) = %s, want %s", test.line, got, test.want)
		}
	}
}

func TestHelpAndVersionAreFoundDespiteErrors(t *testing.T) {
	t.Parallel()
	for words, want := range map[string][2]bool{
		"show --help":          {true, false},
		"--bogus show -h":      {true, false},
		"nothing --version":    {false, true},
		"show --version -nh":   {true, true},
		"show -- --help":       {false, false},
		"show --dep --help":    {true, false},
		"group --help":         {true, false},
		"show --dep=--version": {false, false},
	} {
		line, _ := parseLine(probeApp(), strings.Fields(words))
		if got := [2]bool{line.help, line.version}; got != want {
			t.Errorf("parseLine(%q): help, version = %v, want %v", words, got, want)
		}
	}
}

// FuzzParseLine: no panic; what parses has a canonical line that parses to itself, and that urfave/cli understands
// as it was meant; what does not parse is an error of usage.
func FuzzParseLine(f *testing.F) {
	f.Add("show\na\n--quiet\n-nd\nx")
	f.Add("-C\na\ngroup\nfirst\n--\n--deep")
	f.Add("show\n--json\n--format=dot\n--module\n{a,b}")
	f.Add("fail\n-\n--\n--\n=")
	f.Fuzz(func(t *testing.T, text string) {
		words := strings.Split(text, "\n")
		line, err := parseLine(probeApp(), words)
		if err != nil {
			if exitCode(err) != exitUsage {
				t.Errorf("%q: exit code %d", words, exitCode(err))
			}
			return
		}
		if len(line.path) == 0 || line.help || line.version {
			return
		}
		again, err := parseLine(probeApp(), line.canonical()[1:])
		if err != nil || !slices.Equal(again.canonical(), line.canonical()) {
			t.Errorf("%q: %q becomes %q, %v", words, line.canonical(), again.canonical(), err)
		}
		if line.path[0].Name != "show" {
			return // the others wait, write or fail
		}
		var stdout, stderr bytes.Buffer
		code := newShell(nil, nil, &stdout, &stderr).run(t.Context(), probeCommands(), words)
		if code != exitPass && code != exitUsage {
			t.Errorf("%q: exit code %d, stderr %s", words, code, stderr.String())
		}
		if want := "args " + quoted(line.args) + "\n"; code == exitPass && !strings.Contains(stdout.String(), want) {
			t.Errorf("%q: the command did not get %s:\n%s", words, want, stdout.String())
		}
	})
}

func quoted(args []string) string {
	if len(args) == 0 {
		return "[]"
	}
	return fmt.Sprintf("%q", args)
}
