package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
)

// The size of the largest tree that modgov is measured on, testcontainers-go: 70 modules, 600 dependencies, 4,000
// require lines.
const (
	benchModules = 70
	benchShared  = 40  // dependencies that every module has
	benchPool    = 560 // of which each module has benchOwn
	benchOwn     = 18
)

// benchPath is the module path of a dependency.
func benchPath(d int) string { return fmt.Sprintf("github.com/org%d/mod%d", d%300, d%7) }

// benchTree is a repository of that size, of modules of a workspace that do not agree on most dependencies.
func benchTree() string {
	var b strings.Builder
	work := "-- go.work --\ngo 1.24\n\nuse (\n"
	for m := range benchModules {
		dir := fmt.Sprintf("services/s%d", m)
		work += "\t./" + dir + "\n"
		fmt.Fprintf(&b, "-- %s/go.mod --\nmodule example.com/%[1]s\n\ngo 1.24\n\nrequire (\n", dir)
		for i := range benchShared + benchOwn {
			d, suffix := i, " // indirect"
			if i >= benchShared {
				d = benchShared + (m*benchOwn/2+i-benchShared)%benchPool
			}
			if d%3 != 0 {
				suffix = ""
			}
			version := "v1.2.0"
			if (d+m)%2 == 0 {
				version = "v1.1.0"
			}
			fmt.Fprintf(&b, "\t%s %s%s\n", benchPath(d), version, suffix)
		}
		b.WriteString(")\n")
	}
	return b.String() + work + ")\n"
}

// benchPolicy is a policy of 500 items and 500 exceptions, of which most match something.
func benchPolicy() []byte {
	var b strings.Builder
	b.WriteString(`version: 1
modules: {tags: {lib: services/s1*}}
owners: {teams: {pay: {modules: services/s2*}}}
sets: {family: "github.com/org1*/**"}
versions:
  - {id: all, dep: "**", agree: same}
`)
	for i := range 150 {
		fmt.Fprintf(&b, "  - {id: v%d, dep: github.com/org%[1]d/**, agree: same-minor, in: [\"tag:lib\", services/**]}\n", i)
		fmt.Fprintf(&b, "  - {id: f%d, dep: \"github.com/org%[1]d/{mod1,mod2}\", at-least: v0.5.0}\n", i)
	}
	b.WriteString("pins:\n")
	for i := range 100 {
		fmt.Fprintf(&b, "  - {id: p%d, dep: github.com/org%[1]d/mod3, version: v1.2.0, in: \"!team:pay\","+
			" reason: \"%[1]d\"}\n", i)
	}
	b.WriteString("bans:\n")
	for i := range 50 {
		fmt.Fprintf(&b, "  - {id: b%d, dep: \"github.com/banned%[1]d/**\", use_instead: github.com/org%[1]d/mod1}\n", i)
	}
	b.WriteString("boundaries:\n")
	for i := range 50 {
		fmt.Fprintf(&b, "  - {id: w%d, from: services/s%[1]d, deny: [\"github.com/outside%[1]d/**\","+
			" \"module:libs/none%[1]d\"]}\n", i)
	}
	b.WriteString("exceptions:\n")
	for i := range 250 {
		dep := benchPath(i/2*3 + 1 + i%2) // one that modules require directly
		fmt.Fprintf(&b, "  - {id: E%d, rule: workspace-drift, dep: \"%s@<1.30\", created: 2026-06-01,"+
			" expires: 2027-01-01, owner: pay, reason: \"because of %[1]d\"}\n", i, dep)
		fmt.Fprintf(&b, "  - {id: F%d, rule: version-skew, dep: %s, modules: [services/**, \"team:pay\"]}\n", i, dep)
	}
	return []byte(b.String())
}

// BenchmarkCheck reads a policy and judges the tree by it, which is all that a policy costs: once with the shortest
// policy and once with the one of 500 items and 500 exceptions. The difference is what the latter adds to check.
func BenchmarkCheck(b *testing.B) {
	g := benchGraph(b)
	for _, bench := range []struct {
		name string
		data []byte
	}{{"shortest", []byte("version: 1\n")}, {"large", benchPolicy()}} {
		b.Run(bench.name, func(b *testing.B) {
			findings := 0
			for b.Loop() {
				p, err := policy.Parse("modgov.yaml", bench.data)
				if err != nil {
					b.Fatal(err)
				}
				findings = len(policy.Judge(p, policy.NewFacts(g, today)).Findings)
			}
			b.ReportMetric(float64(findings), "findings")
		})
	}
}

func benchGraph(b *testing.B) *graph.Graph {
	b.Helper()
	return parseRepository(b, benchTree()).load(b)
}
