package repo

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

// revision opens the repository that dir belongs to and returns a revision of it.
func (g *gitRepo) revision(dir, name string) (*Tree, error) {
	g.t.Helper()
	r, err := Open(g.t.Context(), Options{Dir: dir, Env: g.env})
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() {
		if err := r.Close(); err != nil {
			g.t.Error(err)
		}
	})
	return r.Revision(g.t.Context(), name)
}

func (g *gitRepo) mustRevision(dir, name string) *Tree {
	g.t.Helper()
	t, err := g.revision(dir, name)
	if err != nil {
		g.t.Fatalf("revision %s: %v", name, err)
	}
	return t
}

// show lists the modules and what FS reads of them, to compare trees.
func show(t *testing.T, tree *Tree) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "work %q nested %v checkouts %v\n", tree.Work, tree.Nested, tree.Checkouts)
	for _, m := range tree.Modules {
		for _, name := range []string{"go.mod", "go.sum"} {
			data, err := fs.ReadFile(tree.FS, strings.TrimPrefix(m.Dir+"/"+name, "./"))
			var perr *fs.PathError
			if errors.As(err, &perr) {
				err = perr.Err
				if errors.Is(err, fs.ErrNotExist) {
					err = fs.ErrNotExist
				}
			}
			fmt.Fprintf(&b, "%s %q %s %q %v\n", m.Dir, m.Hidden, name, data, err)
		}
	}
	return b.String()
}

// checkout returns the working tree of a fresh checkout of a revision.
func (g *gitRepo) checkout(name, sub string) *Tree {
	g.t.Helper()
	dir := filepath.Join(newDir(g.t), "checkout")
	g.git("worktree", "add", "-q", "--detach", dir, name)
	r, err := Open(g.t.Context(), Options{Dir: filepath.Join(dir, sub), Env: g.env})
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = r.Close() })
	tree, err := r.WorkTree(g.t.Context())
	if err != nil {
		g.t.Fatal(err)
	}
	return tree
}

// A history made by a script: modules come, go, move and change, with links, submodules, nested workspaces and odd names.
// At every commit the revision is what a checkout of it is.
func TestRevisionIsACheckout(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	random := rand.New(rand.NewPCG(7, 11))
	dirs := []string{".", "a", "a/b", "svc/x", "svc/y", "vendor/v", "node_modules/n", "testdata/t", "_old", ".x/y", "a-b", "lib"}
	const commits = 30
	for i := range commits {
		for range 1 + random.IntN(4) {
			dir := filepath.Join(g.dir, dirs[random.IntN(len(dirs))])
			switch random.IntN(8) {
			case 0:
				_ = os.Remove(filepath.Join(dir, "go.mod"))
			case 1:
				write(t, dir, fmt.Sprintf("go.sum=sum %d\n", i))
			case 2:
				write(t, dir, "go.work=go 1.24\n")
			case 3:
				_ = os.Remove(filepath.Join(dir, "go.work"))
			case 4:
				_ = os.Remove(filepath.Join(dir, "go.mod"))
				mkdir(t, dir)
				if err := os.Symlink("../go.mod", filepath.Join(dir, "go.mod")); err != nil && !errors.Is(err, fs.ErrExist) {
					t.Skip(err)
				}
			case 5:
				write(t, dir, `a\b=1`, "x:y=3", "trailing.=4")
			default:
				_ = os.Remove(filepath.Join(dir, "go.mod"))
				write(t, dir, fmt.Sprintf("go.mod=module example.com/m%d\n", i))
			}
		}
		g.commit()
		if i == commits/2 {
			g.git("gc", "-q")
		}
	}
	for i := range commits {
		name := fmt.Sprintf("HEAD~%d", i)
		if i == commits-1 {
			name = strings.TrimSpace(g.git("rev-parse", "HEAD~28"))
		}
		got, want := show(t, g.mustRevision(g.dir, name)), show(t, g.checkout(name, "."))
		if got != want {
			t.Errorf("%s:\n%s\na checkout:\n%s", name, got, want)
		}
	}
}

// fstest looks at everything that an fs.FS has to do.
func TestRevisionFS(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("go.mod", "a/go.mod", "a/b/c.go=package c\n", "empty=", "a/run.sh=#!/bin/sh\n")
	if err := os.Chmod(filepath.Join(g.dir, "a", "run.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	g.commit()
	tree := g.mustRevision(g.dir, "HEAD")
	if err := fstest.TestFS(tree.FS, "go.mod", "a/go.mod", "a/b/c.go", "empty", "a/run.sh"); err != nil {
		t.Error(err)
	}
	if info, err := fs.Stat(tree.FS, "a/run.sh"); err != nil || info.Mode() != 0o755 {
		t.Errorf("%v, %v", info, err)
	}
	for _, name := range []string{"../x", "/x", "a/../b", "nowhere", "go.mod/x", "a/b/c.go/d"} {
		if data, err := fs.ReadFile(tree.FS, name); err == nil {
			t.Errorf("%s has %q", name, data)
		}
	}
}

// Links to directories are followed inside the root; a file that is a link is not read.
func TestRevisionLinks(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("lib/go.mod")
	symlink(t, "lib", filepath.Join(g.dir, "link"))
	symlink(t, "go.mod", filepath.Join(g.dir, "lib", "file"))
	symlink(t, "/etc", filepath.Join(g.dir, "absolute"))
	symlink(t, "../..", filepath.Join(g.dir, "outside"))
	symlink(t, "ring", filepath.Join(g.dir, "ring"))
	g.commit()
	files := g.mustRevision(g.dir, "HEAD").FS
	if data, err := fs.ReadFile(files, "link/go.mod"); err != nil || string(data) != "module example.com/lib\n" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := fs.ReadFile(files, "lib/file"); !errors.Is(err, errLink) {
		t.Errorf("a link: %v", err)
	}
	for _, name := range []string{"absolute/passwd", "outside/x", "ring", "ring/x"} {
		if _, err := fs.ReadFile(files, name); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Names as git-rev-parse has them.
func TestResolve(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("go.mod")
	g.commit()
	g.git("tag", "light")
	g.git("tag", "-a", "-m", "x", "v1.0.0")
	g.git("tag", "-a", "-m", "x", "nested", "v1.0.0")
	g.git("tag", "tree", "HEAD^{tree}")
	g.git("branch", "v1.0.0-branch")
	g.commit()
	g.git("branch", "side")
	g.write("b/go.mod")
	g.commit()
	g.git("checkout", "-q", "side")
	g.write("c/go.mod")
	g.commit()
	g.git("checkout", "-q", "main")
	g.git("merge", "-q", "--no-ff", "-m", "x", "side")
	g.git("update-ref", "refs/remotes/origin/main", "HEAD~1")
	g.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
	g.git("branch", "light", "HEAD") // the tag counts
	hash := strings.TrimSpace(g.git("rev-parse", "HEAD"))
	for range 2 {
		for _, name := range []string{
			"HEAD", "@", "main", "side", "heads/side", "refs/heads/side", "light", "tags/light", "v1.0.0", "nested", "v1.0.0^{}",
			"v1.0.0^{commit}", "origin/main", "origin", "HEAD~1", "HEAD~", "HEAD^", "HEAD^2", "HEAD^2~1", "HEAD~1^0", "HEAD~~", "HEAD^^",
			hash, hash[:12], hash[:7], strings.ToUpper(hash[:9]),
		} {
			want := strings.TrimSpace(g.git("rev-parse", name+"^{commit}"))
			if tree, err := g.revision(g.dir, name); err != nil || tree.Commit != want {
				t.Errorf("%s: %+v, %v; want %s", name, tree, err, want)
			}
		}
		g.git("pack-refs", "--all") // and again
		g.git("gc", "-q")
	}
	for name, want := range map[string]string{
		"nowhere": "no such revision", "": "no such revision", "HEAD:go.mod": "name a branch", "HEAD@{1}": "name a branch",
		"-x": "name a branch", "HEAD~99": "has 0 parents", "HEAD^3": "has 2 parents", "HEAD^{tree}": "only a commit", "HEAD~x": "no such revision",
		"tree": "is a tree, not a commit", "config": "no such revision", "HEAD~99999999999999999999": "no such revision",
		"0123456789012345678901234567890123456789": "no object has that name; git fetch origin 0123", "main..HEAD": "name a branch", "main main": "name a branch",
	} {
		if tree, err := g.revision(g.dir, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want %q", name, tree, err, want)
		}
	}
}

// The set-ups in which a revision is read all the same.
func TestRevisionSetups(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("go.mod", "a/go.mod", "a/b/x.go=package b\n")
	g.commit()
	g.write("a/go.mod=module example.com/new\n", "c/go.mod")
	g.commit()
	want := show(t, g.mustRevision(g.dir, "HEAD~1"))
	if !strings.Contains(want, "module example.com/a") {
		t.Fatal(want)
	}
	base := newDir(t)
	clone := func(name string, args ...string) string {
		dir := filepath.Join(base, name)
		g.git(slices.Concat([]string{"clone", "-q"}, args, []string{g.dir, dir})...)
		return dir
	}
	for name, make := range map[string]func() string{
		"loose":      func() string { return g.dir },
		"detached":   func() string { d := clone("detached"); g.in(d).git("checkout", "-q", "--detach"); return d },
		"bare":       func() string { return clone("bare", "--bare") },
		"packed":     func() string { d := clone("packed"); g.in(d).git("gc", "-q"); return d },
		"alternates": func() string { return clone("alternates", "--shared") },
		"of alternates": func() string {
			first := clone("first", "--shared")
			dir := filepath.Join(base, "second")
			g.git("clone", "-q", "--shared", first, dir)
			return dir
		},
		"relative alternates": func() string {
			dir := clone("relative", "--shared")
			rel, err := filepath.Rel(filepath.Join(dir, ".git", "objects"), filepath.Join(g.dir, ".git", "objects"))
			if err != nil {
				t.Fatal(err)
			}
			write(t, dir, ".git/objects/info/alternates=# where it is from\n"+rel+"\n")
			return dir
		},
		"worktree": func() string {
			dir := filepath.Join(base, "worktree")
			g.git("worktree", "add", "-q", "--detach", dir, "HEAD")
			return dir
		},
		"worktree of bare": func() string {
			bare := clone("bare2", "--bare")
			dir := filepath.Join(base, "worktree2")
			g.in(bare).git("worktree", "add", "-q", "--detach", dir, "HEAD")
			return dir
		},
		"worktreeConfig": func() string {
			d := clone("config")
			g.in(d).git("config", "extensions.worktreeConfig", "true")
			return d
		},
		"deep enough": func() string {
			dir := filepath.Join(base, "deep")
			g.git("clone", "-q", "--depth", "2", "file://"+g.dir, dir)
			return dir
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := show(t, g.mustRevision(make(), "HEAD~1")); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// A root below git's top level sees what lies below it.
func TestRevisionBelowTop(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("go.mod")
	g.commit()
	g.write("sub/go.work=go 1.24\nuse ./a\n", "sub/a/go.mod", "sub/b/go.mod")
	g.commit()
	dir := filepath.Join(g.dir, "sub")
	got, want := show(t, g.mustRevision(dir, "HEAD")), show(t, g.checkout("HEAD", "sub"))
	if got != want || !strings.Contains(got, `work "go.work"`) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	before := g.mustRevision(dir, "HEAD~1") // the root is new since: nothing was in it
	if list, err := fs.ReadDir(before.FS, "."); len(before.Modules)+len(list) > 0 || before.Work != "" || err != nil {
		t.Errorf("%v, %v, %v", before, list, err)
	}
	if _, err := fs.ReadFile(before.FS, "go.work"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// What a clone lacks is said with what brings it, and never looks like an absent file.
func TestRevisionMissing(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.git("config", "uploadpack.allowFilter", "true")
	g.write("go.mod", "a/go.mod")
	g.commit()
	g.git("tag", "first")
	g.write("go.mod=module example.com/changed\n", "b/go.mod")
	g.commit()
	base := newDir(t)
	clone := func(name string, args ...string) string {
		dir := filepath.Join(base, name)
		g.git(slices.Concat([]string{"clone", "-q"}, args, []string{"file://" + g.dir, dir})...)
		return dir
	}
	read := func(dir, name string) error {
		tree, err := g.revision(dir, name)
		if err != nil {
			return err
		}
		_, err = fs.ReadFile(tree.FS, "go.mod")
		return err
	}
	for _, tt := range []struct{ name, dir, revision, want string }{
		{"shallow", clone("shallow", "--depth", "1"), "HEAD~1", "git fetch --unshallow"},
		{"shallow, a name", filepath.Join(base, "shallow"), "first", "git fetch --unshallow --tags"},
		{"single branch", clone("single", "--single-branch"), "origin/other", "git fetch origin other:refs/remotes/origin/other"},
		{"without blobs", clone("blobless", "--filter=blob:none"), "HEAD~1", "git fetch --refetch --no-filter"},
		{"without trees", clone("treeless", "--filter=tree:0"), "HEAD~1", "git fetch --refetch --no-filter"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := read(tt.dir, tt.revision)
			if !errors.Is(err, ErrNotFetched) || !strings.Contains(err.Error(), tt.want) || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
		})
	}
	lost := clone("lost")
	alternate := filepath.Join(base, "alternate")
	g.git("clone", "-q", "--shared", lost, alternate)
	if err := os.Rename(lost, lost+"-moved"); err != nil {
		t.Fatal(err)
	}
	if err := read(alternate, "HEAD"); err == nil || !strings.Contains(err.Error(), "borrows objects from") {
		t.Errorf("alternate gone: %v", err)
	}
	blob := strings.TrimSpace(g.git("rev-parse", "first:go.mod"))
	if err := os.Remove(filepath.Join(g.dir, ".git", "objects", blob[:2], blob[2:])); err != nil {
		t.Fatal(err)
	}
	if err := read(g.dir, "first"); err == nil || !strings.Contains(err.Error(), "git fsck") {
		t.Errorf("damaged: %v", err)
	}
}

// What has no revisions that can be read says so.
func TestRevisionRefused(t *testing.T) {
	t.Parallel()
	refused := func(t *testing.T, g *gitRepo, want string) {
		t.Helper()
		if tree, err := g.revision(g.dir, "HEAD"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, %v; want %q", tree, err, want)
		}
	}
	t.Run("empty", func(t *testing.T) { t.Parallel(); refused(t, newGit(t), "there is no commit yet") })
	t.Run("sha256", func(t *testing.T) {
		t.Parallel()
		g := newGit(t, "--object-format=sha256")
		g.write("go.mod")
		g.commit()
		refused(t, g, "it uses sha256 object names")
	})
	t.Run("reftable", func(t *testing.T) {
		t.Parallel()
		g := newGit(t, "--ref-format=reftable")
		g.commit()
		refused(t, g, "git refs migrate")
	})
	t.Run("version 2", func(t *testing.T) {
		t.Parallel()
		g := newGit(t)
		g.commit()
		g.git("config", "core.repositoryformatversion", "2")
		refused(t, g, "format version")
	})
	t.Run("no git", func(t *testing.T) {
		t.Parallel()
		g := &gitRepo{t: t, dir: newDir(t), env: testEnv(newDir(t))}
		if _, err := g.revision(g.dir, "HEAD"); !errors.Is(err, ErrNoGit) {
			t.Error(err)
		}
	})
}

// Submodules belong to others, initialised or not.
func TestRevisionSubmodules(t *testing.T) {
	t.Parallel()
	other := newGit(t)
	other.write("go.mod", "in/go.mod")
	other.commit()
	g := newGit(t)
	g.write("go.mod")
	if _, err := g.try("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other.dir, "third"); err != nil {
		t.Skip(err)
	}
	g.commit()
	tree := g.mustRevision(g.dir, "HEAD")
	if len(tree.Modules) != 1 || !slices.Equal(tree.Checkouts, []string{"third"}) {
		t.Errorf("%+v", tree)
	}
	if list, err := fs.ReadDir(tree.FS, "third"); err != nil || len(list) > 0 {
		t.Errorf("%v, %v", list, err)
	}
}

// Objects that another process packs or makes while the repository is open are found.
func TestRevisionWhileOthersWrite(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("go.mod")
	g.commit()
	r, err := Open(t.Context(), Options{Dir: g.dir, Env: g.env})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Revision(t.Context(), "HEAD"); err != nil {
		t.Fatal(err)
	}
	g.write("a/go.mod")
	g.commit()
	g.git("gc", "-q", "--prune=now")
	tree, err := r.Revision(t.Context(), "HEAD")
	if err != nil || len(tree.Modules) != 2 {
		t.Errorf("%+v, %v", tree, err)
	}
}

// Many goroutines read one revision.
func TestRevisionInParallel(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	for i := range 20 {
		g.write(fmt.Sprintf("m%d/go.mod", i))
	}
	g.commit()
	g.git("gc", "-q")
	files := g.mustRevision(g.dir, "HEAD").FS
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 100 {
				dir := fmt.Sprintf("m%d", (i+j)%20)
				if data, err := fs.ReadFile(files, dir+"/go.mod"); err != nil || string(data) != "module example.com/"+dir+"\n" {
					t.Errorf("%s: %q, %v", dir, data, err)
				}
			}
		})
	}
	group.Wait()
}
