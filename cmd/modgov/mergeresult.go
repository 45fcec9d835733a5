package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/imports"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/repo"
	"github.com/modgov/modgov/internal/workspace"
)

// takeMergeResult puts, in memory, what merging the files at hand with the tip of the base gives in the place of the
// files at hand, and that tip in the place of the state before. The tree of b is the merge base of both.
func (p *project) takeMergeResult(b *comparison, tip string) error {
	theirs, err := p.revision(tip)
	if err != nil {
		return err
	}
	merged, err := p.repo.Merge(p.inv.ctx, b.tree, p.tree, theirs, func(f repo.MergedFile) []byte { return p.mergeFile(b, f) })
	if err != nil {
		return revisionError(fmt.Errorf("merge with %s: %w", b.name, err))
	}
	p.tree, p.packages = merged, imports.NewReader(merged.FS)
	b.tree, b.merged = theirs, true
	return p.readMergedPolicy(b)
}

// mergeFile merges a file that both sides changed. What hinders that makes the verdict incomplete: git would not merge
// it either, and of what nobody can say how it ends nobody can say whether it passes.
func (p *project) mergeFile(b *comparison, f repo.MergedFile) []byte {
	if !p.matters(f.Name) {
		return f.Ours
	}
	merge := workspace.Merge
	if f.Name == p.written.shown {
		merge = policy.Merge
	}
	out, conflicts := f.Ours, []workspace.Conflict(nil)
	if f.Err != nil {
		conflicts = []workspace.Conflict{{File: f.Name, Text: "both sides changed it: " + f.Err.Error()}}
	} else {
		out, conflicts = merge(f.Name, f.Base, f.Ours, f.Theirs)
	}
	for i := range conflicts {
		p.unmerged = append(p.unmerged, policy.Gap{
			Layer: policy.LayerDeclared, Module: path.Dir(f.Name), Err: fmt.Errorf("merge with %s: %w", b.name, &conflicts[i]),
		})
	}
	return out
}

// matters reports whether a judgement may read a file.
func (p *project) matters(name string) bool {
	base := path.Base(name)
	return slices.Contains([]string{"go.mod", "go.sum", "go.work", "go.work.sum", "modgov.vendor.json"}, base) ||
		name == p.written.shown || name == p.tree.Work || slices.Contains(policy.CodeownersFiles(), name) ||
		path.Ext(base) == ".go" || strings.HasPrefix(name, "vendor/") || strings.Contains(name, "/vendor/")
}

// readMergedPolicy reads the policy that the merge gives, unless one from outside the checkout was named.
func (p *project) readMergedPolicy(b *comparison) error {
	name := p.written.shown
	if filepath.IsAbs(name) {
		return nil
	}
	data, err := fs.ReadFile(p.tree.FS, name)
	p.written.data = data
	switch {
	case errors.Is(err, fs.ErrNotExist) && p.inv.policy == "":
		p.policy = policy.Default()
	case err != nil:
		return usagef("read the policy, merged with %s: %w", b.name, err)
	default:
		pol, err := p.parsePolicy(p.tree.FS, name, data)
		if err != nil {
			p.tell("%s is read as merging it with %s gives it", name, b.name)
			return err
		}
		p.policy = pol
	}
	return nil
}
