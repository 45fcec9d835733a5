package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// Information never fails a check: it has a line each after what does, and many are cut and counted; -v shows all of it.
func TestInformationIsCalm(t *testing.T) {
	t.Parallel()
	r := &Report{Verdict: "fail"}
	for i := range maxInformation + 3 {
		r.Findings = append(r.Findings, Finding{
			Rule: "go-line", Severity: "info", Subject: fmt.Sprintf("m%d", i), Message: "differs",
			At: []Span{{Position: Position{File: fmt.Sprintf("m%d/go.mod", i), Line: 3}}},
		})
	}
	r.Findings = append(r.Findings, Finding{Rule: "cycle", Severity: "warn", Subject: "a", Message: "goes round"})
	show := func(o Options) string {
		var b bytes.Buffer
		if err := Write(&b, "text", r, o); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	short, long := show(Options{}), show(Options{Verbose: true})
	block := "\ninfo[go-line] m0: differs\ninfo[go-line] m1: differs\n"
	if !strings.Contains(short, block) || strings.Index(short, block) < strings.Index(short, "warning[cycle]") ||
		!strings.Contains(short, "\nand 4 more info (-v shows all, with their places)\n") || strings.Contains(short, "go.mod") {
		t.Errorf("got:\n%s", short)
	}
	if n := strings.Count(long, "info[go-line]"); n != maxInformation+3 || !strings.Contains(long, "m10/go.mod:3") {
		t.Errorf("-v shows %d:\n%s", n, long)
	}
}
