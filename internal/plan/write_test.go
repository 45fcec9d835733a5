package plan

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// tree writes files into a new directory and returns it.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// contents reads a tree back, with its temporary files.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func sameTree(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("there is %s, which should not be", name)
		}
	}
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s has %q, want %q", name, got[name], text)
		}
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"a/go.mod": "old a", "b/go.mod": "old b", "b/vendor/modules.txt": "old", "b/vendor/x/x.go": "x"})
	if err := os.Chmod(filepath.Join(dir, "a/go.mod"), 0o600); err != nil {
		t.Fatal(err)
	}
	staged := tree(t, map[string]string{"modules.txt": "new", "y/y.go": "y"})
	p := &Plan{
		project: &Project{Root: dir},
		Files: []File{
			{Name: "a/go.mod", Before: []byte("old a"), After: []byte("new a")},
			{Name: "a/go.sum", After: []byte("sums")},
			{Name: "b/go.mod", Before: []byte("old b"), After: []byte("new b")},
		},
		Vendors: []Vendor{{Dir: "b", staged: staged}},
	}
	if err := p.Write(t.Context()); err != nil {
		t.Fatal(err)
	}
	sameTree(t, contents(t, dir), map[string]string{
		"a/go.mod": "new a", "a/go.sum": "sums", "b/go.mod": "new b", "b/vendor/modules.txt": "new", "b/vendor/y/y.go": "y",
	})
	if info, err := os.Stat(filepath.Join(dir, "a/go.mod")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the mode of a/go.mod is %v, %v; want 0600 as before", info.Mode(), err)
	}
}

// A file that somebody changed since the plan was made is refused before anything is written.
func TestWriteRefusesChangedFiles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		file File
		want string
	}{
		{"changed", File{Name: "b/go.mod", Before: []byte("other"), After: []byte("new")}, "changed meanwhile"},
		{"gone", File{Name: "c/go.mod", Before: []byte("there"), After: []byte("new")}, "changed meanwhile"},
		{"read-only", File{Name: "r/go.mod", Before: []byte("old r"), After: []byte("new")}, "is read-only"},
		{"appeared", File{Name: "b/go.mod", After: []byte("new")}, "changed meanwhile"},
		{"a directory", File{Name: "b", Before: []byte("x"), After: []byte("new")}, "not a regular file"},
		{"outside", File{Name: "../x", After: []byte("new")}, "escapes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{"a/go.mod": "old a", "b/go.mod": "old b", "r/go.mod": "old r"}
			dir := tree(t, files)
			if err := os.Chmod(filepath.Join(dir, "r", "go.mod"), 0o444); err != nil {
				t.Fatal(err)
			}
			p := &Plan{project: &Project{Root: dir}, Files: []File{
				{Name: "a/go.mod", Before: []byte("old a"), After: []byte("new a")}, tt.file,
			}}
			err := p.Write(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got error %v, want one with %q", err, tt.want)
			}
			sameTree(t, contents(t, dir), files)
		})
	}
}

// A link in the place of a file is left alone: the file that it leads to may be anybody's.
func TestWriteRefusesLinks(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"a/real.mod": "old"})
	if err := os.Symlink("real.mod", filepath.Join(dir, "a/go.mod")); err != nil {
		t.Skip(err)
	}
	p := &Plan{project: &Project{Root: dir}, Files: []File{{Name: "a/go.mod", Before: []byte("old"), After: []byte("new")}}}
	if err := p.Write(t.Context()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("got error %v", err)
	}
	sameTree(t, contents(t, dir), map[string]string{"a/real.mod": "old", "a/go.mod": "old"})
}

func TestOverlay(t *testing.T) {
	t.Parallel()
	o := newOverlay(fstest.MapFS{"a/go.mod": {Data: []byte("old")}, "b/go.mod": {Data: []byte("b")}})
	if o.set("a/go.mod", []byte("old")) {
		t.Error("the same bytes count as a change")
	}
	if !o.set("a/go.mod", []byte("new")) || !o.set("a/go.sum", []byte("sums")) {
		t.Error("a change does not count")
	}
	for name, want := range map[string]string{"a/go.mod": "new", "a/go.sum": "sums", "b/go.mod": "b"} {
		if got, err := o.ReadFile(name); err != nil || string(got) != want {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, want)
		}
		if info, err := o.Stat(name); err != nil || info.Size() != int64(len(want)) {
			t.Errorf("stat %s: %v", name, err)
		}
	}
}

// The policy file is written as a plan is: whole, with its mode, if it is as it was, and never through a link.
func TestWriteFile(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "elsewhere"} { // with what the journal remembers, and outside of it
		dir := tree(t, map[string]string{"modgov.yaml": "old"})
		j := Journal{Base: filepath.Join(dir, base)}
		t.Run(base, func(t *testing.T) { testWriteFile(t, j, dir) })
	}
}

func testWriteFile(t *testing.T, j Journal, dir string) {
	name := filepath.Join(dir, "modgov.yaml")
	if err := os.Chmod(name, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(t.Context(), j, dir, File{Name: "modgov.yaml", Before: []byte("old"), After: []byte("new")}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	err := WriteFile(t.Context(), j, dir, File{Name: "modgov.yaml", Before: []byte("old"), After: []byte("newer")})
	if err == nil || !strings.Contains(err.Error(), "changed meanwhile") {
		t.Errorf("a file that somebody changed: %v", err)
	}
	if err := WriteFile(t.Context(), j, dir, File{Name: "other.yaml", After: []byte("made")}); err != nil {
		t.Error(err)
	}
	sameTree(t, contents(t, dir), map[string]string{"modgov.yaml": "new", "other.yaml": "made"})
	if err := os.Symlink("modgov.yaml", filepath.Join(dir, "link.yaml")); err != nil {
		t.Skip("no links")
	}
	err = WriteFile(t.Context(), j, dir, File{Name: "link.yaml", Before: []byte("new"), After: []byte("newer")})
	if err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a link: %v", err)
	}
	sameTree(t, contents(t, dir), map[string]string{"modgov.yaml": "new", "other.yaml": "made", "link.yaml": "new"})
}
