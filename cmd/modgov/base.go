package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/change"
	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/imports"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/repo"
	"github.com/modgov/modgov/internal/report"
	"github.com/modgov/modgov/internal/workspace"
)

// asOf reads --as-of: the moment at which exceptions are looked at.
func asOf(c *cli.Context) (time.Time, error) {
	text := c.String("as-of")
	if text == "" {
		return time.Now(), nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, usagef("--as-of %q: a date such as 2026-12-31 is needed", text)
	}
	return day, nil
}

// A comparison is the state before a change.
type comparison struct {
	name string // as it was asked for
	fork string // the repository that the change comes from, if the base's policy must judge it; else ""
	tree *repo.Tree
	from policy.PolicyFrom // whose policy judges
	only bool              // only new findings count
	// own is the policy of the state before, where another one judges it; nil if there was none that is valid.
	own     *policy.Policy
	another bool
	// merged tells that the other state is the merge of the files at hand with this one.
	merged bool
	graph  *graph.Graph // its build lists, once it was judged
}

// shown is what a report says of it; nil for no comparison.
func (b *comparison) shown() *report.Base {
	if b == nil {
		return nil
	}
	scope := policy.GateAll
	if b.only {
		scope = policy.GateNew
	}
	return &report.Base{
		Revision: b.name, Commit: b.tree.Commit, Scope: string(scope), Policy: string(b.from), Merged: b.merged,
	}
}

// against finds the state with which --base compares, and settles whose policy judges both, and what --module selects by
// it; nil without --base, or auto where there is nothing to compare with. With merge, the files at hand become what
// merging them with the base gives.
func (p *project) against(merge bool) (*comparison, error) {
	if p.inv.base == "" {
		if merge {
			return nil, withHint(usagef("--merge-result: merged with what?"), "modgov check --base origin/main --merge-result")
		}
		return nil, nil
	}
	chosen, err := p.chooseBase(p.inv.base)
	if err != nil {
		return nil, err
	}
	var b *comparison
	if chosen != nil {
		if b, err = p.compareWith(chosen, merge); err != nil {
			return nil, err
		}
	}
	return b, p.selectBy(b)
}

// selectBy selects modules by the policy that judges.
func (p *project) selectBy(b *comparison) (err error) {
	p.selected, err = p.policy.ModuleSelector(p.inv.modules)
	switch {
	case err == nil:
		return nil
	case b == nil:
		return usagef("--module: %w", err)
	case b.from == policy.PolicyFromBase:
		return withHint(usagef("--module: %w", err), "the policy of %s judges, so it says which tags and teams there are", b.name)
	}
	err = usagef("--module: %w", err)
	if b.own == nil {
		return err
	}
	if _, gone := b.own.ModuleSelector(p.inv.modules); gone != nil {
		return err
	}
	return withHint(err, "the policy of %s has it: this change takes it out", b.name)
}

// compareWith is against for a base that was found.
func (p *project) compareWith(chosen *chosenBase, merge bool) (b *comparison, err error) {
	b = &comparison{name: chosen.name, fork: chosen.fork, from: policy.PolicyFromHead}
	if b.tree, err = p.mergeBase(chosen, "HEAD"); err != nil {
		return nil, err
	}
	if merge {
		if err := p.takeMergeResult(b, chosen.rev); err != nil {
			return nil, err
		}
	}
	if err := p.settlePolicy(b); err != nil {
		return nil, err
	}
	p.since = b
	b.only = p.policy.Gate.Scope != policy.GateAll
	return b, nil
}

// mergeBase is the state from which a base and tip go separate ways.
func (p *project) mergeBase(base *chosenBase, tip string) (*repo.Tree, error) {
	commit, more, err := p.repo.MergeBase(p.inv.ctx, base.rev, tip)
	if err != nil {
		return nil, revisionError(err)
	}
	if more {
		p.tell("%s and %s have several merge bases; the youngest, %.12s, counts", tip, base.name, commit)
	}
	return p.revision(commit)
}

// settlePolicy takes up the policy that judges both states: of a pull request from a fork, that of the base, whatever
// the fork's says.
func (p *project) settlePolicy(b *comparison) (err error) {
	name := policyName
	if p.inv.policy != "" {
		if b.fork == "" {
			return nil // one file for both
		}
		if filepath.IsAbs(p.written.shown) { // from outside; but the CODEOWNERS file at hand is the fork's
			p.policy, err = p.parsePolicy(b.tree.FS, p.written.shown, p.written.data)
			return revisionError(err)
		}
		name = p.written.shown // a file of the repository, so of the fork
	}
	data, err := fs.ReadFile(b.tree.FS, name)
	if errors.Is(err, fs.ErrNotExist) {
		return p.settleWithout(b)
	} else if err != nil {
		return revisionError(fmt.Errorf("read the policy of %s: %w", b.name, err))
	}
	b.another = !bytes.Equal(data, p.written.data)
	before, err := policy.Parse(name, data)
	if err != nil && b.fork == "" {
		p.notes = append(p.notes, fmt.Sprintf("the policy of %s is not valid, so nobody can say what this change loosens", b.name))
		return nil
	}
	if b.fork == "" {
		b.from = p.policy.JudgedBy(before)
	} else {
		b.from = policy.PolicyFromBase
		p.tell("the change comes from a fork, %s: the policy of %s judges it", b.fork, b.name)
	}
	if b.from == policy.PolicyFromHead {
		p.basePolicy, b.own = before, before
		return revisionError(p.addCodeowners(b.tree.FS, before))
	}
	b.another = false
	p.policy, err = p.parsePolicy(b.tree.FS, name, data)
	return err
}

// settleWithout is settlePolicy where the base has no policy file: a change may adopt one, but for that of a fork.
func (p *project) settleWithout(b *comparison) error {
	switch {
	case b.fork != "" && p.inv.policy != "":
		return withHint(usagef("%s has no %s, and that of a fork, %s, does not count", b.name, p.written.shown, b.fork),
			"name a policy outside the checkout")
	case b.fork != "":
		p.tell("the change comes from a fork, %s, and %s has no policy file: the default policy judges it", b.fork, b.name)
		p.policy, b.from = policy.Default(), policy.PolicyFromBase
	case p.policy.File != "":
		b.another = true
		p.notes = append(p.notes, fmt.Sprintf("%s has no policy file: this change adopts one", b.name))
	}
	return nil
}

// compare judges the state before, marks the findings of the one at hand, and returns those that are gone. Go files and
// vendored files of the state before are read only where the one at hand has findings that rest on such files.
func (p *project) compare(b *comparison, head *policy.Judgement, each bool) ([]*policy.Finding, error) {
	if b == nil {
		return nil, nil
	}
	var packages *imports.Reader
	if slices.ContainsFunc(head.Findings, func(f *policy.Finding) bool { return f.Rule == "stale-dependent" }) {
		packages = imports.NewReader(b.tree.FS)
	}
	vendors := slices.ContainsFunc(head.Findings, func(f *policy.Finding) bool {
		return policy.Lookup(f.Rule).Layer == policy.LayerVendor
	})
	p.interrupted, p.basePolicy, p.unmerged, p.since = nil, nil, nil, nil
	base, err := p.judgeTree(p.inv.ctx, b.tree, b.tree.FS, packages, vendors)
	if err != nil {
		return nil, revisionError(fmt.Errorf("judge %s: %w", b.name, err))
	}
	b.graph = base.Facts.Graph
	for _, g := range base.Gaps {
		p.notes = append(p.notes, fmt.Sprintf("%s could not be judged whole, so some findings count as new: %v", b.name, g.Err))
	}
	if b.another {
		base.Findings = ownFindings(base, b.own)
	}
	if each {
		base.Findings = policy.Each(base.Findings)
	}
	head.OnlyNew = b.only
	return change.Compare(base, head), nil
}

// versionsSince says which versions are not those of the state before; nil if nothing is compared.
func (p *project) versionsSince(b *comparison, head *policy.Judgement) *change.Versions {
	if b == nil {
		return nil
	}
	return change.CompareVersions(b.graph, head.Facts.Graph, p.selector())
}

// selector is what --module selects; nil for all.
func (p *project) selector() func(*workspace.Module) bool {
	if p.selected.IsZero() {
		return nil
	}
	return p.selects
}

// ownFindings are the findings of a judgement, those about the policy file by the policy that was in force then: what a
// change writes into the file was not wrong before.
func ownFindings(base *policy.Judgement, own *policy.Policy) []*policy.Finding {
	about := func(f *policy.Finding) bool { return f.Subject == policyName }
	out := slices.DeleteFunc(slices.Clone(base.Findings), about)
	if own == nil {
		return out
	}
	for _, f := range policy.Judge(own, base.Facts).Findings {
		if about(f) {
			out = append(out, f)
		}
	}
	return out
}
