package change

import (
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

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
