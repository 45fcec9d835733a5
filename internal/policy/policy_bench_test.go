package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// large is a policy of 500 items and 500 exceptions, of all kinds of selector.
func large() []byte {
	var b strings.Builder
	b.WriteString("version: 1\nmodules: {tags: {lib: libs/**}}\nowners: {teams: {pay: {modules: services/pay/**}}}\n")
	b.WriteString("sets: {otel: 'go.opentelemetry.io/otel/**'}\nversions:\n  - {id: all, dep: \"**\", agree: same}\n")
	for i := range 150 {
		fmt.Fprintf(&b, "  - {id: v%d, dep: github.com/org%d/**, agree: same-minor, in: [\"tag:lib\", services/**]}\n", i, i)
		fmt.Fprintf(&b, "  - {id: f%d, dep: \"github.com/org%d/{a,b}%d\", at-least: v0.5.0}\n", i, i, i)
	}
	b.WriteString("pins:\n")
	for i := range 100 {
		fmt.Fprintf(&b, "  - {id: p%d, dep: github.com/org%d/pinned, version: v1.%d.0, in: \"!team:pay\"}\n", i, i, i)
	}
	b.WriteString("bans:\n")
	for i := range 50 {
		fmt.Fprintf(&b, "  - {id: b%d, dep: \"github.com/org%d/**@<1.1\", unless_via: github.com/org%d/via}\n", i, i, i)
	}
	b.WriteString("boundaries:\n")
	for i := range 50 {
		fmt.Fprintf(&b, "  - {id: w%d, from: [\"tag:lib\", libs/l%d], deny: [\"module:services/**\", github.com/org%d/**]}\n", i, i, i)
	}
	b.WriteString("exceptions:\n")
	for i := range 250 {
		fmt.Fprintf(&b, "  - {id: E%d, policy: all, dep: \"github.com/org%d/mod%d@<1.30\", modules: services/s%d,"+
			" created: 2026-01-01, expires: 2027-01-01, owner: pay, reason: \"because of %d\"}\n", i, i, i%7, i%50, i)
		fmt.Fprintf(&b, "  - {id: F%d, rule: version-skew, dep: github.com/org%d/**, modules: [libs/l%d, \"team:pay\"]}\n",
			i, i, i%50)
	}
	return []byte(b.String())
}

func BenchmarkParse(b *testing.B) {
	data := large()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Parse("modgov.yaml", data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLookups asks what the policy says of 1,500 dependencies in 100 modules each: versions, pins, floors, bans and
// boundaries, and for the exceptions of a finding in every tenth of these.
func BenchmarkLookups(b *testing.B) {
	p, err := Parse("modgov.yaml", large())
	if err != nil {
		b.Fatal(err)
	}
	var modules []ModuleInfo
	for i := range 50 {
		modules = append(modules, p.Info(fmt.Sprintf("services/s%d", i), ""), p.Info(fmt.Sprintf("libs/l%d", i), ""))
	}
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for b.Loop() {
		p.exceptions.Clear()
		for i := range 1500 {
			dep := DepInfo{Path: fmt.Sprintf("github.com/org%d/mod%d", i%300, i%7), Version: "v1.2.3"}
			says, bans := p.forDep(dep), p.bansOf(dep)
			p.boundariesOf(dep)
			for j, m := range modules {
				item, _ := says.Agreement(m)
				says.Pin(m)
				says.Floors(m)
				bans.In(m, dep)
				if j%10 == 0 {
					p.exceptionsFor(Claim{Rule: "version-skew", Policy: item.ID, Dep: dep, Module: m}, now)
				}
			}
		}
	}
}
