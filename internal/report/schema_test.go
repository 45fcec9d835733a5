package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const schemaFile = "../../docs/report.schema.json"

// validate checks documents, one after the other, against the schema; all must be of the kind. Keys that the schema
// does not have are wrong here, though readers are told to expect them from a later modgov.
func validate(t *testing.T, kind string, documents []byte) {
	t.Helper()
	schema := strictSchema(t)
	dec := json.NewDecoder(bytes.NewReader(documents))
	dec.UseNumber()
	for n := 1; ; n++ {
		var document any
		if err := dec.Decode(&document); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		if got := document.(map[string]any)["document"]; got != kind {
			t.Errorf("document %d is of kind %q, want %q", n, got, kind)
		}
		if err := schema.Validate(document); err != nil {
			t.Errorf("document %d does not fit its schema: %v\n%s", n, err, documents)
		}
	}
}

func strictSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	root := readSchema(t)
	for name, def := range root["$defs"].(map[string]any) {
		if name != "position" { // others are made of it, with more keys
			forbidOthers(def)
		}
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(root["$id"].(string), root); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(root["$id"].(string))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func readSchema(t *testing.T) map[string]any {
	t.Helper()
	data, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return root.(map[string]any)
}

// forbidOthers closes all objects of a schema to keys that it does not name.
func forbidOthers(schema any) {
	switch s := schema.(type) {
	case []any:
		for _, sub := range s {
			forbidOthers(sub)
		}
	case map[string]any:
		if properties, ok := s["properties"].(map[string]any); ok {
			s["unevaluatedProperties"] = false
			for _, sub := range properties {
				forbidOthers(sub)
			}
		}
		forbidOthers(s["items"])
	}
}

// TestSchemaIsStrict shows that the schema would notice.
func TestSchemaIsStrict(t *testing.T) {
	t.Parallel()
	schema := strictSchema(t)
	for text, good := range map[string]bool{
		`{"schema":"1","document":"list","dir":".","build_list":[{"path":"a"}]}`:                   true,
		`{"schema":"2","document":"list","dir":".","build_list":[{"path":"a"}]}`:                   false,
		`{"schema":"1","document":"lists","dir":".","build_list":[{"path":"a"}]}`:                  false,
		`{"schema":"1","document":"list","dir":".","build_list":[{"path":"a","other":1}]}`:         false,
		`{"schema":"1","document":"list","dir":".","build_list":[{"version":"v1.0.0"}]}`:           false,
		`{"schema":"1","document":"list","dir":".","build_list":[],"workspace":false}`:             false,
		`{"schema":"1","document":"list","dir":"."}`:                                               false,
		`{"schema":"1","document":"graph","dir":".","nodes":[],"edges":[[0,1,2]]}`:                 false,
		`{"schema":"1","document":"why","path":"a","complete":true,"uses":[],"gaps":[]}`:           true,
		`{"schema":"1","document":"why","path":"a","complete":true,"uses":[],"gaps":[{"line":1}]}`: false,
	} {
		document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document); (err == nil) != good {
			t.Errorf("%s: %v, want good: %v", text, err, good)
		}
	}
}

// TestPlanSchema holds the document of fix against the schema.
func TestPlanSchema(t *testing.T) {
	t.Parallel()
	finding := Finding{ID: "x", Rule: "version-pin", Severity: "warn", Modules: []string{}, At: []Span{}}
	full := &Plan{
		Schema: Schema, Document: "fix", Command: "vendor snapshot", Verdict: "fail", Tool: Tool{"modgov", "v0"}, Root: ".", Proved: true, Reason: "r", Written: true,
		Patch: "p", Files: []PlanFile{{"go.mod", "diff"}}, Edits: []PlanEdit{{"go.mod", "text", []string{"version-pin (uuid)"}}},
		Clears: []Finding{finding}, New: []Finding{finding}, Left: []PlanLeft{{finding, "reason"}},
		Moves:   []PlanMove{{"a", "b", "v1", "v2", "c", true, true}, {Module: "a", Dep: "b"}},
		Vendors: []PlanVendor{{"vendor", 1, 2, true}}, Notes: []string{"note"},
	}
	var out bytes.Buffer
	if err := WritePlan(&out, "json", full, false, Options{}); err != nil {
		t.Fatal(err)
	}
	validate(t, "fix", out.Bytes())

	full.Document = "get"
	full.Asked = []PlanAsked{{full.Moves[0], "v1", "reason"}, {full.Moves[1], "v1", ""}}
	out.Reset()
	if err := WriteWhatIf(&out, "json", full, Options{}); err != nil {
		t.Fatal(err)
	}
	validate(t, "get", out.Bytes())
}

// TestDocsNameEveryKey holds docs/report.md against the schema: every document and every key has its place there.
func TestDocsNameEveryKey(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/report.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(page), "\n## ")[1:] // the title is none
	for name, def := range readSchema(t)["$defs"].(map[string]any) {
		keys := keysOf(def)
		if len(keys) == 0 {
			continue
		}
		i := slices.IndexFunc(sections, func(s string) bool {
			heading, _, _ := strings.Cut(s, "\n")
			return slices.Contains(strings.FieldsFunc(heading, func(r rune) bool { return r == '`' || r == ' ' }), name)
		})
		if i < 0 {
			t.Errorf("docs/report.md has no section whose heading names %s", name)
			continue
		}
		for _, key := range keys {
			if !strings.Contains(sections[i], "`"+key+"`") && !strings.Contains(sections[i], "."+key+"`") {
				t.Errorf("docs/report.md: the section about %s does not name the key %s", name, key)
			}
		}
	}
}

// keysOf returns the keys of a schema and of what it contains, without those of other definitions.
func keysOf(schema any) []string {
	var out []string
	s, ok := schema.(map[string]any)
	if !ok {
		return nil
	}
	if properties, ok := s["properties"].(map[string]any); ok {
		for key, sub := range properties {
			out = append(out, key)
			out = append(out, keysOf(sub)...)
		}
	}
	out = append(out, keysOf(s["items"])...)
	slices.Sort(out)
	return slices.Compact(out)
}
