package policy

import "fmt"

func exceptionExpired() *Rule {
	return &Rule{
		Name:     "exception-expired",
		Title:    "An exception whose last day has passed",
		Severity: Warn,
		Layer:    LayerDeclared,
		Since:    "0.1.0",
		Doc: `An exception of the policy has an expires date, and that day is over (UTC). It waives nothing any more: what it
covered counts again. The exception itself is reported as long as it stands in the file, so that a waiver which
nobody needs any more is removed, and one which somebody does is renewed by a person and not by default.

To clear it, settle what it covered and remove it, or give it a new date and say why. The finding says how much counts
again because of it, or that not all that it speaks of could be looked at.`,
		Bad: `The last day was in 2020.
-- modgov.yaml --
version: 1
exceptions:
  - {id: EX-1, rule: version-skew, dep: example.com/x, reason: "next quarter", expires: 2020-03-31}
-- go.mod --
module example.com/app

go 1.24
`,
		Good: `-- modgov.yaml --
version: 1
-- go.mod --
module example.com/app

go 1.24
`,
		// The exceptions are judged after all rules have spoken: by except.
		Check: func(*checker) []*Finding { return nil },
	}
}

// expired reports an exception whose day has passed; again counts the findings that it covered and nothing else waives.
func (c *checker) expired(e *Exception, again int) *Finding {
	f := aboutException(exceptionExpired(), e, fmt.Sprintf("exception %s expired on %s", e.ID, e.Expires))
	f.At = append(f.At, Span{e.keyPos("expires"), "valid through that day"})
	f.Fix = command("modgov", "exceptions", "renew", e.ID)
	switch {
	case again == 0 && !c.wouldKnow(e):
		f.Message += "; not all that it speaks of was looked at"
		f.Fix = "" // whether it is to be renewed or removed is not known
	case again == 0:
		f.Message += "; nothing counts again because of it"
		f.Fix = command("modgov", "exceptions", "prune", "--expired")
	case again == 1:
		f.Message += "; a finding that it covered counts again"
	default:
		f.Message += fmt.Sprintf("; %d findings that it covered count again", again)
	}
	return f
}
