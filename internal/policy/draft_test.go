package policy_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/modgov/modgov/internal/policy"
)

// A draft of every small repository that the rules have as a bad example or as a case is a policy by which nothing is
// left that fails, but for what no exception waives; and no exception is needless.
func TestDraftsOfAllCases(t *testing.T) {
	t.Parallel()
	texts := map[string]string{}
	for _, r := range policy.Rules() {
		texts["the bad example of "+r.Name] = r.Bad
	}
	for _, file := range caseFiles(t) {
		texts[file] = readText(t, file)
	}
	o := policy.DraftOptions{Today: policy.DateOf(today), Expires: policy.DateOf(today).AddDays(90)}
	for name, text := range texts {
		r := parseRepository(t, text)
		r.policy = policy.Default()
		facts := r.judge(t).Facts
		base, err := policy.Parse("modgov.yaml", policy.DraftBase(facts, o))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		j := policy.Judge(base, facts)
		draft, number, err := policy.DraftExceptions("modgov.yaml", policy.DraftBase(facts, o), j, o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		p, err := policy.Parse("modgov.yaml", draft)
		if err != nil || len(p.Exceptions) != number {
			t.Errorf("%s: %d exceptions, %v\n%s", name, number, err, draft)
			continue
		}
		j = policy.Judge(p, facts)
		for _, f := range j.Findings {
			if f.Exception == nil && f.Severity >= policy.Warn && policy.Waivable(f.Rule) {
				t.Errorf("%s: still %s %s: %s\n%s", name, f.Rule, f.Subject, f.Message, draft)
			}
		}
		for _, use := range j.Exceptions {
			if use.State != policy.ExceptionActive && use.State != policy.ExceptionUnknown {
				t.Errorf("%s: %s is %s", name, use.Exception.ID, use.State)
			}
		}
	}
}

// TestSuggest ranks: fewest modules, then the shortest way, whatever is waived.
func TestSuggest(t *testing.T) {
	t.Parallel()
	const goMod = "\n-- %s/go.mod --\nmodule example.com/%s\n\ngo 1.24\n\nrequire (\n%s)\n"
	mod := func(dir string, lines ...string) string {
		return strings.NewReplacer("%s)", strings.Join(lines, "")+")", "%s", dir).Replace(goMod)
	}
	r := parseRepository(t, `
-- modgov.yaml --
version: 1
exceptions:
  - {id: EX-1, rule: version-skew, dep: example.com/minor}
`+mod("a", "\texample.com/minor v1.0.0\n", "\texample.com/patch v1.0.0\n", "\texample.com/two v1.0.0\n")+
		mod("b", "\texample.com/minor v1.1.0\n", "\texample.com/patch v1.0.1\n", "\texample.com/two v1.0.0\n")+
		mod("c", "\texample.com/two v1.0.1\n"))
	j := r.judge(t)
	ranked, _ := j.Suggest()
	var got []string
	ranked = slices.DeleteFunc(ranked, func(s *policy.Suggestion) bool { return s.Findings[0].Rule == "sum-missing" })
	for _, s := range ranked {
		got = append(got, s.Command+" "+s.Distance.String()+" "+strings.Join(s.Modules, ","))
	}
	want := []string{
		"modgov fix --dep example.com/patch patch a",
		"modgov fix --excepted --dep example.com/minor minor a",
		"modgov fix --dep example.com/two patch a,b",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(ranked) == 3 && (len(ranked[1].Exceptions) != 1 || ranked[1].Exceptions[0].ID != "EX-1") {
		t.Errorf("exceptions %v", ranked[1].Exceptions)
	}
	r.policy.DropExceptions(func(e *policy.Exception) bool { return e.ID == "EX-1" })
	for _, f := range r.judge(t).Findings {
		if f.Exception != nil {
			t.Errorf("%s is waived by what was dropped", f.ID())
		}
	}
}

// What a repository gives to a draft as text stays text.
func TestDraftOfOddNames(t *testing.T) {
	t.Parallel()
	r := parseRepository(t, "-- odd [x]{y}, *!/go.mod --\nmodule example.com/a\n\ngo 1.24\n\n"+
		"require example.com/x v1.0.0\n-- b, c/go.mod --\nmodule example.com/b\n\ngo 1.24\n\nrequire example.com/x v1.1.0\n")
	o := policy.DraftOptions{Today: policy.DateOf(today), Expires: policy.DateOf(today).AddDays(90)}
	j := r.judge(t)
	draft, number, err := policy.DraftExceptions("modgov.yaml", policy.DraftBase(j.Facts, o), j, o)
	if err != nil || number == 0 {
		t.Fatalf("%d exceptions, %v", number, err)
	}
	p, err := policy.Parse("modgov.yaml", draft)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range policy.Judge(p, j.Facts).Findings {
		if f.Exception == nil && f.Severity >= policy.Warn && policy.Waivable(f.Rule) {
			t.Errorf("still %s %s: %s\n%s", f.Rule, f.Subject, f.Message, draft)
		}
	}
}

func readText(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
