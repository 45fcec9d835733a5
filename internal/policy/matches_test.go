package policy_test

import (
	"fmt"
	"strings"
	"testing"
)

const matchesRepository = `
-- modgov.yaml --
version: 1
modules:
  include: "testdata/seen"
  exclude: old
  tags: {lib: "libs/*", gone: "gone/**"}
  published: "tag:lib"
owners: {teams: {a: {modules: libs/a, contact: "#a"}, none: {contact: "#n"}}}
sets: {two: "x.org/{two,deux}"}
versions:
  - {id: floor, dep: x.org/one, at-least: v1.0.0}
  - {id: all, dep: "x.org/**", among: all, agree: same}
  - {id: narrow, dep: "set:two", in: "libs/**", agree: any}
pins:
  - {id: wide-pin, dep: "x.org/p*", version: v1.0.0}
  - id: pin
    dep: x.org/pin
    version: v1.0.0
    in: app
    alternates: [{id: alternate, version: v1.1.0, in: app}]
bans:
  - {id: ban, dep: "x.org/two@<1.1", scope: direct}
  - {id: wide-ban, dep: "x.org/{t,o}*@<1.1", severity: off}
boundaries:
  - {id: boundary, from: "tag:lib", deny: "x.org/**", allow: "x.org/{one,pin}"}
replaces: {allow: [{id: allow, dep: y.org/fork}]}
sources: {hosts: "x.org/**"}
go: {line: same}
exceptions:
  - {id: EX-1, rule: replace-ineffective, modules: "libs/**"}
vendor: {modules: app}
release: {groups: [{id: group, modules: "tag:lib"}]}
-- app/go.mod --
module y.org/app

go 1.24

require (
	x.org/one v1.0.0
	x.org/pin v1.0.0
	y.org/own v1.0.0
	x.org/two v1.0.0 // indirect
)
-- libs/a/go.mod --
module y.org/a

go 1.24

require (
	x.org/one v1.0.0
	x.org/two v1.0.0
	x.org/pin v1.0.0
)

replace y.org/fork => y.org/other v1.0.0
-- old/go.mod --
module y.org/old
-- testdata/seen/go.mod --
module y.org/seen

go 1.24
`

// Every section that selects something is there, with what it selects and with who counts in its place.
func TestMatches(t *testing.T) {
	t.Parallel()
	const want = `modules include: [testdata/seen]
modules exclude: [old]
modules published: [libs/a]
modules.tags lib: [libs/a]
modules.tags gone: []
owners.teams a: [libs/a]; #a
owners.teams none: []; #n
vendor modules: [app]
sets two: x.org/two [app libs/a]
versions floor: [app libs/a testdata/seen] x.org/one [app libs/a]
versions all: [app libs/a testdata/seen] x.org/one [app libs/a] x.org/pin [], pin in [app], wide-pin in [libs/a] x.org/two [app], narrow in [libs/a]
versions narrow: [libs/a] x.org/two [libs/a]
versions default: [app libs/a testdata/seen] y.org/own [app]
pins wide-pin: [app libs/a testdata/seen] x.org/pin [libs/a], pin in [app]
pins pin: [app] x.org/pin [app]
pins.alternates alternate: [app] x.org/pin [app]; 1 findings
bans ban: [app libs/a testdata/seen] x.org/two [libs/a]; 1 findings
bans wide-ban: [app libs/a testdata/seen] x.org/one [app libs/a] x.org/two [], ban in [app libs/a]
boundaries boundary: [libs/a] x.org/two [libs/a]; 1 findings
sources sources: [app libs/a testdata/seen] x.org/one [app libs/a] x.org/pin [app libs/a] x.org/two [app libs/a]; 1 findings
replaces replaces: [app libs/a testdata/seen] y.org/fork [libs/a]
replaces.allow allow: [app libs/a testdata/seen] y.org/fork [libs/a]
go go: [app libs/a testdata/seen]
exceptions EX-1: [libs/a] y.org/fork [libs/a]; active; 1 findings
release.groups group: [libs/a]
`
	var b strings.Builder
	r := parseRepository(t, matchesRepository)
	for _, m := range r.judge(t).Matches() {
		fmt.Fprintf(&b, "%s %s:", m.Section, m.ID)
		if m.Modules != nil {
			fmt.Fprintf(&b, " %v", m.Modules)
		}
		for _, d := range m.Deps {
			fmt.Fprintf(&b, " %s %v", d.Path, d.Modules)
			for _, o := range d.Outranked {
				fmt.Fprintf(&b, ", %s in %v", o.By, o.Modules)
			}
		}
		if m.State != "" {
			fmt.Fprintf(&b, "; %s", m.State)
		}
		if m.Contact != "" {
			fmt.Fprintf(&b, "; %s", m.Contact)
		}
		if m.Findings > 0 {
			fmt.Fprintf(&b, "; %d findings", m.Findings)
		}
		if m.ID != "default" && (m.Pos.File != "modgov.yaml" || m.Pos.Line == 0) {
			t.Errorf("%s %s stands nowhere", m.Section, m.ID)
		}
		b.WriteByte('\n')
	}
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
	}
}
