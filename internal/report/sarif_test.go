package report

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	gosarif "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/modgov/modgov/internal/ci"
	"github.com/modgov/modgov/internal/policy"
)

// sarifSchemaOf is the schema of the standard. The library has it, as a constant that it keeps to itself and holds
// against its own types only; what is written here is to be held against it byte for byte.
var sarifSchemaOf = sync.OnceValues(func() (*jsonschema.Schema, error) {
	const library = "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	dir, err := exec.Command("go", "list", "-f", "{{.Dir}}", library).Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", library, err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "schema.go"), nil, 0)
	if err != nil {
		return nil, err
	}
	text, err := strconv.Unquote(file.Scope.Lookup("schema").Decl.(*ast.ValueSpec).Values[0].(*ast.BasicLit).Value)
	if err != nil {
		return nil, err
	}
	root, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(sarifSchema, root); err != nil {
		return nil, err
	}
	return c.Compile(sarifSchema)
})

// checkSARIF holds a file against the schema of the standard, which the library carries, and against what the schema
// cannot say: each result has a place, and its rule is where its index says.
func checkSARIF(t *testing.T, data []byte) *gosarif.Run {
	t.Helper()
	log, err := gosarif.FromBytes(data)
	if err != nil {
		t.Fatalf("it cannot be read: %v", err)
	}
	schema, err := sarifSchemaOf()
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(document); err != nil {
		t.Errorf("it does not fit the schema of SARIF: %v", err)
	}
	run := log.Runs[0]
	for i, r := range run.Results {
		rules := run.Tool.Driver.Rules
		if r.RuleIndex >= len(rules) || *rules[r.RuleIndex].ID != *r.RuleID {
			t.Errorf("result %d: rule %s is not at index %d", i, *r.RuleID, r.RuleIndex)
		}
		for _, l := range append(r.Locations, r.RelatedLocations...) {
			p := l.PhysicalLocation
			if uri := *p.ArtifactLocation.URI; strings.HasPrefix(uri, "/") || strings.ContainsAny(uri, " :\\") {
				t.Errorf("result %d: %q is no reference relative to the checkout", i, uri)
			}
			if *p.Region.StartLine < 1 {
				t.Errorf("result %d has no line", i)
			}
		}
		if len(r.Locations) != 1 {
			t.Errorf("result %d has %d places", i, len(r.Locations))
		}
		if (r.BaselineState != nil) != (run.Results[0].BaselineState != nil) {
			t.Errorf("result %d: some results have a state and others have none", i)
		}
	}
	return run
}

func TestSARIF(t *testing.T) {
	t.Parallel()
	for _, file := range archives(t, "testdata/check/*.txtar") {
		for _, format := range []string{"sarif", "github-sarif"} {
			t.Run(filepath.Base(file)+" "+format, func(t *testing.T) {
				t.Parallel()
				_, r, source := recorded(t, file)
				var out bytes.Buffer
				if err := Write(&out, format, r, Options{Source: source}); err != nil {
					t.Fatal(err)
				}
				checkShown(t, out.String(), false)
				run := checkSARIF(t, out.Bytes())
				if got := *run.Invocations[0].ExecutionSuccessful; got != r.Complete {
					t.Errorf("successful is %v, complete %v", got, r.Complete)
				}
				if got := len(run.Invocations[0].ToolExecutionNotifications); got != len(r.Gaps) {
					t.Errorf("%d notifications for %d gaps", got, len(r.Gaps))
				}
			})
		}
	}
}

// What a change does to findings, and what is waived, in the words of the standard.
func TestSARIFStates(t *testing.T) {
	t.Parallel()
	_, r, source := recorded(t, "testdata/check/change.txtar")
	for format, want := range map[string]string{
		"sarif": `sum-hash-conflict unchanged
version-pin new
version-skew updated
duplicate-module unchanged
version-floor new external accepted: exception EX-1, until 2099-12-31, owner search: waits for #12 | @bob
pseudo-version new
replace-ineffective absent
`,
		"github-sarif": `sum-hash-conflict unchanged
version-pin new
version-skew updated
duplicate-module unchanged
pseudo-version new
`,
	} {
		var out bytes.Buffer
		if err := Write(&out, format, r, Options{Source: source}); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, result := range checkSARIF(t, out.Bytes()).Results {
			got += *result.RuleID + " " + *result.BaselineState
			for _, s := range result.Suppressions {
				got += fmt.Sprintf(" %s %s: %s", *s.Kind, *s.Status, *s.Justification)
			}
			got += "\n"
		}
		if got != want {
			t.Errorf("%s: got\n%swant\n%s", format, got, want)
		}
	}
}

// Places count from git's top level and characters, not bytes; what lies outside has the go.mod file of its module.
func TestSARIFPlaces(t *testing.T) {
	t.Parallel()
	_, r, source := recorded(t, "testdata/check/change.txtar")
	var out bytes.Buffer
	o := Options{Source: source, Checkout: ci.Checkout{Repository: "https://git.example/o/r", Commit: "0123"}}
	if err := Write(&out, "sarif", r, o); err != nil {
		t.Fatal(err)
	}
	run := checkSARIF(t, out.Bytes())
	place := func(l *gosarif.Location) string {
		region := l.PhysicalLocation.Region
		return fmt.Sprintf("%s:%d:%d", *l.PhysicalLocation.ArtifactLocation.URI, *region.StartLine, deref(region.StartColumn))
	}
	for i, want := range map[int]string{1: "go/a/go.mod:5:23", 3: "go/d/go.mod:1:0", 5: "go/a/go.mod:1:0"} {
		if got := place(run.Results[i].Locations[0]); got != want {
			t.Errorf("result %d is at %s, want %s", i, got, want)
		}
	}
	if got, want := place(run.Results[1].RelatedLocations[0]), "go/modgov.yaml:3:48"; got != want {
		t.Errorf("the policy line is at %s, want %s", got, want)
	}
	if got := run.VersionControlProvenance; len(got) != 1 || *got[0].RepositoryURI != "https://git.example/o/r" {
		t.Errorf("the repository is %v", got)
	}
}

func deref(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// Rules come with the text of the catalogue; fingerprints stay when lines and versions move.
func TestSARIFRulesAndFingerprints(t *testing.T) {
	t.Parallel()
	_, r, _ := recorded(t, "testdata/check/change.txtar")
	write := func() *gosarif.Run {
		var out bytes.Buffer
		if err := Write(&out, "sarif", r, Options{}); err != nil {
			t.Fatal(err)
		}
		return checkSARIF(t, out.Bytes())
	}
	before := write()
	if got, want := len(before.Tool.Driver.Rules), len(policy.Rules())+1; got != want {
		t.Errorf("%d rules, want %d", got, want)
	}
	for _, rule := range before.Tool.Driver.Rules[1:] {
		if rule.Help == nil || deref(ptrLen(rule.Help.Text)) == 0 || deref(ptrLen(rule.Help.Markdown)) == 0 {
			t.Errorf("rule %s has no help", *rule.ID)
		}
	}
	prints := map[string]bool{}
	for i := range r.Findings {
		r.Findings[i].Message += " in other words"
		for j := range r.Findings[i].At {
			r.Findings[i].At[j].Line += 7
		}
	}
	for i, after := range write().Results {
		const key = "modgovFinding/v1"
		if got, was := after.PartialFingerprints[key], before.Results[i].PartialFingerprints[key]; got != was || prints[got] {
			t.Errorf("result %d has the fingerprint %s, it had %s", i, got, was)
		}
		prints[after.PartialFingerprints[key]] = true
	}
}

func ptrLen(s *string) *int {
	if s == nil {
		return nil
	}
	n := len(*s)
	return &n
}

// What code scanning would refuse or choose from by itself is cut, the least grave first, and counted.
func TestSARIFLimits(t *testing.T) {
	t.Parallel()
	const all = 200
	size := func(n int) int {
		var out, zipped bytes.Buffer
		if err := Write(&out, "sarif", manyFindings(n), Options{}); err != nil {
			t.Fatal(err)
		}
		zip := gzip.NewWriter(&zipped)
		if _, err := zip.Write(out.Bytes()); err != nil {
			t.Fatal(err)
		}
		if err := zip.Close(); err != nil {
			t.Fatal(err)
		}
		return zipped.Len()
	}
	for name, test := range map[string]struct {
		results, bytes int
		atMost         int
	}{
		"all fit":          {all, maxCompressed, all},
		"too many results": {150, maxCompressed, 150},
		"too many bytes":   {all, (size(all) + size(all/2)) / 2, all / 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			s := &sarif{lister: newLister(manyFindings(all), Options{}), results: test.results, bytes: test.bytes, all: true}
			if err := s.write(&out); err != nil {
				t.Fatal(err)
			}
			if small, err := fits(out.Bytes(), test.bytes); err != nil || !small {
				t.Errorf("it does not fit (%v)", err)
			}
			run := checkSARIF(t, out.Bytes())
			kept := len(run.Results)
			if kept > test.atMost || kept == 0 {
				t.Errorf("%d results, want at most %d", kept, test.atMost)
			}
			notes := run.Invocations[0].ToolExecutionNotifications
			if kept == all {
				if len(notes) > 0 {
					t.Errorf("nothing was cut, and it says: %s", *notes[0].Message.Text)
				}
				return
			}
			if cut := policy.Count(all-kept, "result"); len(notes) != 1 || !strings.HasPrefix(*notes[0].Message.Text, cut) {
				t.Errorf("it does not say that %s were cut: %v", cut, notes)
			}
		})
	}
}

// manyFindings is a report with n findings, each with long texts that have nothing in common.
func manyFindings(n int) *Report {
	r := &Report{
		Schema: Schema, Document: "check", Tool: Tool{"modgov", "v0.1.0"}, Verdict: "fail", Threshold: "error", Complete: true,
		Modules: []Module{{Dir: "a", Governed: true}},
	}
	for i := range n {
		id := fingerprint(fmt.Sprint(i))
		r.Findings = append(r.Findings, Finding{
			ID: id, Rule: "version-skew", Severity: "error", Subject: "example.com/" + id, Dep: "example.com/" + id,
			Message: strings.Repeat("v1.0.0 in "+id[:8]+", ", 3), Modules: []string{"a"},
			At: []Span{{Position{"a/go.mod", i + 1, 2, 9}, "declared here"}},
		})
	}
	r.Summary.Error = n
	return r
}
