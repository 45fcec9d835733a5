package policy_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/policy"
)

const objectionRepository = `
-- modgov.yaml --
version: 1
versions:
  - {id: floor, dep: x.org/floor, at-least: v1.2.0}
  - {id: floor-direct, dep: x.org/listed, at-least: v1.2.0, among: direct}
pins:
  - id: pin
    dep: x.org/pin
    version: v1.1.0
    alternates:
      - {version: v1.0.0, in: a, expires: 2099-12-31}
      - {version: v1.0.1, in: a, expires: 2020-01-01}
bans:
  - {id: ban, dep: "x.org/ban@>=1.2"}
  - {id: ban-direct, dep: "x.org/listed@>=1.3", scope: direct}
exceptions:
  - {id: EX-1, policy: floor, modules: b}
-- a/go.mod --
module y.org/a

go 1.24

require (
	x.org/ban v1.0.0
	x.org/floor v1.2.0
	x.org/free v1.5.0
	x.org/listed v1.0.0 // indirect
	x.org/pin v1.1.0
	x.org/wild v2.0.0+incompatible
)

exclude x.org/free v1.9.0
-- b/go.mod --
module y.org/b

go 1.24

require (
	x.org/floor v1.1.0
	x.org/listed v1.2.0
	x.org/pin v1.1.0
)
`

// TestObjections: which lines of the policy let a module not have a version.
func TestObjections(t *testing.T) {
	t.Parallel()
	j := parseRepository(t, objectionRepository).judge(t)
	rules := j.VersionRules()
	for _, test := range []struct{ dir, dep, version, want string }{
		{"a", "x.org/pin", "v1.1.0", ""},
		{"a", "x.org/pin", "v1.2.0", "version-pin: pinned to v1.1.0 (pin, modgov.yaml:8:5)"},
		{"a", "x.org/pin", "v1.0.0", ""}, // an alternate
		{"a", "x.org/pin", "v1.0.1", "version-pin: pinned to v1.1.0 (pin, modgov.yaml:8:5)"}, // one that has expired
		{"b", "x.org/pin", "v1.0.0", "version-pin: pinned to v1.1.0 (pin, modgov.yaml:8:5)"}, // one for a
		{"a", "x.org/floor", "v1.1.0", "version-floor: at least v1.2.0 is asked for (floor, modgov.yaml:3:35)"},
		{"b", "x.org/floor", "v1.1.0", ""}, // an exception
		{"a", "x.org/ban", "v1.1.9", ""},
		{"a", "x.org/ban", "v1.2.0", "banned: banned (ban, modgov.yaml:13:15)"},
		{"a", "x.org/listed", "v1.0.0", ""}, // only modules that list it directly
		{"a", "x.org/listed", "v1.3.0", ""},
		{"b", "x.org/listed", "v1.1.0", "version-floor: at least v1.2.0 is asked for (floor-direct, modgov.yaml:4:43)"},
		{"b", "x.org/listed", "v1.3.0", "banned: banned (ban-direct, modgov.yaml:14:22)"},
	} {
		var got []string
		objections := rules.Objections(j.Facts.Workspace.Module(test.dir), module.Version{Path: test.dep, Version: test.version})
		for i := range objections {
			got = append(got, objections[i].Rule+": "+objections[i].String())
		}
		if strings.Join(got, "; ") != test.want {
			t.Errorf("%s in %s at %s: %q, want %q", test.dep, test.dir, test.version, got, test.want)
		}
	}
}

// TestChoose: what a query means, as go has it, and what the policy makes of it.
func TestChoose(t *testing.T) {
	t.Parallel()
	j := parseRepository(t, objectionRepository).judge(t)
	rules := j.VersionRules()
	plain := []string{"v1.4.0", "v1.5.0", "v1.5.1", "v1.5.2", "v1.6.0", "v1.7.0", "v1.8.0-rc.1", "v1.9.0"}
	for _, test := range []struct {
		dir, dep, has string
		query         policy.Query
		offer         policy.Offer
		want, newer   string
	}{
		// v1.7.0 is retracted, v1.9.0 excluded in a.
		{"a", "x.org/free", "v1.5.0", policy.Latest, policy.Offer{Versions: plain}, "v1.6.0", ""},
		{"a", "x.org/free", "v1.5.0", policy.Upgrade, policy.Offer{Versions: plain}, "v1.6.0", ""},
		{"a", "x.org/free", "v1.5.0", policy.Patch, policy.Offer{Versions: plain}, "v1.5.2", ""},
		{"a", "x.org/free", "v1.6.0", policy.Patch, policy.Offer{Versions: plain}, "v1.6.0", ""},
		{"a", "x.org/free", "v1.8.0-beta", policy.Latest, policy.Offer{Versions: plain}, "v1.6.0", ""},
		{"a", "x.org/free", "v1.8.0-beta", policy.Upgrade, policy.Offer{Versions: plain}, "v1.8.0-rc.1", ""},
		{"a", "x.org/free", "v2.0.0-0.20260101000000-abcdefabcdef", policy.Upgrade, policy.Offer{Versions: plain},
			"v2.0.0-0.20260101000000-abcdefabcdef", ""},
		{"a", "x.org/free", "v0.1.0-alpha", policy.Latest, policy.Offer{Versions: []string{"v0.1.0-beta"}}, "v0.1.0-beta", ""},
		{"a", "x.org/free", "v0.0.0-20250101000000-abcdefabcdef", policy.Latest,
			policy.Offer{Newest: "v0.0.0-20260101000000-abcdefabcdef"}, "v0.0.0-20260101000000-abcdefabcdef", ""},
		{"a", "x.org/free", "v1.5.0", policy.Latest, policy.Offer{Versions: []string{"v1.7.0"}}, "", ""},
		{"a", "x.org/wild", "v2.0.0+incompatible", policy.Upgrade, policy.Offer{Versions: []string{"v1.0.0"},
			Incompatible: []string{"v1.0.0", "v2.0.0+incompatible", "v3.0.0+incompatible"}}, "v3.0.0+incompatible", ""},

		{"a", "x.org/pin", "v1.0.0", policy.Latest, policy.Offer{Versions: []string{"v1.0.0", "v1.1.0", "v1.2.0"}}, "v1.1.0", "v1.2.0"},
		{"b", "x.org/pin", "v1.2.0", policy.Upgrade, policy.Offer{Versions: []string{"v1.0.0", "v1.1.0", "v1.3.0"}}, "v1.2.0", "v1.3.0"},
		{"a", "x.org/ban", "v1.0.0", policy.Upgrade, policy.Offer{Versions: []string{"v1.0.0", "v1.1.0", "v1.2.0"}}, "v1.1.0", "v1.2.0"},
		{"a", "x.org/floor", "v1.0.0", policy.Patch, policy.Offer{Versions: []string{"v1.0.1", "v1.2.0"}}, "v1.0.0", "v1.0.1"},
		{"a", "x.org/floor", "v1.0.0", policy.Latest, policy.Offer{Versions: []string{"v1.0.1"}}, "", "v1.0.1"},
	} {
		test.offer.Retracted = func(version string) bool { return version == "v1.7.0" }
		got := rules.Choose(j.Facts.Workspace.Module(test.dir), test.dep, test.has, test.query, &test.offer)
		if got.Version != test.want || got.Newer != test.newer || (got.Newer == "") != (len(got.Objections) == 0) {
			t.Errorf("%s@%s in %s, which has %s: %+v, want %q, %q", test.dep, test.query, test.dir, test.has, got, test.want, test.newer)
		}
	}
}

// TestListedBy: modules that list a dependency, and unpruned ones that have it.
func TestListedBy(t *testing.T) {
	t.Parallel()
	rules := parseRepository(t, objectionRepository).judge(t).VersionRules()
	for dep, want := range map[string][]string{"x.org/listed": {"a", "b"}, "x.org/ban": {"a"}, "x.org/none": nil} {
		var got []string
		for _, m := range rules.ListedBy(dep) {
			got = append(got, m.Dir)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", dep, got, want)
		}
	}
}
