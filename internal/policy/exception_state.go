package policy

import "time"

// An ExceptionState says what has become of an exception.
type ExceptionState string

// The states of an exception. Of several that hold, the one that asks for more counts: expired, then unused, then too
// wide, then expiring.
const (
	ExceptionActive   ExceptionState = "active"   // it waives findings
	ExceptionExpiring ExceptionState = "expiring" // it waives findings, and exception_policy.warn_before has begun
	ExceptionExpired  ExceptionState = "expired"  // its last day has passed: it waives nothing any more
	ExceptionUnused   ExceptionState = "unused"   // no finding matches it
	ExceptionTooWide  ExceptionState = "too wide" // it speaks of all dependencies in all modules
	ExceptionUnknown  ExceptionState = "unknown"  // nothing matches it, but not all that it speaks of was looked at
)

// An ExceptionUse is an exception of the policy and what it does.
type ExceptionUse struct {
	Exception *Exception
	State     ExceptionState
	// Findings match it: it waives them, or would if its day had not passed, or waives a part of them.
	Findings []*Finding
}

// DaysLeft returns how many days the exception is still valid after the day of now, in UTC: 0 on the last one,
// negative once it has expired. ok is false if it has no end.
func (e *Exception) DaysLeft(now time.Time) (days int, ok bool) {
	if e.Expires.IsZero() {
		return 0, false
	}
	return int(e.Expires.Time().Sub(DateOf(now).Time()) / (24 * time.Hour)), true
}

// state says what has become of an exception that some findings match.
func (c *checker) state(e *Exception, matched int) ExceptionState {
	days, ends := e.DaysLeft(c.Today)
	switch {
	case e.Expires.Past(c.Today):
		return ExceptionExpired
	case matched == 0 && c.wouldKnow(e):
		return ExceptionUnused
	case matched == 0:
		return ExceptionUnknown
	case c.tooWide(e):
		return ExceptionTooWide
	case ends && c.policy.ExceptionPolicy.Has("warn_before") && days <= int(c.policy.ExceptionPolicy.WarnBefore):
		return ExceptionExpiring
	}
	return ExceptionActive
}

// tooWide reports whether an exception waives what nobody has looked at yet, whichever dependency and module it is
// about. One for an item that speaks of a single dependency cannot be.
func (c *checker) tooWide(e *Exception) bool {
	everywhere := e.Modules.IsZero() || e.Modules.takesAll()
	if !everywhere || !e.Dep.IsZero() && !e.Dep.takesAll() {
		return false
	}
	for i := range c.policy.Versions {
		if v := &c.policy.Versions[i]; v.ID == e.Policy {
			return onlyPath(&v.Dep) == ""
		}
	}
	for i := range c.policy.Pins {
		if p := &c.policy.Pins[i]; p.ID == e.Policy {
			return onlyPath(&p.Dep) == ""
		}
	}
	return true
}

// takesAll reports whether a term alone selects every module.
func (s *ModuleSelector) takesAll() bool {
	if len(s.terms) != 1 {
		return false
	}
	t := &s.terms[0]
	return !t.not && (t.kind == byDir || t.kind == byPath) && t.glob.pattern == "**"
}

// takesAll reports whether a term alone selects every dependency.
func (s *DepSelector) takesAll() bool {
	if len(s.terms) != 1 {
		return false
	}
	t := &s.terms[0]
	return !t.not && t.kind == byModulePath && t.glob.pattern == "**" && t.constraint.ranges == nil
}
