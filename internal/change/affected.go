package change

import (
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

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

// WholeReason touches all governed modules: there is nothing to compare with.
func WholeReason(ws *workspace.Workspace) []Affected {
	var out []Affected
	for _, m := range ws.Governed() {
		out = append(out, Affected{m, []Reason{NoBase{}}})
	}
	return out
}

// WithNeeded adds the siblings from whose directories affected modules take code: what has to be there to build them.
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

// assignFiles gives each file to the nearest module around it, as the modules stand before and after the change: a
// go.mod file that comes or goes moves a boundary. A module that is not governed is, for whoever has it in testdata or
// beside its code, one more file: the governed module around it gets its files, too. They are none of its packages,
// though, and tests are compiled for their own package alone: neither reaches those that take its code.
func (a *affection) assignFiles() {
	a.touched, a.reaching = map[string][]string{}, map[string][]string{}
	after := a.places(a.Head, a.locals)
	before := a.places(a.Base, a.Base.Locals())
	for _, file := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(a.Files, a.Links)))) {
		_, differs := slices.BinarySearch(a.Files, file)
		owned := false
		for _, places := range []places{before, after} {
			if differs { // of what only leads to such files, the directories are known by their own names
				a.assignBelow(file, places)
			}
			owned = a.assign(file, places) || owned
		}
		if differs && !owned {
			a.unowned = append(a.unowned, file)
		}
	}
}

// assignBelow gives a file to the directories that somebody replaces to and that it is, or has below it: a submodule or a
// link is one path.
func (a *affection) assignBelow(file string, p places) {
	for _, dir := range p.below[file] {
		add(a.touched, a.real(dir), file)
		add(a.reaching, a.real(dir), file)
	}
}

// assign gives a file to the modules around it, up to the first that is governed, and reports whether there is one.
func (a *affection) assign(file string, p places) (owned bool) {
	nearest := true
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		m := a.head.Module(dir)
		if owned = m != nil && m.Governed; owned || p.at[dir] {
			add(a.touched, dir, file)
			if nearest && !strings.HasSuffix(file, "_test.go") {
				add(a.reaching, dir, file)
			}
			nearest = false
		}
		if owned || dir == "." || path.Base(dir) == ".." {
			return owned
		}
	}
}

// add adds a file to the list of a directory, unless it came last.
func add(files map[string][]string, dir, file string) {
	if list := files[dir]; len(list) == 0 || list[len(list)-1] != file {
		files[dir] = append(list, file)
	}
}

// places are the directories of modules, and those outside that replace lines lead to.
type places struct {
	at    map[string]bool
	below map[string][]string // those that are, or lie below, a path
}

func (c *Change) places(g *graph.Graph, locals map[*workspace.Module][]graph.Local) places {
	p := places{map[string]bool{}, map[string][]string{}}
	for _, m := range g.Workspace().Modules {
		p.add(m.Dir)
	}
	for _, list := range locals {
		for _, l := range list {
			p.add(l.Dir) // what a link is, is a file of its own
			p.add(c.real(l.Dir))
		}
	}
	return p
}

func (c *Change) real(dir string) string {
	if c.Real == nil {
		return dir
	}
	return c.Real(dir)
}

func (p *places) add(place string) {
	if p.at[place] {
		return
	}
	p.at[place] = true
	for dir := place; dir != "." && dir != "/" && path.Base(dir) != ".."; dir = path.Dir(dir) {
		p.below[dir] = append(p.below[dir], place)
	}
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

// workList are the effective versions in a workspace of what concerns a member, by path: what its requirements lead to,
// and what it has alone.
func workList(g *graph.Graph, m *workspace.Module) map[string]string {
	work, out := g.WorkspaceView(), map[string]string{}
	items := work.Below(m)
	if alone := g.View(m.Dir); alone != nil {
		items = append(items, alone.BuildList()...)
	}
	for _, i := range items {
		if e, ok := work.Effective(i.Path); ok && i.Path != m.Path {
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

// workReasons are what the workspace does to a member. What is so in the module alone as well is not said twice.
func (a *affection) workReasons(before, m *workspace.Module, said []Reason) []Reason {
	was, is := slices.Contains(a.base.Members(), before), slices.Contains(a.head.Members(), m)
	switch {
	case is && !was:
		return []Reason{Joined}
	case was && !is:
		return []Reason{Left}
	case !is:
		return nil
	}
	out := slices.Clone(a.work)
	if a.Base.WorkspaceView().Err() != nil || a.Head.WorkspaceView().Err() != nil {
		return out
	}
	list := workList(a.Head, m)
	for _, d := range differences(workList(a.Base, m), list) {
		if !slices.Contains(said, Reason(d)) {
			d.InWorkspace = true
			out = append(out, d)
		}
	}
	for _, p := range a.sums {
		if _, ok := list[p]; ok || p == "" {
			out = append(out, SumsDiffer(p))
		}
	}
	return out
}

// compareWork finds what in go.work and beside it touches all members.
func (a *affection) compareWork() {
	was, is := a.Base.WorkspaceView(), a.Head.WorkspaceView()
	if was == nil || is == nil {
		return // members joined or left
	}
	switch {
	case is.Err() != nil:
		a.work = append(a.work, NoBuildList{InWorkspace: true, Err: is.Err()})
	case was.Err() != nil:
		a.work = append(a.work, NoBuildList{InWorkspace: true, Before: true, Err: was.Err()})
	default:
		for _, p := range []string{"go", "toolchain"} {
			from, _ := was.Selected(p)
			to, _ := is.Selected(p)
			if from.Version != to.Version {
				a.work = append(a.work, VersionDiffers{p, from.Version, to.Version, true})
			}
		}
	}
	before, after := a.base.Work, a.head.Work
	if godebug(before) != godebug(after) {
		a.work = append(a.work, GodebugDiffers)
	}
	vendored := func(file string) bool { return strings.HasPrefix(file, path.Join(after.Dir, "vendor")+"/") }
	if (before.Vendor || after.Vendor) && slices.ContainsFunc(a.Files, vendored) {
		a.work = append(a.work, VendorDiffers)
	}
	a.sums = changedSums(before.Sum, after.Sum)
}

// godebug are the godebug lines of a go.work file, as one text.
func godebug(w *workspace.Work) string {
	f, err := modfile.ParseWork(w.File, w.Data, nil)
	if err != nil {
		return "" // the workspace has no build list then, which is said
	}
	var b strings.Builder
	for _, g := range f.Godebug {
		b.WriteString(g.Key + "=" + g.Value + "\n")
	}
	return b.String()
}

// changedSums are the paths whose lines are not the same in two files, sorted; "" for lines that go refuses.
func changedSums(was, is *workspace.SumFile) []string {
	lines := map[string]map[string]int{}
	count := func(f *workspace.SumFile, n int) {
		for _, l := range f.Lines {
			if lines[l.Mod.Path] == nil {
				lines[l.Mod.Path] = map[string]int{}
			}
			lines[l.Mod.Path][l.Mod.Version+" "+l.Hash] += n
		}
	}
	count(was, 1)
	count(is, -1)
	var out []string
	if len(was.Bad) > 0 || len(is.Bad) > 0 {
		out = append(out, "")
	}
	for p, of := range lines {
		for _, n := range of {
			if n != 0 {
				out = append(out, p)
				break
			}
		}
	}
	slices.Sort(out)
	return out
}

// Differing returns the findings by which two judgements differ: those that only one of them has, and those that have
// another severity or another exception in it. Both are of the same files.
func Differing(one, other *policy.Judgement) []*policy.Finding {
	var out []*policy.Finding
	same := func(f, g *policy.Finding) bool {
		waived := (f.Exception == nil) == (g.Exception == nil)
		return f.Severity == g.Severity && waived && slices.Equal(f.Modules, g.Modules)
	}
	byID := map[string]*policy.Finding{}
	for _, f := range one.Findings {
		byID[f.ID()] = f
	}
	for _, g := range other.Findings {
		f := byID[g.ID()]
		delete(byID, g.ID())
		if f == nil || !same(f, g) {
			out = append(out, g)
		}
	}
	for _, f := range one.Findings {
		if byID[f.ID()] == f {
			out = append(out, f)
		}
	}
	return out
}
