package change

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/workspace"
)

func finding(change func(*policy.Finding)) *policy.Finding {
	f := &policy.Finding{
		Rule: "version-skew", Severity: policy.Warn, Dep: "example.com/x", Subject: "example.com/x", Modules: []string{"a", "b"},
		Measures: []policy.Measure{{Module: "a", Version: "v1.1.0", Distance: graph.Minor}, {Module: "b", Version: "v1.2.0", Distance: graph.Patch}},
	}
	if change != nil {
		change(f)
	}
	return f
}

// What makes a finding that was there before one that counts.
func TestState(t *testing.T) {
	t.Parallel()
	waived := func(f *policy.Finding) { f.Exception = &policy.Exception{} }
	fork := func(f *policy.Finding) { f.Measures[0].Version = "example.com/fork v1.0.0" }
	for _, tt := range []struct {
		name    string
		was, is func(*policy.Finding)
		want    policy.State
	}{
		{"the same", nil, nil, policy.Standing},
		{"lines moved", nil, func(f *policy.Finding) { f.At = []policy.Span{{Label: "x"}} }, policy.Standing},
		{"a version went up", nil, func(f *policy.Finding) { f.Measures[0].Version = "v1.1.5" }, policy.Standing},
		{"a version went down", nil, func(f *policy.Finding) { f.Measures[0].Version = "v1.0.0" }, policy.Worse},
		{"the distance grew", nil, func(f *policy.Finding) { f.Measures[1].Distance = graph.Minor }, policy.Worse},
		{"the distance shrank", nil, func(f *policy.Finding) { f.Measures[0].Distance = graph.Patch }, policy.Standing},
		{"another hash", nil, func(f *policy.Finding) { f.Measures[0].Hash = "h1:x" }, policy.Worse},
		{"one more module", nil, func(f *policy.Finding) { f.Modules = []string{"a", "b", "c"} }, policy.Worse},
		{"one module less", nil, func(f *policy.Finding) { f.Modules, f.Measures = f.Modules[:1], f.Measures[:1] }, policy.Standing},
		{"to a fork", nil, fork, policy.Worse},
		{"away from a fork", fork, nil, policy.Standing},
		{"graver", nil, func(f *policy.Finding) { f.Severity = policy.Error }, policy.Worse},
		{"milder", nil, func(f *policy.Finding) { f.Severity = policy.Info }, policy.Standing},
		{"its exception is gone", waived, nil, policy.New},
		{"excepted before and now", waived, waived, policy.Standing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			is := finding(tt.is)
			if mark(is, finding(tt.was)); is.State != tt.want {
				t.Errorf("got %s, want %s", is.State, tt.want)
			}
		})
	}
}

// A finding that a change makes worse says where, and shows these places first, also one that it did not show before.
func TestWorseIn(t *testing.T) {
	t.Parallel()
	at := func(file string) policy.Span { return policy.Span{Pos: workspace.Position{File: file, Line: 5}} }
	was := finding(nil)
	is := finding(func(f *policy.Finding) {
		f.Modules, f.At = []string{"a", "b", "c", "d"}, []policy.Span{at("a/go.mod"), at("b/go.mod"), at("d/go.mod")}
		f.Measures[1].Version = "v1.1.0"
		f.Measures = append(f.Measures, policy.Measure{Module: "c", Version: "v1.0.0", At: at("c/go.mod")},
			policy.Measure{Module: "d", Version: "v1.0.0", At: at("d/go.mod")})
	})
	mark(is, was)
	var files []string
	for _, s := range is.At {
		files = append(files, s.Pos.File)
	}
	if got := strings.Join(is.WorseIn, " "); got != "b c d" {
		t.Errorf("worse in %s", got)
	}
	if got := strings.Join(files, " "); got != "b/go.mod d/go.mod c/go.mod a/go.mod" {
		t.Errorf("places: %s", got)
	}
}

// Findings are matched by identity; those that are gone come back in their order, but for those that were waived.
func TestCompare(t *testing.T) {
	t.Parallel()
	other := func(dep string) *policy.Finding {
		return finding(func(f *policy.Finding) { f.Dep, f.Subject = dep, dep })
	}
	waived := other("waived")
	waived.Exception = &policy.Exception{}
	base := judgement(workspaceOf(t), finding(nil), other("gone"), waived)
	head := judgement(workspaceOf(t), finding(nil), other("new"))
	fixed := Compare(base, head)
	if len(fixed) != 1 || fixed[0].Dep != "gone" {
		t.Errorf("fixed: %v", fixed)
	}
	if head.Findings[0].State != policy.Standing || head.Findings[1].State != policy.New {
		t.Errorf("%s, %s", head.Findings[0].State, head.Findings[1].State)
	}
}

func judgement(ws *workspace.Workspace, findings ...*policy.Finding) *policy.Judgement {
	return &policy.Judgement{Facts: &policy.Facts{Workspace: ws}, Findings: findings}
}

// workspaceOf makes a workspace of modules: "DIR PATH", and what each requires.
func workspaceOf(t *testing.T, modules ...string) *workspace.Workspace {
	t.Helper()
	files := fstest.MapFS{}
	src := workspace.Source{FS: files, Root: "/"}
	for _, text := range modules {
		f := strings.Fields(text)
		mod := "module example.com/" + f[1] + "\n"
		for _, r := range f[2:] {
			mod += "require example.com/" + strings.Replace(r, "@", " ", 1) + "\n"
		}
		files[f[0]+"/go.mod"] = &fstest.MapFile{Data: []byte(mod)}
		src.Entries = append(src.Entries, workspace.Entry{Dir: f[0]})
	}
	ws, err := workspace.Load(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

// Findings go with the modules that they are about.
func TestCompareMoved(t *testing.T) {
	t.Parallel()
	about := func(subject, dep string, modules ...string) *policy.Finding {
		return finding(func(f *policy.Finding) {
			f.Subject, f.Dep, f.Modules, f.Measures = subject, dep, modules, []policy.Measure{{Module: modules[0], Version: "v1.0.0"}}
		})
	}
	for _, tt := range []struct {
		name     string
		was, is  []string // modules
		from, to *policy.Finding
		want     policy.State
	}{
		{"with its path", []string{"a m/a x@v1.0.0", "b m/b"}, []string{"b m/b", "c m/a x@v1.0.0"}, about("a", "x", "a"), about("c", "x", "c"), policy.Standing},
		{"the path follows", []string{"a m/a x@v1.0.0"}, []string{"c m/c x@v1.0.0"}, about("a", "example.com/m/a", "a"), about("c", "example.com/m/c", "c"), policy.Standing},
		{"among several", []string{"a m/a x@v1.0.0", "b m/b"}, []string{"b m/b", "c m/a x@v1.0.0"}, about("x", "x", "a", "b"), about("x", "x", "b", "c"), policy.Standing},
		{"a path of its own", []string{"a m/a"}, []string{"a m/b"}, about("example.com/m/a v1.0.0", "example.com/m/a", "a"), about("example.com/m/b v1.0.0", "example.com/m/b", "a"), policy.Standing},
		{"and another one has come", []string{"a m/a"}, []string{"a m/b", "c m/a"}, about("a", "x", "a"), about("c", "x", "c"), policy.New},
		{"two like it", []string{"a m/a x@v1.0.0"}, []string{"c m/c x@v1.0.0", "d m/d x@v1.0.0"}, about("a", "x", "a"), about("c", "x", "c"), policy.New},
		{"it requires something else", []string{"a m/a x@v1.0.0"}, []string{"c m/c x@v1.1.0"}, about("a", "x", "a"), about("c", "x", "c"), policy.New},
		{"and it requires nothing", []string{"a m/a"}, []string{"c m/c"}, about("a", "x", "a"), about("c", "x", "c"), policy.New},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			fixed := Compare(judgement(workspaceOf(t, tt.was...), tt.from), judgement(workspaceOf(t, tt.is...), tt.to))
			if tt.to.State != tt.want || (len(fixed) == 0) != (tt.want == policy.Standing) {
				t.Errorf("got %s and %d gone, want %s", tt.to.State, len(fixed), tt.want)
			}
		})
	}
}
