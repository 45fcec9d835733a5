package policy

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

var updatePolicyFile = flag.Bool("update-policyfile", false, "rewrite the wants in testdata/policyfile")

// TestParseErrors runs the cases in testdata/policyfile: NAME.want holds all that is wrong with NAME.yaml, as a person
// would be shown it.
func TestParseErrors(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/policyfile/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, out := map[string]string{}, &txtar.Archive{Comment: archive.Comment}
		for _, f := range archive.Files {
			want[f.Name] = string(f.Data)
		}
		for _, f := range archive.Files {
			name, ok := strings.CutSuffix(f.Name, ".yaml")
			if !ok {
				continue
			}
			_, err := Parse(f.Name, f.Data)
			got := shown(t, err)
			out.Files = append(out.Files, f, txtar.File{Name: name + ".want", Data: []byte(got)})
			if got != want[name+".want"] && !*updatePolicyFile {
				t.Errorf("%s, %s:\n%s\nwant\n%s", file, f.Name, got, want[name+".want"])
			}
		}
		if *updatePolicyFile {
			if err := os.WriteFile(file, txtar.Format(out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// shown writes errors as text: position, message, the line, what is underlined, the second place, the hint.
func shown(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return "valid\n"
	}
	var all *FileErrors
	if !errors.As(err, &all) {
		t.Fatalf("error is a %T, not *FileErrors: %v", err, err)
	}
	var b strings.Builder
	for _, e := range all.Errors {
		fmt.Fprintln(&b, e.Error())
		if e.Line != "" {
			fmt.Fprintf(&b, "  | %s\n  | %s%s\n", e.Line, strings.Repeat(" ", e.Pos.Col-1),
				strings.Repeat("^", max(1, e.Pos.End-e.Pos.Col)))
		}
		if e.Other.Line != 0 {
			fmt.Fprintf(&b, "  and %s\n", e.Other)
		}
		if e.Hint == "" {
			t.Errorf("%v: no hint says what to do", e)
		}
		fmt.Fprintf(&b, "  hint: %s\n", e.Hint)
	}
	return b.String()
}

// TestParseBytes has the files that cannot stand in a text archive.
func TestParseBytes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", maxFileSize)
	tests := []struct {
		name, data, want string
	}{
		{"byte order mark", "\ufeffversion: 1\n", ""},
		{"CRLF", "version: 1\r\nowners:\r\n  codeowners: true\r\n", ""},
		{"no line end", "version: 1", ""},
		{"byte order mark and error", "\ufeffversion: 2",
			`p.yaml:1:10: this modgov knows version 1 of the policy file, not "2"`},
		{"CRLF and error", "version: 1\r\nx: y\r\n", `p.yaml:2:1: unknown key "x"`},
		{"multibyte before the error", "version: 1\ngate: {\"ä\": 1, sc: new}",
			"p.yaml:2:8: unknown key \"ä\"\np.yaml:2:17: unknown key \"sc\""},
		{"Latin-1", "version: 1\nowners: {teams: {a: {contact: \"\xe4\"}}}", "p.yaml:2:32: not UTF-8 text"},
		{"UTF-16", "\xff\xfev\x00e\x00r\x00", "p.yaml:1:1: not UTF-8 text"},
		{"NUL", "version: 1\x00", "p.yaml:1:11: control character U+0000"},
		{"lone CR", "version: 1\rgate: {}\n", "p.yaml:1:11: line break U+000D inside a line"},
		{"line separator", "version: 1 # \u2028\n", "p.yaml:1:14: line break U+2028 inside a line"},
		{"replacement character", "version: 1 # \ufffd\n", ""},
		{"10 MB", strings.Repeat(long, 10), "p.yaml: the file has 10485760 bytes, more than the 1048576 that are read"},
		{"1 MiB", long, "p.yaml:1:1: keys with values are expected here, not \"" + long[:80] + "…\""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("p.yaml", []byte(test.data))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("Parse:\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// TestParseHostile has files that are small to write and would be large to read.
func TestParseHostile(t *testing.T) {
	t.Parallel()
	item := "  - {dep: \"**\", agree: same, in: *a9}\n"
	braces := "  - {dep: \"" + strings.Repeat("{a,b}", 8) + "\", agree: any}\n"
	var exploding strings.Builder
	exploding.WriteString("version: 1\nsets:\n  a0: &a0 [x.org/a,x.org/a,x.org/a,x.org/a]\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&exploding, "  a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i-1, i-1, i-1)
	}
	tests := []struct {
		name, data, want string
	}{
		{"aliases of aliases", exploding.String(), "one value is expected here, not a list"},
		{"alias in many items", "version: 1\nvendor: {modules: &a9 [" + strings.Repeat("a,", 1000) + "]}\nversions:\n" +
			strings.Repeat(item, 1000), "aliases in this file stand for more than 10000 values"},
		{"alias of itself", "version: 1\nsets: &s {a: *s}\n", "expected here, not keys with values"},
		{"alias of its item", "version: 1\npins: &p\n - {dep: a.org, version: v1.0.0, alternates: *p}\n",
			`unknown key "dep"`},
		{"braces", "version: 1\nversions:\n" + strings.Repeat(braces, 100), "the file has more than 20000 patterns"},
		{"items", "version: 1\nbans: [" + strings.Repeat("{dep: a},", 10_001) + "]", "the file has more than 10000 items"},
		{"errors", "version: 1\nbans: [" + strings.Repeat("a,", 200) + "]", "p.yaml: 100 more errors"},
		{"depth of lists", "version: 1\nbans: " + strings.Repeat("[", 20_000), "exceeded max depth"},
		{"depth of items", "version: 1\n" + strings.Repeat("- ", 20_000), ""},
		{"keys in one line", "{version: 1, \"ä\": 1, " + strings.Repeat("a: 1, ", 50_000) + "}", "more errors"},
		{"errors in one line", "bans: [" + strings.Repeat("ä,", 100_000) + "]", "more errors"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, err := Parse("p.yaml", []byte(test.data))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Parse: %.300v\nwant an error with %q", err, test.want)
			}
			// A minute is ten thousand times what these take; what grows with the square of the size takes longer.
			if d := time.Since(start); d > time.Minute {
				t.Errorf("Parse took %v", d)
			}
		})
	}
}

// TestFileErrorsSorted holds the order of errors, which are found in another one.
func TestFileErrorsSorted(t *testing.T) {
	t.Parallel()
	const file = "exceptions: [{policy: x}]\nversion: 1\nbans:\n  - {in: 'tag:x', dep: 'set:y'}\na: 1\n"
	_, err := Parse("p.yaml", []byte(file))
	want := "p.yaml:1:15: there is no policy item \"x\"\np.yaml:4:10: there is no tag \"x\"\n" +
		"p.yaml:4:24: there is no set \"y\"\np.yaml:5:1: unknown key \"a\""
	if err == nil || err.Error() != want {
		t.Errorf("Parse:\n%v\nwant\n%s", err, want)
	}
}

// TestKeyPos holds what a diagnostic underlines.
func TestKeyPos(t *testing.T) {
	t.Parallel()
	const file = `version: 1
pins:
  - {id: uuid, dep: x.org/uuid, version: v1.6.0, reason: "it's {v7}"} # note
  - id: grpc   # first
    dep: [x.org/grpc, 'x.org/it''s']
    version:   "v1.66.0"
    in: &old
      - a/**
    reason: >-
      two
      lines
  - {"id": ä, dep: x.org/b, version: v1.0.0, in: [a,
     b]}
  - {id: last, dep: x.org/c, version: v1.0.0, in: *old}
`
	want := strings.ReplaceAll(file, "id\": ä", "id\": a")
	lines := strings.Split(want, "\n")
	p, err := Parse("modgov.yaml", []byte(want))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		pin       int
		key, text string
	}{
		{0, "", `{id: uuid, dep: x.org/uuid, version: v1.6.0, reason: "it's {v7}"}`},
		{0, "id", "id: uuid"},
		{0, "version", "version: v1.6.0"},
		{0, "reason", `reason: "it's {v7}"`},
		{0, "owner", `{id: uuid, dep: x.org/uuid, version: v1.6.0, reason: "it's {v7}"}`},
		{1, "", "id: grpc"},
		{1, "dep", "dep: [x.org/grpc, 'x.org/it''s']"},
		{1, "version", `version:   "v1.66.0"`},
		{1, "in", "in"},
		{1, "reason", "reason: >-"},
		{2, "in", "in: [a,"},
		{3, "in", "in: *old"},
	}
	for _, test := range tests {
		pin := &p.Pins[test.pin]
		pos := pin.keyPos(test.key)
		got := ""
		if line := lines[pos.Line-1]; pos.End-1 <= len(line) && pos.Col > 0 && pos.Col <= pos.End {
			got = line[pos.Col-1 : pos.End-1]
		}
		if got != test.text || pos.File != "modgov.yaml" {
			t.Errorf("pin %d: keyPos(%q) = %v to %d: %q, want %q", test.pin, test.key, pos, pos.End, got, test.text)
		}
	}
	if got := p.keyPos("pins").String(); got != "modgov.yaml:2:1" {
		t.Errorf("keyPos(pins) = %s", got)
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/policyfile/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, one := range archive.Files {
			if strings.HasSuffix(one.Name, ".yaml") {
				f.Add(one.Data)
			}
		}
	}
	f.Add([]byte("\ufeffversion: 1\r\nsets: &a {b: [*a, '', \"\\u00e4\"]}\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse("p.yaml", data)
		var all *FileErrors
		switch {
		case (p == nil) == (err == nil):
			t.Fatalf("Parse = %v, %v", p, err)
		case err != nil && !errors.As(err, &all):
			t.Fatalf("error is a %T: %v", err, err)
		case err != nil:
			for _, e := range all.Errors {
				backwards := e.Pos.End > 0 && e.Pos.End < e.Pos.Col
				if e.Pos.File != "p.yaml" || e.Message == "" || e.Pos.Col > len(e.Line)+1 || backwards {
					t.Fatalf("error has no good place or text: %+v", e)
				}
				if !bytes.Contains(data, []byte(e.Line)) {
					t.Fatalf("line %q is not in the file", e.Line)
				}
			}
			return
		}
		for id, item := range p.items {
			if id != item.ID || id == "" {
				t.Fatalf("item %q has the id %q", id, item.ID)
			}
		}
		dep := DepInfo{Path: "x.org/a", Version: "v1.2.3"}
		m := p.Info("libs/a", "x.org/libs/a")
		d := p.forDep(dep)
		if item, _ := d.Agreement(m); item == nil {
			t.Fatal("no agreement")
		}
		d.Pin(m)
		d.Floors(m)
		p.exceptionsFor(Claim{Rule: "version-skew", Policy: BuiltinID, Dep: dep, Module: m}, time.Now())
	})
}

// TestRuleNames: every rule can be named by an exception, but for the three that are never waived.
func TestRuleNames(t *testing.T) {
	t.Parallel()
	names := ruleNames()
	if !slices.IsSorted(names) {
		t.Error("the names of the rules are not sorted")
	}
	for _, r := range Rules() {
		if !slices.Contains(names, r.Name) {
			t.Errorf("no exception can name the rule %s", r.Name)
		}
	}
	for _, name := range names {
		_, err := Parse("p.yaml", []byte("version: 1\nexceptions: [{rule: "+name+"}]"))
		if Waivable(name) != (err == nil) {
			t.Errorf("an exception from %s: %v", name, err)
		}
	}
}
