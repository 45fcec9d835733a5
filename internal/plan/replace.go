package plan

import (
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/workspace"
)

// markPrefix begins the comment of a replace line that modgov wrote; the id of the policy item follows.
const markPrefix = "modgov:"

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
		Op: workspace.AddReplace, Mod: module.Version{Path: c.Mod.Path}, New: c.New, Comment: markPrefix + mark,
	}
	for i := range m.Replaces {
		r := &m.Replaces[i]
		switch {
		case r.Old.Path != c.Mod.Path:
		case r.New == c.New && r.Old.Version == "":
			return false, nil
		case !owned(p, r) && strings.HasPrefix(r.Comment, markPrefix):
			return false, refuse("the replace line for %s in %s is marked as modgov's, and is not what its item says now: delete it", r.Old, r.Pos)
		case !owned(p, r):
			return false, refuse("%s has a replace line of its own for %s (%s)", m.File, r.Old, r.Pos)
		case r.Old.Version == "":
			edit.Op = workspace.SetReplace
		}
	}
	return d.edit(m, edit)
}

// Rule names the rule where no policy item stands behind a change.
func (c change) Rule() string { return c.finding.Rule }

// owned reports whether a replace line is modgov's: it is marked, and equals what the policy item that the mark names
// yields now. Whoever edits such a line makes it theirs.
func owned(p *policy.Policy, r *workspace.Replace) bool {
	id, ok := strings.CutPrefix(r.Comment, markPrefix)
	if !ok || r.Old.Version != "" {
		return false
	}
	for i := range p.Pins {
		pin := &p.Pins[i]
		if pin.ID == id {
			return r.New == module.Version{Path: r.Old.Path, Version: string(pin.Version)}
		}
	}
	for i := range p.Versions {
		if p.Versions[i].ID == id {
			return r.New.Path == r.Old.Path && r.New.Version != ""
		}
	}
	return false
}
