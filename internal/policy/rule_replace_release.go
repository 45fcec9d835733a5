package policy

import (
	"fmt"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

func replaceRelease() *Rule {
	return &Rule{
		Name:     "replace-release",
		Title:    "A replace line in a module that others import or install",
		Severity: Warn,
		Layer:    LayerDeclared,
		Since:    "0.1.0",
		Doc: `The policy says of a module that others import or install it (modules.published), and its go.mod file has a
replace line. Go heeds replace lines of the main module only: those who import the module never see the line. They get
what the require lines name, which may be older, be other code, or not exist at all, while every build and test here
passes. And ` + "`go install PATH@VERSION`" + ` refuses outright to install a command of a module with a replace line.

It is reported for each replace line of a governed module that modules.published selects, whether or not the line
applies; lines to the directories of siblings are one finding per module. Where the policy names no published modules
nothing is reported, nor with replaces.in_published: allow, nor of a line that an item of replaces.allow names, until it
expires. Lines of go.work do not count: that file is never published. It is a warning, or has the severity of the
section replaces.

To clear it, require a version that exists, and remove the line (the finding shows the command). In a workspace the
members find each other without it.`,
		Bad: `Others import lib, and get x v1.0.0.
-- modgov.yaml --
version: 1
modules: {published: "lib"}
-- lib/go.mod --
module example.com/lib

go 1.24

require example.com/x v1.0.0

replace example.com/x => ../x
-- x/go.mod --
module example.com/x

go 1.24
`,
		Good: `-- modgov.yaml --
version: 1
modules: {published: "lib"}
-- app/go.mod --
module example.com/app

go 1.24

require example.com/x v1.0.0

replace example.com/x => ../x
-- lib/go.mod --
module example.com/lib

go 1.24

require example.com/x v1.0.0
-- x/go.mod --
module example.com/x

go 1.24
`,
		Check: checkReplaceRelease,
	}
}

func checkReplaceRelease(c *checker) []*Finding {
	if c.policy.Modules.Published.IsZero() || c.policy.Replaces.InPublished == PublishedAllow {
		return nil
	}
	var out []*Finding
	var siblings siblingLines
	for _, l := range c.replaceLines() {
		switch {
		case l.Module == nil || !c.published(l.Module) || c.allowed(l):
		case c.leadsToSibling(l.Replace):
			c.addSibling(&siblings, l, "replace-release", c.replacesItem())
		default:
			f := c.inPublished(l.found(l.Kind, "seen by nobody else",
				"is published, and replaces %s by %s%s", graph.ModText(l.Old), graph.ModText(l.New), c.othersGet(l)))
			c.dropLine(f, l)
			out = append(out, f)
		}
	}
	for k, lines := range siblings.all() {
		f := c.inPublished(foundSiblings(k, lines, "seen by nobody else"))
		f.Message = fmt.Sprintf("is published, and replaces %s of the repository by directories: %s",
			Count(len(lines), "module"), listed(oldPaths(lines), 3))
		if len(lines) == 1 {
			f.Message = fmt.Sprintf("is published, and replaces %s by %s%s",
				graph.ModText(lines[0].Old), lines[0].New.Path, c.othersGet(lines[0]))
		}
		c.keepNeeded(f, lines...)
		out = append(out, f)
	}
	return out
}

// published reports whether the policy says that others import or install a module.
func (c *checker) published(m *workspace.Module) bool {
	return c.policy.Modules.Published.Match(c.infos[m])
}

// othersGet says what those who import the module get at least of what a line replaces, "" if its graph does not have
// it.
func (c *checker) othersGet(l replaceLine) string {
	if v := c.view(l.Module); v != nil {
		if item, ok := v.Selected(l.Old.Path); ok && item.Replace != nil && item.Replace.Line == l.Replace {
			return "; who imports it gets " + item.Version
		}
	}
	return ""
}

// inPublished adds what the policy says to a finding about lines of a published module.
func (c *checker) inPublished(f *Finding) *Finding {
	says := &c.policy.Replaces
	f.Item = c.replacesItem()
	f.Because = []Span{{c.policy.Modules.keyPos("published"), "others import or install it"}}
	if says.Has("in_published") {
		f.Because = append(f.Because, policySpan(f.Item, "in_published", "asked for here")...)
	}
	return f
}
