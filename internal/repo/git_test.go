package repo

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// gitRepo is a repository made with the git command for one test, in an environment where nothing of the user's
// settings counts.
type gitRepo struct {
	t   *testing.T
	dir string   // absolute, links resolved
	env []string // for git and for Options.Env
}

// newDir is an empty directory outside of every repository.
func newDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// testEnv is the environment for git and for Open: HOME is empty, and dates and names are fixed.
func testEnv(home string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_AUTHOR_DATE=2026-01-01T00:00:00Z",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com", "GIT_COMMITTER_DATE=2026-01-01T00:00:00Z",
		"GIT_CEILING_DIRECTORIES=" + os.TempDir(),
	}
}

// newGit is a fresh repository; args go to git init. The test is skipped if this git cannot make it.
func newGit(t *testing.T, args ...string) *gitRepo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git command")
	}
	base := newDir(t)
	g := &gitRepo{t: t, dir: filepath.Join(base, "repo"), env: testEnv(filepath.Join(base, "home"))}
	mkdir(t, g.dir)
	if _, err := g.try(append([]string{"init", "-q", "-b", "main"}, args...)...); err != nil {
		t.Skipf("git init %v: %v", args, err)
	}
	return g
}

// try runs git in the repository.
func (g *gitRepo) try(args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = g.dir, g.env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = errors.New(err.Error() + ": " + stderr.String())
	}
	return string(out), err
}

func (g *gitRepo) git(args ...string) string {
	g.t.Helper()
	out, err := g.try(args...)
	if err != nil {
		g.t.Fatalf("git %s: %v", strings.Join(args, " "), err)
	}
	return out
}

// in is the same repository, seen from another directory.
func (g *gitRepo) in(dir string) *gitRepo { return &gitRepo{t: g.t, dir: dir, env: g.env} }

// commit adds what is not ignored, and commits.
func (g *gitRepo) commit() {
	g.t.Helper()
	g.git("add", "-A")
	g.git("commit", "-q", "--allow-empty", "-m", "x")
}

// write makes files below dir: "path" for one with a fitting text, "path=text" for another.
func write(t *testing.T, dir string, files ...string) {
	t.Helper()
	for _, f := range files {
		name, text, ok := strings.Cut(f, "=")
		if !ok {
			text = "module example.com/" + filepath.ToSlash(filepath.Dir(name)) + "\n"
		}
		full := filepath.Join(dir, name)
		mkdir(t, filepath.Dir(full))
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (g *gitRepo) write(files ...string) {
	g.t.Helper()
	write(g.t, g.dir, files...)
}

func mkdir(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

func symlink(t *testing.T, target, name string) {
	t.Helper()
	mkdir(t, filepath.Dir(name))
	if err := os.Symlink(target, name); err != nil {
		t.Skip(err)
	}
}

// open opens o.Dir, or the repository itself, with the repository's environment and extra variables.
func (g *gitRepo) open(o Options, env ...string) *Repo {
	g.t.Helper()
	if o.Dir == "" {
		o.Dir = g.dir
	}
	o.Env = append(slices.Clone(g.env), env...)
	return open(g.t, o)
}

func open(t *testing.T, o Options) *Repo {
	t.Helper()
	if o.Env == nil {
		o.Env = testEnv(o.Dir)
	}
	r, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func workTree(t *testing.T, r *Repo) *Tree {
	t.Helper()
	tree, err := r.WorkTree(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// dirs are the modules as one line: "a b(testdata) c".
func dirs(tree *Tree) string {
	var list []string
	for _, m := range tree.Modules {
		s := m.Dir
		if m.Hidden != "" {
			s += "(" + m.Hidden + ")"
		}
		list = append(list, s)
	}
	return strings.Join(list, " ")
}

func wantDirs(t *testing.T, tree *Tree, want string) {
	t.Helper()
	if got := dirs(tree); got != want {
		t.Errorf("modules: got %q, want %q\nnotes: %q", got, want, tree.Notes)
	}
}

// wantNote fails unless one of the notes holds the text.
func wantNote(t *testing.T, notes []string, text string) {
	t.Helper()
	if !slices.ContainsFunc(notes, func(n string) bool { return strings.Contains(n, text) }) {
		t.Errorf("no note says %q: %q", text, notes)
	}
}
