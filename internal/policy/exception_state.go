package policy

import (
	"fmt"
	"slices"
	"time"
)

// An ExceptionState says what has become of an exception.
type ExceptionState string

// The states of an exception. Of several that hold, the more urgent one counts: expired, then unused, then expiring,
// then too wide.
const (
	ExceptionActive   ExceptionState = "active"   // it waives findings
	ExceptionExpiring ExceptionState = "expiring" // it waives findings, and ends within exception_policy.warn_before
	ExceptionExpired  ExceptionState = "expired"  // its last day has passed: it waives nothing any more
	ExceptionUnused   ExceptionState = "unused"   // no finding matches it
	ExceptionTooWide  ExceptionState = "too wide" // it waives findings, and ExceptionUse.Wide says why it is too wide
	ExceptionUnknown  ExceptionState = "unknown"  // nothing matches it, but not all that it speaks of was looked at
)

// An ExceptionUse is an exception of the policy and what it does.
type ExceptionUse struct {
	Exception *Exception
	State     ExceptionState
	// Findings match it: it waives them, or would if its day had not passed, or waives a part of them.
	Findings []*Finding
	// Wide says why it is too wide, in whatever state it is; "" if it is not. It is in two cases. It speaks of all
	// dependencies in all modules, and neither its item nor what it matches leaves only one dependency or none to speak
	// of. Or it reaches beyond its owner: it names no modules, and of those in which it matches some are its owner's and
	// others only those of other teams.
	Wide string
}

// DaysLeft returns how many days the exception is still valid after the day of now, in UTC: 0 on the last one,
// negative once it has expired. ok is false if it has no end.
func (e *Exception) DaysLeft(now time.Time) (days int, ok bool) {
	if e.Expires.IsZero() {
		return 0, false
	}
	return int(e.Expires.Time().Sub(DateOf(now).Time()) / (24 * time.Hour)), true
}

// state says what has become of an exception, of which all else is known.
func (c *checker) state(use *ExceptionUse) ExceptionState {
	e, matched := use.Exception, len(use.Findings)
	days, ends := e.DaysLeft(c.Today)
	switch {
	case e.Expires.past(c.Today):
		return ExceptionExpired
	case matched == 0 && c.wouldKnow(e):
		return ExceptionUnused
	case matched == 0:
		return ExceptionUnknown
	case ends && days <= int(c.policy.ExceptionPolicy.WarnBefore):
		return ExceptionExpiring
	case use.Wide != "":
		return ExceptionTooWide
	}
	return ExceptionActive
}

// wide says why an exception that some findings match is too wide, see ExceptionUse.
func (c *checker) wide(e *Exception, matched []*Finding) string {
	speaks := func(f *Finding) bool { return f.Dep != "" || len(f.Modules) > 0 }
	if slices.ContainsFunc(matched, speaks) && c.unbounded(e) {
		return "it speaks of all dependencies in all modules"
	}
	if !e.Modules.IsZero() || e.Owner == "" {
		return ""
	}
	own, others := false, []string{}
	for _, f := range matched {
		for _, dir := range f.Modules {
			m := c.Workspace.Module(dir)
			if m == nil || len(c.infos[m].Teams) == 0 {
				continue
			}
			if slices.ContainsFunc(c.infos[m].Teams, func(team string) bool { return sameTeam(team, e.Owner) }) {
				own = true
			} else {
				others = append(others, dir)
			}
		}
	}
	if !own || len(others) == 0 {
		return ""
	}
	slices.Sort(others)
	return fmt.Sprintf("it names no modules, and matches in those of other teams than %s: %s",
		e.Owner, listed(slices.Compact(others), 3))
}

// unbounded reports whether an exception waives what nobody has looked at yet, whichever dependency and module it is
// about. One for an item that speaks of a single dependency does not.
func (c *checker) unbounded(e *Exception) bool {
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
