package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

func replaceExpired() *Rule {
	return &Rule{
		Name:     "replace-expired",
		Title:    "A replace line that was allowed for a time which is over",
		Severity: Warn,
		Layer:    LayerDeclared,
		Since:    "0.1.0",
		Doc: `An item of replaces.allow in the policy allows a replace line until a day, and that day is over (UTC). Replace
lines are written for a few days, until a fix is released or a fork merged, and stay for years: nothing in a build ever
asks for them again. The day in the policy does.

It is reported once for each dependency that lines of governed modules or of go.work replace and that only expired items
allow, and once for an expired item that no line needs any more. Where replaces says that the line is unwelcome,
replace-denied, replace-outside or replace-release report it again as well. It is a warning, or has the severity of the
item.

To clear it, remove the line and the item, or give the item a new date and say why.`,
		Bad: `The fix should have been released by spring.
-- modgov.yaml --
version: 1
replaces:
  allow:
    - {id: x-fix, dep: example.com/x, reason: "waits for a release", expires: 2020-03-31}
-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.0.0

replace example.com/x => example.com/x-fork v1.0.1
`,
		Good: `-- modgov.yaml --
version: 1
replaces:
  allow:
    - {id: x-fix, dep: example.com/x, reason: "waits for a release", expires: 2999-12-31}
-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.0.0

replace example.com/x => example.com/x-fork v1.0.1
`,
		Check: checkReplaceExpired,
	}
}

func checkReplaceExpired(c *checker) []*Finding {
	if len(c.policy.Replaces.Allow) == 0 {
		return nil
	}
	type key struct {
		item *ReplaceItem
		dep  string
	}
	var lines grouping[key, replaceLine]
	needed := map[*ReplaceItem]bool{}
	for _, l := range c.replaceLines() {
		items := c.allowing(l)
		for _, r := range items {
			needed[r] = true
		}
		if len(items) > 0 && !c.allowed(l) {
			lines.add(key{items[0], l.Old.Path}, l)
		}
	}
	var out []*Finding
	for k, over := range lines.all() {
		out = append(out, c.replaceOver(k.item, over))
	}
	for i := range c.policy.Replaces.Allow {
		if r := &c.policy.Replaces.Allow[i]; r.Expires.past(c.Today) && !needed[r] && !c.broken() {
			out = append(out, &Finding{
				Item: &r.Item, Dep: onlyPath(&r.Dep), Kind: "unneeded", Subject: r.Pos.File, At: []Span{{r.Pos, ""}},
				Message: fmt.Sprintf("item %s expired on %s, and no replace line needs it", r.ID, r.Expires),
			})
		}
	}
	return out
}

// broken reports whether a file with replace lines could not be read as a whole.
func (c *checker) broken() bool {
	w := c.Workspace.Work
	return w != nil && len(w.Errors) > 0 ||
		slices.ContainsFunc(c.Workspace.Governed(), func(m *workspace.Module) bool { return len(m.Errors) > 0 })
}

// replaceOver reports lines that replace one dependency and that an item allowed.
func (c *checker) replaceOver(r *ReplaceItem, lines []replaceLine) *Finding {
	f := &Finding{
		Item: &r.Item, Dep: lines[0].Old.Path, Subject: lines[0].Old.Path, Notes: reasonNote(&r.Item),
		Because: policySpan(&r.Item, "expires", "valid through that day"),
	}
	if r.Issue != "" {
		f.Notes = append(f.Notes, Remark{"issue", r.Issue})
	}
	var where []string
	for _, l := range lines {
		f.At = append(f.At, Span{l.Pos, "to " + graph.ModText(l.New)})
		if l.Module == nil {
			where = []string{l.File}
		} else {
			f.Modules = append(f.Modules, l.Module.Dir)
			f.Measures = append(f.Measures, Measure{
				Module: l.Module.Dir, Version: l.effective().Text(l.Old.Path), At: f.At[len(f.At)-1],
			})
		}
	}
	if f.Modules = slices.Compact(f.Modules); len(f.Modules) > 0 {
		where = append([]string{moduleList(f.Modules)}, where...)
	}
	f.Message = fmt.Sprintf("replaced in %s, which was allowed until %s", strings.Join(where, " and in "), r.Expires)
	if len(lines) == 1 {
		c.dropLine(f, lines[0])
	}
	return f
}
