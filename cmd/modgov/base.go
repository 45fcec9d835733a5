package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/change"
	"github.com/modgov/modgov/internal/imports"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/repo"
	"github.com/modgov/modgov/internal/report"
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
	tree *repo.Tree
	from policy.PolicyFrom // whose policy judges
	only bool              // only new findings count
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
	return &report.Base{Revision: b.name, Commit: b.tree.Commit, Scope: string(scope), Policy: string(b.from)}
}

// against finds the state with which a check compares, and settles whose policy judges both; nil if name is "".
func (p *project) against(name string) (*comparison, error) {
	if name == "" {
		return nil, nil
	}
	commit, more, err := p.repo.MergeBase(p.inv.ctx, name, "HEAD")
	if err != nil {
		return nil, revisionError(err)
	}
	if more {
		p.notes = append(p.notes, fmt.Sprintf("HEAD and %s have several merge bases; the youngest, %.12s, is compared with", name, commit))
	}
	b := &comparison{name: name, from: policy.PolicyFromHead}
	if b.tree, err = p.repo.Revision(p.inv.ctx, commit); err != nil {
		return nil, revisionError(err)
	}
	if err := p.settlePolicy(b); err != nil {
		return nil, err
	}
	b.only = p.policy.Gate.Scope != policy.GateAll
	return b, nil
}

// settlePolicy takes up the policy that judges both states.
func (p *project) settlePolicy(b *comparison) error {
	if p.inv.policy != "" {
		return nil // named from outside, for both
	}
	data, err := fs.ReadFile(b.tree.FS, policyName)
	if errors.Is(err, fs.ErrNotExist) {
		if p.policy.File != "" {
			p.notes = append(p.notes, fmt.Sprintf("%s has no policy file: this change adopts one", b.name))
		}
		return nil
	} else if err != nil {
		return revisionError(fmt.Errorf("read the policy of %s: %w", b.name, err))
	}
	before, err := policy.Parse(policyName, data)
	if err != nil {
		p.notes = append(p.notes, fmt.Sprintf("the policy of %s is not valid, so nobody can say what this change loosens", b.name))
		return nil
	}
	if b.from = p.policy.JudgedBy(before); b.from == policy.PolicyFromHead {
		p.basePolicy = before
		return nil
	}
	p.policy, err = p.parsePolicy(b.tree.FS, policyName, data)
	return err
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
	p.interrupted, p.basePolicy = nil, nil
	base, err := p.judgeTree(p.inv.ctx, b.tree, b.tree.FS, packages, vendors)
	if err != nil {
		return nil, revisionError(fmt.Errorf("judge %s: %w", b.name, err))
	}
	for _, g := range base.Gaps {
		p.notes = append(p.notes, fmt.Sprintf("%s could not be judged whole, so some findings count as new: %v", b.name, g.Err))
	}
	if each {
		base.Findings = policy.Each(base.Findings)
	}
	head.OnlyNew = b.only
	return change.Compare(base, head), nil
}
