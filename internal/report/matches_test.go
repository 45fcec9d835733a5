package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/modgov/modgov/internal/policy"
)

func exampleMatches() *PolicyMatches {
	at := func(line int) Position { return Position{File: "modgov.yaml", Line: line, Col: 5, End: 30} }
	both, many := []string{"x", "y"}, []DepMatch{}
	for _, name := range strings.Split("a b c d e f g h i j", " ") {
		many = append(many, DepMatch{Path: "example.com/a-rather-long/" + name, Modules: []string{"x"}})
	}
	return &PolicyMatches{
		Schema: Schema, Document: "policy", Tool: Tool{"modgov", "v0"}, Policy: "modgov.yaml", Modules: 2, Dependencies: 3,
		Items: []ItemMatch{
			{Section: "modules.tags", ID: "lib", Position: at(2), Modules: []string{"x"}, Deps: []DepMatch{}},
			{Section: "modules.tags", ID: "none", Position: at(3), Deps: []DepMatch{}, Modules: []string{}},
			{Section: "sets", ID: "many", Position: at(4), Deps: many},
			{Section: "versions", ID: "all", Position: at(5), Owner: "o", Modules: both, Findings: 2, Deps: []DepMatch{
				{Path: "a.org/a", Modules: both},
				{Path: "a.org/b", Modules: []string{"x"}, Outranked: []Outranked{{"pin", []string{"y"}}}},
				{
					Path: "a.org/\x1b[31m", Modules: []string{},
					Outranked: []Outranked{{"pin", []string{"x"}}, {"other", []string{"y"}}},
				},
			}},
			{Section: "versions", ID: "left", Position: at(6), Modules: both, Deps: []DepMatch{
				{Path: "a.org/b", Modules: []string{}, Outranked: []Outranked{{"pin", []string{"y"}}}},
			}},
			{Section: "versions", ID: "default", Modules: both, Deps: []DepMatch{{Path: "a.org/c", Modules: []string{"x"}}}},
			{Section: "exceptions", ID: "EX-1", Position: at(9), State: "unused", Modules: both, Deps: []DepMatch{}},
			{Section: "release.groups", ID: "g", Position: at(10), Modules: both, Deps: []DepMatch{}},
		},
		Gaps:         []Gap{{Layer: "selected", Module: "y", Message: "not found"}},
		NotEvaluated: []NotEvaluated{{ID: "sums", Key: "stale", Position: at(11)}, {ID: "release", Position: at(10)}},
	}
}

const matchesShown = `modgov: policy modgov.yaml, 2 modules, 3 dependencies

modules.tags
  lib (modgov.yaml:2:5)
    1 module: x
  none (modgov.yaml:3:5)
    modules: none

sets
  many (modgov.yaml:4:5)
    10 dependencies: example.com/a-rather-long/a (1),
      example.com/a-rather-long/b (1),
      example.com/a-rather-long/c (1), and 7 more (-v shows all)

versions
  all (modgov.yaml:5:5), 2 findings
    2 dependencies: a.org/a (2), a.org/b (1)
    left to pin: a.org/b (1), a.org/\x1b[31m (1)
    left to other: a.org/\x1b[31m (1)
  left (modgov.yaml:6:5)
    left to pin: a.org/b (1)
  default
    1 dependency: a.org/c (1)

exceptions
  EX-1 (modgov.yaml:9:5), unused
    dependencies: none

release.groups
  g (modgov.yaml:10:5)

not evaluated
  sums: stale
  release
incomplete: y: not found
`

// TestWritePolicyMatches shows a document that has everything, as text, in short, and as JSON.
func TestWritePolicyMatches(t *testing.T) {
	t.Parallel()
	d := exampleMatches()
	for want, o := range map[string]Options{
		matchesShown: {},
		"modgov: policy modgov.yaml, 2 modules, 3 dependencies\nincomplete: y: not found\n": {Quiet: true},
	} {
		var out bytes.Buffer
		if err := WritePolicyMatches(&out, "text", d, o); err != nil {
			t.Fatal(err)
		}
		checkShown(t, out.String(), o.Color)
		if out.String() != want {
			t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
		}
	}
	var out bytes.Buffer
	if err := WritePolicyMatches(&out, "text", d, Options{Verbose: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "a-rather-long/j (1)") {
		t.Errorf("-v leaves something out:\n%s", out.String())
	}
	out.Reset()
	if err := WritePolicyMatches(&out, "json", d, Options{}); err != nil {
		t.Fatal(err)
	}
	validate(t, "policy", out.Bytes())
	if err := WritePolicyMatches(&out, "yaml", d, Options{}); err == nil || !strings.Contains(err.Error(), "json") {
		t.Errorf("got %v, want an error that names the formats", err)
	}
}

// The states of exceptions are those of the schema.
func TestStatesInSchema(t *testing.T) {
	t.Parallel()
	defs := readSchema(t)["$defs"].(map[string]any)
	state := defs["itemMatch"].(map[string]any)["properties"].(map[string]any)["state"].(map[string]any)
	known := map[string]bool{}
	for _, word := range state["enum"].([]any) {
		known[word.(string)] = true
	}
	for _, s := range []policy.ExceptionState{
		policy.ExceptionActive, policy.ExceptionExpiring, policy.ExceptionExpired, policy.ExceptionUnused,
		policy.ExceptionTooWide, policy.ExceptionUnknown,
	} {
		if !known[string(s)] {
			t.Errorf("docs/report.schema.json does not know the state %q", s)
		}
	}
}
