package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const lookupPolicy = `version: 1
modules: {tags: {prod: services/**}}
sets: {otel: "go.opentelemetry.io/otel/**"}
versions:
  - {id: floor-net, dep: golang.org/x/net, at-least: v0.50.0}
  - {id: all, dep: "**", agree: same-minor}
  - {id: x, dep: golang.org/x/**, agree: same}
  - {id: x-prod, dep: golang.org/x/**, agree: any, in: "tag:prod"}
  - {id: x-pay, dep: golang.org/x/**, agree: same-major, in: services/pay}
  - {id: otel, dep: "set:otel", agree: same, severity: error}
  - {id: floor-x, dep: golang.org/x/**, at-least: v0.40.0}
  - {id: floor-prod, dep: golang.org/x/**, at-least: v0.60.0, in: "tag:prod"}
  - {id: tie-1, dep: tie.org/a, agree: same, in: [services/pay, libs/a]}
  - {id: tie-2, dep: tie.org/a, agree: any, in: [services/pay, libs/b]}
  - {id: same-1, dep: tie.org/b, agree: same, in: [services/pay, libs/a]}
  - {id: same-2, dep: tie.org/b, agree: same, in: [services/pay, libs/b]}
pins:
  - id: grpc
    dep: google.golang.org/grpc
    version: v1.66.0
    resolve: replace
    alternates:
      - {version: v1.64.1, in: services/pay, expires: 2027-01-31}
      - {version: v1.63.0, in: services/**}
  - {id: grpc-libs, dep: google.golang.org/grpc, version: v1.65.0, in: libs/**}
  - {id: siblings, dep: "module:libs/**", version: v1.0.0}
exceptions:
  - {id: EX-1, policy: x, dep: golang.org/x/net, modules: libs/a, expires: 2026-12-31}
  - {id: EX-2, rule: version-skew, dep: "golang.org/x/**@<0.50"}
  - {id: EX-3, rule: version-skew, modules: "!services/**", expires: 2026-01-31}
  - {id: EX-4, rule: sum-missing}
  - {id: EX-5, policy: default}
`

func lookup(t *testing.T) *Policy {
	t.Helper()
	p, err := Parse("modgov.yaml", []byte(lookupPolicy))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAgreement(t *testing.T) {
	t.Parallel()
	p := lookup(t)
	tests := []struct{ dep, dir, want string }{
		{"github.com/a/b", "libs/a", "all"},
		{"golang.org/x/net", "libs/a", "x"}, // the floor of the exact path does not speak of agreement
		{"golang.org/x/net", "services/orders", "x-prod"},
		{"golang.org/x/net", "services/pay", "x-pay"},
		{"go.opentelemetry.io/otel/sdk", "services/pay", "otel"},
		{"tie.org/a", "libs/a", "tie-1"},
		{"tie.org/a", "libs/b", "tie-2"},
		{"tie.org/a", "libs/c", "all"},
		{"tie.org/a", "services/pay", "tie-1, but tie-2"},
		{"tie.org/b", "services/pay", "same-1"},
	}
	for _, test := range tests {
		item, rival := p.forDep(DepInfo{Path: test.dep}).Agreement(p.Info(test.dir, ""))
		got := item.ID
		if rival != nil {
			got += ", but " + rival.ID
		}
		if got != test.want {
			t.Errorf("%s in %s: %s, want %s", test.dep, test.dir, got, test.want)
		}
	}
}

// TestDefault: without a file, and with the shortest one, one version as a warning, missing sums as errors.
func TestDefault(t *testing.T) {
	t.Parallel()
	short, err := Parse("modgov.yaml", []byte("version: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]*Policy{"no file": Default(), "version: 1": short} {
		item, rival := p.forDep(DepInfo{Path: "x.org/a"}).Agreement(p.Info(".", "x.org"))
		if item.ID != BuiltinID || item.Agree != AgreeSame || *item.Severity != Warn ||
			item.Prefer != PreferHighest || item.Resolve != ResolveRequire || item.Pos.Line != 0 || rival != nil {
			t.Errorf("%s: %+v", name, item)
		}
		if p.Sums.Missing != Error || p.Sums.Stale != Warn || !p.Go.Line.IsZero() || p.Replaces.Local != "" {
			t.Errorf("%s: %+v, %+v, %+v", name, p.Sums, p.Go, p.Replaces)
		}
		if len(p.NotEvaluated()) > 0 {
			t.Errorf("%s: %v is not evaluated", name, p.NotEvaluated())
		}
	}
	if Default().File != "" || short.File != "modgov.yaml" {
		t.Error("the built-in policy has no file")
	}
}

func TestFloors(t *testing.T) {
	t.Parallel()
	p := lookup(t)
	for dir, want := range map[string]string{
		"libs/a":       "floor-net floor-x",
		"services/pay": "floor-prod floor-net floor-x",
	} {
		var got []string
		for _, f := range p.forDep(DepInfo{Path: "golang.org/x/net"}).Floors(p.Info(dir, "")) {
			got = append(got, f.ID)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: floors %q, want %q", dir, got, want)
		}
	}
}

func TestPin(t *testing.T) {
	t.Parallel()
	p := lookup(t)
	tests := []struct {
		dep  DepInfo
		dir  string
		want string
	}{
		{DepInfo{Path: "google.golang.org/grpc"}, "services/pay", "grpc v1.66.0 replace, or v1.64.1 or v1.63.0"},
		{DepInfo{Path: "google.golang.org/grpc"}, "services/a", "grpc v1.66.0 replace, or v1.63.0"},
		{DepInfo{Path: "google.golang.org/grpc"}, "libs/a", "grpc-libs v1.65.0 require"},
		{DepInfo{Path: "google.golang.org/grpc/cmd"}, "libs/a", "none"},
		{DepInfo{Path: "x.org/auth", Dir: "libs/auth"}, "services/a", "siblings v1.0.0 require"},
	}
	for _, test := range tests {
		m, got := p.Info(test.dir, ""), "none"
		if pin, rival := p.forDep(test.dep).Pin(m); pin != nil {
			got = fmt.Sprintf("%s %s %s", pin.ID, pin.Version, pin.Resolve)
			for i, a := range pin.alternatesFor(m) {
				got += [...]string{", or ", " or "}[min(i, 1)] + string(a.Version)
			}
			if rival != nil {
				t.Errorf("%s in %s: a rival %s", test.dep.Path, test.dir, rival.ID)
			}
		}
		if got != test.want {
			t.Errorf("%s in %s: %s, want %s", test.dep.Path, test.dir, got, test.want)
		}
	}
}

func TestExceptionsFor(t *testing.T) {
	t.Parallel()
	p := lookup(t)
	net := DepInfo{Path: "golang.org/x/net", Version: "v0.45.0"}
	fixed := DepInfo{Path: "golang.org/x/net", Version: "v0.50.0"}
	tests := []struct {
		claim Claim
		day   string
		want  string
	}{
		{Claim{"version-skew", "x", net, p.Info("libs/a", "")}, "2026-01-31", "EX-1 EX-2 EX-3"},
		{Claim{"version-skew", "x", net, p.Info("libs/a", "")}, "2026-02-01", "EX-1 EX-2 EX-3 (expired)"},
		{Claim{"version-skew", "x", net, p.Info("libs/a", "")}, "2027-01-01", "EX-2 EX-1 (expired) EX-3 (expired)"},
		{Claim{"version-skew", "x", fixed, p.Info("services/pay", "")}, "2026-01-01", ""},
		{Claim{"version-skew", "x", DepInfo{Path: net.Path}, p.Info("services/pay", "")}, "2026-01-01", ""},
		{Claim{"version-pin", "x", net, p.Info("libs/a", "")}, "2026-01-01", "EX-1"},
		{Claim{"version-pin", "grpc", net, p.Info("libs/a", "")}, "2026-01-01", ""},
		{Claim{"version-skew", BuiltinID, DepInfo{Path: "a.org/b"}, p.Info("services/pay", "")}, "2026-01-01", "EX-5"},
		{Claim{Rule: "sum-missing"}, "2026-01-01", "EX-4"},
		{Claim{Rule: "version-skew"}, "2026-01-01", ""}, // speaks of no dependency and no module: none of those that do
		{Claim{Rule: "sum-hash-conflict", Dep: net}, "2026-01-01", ""},
	}
	for _, test := range tests {
		now, err := time.Parse(time.DateOnly, test.day)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range p.exceptionsFor(test.claim, now) {
			text := e.ID
			if e.Expires.past(now) {
				text += " (expired)"
			}
			got = append(got, text)
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%+v on %s: %q, want %q", test.claim, test.day, got, test.want)
		}
	}
}

// TestItemIDs: items without an id are named after what they select.
func TestItemIDs(t *testing.T) {
	t.Parallel()
	p, err := Parse("p.yaml", []byte(`version: 1
versions:
  - {dep: "**", agree: same}
  - {dep: ["set:s", x.org/b, "!x.org/c"], agree: any}
  - {dep: "x.org/{a,b}", at-least: v1.0.0, in: [libs/**, "tag:t"]}
sets: {s: x.org/a}
modules: {tags: {t: a}}
pins:
  - {dep: x.org/d, version: v1.0.0, alternates: [{version: v1.1.0, in: a}, {id: alt, version: v1.2.0, in: a}]}
  - {dep: x.org/d, version: v1.0.0, in: a}
  - {dep: x.org/d, version: v1.0.0, in: a/b}
bans: [{dep: "x.org/e@>=1 <2"}, {id: go, dep: x.org/f}]
boundaries: [{from: a, deny: x.org/g}]
go: {line: same}
replaces: {local: denied, allow: [{dep: x.org/h, in: a}]}
exceptions:
  - {rule: version-skew}
  - {rule: version-skew}
  - {policy: "versions/**", dep: x.org/a, modules: a}
release: {groups: [{modules: a/**}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"versions/**", "versions/set:s+2", "versions/x.org/a+1:libs/**+1",
		"pins/x.org/d", "pins/x.org/d/v1.1.0:a", "alt", "pins/x.org/d:a", "pins/x.org/d:a/b",
		"bans/x.org/e@>=1_<2", "go", "boundaries/a", "go#2", "replaces", "replaces/x.org/h:a",
		"exceptions/version-skew", "exceptions/version-skew#2", "exceptions/versions/**:x.org/a:a", "release/a/**",
	}
	for _, id := range want {
		if item := p.items[id]; item == nil || item.ID != id {
			t.Errorf("no item %q", id)
		}
	}
	if len(p.items) != len(want) {
		t.Errorf("%d items, want %d: %v", len(p.items), len(want), p.items)
	}
	named := slices.DeleteFunc(append(want, BuiltinID), func(id string) bool { return strings.HasPrefix(id, "exceptions/") })
	slices.Sort(named)
	if got := p.ItemIDs(); !slices.Equal(got, named) {
		t.Errorf("an exception may name %q, want %q", got, named)
	}
}

func TestNotEvaluated(t *testing.T) {
	t.Parallel()
	p, err := Parse("p.yaml", []byte(`version: 1
gate: {scope: new, threshold: warn, policy_from: base}
versions:
  - {id: a, dep: x.org/a, agree: same, together: true}
  - {id: b, dep: x.org/b, follow: libs/a}
pins:
  - {id: c, dep: x.org/c, version: v1.0.0, alternates: [{id: d, version: v1.1.0, in: a, freeze: true}]}
bans: &bans
  - {id: e, dep: x.org/e}
  - {dep: x.org/f}
boundaries: []
sources: {pseudo_versions: warn}
replaces: {local: denied, in_published: deny, allow: [{id: g, dep: x.org/g}]}
vendor: {modules: a/**, drift: warn}
sums: {missing: warn, stale: off}
exceptions:
  - {id: EX-1, policy: e}
  - {id: EX-2, policy: a}
  - {id: EX-3, rule: isolation}
exception_policy: {warn_before: 180d}
release: {groups: []}
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range p.NotEvaluated() {
		got = append(got, fmt.Sprintf("%d %s", n.Pos.Line, n))
	}
	want := `15 sums: stale
19 EX-3
21 release`
	if strings.Join(got, "\n") != want {
		t.Errorf("not evaluated:\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	// All keys without effect are among them, by themselves or with all of their section.
	noted := map[string]bool{}
	for _, n := range p.NotEvaluated() {
		noted[strings.TrimSuffix(n.ID+"."+n.Key, ".")] = true
	}
	_, later := PolicyKeys()
	for key, without := range later {
		section, _, _ := strings.Cut(key, ".")
		if without && !noted[key] && !noted[section] {
			t.Errorf("%s has no effect and is not listed", key)
		}
	}
}
