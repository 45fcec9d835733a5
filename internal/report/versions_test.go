package report

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/modgov/modgov/internal/change"
	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// versions is a change with everything in it.
func versions() *change.Versions {
	own := change.Edit{Verb: "require", Subject: "example.com/x", From: "v1.2.0", To: "v1.1.0",
		Pos: workspace.Position{File: "a/go.mod", Line: 5, Col: 2, End: 4}}
	other := change.Edit{Verb: "require", Subject: "example.com/w", From: "v1.0.0", Before: true,
		Pos: workspace.Position{File: "b/go.mod", Line: 7}}
	use := change.Edit{Verb: "use", Subject: "./b", Pos: workspace.Position{File: "go.work", Line: 3}}
	return &change.Versions{
		Modules: []change.Module{
			{Dir: "new", Path: "example.com/new"}, {Dir: "old", Gone: true},
			{Dir: "to", Path: "example.com/m", WasDir: "from"}, {Dir: "p", Path: "example.com/p", WasPath: "example.com/q"},
		},
		Dependencies: []change.Dependency{
			{Path: "example.com/m/v2", WasPath: "example.com/m", Kind: change.Major, Moves: []change.Move{
				{Kind: change.Major, From: "v1.0.0", To: "v2.0.0", Modules: []string{"a"}}}},
			{Path: "example.com/x", Kind: change.Down, Moves: []change.Move{
				{Kind: change.Up, From: "v1.0.0", To: "v1.1.0", Modules: []string{"b"}, How: graph.Indirect, Causes: []change.Edit{other}},
				{Kind: change.Up, From: "v1.0.5", To: "v1.1.0", Modules: []string{"c"}, How: graph.Transitive, Causes: []change.Edit{other, own}},
				{Kind: change.Down, From: "v1.2.0", To: "v1.1.0", Modules: []string{"a"}, Workspace: true, Causes: []change.Edit{own}}}},
			{Path: "example.com/|`n", Kind: change.New, Moves: []change.Move{
				{Kind: change.New, To: "v1.0.0", Modules: []string{"a", "::error::b"}, Workspace: true, Causes: []change.Edit{use}}}},
			{Path: "example.com/g", Kind: change.Gone, Moves: []change.Move{{Kind: change.Gone, From: "v1.0.0", Modules: []string{"a", "b"}}}},
			{Path: "example.com/r", Kind: change.Replaced, Moves: []change.Move{{Kind: change.Replaced, From: "v1.0.0", To: "./r", Workspace: true}}},
			{Path: "example.com/y", Kind: change.Added, Moves: []change.Move{
				{Kind: change.Added, To: "v1.0.0", Modules: []string{"a"}}, {Kind: change.Dropped, From: "v1.0.0", Modules: []string{"b"}}}},
		},
		Lines: []change.Edit{use},
	}
}

// The document as text for two widths, as Markdown and as JSON.
func TestVersionDiff(t *testing.T) {
	t.Parallel()
	d := NewVersionDiff(versions(), DiffEnd{"main", strings.Repeat("0123456789", 4)}, nil, Origin{Version: "v0", Root: "/r", Notes: []string{"n"}})
	d.Complete, d.Gaps = false, []VersionDiffGap{{Gap{Module: "z", Message: "not\x1b found", Chain: &Chain{Module: "z", Steps: []Step{}}}, true}}
	var all bytes.Buffer
	for _, o := range []Options{{}, {Width: 80, Verbose: true}, {Quiet: true}} {
		if err := WriteVersionDiff(&all, "text", d, o); err != nil {
			t.Fatal(err)
		}
		all.WriteString("\n----\n\n")
	}
	if err := WriteVersionDiff(&all, "markdown", d, Options{}); err != nil {
		t.Fatal(err)
	}
	const file = "testdata/versions/all.txt"
	if *update {
		if err := os.WriteFile(file, all.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || !bytes.Equal(want, all.Bytes()) {
		t.Errorf("not what %s expects (%v): go test ./internal/report -update; got\n%s", file, err, all.Bytes())
	}
	var out bytes.Buffer
	d.Head = &DiffEnd{"HEAD", "abc"}
	if err := WriteVersionDiff(&out, "json", d, Options{}); err != nil {
		t.Fatal(err)
	}
	validate(t, "diff", out.Bytes())
}

// One line for each dependency.
func TestVersionChangeLine(t *testing.T) {
	t.Parallel()
	var got []string
	for _, c := range newVersionChanges(versions()) {
		got = append(got, c.summary())
	}
	want := []string{
		"example.com/m v1.0.0 -> example.com/m/v2 v2.0.0 in a",
		"example.com/x v1.0.0, v1.0.5 -> v1.1.0 in 2 modules; v1.2.0 -> v1.1.0 in a and the workspace (down)",
		"example.com/|`n v1.0.0 in 2 modules and the workspace (new)",
		"example.com/g v1.0.0 in 2 modules (gone)",
		"example.com/r v1.0.0 -> ./r in the workspace",
		"example.com/y added v1.0.0 in a; dropped v1.0.0 in b",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

// The Markdown of check has a line for each dependency that moved.
func TestVersionsInMarkdown(t *testing.T) {
	t.Parallel()
	r := &Report{Verdict: "pass", Complete: true, Base: &Base{Revision: "main", Commit: "abc"}, Versions: newVersionChanges(versions())}
	var out bytes.Buffer
	if err := Write(&out, "markdown", r, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<summary>Versions that change: 6 dependencies</summary>\n\n- `example.com/m v1.0.0 -> example.com/m/v2 v2.0.0 in a`\n",
		"\n- ``example.com/|`n v1.0.0 in 2 modules and the workspace (new)``\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}
