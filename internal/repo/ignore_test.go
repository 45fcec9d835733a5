package repo

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestIgnoreLines(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		file, name string
		dir, want  bool
	}{
		{"a\n", "a", false, true},
		{"a", "x/a", false, true},
		{"a\r\nb\r\n", "b", false, true},
		{"\ufeffa\n", "a", false, true},
		{"# a\n", "# a", false, false},
		{"\\#a\n", "#a", false, true},
		{"\\!a\n", "!a", false, true},
		{"a \n", "a", false, true},
		{"a\\ \n", "a ", false, true},
		{"a\t\n", "a", false, false},
		{"a\n!a\n", "a", false, false},
		{"!a\na\n", "a", false, true},
		{"a/\n", "a", false, false},
		{"a/\n", "a", true, true},
		{"/a\n", "x/a", false, false},
		{"x/a\n", "x/a", false, true},
		{"x/a\n", "y/x/a", false, false},
		{"*\n!*/\n!*.go\n", "d/go.mod", false, true},
		{"*\n!*/\n!*.go\n", "d", true, false},
		{"*.mod\n", "d/go.mod", false, true},
		{"go.*\n", "go.work", false, true},
		{"go.work*\n", "go.work.sum", false, true},
		{"**/a\n", "x/y/a", false, true},
		{"a/**\n", "a", true, false},
		{"a/**\n", "a/b/c", false, true},
		{"a/**/b\n", "a/b", false, true},
		{"a/**/b\n", "a/x/y/b", false, true},
		{"a/**/b\n", "a/x/y/c", false, false},
		{"/**/b/\n", "x/b", true, true},
		{"x/*\n", "x/y/z", false, false},
		{"[a-c]d\n", "bd", false, true},
		{"[!a-c]d\n", "bd", false, false},
		{"[]]\n", "]", false, true},
		{"[[:digit:]]x\n", "4x", false, true},
		{"[[:nope:]]x\n", "4x", false, false},
		{"[a\n", "[a", false, false},
		{"a\\\n", "a\\", false, false},
		{"a?c\n", "abc", false, true},
		{"\n\n/\n!\n", "a", false, false},
		{"caf\xe9\n", "caf\xe9", false, true},
		{"A\n", "a", false, false},
	} {
		rules := (*ignoreRules)(nil).with("", []byte(test.file), false)
		if got := rules.ignores(test.name, test.dir); got != test.want {
			t.Errorf("%q ignores %q (dir %v): got %v, want %v", test.file, test.name, test.dir, got, test.want)
		}
	}
	fold := (*ignoreRules)(nil).with("", []byte("Go.WORK\n"), true)
	if !fold.ignores("x/gO.work", false) {
		t.Error("core.ignoreCase is not heeded")
	}
}

// TestIgnoreAgreesWithGit compares with git check-ignore on random ignore files. The alphabet is small, so that most
// patterns match something.
func TestIgnoreAgreesWithGit(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	const rounds = 60
	rnd := rand.New(rand.NewPCG(7, 9))
	for range rounds {
		files := map[string]string{".gitignore": randomIgnore(rnd), "a/.gitignore": "", "a/b/.gitignore": ""}
		for name := range files {
			if name != ".gitignore" && rnd.IntN(2) == 0 {
				files[name] = randomIgnore(rnd)
			}
		}
		for name, text := range files {
			g.write(name + "=" + text)
		}
		var names []string
		for range 80 {
			names = append(names, randomPath(rnd))
		}
		want := checkIgnore(t, g, names)
		s, _ := openStore(g.dir, newEnviron(g.env))
		for _, name := range names {
			rules, err := s.rulesAt(g.dir, path.Dir(name))
			if err != nil {
				t.Fatal(err)
			}
			onDisk := isDir(filepath.Join(g.dir, filepath.FromSlash(name)))
			if got := rules.ignores(name, onDisk); got != slices.Contains(want, name) {
				t.Errorf("ignored(%q) = %v, git says %v\nfiles %q", name, got, !got, files)
			}
		}
		if t.Failed() {
			return
		}
	}
}

func checkIgnore(t *testing.T, g *gitRepo, names []string) []string {
	t.Helper()
	cmd := exec.Command("git", "check-ignore", "--no-index", "-z", "--stdin")
	cmd.Dir, cmd.Env = g.dir, g.env
	cmd.Stdin = strings.NewReader(strings.Join(names, "\x00") + "\x00")
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState.ExitCode() != 1 { // 1: nothing is ignored
		t.Fatal(err)
	}
	return strings.Split(string(out), "\x00")
}

func randomIgnore(rnd *rand.Rand) string {
	parts := []string{"a", "b", "c", "a", "b", "ab", "/", "/", "/", "*", "**", "/**/", "**/", "/**", "?", "[ab]",
		"[!a]", "[a-b",
		"\\a", "\\*", "!", " ", "[[:alpha:]]", "\\", "#", "[^b]", "[]-a]", "\r", "***", "[a/b]", "\\/"}
	var b strings.Builder
	for range 1 + rnd.IntN(5) {
		if rnd.IntN(4) == 0 {
			b.WriteString("!")
		}
		for range 1 + rnd.IntN(5) {
			b.WriteString(parts[rnd.IntN(len(parts))])
		}
		b.WriteString("\n")
	}
	return b.String()
}

func randomPath(rnd *rand.Rand) string {
	names := []string{"a", "b", "c", "ab", "ba", "abc", "#", "a ", "*", "!a"}
	var list []string
	for range 1 + rnd.IntN(4) {
		list = append(list, names[rnd.IntN(len(names))])
	}
	return strings.Join(list, "/")
}

// A hostile pattern must not cost more than the product of the two lengths.
func TestGlobStaysCheap(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 2000)
	if matchName(strings.Repeat("*a", 500)+"b", long) {
		t.Error("matched a name without b")
	}
	segs := splitGlob(strings.Repeat("**/*a*/", 300) + "b")
	if matchPath(segs, strings.Repeat("aaa/", 2000)+"c") {
		t.Error("matched a path without b")
	}
}

func FuzzIgnore(f *testing.F) {
	f.Add([]byte("*\n!*/\n/a/**/[b-c]\\ \n"), "a/b/c", true)
	f.Add([]byte("[[:alpha:]-z]\n[\n\\"), "x", false)
	f.Fuzz(func(t *testing.T, data []byte, name string, dir bool) {
		rules := (*ignoreRules)(nil).with("", data, false)
		got := rules.ignores(name, dir)
		// What a file says does not depend on its line ends, and one rule more that matches nothing changes nothing.
		crlf := bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r"), nil), []byte("\n"), []byte("\r\n"))
		plain := bytes.ReplaceAll(data, []byte("\r"), nil)
		a := (*ignoreRules)(nil).with("", plain, false).ignores(name, dir)
		b := (*ignoreRules)(nil).with("", append(crlf, '\r', '\n'), false).ignores(name, dir)
		if a != b {
			t.Errorf("%q on %q: %v with LF, %v with CRLF", data, name, a, b)
		}
		if again := rules.ignores(name, dir); again != got {
			t.Errorf("%q on %q: %v, then %v", data, name, got, again)
		}
	})
}

func BenchmarkIgnore(b *testing.B) {
	var file strings.Builder
	for i := range 100 {
		fmt.Fprintf(&file, "name%d\n*.ext%d\n/dir%d/*/x\n", i, i, i)
	}
	rules := (*ignoreRules)(nil).with("", []byte(file.String()), false)
	name := filepath.ToSlash("services/payments/internal/ledger")
	for b.Loop() {
		rules.ignores(name, true)
	}
}
