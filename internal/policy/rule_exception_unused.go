package policy

import "fmt"

func exceptionUnused() *Rule {
	return &Rule{
		Name:     "exception-unused",
		Title:    "An exception that waives nothing",
		Severity: Warn,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `An exception of the policy matches no finding. Either what it was for has been settled, or it never matched: a
module was renamed, a path misspelt, the rule is another one. Left in the file it will one day waive something that
nobody has looked at.

It is reported if every module that the exception may speak of could be judged; where a build list is missing, or a
module was left out by --module, nothing is said. An exception for a rule that this modgov does not have, or whose
layer was not asked, is left alone too. Expired exceptions are reported by exception-expired instead.

To clear it, remove the exception, or correct what it selects.`,
		Bad: `Nothing differs.
-- modgov.yaml --
version: 1
exceptions:
  - {id: EX-1, rule: version-skew, dep: example.com/x, reason: "next quarter"}
-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.0.0
`,
		Good: `-- modgov.yaml --
version: 1
exceptions:
  - {id: EX-1, rule: version-skew, dep: example.com/x, reason: "next quarter"}
-- a/go.mod --
module example.com/a

go 1.24

require example.com/x v1.0.0
-- b/go.mod --
module example.com/b

go 1.24

require example.com/x v1.1.0
`,
		// The exceptions are judged after all rules have spoken: by except.
		Check: func(*checker) []*Finding { return nil },
	}
}

func (c *checker) unused(e *Exception) *Finding {
	what := "rule " + e.Rule
	if e.Policy != "" {
		what = "policy item " + e.Policy
	}
	message := fmt.Sprintf("exception %s waives nothing: no finding of %s matches it", e.ID, what)
	f := aboutException(exceptionUnused(), e, message)
	f.Fix = "modgov exceptions prune --unused"
	return f
}

// aboutException begins a finding about an exception.
func aboutException(r *Rule, e *Exception, message string) *Finding {
	return &Finding{
		Rule: r.Name, Item: &e.Item, Dep: onlyPath(&e.Dep), Subject: e.Pos.File, Message: message, At: []Span{{e.Pos, ""}},
	}
}
