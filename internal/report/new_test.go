package report

import (
	"bytes"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/policy"
)

// TestNewFromRuleExamples judges the examples of all rules and shows what comes out: every document fits its schema and
// can be read again, and every place that is shown can be quoted.
func TestNewFromRuleExamples(t *testing.T) {
	t.Parallel()
	for _, rule := range policy.Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			t.Parallel()
			archive := txtar.Parse([]byte(rule.Bad))
			j := judgeArchive(t, archive)
			r := New(j, Origin{Version: "v0.1.0", Root: "example", Notes: []string{"a note"}})
			if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Rule == rule.Name }) {
				t.Fatalf("the rule says nothing of its own example: %+v", r.Findings)
			}
			var doc, text bytes.Buffer
			if err := Write(&doc, "json", r, Options{}); err != nil {
				t.Fatal(err)
			}
			validate(t, "check", doc.Bytes())
			back, err := decode(&doc)
			if err != nil || !reflect.DeepEqual(r, back) {
				t.Errorf("read again it is %+v, %v; want %+v", back, err, r)
			}
			o := Options{Width: 100, Verbose: true, Source: func(file string) ([]byte, error) {
				if data := section(archive, file); data != nil {
					return data, nil
				}
				return nil, fs.ErrNotExist
			}}
			if err := Write(&text, "text", r, o); err != nil {
				t.Fatal(err)
			}
			checkShown(t, text.String(), false)
			if strings.Contains(text.String(), "cannot be quoted") {
				t.Errorf("a place is not in the files:\n%s", text.String())
			}
		})
	}
}

func judgeArchive(t *testing.T, archive *txtar.Archive) *policy.Judgement {
	t.Helper()
	pol := policy.Default()
	if data := section(archive, "modgov.yaml"); data != nil {
		var err error
		if pol, err = policy.Parse("modgov.yaml", data); err != nil {
			t.Fatal(err)
		}
	}
	g := loadWith(t, archive, func(m module.Version) ([]byte, error) {
		return []byte("module " + m.Path + "\n"), nil // what the example does not show requires nothing
	})
	facts := policy.NewFacts(g, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	files := fstest.MapFS{}
	for _, f := range archive.Files {
		files[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	var err error
	if facts.Vendors, err = integrity.CheckVendors(t.Context(), g, files); err != nil {
		t.Fatal(err)
	}
	if data := section(archive, "base/modgov.yaml"); data != nil {
		if facts.BasePolicy, err = policy.Parse("modgov.yaml", data); err != nil {
			t.Fatal(err)
		}
	}
	if slices.ContainsFunc(archive.Files, func(f txtar.File) bool { return strings.HasPrefix(f.Name, "remote/") }) {
		facts.Remote = map[string]policy.Newest{}
		for _, path := range facts.RemotePaths() {
			facts.Remote[path] = policy.Newest{
				Version: "v9.9.9", Deprecated: "use another",
				Retracted: func(string) ([]string, bool) { return []string{"loses data"}, true },
			}
		}
	}
	return policy.Judge(pol, facts)
}

// TestNewSummary counts the findings of a judgement in which one is excepted, one cannot be fixed and a module has no
// build list.
func TestNewSummary(t *testing.T) {
	t.Parallel()
	g := loadArchive(t, txtar.Parse([]byte(`
-- go.work --
go 1.24
use ./a
-- a/go.mod --
module acme.com/a
go 1.24
-- b/go.mod --
module acme.com/b
go 1.24
require example.com/nowhere v1.0.0
`)))
	facts := policy.NewFacts(g, time.Time{})
	item := &policy.Item{ID: "pin"}
	j := &policy.Judgement{
		Facts: facts,
		Findings: []*policy.Finding{
			{
				Rule: "version-pin", Severity: policy.Error, Item: item, Modules: []string{"a"}, Subject: "a",
				Fix: "modgov fix", Settle: []policy.Settlement{{Means: policy.Require}},
			},
			{Rule: "version-skew", Severity: policy.Warn, Modules: []string{"a", "b"}, Fix: "go mod edit"},
			{Rule: "version-skew", Severity: policy.Warn, Modules: []string{"b"}, Exception: &policy.Exception{
				Item: policy.Item{ID: "EX-1", Owner: "payments"},
			}},
			{Rule: "cycle", Severity: policy.Info, Settle: []policy.Settlement{{}}, Fix: "modgov fix"},
		},
		Gaps:   []policy.Gap{{Layer: policy.LayerSelected, Module: "b", Err: g.View("b").Err()}},
		Layers: []policy.LayerState{{Layer: policy.LayerSelected, State: policy.Failed}},
	}
	r := New(j, Origin{})
	want := Summary{Error: 1, Warn: 1, Info: 1, Excepted: 1, Fixable: 1, Modules: 2}
	if r.Summary != want {
		t.Errorf("summary %+v, want %+v", r.Summary, want)
	}
	if r.Verdict != "fail" || r.Complete || r.Threshold != "error" || r.Workspace != "go.work" || r.Policy != "" {
		t.Errorf("%+v", r)
	}
	if id := r.Findings[0].ID; id != j.Findings[0].ID() || r.Findings[0].Policy.ID != "pin" {
		t.Errorf("finding %+v", r.Findings[0])
	}
	chain := r.Gaps[0].Chain
	if chain == nil || chain.Module != "b" || len(chain.Steps) != 2 || chain.Steps[1].Version != "v1.0.0" {
		t.Errorf("chain of the gap: %+v", chain)
	}
	if !r.Modules[0].InWorkspace || r.Modules[1].InWorkspace {
		t.Errorf("a is in the workspace and b is not, but: %+v", r.Modules)
	}
}

// TestWhyOfRefusedWorkspace names a workspace that go refuses among what is not known.
func TestWhyOfRefusedWorkspace(t *testing.T) {
	t.Parallel()
	g := loadArchive(t, txtar.Parse([]byte(`
-- go.work --
go 1.24
use ./gone
-- a/go.mod --
module acme.com/a
go 1.24
`)))
	why := NewWhy(g, g.Why("example.com/x", ""))
	if why.Complete || len(why.Gaps) != 1 || why.Gaps[0].Module != "" {
		t.Fatalf("%+v", why)
	}
	var out bytes.Buffer
	if err := WriteWhy(&out, "text", why, Options{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "incomplete: workspace: go.work:2:") {
		t.Errorf("got:\n%s", out.String())
	}
	if err := WriteList(&out, "text", []*graph.View{g.WorkspaceView()}); err != nil {
		t.Error(err)
	}
}

// TestSchemaHasEveryKey compares the keys of the schema with those of the documents' types.
func TestSchemaHasEveryKey(t *testing.T) {
	t.Parallel()
	types := map[string]bool{}
	for _, document := range []any{Report{}, Plan{}, List{}, Graph{}, Why{}, Doctor{}, Exceptions{}, Suggestions{}, PolicyMatches{}, VersionDiff{}, Affected{}, Run{}, Release{}} {
		tags(reflect.TypeOf(document), types)
	}
	keys := map[string]bool{}
	for _, def := range readSchema(t)["$defs"].(map[string]any) {
		for _, key := range keysOf(def) {
			keys[key] = true
		}
	}
	for key := range types {
		if !keys[key] {
			t.Errorf("the schema lacks the key %s", key)
		}
	}
	for key := range keys {
		if !types[key] {
			t.Errorf("no document has the key %s of the schema", key)
		}
	}
}

// tags collects the JSON keys of a type and of those that it is made of.
func tags(t reflect.Type, keys map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		tags(t.Elem(), keys)
	case reflect.Struct:
		for i := range t.NumField() {
			if key, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); key != "" {
				keys[key] = true
			}
			tags(t.Field(i).Type, keys)
		}
	}
}
