package report

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// diffCases are states of a file before and after; nil is no file.
var diffCases = []struct {
	name, file    string
	before, after []byte
	want          string // a line that stands in it
}{
	{"changed", "a/go.mod", []byte("module a\n\ngo 1.20\n"), []byte("module a\n\ngo 1.21\n"), "-go 1.20"},
	{
		"far apart", "go.sum", bytes.Repeat([]byte("x\n"), 40),
		slices.Concat([]byte("first\n"), bytes.Repeat([]byte("x\n"), 40), []byte("last\n")), "+last",
	},
	{"new file", "vendor/new", nil, []byte("one\ntwo\n"), "new file mode 100644"},
	{"removed", "go.sum", []byte("one\n"), nil, "deleted file mode 100644"},
	{"no newline before", "go.mod", []byte("a\nb"), []byte("a\nb\n"), `\ No newline at end of file`},
	{"no newline after", "go.mod", []byte("a\nb\n"), []byte("a\nc"), `\ No newline at end of file`},
	{"no newline at all", "go.mod", []byte("a\nb"), []byte("c\nb"), `\ No newline at end of file`},
	{"emptied", "go.sum", []byte("one\n"), []byte{}, "-one"},
	{"new and empty", "new/go.sum", nil, []byte{}, "new file mode 100644"},
	{"filled", "go.sum", []byte{}, []byte("one\n"), "+one"},
	{"CRLF", "go.mod", []byte("a\r\nb\r\n"), []byte("a\r\nc\r\n"), "+c\r"},
	{"name with space", "my dir/go.mod", []byte("a\n"), []byte("b\n"), "--- a/my dir/go.mod\t"},
	{"name with quote", "d\"x\\y/go.mod", []byte("a\n"), []byte("b\n"), `+++ "b/d\"x\\y/go.mod"`},
	{"name with accent", "caf\u00e9/go.mod", []byte("a\n"), []byte("b\n"), `--- "a/caf\303\251/go.mod"`},
}

// TestDiff lets git apply what Diff says, and looks for the state after.
func TestDiff(t *testing.T) {
	t.Parallel()
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range diffCases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			diff, err := Diff(test.file, test.before, test.after)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(diff, test.want+"\n") {
				t.Errorf("no line %q in:\n%s", test.want, diff)
			}
			dir := t.TempDir()
			file := filepath.Join(dir, filepath.FromSlash(test.file))
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if test.before != nil {
				writeFile(t, file, test.before)
			}
			cmd := exec.Command(git, "apply", "-")
			cmd.Dir, cmd.Stdin = dir, strings.NewReader(diff)
			cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir), "GIT_CONFIG_GLOBAL=/dev/null")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("git apply: %v\n%s\n%s", err, out, diff)
			}
			got, err := os.ReadFile(file)
			if test.after == nil {
				if !os.IsNotExist(err) {
					t.Errorf("the file is still there: %q, %v", got, err)
				}
			} else if err != nil || !bytes.Equal(got, test.after) {
				t.Errorf("got %q, %v; want %q", got, err, test.after)
			}
		})
	}
}

func TestDiffOfEqual(t *testing.T) {
	t.Parallel()
	for _, state := range [][]byte{nil, {}, []byte("a\n")} {
		if diff, err := Diff("go.mod", state, state); diff != "" || err != nil {
			t.Errorf("%q: got %q, %v", state, diff, err)
		}
	}
}
