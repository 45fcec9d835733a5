package policy

import (
	"fmt"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/workspace"
)

func sumMissing() *Rule {
	return &Rule{
		Name:     "sum-missing",
		Title:    "Lines that go needs are missing from go.sum",
		Severity: Error,
		Layer:    LayerSums,
		Since:    "0.1.0",
		Doc: `To build the requirement graph of a module, go reads the go.mod files of module versions, selected or not, and
wants a /go.mod line in go.sum for each file that it reads. Lines are missing, so go stops with "missing go.sum entry
for go.mod file" when the module is built alone (GOWORK=off). In a workspace it goes on: missing sums are fetched and
written to go.work.sum, which counts there and nowhere else. So the module builds on the desk and fails in CI.

It is reported once per module, with the first versions that lack their line and the chains that need them. The set is
exact: what graph pruning leaves unread needs no line. Lines for zip files are not looked at. A module that has no
build list is left out. The severity is sums.missing of the policy, error where it says nothing.

modgov fix adds the lines, after checking the hashes; so does go mod tidy in the module.`,
		Bad: `x is required, its line is missing.
-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.0.0
`,
		Good: `-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.0.0
-- go.sum --
example.com/x v1.0.0/go.mod h1:cq1Wlc5Q/3TKMd9Nt+I/D/H5kAJrHbzSCzH20/f7O0w=
`,
		Check: checkSumMissing,
	}
}

func checkSumMissing(c *checker) []*Finding {
	if _, asked := c.asked.raised("sum-missing"); c.policy.Sums.Missing == Off && !asked {
		return nil
	}
	var out []*Finding
	missing := c.Sums.Missing
	for len(missing) > 0 {
		n := 1
		for n < len(missing) && missing[n].View == missing[0].View {
			n++
		}
		out = append(out, c.sumMissing(missing[:n]))
		missing = missing[n:]
	}
	return out
}

// sumMissing reports the missing lines of one module.
func (c *checker) sumMissing(missing []integrity.MissingSum) *Finding {
	v := missing[0].View
	m := v.Module
	f := &Finding{
		Severity: c.policy.Sums.Missing, Subject: m.Dir, Modules: []string{m.Dir},
		Fix: command("modgov", "fix", "--rule", "sum-missing", "--module", m.Dir),
	}
	if sums := &c.policy.Sums; sums.Has("missing") {
		f.Because = []Span{{sums.keyPos("missing"), "asked for here"}}
	}
	var names []string
	inWorkSum := 0
	for _, s := range missing {
		names = append(names, graph.ModText(s.File.Mod))
		f.Settle = append(f.Settle, Settlement{Means: Sums, Module: m.Dir, Mod: s.File.Mod})
		if s.InWork {
			inWorkSum++
		}
		if chain := v.ChainTo(s.File.For); len(chain) > 0 && len(f.Why) < maxWhys {
			f.Why = append(f.Why, ChainOf(v, chain))
		}
	}
	f.At = []Span{{firstStep(m, v.ChainTo(missing[0].File.For)), "needs the first of them"}}
	f.Message = "go.sum lacks the /go.mod line of " + names[0]
	if len(names) > 1 {
		f.Message = fmt.Sprintf("go.sum lacks %d /go.mod lines: %s", len(names), listed(names, 3))
	}
	f.Notes = []Remark{goSays("missing go.sum entry for go.mod file; to add it: go mod download", alone(m))}
	if inWorkSum == len(missing) {
		f.Notes = append(f.Notes, Remark{"workspace", "go.work.sum has what is missing: in the workspace it builds"})
	}
	return f
}

// firstStep returns the require line that a chain begins with, the file if the chain does not say.
func firstStep(m *workspace.Module, chain []module.Version) workspace.Position {
	for _, r := range m.Requires {
		if len(chain) > 1 && r.Mod == chain[1] {
			return r.Pos
		}
	}
	return workspace.Position{File: m.File}
}
