package oracle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/modsource"
	"github.com/modgov/modgov/internal/workspace"
)

// TestCompare holds recorded answers of go against the engine. An archive has the files of a repository, those of
// outside modules below proxy/PATH@VERSION (an empty one could not be had, one that is not there does not exist), what
// go says in "list VIEW" and "graph VIEW", or in "list VIEW refused" and "graph VIEW refused", and in "want VIEW" what
// comes of it. A view is a directory, or work.
func TestCompare(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no archives", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			g := load(t, archive)
			said := recorded(archive)
			for _, f := range archive.Files {
				view, ok := strings.CutPrefix(f.Name, "want ")
				if !ok {
					continue
				}
				v := g.View(view)
				if view == "work" {
					v = g.WorkspaceView()
				}
				if got := show(compare(v, said[view], newEngine(v))); got != string(f.Data) {
					t.Errorf("%s: got:\n%s\nwant:\n%s", view, got, f.Data)
				}
			}
		})
	}
}

// recorded returns the answers of go in an archive by view.
func recorded(archive *txtar.Archive) map[string]answers {
	out := map[string]answers{}
	for _, f := range archive.Files {
		words := strings.Fields(f.Name)
		if len(words) < 2 || words[0] != "list" && words[0] != "graph" {
			continue
		}
		a := answer{lines: strings.Split(strings.TrimSuffix(string(f.Data), "\n"), "\n")}
		if len(words) == 3 {
			a = answer{refused: readRefusal(string(f.Data))}
		}
		both := out[words[1]]
		if words[0] == "list" {
			both.list = a
		} else {
			both.graph = a
		}
		out[words[1]] = both
	}
	return out
}

func show(c Comparison) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s", c.Result)
	if c.TooNew {
		b.WriteString(" (too new)")
	}
	if c.Reason != "" {
		b.WriteString(": " + c.Reason)
	}
	b.WriteString("\n")
	for _, d := range c.Differences {
		fmt.Fprintf(&b, "%s: line %d of %d and %d\n", d.Command, d.Line, d.GoLines, d.EngineLines)
		for _, l := range d.Go {
			b.WriteString("  go: " + l + "\n")
		}
		for _, l := range d.Engine {
			b.WriteString("  modgov: " + l + "\n")
		}
	}
	return b.String()
}

func load(t *testing.T, archive *txtar.Archive) *graph.Graph {
	t.Helper()
	fsys, outside, beside := fstest.MapFS{}, proxy{}, map[string][]byte{}
	src := workspace.Source{FS: fsys, Outside: func(dir string) ([]byte, error) {
		if data, ok := beside[dir]; ok {
			return data, nil
		}
		return nil, fs.ErrNotExist
	}}
	for _, f := range archive.Files {
		if name, ok := strings.CutPrefix(f.Name, "proxy/"); ok {
			outside[name] = f.Data
			continue
		}
		if strings.HasPrefix(f.Name, "../") {
			beside[path.Dir(f.Name)] = f.Data
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
	ws, err := workspace.Load(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	all := func(*workspace.Module) bool { return true }
	g, err := graph.Load(t.Context(), ws, outside, graph.Options{Workspace: true, Modules: all})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// A proxy holds go.mod files by "path@version".
type proxy map[string][]byte

func (p proxy) ModFiles(_ context.Context, mods []module.Version) ([]*workspace.Summary, []error) {
	sums, errs := make([]*workspace.Summary, len(mods)), make([]error, len(mods))
	for i, m := range mods {
		switch data, ok := p[m.String()]; {
		case !ok:
			errs[i] = &modsource.Error{Mod: m, Kind: modsource.NotFound, Err: fs.ErrNotExist}
		case len(data) == 0:
			errs[i] = &modsource.Error{Mod: m, Kind: modsource.Timeout, Err: errors.New("no answer in time")}
		case strings.HasPrefix(string(data), "forged"):
			errs[i] = &modsource.Error{Mod: m, Kind: modsource.Checksum, Err: errors.New("checksum mismatch")}
		default:
			sums[i], errs[i] = workspace.ParseSummary(m.String(), data)
		}
	}
	return sums, errs
}
