package report

import (
	"errors"
	"slices"

	"github.com/modgov/modgov/internal/change"
	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/workspace"
)

// An Origin says how a report came to be.
type Origin struct {
	Version   string            // of modgov
	Root      string            // names what was judged: a directory, or a revision
	Threshold policy.Severity   // findings at or above it fail; Off stands for Error
	Notes     []string          // what else is worth knowing, a sentence each
	Base      *Base             // what the findings are compared with, nil if they are not
	Fixed     []*policy.Finding // those of the base that are gone
	Versions  *change.Versions  // which versions are not those of the base; nil if nobody asked
	Command   string            // that made a plan
	Selected  []string          // directories of the modules that the findings are about, sorted; nil for all
	Below     string            // the root relative to git's top level, "" if it is that, or without git
}

// New makes the document of a judgement. It copies what it needs.
func New(j *policy.Judgement, o Origin) *Report {
	if o.Threshold == policy.Off {
		o.Threshold = policy.Error
	}
	r := &Report{
		Schema: Schema, Document: "check", Tool: Tool{"modgov", o.Version}, Root: o.Root, Below: o.Below,
		Verdict: string(j.Verdict(o.Threshold)), Threshold: o.Threshold.String(), Complete: len(j.Gaps) == 0,
		Layers: []Layer{}, Modules: []Module{}, Findings: []Finding{}, Gaps: []Gap{}, NotEvaluated: []NotEvaluated{},
		Notes: slices.Clone(o.Notes), Selected: slices.Clone(o.Selected),
	}
	if j.Policy != nil {
		r.Policy = j.Policy.File
	}
	r.addFacts(j.Facts)
	for _, l := range j.Layers {
		r.Layers = append(r.Layers, Layer{string(l.Layer), l.State})
	}
	for _, f := range j.Findings {
		r.Findings = append(r.Findings, newFinding(f))
	}
	if o.Base != nil {
		r.Base = o.Base
		for _, f := range o.Fixed {
			r.Fixed = append(r.Fixed, newFinding(f))
		}
		if o.Versions != nil {
			r.Versions = newVersionChanges(o.Versions)
		}
	}
	r.Gaps = newGaps(j)
	for _, o := range j.Overrides {
		r.Overrides = append(r.Overrides, Override{o.Rule, o.Severity.String()})
	}
	for _, n := range j.NotEvaluated {
		r.NotEvaluated = append(r.NotEvaluated, NotEvaluated{n.ID, n.Key, newPosition(n.Pos)})
	}
	r.Summary = r.summarize()
	return r
}

func (r *Report) addFacts(facts *policy.Facts) {
	for _, d := range facts.Dependencies {
		if d.Sibling == nil {
			r.Dependencies++
		}
	}
	if w := facts.Workspace.Work; w != nil {
		r.Workspace = w.File
	}
	members := facts.Workspace.Members()
	for _, m := range facts.Workspace.Modules {
		r.Modules = append(r.Modules, Module{m.Dir, m.Path, m.Governed, slices.Contains(members, m)})
	}
}

// summarize counts what the findings say.
func (r *Report) summarize() Summary {
	var s Summary
	hit := map[string]bool{}
	for i := range r.Findings {
		f := &r.Findings[i]
		switch {
		case f.Exception != nil:
			s.Excepted++
			continue
		case !r.counts(f):
			s.Standing++
			continue
		}
		switch f.Severity {
		case policy.Error.String():
			s.Error++
		case policy.Warn.String():
			s.Warn++
		default:
			s.Info++
		}
		if f.Fixable && f.Severity != policy.Info.String() {
			s.Fixable++
		}
		for _, dir := range f.Modules {
			hit[dir] = true
		}
	}
	s.Fixed = len(r.Fixed)
	for _, m := range r.Modules {
		if m.Governed && hit[m.Dir] {
			s.Modules++
		}
	}
	return s
}

// unasked reports whether modgov fix makes a settlement without being asked for its means.
func unasked(s policy.Settlement) bool { return !s.IfAsked }

func newFinding(f *policy.Finding) Finding {
	out := Finding{
		ID: f.ID(), Rule: f.Rule, Severity: f.Severity.String(), Subject: f.Subject, Message: f.Message,
		Modules: append([]string{}, f.Modules...), Dep: f.Dep, Kind: f.Kind,
		At: append([]Span{}, newSpans(f.At)...), Because: newSpans(f.Because),
		Owners: slices.Clone(f.Owners), State: string(f.State), WorseIn: slices.Clone(f.WorseIn),
		Fix: f.Command(), Fixable: f.Fix != "" && slices.ContainsFunc(f.Settle, unasked),
	}
	for _, g := range f.Groups {
		out.Groups = append(out.Groups, Group{g.Version, append([]string{}, g.Modules...), g.Note})
	}
	for _, m := range f.Measures {
		out.Measures = append(out.Measures, Measure{m.Module, m.Version, distanceWord(m.Distance), m.Hash})
	}
	for _, c := range f.Why {
		out.Why = append(out.Why, newChain(c))
	}
	for _, n := range f.Notes {
		out.Notes = append(out.Notes, Remark{n.Key, n.Text})
	}
	if i := f.Item; i != nil {
		out.Policy = &PolicyItem{i.ID, newPosition(i.Pos), i.Owner, i.Reason}
	}
	if e := f.Exception; e != nil {
		out.Exception = &Exception{e.ID, newPosition(e.Pos), e.Expires.String(), e.Owner, e.Reason, e.Issue}
	}
	return out
}

// distanceWord is the word for a distance, "" for none.
func distanceWord(d graph.Distance) string {
	if d == graph.Equal {
		return ""
	}
	return d.String()
}

func newSpans(spans []policy.Span) []Span {
	var out []Span
	for _, s := range spans {
		out = append(out, Span{newPosition(s.Pos), s.Label})
	}
	return out
}

func newPosition(p workspace.Position) Position { return Position{p.File, p.Line, p.Col, p.End} }

// newGaps are those of a judgement; never nil.
func newGaps(j *policy.Judgement) []Gap {
	out := []Gap{}
	for _, g := range j.Gaps {
		gap := newGap(j.Facts.Graph, g.Module, g.Err)
		gap.Layer = string(g.Layer)
		out = append(out, gap)
	}
	return out
}

// newGap says what could not be found out about the module in a directory, "" for the workspace.
func newGap(g *graph.Graph, dir string, err error) Gap {
	gap := Gap{Module: dir, Message: err.Error(), Way: policy.WayOut(g.Workspace(), dir, err)}
	v := g.WorkspaceView()
	if dir != "" {
		v = g.View(dir)
	}
	var load *graph.LoadError
	if errors.As(err, &load) && len(load.Chain) > 1 && v != nil {
		chain := newChain(policy.ChainOf(v, load.Chain))
		gap.Chain = &chain
	}
	return gap
}

func newChain(c policy.Chain) Chain {
	out := Chain{Module: c.Module, Steps: []Step{}}
	for _, s := range c.Steps {
		out.Steps = append(out.Steps, Step{s.Mod.Path, s.Mod.Version, s.Dir, s.Note})
	}
	return out
}
