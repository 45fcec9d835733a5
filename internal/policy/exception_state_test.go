package policy_test

import (
	"testing"
	"time"

	"github.com/modgov/modgov/internal/policy"
)

// exceptionStates has an exception in each state.
const exceptionStates = `
-- modgov.yaml --
version: 1
pins: [{id: pin-y, dep: example.com/y, version: v1.0.0}]
exceptions:
  - {id: active, rule: version-skew, dep: example.com/x, expires: 2026-12-31}
  - {id: soon, rule: version-skew, dep: example.com/x, expires: 2026-07-15}
  - {id: expired, rule: version-skew, dep: example.com/x, expires: 2026-06-30}
  - {id: unused, rule: version-skew, dep: example.com/none, expires: 2026-06-30}
  - {id: never, rule: version-skew, dep: example.com/none}
  - {id: wide, rule: version-skew, dep: "**", modules: ["**"]}
  - {id: one, policy: pin-y}
  - {id: remote, rule: retracted, dep: example.com/x}
exception_policy: {warn_before: 2w}
-- a/go.mod --
module example.com/a

go 1.24

require (
	example.com/x v1.0.0
	example.com/y v1.1.0
)
-- b/go.mod --
module example.com/b

go 1.24

require example.com/x v1.1.0
`

// TestExceptionStates shows each state once.
func TestExceptionStates(t *testing.T) {
	t.Parallel()
	j := parseRepository(t, exceptionStates).judge(t)
	want := map[string]policy.ExceptionState{
		"active": policy.ExceptionActive, "soon": policy.ExceptionExpiring, "expired": policy.ExceptionExpired,
		"unused": policy.ExceptionExpired, "never": policy.ExceptionUnused, "wide": policy.ExceptionTooWide,
		"one": policy.ExceptionActive, "remote": policy.ExceptionUnknown,
	}
	matched := map[string]int{"active": 1, "soon": 1, "expired": 1, "wide": 1, "one": 1}
	if len(j.Exceptions) != len(want) {
		t.Errorf("%d exceptions, want %d", len(j.Exceptions), len(want))
	}
	for _, use := range j.Exceptions {
		if (use.Wide != "") != (use.State == policy.ExceptionTooWide) {
			t.Errorf("%s is %s: %q", use.Exception.ID, use.State, use.Wide)
		}
		if id := use.Exception.ID; use.State != want[id] || len(use.Findings) != matched[id] {
			t.Errorf("%s is %s with %d findings, want %s with %d", id, use.State, len(use.Findings), want[id], matched[id])
		}
	}
}

func TestDaysLeft(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 0, 30, 0, 0, time.FixedZone("east", 3600)) // still 1 March in UTC
	for text, want := range map[string]int{"2026-03-01": 0, "2026-03-02": 1, "2026-02-28": -1, "2027-03-01": 365} {
		d, err := policy.ParseDate(text)
		if err != nil {
			t.Fatal(err)
		}
		e := policy.Exception{Expires: d}
		if days, ok := e.DaysLeft(now); days != want || !ok {
			t.Errorf("%s: %d, %v; want %d", text, days, ok, want)
		}
	}
	if _, ok := (&policy.Exception{}).DaysLeft(now); ok {
		t.Error("an exception without an end has days left")
	}
}

// An exception is too wide if nothing bounds it, or if it reaches beyond its owner; never if nothing could bound it.
func TestExceptionTooWide(t *testing.T) {
	t.Parallel()
	j := parseRepository(t, `
-- modgov.yaml --
version: 1
owners: {teams: {pay: {modules: "pay/**"}, ord: {modules: "ord/**"}}}
exceptions:
  - {id: all, rule: replace-ineffective}
  - {id: soon, rule: replace-ineffective, expires: 2026-07-01}
  - {id: bounded, rule: replace-ineffective, modules: "team:pay", owner: pay}
  - {id: beyond, rule: replace-ineffective, dep: x.org/y, owner: pay}
  - {id: central, rule: replace-ineffective, dep: x.org/y, owner: security}
  - {id: no-module, rule: work-dangling}
-- go.work --
go 1.24

use ./gone
-- pay/api/go.mod --
module x.org/pay

go 1.24

replace x.org/y => x.org/y v1.0.0
-- ord/api/go.mod --
module x.org/ord

go 1.24

replace x.org/y => x.org/y v1.0.0
`).judge(t)
	const all = "it speaks of all dependencies in all modules"
	want := map[string]policy.ExceptionUse{
		"all": {State: policy.ExceptionTooWide, Wide: all}, "soon": {State: policy.ExceptionExpiring, Wide: all},
		"beyond": {
			State: policy.ExceptionTooWide, Wide: "it names no modules, and matches in those of other teams than pay: ord/api",
		},
		"bounded": {State: policy.ExceptionActive}, "central": {State: policy.ExceptionActive},
		"no-module": {State: policy.ExceptionActive},
	}
	for _, use := range j.Exceptions {
		if w := want[use.Exception.ID]; use.State != w.State || use.Wide != w.Wide {
			t.Errorf("%s is %s: %q, want %s: %q", use.Exception.ID, use.State, use.Wide, w.State, w.Wide)
		}
	}
}
