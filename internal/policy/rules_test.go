package policy_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/workspace"
)

var update = flag.Bool("update", false, "rewrite the want sections of the cases of rules")

// today is the day on which all cases are judged.
var today = time.Date(2026, time.July, 1, 12, 0, 0, 0, time.UTC)

// A repository is a small repository in an archive: its files, those of directories outside (names that begin with
// ../), and the go.mod files of outside versions as proxy/PATH@VERSION.mod. A version that the archive does not show
// has a go.mod file with nothing but its module line; one whose text is "404" cannot be had.
type repository struct {
	files   fstest.MapFS
	outside map[string][]byte
	proxy   map[module.Version][]byte
	policy  *policy.Policy
	base    *policy.Policy           // of the state before, nil if there is none
	remote  map[string]policy.Newest // nil: not asked
}

// addNewest takes in what the newest version of a module says: remote/PATH@VERSION.mod, with "404" for one that cannot
// be had.
func (r *repository) addNewest(t testing.TB, name string, data []byte) {
	t.Helper()
	p, v, _ := strings.Cut(strings.TrimSuffix(name, ".mod"), "@")
	n := policy.Newest{Version: v, Asked: today}
	if strings.TrimSpace(string(data)) == "404" {
		n.Err = fmt.Errorf("%s@latest: not found", p)
	} else if f, err := modfile.Parse(name, data, nil); err != nil {
		t.Fatal(err)
	} else {
		n.Deprecated = f.Module.Deprecated
		n.Retracted = func(version string) (why []string, retracted bool) {
			for _, x := range f.Retract {
				if semver.Compare(x.Low, version) <= 0 && semver.Compare(version, x.High) <= 0 {
					why, retracted = append(why, x.Rationale), true
				}
			}
			return why, retracted
		}
	}
	if r.remote == nil {
		r.remote = map[string]policy.Newest{}
	}
	r.remote[p] = n
}

func parseRepository(t testing.TB, text string) *repository {
	t.Helper()
	r := &repository{
		files: fstest.MapFS{}, outside: map[string][]byte{}, proxy: map[module.Version][]byte{}, policy: policy.Default(),
	}
	for _, f := range txtar.Parse([]byte(text)).Files {
		rest, inProxy := strings.CutPrefix(f.Name, "proxy/")
		if newest, ok := strings.CutPrefix(f.Name, "remote/"); ok {
			r.addNewest(t, newest, f.Data)
			continue
		}
		switch {
		case f.Name == "want":
		case f.Name == "base/modgov.yaml":
			p, err := policy.Parse("modgov.yaml", f.Data)
			if err != nil {
				t.Fatal(err)
			}
			r.base = p
		case f.Name == "modgov.yaml":
			p, err := policy.Parse(f.Name, f.Data)
			if err != nil {
				t.Fatal(err)
			}
			r.policy = p
		case inProxy:
			p, v, _ := strings.Cut(strings.TrimSuffix(rest, ".mod"), "@")
			r.proxy[module.Version{Path: p, Version: v}] = f.Data
		case strings.HasPrefix(f.Name, "../"):
			r.outside[f.Name] = f.Data
		default:
			r.files[f.Name] = &fstest.MapFile{Data: f.Data, Mode: 0o644}
		}
	}
	return r
}

func (r *repository) ModFiles(_ context.Context, mods []module.Version) ([]*workspace.Summary, []error) {
	sums, errs := make([]*workspace.Summary, len(mods)), make([]error, len(mods))
	for i, m := range mods {
		data, ok := r.proxy[m]
		if !ok {
			data = []byte("module " + m.Path + "\n")
			r.proxy[m] = data
		}
		if strings.TrimSpace(string(data)) == "404" {
			errs[i] = errors.New("not found")
			continue
		}
		sums[i], errs[i] = workspace.ParseSummary(m.String()+"/go.mod", data)
	}
	return sums, errs
}

// judge finds the modules as modgov does, but for git, and judges them.
func (r *repository) judge(t *testing.T, asked ...policy.Override) *policy.Judgement {
	t.Helper()
	g := r.load(t)
	facts := policy.NewFacts(g, today)
	facts.Remote, facts.BasePolicy = r.remote, r.base
	var err error
	if facts.Vendors, err = integrity.CheckVendors(t.Context(), g, r.files); err != nil {
		t.Fatal(err)
	}
	return policy.Judge(r.policy, facts, asked...)
}

func (r *repository) load(t testing.TB) *graph.Graph {
	t.Helper()
	src := workspace.Source{FS: r.files, Governs: r.policy.Governs, Outside: func(dir string) ([]byte, error) {
		if data, ok := r.outside[path.Join(dir, "go.mod")]; ok {
			return data, nil
		}
		return nil, fs.ErrNotExist
	}}
	if r.files["go.work"] != nil {
		src.Work = "go.work"
	}
	for name := range r.files {
		if path.Base(name) == "go.mod" {
			e := workspace.Entry{Dir: path.Dir(name)}
			if i := slices.Index(strings.Split(e.Dir, "/"), "testdata"); i >= 0 {
				e.Hidden = "testdata"
			}
			src.Entries = append(src.Entries, e)
		}
	}
	slices.SortFunc(src.Entries, func(a, b workspace.Entry) int { return strings.Compare(a.Dir, b.Dir) })
	ws, err := workspace.Load(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.Load(t.Context(), ws, r, graph.Options{Workspace: true})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// The texts of a rule are all there, and its examples are what they say they are.
func TestRules(t *testing.T) {
	t.Parallel()
	kebab := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[string]bool{}
	for _, r := range policy.Rules() {
		if seen[r.Name] || !kebab.MatchString(r.Name) {
			t.Errorf("rule %q: the name is taken or not in kebab-case", r.Name)
		}
		seen[r.Name] = true
		if policy.Lookup(r.Name) == nil {
			t.Errorf("rule %s: Lookup does not find it", r.Name)
		}
		if r.Title == "" || strings.HasSuffix(r.Title, ".") || strings.Contains(r.Title, "\n") {
			t.Errorf("rule %s: the title %q is not one line without a period", r.Name, r.Title)
		}
		if r.Doc == "" || r.Since == "" || r.Layer == "" || r.Severity == policy.Off || r.Check == nil {
			t.Errorf("rule %s: something is missing", r.Name)
		}
		if len(txtar.Parse([]byte(r.Bad)).Comment) == 0 {
			t.Errorf("rule %s: the bad example does not say what it shows", r.Name)
		}
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			if got := shown(parseRepository(t, r.Bad).judge(t), r.Name); got == "" {
				t.Errorf("nothing is reported in the bad example")
			}
			if got := shown(parseRepository(t, r.Good).judge(t), r.Name); got != "" {
				t.Errorf("in the good example is reported:\n%s", got)
			}
		})
	}
	if policy.Lookup("no-such-rule") != nil {
		t.Error("Lookup finds a rule that does not exist")
	}
}

// caseFiles returns the cases of all rules: testdata/rules/RULE/*.txtar.
func caseFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/rules/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	return files
}

// readRepository reads a case.
func readRepository(t *testing.T, file string) ([]byte, *repository) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data, parseRepository(t, string(data))
}

// Each case shows what a rule says of a small repository, by the whole text of its findings.
func TestRuleCases(t *testing.T) {
	t.Parallel()
	cases := map[string]int{}
	for _, file := range caseFiles(t) {
		rule := filepath.Base(filepath.Dir(file))
		cases[rule]++
		t.Run(rule+"/"+strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			if policy.Lookup(rule) == nil {
				t.Fatalf("there is no rule %s", rule)
			}
			data, repository := readRepository(t, file)
			got := shown(repository.judge(t), rule)
			archive := txtar.Parse(data)
			i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
			switch {
			case *update && i < 0:
				archive.Files = append(archive.Files, txtar.File{Name: "want", Data: []byte(got)})
			case *update:
				archive.Files[i].Data = []byte(got)
			case i < 0:
				t.Fatal("no want section; run the test with -update")
			case got != string(archive.Files[i].Data):
				t.Errorf("%s\ngot:\n%s\nwant:\n%s", archive.Comment, got, archive.Files[i].Data)
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	for _, r := range policy.Rules() {
		if cases[r.Name] == 0 {
			t.Errorf("rule %s has no cases", r.Name)
		}
	}
}

// shown writes the findings of a rule: a line "SEVERITY RULE SUBJECT: MESSAGE" each, and beneath it all the rest. What
// could not be found out stands at the end.
func shown(j *policy.Judgement, rule string) string {
	var b strings.Builder
	for _, f := range j.Findings {
		if f.Rule != rule {
			continue
		}
		fmt.Fprintf(&b, "%s %s %s: %s\n", f.Severity, f.Rule, f.Subject, f.Message)
		line := func(key, format string, args ...any) {
			fmt.Fprintf(&b, "  %-8s %s\n", key, strings.TrimSpace(fmt.Sprintf(format, args...)))
		}
		if f.Exception != nil {
			line("excepted", "%s", f.Exception.ID)
		}
		if f.Kind != "" {
			line("kind", "%s", f.Kind)
		}
		line("modules", "%s", strings.Join(f.Modules, " "))
		for _, s := range f.At {
			line("at", "%s %s", s.Pos, s.Label)
		}
		for _, s := range f.Because {
			line("because", "%s %s", s.Pos, s.Label)
		}
		for _, g := range f.Groups {
			line("group", "%s %s %s", g.Version, strings.Join(g.Modules, " "), g.Note)
		}
		for _, c := range f.Why {
			line("why", "%s", chainText(c))
		}
		for _, n := range f.Notes {
			line(n.Key, "%s", n.Text)
		}
		for _, s := range f.Settle {
			line("settle", "%s %s %s %s", s.Means, s.Module, s.Mod, s.New)
		}
		if f.Fix != "" {
			line("fix", "%s", f.Fix)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	for _, gap := range j.Gaps {
		fmt.Fprintf(&b, "gap %s %s: %v\n", gap.Layer, gap.Module, gap.Err)
	}
	return b.String()
}

func chainText(c policy.Chain) string {
	text := c.Module + ":"
	for i, s := range c.Steps {
		if i > 0 {
			text += " ->"
		}
		text += " " + strings.TrimSpace(s.Mod.Path+" "+s.Mod.Version)
		if s.Note != "" {
			text += " (" + s.Note + ")"
		}
	}
	return text
}

// What only --remote tells is named as not evaluated where that was not asked for.
func TestNotAsked(t *testing.T) {
	t.Parallel()
	const repo = `-- modgov.yaml --
version: 1
sources:
  pseudo_versions: warn
  retracted: error
  deprecated: off
release: {groups: []}
-- go.mod --
module example.com/a

go 1.24
`
	for remote, want := range map[string]string{
		"": "4 sources: retracted, 5 sources: deprecated, 6 release",
		"-- remote/example.com/x@v1.0.0.mod --\nmodule example.com/x\n": "6 release",
	} {
		var got []string
		for _, n := range parseRepository(t, repo+remote).judge(t).NotEvaluated {
			got = append(got, fmt.Sprintf("%d %s", n.Pos.Line, n))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("not evaluated: %s, want %s", strings.Join(got, ", "), want)
		}
	}
}
