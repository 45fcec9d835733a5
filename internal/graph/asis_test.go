package graph_test

import (
	"context"
	"slices"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

type modFiles map[string]string

func (files modFiles) ModFiles(_ context.Context, mods []module.Version) ([]*workspace.Summary, []error) {
	sums, errs := make([]*workspace.Summary, len(mods)), make([]error, len(mods))
	for i, m := range mods {
		sums[i], errs[i] = workspace.ParseSummary(m.String(), []byte("module "+m.Path+"\n\ngo 1.24\n\n"+files[m.String()]))
	}
	return sums, errs
}

// A view as its file stands shows the selected versions of that graph, and still knows what an update would move.
func TestAsIs(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"go.mod": {Data: []byte("module m.test/m\n\ngo 1.24\n\nrequire (\n\tm.test/x v1.0.0\n\tm.test/y v1.0.0\n)\n")}}
	ws, err := workspace.Load(t.Context(), workspace.Source{FS: files, Entries: []workspace.Entry{{Dir: "."}}})
	if err != nil {
		t.Fatal(err)
	}
	// y asks for a higher x, whose requirement is read only once x is a root at that version.
	proxy := modFiles{"m.test/y@v1.0.0": "require m.test/x v1.1.0", "m.test/x@v1.1.0": "require m.test/z v1.0.0"}
	g, err := graph.Load(t.Context(), ws, proxy, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	v := g.View(".")
	for _, tt := range []struct {
		name string
		view *graph.View
		want []string
	}{
		{"updated", v, []string{"m.test/m", "m.test/x v1.1.0", "m.test/y v1.0.0", "m.test/z v1.0.0"}},
		{"as is", v.AsIs(), []string{"m.test/m", "m.test/x v1.1.0", "m.test/y v1.0.0"}},
	} {
		var got []string
		for _, i := range tt.view.BuildList() {
			line := i.Path
			if i.Version != "" {
				line += " " + i.Version
			}
			got = append(got, line)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		if n := len(tt.view.NeedsUpdate()); n != 1 {
			t.Errorf("%s: %d roots need an update, want 1", tt.name, n)
		}
	}
	root := module.Version{Path: "m.test/m"}
	v.AsIs().WalkEdges(func(from, to module.Version) {
		if from == root && to.Path == "m.test/x" && to.Version != "v1.0.0" {
			t.Errorf("as is: the module requires %s, want the version of its file", to)
		}
	})
}
