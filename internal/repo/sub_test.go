package repo

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// The FS of a directory is that of the tree, seen from there, and never shows what lies outside of it.
func TestSub(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	write(t, dir, "go.mod", "a/go.mod", "a/b/x.go=package b\n", "a/b/c/y.go=package c\n")
	symlink(t, "a/b", filepath.Join(dir, "in"))
	symlink(t, "b/x.go", filepath.Join(dir, "a", "link.go"))
	symlink(t, "..", filepath.Join(dir, "a", "up"))
	symlink(t, "..", filepath.Join(dir, "out"))
	tree := workTree(t, open(t, Options{Dir: dir})).FS

	for _, name := range []string{"a/b", "in"} {
		sub, err := fs.Sub(tree, name)
		if err != nil {
			t.Fatal(err)
		}
		if err := fstest.TestFS(sub, "x.go", "c/y.go"); err != nil {
			t.Error(err)
		}
		if err := sub.(io.Closer).Close(); err != nil {
			t.Error(err)
		}
	}
	if sub, err := fs.Sub(tree, "."); err != nil || sub != tree {
		t.Errorf("the FS of the root is another: %v", err)
	}
	for name, want := range map[string]error{"none": fs.ErrNotExist, "../a": fs.ErrInvalid, "out": nil, "go.mod": nil} {
		if _, err := fs.Sub(tree, name); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	sub, err := fs.Sub(tree, "a")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{"link.go": errLink, "up/go.mod": nil, "../go.mod": fs.ErrInvalid} {
		if _, err := fs.ReadFile(sub, name); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("a, %s: %v", name, err)
		}
	}
}
