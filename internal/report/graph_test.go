package report

import (
	"bytes"
	"context"
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
	"github.com/modgov/modgov/internal/workspace"
)

// TestGraphs shows the graphs of small repositories. In an archive are the files of the repository, those of outside
// modules below proxy/PATH@VERSION, and sections whose names are commands, with what they print.
func TestGraphs(t *testing.T) {
	t.Parallel()
	for _, file := range archives(t, "testdata/graph/*.txtar") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			g := loadArchive(t, archive)
			for i := range archive.Files {
				f := &archive.Files[i]
				words := strings.Fields(f.Name)
				if words[0] != "list" && words[0] != "graph" && words[0] != "why" {
					continue
				}
				got := runSection(t, g, words)
				checkShown(t, got, false)
				if words[1] == "json" {
					validate(t, words[0], []byte(got))
				}
				if *update {
					f.Data = []byte(got)
				} else if got != string(f.Data) {
					t.Errorf("%s: got:\n%s\nwant:\n%s", f.Name, got, f.Data)
				}
			}
			if *update {
				writeFile(t, file, txtar.Format(archive))
			}
		})
	}
}

// runSection prints what "list FORMAT [DIR]…", "graph FORMAT [focus=PATH[@V]] [depth=N] [DIR]…" or "why FORMAT
// PATH[@V] [width=N]" says. The directory "work" is the workspace; without one, all modules are shown.
func runSection(t *testing.T, g *graph.Graph, words []string) string {
	t.Helper()
	var (
		out   bytes.Buffer
		views []*graph.View
		s     Selection
		o     Options
		names []string
	)
	for _, word := range words[2:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "focus":
			s.Focus, s.FocusVersion, _ = strings.Cut(value, "@")
		case "depth":
			fmt.Sscan(value, &s.Depth)
		case "width":
			fmt.Sscan(value, &o.Width)
		case "work":
			views = append(views, g.WorkspaceView())
		default:
			names = append(names, word)
			if v := g.View(word); v != nil {
				views = append(views, v)
			}
		}
	}
	if len(views) == 0 {
		views = g.Views()
	}
	var err error
	switch words[0] {
	case "list":
		err = WriteList(&out, words[1], views)
	case "graph":
		err = WriteGraph(&out, words[1], views, s)
	case "why":
		path, version, _ := strings.Cut(names[0], "@")
		err = WriteWhy(&out, words[1], NewWhy(g, g.Why(path, version)), o)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// loadArchive computes the graph of a repository in an archive. What the proxy does not have cannot be had.
func loadArchive(t *testing.T, archive *txtar.Archive) *graph.Graph {
	t.Helper()
	return loadWith(t, archive, func(m module.Version) ([]byte, error) {
		return nil, fmt.Errorf("not found in the proxy: %w", fs.ErrNotExist)
	})
}

// loadWith is loadArchive with an answer for what the proxy does not have.
func loadWith(t *testing.T, archive *txtar.Archive, other func(module.Version) ([]byte, error)) *graph.Graph {
	t.Helper()
	fsys, proxy, outside := fstest.MapFS{}, archiveProxy{map[string][]byte{}, other}, map[string][]byte{}
	src := workspace.Source{FS: fsys, Outside: func(dir string) ([]byte, error) {
		if data, ok := outside[path.Join(dir, "go.mod")]; ok {
			return data, nil
		}
		return nil, fs.ErrNotExist
	}}
	for _, f := range archive.Files {
		if name, ok := strings.CutPrefix(f.Name, "proxy/"); ok {
			proxy.files[strings.TrimSuffix(name, ".mod")] = f.Data
			continue
		}
		if strings.HasPrefix(f.Name, "../") {
			outside[f.Name] = f.Data
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
type archiveProxy struct {
	files map[string][]byte
	other func(module.Version) ([]byte, error)
}

func (p archiveProxy) ModFiles(_ context.Context, mods []module.Version) ([]*workspace.Summary, []error) {
	sums, errs := make([]*workspace.Summary, len(mods)), make([]error, len(mods))
	for i, m := range mods {
		data, ok := p.files[m.String()]
		if !ok {
			if data, errs[i] = p.other(m); errs[i] != nil {
				continue
			}
		}
		sums[i], errs[i] = workspace.ParseSummary(m.String(), data)
	}
	return sums, errs
}

func TestUnknownFormats(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	for name, err := range map[string]error{
		"list":   WriteList(&out, "yaml", nil),
		"graph":  WriteGraph(&out, "yaml", nil, Selection{}),
		"why":    WriteWhy(&out, "yaml", &Why{}, Options{}),
		"fix":    WritePlan(&out, "yaml", &Plan{}, false, Options{}),
		"doctor": WriteDoctor(&out, "yaml", &Doctor{}, Options{}),
	} {
		if err == nil || !strings.Contains(err.Error(), name+` format "yaml"`) || !strings.Contains(err.Error(), "json") {
			t.Errorf("%s: got %v, want an error that names the formats", name, err)
		}
	}
	if out.Len() > 0 {
		t.Errorf("something was written: %q", out.String())
	}
}
