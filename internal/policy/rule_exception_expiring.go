package policy

import "fmt"

func exceptionExpiring() *Rule {
	return &Rule{
		Name:     "exception-expiring",
		Title:    "An exception that will soon expire",
		Severity: Warn,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `An exception of the policy waives something, and its last day (UTC) is near: no more than
exception_policy.warn_before away, 14 days if the policy does not say. On the day after it, what the exception waives
counts again and may fail a check that nobody has touched. Reported before, it can be settled in time.

An exception that waives nothing is reported by exception-unused instead, one whose day has passed by
exception-expired. An exception whose rule or layer was not asked is left alone.

To clear it, settle what it waives and remove it, or give it a new date and say why. Severity off, at the exception,
keeps it quiet.`,
		Bad: `The last day is within the time that warn_before gives.
-- modgov.yaml --
version: 1
exceptions:
  - {id: EX-1, rule: version-skew, dep: example.com/x, reason: "next quarter", expires: 2099-12-31}
exception_policy: {warn_before: 30000d}
-- a/go.mod --
module example.com/a

go 1.24

require example.com/x v1.0.0
-- b/go.mod --
module example.com/b

go 1.24

require example.com/x v1.1.0
`,
		Good: `-- modgov.yaml --
version: 1
exceptions:
  - {id: EX-1, rule: version-skew, dep: example.com/x, reason: "next quarter", expires: 2099-12-31}
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

// expiring reports an exception that waives something and has few days left.
func (c *checker) expiring(use ExceptionUse) *Finding {
	e, when := use.Exception, "today"
	if days, _ := e.DaysLeft(c.Today); days > 0 {
		when = "in " + Count(days, "day")
	}
	f := aboutException(exceptionExpiring(), e, fmt.Sprintf("exception %s expires %s, on %s; it covers %s",
		e.ID, when, e.Expires, Count(len(use.Findings), "finding")))
	f.Fix = command("modgov", "exceptions", "renew", e.ID)
	f.At = append(f.At, Span{e.keyPos("expires"), "valid through that day"})
	if p := &c.policy.ExceptionPolicy; p.Has("warn_before") {
		f.Because = []Span{{p.keyPos("warn_before"), "reported that long before"}}
	}
	return f
}
