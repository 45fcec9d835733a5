package graph

import (
	"slices"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/workspace"
)

// A Why tells who has a dependency, and by which requirements.
type Why struct {
	Path, Version string // as asked; Version is "" for whatever each module selects
	// Uses are the modules that have it, each alone, sorted by directory.
	Uses []WhyUse
	// Workspace is what the workspace has of it, nil if it does not have it or was not computed.
	Workspace *WhyUse
	// Differ are the directories of the workspace's members that alone have another effective version, in the order of
	// Uses.
	Differ []string
	// Unknown are the views without a build list, in the order of the views, the workspace last.
	Unknown []*View
}

// A WhyUse is how one view comes to a dependency.
type WhyUse struct {
	View      *View
	Selected  string // "" if it is a main module, which happens in the workspace only
	Effective Effective
	// Replace is the replace line that applies to the selected version, nil if none does.
	Replace *Replacement
	// Require is the module's own line for it, the highest if there are several; nil if it has none.
	Require *workspace.Require
	// Chain is the shortest requirement chain to the version that was asked for, or else the selected one.
	Chain []module.Version
	// Via is the shortest chain to it that passes another module. It is nil if only the module's own line asks for that
	// version; it equals Chain if the module has no line, or one that Via raises.
	Via []module.Version
}

// Raised reports whether another module asks for a higher version than the module's own line, which makes go ask for
// an update of go.mod.
func (u *WhyUse) Raised() bool {
	return u.Require != nil && u.Require.Mod.Version != u.Selected && u.Selected != ""
}

// Why answers for a module path, or for one version of it, selected or not, if version is not "". Chains are of the
// graph of the files as they are, as far as that has the version. The module of that path itself is left out.
func (g *Graph) Why(path, version string) *Why {
	w := &Why{Path: path, Version: version}
	for _, v := range g.views {
		if v.err != nil {
			w.Unknown = append(w.Unknown, v)
		} else if u := v.why(path, version); u != nil && u.Selected != "" {
			w.Uses = append(w.Uses, *u)
		}
	}
	if g.work == nil {
		return w
	}
	if g.work.err != nil {
		w.Unknown = append(w.Unknown, g.work)
		return w
	}
	w.Workspace = g.work.why(path, version)
	if w.Workspace == nil {
		return w
	}
	for _, u := range w.Uses {
		if u.Effective != w.Workspace.Effective && slices.Contains(g.work.Mains, u.View.Module) {
			w.Differ = append(w.Differ, u.View.Dir())
		}
	}
	return w
}

// why returns nil if the view's graph does not have the path, or the version.
func (v *View) why(path, version string) *WhyUse {
	item, ok := v.Selected(path)
	if !ok {
		return nil
	}
	u := &WhyUse{View: v, Selected: item.Version, Replace: item.Replace}
	u.Effective, _ = v.Effective(path)
	u.Require = v.line(path)
	asked := module.Version{Path: path, Version: item.Version}
	if version != "" {
		asked.Version = version
	}
	n, ok := v.u.nodeIDs[asked]
	if !ok {
		return nil
	}
	b := v.asIs
	if !b.has(n) {
		b = v.current
	}
	if !b.has(n) {
		return nil
	}
	u.Chain, u.Via = b.chain(n), b.via(n)
	return u
}

// Via returns the shortest requirement chain to the selected version of a path that passes another module, as WhyUse.Via;
// nil if only a main module's own line asks for it.
func (v *View) Via(path string) []module.Version {
	item, ok := v.Selected(path)
	if u := v.why(path, item.Version); ok && u != nil {
		return u.Via
	}
	return nil
}

// line returns the main module's require line for a path, the highest if there are several.
func (v *View) line(path string) *workspace.Require {
	if v.Module == nil {
		return nil
	}
	var out *workspace.Require
	for i := range v.Module.Requires {
		r := &v.Module.Requires[i]
		if r.Mod.Path == path && (out == nil || Compare(path, out.Mod.Version, r.Mod.Version) < 0) {
			out = r
		}
	}
	return out
}

// has reports whether the finished graph mentions a node.
func (b *build) has(n node) bool { return int(n) < len(b.parent) && b.parent[n] != -2 }

// via returns the shortest chain to a node whose last link is not a main module's own line.
func (b *build) via(n node) []module.Version {
	for _, from := range b.order {
		if b.v.mains[from] == nil && slices.Contains(b.edges(from), n) {
			return append(b.chain(from), b.v.u.nodes[n])
		}
	}
	return nil
}
