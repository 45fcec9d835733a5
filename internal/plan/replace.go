package plan

import (
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/workspace"
)

// replace writes a marked replace line for all versions of a dependency. A line that somebody else wrote for it stays.
func (d *draft) replace(m *workspace.Module, c change) (bool, error) {
	p := d.now.Policy
	if p.Modules.Published.Match(p.Info(m.Dir, m.Path)) {
		return false, refuse("%s is published: whoever imports it would never see a replace line", m.Dir)
	}
	mark := c.Rule()
	if c.Item != nil {
		mark = c.Item.ID
	}
	edit := workspace.Edit{
		Op: workspace.AddReplace, Mod: module.Version{Path: c.Mod.Path}, New: c.New, Comment: policy.MarkPrefix + mark,
	}
	for i := range m.Replaces {
		r := &m.Replaces[i]
		switch {
		case r.Old.Path != c.Mod.Path:
		case r.New == c.New && r.Old.Version == "":
			return false, nil
		case !d.owned(r) && strings.HasPrefix(r.Comment, policy.MarkPrefix):
			return false, refuse("the replace line for %s in %s is marked as modgov's, and is not what its item says now: delete it", r.Old, r.Pos)
		case !d.owned(r):
			return false, refuse("%s has a replace line of its own for %s (%s)", m.File, r.Old, r.Pos)
		case r.Old.Version == "":
			edit.Op = workspace.SetReplace
		}
	}
	return d.edit(m, edit)
}

// Rule names the rule where no policy item stands behind a change.
func (c change) Rule() string { return c.finding.Rule }

// owned reports whether a replace line is modgov's: it is what the policy item that its mark names yields now, or did
// yield by the policy of the last commit, from which somebody has moved it since.
func (d *draft) owned(r *workspace.Replace) bool {
	ws := d.now.Facts.Workspace
	if d.now.Policy.Owns(r, ws) {
		return true
	}
	if !strings.HasPrefix(r.Comment, policy.MarkPrefix) || d.project.PolicyAtHead == nil {
		return false
	}
	head := d.project.PolicyAtHead()
	return head != nil && head.Owns(r, ws)
}
