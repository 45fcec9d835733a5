package graph_test

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// whyRepo is a repository in which every way to have example.com/text occurs. Files below proxy/ are those of outside
// module versions.
const whyRepo = `
-- go.work --
go 1.20
use (
	./direct
	./local
	./deep
	./both
	./raised
)
-- direct/go.mod --
module acme.com/direct
go 1.20
require example.com/text v1.2.0
-- local/go.mod --
module acme.com/local
go 1.20
require acme.com/direct v0.0.0
require example.com/text v1.2.0 // indirect
replace acme.com/direct => ../direct
-- deep/go.mod --
module acme.com/deep
go 1.20
require example.com/a v1.0.0
require example.com/mid v1.0.0
replace example.com/text v1.1.0 => example.com/fork v1.1.1
-- both/go.mod --
module acme.com/both
go 1.20
require example.com/mid v1.0.0
require example.com/text v1.3.0
-- raised/go.mod --
module acme.com/raised
go 1.20
require acme.com/direct v0.0.0
require example.com/text v1.0.0
replace acme.com/direct => ../direct
-- without/go.mod --
module acme.com/without
go 1.20
-- broken/go.mod --
module acme.com/broken
go 1.20
require example.com/nowhere v1.0.0
-- proxy/example.com/a@v1.0.0 --
module example.com/a
require example.com/mid v1.0.0
-- proxy/example.com/mid@v1.0.0 --
module example.com/mid
go 1.20
require example.com/text v1.1.0
-- proxy/example.com/text@v1.0.0 --
module example.com/text
-- proxy/example.com/text@v1.1.0 --
module example.com/text
-- proxy/example.com/text@v1.2.0 --
module example.com/text
-- proxy/example.com/text@v1.3.0 --
module example.com/text
-- proxy/example.com/fork@v1.1.1 --
module example.com/fork
`

// loadArchive computes the graph of a repository in txtar form.
func loadArchive(t *testing.T, archive string) *graph.Graph {
	t.Helper()
	fsys, proxy := fstest.MapFS{}, archiveProxy{}
	src := workspace.Source{FS: fsys}
	for _, f := range txtar.Parse([]byte(archive)).Files {
		if name, ok := strings.CutPrefix(f.Name, "proxy/"); ok {
			proxy[name] = f.Data
			continue
		}
		fsys[f.Name] = &fstest.MapFile{Data: f.Data}
		switch path.Base(f.Name) {
		case "go.mod":
			src.Entries = append(src.Entries, workspace.Entry{Dir: path.Dir(f.Name)})
		case "go.work":
			src.Work = f.Name
		}
	}
	ws, err := workspace.Load(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.Load(context.Background(), ws, proxy, graph.Options{Workspace: true})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// archiveProxy holds go.mod files by "path@version".
type archiveProxy map[string][]byte

func (p archiveProxy) ModFiles(_ context.Context, mods []module.Version) ([]*workspace.Summary, []error) {
	sums, errs := make([]*workspace.Summary, len(mods)), make([]error, len(mods))
	for i, m := range mods {
		data, ok := p[m.String()]
		if !ok {
			errs[i] = fmt.Errorf("%s: %w", m, fs.ErrNotExist)
			continue
		}
		sums[i], errs[i] = workspace.ParseSummary(m.String(), data)
	}
	return sums, errs
}

func TestWhy(t *testing.T) {
	t.Parallel()
	g := loadArchive(t, whyRepo)
	w := g.Why("example.com/text", "")
	var got []string
	for _, u := range w.Uses {
		got = append(got, whyLine(u))
	}
	want := []string{
		"both v1.3.0 line v1.3.0 chain acme.com/both > example.com/text@v1.3.0",
		"deep v1.1.0 = example.com/fork v1.1.1 chain acme.com/deep > example.com/mid@v1.0.0 > example.com/text@v1.1.0" +
			" via acme.com/deep > example.com/mid@v1.0.0 > example.com/text@v1.1.0",
		"direct v1.2.0 line v1.2.0 chain acme.com/direct > example.com/text@v1.2.0",
		"local v1.2.0 line v1.2.0 indirect chain acme.com/local > example.com/text@v1.2.0" +
			" via acme.com/local > acme.com/direct@v0.0.0 > example.com/text@v1.2.0",
		"raised v1.2.0 line v1.0.0 raised chain acme.com/raised > acme.com/direct@v0.0.0 > example.com/text@v1.2.0" +
			" via acme.com/raised > acme.com/direct@v0.0.0 > example.com/text@v1.2.0",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("uses:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if w.Workspace == nil {
		t.Fatal("nothing about the workspace")
	}
	if got, want := whyLine(*w.Workspace), " v1.3.0 chain acme.com/both > example.com/text@v1.3.0"; got != want {
		t.Errorf("workspace: %q, want %q", got, want)
	}
	if got, want := w.Differ, []string{"deep", "direct", "local", "raised"}; !reflect.DeepEqual(got, want) {
		t.Errorf("members that differ: %q, want %q", got, want)
	}
	if len(w.Unknown) != 1 || w.Unknown[0].Dir() != "broken" {
		t.Errorf("unknown: %v, want the module in broken", w.Unknown)
	}
}

func TestWhyVersion(t *testing.T) {
	t.Parallel()
	g := loadArchive(t, whyRepo)
	w := g.Why("example.com/text", "v1.1.0")
	var got []string
	for _, u := range w.Uses {
		got = append(got, whyLine(u))
	}
	want := []string{
		"both v1.3.0 line v1.3.0 chain acme.com/both > example.com/mid@v1.0.0 > example.com/text@v1.1.0" +
			" via acme.com/both > example.com/mid@v1.0.0 > example.com/text@v1.1.0",
		"deep v1.1.0 = example.com/fork v1.1.1 chain acme.com/deep > example.com/mid@v1.0.0 > example.com/text@v1.1.0" +
			" via acme.com/deep > example.com/mid@v1.0.0 > example.com/text@v1.1.0",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("uses:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhyOfNothingAndOfSibling(t *testing.T) {
	t.Parallel()
	g := loadArchive(t, whyRepo)
	if w := g.Why("example.com/none", ""); len(w.Uses) != 0 || w.Workspace != nil {
		t.Errorf("unknown path: %+v", w)
	}
	if w := g.Why("example.com/text", "v9.0.0"); len(w.Uses) != 0 || w.Workspace != nil {
		t.Errorf("unknown version: %+v", w)
	}
	w := g.Why("acme.com/direct", "")
	if len(w.Uses) != 2 || w.Uses[0].View.Dir() != "local" || w.Uses[0].Effective.Dir != "direct" {
		t.Errorf("sibling: %+v, want local and raised, from the directory", w.Uses)
	}
	if w.Workspace == nil || w.Workspace.Selected != "" || len(w.Differ) != 0 {
		t.Errorf("sibling in the workspace: %+v, want the main module and no difference", w.Workspace)
	}
}

// whyLine prints a use: "dir selected [= effective] [line V [indirect]] [raised] chain A > B [via A > B]".
func whyLine(u graph.WhyUse) string {
	s := u.View.Dir() + " " + u.Selected
	if e := u.Effective.Text(u.Chain[len(u.Chain)-1].Path); e != u.Selected {
		s += " = " + e
	}
	if u.Require != nil {
		s += " line " + u.Require.Mod.Version
		if u.Require.Indirect {
			s += " indirect"
		}
	}
	if u.Raised() {
		s += " raised"
	}
	s += " chain " + joinChain(u.Chain)
	if u.Via != nil {
		s += " via " + joinChain(u.Via)
	}
	return s
}

func joinChain(mods []module.Version) string {
	var s []string
	for _, m := range mods {
		s = append(s, m.String())
	}
	return strings.Join(s, " > ")
}

func TestFocusAndWithin(t *testing.T) {
	t.Parallel()
	edges := []graph.Edge{}
	for _, e := range strings.Fields("m-a@1 m-b@1 a@1-c@1 b@1-d@1 c@1-d@2 d@1-e@1 d@2-a@1") {
		from, to, _ := strings.Cut(e, "-")
		edges = append(edges, graph.Edge{From: letter(from), To: letter(to)})
	}
	tests := []struct {
		name  string
		edges []graph.Edge
		want  string
	}{
		{"any version", graph.Focus(edges, "d", ""), "m-a@1 m-b@1 a@1-c@1 b@1-d@1 c@1-d@2 d@2-a@1"},
		{"one version", graph.Focus(edges, "d", "1"), "m-b@1 b@1-d@1"},
		{"absent", graph.Focus(edges, "x", ""), ""},
		{"one step", graph.Within(edges, 1), "m-a@1 m-b@1"},
		{"two steps", graph.Within(edges, 2), "m-a@1 m-b@1 a@1-c@1 b@1-d@1"},
		{"all steps", graph.Within(edges, 99), "m-a@1 m-b@1 a@1-c@1 b@1-d@1 c@1-d@2 d@1-e@1 d@2-a@1"},
		{"both", graph.Within(graph.Focus(edges, "e", ""), 2), "m-b@1 b@1-d@1"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, e := range test.edges {
				got = append(got, e.From.String()+"-"+e.To.String())
			}
			if s := strings.Join(got, " "); s != test.want {
				t.Errorf("got  %s\nwant %s", s, test.want)
			}
		})
	}
}

// letter reads "a@1" or "m", the main module.
func letter(s string) module.Version {
	path, version, _ := strings.Cut(s, "@")
	return module.Version{Path: path, Version: version}
}
