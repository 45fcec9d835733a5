package policy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

func replaceConflict() *Rule {
	return &Rule{
		Name:      "replace-conflict",
		Title:     "Replace lines contradict each other",
		Severity:  Error,
		Layer:     LayerSelected,
		Since:     "0.1.0",
		Workspace: true,
		Sides:     sidesByModule,
		Doc: `Two replace lines lead the same module to different places. In a workspace the replace lines of all members act
together, so two teams that each replace a dependency for themselves stop each other: go refuses every command there.

It is reported, as an error, where go refuses: two lines of one file, or of two members of the workspace, replace the
same module (at the same version, or both at all versions) and have different targets; a line for one version meets
another member's line for all versions; or go.work replaces one of its own members at all versions. A line of go.work
for the module settles a conflict between members. Directories are compared as places, not as text.

It is reported as a warning where go does not refuse, but members get different code of the module, each alone, or the
order of the use lines decides which line wins.

To clear it, write the same target in all members, or put one line for all into go.work:
` + "`go work edit -replace OLD=NEW`" + `.`,
		Bad: `Two members send x to different forks.
-- go.work --
go 1.24

use (
	./a
	./b
)
-- a/go.mod --
module example.com/a

go 1.24

require example.com/x v1.0.0

replace example.com/x => example.com/fork-one v1.0.1
-- b/go.mod --
module example.com/b

go 1.24

require example.com/x v1.0.0

replace example.com/x => example.com/fork-two v1.0.2
`,
		Good: `-- go.work --
go 1.24

use (
	./a
	./b
)
-- a/go.mod --
module example.com/a

go 1.24

require example.com/x v1.0.0

replace example.com/x => example.com/fork-one v1.0.1
-- b/go.mod --
module example.com/b

go 1.24

require example.com/x v1.0.0

replace example.com/x => example.com/fork-one v1.0.1
`,
		Check: checkReplaceConflict,
	}
}

func checkReplaceConflict(c *checker) []*Finding {
	var out []*Finding
	byFile := map[string][]replaceLine{}
	byPath := map[string][]replaceLine{}
	for _, l := range c.replaceLines() {
		byFile[l.File] = append(byFile[l.File], l)
		if l.Module != nil && c.member(l.Module) {
			byPath[l.Old.Path] = append(byPath[l.Old.Path], l)
		}
	}
	for _, lines := range byFile {
		out = append(out, conflictsInFile(lines)...)
	}
	for _, lines := range byPath {
		if f := c.conflictOfMembers(lines); f != nil {
			out = append(out, f)
		}
	}
	out = append(out, c.replacedMembers()...)
	slices.SortFunc(out, func(a, b *Finding) int {
		return cmp.Or(cmp.Compare(a.Dep, b.Dep), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

// conflictsInFile reports lines of one file for the same module with targets that differ as text (go-semantics 1.18).
func conflictsInFile(lines []replaceLine) []*Finding {
	var out []*Finding
	first := map[module.Version]replaceLine{}
	for _, l := range lines {
		prev, seen := first[l.Old]
		if !seen {
			first[l.Old] = l
			continue
		}
		if prev.New == l.New {
			continue
		}
		f := l.found(l.Kind, "to "+graph.ModText(l.New), "replaces %s twice", graph.ModText(l.Old))
		f.At = append(f.At, Span{prev.Pos, "to " + graph.ModText(prev.New)})
		where := inWork
		if l.Module != nil {
			where = alone(l.Module)
		}
		f.Notes = []Remark{goSays(fmt.Sprintf("conflicting replacements for %s:", l.Old), where)}
		out = append(out, f)
	}
	return out
}

// conflictOfMembers judges the lines of the workspace's members for one path, nil if they get along.
func (c *checker) conflictOfMembers(lines []replaceLine) *Finding {
	if !slices.ContainsFunc(lines, func(l replaceLine) bool { return l.Replace.Target() != lines[0].Replace.Target() }) {
		return nil
	}
	path := lines[0].Old.Path
	if a, b, says := c.refused(path, lines); a != nil {
		f := conflictFinding(a, b, fmt.Sprintf("%s and %s replace it by different targets", a.Module.Dir, b.Module.Dir))
		f.Notes = []Remark{goSays(says, inWork)}
		return f
	}
	if w := c.workView(); w != nil {
		if item, ok := w.Selected(path); ok && item.Replace != nil && item.Replace.From == c.Workspace.Work.File {
			return nil // go.work has the last word
		}
	}
	if a, b := c.divided(path, lines); a != nil {
		f := conflictFinding(a, b, fmt.Sprintf("%s gets %s, %s gets %s",
			a.Module.Dir, graph.ModText(a.New), b.Module.Dir, graph.ModText(b.New)))
		f.Severity, f.Kind = Warn, "targets"
		return f
	}
	return nil
}

func conflictFinding(a, b *replaceLine, message string) *Finding {
	f := &Finding{
		Dep: a.Old.Path, Subject: a.Old.Path, Message: message, Modules: []string{a.Module.Dir, b.Module.Dir},
		At: []Span{{a.Pos, "to " + graph.ModText(a.Replace.Target())}, {b.Pos, "to " + graph.ModText(b.Replace.Target())}},
	}
	slices.Sort(f.Modules)
	return f
}

// refused returns two lines because of which go does not load the workspace, and what it says: two for the same
// version, unless go.work replaces the path at whatever version (go-semantics 3.15), or those that loading ran into
// (3.16).
func (c *checker) refused(path string, lines []replaceLine) (a, b *replaceLine, says string) {
	samePath := func(r workspace.Replace) bool { return r.Old.Path == path }
	if !slices.ContainsFunc(c.Workspace.Work.Replaces, samePath) {
		first := map[module.Version]*replaceLine{}
		for i := range lines {
			l := &lines[i]
			if prev := first[l.Old]; prev == nil {
				first[l.Old] = l
			} else if prev.Replace.Target() != l.Replace.Target() && prev.Module != l.Module {
				return prev, l, fmt.Sprintf("conflicting replacements for %s:", l.Old)
			}
		}
	}
	var conflict *graph.ConflictError
	if w := c.Graph.WorkspaceView(); w == nil || !errors.As(w.Err(), &conflict) || conflict.Old.Path != path {
		return nil, nil, ""
	}
	a, b = lineOf(lines, conflict.Lines[0]), lineOf(lines, conflict.Lines[1])
	if a == nil || b == nil || a.Module == b.Module {
		return nil, nil, "" // lines of one file
	}
	return a, b, fmt.Sprintf("conflicting replacements found for %s in workspace modules defined by", conflict.Old)
}

func lineOf(lines []replaceLine, r *workspace.Replace) *replaceLine {
	i := slices.IndexFunc(lines, func(l replaceLine) bool { return l.Replace == r })
	if i < 0 {
		return nil
	}
	return &lines[i]
}

// divided returns two lines of members that lead to different code of the path: each applies in its module alone, or to
// the version that the workspace selects.
func (c *checker) divided(path string, lines []replaceLine) (a, b *replaceLine) {
	selected := module.Version{Path: path}
	if w := c.workView(); w != nil {
		item, _ := w.Selected(path)
		selected.Version = item.Version
	}
	for i := range lines {
		l := &lines[i]
		r := c.Graph.View(l.Module.Dir).Replacement(selected)
		applies := selected.Version != "" && r != nil && r.Line == l.Replace
		if v := c.view(l.Module); v != nil && !applies {
			item, ok := v.Selected(path)
			applies = ok && item.Replace != nil && item.Replace.Line == l.Replace
		}
		switch {
		case !applies:
		case a == nil:
			a = l
		case a.Replace.Target() != l.Replace.Target():
			return a, l
		}
	}
	return nil, nil
}

// replacedMembers reports members that go.work replaces at all versions (go-semantics 3.12).
func (c *checker) replacedMembers() []*Finding {
	var out []*Finding
	for _, l := range c.replaceLines() {
		if l.Module != nil || l.Old.Version != "" {
			continue
		}
		m := c.Graph.WorkspaceView().Main(l.Old.Path)
		if m == nil {
			continue
		}
		f := l.found("member", "replaced here", "replaces %s at all versions, though it uses it in %s", m.Path, m.Dir)
		says := fmt.Sprintf("workspace module %s is replaced at all versions in the go.work file", m.Path)
		f.Notes = []Remark{goSays(says, inWork)}
		f.Fix = c.dropReplace(l)
		out = append(out, f)
	}
	return out
}
