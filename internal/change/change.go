// Package change says what a change does to a repository: which findings it brings, makes worse and clears, which modules
// it touches, and how the work on these is shared out. It compares judgements and graphs of two trees; it knows neither
// git nor output.
package change

import (
	"slices"

	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
)

// Compare marks each finding of head with what the change did to it, and returns the findings of base that are gone.
// Findings are the same if their IDs are: lines, versions and modules may have moved. Both judgements must be of one
// policy and one day; what could not be judged in base counts as new in head.
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
		f.State = state(was[f.ID()], f)
	}
	for _, f := range base.Findings {
		if !is[moved.now(f).ID()] && f.Exception == nil {
			fixed = append(fixed, f)
		}
	}
	return fixed
}

// state tells whether a finding was there before.
func state(was, is *policy.Finding) policy.State {
	switch {
	case was == nil, was.Exception != nil && is.Exception == nil:
		return policy.New
	case was.Severity < is.Severity || worse(was, is):
		return policy.Worse
	}
	return policy.Standing
}

// worse reports whether a finding hits a module that it did not hit, or is further off in one: the effective version
// went down, the distance to the one that is asked for grew, another hash came.
func worse(was, is *policy.Finding) bool {
	if slices.ContainsFunc(is.Modules, func(dir string) bool { return !slices.Contains(was.Modules, dir) }) {
		return true
	}
	before := map[string]policy.Measure{}
	for _, m := range was.Measures {
		before[m.Module] = m
	}
	for _, m := range is.Measures {
		old, ok := before[m.Module]
		switch {
		case !ok:
		case m.Hash != old.Hash, m.Distance > old.Distance:
			return true
		case m.Version != old.Version && lower(is.Dep, m.Version, old.Version):
			return true
		}
	}
	return false
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
