package policy

import (
	"fmt"
	"path"
	"slices"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

func workGoLine() *Rule {
	return &Rule{
		Name:     "work-go-line",
		Title:    "The go line of go.work does not fit its members",
		Severity: Error,
		Layer:    LayerDeclared,
		Since:    "0.1.0",
		Doc: `The go line of go.work says which Go version the workspace needs at least. It has to be as high as that of
every member: if one is higher, go refuses every command in the workspace, in all its modules. It happens when a
dependency raises the go line of one module, and goes unnoticed by all who build with GOWORK=off. A file without a go
line counts as 1.18.

It is reported, as an error, if a member has a higher go line than go.work, from 1.21 on; below that go does not look.

A go.work that says more than any of its members is no error: in the workspace everything is then built by a newer Go,
and with newer defaults of its debug settings, than each module alone asks for. Where the policy does not speak of go
lines, this is information that never fails, and only if the minor versions differ. With go.line in the policy it is a
warning, or has the severity of that section: with same and same-minor if go.work is higher than its highest member,
with a version if go.work is not of that version. With go.line: any nothing is said of it.

modgov fix raises a line that is too low to that of the highest member. One that is too high is for you to lower:
` + "`go work edit -go=VERSION`" + `.`,
		Bad: `The member b needs go 1.25.
-- go.work --
go 1.24

use (
	./a
	./b
)
-- a/go.mod --
module example.com/a

go 1.24
-- b/go.mod --
module example.com/b

go 1.25.0
`,
		Good: `-- go.work --
go 1.25.0

use (
	./a
	./b
)
-- a/go.mod --
module example.com/a

go 1.24
-- b/go.mod --
module example.com/b

go 1.25.0
`,
		Check: checkWorkGoLine,
	}
}

func checkWorkGoLine(c *checker) []*Finding {
	w := c.Workspace.Work
	if w == nil || len(w.Errors) > 0 {
		return nil
	}
	if f := c.goWorkTooLow(w); f != nil {
		return []*Finding{f}
	}
	if f := c.goWorkTooHigh(w); f != nil {
		return []*Finding{f}
	}
	return nil
}

// goWorkTooLow reports members that need a newer Go than go.work says, from 1.21 on (go-semantics 3.5).
func (c *checker) goWorkTooLow(w *workspace.Work) *Finding {
	says := "lists go " + graph.GoOfWork(w)
	if w.Go.Text == "" {
		says = "implicitly requires go " + graph.GoOfWork(w)
	}
	f := &Finding{Subject: w.File, Fix: command("modgov", "fix", "--rule", "work-go-line")}
	var highest *workspace.Module
	for _, u := range w.Uses {
		if u.Module == nil || !graph.WorkTooLow(w, u.Module.Go.Text) {
			continue
		}
		f.Modules = append(f.Modules, u.Module.Dir)
		if highest == nil || graph.CompareGo(u.Module.Go.Text, highest.Go.Text) > 0 {
			highest = u.Module
		}
		f.At = append(f.At, Span{u.Module.Go.Pos, "newer than go.work"})
		if len(f.Notes) == 0 {
			f.Notes = []Remark{goSays(fmt.Sprintf("module %s listed in go.work file requires go >= %s, but go.work %s",
				path.Clean(u.Text), u.Module.Go.Text, says), inWork)}
		}
	}
	if highest == nil {
		return nil
	}
	slices.Sort(f.Modules)
	f.Message = fmt.Sprintf("%s, but go %s is needed by %s", says, highest.Go.Text, moduleList(f.Modules))
	f.Settle = []Settlement{{
		Means: RaiseWork, Module: highest.Dir, Mod: module.Version{Path: "go", Version: highest.Go.Text},
	}}
	return f
}

// goWorkTooHigh reports a go line that is more than the members ask for, or other than the policy asks for.
func (c *checker) goWorkTooHigh(w *workspace.Work) *Finding {
	says := &c.policy.Go
	key := minorOf
	if !says.Line.IsZero() {
		key = says.Line.compared()
	}
	highest := ""
	for _, m := range c.Workspace.Members() {
		if len(m.Errors) > 0 {
			return nil // its go line may be the highest
		}
		if graph.CompareGo(graph.GoOf(m), highest) > 0 {
			highest = graph.GoOf(m)
		}
	}
	if w.Go.Text == "" || highest == "" || says.Line.Agree == AgreeAny {
		return nil
	}
	f := &Finding{Severity: Info, Kind: "high", Subject: w.File}
	if !says.Line.IsZero() {
		f.Severity, f.Item = Warn, &says.Item
		f.Because = policySpan(f.Item, "line", "asked for here")
	}
	switch wanted := says.Line.Version; {
	case wanted != "" && key(w.Go.Text) != wanted:
		f.Message = fmt.Sprintf("lists go %s; asked for is %s", w.Go.Text, wanted)
		f.At = []Span{{w.Go.Pos, "asked for is " + wanted}}
	case wanted == "" && graph.CompareGo(key(w.Go.Text), key(highest)) > 0:
		f.Message = fmt.Sprintf("lists go %s, though no member needs more than %s", w.Go.Text, highest)
		f.At = []Span{{w.Go.Pos, "no member needs more than " + highest}}
	default:
		return nil
	}
	return f
}
