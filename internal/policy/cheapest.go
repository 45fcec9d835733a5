package policy

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/graph"
)

// A Suggestion is a command that clears findings, with what it costs.
type Suggestion struct {
	Command string
	// Modules are the directories of those whose files change for the findings themselves, sorted. Distance is the longest
	// way that a version goes in one of them, Equal if none goes any.
	Modules  []string
	Distance graph.Distance
	// Findings are cleared by it; Exceptions waive some of these, and are then needed no more if they waive nothing else.
	Findings   []*Finding
	Exceptions []*Exception
}

// Suggest ranks what modgov fix clears, waived or not, from the cheapest to the dearest: fewest modules, then the
// shortest way of a version, then most findings, then by command. Left are the other findings that count or are waived;
// those that only inform are in neither.
func (j *Judgement) Suggest() (ranked []*Suggestion, left []*Finding) {
	var commands grouping[string, *Finding]
	for _, f := range j.Findings {
		switch {
		case f.Severity < Warn:
		case f.Fix == "" || len(f.Settle) == 0 || !strings.HasPrefix(f.Fix, fixCommand):
			left = append(left, f)
		default:
			commands.add(widest(f), f)
		}
	}
	for command, findings := range commands.all() {
		ranked = append(ranked, newSuggestion(j.Facts.Graph, command, findings))
	}
	slices.SortStableFunc(ranked, func(a, b *Suggestion) int {
		return cmp.Or(cmp.Compare(len(a.Modules), len(b.Modules)), cmp.Compare(a.Distance, b.Distance),
			cmp.Compare(len(b.Findings), len(a.Findings)), cmp.Compare(a.Command, b.Command))
	})
	return ranked, left
}

// widest is the command for all that is wrong with the dependency of a finding, if there is one.
func widest(f *Finding) string {
	if of := " --dep " + shellWord(f.Dep); f.Dep != "" && strings.HasSuffix(f.Fix, of) {
		return fixCommand + of
	}
	return f.Fix
}

// fixCommand begins the commands of findings that a plan settles; with Excepted it settles waived ones too.
const (
	fixCommand = "modgov fix"
	excepted   = " --excepted"
)

// Command is what clears the finding when it is typed, "" if that is left to you: of a waived one with the flag without
// which modgov fix leaves it alone.
func (f *Finding) Command() string {
	if rest, ok := strings.CutPrefix(f.Fix, fixCommand); ok && f.Exception != nil {
		return fixCommand + excepted + rest
	}
	return f.Fix
}

func newSuggestion(g *graph.Graph, command string, findings []*Finding) *Suggestion {
	s := &Suggestion{Command: command, Findings: findings}
	for _, f := range findings {
		if f.Exception != nil {
			s.Exceptions = append(s.Exceptions, f.Exception)
		}
		for i := range f.Settle {
			s.settle(g, &f.Settle[i])
		}
	}
	if len(s.Exceptions) > 0 {
		s.Command = fixCommand + excepted + strings.TrimPrefix(command, fixCommand)
	}
	slices.Sort(s.Modules)
	s.Modules = slices.Compact(s.Modules)
	slices.SortFunc(s.Exceptions, func(a, b *Exception) int { return cmp.Compare(a.ID, b.ID) })
	s.Exceptions = slices.Compact(s.Exceptions)
	return s
}

// settle adds what one settlement costs.
func (s *Suggestion) settle(g *graph.Graph, change *Settlement) {
	s.Modules = append(s.Modules, change.Module)
	v := g.View(change.Module)
	if change.Means != Require && change.Means != Replace || v == nil || v.Err() != nil {
		return // nothing but what go itself would select
	}
	has, _ := v.Effective(change.Mod.Path)
	if !semver.IsValid(has.Version) || !semver.IsValid(change.Mod.Version) {
		return
	}
	s.Distance = max(s.Distance, graph.DistanceOf(has.Version, change.Mod.Version))
}
