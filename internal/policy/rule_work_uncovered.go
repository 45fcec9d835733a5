package policy

import (
	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/workspace"
)

func workUncovered() *Rule {
	return &Rule{
		Name:     "work-uncovered",
		Title:    "A module that go.work does not use",
		Severity: Warn,
		Layer:    LayerDeclared,
		Since:    "0.1.0",
		Doc: `The repository has a go.work file, and it does not use this governed module. Commands in the directory of the
module then fail, or silently act on another module, unless they are run with GOWORK=off; editors do not find its
packages; and what the workspace is built and tested with says nothing about it.

It is reported for each governed module without a use line. Modules below testdata or in directories that begin with
_ or . are not governed unless something uses them.

To clear it, add the use line: the finding shows the command, and ` + "`modgov work fix`" + ` adds all that are missing. If the
module stands outside on purpose, such as one that must keep older versions, write an exception with the reason, or
take it out of government with modules.exclude.`,
		Bad: `The module tools is not used.
-- go.work --
go 1.25.0

use ./api
-- api/go.mod --
module example.com/api

go 1.25.0
-- tools/go.mod --
module example.com/tools

go 1.25.0
`,
		Good: `-- go.work --
go 1.25.0

use (
	./api
	./tools
)
-- api/go.mod --
module example.com/api

go 1.25.0
-- tools/go.mod --
module example.com/tools

go 1.25.0
`,
		Check: checkWorkUncovered,
	}
}

func checkWorkUncovered(c *checker) []*Finding {
	w := c.Workspace.Work
	if w == nil || len(w.Errors) > 0 {
		return nil
	}
	var out []*Finding
	for _, m := range c.Workspace.Governed() {
		if c.member(m) {
			continue
		}
		f := &Finding{
			Subject: m.Dir, Modules: []string{m.Dir}, Message: w.File + " does not use it",
			At: []Span{{m.PathPos, "not used"}},
		}
		if m.PathPos.Line == 0 {
			f.At[0].Pos.File = m.File
		}
		if other := c.Graph.WorkspaceView().Main(m.Path); other != nil {
			f.Notes = []Remark{{"note", "it cannot be used beside " + other.Dir + ", which has the same module path"}}
		} else {
			f.Fix = c.goWork("use", relativeDir(w.Dir, m.Dir))
			f.Settle = c.settleUncovered(w, m)
		}
		out = append(out, f)
	}
	return out
}

// settleUncovered adds a use line, unless another module that has none has the same path: only one of them can have it.
func (c *checker) settleUncovered(w *workspace.Work, m *workspace.Module) []Settlement {
	for _, o := range c.Workspace.Governed() {
		if o != m && o.Path == m.Path {
			return nil
		}
	}
	dir := relativeDir(w.Dir, m.Dir)
	if dir == "./" {
		dir = "." // as go work use writes it
	}
	return []Settlement{{Means: AddUse, Module: m.Dir, New: module.Version{Path: dir}, IfAsked: true}}
}
