package repo

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Links lead to what changed by whatever way, also to what is gone; those that lead elsewhere or in a circle do not.
func TestLinksTo(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("shared/x.go", "shared/d/y", "shared-not/z", "below/go.mod")
	for name, target := range map[string]string{
		"a/file": "../shared/x.go", "a/dir": "../shared/d", "a/over": "file", "a/not": "../shared-not/z", "a/circle": "circle",
		"a/nowhere": "../none", "below/up": "../shared/x.go", "a/kept": "../shared/x.go",
	} {
		symlink(t, target, filepath.Join(g.dir, filepath.FromSlash(name)))
	}
	g.commit()
	symlink(t, "../shared/x.go", filepath.Join(g.dir, "a", "untracked"))
	kept := filepath.Join(g.dir, "a", "kept")
	if err := os.Remove(kept); err != nil {
		t.Fatal(err)
	}
	g.write("a/kept") // a file now
	links := func(o Options, files ...string) []string {
		t.Helper()
		out, err := g.open(o).LinksTo(files)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, test := range []struct {
		o     Options
		files []string
		want  []string
	}{
		{Options{}, nil, nil},
		{Options{}, []string{"other", "shared"}, nil},
		{Options{}, []string{"shared/d/y"}, []string{"a/dir"}},
		{Options{}, []string{"shared/x.go"}, []string{"a/file", "a/over", "below/up"}},
		{Options{Root: filepath.Join(g.dir, "below")}, []string{"../shared/x.go"}, []string{"up"}},
	} {
		if got := links(test.o, test.files...); !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.files, got, test.want)
		}
	}
	if err := os.Remove(filepath.Join(g.dir, "shared", "x.go")); err != nil {
		t.Fatal(err)
	}
	if got := links(Options{}, "shared/x.go"); !slices.Equal(got, []string{"a/file", "below/up"}) {
		t.Errorf("to what is gone: %q", got)
	}
}
