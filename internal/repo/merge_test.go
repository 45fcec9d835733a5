package repo

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"
)

// tree lists what is in an FS: names with their contents, links with their targets, no directories.
func listed(t *testing.T, files fs.FS) []string {
	t.Helper()
	var out []string
	err := fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".git":
			return fs.SkipDir
		case e.IsDir():
			return nil
		case e.Type() == fs.ModeSymlink:
			target, err := fs.ReadLink(files, name)
			out = append(out, name+" -> "+target)
			return err
		}
		data, err := fs.ReadFile(files, name)
		out = append(out, fmt.Sprintf("%s %q", name, data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What merging two random sides gives is what git makes of them where git merges them without a conflict, and modules
// are those that are found in git's result.
func TestMergeRandomly(t *testing.T) {
	t.Parallel()
	clean := 0
	for seed := range uint64(28) {
		g := newGit(t)
		random := rand.New(rand.NewPCG(seed, 7))
		names := []string{"go.mod", "a/go.mod", "a/x.go", "a/b/go.mod", "c/d/e.txt", "c/d", "a", "f.txt", "w/go.work", "go.work", "w/go.mod", "testdata/t/go.mod"}
		change := func(n int) {
			for range n {
				name := names[random.IntN(len(names))]
				full := filepath.Join(g.dir, filepath.FromSlash(name))
				switch random.IntN(4) {
				case 0:
					os.RemoveAll(full)
				case 1:
					os.RemoveAll(full)
					if os.MkdirAll(filepath.Dir(full), 0o777) == nil {
						os.Symlink("f.txt", full)
					}
				default:
					if os.MkdirAll(filepath.Dir(full), 0o777) == nil {
						os.WriteFile(full, []byte(fmt.Sprintf("module m%d\n", random.IntN(3))), 0o666)
					}
				}
			}
			g.git("add", "-A")
			g.git("commit", "-q", "--allow-empty", "-m", "x")
		}
		change(12)
		g.git("checkout", "-q", "-b", "theirs")
		change(4)
		g.git("checkout", "-q", "main")
		change(4)
		r := g.open(Options{})
		var trees []*Tree
		for _, rev := range []string{"main~1", "main", "theirs"} {
			tree, err := r.Revision(t.Context(), rev)
			if err != nil {
				t.Fatal(err)
			}
			trees = append(trees, tree)
		}
		work, err := r.WorkTree(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var merged []*Tree
		var files [][]string
		var both []string // files that both changed, in different ways
		asked := false    // about anything that the sides do not agree on
		for _, ours := range []*Tree{trees[1], work} {
			got, err := r.Merge(t.Context(), trees[0], ours, trees[2], func(f MergedFile) []byte {
				asked = asked || f.Err != nil || (f.Ours == nil) != (f.Theirs == nil) || !bytes.Equal(f.Ours, f.Theirs)
				if f.Err == nil && !bytes.Equal(f.Ours, f.Theirs) {
					both = append(both, f.Name)
				}
				return f.Ours
			})
			if err != nil {
				t.Fatal(err)
			}
			merged, files = append(merged, got), append(files, listed(t, got.FS))
		}
		if _, err := g.try("-c", "merge.directoryRenames=false", "merge", "-q", "-X", "no-renames", "-m", "merged", "theirs"); err != nil {
			if !asked {
				t.Errorf("seed %d: git meets a conflict, and nobody was asked: %v", seed, err)
			}
			continue
		}
		clean++
		want, err := r.Revision(t.Context(), "HEAD")
		if err != nil {
			t.Fatal(err)
		}
		if len(both) > 0 {
			t.Errorf("seed %d: git merged %q", seed, both)
		}
		for i, got := range merged {
			if a, b := files[i], listed(t, want.FS); !slices.Equal(a, b) {
				t.Errorf("seed %d, %s:\ngot  %q\nwant %q", seed, got.Label, a, b)
			}
			if !slices.Equal(got.Modules, want.Modules) || !slices.Equal(got.Nested, want.Nested) || got.Work != want.Work {
				t.Errorf("seed %d, %s: modules %v below %v, want %v below %v", seed, got.Label, got.Modules, got.Nested, want.Modules, want.Nested)
			}
		}
	}
	if clean < 4 {
		t.Errorf("only %d merges without a conflict: the test shows little", clean)
	}
}

// A new file is where one file was moved to, that which it is most like, whether the other side changed that or not.
func TestMergeFollowsEachOnce(t *testing.T) {
	t.Parallel()
	text := func(module, version string) string {
		return fmt.Sprintf("module %s\n\ngo 1.24\n\nrequire x %s\n", module, version)
	}
	for _, changes := range [][]string{{"b/go.mod=" + text("b", "v1.1.0")}, {"a/go.mod=" + text("a", "v1.1.0"), "b/go.mod=" + text("b", "v1.1.0")}} {
		g := newGit(t)
		g.write("a/go.mod="+text("a", "v1.0.0"), "b/go.mod="+text("b", "v1.0.0"))
		g.commit()
		g.git("checkout", "-q", "-b", "theirs")
		g.write(changes...)
		g.commit()
		g.git("checkout", "-q", "main")
		g.git("mv", "a", "moved")
		g.git("rm", "-q", "-r", "b")
		g.commit()
		r := g.open(Options{})
		var trees [3]*Tree
		for i, rev := range []string{"main~1", "main", "theirs"} {
			var err error
			if trees[i], err = r.Revision(t.Context(), rev); err != nil {
				t.Fatal(err)
			}
		}
		var asked []string
		_, err := r.Merge(t.Context(), trees[0], trees[1], trees[2], func(f MergedFile) []byte {
			asked = append(asked, fmt.Sprintf("%s %t", f.Name, f.Ours != nil))
			return f.Ours
		})
		want := []string{"moved/go.mod true", "b/go.mod false"}[2-len(changes):]
		if err != nil || !slices.Equal(asked, want) {
			t.Errorf("%q: asked about %q, %v, want %q", changes, asked, err, want)
		}
	}
}

// Where one side needs a directory and the other a file, and where links differ, somebody is asked; where both sides have
// the same link, though it leads nowhere, nobody.
func TestMergeInTheWay(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("a/go.mod", "b/go.mod", "c/x.go", "l=1")
	link := func(name, target string) {
		full := filepath.Join(g.dir, name)
		if err := os.RemoveAll(full); err != nil {
			t.Fatal(err)
		}
		symlink(t, target, full)
	}
	for _, name := range []string{"same", "gone", "other"} {
		link(name, "nowhere")
	}
	g.commit()
	g.git("checkout", "-q", "-b", "theirs")
	g.git("rm", "-q", "-r", "a", "b")
	g.write("a=file")
	g.write("b/new/go.mod")
	link("same", "else")
	link("gone", "else")
	link("other", "there")
	g.commit()
	g.git("checkout", "-q", "main")
	g.git("rm", "-q", "-r", "b", "gone")
	g.write("a/y.go", "b=file")
	link("same", "else")
	link("other", "here")
	g.commit()
	r := g.open(Options{})
	var trees [3]*Tree
	for i, rev := range []string{"main~1", "main", "theirs"} {
		var err error
		if trees[i], err = r.Revision(t.Context(), rev); err != nil {
			t.Fatal(err)
		}
	}
	var asked []string
	got, err := r.Merge(t.Context(), trees[0], trees[1], trees[2], func(f MergedFile) []byte {
		if f.Err != nil {
			asked = append(asked, f.Name)
		}
		return f.Ours
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(asked)
	if want := []string{"a/y.go", "b/new/go.mod", "gone", "other"}; !slices.Equal(asked, want) {
		t.Errorf("asked about %q, want %q", asked, want)
	}
	if target, err := fs.ReadLink(got.FS, "same"); target != "else" {
		t.Errorf("the same link: %q, %v", target, err)
	}
}

// The FS of a merge is one as the standard library wants it.
func TestMergedFiles(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	write := func(files map[string]string) {
		for name, text := range files {
			full := filepath.Join(g.dir, filepath.FromSlash(name))
			mkdir(t, filepath.Dir(full))
			if err := os.WriteFile(full, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		g.git("add", "-A")
		g.git("commit", "-q", "-m", "x")
	}
	write(map[string]string{"go.mod": "1", "both": "1", "a/b/gone": "1", "a/c": "1", "a/d": "1"})
	g.git("checkout", "-q", "-b", "theirs")
	g.git("rm", "-q", "a/b/gone")
	write(map[string]string{"go.mod": "2", "both": "2", "new/deep/file": "2", "a/c": "2"})
	g.git("checkout", "-q", "main")
	write(map[string]string{"both": "3", "ours": "3"})
	r := g.open(Options{})
	var trees [3]*Tree
	for i, rev := range []string{"main~1", "theirs", "main"} {
		var err error
		if trees[i], err = r.Revision(t.Context(), rev); err != nil {
			t.Fatal(err)
		}
	}
	got, err := r.Merge(t.Context(), trees[0], trees[2], trees[1], func(f MergedFile) []byte {
		return slices.Concat(f.Base, f.Ours, f.Theirs)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(got.FS, "go.mod", "both", "new/deep/file", "a/c", "a/d", "ours"); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{"both": "132", "go.mod": "2", "a/c": "2", "a/d": "1", "new/deep/file": "2", "ours": "3"} {
		if data, err := fs.ReadFile(got.FS, name); string(data) != want {
			t.Errorf("%s: %q, %v, want %q", name, data, err, want)
		}
	}
	if _, err := fs.Stat(got.FS, "a/b"); !missing(err) {
		t.Errorf("a directory whose files went: %v", err)
	}
}

// A workspace stays one: its go.work file is where it is on both sides, or comes from either.
func TestMergeWorkspace(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("go.work=go 1.24\nuse ./a\n", "a/go.mod", "nested/go.work=go 1.24\n", "nested/b/go.mod")
	g.commit()
	g.git("checkout", "-q", "-b", "theirs")
	g.write("c/go.mod")
	g.commit()
	g.git("checkout", "-q", "main")
	r := g.open(Options{})
	theirs, err := r.Revision(t.Context(), "theirs")
	if err != nil {
		t.Fatal(err)
	}
	base, err := r.Revision(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	for _, ours := range []*Tree{base, workTree(t, r)} {
		got, err := r.Merge(t.Context(), base, ours, theirs, func(f MergedFile) []byte { return f.Ours })
		if err != nil {
			t.Fatal(err)
		}
		if got.Work != "go.work" || len(got.Nested) != 1 || dirs(got) != "a c" {
			t.Errorf("work %q, nested %v, modules %s", got.Work, got.Nested, dirs(got))
		}
	}
}

// A file that one side moved and the other changed is merged at its new place, whichever side moved it.
func TestMergeFollowsMoves(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	write := func(name, text string) {
		mkdir(t, filepath.Join(g.dir, filepath.Dir(name)))
		if err := os.WriteFile(filepath.Join(g.dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	commit := func() { g.git("add", "-A"); g.git("commit", "-q", "-m", "x") }
	write("a/go.mod", "module a\n\ngo 1.24\n\nrequire x v1.0.0\n")
	write("b/go.mod", "module b\n\nrequire y v1.0.0\n")
	commit()
	g.git("checkout", "-q", "-b", "moves")
	g.git("mv", "a", "moved")
	write("moved/go.mod", "module a\n\ngo 1.24\n\nrequire x v1.1.0\n")
	g.git("rm", "-q", "b/go.mod")
	write("c/go.mod", "module other\n\ngo 1.24\n") // no line of b
	commit()
	g.git("checkout", "-q", "-b", "edits", "main")
	write("a/go.mod", "module a\n\ngo 1.25\n\nrequire x v1.0.0\n")
	write("b/go.mod", "module b\n\nrequire y v1.1.0\n")
	commit()
	r := g.open(Options{})
	for _, sides := range [][2]string{{"moves", "edits"}, {"edits", "moves"}} {
		var trees []*Tree
		for _, rev := range []string{"main", sides[0], sides[1]} {
			tree, err := r.Revision(t.Context(), rev)
			if err != nil {
				t.Fatal(err)
			}
			trees = append(trees, tree)
		}
		asked := map[string]MergedFile{}
		got, err := r.Merge(t.Context(), trees[0], trees[1], trees[2], func(f MergedFile) []byte {
			asked[f.Name] = f
			return []byte("merged")
		})
		if err != nil {
			t.Fatal(err)
		}
		f := asked["moved/go.mod"]
		if !bytes.Contains(f.Base, []byte("v1.0.0")) || !bytes.Contains(append(f.Ours, f.Theirs...), []byte("v1.1.0")) ||
			!bytes.Contains(append(f.Ours, f.Theirs...), []byte("go 1.25")) {
			t.Errorf("%v: asked about %q %q %q", sides, f.Base, f.Ours, f.Theirs)
		}
		if f, ok := asked["b/go.mod"]; !ok || (f.Ours == nil) == (f.Theirs == nil) {
			t.Errorf("%v: asked about %q and %q where one side has none", sides, f.Ours, f.Theirs)
		}
		if want := []Entry{{Dir: "b"}, {Dir: "c"}, {Dir: "moved"}}; !slices.Equal(got.Modules, want) {
			t.Errorf("%v: modules %v, want %v", sides, got.Modules, want)
		}
	}
}
