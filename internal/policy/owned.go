package policy

import (
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/workspace"
)

// MarkPrefix begins the comment that ends a replace line which modgov wrote; the id of the policy item follows, or, where
// no item stands behind it, the name of the rule.
const MarkPrefix = "modgov:"

// Owns reports whether a replace line is modgov's: it is marked, replaces all versions, and leads to what the item that
// the mark names yields: the pinned version, a version of the dependency itself, or the directory of the module of the
// repository that is replaced. A mark alone proves nothing, for anybody can write one; and whoever edits such a line
// makes it theirs.
func (p *Policy) Owns(r *workspace.Replace, ws *workspace.Workspace) bool {
	id, ok := strings.CutPrefix(r.Comment, MarkPrefix)
	if !ok || r.Old.Version != "" {
		return false
	}
	dep := DepInfo{Path: r.Old.Path}
	if r.Dir != "" {
		s := ws.Module(r.Dir)
		if s == nil || s.Path != r.Old.Path {
			return false
		}
		if dep.Dir = s.Dir; p.rules[id] != nil {
			return true
		}
	}
	for i := range p.Pins {
		if pin := &p.Pins[i]; pin.ID == id {
			pinned := r.New == module.Version{Path: r.Old.Path, Version: string(pin.Version)}
			return pinned || r.Dir != "" && pin.Resolve == ResolveReplace && pin.Dep.Match(dep)
		}
	}
	return slices.ContainsFunc(p.Versions, func(v VersionItem) bool {
		if v.ID != id {
			return false
		}
		return r.Dir == "" && r.New.Path == r.Old.Path || r.Dir != "" && v.Resolve == ResolveReplace && v.Dep.Match(dep)
	})
}
