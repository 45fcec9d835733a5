package repo

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// changed is what git itself says of the working tree: paths from git's top level.
func (g *gitRepo) changed(base string) []string {
	g.t.Helper()
	out := g.git("diff", "--name-only", "--no-renames", "-z", base) + g.git("ls-files", "-z", "--others", "--exclude-standard")
	return withoutDirs(out)
}

// withoutDirs splits a list and leaves out other checkouts, which git names with a slash behind.
func withoutDirs(out string) []string {
	list := strings.Split(out, "\x00")
	return sorted(slices.DeleteFunc(list, func(s string) bool { return s == "" || strings.HasSuffix(s, "/") }))
}

// mustChanged compares a revision with another, or with the working tree if to is "".
func (g *gitRepo) mustChanged(dir, from, to string) Changes {
	g.t.Helper()
	r := g.open(Options{Dir: dir})
	was, err := r.Revision(g.t.Context(), from)
	if err != nil {
		g.t.Fatal(err)
	}
	var is *Tree
	if to == "" {
		is, err = r.WorkTree(g.t.Context())
	} else {
		is, err = r.Revision(g.t.Context(), to)
	}
	if err != nil {
		g.t.Fatal(err)
	}
	c, err := r.Changed(g.t.Context(), was, is)
	if err != nil {
		g.t.Fatal(err)
	}
	return c
}

// A mess makes random changes to a working tree and to git's index.
type mess struct {
	*gitRepo
	random *rand.Rand
	names  []string
}

func newMess(g *gitRepo, seed uint64) *mess {
	m := &mess{gitRepo: g, random: rand.New(rand.NewPCG(seed, 3))}
	dirs := []string{"", "a/", "a/b/", "a-b/", "a.b/", "vendor/x/", "node_modules/n/", "testdata/", "ignored/", "deep/er/and/deeper/"}
	for _, dir := range dirs {
		m.names = append(m.names, dir+"go.mod", dir+"x.go", dir+"x.log", dir+`q"uo'te`, dir+"line\nfeed", dir+"::error::%0A", dir+"not\xffutf8")
	}
	m.names = append(m.names, "a", "deep/er", "vendor", "link", "a/link")
	return m
}

func (m *mess) pick() (name, full string) {
	name = m.names[m.random.IntN(len(m.names))]
	return name, filepath.Join(m.dir, filepath.FromSlash(name))
}

// put writes a file, whatever stands there or above it.
func (m *mess) put(name, full, text string) {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if info, err := os.Lstat(filepath.Join(m.dir, dir)); err == nil && !info.IsDir() {
			m.must(os.Remove(filepath.Join(m.dir, dir)))
		}
	}
	m.must(os.RemoveAll(full))
	mkdir(m.t, filepath.Dir(full))
	m.must(os.WriteFile(full, []byte(text), 0o644))
}

func (m *mess) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// step makes one change.
func (m *mess) step() {
	name, full := m.pick()
	info, err := os.Lstat(full)
	isFile := err == nil && info.Mode().IsRegular()
	switch m.random.IntN(12) {
	case 0, 1, 2:
		m.put(name, full, fmt.Sprintf("text %d\n", m.random.IntN(4)))
	case 3:
		if err == nil {
			m.must(os.RemoveAll(full))
		}
	case 4:
		if isFile {
			m.must(os.Chmod(full, info.Mode()^0o111))
		}
	case 5:
		if isFile { // as long as before
			m.must(os.WriteFile(full, slices.Repeat([]byte("z"), int(info.Size())), 0o644))
		}
	case 6:
		if isFile { // touched
			m.must(os.Chtimes(full, time.Now(), time.Now().Add(time.Second)))
		}
	case 7:
		if err == nil {
			m.must(os.RemoveAll(full))
			_ = os.Symlink([]string{"a", "x.go", "nowhere"}[m.random.IntN(3)], full) // its parent may be a file
		}
	case 8:
		_, to := m.pick()
		if isFile {
			_ = os.Rename(full, to) // the other place may be a directory
		}
	case 9:
		_, _ = m.try("add", "-A", "--", name) // nothing may stand there
	case 10:
		_, _ = m.try("rm", "-rq", "--cached", "--", name)
	case 11:
		_, _ = m.try("add", "-N", "--", name)
	}
}

// Random histories, indexes and working trees: what changed is what git says, in the working tree and between commits.
func TestChangedIsWhatGitSays(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			g := newGit(t)
			g.write(".gitignore=*.log\nignored/\n", "a/.gitignore=!x.log\n")
			g.commit()
			m := newMess(g, seed)
			const commits = 6
			for i := range commits {
				for range 60 {
					m.step()
				}
				if i < commits-1 {
					g.git("add", "-A")
					g.commit()
				}
				for n := range min(i, 3) {
					base := fmt.Sprintf("HEAD~%d", n)
					if got, want := g.mustChanged(g.dir, base, "").Files, g.changed(base); !slices.Equal(got, want) {
						t.Fatalf("commit %d, since %s: got %q\nwant %q", i, base, got, want)
					}
				}
				if i == commits/2 {
					g.git("gc", "-q")
				}
			}
			for n := range commits - 2 {
				from, to := fmt.Sprintf("HEAD~%d", n+1), "HEAD"
				want := withoutDirs(g.git("diff", "--name-only", "--no-renames", "-z", from, to))
				if got := g.mustChanged(g.dir, from, to).Files; !slices.Equal(got, want) {
					t.Errorf("%s to %s: got %q\nwant %q", from, to, got, want)
				}
			}
		})
	}
}

// A file that is as long and as old as before is looked at all the same where the system tells when it changed; git may
// miss it within a second.
func TestChangedInTheSameMoment(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("a=1\n")
	g.commit()
	full := filepath.Join(g.dir, "a")
	info, err := os.Lstat(full)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := changeTime(info); !ok {
		t.Skip("the system does not tell when a file changed")
	}
	g.write("a=2\n")
	if err := os.Chtimes(full, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if got := g.mustChanged(g.dir, "HEAD", "").Files; !slices.Equal(got, []string{"a"}) {
		t.Errorf("got %q", got)
	}
}

// A root below git's top level sees what changed beside it.
func TestChangedFromASubdirectory(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("sub/go.work=go 1.26\n", "sub/a/go.mod", "lib/go.mod", "lib/x.go=package x\n", "README=x\n")
	g.commit()
	g.write("lib/x.go=package y\n", "sub/a/new.go=package a\n", "README=y\n")
	got := g.mustChanged(filepath.Join(g.dir, "sub"), "HEAD", "").Files
	if want := []string{"../README", "../lib/x.go", "a/new.go"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Conflicts, submodules, other checkouts, sparse checkouts, files that git was told not to look at.
func TestChangedOfOddIndexes(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, g *gitRepo, base string, want ...string) {
		t.Helper()
		got := g.mustChanged(g.dir, base, "").Files
		if !slices.Equal(got, want) || !slices.Equal(got, g.changed(base)) {
			t.Errorf("got %q, want %q; git says %q", got, want, g.changed(base))
		}
	}
	t.Run("conflict", func(t *testing.T) {
		t.Parallel()
		g := newGit(t)
		g.write("a=1\n", "b=1\n")
		g.commit()
		g.git("checkout", "-q", "-b", "other")
		g.write("a=2\n")
		g.commit()
		g.git("checkout", "-q", "main")
		g.write("a=3\n")
		g.commit()
		_, _ = g.try("merge", "other")
		check(t, g, "HEAD", "a")
	})
	t.Run("checkouts", func(t *testing.T) {
		t.Parallel()
		g, other := newGit(t), newGit(t)
		other.write("x=1\n")
		other.commit()
		if _, err := g.try("-c", "protocol.file.allow=always", "submodule", "add", "-q", other.dir, "mod"); err != nil {
			t.Skip(err)
		}
		g.git("clone", "-q", other.dir, "clone")
		g.write(".gitignore=/clone/ignored\n")
		g.git("add", ".gitignore")
		g.git("commit", "-q", "-m", "x")
		check(t, g, "HEAD")
		g.in(filepath.Join(g.dir, "mod")).git("commit", "-q", "--allow-empty", "-m", "x")
		check(t, g, "HEAD", "mod")
		g.git("submodule", "deinit", "-q", "-f", "mod")
		check(t, g, "HEAD")
		check(t, g, "HEAD~0")
	})
	t.Run("sparse", func(t *testing.T) {
		t.Parallel()
		g := newGit(t)
		g.write("a/x=1\n", "b/x=1\n", "b/c/x=1\n", "go.mod=module m\n")
		g.commit()
		g.write("b/c/x=2\n")
		g.commit()
		if _, err := g.try("sparse-checkout", "set", "--cone", "--sparse-index", "a"); err != nil {
			t.Skip(err)
		}
		check(t, g, "HEAD")
		check(t, g, "HEAD~1", "b/c/x")
		g.git("sparse-checkout", "set", "--no-cone", "--no-sparse-index", "/a/")
		g.write("a/x=2\n")
		check(t, g, "HEAD~1", "a/x", "b/c/x")
	})
	t.Run("assumed", func(t *testing.T) {
		t.Parallel()
		g := newGit(t)
		g.write("a=1\n", "b=1\n")
		g.commit()
		g.git("update-index", "--assume-unchanged", "a")
		g.write("a=2\n", "b=2\n")
		check(t, g, "HEAD", "b")
	})
	t.Run("no index", func(t *testing.T) {
		t.Parallel()
		g := newGit(t)
		g.write("a=1\n", "b=1\n")
		g.commit()
		if err := os.Remove(filepath.Join(g.dir, ".git", "index")); err != nil {
			t.Fatal(err)
		}
		check(t, g, "HEAD", "a", "b")
	})
	t.Run("file mode", func(t *testing.T) {
		t.Parallel()
		g := newGit(t)
		g.write("a=1\n")
		g.commit()
		g.git("config", "core.fileMode", "false")
		if err := os.Chmod(filepath.Join(g.dir, "a"), 0o755); err != nil {
			t.Fatal(err)
		}
		check(t, g, "HEAD")
	})
}

// What cannot be known is an error.
func TestChangedRefuses(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("a/go.mod", ".gitignore=/build\n", "build/go.mod")
	g.commit()
	refused := func(o Options, want string) {
		t.Helper()
		r := g.open(o)
		was, err := r.Revision(t.Context(), "HEAD")
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Changed(t.Context(), was, &Tree{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	refused(Options{Root: "build"}, "git ignores ")
	g.git("update-index", "--split-index")
	refused(Options{}, "it is a split index")
	g.git("config", "core.bare", "true")
	refused(Options{}, errBare.Error())

	dir := newDir(t)
	r, err := Open(t.Context(), Options{Dir: dir, Env: testEnv(dir)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	if _, err := r.Changed(t.Context(), &Tree{Commit: "x"}, &Tree{}); !errors.Is(err, ErrNoGit) {
		t.Errorf("without git: %v", err)
	}
}

// The Go files of the index are those of git, whatever lies on disk; without git those on disk.
func TestGoFiles(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("a.go=package a\n", "sub/x/b.go=package b\n", "sub/x/c.txt=c\n", "sub/vendor/v/v.go=package v\n", "sub/go.work=go 1.26\n")
	g.commit()
	g.write("sub/x/generated.go=package b\n")
	if err := os.Remove(filepath.Join(g.dir, "sub", "x", "b.go")); err != nil {
		t.Fatal(err)
	}
	check := func(r *Repo, want ...string) {
		t.Helper()
		got, err := r.GoFiles(t.Context())
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	check(g.open(Options{Root: "."}), "a.go", "sub/x/b.go")
	check(g.open(Options{Dir: filepath.Join(g.dir, "sub")}), "x/b.go")
	if err := os.RemoveAll(filepath.Join(g.dir, ".git")); err != nil {
		t.Fatal(err)
	}
	check(g.open(Options{Dir: filepath.Join(g.dir, "sub")}), "x/generated.go")
	check(newGit(t).open(Options{}))
}
