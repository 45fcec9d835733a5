package policy

import (
	"cmp"
	"go/version"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

func goLine() *Rule {
	return &Rule{
		Name:     "go-line",
		Title:    "A go or toolchain line is not what it should be",
		Severity: Warn,
		Layer:    LayerDeclared,
		Since:    "0.1.0",
		Sides:    sidesByGroup,
		Doc: `The go line of a module says which Go version it needs at least, and which language it is written in; a
module that is raised drags along all that depend on it, the workspace, CI and images.

With go.line in the policy, each module is reported, as a warning or with the severity of that section, whose line is
not the one that most modules have (line: same), has another minor version than most (same-minor), or is not of the
version that the policy names: 1.25 means any patch version of it, 1.25.3 that one. With go.toolchain, toolchain lines
are judged likewise: none allows no such line, same and a name such as go1.26.1 ask for equal ones; modules without the
line are fine. A module without a go line counts as 1.16, as it does for go.

Where the policy does not speak of go lines, modules with different minor versions are information that never fails.

The go line of go.work is judged by work-go-line.

To clear it, edit the line: go mod edit -go=VERSION, then go mod tidy. Lowering it can change nothing below what the
module's dependencies need.`,
		Bad: `The policy asks for go 1.25, lib has 1.24.
-- modgov.yaml --
version: 1
go: {line: 1.25}
-- app/go.mod --
module example.com/app

go 1.25.0
-- lib/go.mod --
module example.com/lib

go 1.24.0
`,
		Good: `-- modgov.yaml --
version: 1
go: {line: 1.25}
-- app/go.mod --
module example.com/app

go 1.25.0
-- lib/go.mod --
module example.com/lib

go 1.25.3
`,
		Check: checkGoLine,
	}
}

func checkGoLine(c *checker) []*Finding {
	var modules []*workspace.Module
	for _, m := range c.Workspace.Governed() {
		if len(m.Errors) == 0 {
			modules = append(modules, m)
		}
	}
	out := c.toolchainLines(modules)
	if c.policy.Go.Line.IsZero() {
		return append(out, goLinesDiffer(modules)...)
	}
	return append(out, c.goLines(modules)...)
}

// minorOf is the language version: "1.25" of 1.25.3.
func minorOf(goVersion string) string { return strings.TrimPrefix(version.Lang("go"+goVersion), "go") }

func asWritten(goVersion string) string { return goVersion }

// compared returns what the policy looks at of a go line: all of it, or the minor version.
func (l GoLines) compared() func(string) string {
	if l.Agree == AgreeMinor || l.Version != "" && l.Version == minorOf(l.Version) {
		return minorOf
	}
	return asWritten
}

// linesOf groups modules by what key makes of their go lines: the groups of most modules first, of two the newer.
func linesOf(modules []*workspace.Module, key func(string) string) []Group {
	var dirs grouping[string, string]
	for _, m := range modules {
		dirs.add(key(graph.GoOf(m)), m.Dir)
	}
	out := versionGroups(&dirs)
	slices.SortFunc(out, func(a, b Group) int {
		return cmp.Or(len(b.Modules)-len(a.Modules), graph.CompareGo(b.Version, a.Version))
	})
	return out
}

// goLinesDiffer reports, where no policy speaks, that modules are written for different minor versions of Go.
func goLinesDiffer(modules []*workspace.Module) []*Finding {
	lines := linesOf(modules, minorOf)
	if len(lines) < 2 {
		return nil
	}
	f := &Finding{Severity: Info, Dep: "go", Subject: "go", Message: versionList(lines), Groups: lines}
	for _, m := range modules {
		if minorOf(graph.GoOf(m)) != lines[0].Version {
			at := Span{linePos(m, m.Go), "most have " + lines[0].Version}
			f.Modules, f.At = append(f.Modules, m.Dir), append(f.At, at)
			f.Measures = append(f.Measures, Measure{Module: m.Dir, Version: graph.GoOf(m), At: at})
		}
	}
	return []*Finding{f}
}

// goLines reports each module whose go line is not as the policy wants it.
func (c *checker) goLines(modules []*workspace.Module) []*Finding {
	says := c.policy.Go.Line
	if says.Agree == AgreeAny || len(modules) == 0 {
		return nil
	}
	key := says.compared()
	wanted, label := says.Version, "asked for is "+says.Version
	if wanted == "" {
		wanted = linesOf(modules, key)[0].Version
		label = "most modules have " + wanted
	}
	var out []*Finding
	for _, m := range modules {
		if key(graph.GoOf(m)) == wanted {
			continue
		}
		have := "go " + m.Go.Text
		if m.Go.Text == "" {
			have = "no go line, which counts as " + graph.GoOf(m)
		}
		out = append(out, c.lineFinding(m, m.Go, "line", have+"; "+label, label))
	}
	return out
}

// toolchainLines reports each module whose toolchain line is not as the policy wants it.
func (c *checker) toolchainLines(modules []*workspace.Module) []*Finding {
	says := c.policy.Go.Toolchain
	modules = slices.DeleteFunc(slices.Clone(modules), func(m *workspace.Module) bool { return m.Toolchain.Text == "" })
	if says == "" || says == ToolchainAny || len(modules) == 0 {
		return nil
	}
	wanted, label := string(says), "asked for is "+string(says)
	switch says {
	case ToolchainNone:
		label = "no module is to have this line"
	case ToolchainSame:
		count := map[string]int{}
		for _, m := range modules {
			count[m.Toolchain.Text]++
		}
		wanted = slices.MaxFunc(modules, func(a, b *workspace.Module) int {
			v, w := a.Toolchain.Text, b.Toolchain.Text
			return cmp.Or(count[v]-count[w], graph.Compare("toolchain", v, w))
		}).Toolchain.Text
		label = "most modules with the line have " + wanted
	}
	var out []*Finding
	for _, m := range modules {
		if m.Toolchain.Text != wanted {
			out = append(out, c.lineFinding(m, m.Toolchain, "toolchain", "toolchain "+m.Toolchain.Text+"; "+label, label))
		}
	}
	return out
}

// lineFinding reports a go or toolchain line that breaks the policy's go section; kind is also the key there.
func (c *checker) lineFinding(m *workspace.Module, line workspace.Line, kind, message, label string) *Finding {
	at := Span{linePos(m, line), label}
	return &Finding{
		Item: &c.policy.Go.Item, Kind: kind, Subject: m.Dir, Modules: []string{m.Dir}, Message: message,
		At: []Span{at}, Because: policySpan(&c.policy.Go.Item, kind, "asked for here"),
		Measures: []Measure{{Module: m.Dir, Version: line.Text, At: at}},
	}
}

// linePos is where a line stands, or the file that lacks it.
func linePos(m *workspace.Module, line workspace.Line) workspace.Position {
	if line.Text == "" {
		return workspace.Position{File: m.File}
	}
	return line.Pos
}
