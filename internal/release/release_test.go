package release_test

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
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/release"
	"github.com/modgov/modgov/internal/workspace"
)

var update = flag.Bool("update", false, "rewrite the want sections of the cases")

// Each case is a small repository, and the order of its releases. Versions in the section missing are not published.
func TestOrder(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := shown(order(t, archive))
			i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
			if i < 0 {
				t.Fatal("no section want")
			}
			if *update {
				archive.Files[i].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if want := string(archive.Files[i].Data); got != want {
				t.Errorf("%s\ngot:\n%s\nwant:\n%s", archive.Comment, got, want)
			}
		})
	}
}

// proxy has every version that is not missing; none requires anything.
type proxy map[module.Version]bool

func (p proxy) ModFiles(_ context.Context, mods []module.Version) ([]*workspace.Summary, []error) {
	sums, errs := make([]*workspace.Summary, len(mods)), make([]error, len(mods))
	for i, m := range mods {
		if p[m] {
			errs[i] = errors.New("not found")
			continue
		}
		sums[i], errs[i] = workspace.ParseSummary("go.mod", []byte("module "+m.Path+"\n"))
	}
	return sums, errs
}

func order(t *testing.T, archive *txtar.Archive) *release.Order {
	t.Helper()
	files, missing, p := fstest.MapFS{}, proxy{}, policy.Default()
	src := workspace.Source{FS: files, Root: "/"}
	for _, f := range archive.Files {
		switch {
		case f.Name == "want":
		case f.Name == "missing":
			for _, text := range strings.Fields(string(f.Data)) {
				path, version, _ := strings.Cut(text, "@")
				missing[module.Version{Path: path, Version: version}] = true
			}
		case f.Name == "modgov.yaml":
			var err error
			if p, err = policy.Parse(f.Name, f.Data); err != nil {
				t.Fatal(err)
			}
		case path.Base(f.Name) == "go.mod":
			src.Entries = append(src.Entries, workspace.Entry{Dir: path.Dir(f.Name)})
			fallthrough
		default:
			files[f.Name] = &fstest.MapFile{Data: f.Data}
		}
	}
	if files["go.work"] != nil {
		src.Work = "go.work"
	}
	ws, err := workspace.Load(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.Load(t.Context(), ws, missing, graph.Options{Workspace: true})
	if err != nil {
		t.Fatal(err)
	}
	today := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	quiet := []policy.Override{{Rule: "sum-missing", Severity: policy.Off}}
	return release.NewOrder(policy.Judge(p, policy.NewFacts(g, today), quiet...), missing)
}

// shown writes an order: the waves, with all that is known of each module, then the rest.
func shown(o *release.Order) string {
	var b strings.Builder
	dirs := func(modules []*release.Module) string {
		var out []string
		for _, m := range modules {
			out = append(out, m.Dir)
		}
		return strings.Join(out, " ")
	}
	for i, wave := range o.Waves {
		for _, m := range wave {
			fmt.Fprintf(&b, "%d %s %s", i+1, m.State, m.Dir)
			if o.PublishedKnown && m.Published {
				b.WriteString(", published")
			}
			for _, n := range m.Needs {
				version := "no line"
				if n.Require != nil {
					version = n.Require.Mod.Version
				}
				fmt.Fprintf(&b, "\n    needs %s: %s %t %s", n.Dir, version, n.Replace != nil, n.Hold)
			}
			for _, h := range m.Hidden {
				fmt.Fprintf(&b, "\n    hides %s => %s: %s", h.Line.Old, graph.ModText(h.Line.New), h.Version)
			}
			for _, f := range m.Errors {
				fmt.Fprintf(&b, "\n    error %s %s", f.Rule, f.Dep)
			}
			if len(m.Cycle) > 0 {
				fmt.Fprintf(&b, "\n    together with %s", dirs(m.Cycle))
			}
			if len(m.Later) > 0 {
				fmt.Fprintf(&b, "\n    before %s, then %s", dirs(m.NeededBy), dirs(m.Later))
			}
			b.WriteString("\n")
		}
	}
	for _, c := range o.Cycles {
		fmt.Fprintf(&b, "cycle %s: %s\n", dirs(c.Modules), dirs(c.Ring))
	}
	for _, f := range o.Errors {
		fmt.Fprintf(&b, "error %s %s\n", f.Rule, f.Subject)
	}
	for _, d := range o.Differences {
		fmt.Fprintf(&b, "differs %s %s %t\n", d.Path, d.Distance, d.Other)
		for _, v := range d.Versions {
			fmt.Fprintf(&b, "    %s: %s; indirect %s\n", v.Text, strings.Join(v.Direct, " "), strings.Join(v.Indirect, " "))
		}
	}
	return b.String()
}
