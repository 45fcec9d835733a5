package report

import (
	"bytes"
	"strings"
	"testing"
)

// exceptionsDocument has an exception in each state, with and without each key.
func exceptionsDocument() *Exceptions {
	days := func(n int) *int { return &n }
	at := Position{File: "modgov.yaml", Line: 4, Col: 5, End: 9}
	return &Exceptions{
		Schema: Schema, Document: "exceptions", Tool: Tool{"modgov", "v0"}, Root: ".", Policy: "modgov.yaml",
		Exceptions: []ExceptionUse{
			{ID: "A", State: "expired", Position: at, Item: "uuid", Dep: []string{"a.example/x@<2"}, In: []string{"pay/*"},
				Owner: "pay", Owners: []string{"pay"}, Reason: "the\x1b[31m freeze", Issue: "https://tracker.example/1",
				Created: "2026-01-01", Expires: "2026-06-30", DaysLeft: days(-1), Findings: []string{"f"}, Modules: []string{"pay/a"}},
			{ID: "B", State: "expiring", Position: at, Rule: "go-line", Dep: []string{}, In: []string{}, Owners: []string{"pay"},
				Expires: "2026-07-01", DaysLeft: days(0), Findings: []string{"f", "g"}, Waived: 1, Modules: []string{"pay/a", "pay/b"}},
			{ID: "C", State: "too wide", Wide: "it speaks of everything", Position: at, Rule: "go-line", Dep: []string{},
				In: []string{}, Owners: []string{},
				Expires: "2026-07-03", DaysLeft: days(2), Findings: []string{"f"}, Modules: []string{"pay/a"}, open: 1},
			{ID: "D", State: "unused", Position: at, Rule: "go-line", Dep: []string{}, In: []string{}, Owners: []string{},
				Findings: []string{}, Modules: []string{}},
			{ID: "E", State: "unknown", Position: at, Rule: "retracted", Dep: []string{}, In: []string{}, Owners: []string{},
				Findings: []string{}, Modules: []string{}},
		},
		Gaps: []Gap{{Layer: "selected", Module: "pay/b", Message: "not found"}},
	}
}

func TestExceptionsSchema(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := WriteExceptions(&out, "json", exceptionsDocument(), Options{}); err != nil {
		t.Fatal(err)
	}
	validate(t, "exceptions", out.Bytes())
	if err := WriteExceptions(&out, "dot", exceptionsDocument(), Options{}); err == nil {
		t.Error("exceptions are written as dot")
	}
}

func TestExceptionsText(t *testing.T) {
	t.Parallel()
	const want = `pay: 2 exceptions
  expired A, until 2026-06-30, 1 day ago
    for      item uuid, a.example/x@<2 in pay/*
    waives   nothing any more: 1 finding that it covered
    modules  pay/a
    reason   the\x1b[31m freeze
    issue    https://tracker.example/1
  expiring B, until 2026-07-01, today
    for      rule go-line
    waives   1 finding
    modules  pay/a, pay/b

no owner: 3 exceptions
  too wide C, until 2026-07-03, 2 days left
    for      rule go-line
    waives   nothing: other modules of 1 finding are not covered
    modules  pay/a
    wide     it speaks of everything
  unused D, without an end
    for      rule go-line
    waives   nothing: no finding matches
  unknown E, without an end
    for      rule retracted
    waives   nothing that was looked at

`
	const end = "5 exceptions: 1 expired, 1 expiring, 1 unused, 1 too wide, 1 unknown. modgov exceptions prune removes 2. " +
		"incomplete: pay/b: not found\n"
	var out bytes.Buffer
	if err := WriteExceptions(&out, "text", exceptionsDocument(), Options{}); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != want+end {
		t.Errorf("got:\n%s\nwant:\n%s", got, want+end)
	}
	out.Reset()
	if err := WriteExceptions(&out, "text", exceptionsDocument(), Options{Quiet: true}); err != nil || out.String() != end {
		t.Errorf("quiet: %q, %v", out.String(), err)
	}
	out.Reset()
	if err := WriteExceptions(&out, "text", exceptionsDocument(), Options{Verbose: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "    at       modgov.yaml:4:5\n") {
		t.Errorf("verbose, without places:\n%s", out.String())
	}
}
