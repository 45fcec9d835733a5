package policy

import (
	"fmt"
	"path"
	"slices"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// What the rules about replace lines share.

// allowing returns the items of replaces.allow that speak of a line, in file order, expired ones too.
func (c *checker) allowing(l replaceLine) []*ReplaceItem {
	var m ModuleInfo
	if l.Module != nil {
		m = c.infos[l.Module]
	}
	return c.policy.allowsFor(c.DepInfo(l.Old.Path, l.New.Version), m)
}

// allowed reports whether an item of replaces.allow that has not expired speaks of the line. It then is welcome,
// whatever the rest of the section says; what the line does to the build is not asked here.
func (c *checker) allowed(l replaceLine) bool {
	return slices.ContainsFunc(c.allowing(l), func(r *ReplaceItem) bool { return !r.Expires.past(c.Today) })
}

// effective is where a line leads.
func (l replaceLine) effective() graph.Effective {
	if l.Dir != "" {
		return graph.Effective{Dir: l.Dir}
	}
	return graph.Effective{Path: l.New.Path, Version: l.New.Version}
}

// leadsToSibling reports whether a line replaces a module of the repository by its own directory.
func (c *checker) leadsToSibling(r *workspace.Replace) bool {
	s := c.Workspace.Module(r.Dir)
	return s != nil && s.Path == r.Old.Path
}

// dropLine gives a finding the command that removes the line, unless what it replaces is then wanted at a version that
// nobody has, as siblings are that were never released: the next load of the module would fail.
func (c *checker) dropLine(f *Finding, l replaceLine) {
	f.Fix = c.dropReplace(l)
	c.keepNeeded(f, l)
}

// keepNeeded takes the command of a finding away if it would leave a module with a version that nobody has.
func (c *checker) keepNeeded(f *Finding, lines ...replaceLine) {
	for _, l := range lines {
		v := c.viewOf(l)
		if v == nil || v.Err() != nil {
			continue
		}
		item, ok := v.Selected(l.Old.Path)
		stands := item.Version != "v0.0.0" && !module.IsZeroPseudoVersion(item.Version)
		if !ok || item.Replace == nil || item.Replace.Line != l.Replace || stands {
			continue
		}
		f.Fix = ""
		f.Notes = append(f.Notes, Remark{"note", fmt.Sprintf(
			"%s is required at %s, which nobody has: require a release of it, then drop the line", l.Old.Path, item.Version)})
		return
	}
}

// siblingLines holds lines that lead to siblings by their module, those that an exception waives by that too: tools that
// replace all modules of a repository everywhere write many such lines, and they are one finding per module.
type siblingLines = grouping[siblingKey, replaceLine]

type siblingKey struct {
	module *workspace.Module
	waiver *Exception
}

// addSibling puts a line of a module that leads to a sibling among the lines of its module that a rule, or an item of the
// policy, says the same of.
func (c *checker) addSibling(lines *siblingLines, l replaceLine, rule string, item *Item) {
	claim := Claim{Rule: rule, Dep: c.DepInfo(l.Old.Path, ""), Module: c.infos[l.Module]}
	if item != nil {
		claim.Policy = item.ID
	}
	lines.add(siblingKey{l.Module, c.inForce(claim)}, l)
}

// replacesItem returns the section replaces of the policy as an item, nil if the file does not have it.
func (c *checker) replacesItem() *Item {
	if says := &c.policy.Replaces; says.Pos.Line != 0 {
		return &says.Item
	}
	return nil
}

// foundSiblings begins a finding about several lines of one module that lead to siblings, with the command that removes
// them.
func foundSiblings(k siblingKey, lines []replaceLine, label string) *Finding {
	f := lines[0].found("siblings", label, "")
	f.Dep, f.lines = "", lines
	if f.Exception = k.waiver; k.waiver != nil {
		f.Kind += "/" + k.waiver.ID
	}
	args := []string{"mod", "edit"}
	for i, l := range lines {
		args = append(args, "-dropreplace="+oldArg(l.Old))
		if i > 0 {
			f.At = append(f.At, Span{l.Pos, label})
		}
	}
	f.Fix = goCommand(lines[0].Module.Dir, args...)
	return f
}

// oldPaths lists what lines replace.
func oldPaths(lines []replaceLine) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = graph.ModText(l.Old)
	}
	return out
}

// leadHome adds to a finding where in the repository the module is that a line replaces, and the command that leads the
// line there; nothing if it is not in the repository, or if the line leads there.
func (c *checker) leadHome(f *Finding, l replaceLine) {
	m := c.siblings[l.Old.Path]
	if m == nil || m.Dir == l.Dir {
		return
	}
	f.Notes = append(f.Notes, Remark{"moved", fmt.Sprintf("%s stands in %s", m.Path, m.Dir)})
	rel := relativeDir(path.Dir(l.File), m.Dir)
	others := func(r workspace.Replace) bool { return r.Old.Path == l.Old.Path && r.Old.Version != l.Old.Version }
	switch edit := "-replace=" + oldArg(l.Old) + "=" + rel; {
	case rel == "":
	case l.Old.Version == "" && slices.ContainsFunc(c.linesAround(l), others): // go mod edit would drop these
	case l.Module == nil:
		f.Fix = c.goWork("edit", edit)
	default:
		f.Fix = goCommand(l.Module.Dir, "mod", "edit", edit)
	}
}

// linesAround are the replace lines of the file in which a line stands.
func (c *checker) linesAround(l replaceLine) []workspace.Replace {
	if l.Module == nil {
		return c.Workspace.Work.Replaces
	}
	return l.Module.Replaces
}
