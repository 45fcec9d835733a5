package change

import (
	"testing"

	"github.com/modgov/modgov/internal/policy"
)

func finding(change func(*policy.Finding)) *policy.Finding {
	f := &policy.Finding{
		Rule: "version-skew", Severity: policy.Warn, Dep: "example.com/x", Subject: "example.com/x", Modules: []string{"a", "b"},
		Measures: []policy.Measure{{Module: "a", Version: "v1.1.0", Distance: "minor"}, {Module: "b", Version: "v1.2.0", Distance: "patch"}},
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
		{"the distance grew", nil, func(f *policy.Finding) { f.Measures[1].Distance = "minor" }, policy.Worse},
		{"the distance shrank", nil, func(f *policy.Finding) { f.Measures[0].Distance = "patch" }, policy.Standing},
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
			if got := state(finding(tt.was), finding(tt.is)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
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
	base := &policy.Judgement{Findings: []*policy.Finding{finding(nil), other("gone"), waived}}
	head := &policy.Judgement{Findings: []*policy.Finding{finding(nil), other("new")}}
	fixed := Compare(base, head)
	if len(fixed) != 1 || fixed[0].Dep != "gone" {
		t.Errorf("fixed: %v", fixed)
	}
	if head.Findings[0].State != policy.Standing || head.Findings[1].State != policy.New {
		t.Errorf("%s, %s", head.Findings[0].State, head.Findings[1].State)
	}
}
