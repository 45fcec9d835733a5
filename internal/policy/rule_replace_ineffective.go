package policy

import (
	"fmt"
	"slices"

	"github.com/modgov/modgov/internal/graph"
)

func replaceIneffective() *Rule {
	return &Rule{
		Name:      "replace-ineffective",
		Title:     "A replace line that never applies",
		Severity:  Warn,
		Layer:     LayerSelected,
		Since:     "0.1.0",
		Workspace: true,
		Doc: `A replace line names a module that is not in the requirement graph, or a version that is not the selected one.
Go says nothing about it, and go mod tidy keeps it. Such a line is a trap: whoever wrote it believes that the patched
version is built, and since a dependency was raised it is not; or it waits until a change of the graph makes it act by
surprise.

It is reported for lines of governed modules that apply neither in the module alone nor in the workspace, if the module
is a member, and for lines of go.work that do not apply in the workspace. Where a build list could not be computed,
nothing is said of lines that might apply there. Lines for one dependency in several modules are one finding. Those that
lead to modules of the repository are one finding per module: tools that replace all of them everywhere write many.

To clear it, remove the line (the finding shows the command), or give it the version that is selected. modgov fix takes
away lines that it wrote itself: those that are marked and are what the policy item they name asks for.`,
		Bad: `The patch was for v1.0.5; now v1.0.6 is selected.
-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.0.6

replace example.com/x v1.0.5 => example.com/x-patched v1.0.5
`,
		Good: `-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.0.6

replace example.com/x v1.0.6 => example.com/x-patched v1.0.6
`,
		Check: checkReplaceIneffective,
	}
}

func checkReplaceIneffective(c *checker) []*Finding {
	var out []*Finding
	var siblings siblingLines
	for _, l := range c.replaceLines() {
		views := c.viewsOf(l)
		switch {
		case len(views) == 0 || slices.ContainsFunc(views, func(v *graph.View) bool { return mayApply(v, l) }):
		case c.idleSibling(views, l):
			c.addSibling(&siblings, l, "replace-ineffective", nil)
		default:
			out = append(out, c.ineffective(views, l))
		}
	}
	for k, lines := range siblings.all() {
		out = append(out, idleSiblings(k, lines))
	}
	return out
}

func (c *checker) ineffective(views []*graph.View, l replaceLine) *Finding {
	f := l.aboutLine("never applies", false, ", but "+c.whyNot(views, l))
	if l.Old.Version != "" {
		f.after = " at " + l.Old.Version + f.after
	}
	f.Fix = c.dropReplace(l)
	if l.Module != nil && c.policy.Owns(l.Replace, c.Workspace) {
		f.Fix = command("modgov", "fix", "--rule", "replace-ineffective", "--module", l.Module.Dir)
		f.Settle = []Settlement{{Means: Unreplace, Module: l.Module.Dir, Mod: l.Old}}
	}
	return f
}

// idleSibling reports whether a line of a module replaces a module of the repository that is in no graph, perhaps its
// own, by its directory.
func (c *checker) idleSibling(views []*graph.View, l replaceLine) bool {
	return l.Module != nil && c.leadsToSibling(l.Replace) && !slices.ContainsFunc(views, func(v *graph.View) bool {
		item, ok := v.Selected(l.Old.Path)
		return ok && item.Version != ""
	})
}

// idleSiblings is one finding for all such lines of a module.
func idleSiblings(k siblingKey, lines []replaceLine) *Finding {
	f := foundSiblings(k, lines, "never applies")
	if len(lines) == 1 {
		f.Message = "replaces a module of the repository that its graph does not ask for: " + lines[0].Old.Path
	} else {
		f.Message = fmt.Sprintf("replaces %d modules of the repository that its graph does not ask for: %s",
			len(lines), listed(oldPaths(lines), 3))
	}
	return f
}

// viewsOf returns the views in which a line counts: of its module alone, and of the workspace.
func (c *checker) viewsOf(l replaceLine) []*graph.View {
	var out []*graph.View
	if v := c.viewOf(l); v != nil {
		out = append(out, v)
	}
	if w := c.Graph.WorkspaceView(); w != nil && l.Module != nil && c.member(l.Module) {
		out = append(out, w)
	}
	return out
}

// mayApply reports whether a line, or one that says the same, applies in a view: to the selected version, or, for a
// main module, which is itself never replaced, to a version of it that others require (go-semantics 1.9, 3.12). A view
// without a build list leaves it open.
func mayApply(v *graph.View, l replaceLine) bool {
	item, ok := v.Selected(l.Old.Path)
	switch {
	case v.Err() != nil:
		return true
	case !ok:
		return false
	case item.Version == "":
		return slices.ContainsFunc(v.Versions(l.Old.Path), func(version string) bool {
			return version != "" && (l.Old.Version == "" || l.Old.Version == version)
		})
	}
	r := item.Replace
	return r != nil && r.Line.Old == l.Old && r.Line.Target() == l.Replace.Target()
}

// whyNot says why a line applies in none of the views.
func (c *checker) whyNot(views []*graph.View, l replaceLine) string {
	for _, v := range views {
		item, ok := v.Selected(l.Old.Path)
		switch {
		case !ok:
			continue
		case item.Version == "":
			return "it is a main module, which nothing requires at such a version"
		case l.Old.Version != "" && l.Old.Version != item.Version:
			return item.Version + " is selected"
		case item.Replace != nil:
			return fmt.Sprintf("the line %s applies", item.Replace.Line.Pos)
		}
	}
	return "it is not in the graph"
}
