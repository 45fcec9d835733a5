package change_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/change"
	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

var update = flag.Bool("update", false, "write what is said into testdata/versions; read the difference")

// outside hands out the go.mod files of the directory outside of a case: "outside/ex.test!x@v1.0.0" is of ex.test/x. What
// has no file requires nothing; one that says "absent" cannot be had.
type outside map[string]string

func (o outside) ModFiles(_ context.Context, mods []module.Version) ([]*workspace.Summary, []error) {
	sums, errs := make([]*workspace.Summary, len(mods)), make([]error, len(mods))
	for i, m := range mods {
		data, ok := o[m.String()]
		if !ok {
			data = "module " + m.Path + "\n"
		}
		if data == "absent\n" {
			errs[i] = errors.New("not found")
			continue
		}
		sums[i], errs[i] = workspace.ParseSummary("go.mod", []byte(data))
	}
	return sums, errs
}

// state computes the build lists of what lies below a directory of a case; files that are in common count for both.
func state(t *testing.T, ar *txtar.Archive, name string) *graph.Graph {
	t.Helper()
	files, out, src := fstest.MapFS{}, outside{}, workspace.Source{}
	for _, f := range ar.Files {
		top, rest, _ := strings.Cut(f.Name, "/")
		switch {
		case top == "outside":
			out[strings.ReplaceAll(rest, "!", "/")] = string(f.Data)
		case top == name || top == "both":
			files[rest] = &fstest.MapFile{Data: f.Data}
			if path.Base(rest) == "go.mod" {
				src.Entries = append(src.Entries, workspace.Entry{Dir: path.Dir(rest)})
			} else if rest == "go.work" {
				src.Work = rest
			}
		}
	}
	slices.SortFunc(src.Entries, func(a, b workspace.Entry) int { return strings.Compare(a.Dir, b.Dir) })
	src.FS = files
	ws, err := workspace.Load(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.Load(t.Context(), ws, out, graph.Options{Workspace: true})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func text(v *change.Versions) string {
	var b strings.Builder
	for _, m := range v.Modules {
		fmt.Fprintf(&b, "module %s %s was %q %q gone %v new %v\n", m.Dir, m.Path, m.WasDir, m.WasPath, m.Gone, m.New())
	}
	for _, d := range v.Dependencies {
		for _, m := range d.Moves {
			how := [...]string{"direct", "indirect", "transitive"}[m.How]
			fmt.Fprintf(&b, "%s %s %s: %q -> %q in %v workspace %v, %s\n", d.Kind, strings.TrimSpace(d.WasPath+" "+d.Path), m.Kind,
				m.From, m.To, m.Modules, m.Workspace, how)
			for _, e := range m.Causes {
				fmt.Fprintf(&b, "  by %s:%d %s%s\n", e.Pos.File, e.Pos.Line, e.Text(), map[bool]string{true: " (before)"}[e.Before])
			}
		}
	}
	for _, e := range v.Lines {
		fmt.Fprintf(&b, "line %s:%d %s\n", e.Pos.File, e.Pos.Line, e.Text())
	}
	for _, u := range v.Unknown {
		fmt.Fprintf(&b, "unknown %q before %v: %v\n", u.Dir, u.Before, u.Err)
	}
	return b.String()
}

// Each file is a change: the directories before, after and both, what modules outside require, and what is said.
func TestCompareVersions(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/versions/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases:", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(ar.Files, func(f txtar.File) bool { return f.Name == "want" })
			if i < 0 {
				t.Fatal("nothing is wanted")
			}
			got := text(change.CompareVersions(state(t, ar, "before"), state(t, ar, "after"), nil))
			if *update {
				ar.Files[i].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(ar), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if got != string(ar.Files[i].Data) {
				t.Errorf("got\n%s\nwant\n%s", got, ar.Files[i].Data)
			}
		})
	}
}
