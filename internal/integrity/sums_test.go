package integrity_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/workspace"
)

// modFiles answers for every version with a go.mod file that has nothing but what the map says.
type modFiles map[string]string

func (m modFiles) ModFiles(_ context.Context, mods []module.Version) ([]*workspace.Summary, []error) {
	sums, errs := make([]*workspace.Summary, len(mods)), make([]error, len(mods))
	for i, v := range mods {
		sums[i], errs[i] = workspace.ParseSummary(v.String(), []byte("module "+v.Path+"\n\ngo 1.24\n\n"+m[v.String()]))
	}
	return sums, errs
}

func check(t *testing.T, files map[string]string) *integrity.Sums {
	t.Helper()
	fsys := fstest.MapFS{}
	src := workspace.Source{FS: fsys}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	for _, dir := range []string{"a", "b"} {
		if files[dir+"/go.mod"] != "" {
			src.Entries = append(src.Entries, workspace.Entry{Dir: dir})
		}
	}
	if files["go.work"] != "" {
		src.Work = "go.work"
	}
	ws, err := workspace.Load(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.Load(t.Context(), ws, modFiles{"m.test/x@v1.0.0": "require m.test/y v1.0.0"}, graph.Options{Workspace: true})
	if err != nil {
		t.Fatal(err)
	}
	return integrity.CheckSums(g)
}

// What loading the graph reads needs a /go.mod line; what is pruned out needs none, and a zip line is none.
func TestMissing(t *testing.T) {
	t.Parallel()
	s := check(t, map[string]string{
		"a/go.mod":    "module m.test/a\n\ngo 1.24\n\nrequire (\n\tm.test/x v1.0.0\n\tm.test/z v1.0.0\n)\n",
		"a/go.sum":    "m.test/x v1.0.0 h1:zip=\nm.test/z v1.0.0/go.mod h9:unknown\n",
		"go.work":     "go 1.24\n\nuse ./a\n",
		"go.work.sum": "m.test/x v1.0.0/go.mod h1:mod=\n",
	})
	var got []string
	for _, m := range s.Missing {
		got = append(got, fmt.Sprintf("%s %s %v", m.View.Dir(), m.File.Mod, m.InWork))
	}
	if want := []string{"a m.test/x@v1.0.0 true", "a m.test/z@v1.0.0 false"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Two hashes are a conflict inside one file and between files; places are grouped by hash, in the order of the files.
func TestConflicts(t *testing.T) {
	t.Parallel()
	s := check(t, map[string]string{
		"a/go.mod": "module m.test/a\n\ngo 1.24\n",
		"a/go.sum": "m.test/x v1.0.0 h1:one=\nm.test/y v1.0.0 h1:same=\nm.test/w v1.0.0/go.mod h1:p=\nm.test/w v1.0.0/go.mod h1:q=\n",
		"b/go.mod": "module m.test/b\n\ngo 1.24\n",
		"b/go.sum": "m.test/x v1.0.0 h1:two=\nm.test/x v1.0.0 h1:one=\nm.test/y v1.0.0 h1:same=\nm.test/y v1.0.0 h9:other\n",
	})
	var got []string
	for _, c := range s.Conflicts {
		for _, p := range c.Places {
			got = append(got, fmt.Sprintf("%s %s:%d %s", c.Mod, p.File, p.Line, p.Hash))
		}
	}
	want := []string{
		"m.test/w@v1.0.0/go.mod a/go.sum:3 h1:p=", "m.test/w@v1.0.0/go.mod a/go.sum:4 h1:q=",
		"m.test/x@v1.0.0 a/go.sum:1 h1:one=", "m.test/x@v1.0.0 b/go.sum:2 h1:one=", "m.test/x@v1.0.0 b/go.sum:1 h1:two=",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
