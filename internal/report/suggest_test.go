package report

import (
	"bytes"
	"testing"
)

func TestSuggestions(t *testing.T) {
	t.Parallel()
	skew := Finding{ID: "s", Rule: "version-skew", Severity: "warn", Subject: "a.example/x", Message: "differs",
		Modules: []string{}, At: []Span{}}
	drift := skew
	drift.Rule = "workspace-drift"
	document := &Suggestions{
		Schema: Schema, Document: "suggest", Tool: Tool{"modgov", "v0"}, Root: ".",
		Suggestions: []Suggestion{
			{Command: "modgov fix --excepted --dep a.example/x", Modules: []string{"a"}, Distance: "patch",
				Findings: []Finding{skew, skew, drift}, Exceptions: []string{"EX-1", "EX-2"}},
			{Command: "modgov fix --rule needs-update", Modules: []string{"a", "b"}, Findings: []Finding{skew}, Exceptions: []string{}},
		},
		Left: []Finding{skew}, Gaps: []Gap{{Layer: "selected", Module: "b", Message: "not found"}},
	}
	const list = `modgov fix --excepted --dep a.example/x
  1 module, patch; clears 3 findings (version-skew, workspace-drift); waived by
  EX-1, EX-2
modgov fix --rule needs-update
  2 modules; clears 1 finding (version-skew)

`
	const left = "left to you:\n  warning[version-skew] a.example/x: differs\n\n"
	const end = "2 commands for 4 findings; 1 finding left to you. Then: modgov exceptions prune. incomplete: b: not found\n"
	for _, test := range []struct {
		o    Options
		want string
	}{
		{Options{}, list + end}, {Options{Verbose: true}, list + left + end}, {Options{Quiet: true}, end},
	} {
		var out bytes.Buffer
		if err := WriteSuggestions(&out, "text", document, test.o); err != nil || out.String() != test.want {
			t.Errorf("%+v: %v, got:\n%s\nwant:\n%s", test.o, err, out.String(), test.want)
		}
	}
	var out bytes.Buffer
	if err := WriteSuggestions(&out, "json", document, Options{}); err != nil {
		t.Fatal(err)
	}
	validate(t, "suggest", out.Bytes())
	if err := WriteSuggestions(&out, "dot", document, Options{}); err == nil {
		t.Error("suggestions are written as dot")
	}
	out.Reset()
	if err := WriteSuggestions(&out, "text", &Suggestions{}, Options{}); err != nil || out.String() != "nothing to suggest\n" {
		t.Errorf("nothing: %q, %v", out.String(), err)
	}
}
