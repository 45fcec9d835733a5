package repo

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestModules(t *testing.T) {
	t.Parallel()
	files := []string{"go.mod", "a/go.mod", "a/b/go.mod", "a-b/go.mod", "vendor/x/go.mod", "a/vendor/go.mod",
		"a/vendored/go.mod", "node_modules/x/go.mod", "web/node_modules/y/z/go.mod", "testdata/go.mod",
		"a/testdata/x/go.mod",
		"_x/go.mod", ".x/go.mod", "a/.x/y/go.mod", "c/go.mod/file=", "d/go.sum=", "e/GO.MOD=",
		"nested/go.work=" + emptyWork,
		"nested/go.mod", "nested/m/go.mod", "nested/deep/go.work=" + emptyWork, "nested/deep/go.mod",
		"testdata/ws/go.work=" + emptyWork, "testdata/ws/m/go.mod", "vendor/ws/go.work=" + emptyWork}
	const want = ". .x(.x) _x(_x) a a-b a/.x/y(.x) a/b a/testdata/x(testdata) a/vendored testdata(testdata)"
	check := func(t *testing.T, tree *Tree) {
		t.Helper()
		wantDirs(t, tree, want)
		if got := strings.Join(tree.Nested, " "); got != "nested testdata/ws" {
			t.Errorf("nested %q", got)
		}
		if tree.Work != "" || tree.IgnoredWork != "" || len(tree.Checkouts) > 0 || len(tree.Notes) > 0 {
			t.Errorf("got %+v", tree)
		}
		// What is not in the list can still be read, as a go.work may use it.
		data, err := fs.ReadFile(tree.FS, "nested/m/go.mod")
		if err != nil || string(data) != "module example.com/nested/m\n" {
			t.Errorf("nested/m: got %q, %v", data, err)
		}
	}
	t.Run("no git", func(t *testing.T) {
		t.Parallel()
		dir := newDir(t)
		write(t, dir, files...)
		check(t, workTree(t, open(t, Options{Dir: dir})))
	})
	t.Run("untracked", func(t *testing.T) {
		t.Parallel()
		g := newGit(t)
		g.write(files...)
		check(t, workTree(t, g.open(Options{})))
	})
	t.Run("tracked", func(t *testing.T) {
		t.Parallel()
		g := newGit(t)
		g.write(files...)
		g.commit()
		check(t, workTree(t, g.open(Options{})))
	})
	t.Run("tracked and ignored", func(t *testing.T) {
		t.Parallel()
		g := newGit(t)
		g.write(files...)
		g.commit()
		g.write(".gitignore=*\n")
		check(t, workTree(t, g.open(Options{})))
	})
	t.Run("below git's top level", func(t *testing.T) {
		t.Parallel()
		g := newGit(t)
		write(t, filepath.Join(g.dir, "sub"), files...)
		g.write("go.mod", "other/go.mod", "subway/go.mod")
		g.git("add", "sub/a", "other")
		check(t, workTree(t, g.open(Options{Root: "sub"})))
	})
}

func TestEmptyRepository(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	r := g.open(Options{})
	wantRoot(t, r, g.dir)
	wantDirs(t, workTree(t, r), "")
	g.write("a/go.mod")
	wantDirs(t, workTree(t, r), "a") // the repository is looked at anew each time
}

// A laptop and a fresh clone must see the same modules.
func TestIgnoredAndTracked(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("a/go.mod", "gone/go.mod", "out/new/go.mod", "out/kept/go.mod", "out/kept/x/go.mod", "gen/go.mod",
		"gen/sub/go.mod",
		"excluded/go.mod", "crlf/go.mod", "un/go.mod", "by-name.d/go.mod", "ignored-ws/go.work="+emptyWork,
		"ignored-ws/m/go.mod",
		"tracked-ws/go.work="+emptyWork, "tracked-ws/m/go.mod",
		".gitignore=/out/\ngo.work\n*.d\n", "gen/.gitignore=/go.mod\nsub\n", "crlf/.gitignore=# c\r\ngo.mod\r\n",
		".git/info/exclude=/excluded\nun\n", "un/x=")
	g.git("add", "-f", "out/kept/go.mod", "a", "gone", "tracked-ws")
	g.git("commit", "-q", "-m", "x")
	if err := os.RemoveAll(filepath.Join(g.dir, "gone")); err != nil {
		t.Fatal(err)
	}
	tree := workTree(t, g.open(Options{}))
	wantDirs(t, tree, "a ignored-ws/m out/kept")
	if !slices.Equal(tree.Nested, []string{"tracked-ws"}) {
		t.Errorf("nested %q", tree.Nested)
	}
	clone := g.in(filepath.Join(filepath.Dir(g.dir), "clone"))
	g.git("clone", "-q", ".", clone.dir)
	g.git("add", "ignored-ws/m")
	wantDirs(t, workTree(t, clone.open(Options{})), "a gone out/kept")
}

func TestUsersIgnoreFile(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("a/go.mod", "b/go.mod", "c/go.mod", "D/go.mod")
	home := filepath.Join(filepath.Dir(g.dir), "home")
	write(t, home, ".config/git/ignore=a\n", "mine=b\n", "xdg/git/ignore=c\n", ".gitconfig=",
		"part=[core]\n\texcludesFile = ~/mine\n")

	wantDirs(t, workTree(t, g.open(Options{})), "D b c")
	wantDirs(t, workTree(t, g.open(Options{}, "XDG_CONFIG_HOME="+filepath.Join(home, "xdg"))), "D a b")
	write(t, home, ".gitconfig=[user]\n\tname = x\n[include]\n\tpath = part\n")
	wantDirs(t, workTree(t, g.open(Options{})), "D a c")
	g.git("config", "core.excludesFile", "")
	g.git("config", "core.ignoreCase", "true")
	g.write(".git/info/exclude=d\n")
	wantDirs(t, workTree(t, g.open(Options{})), "a b c")
	write(t, home, ".gitconfig=[core]\n\texcludesFile = \"unclosed\n")
	r := g.open(Options{})
	wantNote(t, r.Notes, ".gitconfig was read in part")
	wantDirs(t, workTree(t, r), "a b c")
	if r := g.open(Options{}, "GIT_CONFIG_GLOBAL="+os.DevNull); len(r.Notes) > 1 {
		t.Errorf("no file of the user's own, and these notes: %q", r.Notes)
	}
}

// --root is the user's word: what the rules above it say is no matter, what those below say is.
func TestRootInsideAnIgnoredDirectory(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write(".gitignore=/out\ngo.mod\n/part/*\n", "out/x/go.work="+emptyWork, "out/x/a/go.mod", "out/x/b/go.mod",
		"out/x/.gitignore=b\n",
		"part/go.mod", "part/a/go.mod")
	g.commit()
	wantDirs(t, workTree(t, g.open(Options{})), "")
	tree := workTree(t, g.open(Options{Root: "out/x"}))
	wantDirs(t, tree, "a")
	if tree.Work != "go.work" || tree.IgnoredWork != "" {
		t.Errorf("work %q, ignored %q", tree.Work, tree.IgnoredWork)
	}
	wantDirs(t, workTree(t, g.open(Options{Root: "out"})), "") // out/x is a workspace of its own
	wantDirs(t, workTree(t, g.open(Options{Root: "part"})), ". a")

	r := g.open(Options{Dir: filepath.Join(g.dir, "out", "x")}) // without --root the rules hold
	wantRoot(t, r, g.dir)
	wantNote(t, r.Notes, "--root looks at it alone")
	wantDirs(t, workTree(t, r), "")
}

func TestSubmodules(t *testing.T) {
	t.Parallel()
	lib := newGit(t)
	lib.write("go.mod", "x/go.mod")
	lib.commit()
	g := newGit(t)
	g.write("a/go.mod")
	g.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", lib.dir, "libs/one")
	g.commit()
	check := func(dir string) {
		t.Helper()
		tree := workTree(t, g.in(dir).open(Options{}))
		wantDirs(t, tree, "a")
		if !slices.Equal(tree.Checkouts, []string{"libs/one"}) {
			t.Errorf("checkouts %q", tree.Checkouts)
		}
	}
	check(g.dir)

	r := g.open(Options{Dir: filepath.Join(g.dir, "libs", "one", "x")})
	wantRoot(t, r, filepath.Join(g.dir, "libs", "one"))
	wantDirs(t, workTree(t, r), ". x")

	clone := filepath.Join(filepath.Dir(g.dir), "clone")
	g.git("clone", "-q", ".", clone) // not initialised
	check(clone)
	wantRoot(t, g.open(Options{Dir: filepath.Join(clone, "libs", "one")}), clone)

	archive := filepath.Join(filepath.Dir(g.dir), "archive") // unpacked: files of the submodule, no git at all
	write(t, archive, "a/go.mod", "libs/one/go.mod", ".gitmodules=[submodule \"one\"]\n\tpath = libs/one\n\turl = x\n")
	check(archive)

	write(t, archive, ".gitmodules=[submodule \"one\"]\n\tpath = libs/one\n[submodule \"bad\"]\n\tpath = ../x\n[oops\n")
	tree := workTree(t, g.in(archive).open(Options{}))
	wantDirs(t, tree, "a")
	wantNote(t, tree.Notes, ".gitmodules was read in part")
}

// Files that the repository tracks are its own, even where somebody made a repository around them later.
func TestTrackedFilesInACheckout(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("a/go.mod", "b/go.mod", "b/new/go.mod")
	g.git("add", "a", "b/go.mod")
	g.commit()
	g.in(filepath.Join(g.dir, "a")).git("init", "-q")
	g.write("a/x/go.mod", "b/.git/keep=") // an empty .git is no repository
	tree := workTree(t, g.open(Options{}))
	wantDirs(t, tree, "a b b/new")
	if !slices.Equal(tree.Checkouts, []string{"a"}) {
		t.Errorf("checkouts %q", tree.Checkouts)
	}
}

func TestLinksAreNotFollowed(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("a/go.mod", "b/c/go.mod", "vendor.mod=module v\n")
	g.commit()
	symlink(t, "../a", filepath.Join(g.dir, "links", "dir"))
	symlink(t, "..", filepath.Join(g.dir, "links", "loop"))
	symlink(t, "../vendor.mod", filepath.Join(g.dir, "cli", "go.mod"))
	// A tracked directory that a link has replaced is gone for git, and so it is here.
	if err := os.Rename(filepath.Join(g.dir, "b"), filepath.Join(filepath.Dir(g.dir), "b")); err != nil {
		t.Fatal(err)
	}
	symlink(t, filepath.Join(filepath.Dir(g.dir), "b"), filepath.Join(g.dir, "b"))
	tree := workTree(t, g.open(Options{}))
	wantDirs(t, tree, "a cli")
	if _, err := fs.ReadFile(tree.FS, "cli/go.mod"); !errors.Is(err, errLink) {
		t.Errorf("cli/go.mod: got %v", err)
	}
}

func TestOddNames(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such names")
	}
	names := []string{" lead", "a b", `a\b`, "aux", "git~1", "new\nline", "q\"q", "trail.", "x:y", "ünï", "日本"}
	for _, tracked := range []bool{false, true} {
		g := newGit(t)
		g.git("config", "core.protectNTFS", "false")
		for _, name := range names {
			g.write(name + "/go.mod")
		}
		g.write("bad\xff/go.mod")
		if tracked {
			g.commit()
		}
		tree := workTree(t, g.open(Options{}))
		wantDirs(t, tree, strings.Join(names, " "))
		wantNote(t, tree.Notes, "not UTF-8")
		for _, m := range tree.Modules {
			if _, err := fs.ReadFile(tree.FS, m.Dir+"/go.mod"); err != nil {
				t.Error(err)
			}
		}
	}
}

// A CI job may keep its module cache below the checkout, not ignored.
func TestSkippedCaches(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("a/go.mod", ".go/pkg/mod/example.com/x@v1.0.0/go.mod", "cache/y/go.mod")
	g.git("add", "cache")
	skip := []string{filepath.Join(g.dir, ".go", "pkg", "mod"), filepath.Join(g.dir, "cache"), filepath.Join(g.dir,
		"none"), "relative"}
	wantDirs(t, workTree(t, g.open(Options{Skip: skip})), "a")
	wantDirs(t, workTree(t, g.open(Options{Root: "cache", Skip: skip})), "y") // the root itself is looked at
}

func TestUnreadableDirectory(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("needs a user who may not read everything")
	}
	g := newGit(t)
	g.write("a/go.mod", "data/x=", "kept/go.mod")
	g.git("add", "kept")
	for _, name := range []string{"data", "kept"} {
		dir := filepath.Join(g.dir, name)
		if err := os.Chmod(dir, 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := os.Chmod(dir, 0o755); err != nil {
				t.Error(err)
			}
		})
	}
	tree := workTree(t, g.open(Options{}))
	wantDirs(t, tree, "a kept")
	wantNote(t, tree.Notes, "directory data was not searched")
}

func TestFormats(t *testing.T) {
	t.Parallel()
	fill := func(g *gitRepo) *gitRepo {
		g.write("a/go.mod", "out/go.mod", "kept/go.mod", ".gitignore=out\nkept\n")
		g.git("add", "-f", "kept")
		g.commit()
		return g
	}
	t.Run("sha256", func(t *testing.T) {
		t.Parallel()
		r := fill(newGit(t, "--object-format=sha256")).open(Options{})
		wantDirs(t, workTree(t, r), "a kept")
		wantNote(t, r.Notes, "sha256")
	})
	t.Run("reftable", func(t *testing.T) {
		t.Parallel()
		r := fill(newGit(t, "--ref-format=reftable")).open(Options{})
		wantDirs(t, workTree(t, r), "a kept")
		wantNote(t, r.Notes, "reftable")
	})
	for _, test := range []struct{ name, config, note, want string }{
		{"worktreeConfig", "[extensions]\n\tworktreeConfig = true\n", "", "a kept"},
		{"worktreeConfig off", "[extensions]\n\tworktreeConfig = false\n", "", "a kept"},
		{"partialClone", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialClone = origin\n", "",
			"a kept"},
		{"ignored by version 0", "[extensions]\n\tnovelty = true\n", "", "a kept"},
		{"unknown", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tnovelty = true\n", `extension "novelty"`,
			"a"},
		{"unknown object format", "[extensions]\n\tobjectFormat = sha3\n", `object format "sha3"`, "a"},
		{"version 2", "[core]\n\trepositoryformatversion = 2\n", `format version "2"`, "a"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g := fill(newGit(t))
			file, err := os.OpenFile(filepath.Join(g.dir, ".git", "config"), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := file.WriteString(test.config); err != nil {
				t.Fatal(err)
			}
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
			tree := workTree(t, g.open(Options{}))
			wantDirs(t, tree, test.want)
			if test.note != "" {
				wantNote(t, tree.Notes, test.note)
			} else if len(tree.Notes) > 0 {
				t.Errorf("notes %q", tree.Notes)
			}
		})
	}
}

func TestCoreWorktree(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("in/a/go.mod", "b/go.mod")
	g.commit()
	g.git("config", "core.worktree", "../in") // what a submodule has, and what a stale one still has
	r := g.open(Options{Dir: filepath.Join(g.dir, "in", "a")})
	if r.Top != filepath.Join(g.dir, "in") {
		t.Errorf("top %s", r.Top)
	}
	r = g.open(Options{Dir: filepath.Join(g.dir, "b")})
	if r.Top != g.dir {
		t.Errorf("top %s", r.Top)
	}
	wantNote(t, r.Notes, "core.worktree")

	// With extensions.worktreeConfig it stands in a file of its own.
	g.git("config", "--unset", "core.worktree")
	g.git("config", "extensions.worktreeConfig", "true")
	write(t, g.dir, ".git/config.worktree=[core]\n\tworktree = ../in\n")
	if r = g.open(Options{Dir: filepath.Join(g.dir, "in")}); r.Top != filepath.Join(g.dir, "in") {
		t.Errorf("config.worktree: top %s", r.Top)
	}
}

func TestSharedClone(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("a/go.mod")
	g.commit()
	clone := g.in(filepath.Join(filepath.Dir(g.dir), "clone"))
	g.git("clone", "-q", "--shared", ".", clone.dir)
	r := clone.open(Options{})
	wantDirs(t, workTree(t, r), "a")
}

func TestWorkTreeStopsWithItsContext(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	write(t, dir, "a/go.mod")
	r := open(t, Options{Dir: dir})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if tree, err := r.WorkTree(ctx); !errors.Is(err, context.Canceled) || tree != nil {
		t.Errorf("got %v, %v", tree, err)
	}
	if _, err := Open(ctx, Options{Dir: dir}); !errors.Is(err, context.Canceled) {
		t.Errorf("Open: got %v", err)
	}
}
