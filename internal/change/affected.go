package change

import (
	"maps"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/workspace"
)

// A Change is a change of a repository, by what is needed to tell which modules it touches.
type Change struct {
	// Base and Head are the graphs before and after it, with the workspace. Base has a view of each module that is
	// governed in Head.
	Base, Head *graph.Graph
	// Files are the files that differ: slash paths relative to the root, those outside with "../" in front, sorted.
	Files []string
	// Real returns the directory that a directory is, if a link leads there, as Files name it; nil where there are no links.
	Real func(dir string) string
	// Links are the links that lead to such files, in the same form.
	Links []string
	// Unseen reports whether a directory is one of whose files nobody can say which differ; nil if there is none.
	Unseen func(dir string) bool
	// Findings are those that the change of the policy alone brings, clears or alters, in the files of Head.
	Findings []*policy.Finding
}

// An Affected is a module that a change touches, with the reasons in a fixed order.
type Affected struct {
	Module  *workspace.Module
	Reasons []Reason
}

// An affection is Change.Affected at work.
type affection struct {
	*Change
	base, head *workspace.Workspace
	locals     map[*workspace.Module][]graph.Local
	touched    map[string][]string // directory of a module, or that a replace line leads to → its files that differ
	reaching   map[string][]string // of these, the files by which a module reaches those that take its code
	unowned    []string
	work       []Reason // what touches all members of the workspace
	sums       []string // paths whose sums in go.work.sum differ, sorted
	findings   map[string]int
}

// Affected returns the governed modules that a change touches, by directory, and the files that lie in no governed
// module.
//
// A module is touched if files in it differ, or files that links in it lead to, the tests' and those of modules within
// it that are not governed included; if it takes code from a directory where files other than tests differ, whether a
// replace line or the workspace leads there; if an effective version in its build list differs, alone or in the
// workspace; if go.work treats it otherwise; or if the policy says other things of it. A sibling that it requires at a
// published version does not touch it. What cannot be told counts as touched.
func (c *Change) Affected() (modules []Affected, unowned []string) {
	a := &affection{Change: c, base: c.Base.Workspace(), head: c.Head.Workspace(), findings: map[string]int{}}
	a.locals = c.Head.Locals()
	a.assignFiles()
	a.compareWork()
	for _, f := range c.Findings {
		for _, dir := range f.Modules {
			a.findings[dir]++
		}
	}
	for _, m := range a.head.Governed() {
		if reasons := a.reasons(m); len(reasons) > 0 {
			modules = append(modules, Affected{m, reasons})
		}
	}
	return modules, a.unowned
}

// WholeReason touches all governed modules, sorted by directory: there is nothing to compare with.
func WholeReason(ws *workspace.Workspace) []Affected {
	var out []Affected
	for _, m := range ws.Governed() {
		out = append(out, Affected{m, []Reason{NoBase{}}})
	}
	return out
}

// WithNeeded returns affected modules with the siblings from whose directories they take code, sorted by directory: what
// has to be there to build them. It changes nothing in the list that it is given.
func WithNeeded(g *graph.Graph, modules []Affected) []Affected {
	is := map[*workspace.Module]bool{}
	for _, a := range modules {
		is[a.Module] = true
	}
	needed := map[*workspace.Module][]Reason{}
	locals := g.Locals()
	for _, a := range modules {
		for _, l := range locals[a.Module] {
			if s := g.Workspace().Module(l.Dir); s != nil && s.Governed && !is[s] {
				needed[s] = append(needed[s], NeededByOther{a.Module, l})
			}
		}
	}
	modules = slices.Clone(modules)
	for s, reasons := range needed {
		modules = append(modules, Affected{s, reasons})
	}
	slices.SortFunc(modules, func(a, b Affected) int { return strings.Compare(a.Module.Dir, b.Module.Dir) })
	return modules
}

// reasons collects why a module is touched.
func (a *affection) reasons(m *workspace.Module) []Reason {
	before := a.base.Module(m.Dir)
	if before == nil {
		return append([]Reason{NewModule{}}, a.fileReasons(m)...)
	}
	var out []Reason
	if !before.Governed {
		out = append(out, NewlyGoverned{})
	}
	was, is := a.Base.View(m.Dir), a.Head.View(m.Dir)
	switch {
	case is.Err() != nil:
		out = append(out, NoBuildList{Err: is.Err()})
	case was == nil || was.Err() != nil:
		out = append(out, NoBuildList{Before: true, Err: viewError(was)})
	}
	out = append(out, a.fileReasons(m)...)
	if was != nil && was.Err() == nil && is.Err() == nil {
		for _, d := range differences(aloneList(was), aloneList(is)) {
			out = append(out, d)
		}
	}
	out = append(out, a.workReasons(before, m, out)...)
	if n := a.findings[m.Dir]; n > 0 {
		out = append(out, PolicyDiffers(n))
	}
	return out
}

func viewError(v *graph.View) error {
	if v == nil {
		return nil
	}
	return v.Err()
}

// fileReasons are the files of a module that differ, and those of the directories that it takes code from.
func (a *affection) fileReasons(m *workspace.Module) []Reason {
	var out []Reason
	if files := a.touched[m.Dir]; len(files) > 0 {
		out = append(out, FilesDiffer(files))
	}
	for _, l := range a.locals[m] {
		if a.Unseen != nil && a.Unseen(l.Dir) {
			out = append(out, DependencyUnseen{l})
			continue
		}
		if files := a.reaching[a.real(l.Dir)]; len(files) > 0 && l.Dir != m.Dir {
			out = append(out, DependencyDiffers{l, files})
		}
	}
	return out
}

// aloneList are the effective versions of a module alone, by path.
func aloneList(v *graph.View) map[string]string {
	out := map[string]string{}
	for _, i := range v.BuildList() {
		if e, ok := v.Effective(i.Path); ok && (i.Version != "" || i.Replace != nil) {
			out[i.Path] = e.Text(i.Path)
		}
	}
	return out
}

// differences are the paths whose effective versions differ, sorted.
func differences(was, is map[string]string) []VersionDiffers {
	var out []VersionDiffers
	paths := maps.Clone(was)
	maps.Copy(paths, is)
	for _, p := range slices.Sorted(maps.Keys(paths)) {
		if was[p] != is[p] {
			out = append(out, VersionDiffers{Dep: p, From: was[p], To: is[p]})
		}
	}
	return out
}
