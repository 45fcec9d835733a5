package repo

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const emptyWork = "go 1.26\n"

func wantRoot(t *testing.T, r *Repo, want string) {
	t.Helper()
	if r.Root != want {
		t.Errorf("root: got %s, want %s\nnotes: %q", r.Root, want, r.Notes)
	}
}

func TestRoot(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("go.work="+emptyWork, "a/b/c/x=", "ws/go.work="+emptyWork, "ws/m/go.mod", "top/go.mod",
		"mine/go.work="+emptyWork, "mine/m/go.mod", "forced/go.work="+emptyWork, "forced/m/go.mod",
		".gitignore=mine/go.work\n/forced\n")
	g.git("add", "-f", "forced/go.work")
	g.commit()
	symlink(t, filepath.Join(g.dir, "ws", "m"), filepath.Join(filepath.Dir(g.dir), "link"))
	for _, test := range []struct{ name, dir, root, want string }{
		{"top level", ".", "", "."},
		{"sub-directory", "a/b/c", "", "."},
		{"nearest go.work", "ws/m", "", "ws"},
		{"start through a link", "../link", "", "ws"},
		{"ignored go.work is passed", "mine/m", "", "."},
		{"ignored but tracked go.work counts", "forced/m", "", "forced"},
		{"--root", "a", "b", "a/b"},
		{"--root absolute", "a", filepath.Join(g.dir, "ws", "m"), "ws/m"},
		{"--root upward", "ws/m", "../..", "."},
		{"--root through a link", ".", "../link", "ws/m"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := g.open(Options{Dir: filepath.Join(g.dir, test.dir), Root: test.root})
			wantRoot(t, r, filepath.Join(g.dir, test.want))
			if r.Top != g.dir || r.GitDir != filepath.Join(g.dir, ".git") {
				t.Errorf("top %s, git directory %s", r.Top, r.GitDir)
			}
		})
	}
}

func TestRootNamesAnIgnoredGoWork(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("go.work="+emptyWork, "a/go.mod", "a/b/go.mod", ".git/info/exclude=go.work*\n")
	r := g.open(Options{Dir: filepath.Join(g.dir, "a")})
	wantRoot(t, r, g.dir)
	wantNote(t, r.Notes, "go.work is ignored by git")
	tree := workTree(t, r)
	wantDirs(t, tree, "a a/b")
	if tree.Work != "" || tree.IgnoredWork != "go.work" {
		t.Errorf("work %q, ignored %q", tree.Work, tree.IgnoredWork)
	}

	tree = workTree(t, g.open(Options{WorkFile: "go.work"}))
	if tree.Work != "go.work" || tree.IgnoredWork != "" {
		t.Errorf("--workspace-file: work %q, ignored %q", tree.Work, tree.IgnoredWork)
	}
}

func TestWorkspaceFile(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("go.work="+emptyWork, "m/go.mod", "ws/go.work="+emptyWork, "ws/m/go.mod", "ws/in/go.work="+emptyWork,
		"ws/in/go.mod")
	write(t, filepath.Dir(g.dir), "elsewhere/go.work="+emptyWork)
	symlink(t, "go.work", filepath.Join(g.dir, "link.work"))
	g.commit()

	tree := workTree(t, g.open(Options{}))
	wantDirs(t, tree, "m")
	if tree.Work != "go.work" || strings.Join(tree.Nested, " ") != "ws" {
		t.Errorf("work %q, nested %q", tree.Work, tree.Nested)
	}

	// The directory of the file that is named is no longer a workspace of its own; what is below it is.
	tree = workTree(t, g.open(Options{Dir: filepath.Join(g.dir, "m"), WorkFile: "../ws/go.work"}))
	wantDirs(t, tree, "m ws/m")
	if tree.Work != "ws/go.work" || strings.Join(tree.Nested, " ") != "ws/in" {
		t.Errorf("work %q, nested %q", tree.Work, tree.Nested)
	}

	outside := filepath.Join(filepath.Dir(g.dir), "elsewhere", "go.work")
	if tree = workTree(t, g.open(Options{WorkFile: "../elsewhere/go.work"})); tree.Work != outside {
		t.Errorf("work %q, want %q", tree.Work, outside)
	}

	for name, want := range map[string]error{"none.work": fs.ErrNotExist, "m": errDir, "link.work": errLink} {
		_, err := Open(t.Context(), Options{Dir: g.dir, WorkFile: name, Env: g.env})
		if !errors.Is(err, want) || !strings.Contains(err.Error(), "workspace file") {
			t.Errorf("--workspace-file %s: got %v, want %v", name, err, want)
		}
	}
}

func TestRootWithoutGit(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	write(t, dir, "plain/a/go.mod", "ws/go.work="+emptyWork, "ws/a/b/go.mod", "ws/.gitignore=a\n")

	r := open(t, Options{Dir: filepath.Join(dir, "plain", "a")})
	wantRoot(t, r, filepath.Join(dir, "plain", "a"))
	if r.Top != "" || r.GitDir != "" {
		t.Errorf("top %q, git directory %q", r.Top, r.GitDir)
	}

	r = open(t, Options{Dir: filepath.Join(dir, "ws", "a")})
	wantRoot(t, r, filepath.Join(dir, "ws"))
	tree := workTree(t, r)
	wantDirs(t, tree, "a/b") // nothing is ignored where there is no git
	if tree.Work != "go.work" {
		t.Errorf("work %q", tree.Work)
	}
}

func TestGoWorkAboveGitsTopLevelIsNotUsed(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("a/go.mod")
	write(t, filepath.Dir(g.dir), "go.work="+emptyWork)
	r := g.open(Options{Dir: filepath.Join(g.dir, "a")}, "GOWORK="+filepath.Join(filepath.Dir(g.dir), "go.work"))
	wantRoot(t, r, g.dir)
	wantNote(t, r.Notes, "above git's top level")
	if tree := workTree(t, r); tree.Work != "" {
		t.Errorf("work %q", tree.Work)
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	write(t, dir, "file=x")
	for _, test := range []struct {
		o    Options
		want string
	}{
		{Options{Dir: filepath.Join(dir, "none")}, "start directory"},
		{Options{Dir: filepath.Join(dir, "file")}, "not a directory"},
		{Options{Dir: dir, Root: "none"}, "root:"},
		{Options{Dir: dir, Root: "file"}, "not a directory"},
	} {
		test.o.Env = testEnv(dir)
		if _, err := Open(t.Context(), test.o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: got %v, want %q", test.o, err, test.want)
		}
	}
}

func TestBare(t *testing.T) {
	t.Parallel()
	bare := newGit(t, "--bare")
	normal := newGit(t)
	normal.write("go.mod")
	normal.commit()
	// A popular layout: the repository in .bare, a .git file beside it, worktrees as siblings.
	layout := newGit(t)
	layout.write("x=")
	layout.commit()
	home := filepath.Join(filepath.Dir(layout.dir), "project")
	mkdir(t, home)
	layout.git("clone", "-q", "--bare", layout.dir, filepath.Join(home, ".bare"))
	write(t, home, ".git=gitdir: ./.bare\n")

	for name, dir := range map[string]string{
		"bare":                    bare.dir,
		"bare, below":             filepath.Join(bare.dir, "refs"),
		"git directory":           filepath.Join(normal.dir, ".git"),
		"inside a git directory":  filepath.Join(normal.dir, ".git", "objects"),
		"bare behind a .git file": home,
	} {
		r := bare.open(Options{Dir: dir})
		tree, err := r.WorkTree(t.Context())
		if !errors.Is(err, errBare) || tree != nil || !strings.Contains(err.Error(), "--root") {
			t.Errorf("%s: got %v, %v", name, tree, err)
		}
		if r.GitDir == "" || r.Top != "" {
			t.Errorf("%s: git directory %q, top %q", name, r.GitDir, r.Top)
		}
	}
	if got := normal.in(filepath.Join(normal.dir, ".git")).open(Options{Root: ".."}); got.Root != normal.dir {
		t.Errorf("--root out of a git directory: %s", got.Root)
	}
}

// A hook gets GIT_DIR and GIT_INDEX_FILE, a dotfiles repository is used with GIT_DIR and GIT_WORK_TREE.
func TestGitEnvironment(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("a/go.mod", "sub/b/go.mod", "seen/go.mod", ".gitignore=seen\n")
	g.git("add", "-f", "seen")
	g.commit()
	gitDir := filepath.Join(g.dir, ".git")
	work := newDir(t)
	write(t, work, "seen/go.mod", "new/go.mod", ".gitignore=seen\n")

	for _, test := range []struct {
		name, dir string
		env       []string
		root, top string
		modules   string
	}{
		{"hook", g.dir, []string{"GIT_DIR=.git"}, g.dir, g.dir, "a seen sub/b"},
		{"hook of a worktree, below", filepath.Join(g.dir, "sub"), []string{"GIT_DIR=" + gitDir}, g.dir, g.dir,
			"a seen sub/b"},
		{"hook, below", filepath.Join(g.dir, "sub"), []string{"GIT_DIR=.git"}, g.dir, g.dir, "a seen sub/b"},
		{"both", filepath.Join(work, "new"), []string{"GIT_DIR=" + gitDir, "GIT_WORK_TREE=" + work}, work, work,
			"new seen"},
		{"GIT_DIR alone", work, []string{"GIT_DIR=" + gitDir}, work, work, "new seen"},
		{"work tree elsewhere", g.dir, []string{"GIT_WORK_TREE=" + work}, g.dir, g.dir, "a seen sub/b"},
		{"ceiling", filepath.Join(g.dir, "sub", "b"), []string{"GIT_CEILING_DIRECTORIES=" + g.dir},
			filepath.Join(g.dir, "sub", "b"), "", "."},
	} {
		r := g.open(Options{Dir: test.dir}, test.env...)
		if r.Root != test.root || r.Top != test.top {
			t.Errorf("%s: root %s, top %s, want %s and %s", test.name, r.Root, r.Top, test.root, test.top)
		}
		wantDirs(t, workTree(t, r), test.modules)
	}
	r := g.open(Options{}, "GIT_DIR="+filepath.Join(g.dir, "none"))
	wantNote(t, r.Notes, "names no git directory")
}

func TestLinkedWorktrees(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	// "+" sorts before ".git": what lies there in a clone is met before it shows to be one.
	g.write("+/b/c/go.mod", "a/go.mod", "hidden/go.mod", ".gitignore=hidden\n")
	g.git("add", "-f", "hidden")
	g.commit()
	g.git("worktree", "add", "-q", "../linked", "-b", "l")
	g.git("worktree", "add", "-q", "inside/wt", "-b", "i")
	g.git("clone", "-q", ".", "inside/clone")
	g.git("clone", "-q", "--bare", ".", "../bare.git")
	bare := g.in(filepath.Join(filepath.Dir(g.dir), "bare.git"))
	bare.git("worktree", "add", "-q", "../of-bare", "-b", "b")

	tree := workTree(t, g.open(Options{}))
	wantDirs(t, tree, "+/b/c a hidden")
	if got := strings.Join(tree.Checkouts, " "); got != "inside/clone inside/wt" {
		t.Errorf("checkouts %q", got)
	}

	for _, name := range []string{"linked", "of-bare", "repo/inside/wt"} {
		top := filepath.Join(filepath.Dir(g.dir), name)
		r := g.in(top).open(Options{Dir: filepath.Join(top, "a")})
		wantRoot(t, r, top)
		if r.Top != top || !strings.Contains(r.GitDir, filepath.Join("worktrees", filepath.Base(name))) {
			t.Errorf("%s: top %s, git directory %s", name, r.Top, r.GitDir)
		}
		wantDirs(t, workTree(t, r), "+/b/c a hidden")
	}
}

// The repository of a worktree or submodule is often gone where only the files were copied, as into an image.
func TestDanglingGitFile(t *testing.T) {
	t.Parallel()
	base := newDir(t)
	write(t, base, "top/.git=gitdir: /nowhere/.git/worktrees/x\n", "top/a/go.mod", "top/out/go.mod",
		"top/.gitignore=out\n",
		"top/wt/.git=gitdir: ../gone\n", "top/wt/go.mod", "top/note/.git=just a note\n", "top/note/go.mod")
	r := open(t, Options{Dir: filepath.Join(base, "top", "a")})
	wantRoot(t, r, filepath.Join(base, "top"))
	if r.GitDir != "" {
		t.Errorf("git directory %q", r.GitDir)
	}
	tree := workTree(t, r)
	wantDirs(t, tree, "a note")
	wantNote(t, tree.Notes, "not there")
	if !slices.Equal(tree.Checkouts, []string{"wt"}) {
		t.Errorf("checkouts %q", tree.Checkouts)
	}
}
