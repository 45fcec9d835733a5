package workspace

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/mod/module"
)

// An editCase is NAME.mod or NAME.work, NAME.edits, and NAME.want or NAME.error of a file in testdata/edit.
type editCase struct{ file, data, edits, want, err string }

// editCases reads the cases of all files in testdata/edit, keyed by "topic/name".
func editCases(t testing.TB) map[string]*editCase {
	t.Helper()
	names, err := filepath.Glob("testdata/edit/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	cases := map[string]*editCase{}
	for _, name := range names {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		topic := strings.TrimSuffix(filepath.Base(name), ".txtar")
		for _, f := range archive.Files {
			ext := filepath.Ext(f.Name)
			key, text := topic+"/"+strings.TrimSuffix(f.Name, ext), string(f.Data)
			if ext == ".mod" || ext == ".work" {
				cases[key] = &editCase{file: f.Name, data: text, want: text}
				continue
			}
			c := cases[key]
			if c == nil {
				t.Fatalf("%s: %s has no file before it", name, f.Name)
			}
			switch ext {
			case ".edits":
				c.edits = text
			case ".want":
				c.want = text
			case ".error":
				c.err = strings.TrimSpace(text)
			default:
				t.Fatalf("%s: what is %s?", name, f.Name)
			}
		}
	}
	return cases
}

// parseEdits reads lines like "add-replace a@v1.0.0 => ../a // modgov:x", "add-require a@v1.0.0 indirect" and
// "set-go 1.21".
func parseEdits(t testing.TB, text string) []Edit {
	t.Helper()
	ops := map[string]Op{
		"set-require": SetRequire, "add-require": AddRequire, "drop-require": DropRequire, "mark-indirect": SetIndirect,
		"mark-direct": SetIndirect, "add-replace": AddReplace, "set-replace": SetReplace, "drop-replace": DropReplace,
		"set-go": SetGo, "set-toolchain": SetToolchain, "drop-toolchain": DropToolchain,
		"add-use": AddUse, "drop-use": DropUse,
	}
	version := func(s string) module.Version {
		path, v, _ := strings.Cut(strings.Trim(s, `"`), "@")
		return module.Version{Path: path, Version: v}
	}
	var edits []Edit
	for line := range strings.Lines(text) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		e := Edit{Op: ops[word]}
		switch e.Op {
		case 0:
			t.Fatalf("unknown edit: %s", line)
		case SetGo, SetToolchain, DropToolchain, AddUse, DropUse:
			e.Arg = rest
		case AddReplace, SetReplace, DropReplace:
			rest, e.Comment, _ = strings.Cut(rest, " // ")
			left, right, _ := strings.Cut(rest, " => ")
			e.Mod, e.New = version(left), version(right)
		default:
			rest, e.Indirect = strings.CutSuffix(rest, " indirect")
			e.Indirect = e.Indirect || word == "mark-indirect"
			e.Mod = version(rest)
		}
		edits = append(edits, e)
	}
	return edits
}

func TestApply(t *testing.T) {
	t.Parallel()
	forms := map[string]func(string) string{
		"LF":       func(s string) string { return s },
		"CRLF":     func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"no end":   func(s string) string { return strings.TrimSuffix(s, "\n") },
		"CRLF, no": func(s string) string { return strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\r\n") },
	}
	for name, c := range editCases(t) {
		edits := parseEdits(t, c.edits)
		for form, convert := range forms {
			// The end of a file that has one line only cannot tell how its lines end.
			if form == "CRLF, no" && strings.Count(c.data, "\n") < 2 {
				continue
			}
			t.Run(name+"/"+form, func(t *testing.T) {
				t.Parallel()
				data, want := convert(c.data), convert(c.want)
				got, err := Apply(c.file, []byte(data), edits)
				if msg := fmt.Sprint(err); err != nil && msg != c.err || err == nil && c.err != "" {
					t.Fatalf("error:\n got %v\nwant %s", err, c.err)
				}
				if c.err != "" {
					if got != nil {
						t.Errorf("an error and a result: %q", got)
					}
					return
				}
				if string(got) != want {
					t.Fatalf("got:\n%s\nwant:\n%s", showEnds(string(got)), showEnds(want))
				}
				again, err := Apply(c.file, got, idempotent(edits))
				if err != nil || string(again) != want {
					t.Errorf("a second time: %v\n%s", err, showEnds(string(again)))
				}
			})
		}
	}
}

// idempotent leaves out edits that a later one takes back: of those nobody asks that they change nothing more.
func idempotent(edits []Edit) []Edit {
	var out []Edit
	for i, e := range edits {
		if !slices.ContainsFunc(edits[i+1:], func(later Edit) bool { return subject(later) == subject(e) }) {
			out = append(out, e)
		}
	}
	return out
}

// subject says what an edit is about.
func subject(e Edit) string {
	switch e.Op {
	case SetRequire, AddRequire, DropRequire, SetIndirect:
		return "require " + e.Mod.Path
	case AddReplace, SetReplace, DropReplace:
		return "replace " + e.Mod.String()
	case AddUse, DropUse:
		return "use " + path.Clean(e.Arg)
	case SetGo:
		return "go"
	default:
		return "toolchain"
	}
}

// showEnds makes carriage returns and a missing end of the last line visible.
func showEnds(s string) string { return strings.ReplaceAll(s, "\r", "\\r") + "|" }

func TestApplyKeepsFilesInGoForm(t *testing.T) {
	t.Parallel()
	for name, c := range editCases(t) {
		if c.err != "" || !isSettled(c.file, []byte(c.data)) || c.want == "" {
			continue
		}
		if !isSettled(c.file, []byte(c.want)) {
			t.Errorf("%s: go would write the file before as it is, and the result not:\n%s", name, c.want)
		}
	}
}

func TestApplyWithoutEditsReturnsTheSameBytes(t *testing.T) {
	t.Parallel()
	for name, c := range editCases(t) {
		if strings.Contains(c.err, "usage:") {
			continue
		}
		got, err := Apply(c.file, []byte(c.data), nil)
		if err != nil || string(got) != c.data {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}

func TestApplyRefusesFilesThatDoNotParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, data, want string }{
		{"x/go.mod", "\ufeffmodule m\n", "x/go.mod:1: unexpected input character"},
		{"x/go.mod", "module m\n<<<<<<< HEAD\n", "x/go.mod:2: unknown directive: <<<<<<<"},
		{"x/go.mod", "module m\nrequire (\n", "syntax error (unterminated block"},
		{"x/go.mod", "use ./a\n", "x/go.mod:1: unknown directive: use"},
		{"x/go.work", "module m\n", "x/go.work:1: unknown directive: module"},
	} {
		got, err := Apply(c.file, []byte(c.data), []Edit{{Op: SetGo, Arg: "1.21"}})
		if err == nil || !strings.Contains(err.Error(), c.want) || got != nil {
			t.Errorf("%q: got %q, error %v, want an error with %q", c.data, got, err, c.want)
		}
	}
}

func TestApplyRefusesEditsThatAreNone(t *testing.T) {
	t.Parallel()
	a, v1 := module.Version{Path: "a"}, module.Version{Path: "a", Version: "v1.0.0"}
	dir := module.Version{Path: "../a"}
	for _, c := range []struct {
		edit Edit
		want string
	}{
		{Edit{}, "go.mod: edit 0: unknown edit"},
		{Edit{Op: AddRequire, Mod: a}, `go.mod: add require a: version "" is not canonical`},
		{Edit{Op: AddRequire, Mod: module.Version{Version: "v1.0.0"}}, `invalid module path ""`},
		{Edit{Op: AddRequire, Mod: v1, Comment: "x"}, "only replace lines take a comment"},
		{Edit{Op: AddReplace, Mod: a, New: dir, Comment: "x\nreplace b => ../b"}, "does not fit on a line"},
		{Edit{Op: AddReplace, Mod: a, New: dir, Comment: "x "}, "does not fit on a line"},
		{Edit{Op: AddReplace, New: dir}, `invalid module path ""`},
		{Edit{Op: AddReplace, Mod: module.Version{Path: "a", Version: "v2.0.0"}, New: dir}, "should be v0 or v1, not v2"},
		{Edit{Op: AddReplace, Mod: a, New: module.Version{Path: "../a", Version: "v1.0.0"}}, "cannot have a version"},
		{Edit{Op: AddReplace, Mod: a, New: module.Version{Path: "b", Version: "v1"}}, "is not canonical"},
		{Edit{Op: SetToolchain, Arg: "go1. x\nrequire b v1.0.0"}, "invalid toolchain version"},
		{Edit{Op: AddUse}, "a go.mod file has no use lines"},
	} {
		got, err := Apply("go.mod", []byte("module m\n"), []Edit{c.edit})
		if err == nil || !strings.Contains(err.Error(), c.want) || got != nil {
			t.Errorf("%v: got %q, error %v, want an error with %q", c.edit, got, err, c.want)
		}
	}
	_, err := Apply("go.work", nil, []Edit{{Op: AddUse}})
	if err == nil || !strings.Contains(err.Error(), "no directory") {
		t.Errorf("a use line without a directory: %v", err)
	}
}

func TestApplyToAnEmptyFile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, edits, want string }{
		{"go.mod", "add-require a@v1.0.0", "require a v1.0.0\n"},
		{"go.mod", "set-go 1.21\nset-toolchain go1.22.0", "go 1.21\n\ntoolchain go1.22.0\n"},
		{"go.work", "set-go 1.21\nadd-use .\nadd-use ./a", "go 1.21\n\nuse (\n\t.\n\t./a\n)\n"},
		{"go.work", "add-use .", "use .\n"},
	} {
		got, err := Apply(c.file, nil, parseEdits(t, c.edits))
		if err != nil || string(got) != c.want {
			t.Errorf("%s, %q: %v\n%s", c.file, c.edits, err, got)
		}
	}
}
