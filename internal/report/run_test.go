package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modgov/modgov/internal/ci"
)

// ranModules is a document of a command that was run in modules, of which the last failed.
func ranModules(shard *Shard, selected []string, dirs ...string) *Run {
	r := &Run{
		Schema: Schema, Document: "run", Tool: Tool{"modgov", "v0"}, Root: "/r", Command: []string{"go", "test"}, Shard: shard,
		Base: &Revision{"main", "0123456789abcdef"}, Seconds: 1.5, Selected: selected, Modules: []RunModule{}, Gaps: []Gap{},
	}
	for _, dir := range dirs {
		r.Modules = append(r.Modules, RunModule{Dir: dir, Path: "example.com/" + dir, State: "passed", Seconds: 0.25})
	}
	r.Settle()
	return r
}

func fail(r *Run, dir, output string) {
	for i := range r.Modules {
		if m := &r.Modules[i]; m.Dir == dir {
			m.State, m.ExitCode, m.Output = "failed", 1, output
		}
	}
	r.Settle()
}

func runText(t *testing.T, format string, r *Run, o Options) string {
	t.Helper()
	var out bytes.Buffer
	if err := WriteRun(&out, format, r, o); err != nil {
		t.Fatal(err)
	}
	checkShown(t, out.String(), false)
	return out.String()
}

// A document in every format: what comes from modules and commands is harmless in each.
func TestWriteRun(t *testing.T) {
	t.Parallel()
	dirs := append(nastyDirs(), "<script>|`", "]]>")
	r := ranModules(&Shard{2, 3}, append(dirs, "other"), dirs...)
	r.Command = []string{"go", "test", "\x1b]0;x\a", "`|<b>"}
	for _, dir := range dirs {
		fail(r, dir, "::error::no\n##vso[task.x]\x1b[31mred\n</details>]]><b>\n\xff")
	}
	r.Modules[0].State, r.Modules[1].State = "stopped", "not run"
	r.Modules[2].Reason = "signal: killed"
	r.Gaps = []Gap{{Layer: "selected", Module: "x", Message: "why\nnot"}}
	r.Notes = []string{"a note"}
	r.Settle()
	for _, format := range Formats("run") {
		for _, verbose := range []bool{false, true} {
			runText(t, format, r, Options{Verbose: verbose})
		}
	}
	validate(t, "run", []byte(runText(t, "json", r, Options{})))
	if r.Verdict != "fail" || r.Complete {
		t.Errorf("%s, complete %t", r.Verdict, r.Complete)
	}
	var suites junitSuites
	if err := xml.Unmarshal([]byte(runText(t, "junit", r, Options{})), &suites); err != nil {
		t.Fatal(err)
	}
	n := len(dirs)
	if s := suites.Suites[0]; s.Tests != n+1 || s.Failures != n-2 || s.Errors != 1 || s.Skipped != 2 || len(s.Cases) != n+1 {
		t.Errorf("%d tests, %d failures, %d skipped, %d cases", s.Tests, s.Failures, s.Skipped, len(s.Cases))
	}
	md := runText(t, "markdown", r, Options{})
	if strings.Contains(md, "\n</details>]]>") || strings.Count(md, "<details>") != min(n, maxMarkdownModules) {
		t.Errorf("got:\n%s", md)
	}
}

// What stands around the output of a module: titles, and marks that fold what passed.
func TestAround(t *testing.T) {
	t.Parallel()
	passed := RunModule{Dir: "a::b%0A\n", State: "passed", Seconds: 61.2}
	failed := RunModule{Dir: "b", State: "failed", ExitCode: 2, Seconds: 0.04}
	at := time.Unix(1700000000, 0)
	for _, test := range []struct {
		m          *RunModule
		service    ci.Service
		head, foot string
	}{
		{&passed, ci.GitHub, "::group::a::b%250A\\n: passed in 1m1s\n", "::endgroup::\n"},
		{&passed, ci.Buildkite, "--- a::b%0A\\n: passed in 1m1s\n", ""},
		{&failed, ci.Buildkite, "+++ b: exit code 2 in 0.0s\n", ""},
		{&failed, ci.GitHub, "==> b: exit code 2 in 0.0s\n", "\n"},
		{&passed, "", "==> a::b%0A\\n: passed in 1m1s\n", "\n"},
		{
			&passed, ci.GitLab, "\x1b[0Ksection_start:1700000000:modgov_7[collapsed=true]\r\x1b[0Ka::b%0A\\n: passed in 1m1s\n",
			"\x1b[0Ksection_end:1700000000:modgov_7\r\x1b[0K\n",
		},
	} {
		head, foot := test.m.Around(test.service, 7, at, Options{})
		if head != test.head || foot != test.foot {
			t.Errorf("%s: %q, %q", test.service, head, foot)
		}
	}
}

func part(t *testing.T, name string, document any) Part {
	t.Helper()
	data, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return Part{name, data}
}

// Shards are joined whatever order they come in; what is missing is said.
func TestMergeRuns(t *testing.T) {
	t.Parallel()
	all := []string{"a", "b", "c", "d"}
	one, two := ranModules(&Shard{1, 3}, all, "a", "d"), ranModules(&Shard{2, 3}, all, "c")
	three := ranModules(&Shard{3, 3}, all, "b")
	two.Root, two.Seconds = "/elsewhere", 9
	parts := []Part{part(t, "1.json", one), part(t, "2.json", two), part(t, "3.json", three)}
	_, whole, err := Merge(parts)
	if err != nil {
		t.Fatal(err)
	}
	want := ranModules(nil, all, all...)
	want.Seconds = 9
	if !reflect.DeepEqual(whole, want) {
		t.Errorf("got %+v\nwant %+v", whole, want)
	}
	slices.Reverse(parts)
	if _, again, err := Merge(parts); err != nil || !reflect.DeepEqual(again, whole) {
		t.Errorf("in another order: %+v, %v", again, err)
	}

	_, missing, err := Merge(parts[1:])
	if err != nil {
		t.Fatal(err)
	}
	if missing.Verdict != "incomplete" || missing.Complete || len(missing.Gaps) != 2 ||
		missing.Gaps[0].Message != "shard 3 of 3 is missing" || missing.Gaps[1].Module != "b" {
		t.Errorf("%s: %+v", missing.Verdict, missing.Gaps)
	}
	fail(one, "d", "x")
	_, failed, err := Merge([]Part{part(t, "1.json", one), parts[1], parts[0]})
	if err != nil || failed.Verdict != "fail" || !failed.Complete {
		t.Errorf("%+v, %v", failed, err)
	}
	// Without shards, each was asked for modules of its own.
	_, halves, err := Merge([]Part{part(t, "1", ranModules(nil, []string{"b"}, "b")), part(t, "2", ranModules(nil, []string{"a"}, "a"))})
	if err != nil || halves.Verdict != "pass" || !slices.Equal(halves.Selected, []string{"a", "b"}) {
		t.Errorf("%+v, %v", halves, err)
	}
}

// Checks of some modules each make the check of all.
func TestMergeChecks(t *testing.T) {
	t.Parallel()
	for _, file := range archives(t, "testdata/check/*.txtar") {
		_, whole, _ := recorded(t, file)
		var parts []Part
		const n = 3
		for i := range n {
			r := *whole
			r.Findings, r.Verdict = []Finding{}, "pass"
			for j, f := range whole.Findings {
				if j%n == i || j%4 == 0 {
					r.Findings = append(r.Findings, f)
				}
			}
			if i == 1 {
				r.Verdict = whole.Verdict
			} else if !whole.Complete {
				r.Verdict = "incomplete"
			}
			parts = append(parts, part(t, fmt.Sprint(i), &r))
		}
		got, _, err := Merge(parts)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		want := *whole
		slices.SortStableFunc(want.Findings, compareFindings)
		want.Summary = want.summarize()
		slices.SortStableFunc(want.NotEvaluated, func(a, b NotEvaluated) int { return a.Line - b.Line })
		if a, b := part(t, "", got), part(t, "", &want); !bytes.Equal(a.Data, b.Data) {
			t.Errorf("%s: got\n%s\nwant\n%s", file, a.Data, b.Data)
		}
	}
}

// A module that none of the parts judged is not taken for one without findings.
func TestMergeChecksOfSome(t *testing.T) {
	t.Parallel()
	of := func(dirs ...string) Part {
		return part(t, strings.Join(dirs, " "), &Report{
			Schema: Schema, Document: "check", Verdict: "pass", Threshold: "error", Complete: true, Selected: dirs,
			Modules: []Module{{Dir: "a", Governed: true}, {Dir: "b", Governed: true}, {Dir: "c", Governed: true}, {Dir: "o"}},
		})
	}
	for _, test := range []struct {
		parts   []Part
		verdict string
		gaps    string
		judged  []string
	}{
		{[]Part{of("a"), of("b", "c")}, "pass", "", nil},
		{[]Part{of("a"), of()}, "pass", "", nil},
		{[]Part{of("c"), of("a")}, "incomplete", "b: none of the parts judged it", []string{"a", "c"}},
	} {
		got, _, err := Merge(test.parts)
		if err != nil {
			t.Fatal(err)
		}
		var gaps []string
		for _, g := range got.Gaps {
			gaps = append(gaps, g.Module+": "+g.Message)
		}
		if s := strings.Join(gaps, ", "); got.Verdict != test.verdict || s != test.gaps || got.Complete != (s == "") {
			t.Errorf("%s: %t, %q", got.Verdict, got.Complete, s)
		}
		if !slices.Equal(got.Selected, test.judged) {
			t.Errorf("judged: %q, want %q", got.Selected, test.judged)
		}
	}
}

// What does not belong together is refused, with the names of the files.
func TestMergeRefuses(t *testing.T) {
	t.Parallel()
	all := []string{"a", "b"}
	one := ranModules(&Shard{1, 2}, all, "a")
	change := func(f func(*Run)) Part {
		r := ranModules(&Shard{2, 2}, all, "b")
		f(r)
		return part(t, "2.json", r)
	}
	check := &Report{Schema: Schema, Document: "check", Verdict: "pass", Threshold: "error"}
	other := *check
	other.Threshold = "warn"
	finding := Finding{ID: "x", Rule: "cycle", Subject: "a"}
	with, without := *check, *check
	with.Findings = []Finding{finding}
	finding.Message = "other"
	without.Findings = []Finding{finding}
	for name, test := range map[string]struct {
		parts []Part
		want  string
	}{
		"no JSON":       {[]Part{{"x.txt", []byte("hello")}}, "x.txt: it is no document of modgov: invalid character"},
		"empty":         {[]Part{{"x", nil}}, "x: it is no document of modgov: "},
		"a list":        {[]Part{{"x", []byte("[]")}}, "x: it is no document of modgov: "},
		"other JSON":    {[]Part{{"x", []byte("{}")}}, "the keys schema and document are missing"},
		"other version": {[]Part{{"x", []byte(`{"schema":"9","document":"run"}`)}}, `x: its schema version is "9", this modgov reads "1"`},
		"list":          {[]Part{{"x", []byte(`{"schema":"1","document":"list"}`)}}, "x: it is a document of list: those of check and run can be joined"},
		"wrong types":   {[]Part{{"x", []byte(`{"schema":"1","document":"run","modules":1}`)}}, "x: read run: json: cannot unmarshal"},
		"wrong shard":   {[]Part{{"x", []byte(`{"schema":"1","document":"run","shard":{"index":3,"count":2}}`)}}, "x: read run: there is no shard 3 of 2"},
		"no verdict":    {[]Part{{"x", []byte(`{"schema":"1","document":"check"}`)}}, `x: "" is no verdict`},
		"other verdict": {[]Part{{"x", []byte(`{"schema":"1","document":"run","verdict":"ok"}`)}}, `x: "ok" is no verdict`},
		"two kinds":     {[]Part{part(t, "1", one), part(t, "2", check)}, "1 is a document of run, and 2 one of check"},
		"twice":         {[]Part{part(t, "1.json", one), part(t, "2.json", one)}, "module a is in 1.json and in 2.json"},
		"base":          {[]Part{part(t, "1.json", one), change(func(r *Run) { r.Base.Commit = "f" })}, "1.json and 2.json differ in the base"},
		"command":       {[]Part{part(t, "1.json", one), change(func(r *Run) { r.Command = nil })}, "differ in the command"},
		"count":         {[]Part{part(t, "1.json", one), change(func(r *Run) { r.Shard.Count = 5 })}, "differ in the number of shards"},
		"no shard":      {[]Part{part(t, "1.json", one), change(func(r *Run) { r.Shard = nil })}, "differ in the number of shards"},
		"selection":     {[]Part{part(t, "1.json", one), change(func(r *Run) { r.Selected = nil })}, "differ in the modules that all shards together run"},
		"threshold":     {[]Part{part(t, "1", check), part(t, "2", &other)}, "1 and 2 differ in the threshold"},
		"finding":       {[]Part{part(t, "1", &with), part(t, "2", &without)}, "2 has cycle of a otherwise than the files before it"},
	} {
		if _, _, err := Merge(test.parts); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

// FuzzMerge joins whatever can be read and shows it in every way: nothing panics, nothing acts on a terminal or a log.
func FuzzMerge(f *testing.F) {
	for _, r := range []*Run{ranModules(&Shard{1, 2}, []string{"a", "b"}, "a"), ranModules(&Shard{2, 2}, []string{"a", "b"}, "b")} {
		data, err := json.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, data)
	}
	for _, file := range archives(f, "testdata/check/*.txtar") {
		archive, _, _ := recorded(f, file)
		f.Add(section(archive, "report.json"), section(archive, "report.json"))
	}
	f.Fuzz(func(t *testing.T, one, other []byte) {
		check, run, err := Merge([]Part{{"1", one}, {"2", other}})
		if err != nil {
			return
		}
		if (check == nil) == (run == nil) {
			t.Fatal("one document was wanted")
		}
		if run == nil {
			return
		}
		for _, format := range Formats("run") {
			runText(t, format, run, Options{Verbose: true})
		}
		if _, err := decodeRun(strings.NewReader(runText(t, "json", run, Options{}))); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}
