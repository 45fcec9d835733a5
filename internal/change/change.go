// Package change says what a change does to a repository: which findings it brings, makes worse and clears, which modules
// it touches, and how the work on these is shared out. It compares judgements and graphs of two trees; it knows neither
// git nor output.
package change

import (
	"path"
	"slices"

	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
)

// Compare marks each finding of head with what the change did to it, and returns the findings of base that are gone. The
// places of one that is worse come first in the modules where it is. Findings are the same if their IDs are: lines,
// versions and modules may have moved. Both judgements must be of one policy and one day; what could not be judged in
// base counts as new in head.
func Compare(base, head *policy.Judgement) (fixed []*policy.Finding) {
	moved := movedModules(base.Facts.Workspace, head.Facts.Workspace)
	was := map[string]*policy.Finding{}
	for _, f := range base.Findings {
		now := moved.now(f)
		was[now.ID()] = now
	}
	is := map[string]bool{}
	for _, f := range head.Findings {
		is[f.ID()] = true
		mark(f, was[f.ID()])
	}
	for _, f := range base.Findings {
		if !is[moved.now(f).ID()] && f.Exception == nil {
			fixed = append(fixed, f)
		}
	}
	return fixed
}

// mark tells whether a finding was there before, nil for not at all.
func mark(is, was *policy.Finding) {
	if was == nil || was.Exception != nil && is.Exception == nil {
		is.State = policy.New
		return
	}
	is.State = policy.Standing
	if is.WorseIn = worse(was, is); len(is.WorseIn) > 0 || was.Severity < is.Severity {
		is.State = policy.Worse
		showFirst(is, is.WorseIn)
	}
}

// worse returns the modules that a finding did not hit before, and those in which it is further off: the effective
// version went down, the distance to the one that is asked for grew, another hash came.
func worse(was, is *policy.Finding) []string {
	hit := map[string]bool{}
	for _, dir := range was.Modules {
		hit[dir] = true
	}
	before := map[string]policy.Measure{}
	for _, m := range was.Measures {
		before[m.Module] = m
	}
	further := map[string]bool{}
	for _, m := range is.Measures {
		old, ok := before[m.Module]
		further[m.Module] = further[m.Module] || ok && (m.Hash != old.Hash || m.Distance > old.Distance ||
			m.Version != old.Version && lower(is.Dep, m.Version, old.Version))
	}
	var out []string
	for _, dir := range is.Modules {
		if !hit[dir] || further[dir] {
			out = append(out, dir)
		}
	}
	return out
}

// showFirst puts the places of a finding in some modules before the others: who is told of what a change made worse
// looks there.
func showFirst(f *policy.Finding, dirs []string) {
	later := func(s policy.Span) int {
		if slices.Contains(dirs, path.Dir(s.Pos.File)) {
			return 0
		}
		return 1
	}
	f.At = slices.Clone(f.At)
	for _, m := range f.Measures { // a place that did not seem worth showing, as that of an indirect requirement
		there := func(s policy.Span) bool { return path.Dir(s.Pos.File) == m.Module }
		if slices.Contains(dirs, m.Module) && m.At.Pos.File != "" && !slices.ContainsFunc(f.At, there) {
			f.At = append(f.At, m.At)
		}
	}
	slices.SortStableFunc(f.At, func(a, b policy.Span) int { return later(a) - later(b) })
}

// lower reports whether a version went down. A fork or a directory is no version: to come to one counts as down, to
// leave it does not.
func lower(dep, now, before string) bool {
	if !semver.IsValid(now) || !semver.IsValid(before) {
		return semver.IsValid(before)
	}
	return graph.Compare(dep, now, before) < 0
}

// Differing returns the findings by which two judgements differ: those that only one of them has, and those that have
// another severity or another exception in it: first those that other has, in its order, then those that only one has, in
// that one's. Both are of the same files.
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
