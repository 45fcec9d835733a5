package policy

import (
	"path"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/workspace"
)

// A Verdict is the answer of the gate.
type Verdict string

// The verdicts. A failed check is a fail even if something could not be read.
const (
	Pass       Verdict = "pass"
	Fail       Verdict = "fail"
	Incomplete Verdict = "incomplete"
)

// A Judgement is what the policy says of the facts.
type Judgement struct {
	Policy *Policy
	Facts  *Facts
	// Findings are sorted: by severity, rule, subject, dependency. Excepted ones are among them, with Exception set.
	Findings []*Finding
	// Exceptions tell what each exception of the policy does, in file order.
	Exceptions []ExceptionUse
	// OnlyNew tells that findings which were there before the change do not count.
	OnlyNew bool
	// Gaps are what could not be found out.
	Gaps []Gap
	// Layers tells for each layer whether it was checked, not asked or failed, in a fixed order.
	Layers []LayerState
	// NotEvaluated are parts of the policy file whose effect does not exist yet or needs a layer that was not asked.
	NotEvaluated []Note
	// Overrides are the severities that somebody asked for beside the policy.
	Overrides []Override
}

// A LayerState is the fate of a layer: "checked", "not asked" or "failed".
type LayerState struct {
	Layer Layer
	State string
}

// The states of a layer.
const (
	Checked  = "checked"
	NotAsked = "not asked"
	Failed   = "failed"
)

// Judge applies every rule to the facts, with the severities of the policy, or those that somebody asks for.
func Judge(p *Policy, facts *Facts, asked ...Override) *Judgement {
	c := newChecker(p, facts)
	c.asked = newOverrides(asked)
	j := &Judgement{
		Policy: p, Facts: facts, Gaps: gaps(facts), NotEvaluated: p.NotEvaluated(), Overrides: asked,
	}
	j.NotEvaluated = append(j.NotEvaluated, c.notAsked()...)
	slices.SortStableFunc(j.NotEvaluated, func(a, b Note) int { return a.Pos.Line - b.Pos.Line })
	rules := Rules()
	found := c.checkAll(rules)
	for i, r := range rules {
		for _, f := range found[i] {
			f.Rule = r.Name
			if f.Severity = c.severity(r, f); f.Severity == Off {
				continue
			}
			c.own(f)
			c.measure(f)
			j.Findings = append(j.Findings, f)
		}
	}
	uses, findings := c.except(j.Findings)
	j.Exceptions, j.Findings = uses, findings
	j.Findings = slices.DeleteFunc(j.Findings, func(f *Finding) bool { return c.asked.silences(p.rules[f.Rule]) })
	slices.SortStableFunc(j.Findings, compareFindings)
	j.Layers = layers(facts, j.Gaps)
	return j
}

// checkAll asks every rule, several at a time: they change nothing and do not know of each other.
func (c *checker) checkAll(rules []*Rule) [][]*Finding {
	found := make([][]*Finding, len(rules))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, r := range rules {
		group.Go(func() error {
			found[i] = r.Check(c)
			return nil
		})
	}
	_ = group.Wait() // no rule fails
	return found
}

// gaps collects what could not be found out: build lists that could not be computed, and sums files that could not be
// read. A module that go refuses is one too, though a rule says why: nothing else is known of it, and severities are
// the policy's choice, so that without the gap it could pass.
func gaps(facts *Facts) []Gap {
	var out []Gap
	views := slices.Clone(facts.Graph.Views())
	if w := facts.Graph.WorkspaceView(); w != nil {
		views = append(views, w)
	}
	for _, v := range views {
		if v.Err() != nil {
			out = append(out, Gap{Layer: LayerSelected, Module: v.Dir(), Err: v.Err()})
		}
	}
	if facts.Interrupted != nil {
		out = append(out, Gap{Layer: LayerDeclared, Err: facts.Interrupted})
	}
	out = append(out, facts.Unmerged...)
	for _, v := range facts.Vendors {
		if v.Err != nil {
			out = append(out, Gap{Layer: LayerVendor, Module: v.Dir, Err: v.Err})
		}
		for _, err := range v.Unproved {
			out = append(out, Gap{Layer: LayerZips, Module: v.Dir, Err: err})
		}
	}
	out = append(out, remoteGaps(facts)...)
	for _, f := range facts.Workspace.SumFiles() {
		for _, bad := range f.Bad {
			if bad.Pos.Line == 0 {
				out = append(out, Gap{Layer: LayerSums, Module: path.Dir(f.File), Err: bad})
			}
		}
	}
	return append(out, unreadSource(facts)...)
}

// layers says of each layer what became of it. Vendor is named only where there is something to ask.
func layers(facts *Facts, gaps []Gap) []LayerState {
	state := func(l Layer) string {
		for _, g := range gaps {
			if g.Layer == l {
				return Failed
			}
		}
		return Checked
	}
	out := []LayerState{
		{LayerDeclared, state(LayerDeclared)}, {LayerSelected, state(LayerSelected)}, {LayerSums, state(LayerSums)},
	}
	if facts.Vendors == nil && hasVendor(facts.Workspace) {
		out = append(out, LayerState{LayerVendor, NotAsked})
	} else if len(facts.Vendors) > 0 {
		out = append(out, LayerState{LayerVendor, state(LayerVendor)})
	}
	imports := NotAsked
	if facts.Imports != nil {
		imports = state(LayerImports)
	}
	remote := NotAsked
	if facts.Remote != nil {
		remote = state(LayerRemote)
	}
	zips := NotAsked
	if slices.ContainsFunc(facts.Vendors, func(v *integrity.Vendor) bool { return v.Proved }) {
		zips = state(LayerZips)
	}
	return append(out, LayerState{LayerImports, imports}, LayerState{LayerZips, zips}, LayerState{LayerRemote, remote})
}

func hasVendor(ws *workspace.Workspace) bool {
	vendors := func(m *workspace.Module) bool { return m.Vendor }
	return ws.Work != nil && ws.Work.Vendor || slices.ContainsFunc(ws.Governed(), vendors)
}

// counts reports whether a finding can fail a check: one that is excepted cannot, nor one that was there before a change,
// if only what the change brings is asked for. What can never be waived counts whatever was there before.
func (j *Judgement) counts(f *Finding) bool {
	return f.Exception == nil && !(j.OnlyNew && f.State == Standing && Waivable(f.Rule))
}

// Verdict returns the answer for a threshold: findings at or above it fail if they count.
func (j *Judgement) Verdict(threshold Severity) Verdict {
	for _, f := range j.Findings {
		if j.counts(f) && f.Severity >= threshold {
			return Fail
		}
	}
	if len(j.Gaps) > 0 {
		return Incomplete
	}
	return Pass
}

// A checker is what the rules see: the facts, the policy, and what both together make.
type checker struct {
	*Facts
	policy  *Policy
	asked   overrides
	infos   map[*workspace.Module]ModuleInfo
	leaders sync.Map // *graph.View by the *VersionItem that says to follow it, once it was asked
	used    sync.Map // []judgedUse by usesKey, once it was asked
	said    sync.Map // *depPolicy by path, once it was asked

	excluders []*workspace.Module // the members of the workspace with exclude lines
	unbuilt   []*workspace.Module // the governed modules without a build list
}

func newChecker(p *Policy, facts *Facts) *checker {
	c := &checker{
		Facts: facts, policy: p, infos: map[*workspace.Module]ModuleInfo{},
	}
	for _, m := range facts.Workspace.Modules {
		c.infos[m] = p.Info(m.Dir, m.Path)
	}
	for _, m := range facts.Workspace.Governed() {
		if c.view(m) == nil {
			c.unbuilt = append(c.unbuilt, m)
		}
	}
	for _, m := range facts.Workspace.Members() {
		if len(m.Excludes) > 0 {
			c.excluders = append(c.excluders, m)
		}
	}
	return c
}

// severity of a finding: what somebody asked for, then the policy item's, then the rule's own choice for this finding,
// then the rule's default.
func (c *checker) severity(r *Rule, f *Finding) Severity {
	raised, asked := c.asked.raised(r.Name)
	switch {
	case r.Unwaivable:
		return Error
	case asked:
		return raised
	case f.Item != nil && f.Item.Severity != nil && !r.AboutPolicy:
		return *f.Item.Severity
	case f.Severity != Off:
		return f.Severity
	}
	return r.Severity
}

// own fills in the owners: of the policy item if it names one, else of the modules.
func (c *checker) own(f *Finding) {
	if f.Item != nil && f.Item.Owner != "" {
		f.Owners = []string{f.Item.Owner}
		return
	}
	for _, dir := range f.Modules {
		if m := c.Workspace.Module(dir); m != nil {
			f.Owners = append(f.Owners, c.infos[m].Teams...)
		}
	}
	slices.Sort(f.Owners)
	f.Owners = slices.Compact(f.Owners)
}

// measure fills in the effective versions where the rule has measured nothing itself.
func (c *checker) measure(f *Finding) {
	if f.Measures != nil || f.Dep == "" {
		return
	}
	for _, dir := range f.Modules {
		m := c.Workspace.Module(dir)
		if m == nil || c.view(m) == nil {
			continue
		}
		if e, ok := c.view(m).Effective(f.Dep); ok {
			f.Measures = append(f.Measures, Measure{Module: dir, Version: e.Text(f.Dep)})
		}
	}
}
