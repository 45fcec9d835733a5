package repo

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestIgnored asks git about the same files.
func TestIgnored(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("sub/m/vendor/tracked/a.log=", "sub/.gitignore=*.log\nbuild/\n!keep.log\n", ".gitignore=/other/\nsecret\n",
		".git/info/exclude=*.tmp\n", "sub/m/go.mod")
	g.git("add", "-f", "sub/m/vendor/tracked/a.log")
	names := []string{
		"vendor/x/x.go", "vendor/x/a.log", "vendor/x/keep.log", "vendor/tracked/a.log", "vendor/build/x.go",
		"vendor/build/deep/x.go", "vendor/x/build", "vendor/secret", "vendor/secret2/y.go", "vendor/secret/y.go", "vendor/a.tmp",
		"modgov.vendor.json",
	}
	for _, dir := range []string{"sub/m", "other", "."} {
		cmd := exec.Command("git", "check-ignore", "--stdin")
		cmd.Dir = g.dir
		cmd.Stdin = strings.NewReader(strings.Join(prefixed(dir, names), "\n") + "\n")
		said, err := cmd.Output() // exit code 1: none is ignored
		if err != nil && (len(said) > 0 || cmd.ProcessState.ExitCode() != 1) {
			t.Fatal(err)
		}
		want := strings.Fields(string(said))
		got, err := g.open(Options{}).Ignored(dir, names)
		if err != nil {
			t.Fatal(err)
		}
		if got = prefixed(dir, got); !slices.Equal(got, want) {
			t.Errorf("in %s\ngot  %q\nwant %q", dir, got, want)
		}
	}
}

func prefixed(dir string, names []string) []string {
	var out []string
	for _, name := range names {
		if dir != "." {
			name = dir + "/" + name
		}
		out = append(out, name)
	}
	return out
}
