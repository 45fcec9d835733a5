package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modgov/modgov/internal/policy"
)

// behind is a repository of three modules: api and web have an older version of example.com/x than lib, and go lines
// that differ. Prefix stands at the start of each go.mod file, after its module line.
func behind(prefix, older, newer, goLine string) string {
	mod := func(dir, version, goLine string) string {
		return fmt.Sprintf("-- %s/go.mod --\nmodule example.com/%[1]s\n%s\ngo %s\n\nrequire example.com/x %s\n",
			dir, prefix, goLine, version)
	}
	return `-- modgov.yaml --
version: 1
go: {line: same-minor}
sums: {missing: off}
versions:
  - {id: one, dep: "**", agree: same}
exceptions:
  - {id: EX-1, policy: one, modules: web, owner: payments, created: 2026-06-01, expires: 2026-12-31, reason: "next month"}
` + mod("api", older, "1.25.0") + mod("lib", newer, "1.25.0") + mod("web", older, goLine)
}

func ids(findings []*policy.Finding) string {
	var out []string
	for _, f := range findings {
		out = append(out, f.ID())
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// find returns the finding of a rule that has a subject.
func find(t *testing.T, findings []*policy.Finding, rule, subject string) *policy.Finding {
	t.Helper()
	i := slices.IndexFunc(findings, func(f *policy.Finding) bool { return f.Rule == rule && f.Subject == subject })
	if i < 0 {
		t.Fatalf("no finding of %s about %s:\n%s", rule, subject, ids(findings))
	}
	return findings[i]
}

// In another revision, where lines and versions have moved, the same trouble has the same identity, and the measures
// tell that it is worse.
func TestIdentityOutlastsLinesAndVersions(t *testing.T) {
	t.Parallel()
	before := parseRepository(t, behind("", "v1.2.0", "v1.2.1", "1.24.0")).judge(t).Findings
	after := parseRepository(t, behind("\n// Moved.\n", "v1.2.3", "v1.9.0", "1.23.0")).judge(t).Findings
	if len(before) < 3 || ids(before) != ids(after) {
		t.Errorf("before:\n%s\nafter:\n%s", ids(before), ids(after))
	}
	if got, want := ids(policy.Each(before)), ids(policy.Each(after)); got != want {
		t.Errorf("one for each module, before:\n%s\nafter:\n%s", got, want)
	}
	for _, test := range []struct{ rule, subject, before, after string }{
		{"version-skew", "example.com/x", "api v1.2.0 patch ", "api v1.2.3 minor "},
		{"go-line", "web", "web 1.24.0 equal ", "web 1.23.0 equal "},
	} {
		was := measures(find(t, before, test.rule, test.subject))
		now := measures(find(t, after, test.rule, test.subject))
		if was != test.before || now != test.after {
			t.Errorf("%s %s: measures %q, then %q; want %q, then %q", test.rule, test.subject, was, now, test.before, test.after)
		}
	}
}

func measures(f *policy.Finding) string {
	var out []string
	for _, m := range f.Measures {
		out = append(out, fmt.Sprintf("%s %s %s %s", m.Module, m.Version, m.Distance, m.Hash))
	}
	return strings.Join(out, "\n")
}

// A replace line whose version moves is the same trouble, and two lines for one path are two.
func TestIdentityOfReplaceLines(t *testing.T) {
	t.Parallel()
	repository := func(lines ...string) []*policy.Finding {
		return parseRepository(t, "-- modgov.yaml --\nversion: 1\nsums: {missing: off}\n"+
			"-- a/go.mod --\nmodule example.com/a\n\ngo 1.24\n\n"+strings.Join(lines, "\n")+"\n").
			judge(t).Findings
	}
	before := repository("replace example.com/x v1.0.0 => example.com/x v1.0.1")
	after := repository("replace example.com/x v1.1.0 => example.com/x v1.1.1")
	if len(before) != 1 || ids(before) != ids(after) {
		t.Errorf("before:\n%s\nafter:\n%s", ids(before), ids(after))
	}
	both := repository("replace example.com/x v1.0.0 => example.com/x v1.0.1",
		"replace example.com/x v1.1.0 => example.com/x v1.1.1")
	if len(both) != 2 || both[0].ID() == both[1].ID() {
		t.Errorf("two lines:\n%s", ids(both))
	}
}

// No two findings of a judgement have the same identity, neither as they are nor one for each module.
func TestIdentityIsUnique(t *testing.T) {
	t.Parallel()
	for _, file := range caseFiles(t) {
		_, repository := readRepository(t, file)
		findings := repository.judge(t).Findings
		for _, list := range [][]*policy.Finding{findings, policy.Each(findings)} {
			seen := map[string]string{}
			for _, f := range list {
				if other, ok := seen[f.ID()]; ok {
					t.Errorf("%s: %s is %q and %q", file, f.ID(), other, f.Message)
				}
				seen[f.ID()] = f.Message
			}
		}
	}
}

// One finding for each module says what that module has, with its own place and command, and is waived alone.
func TestEach(t *testing.T) {
	t.Parallel()
	j := parseRepository(t, `-- modgov.yaml --
version: 1
sums: {missing: off}
pins:
  - {id: p, dep: example.com/x, version: v1.1.0}
exceptions:
  - {id: EX-1, policy: p, modules: c, reason: later}
-- a/go.mod --
module example.com/a

go 1.24

require example.com/x v1.0.0
-- b/go.mod --
module example.com/b

go 1.24

require example.com/a v1.0.0

require example.com/x v1.0.0 // indirect

replace example.com/a => ../a
-- c/go.mod --
module example.com/c

go 1.24

require example.com/x v1.0.0
`).judge(t)
	before := ids(j.Findings)
	each := policy.Each(j.Findings)
	if ids(j.Findings) != before {
		t.Error("the findings that were handed in have changed")
	}
	var got strings.Builder
	for _, f := range each {
		fmt.Fprintf(&got, "%s %s: %s\n", f.ID(), f.Subject, f.Message)
		for _, s := range f.At {
			fmt.Fprintf(&got, "  at %s\n", s.Pos)
		}
		for _, c := range f.Why {
			fmt.Fprintf(&got, "  why %s\n", chainText(c))
		}
		if f.Exception != nil {
			fmt.Fprintf(&got, "  excepted %s\n", f.Exception.ID)
		}
		fmt.Fprintf(&got, "  settle %d, measures %d\n  fix %s\n", len(f.Settle), len(f.Measures), f.Fix)
	}
	want := `version-pin|p|example.com/x|a| a: example.com/x v1.0.0, pinned to v1.1.0
  at a/go.mod:5:23
  settle 1, measures 1
  fix modgov fix --rule version-pin --dep example.com/x --module a
version-pin|p|example.com/x|b| b: example.com/x v1.0.0, pinned to v1.1.0
  at b/go.mod:7:23
  why b: example.com/b -> example.com/a v1.0.0 (replaced by ../a) -> example.com/x v1.0.0
  settle 1, measures 1
  fix modgov fix --rule version-pin --dep example.com/x --module b
version-pin|p|example.com/x|c| c: example.com/x v1.0.0, pinned to v1.1.0
  at c/go.mod:5:23
  excepted EX-1
  settle 1, measures 1
  fix modgov fix --rule version-pin --dep example.com/x --module c
`
	if got.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", got.String(), want)
	}
}

// What holds modules against each other shows all of them for each, its own place first.
func TestEachOfSides(t *testing.T) {
	t.Parallel()
	j := parseRepository(t, policy.Lookup("sum-hash-conflict").Bad).judge(t)
	j.Findings = slices.DeleteFunc(j.Findings, func(f *policy.Finding) bool { return f.Rule != "sum-hash-conflict" })
	each := policy.Each(j.Findings)
	if len(j.Findings) != 1 || len(each) != 2 {
		t.Fatalf("%d findings, one for each module: %d", len(j.Findings), len(each))
	}
	for _, f := range each {
		if len(f.At) != 2 || !strings.HasPrefix(f.At[0].Pos.File, f.Subject+"/") || len(f.Measures) != 1 ||
			f.Measures[0].Hash != f.At[0].Label {
			t.Errorf("%s: at %v, measures %v", f.Subject, f.At, f.Measures)
		}
	}
}

// A severity that somebody asks for beats that of the policy, and nothing lowers what can never be waived.
func TestOverrides(t *testing.T) {
	t.Parallel()
	r := parseRepository(t, behind("", "v1.2.0", "v1.2.1", "1.24.0"))
	severities := func(asked ...policy.Override) string {
		var out []string
		for _, f := range r.judge(t, asked...).Findings {
			out = append(out, f.Severity.String()+" "+f.Rule)
		}
		return strings.Join(out, ", ")
	}
	for _, test := range []struct {
		asked []policy.Override
		want  string
	}{
		{nil, "warn go-line, warn version-skew, warn version-skew"},
		{[]policy.Override{{"version-skew", policy.Error}}, "error version-skew, error version-skew, warn go-line"},
		// Without its findings, the exception for one of them is not unused.
		{[]policy.Override{{"version-skew", policy.Off}, {"go-line", policy.Warn}}, "warn go-line"},
	} {
		if got := severities(test.asked...); got != test.want {
			t.Errorf("%v: %s; want %s", test.asked, got, test.want)
		}
	}
	j := r.judge(t, policy.Override{Rule: "version-skew", Severity: policy.Error})
	if j.Verdict(policy.Error) != policy.Fail || len(j.Overrides) != 1 {
		t.Errorf("verdict %s, overrides %v", j.Verdict(policy.Error), j.Overrides)
	}

	for _, off := range []string{`versions: [{id: one, dep: "**", agree: same, severity: off}]`, `sums: {missing: off}`} {
		r := parseRepository(t, "-- modgov.yaml --\nversion: 1\n"+off+"\n-- a/go.mod --\nmodule example.com/a\n\ngo 1.24\n\n"+
			"require example.com/x v1.0.0\n-- a/go.sum --\nexample.com/y v1.0.0/go.mod h1:"+hash+"\n"+
			"-- b/go.mod --\nmodule example.com/b\n\ngo 1.24\n\nrequire example.com/x v1.1.0\n")
		rule := map[bool]string{true: "sum-missing", false: "version-skew"}[strings.HasPrefix(off, "sums")]
		if got := shown(r.judge(t), rule); got != "" {
			t.Errorf("%s: got %s", off, got)
		}
		got := shown(r.judge(t, policy.Override{Rule: rule, Severity: policy.Warn}), rule)
		if !strings.HasPrefix(got, "warn "+rule) {
			t.Errorf("%s, but asked for: got %s", off, got)
		}
	}

	for _, rule := range []string{"go-mod-invalid", "sum-hash-conflict", "sum-malformed"} {
		for _, s := range []policy.Severity{policy.Off, policy.Warn} {
			j := parseRepository(t, policy.Lookup(rule).Bad).judge(t, policy.Override{Rule: rule, Severity: s})
			if j.Verdict(policy.Error) != policy.Fail || !strings.HasPrefix(shown(j, rule), "error "+rule) {
				t.Errorf("%s can be set to %s", rule, s)
			}
		}
	}
}

const hash = "cq1Wlc5Q/3TKMd9Nt+I/D/H5kAJrHbzSCzH20/f7O0w="
