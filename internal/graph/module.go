package graph

import (
	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/workspace"
)

// Main returns the main module that has a path, nil if none has. It is known without a build list too.
func (v *View) Main(path string) *workspace.Module {
	for _, m := range v.Mains {
		if m.Path == path {
			return m
		}
	}
	return nil
}

// ModuleOf returns the module of the repository that a node of the view is: a main module, or the one in the directory
// that replaces it; nil if it comes from outside. Its path alone would not tell: two modules may have the same, and one
// that is required by version comes from a proxy though it stands in the repository too. What the requirements of a
// view without a build list lead to is known as far as its replace lines are.
func (v *View) ModuleOf(mod module.Version) *workspace.Module {
	if mod.Version == "" {
		if m := v.Main(mod.Path); m != nil {
			return m
		}
	}
	if r := v.Replacement(mod); r != nil && r.Line.Dir != "" {
		return v.g.ws.Module(r.Line.Dir)
	}
	return nil
}

// Replaces returns the replace line that go would apply to a module version, whether anything mentions that version or
// not; Version "" asks for all versions. Nil if there is none. A main module itself is never replaced.
func (v *View) Replaces(old module.Version) *Replacement {
	p, ok := v.u.pathIDs[old.Path]
	if !ok || v.replaces == nil || old.Version == "" && v.Main(old.Path) != nil {
		return nil
	}
	r, _ := v.replaces.find(p, old)
	return r
}

// Replacement returns the replace line that applies to a module version which some view mentions, nil if none does. A
// view that go refuses before it looks at requirements has none.
func (v *View) Replacement(mod module.Version) *Replacement {
	n, ok := v.u.nodeIDs[mod]
	if !ok || v.replaces == nil {
		return nil
	}
	r, _ := v.replacement(n)
	return r
}
