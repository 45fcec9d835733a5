package plan_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/gocmd"
	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/modsource"
	"github.com/modgov/modgov/internal/plan"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
	"github.com/modgov/modgov/internal/workspace"
)

var update = flag.Bool("update", false, "rewrite the want sections of the cases")

// A world is a repository on disk and a file proxy with the modules that it needs.
type world struct {
	t        *testing.T
	root     string
	environ  []string
	settings *gocmd.Settings
	policy   *policy.Policy
}

// newWorld lays out an archive: files of the repository, go.mod files of outside versions as proxy/PATH@VERSION.mod,
// modgov.yaml. Where a module has no go.sum file it gets the lines that loading its graph needs.
func newWorld(t *testing.T, a *txtar.Archive) *world {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command")
	}
	dir := t.TempDir()
	w := &world{t: t, root: filepath.Join(dir, "repo"), policy: policy.Default()}
	for _, f := range a.Files {
		rest, inProxy := strings.CutPrefix(f.Name, "proxy/")
		switch {
		case f.Name == "want" || f.Name == "options":
		case inProxy:
			p, v, _ := strings.Cut(strings.TrimSuffix(rest, ".mod"), "@")
			base := filepath.Join(dir, "proxy", filepath.FromSlash(p), "@v", v)
			write(t, base+".mod", f.Data)
			write(t, base+".info", []byte(fmt.Sprintf("{\"Version\":%q}", v)))
		default:
			write(t, filepath.Join(w.root, filepath.FromSlash(f.Name)), f.Data)
		}
		if f.Name == "modgov.yaml" {
			p, err := policy.Parse(f.Name, f.Data)
			if err != nil {
				t.Fatal(err)
			}
			w.policy = p
		}
	}
	home := filepath.Join(dir, "home")
	write(t, filepath.Join(home, ".config/go/telemetry/mode"), []byte("off"))
	w.environ = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, ".config"), "GOENV=off",
		"GOTOOLCHAIN=local", "GOSUMDB=off", "GOFLAGS=-modcacherw", "GOPROXY=file://"+filepath.ToSlash(filepath.Join(dir, "proxy")),
		"GOMODCACHE="+filepath.Join(dir, "modcache"), "GOWORK=off", "GONOSUMDB=", "GOPRIVATE=", "GONOPROXY=")
	var err error
	if w.settings, err = gocmd.ReadSettings(t.Context(), w.environ); err != nil {
		t.Fatal(err)
	}
	return w
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, data, 0o666)); err != nil {
		t.Fatal(err)
	}
}

func (w *world) judge(ctx context.Context, files fs.FS) (*policy.Judgement, error) {
	src := workspace.Source{FS: files, Root: filepath.ToSlash(w.root)}
	if _, err := fs.Stat(files, "go.work"); err == nil {
		src.Work = "go.work"
	}
	err := fs.WalkDir(os.DirFS(w.root), ".", func(name string, e fs.DirEntry, err error) error {
		if path.Base(name) == "go.mod" {
			src.Entries = append(src.Entries, workspace.Entry{Dir: path.Dir(name)})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(src.Entries, func(a, b workspace.Entry) int { return strings.Compare(a.Dir, b.Dir) })
	ws, err := workspace.Load(ctx, src)
	if err != nil {
		return nil, err
	}
	source, err := modsource.New(modsource.Options{Settings: w.settings, Sums: ws.GoModSums})
	if err != nil {
		return nil, err
	}
	g, err := graph.Load(ctx, ws, source, graph.Options{Workspace: true})
	if err != nil {
		return nil, err
	}
	facts := policy.NewFacts(g, time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC))
	facts.Vendors, err = integrity.CheckVendors(ctx, g, files)
	return policy.Judge(w.policy, facts), err
}

func (w *world) project() *plan.Project {
	return &plan.Project{Root: w.root, FS: os.DirFS(w.root), Judge: w.judge, Settings: w.settings, Jobs: 2}
}

// addSums gives every module without a go.sum file the lines that its graph needs.
func (w *world) addSums() {
	w.t.Helper()
	j, err := w.judge(w.t.Context(), os.DirFS(w.root))
	if err != nil {
		w.t.Fatal(err)
	}
	lines := map[string][]string{}
	for _, m := range j.Facts.Sums.Missing {
		if name := m.View.Module.Sum.File; !m.View.Module.Sum.Exists {
			lines[name] = append(lines[name], fmt.Sprintf("%s %s/go.mod %s", m.File.Mod.Path, m.File.Mod.Version, m.File.Sum))
		}
	}
	for name, l := range lines {
		write(w.t, filepath.Join(w.root, filepath.FromSlash(name)), workspace.SumAdd(nil, l))
	}
}

// Every case is a repository, options for fix, and what fix prints, with its diff. Plans that may be written are: then
// the go command has to accept every module, and a second plan has nothing to do.
func TestPlan(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, a)
			w.addSums()
			o := options(t, a)
			got, made, unproved := w.plan(o)
			compare(t, file, a, got)
			if unproved != nil || made.Empty() {
				return
			}
			w.acceptedBefore(made)
			if err := made.Write(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.checkAfter(o)
		})
	}
}

// plan makes a plan and returns what is printed of it.
func (w *world) plan(o plan.Options) (string, *plan.Plan, error) {
	w.t.Helper()
	before, err := w.judge(w.t.Context(), os.DirFS(w.root))
	if err != nil {
		w.t.Fatal(err)
	}
	made, unproved := plan.New(w.t.Context(), w.project(), before, o)
	w.t.Cleanup(func() {
		if err := made.Close(); err != nil {
			w.t.Error(err)
		}
	})
	if unproved != nil && !errors.Is(unproved, plan.ErrNotProved) {
		w.t.Fatal(unproved)
	}
	document, err := report.NewPlan(made, unproved, report.Origin{})
	if err != nil {
		w.t.Fatal(err)
	}
	var b strings.Builder
	if err := report.WritePlan(&b, "text", document, true, report.Options{Width: 120}); err != nil {
		w.t.Fatal(err)
	}
	return strings.ReplaceAll(b.String(), filepath.Dir(w.root), "WORK"), made, unproved
}

// acceptedBefore makes sure that a case shows a plan that changes files.
func (w *world) acceptedBefore(p *plan.Plan) {
	w.t.Helper()
	for _, f := range p.Files {
		if string(f.Before) == string(f.After) {
			w.t.Errorf("%s is in the plan and does not change", f.Name)
		}
	}
}

// checkAfter asks the go command about every module, and modgov for a second plan.
func (w *world) checkAfter(o plan.Options) {
	w.t.Helper()
	j, err := w.judge(w.t.Context(), os.DirFS(w.root))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range j.Facts.Workspace.Governed() {
		if j.Facts.Graph.View(m.Dir).Err() != nil {
			continue
		}
		_, err := w.settings.Run(w.t.Context(), gocmd.Command{
			Dir: filepath.Join(w.root, filepath.FromSlash(m.Dir)), Args: []string{"list", "-m", "-mod=readonly", "all"},
		})
		if err != nil {
			w.t.Errorf("after the plan: %v", err)
		}
	}
	if text, again, _ := w.plan(o); !again.Empty() {
		w.t.Errorf("a second plan is not empty:\n%s", text)
	}
}

func options(t *testing.T, a *txtar.Archive) plan.Options {
	t.Helper()
	var o plan.Options
	for _, f := range a.Files {
		if f.Name != "options" {
			continue
		}
		for _, word := range strings.Fields(string(f.Data)) {
			switch {
			case word == "vendor":
				o.Vendor = func(*workspace.Module) bool { return true }
			case word == "tidy":
				o.Tidy = func(_ *workspace.Module, touched bool) bool { return touched }
			case word == "tidy-all":
				o.Tidy = func(*workspace.Module, bool) bool { return true }
				o.Target = func(f *policy.Finding) bool { return f.Rule == "needs-update" }
			case word == "work":
				o.Work = true
				o.Target = func(f *policy.Finding) bool { return strings.HasPrefix(f.Rule, "work-") && f.Severity > policy.Info }
			case word == "sync":
				o.Sync = true
				o.Target = func(*policy.Finding) bool { return false }
			case word == "verify":
				o.Verify = true
			case strings.HasPrefix(word, "dep="):
				o.Target = func(f *policy.Finding) bool { return f.Dep == word[len("dep="):] }
			case word == "target=none":
				o.Target = func(*policy.Finding) bool { return false }
			case strings.HasPrefix(word, "get="): // get=DIR:PATH@VERSION
				dir, dep, _ := strings.Cut(word[len("get="):], ":")
				dep, version, _ := strings.Cut(dep, "@")
				o.Get = append(o.Get, policy.Settlement{
					Means: policy.Require, Module: dir, Mod: module.Version{Path: dep, Version: version},
				})
			case strings.HasPrefix(word, "module="):
				o.Module = func(dir string) bool { return dir == word[len("module="):] }
			default:
				o.Means = policy.Means(word)
			}
		}
	}
	return o
}

func compare(t *testing.T, file string, a *txtar.Archive, got string) {
	t.Helper()
	i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == "want" })
	if i < 0 {
		a.Files = append(a.Files, txtar.File{Name: "want"})
		i = len(a.Files) - 1
	}
	if got == string(a.Files[i].Data) {
		return
	}
	if !*update {
		t.Errorf("got:\n%s\nwant:\n%s", got, a.Files[i].Data)
		return
	}
	a.Files[i].Data = []byte(got)
	write(t, file, txtar.Format(a))
}
