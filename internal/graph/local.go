package graph

import (
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/workspace"
)

// A Local is a directory from which a module takes the code of another module: what is written there, it is built with.
type Local struct {
	Path string // of the other module
	Dir  string // relative to the root; it may lie outside
	// Replace is the replace line that leads there when the module is built alone, nil if only the workspace does.
	Replace *Replacement
	// Workspace tells that it is so when the module is built in the workspace, be it through others.
	Workspace bool
}

// Locals returns, for the governed modules, the directories from which they take code: alone, those in the build list;
// in the workspace, those that the requirements of the module lead to. Each list is sorted by directory, one entry for
// each path and directory. A sibling that is required at a version is not among them: that version does not change.
// Views without a build list give nothing.
func (g *Graph) Locals() map[*workspace.Module][]Local {
	out := map[*workspace.Module][]Local{}
	for _, v := range g.views {
		if v.err == nil && v.Module.Governed {
			out[v.Module] = v.locals()
		}
	}
	if g.work == nil || g.work.err != nil {
		return out
	}
	for _, m := range g.work.Mains {
		if m.Governed {
			out[m] = merge(out[m], g.work.localsBelow(m))
		}
	}
	return out
}

// locals are those of a module alone.
func (v *View) locals() []Local {
	var out []Local
	for _, i := range v.BuildList() {
		if i.Replace != nil && i.Replace.Line.Dir != "" {
			out = append(out, Local{Path: i.Path, Dir: i.Replace.Line.Dir, Replace: i.Replace})
		}
	}
	return out
}

// localsBelow are those that the requirements of a main module lead to.
func (v *View) localsBelow(m *workspace.Module) []Local {
	var out []Local
	for _, i := range v.Below(m) {
		if e, _ := v.Effective(i.Path); e.Dir != "" {
			out = append(out, Local{Path: i.Path, Dir: e.Dir, Workspace: true})
		}
	}
	return out
}

// Below returns the lines of the build list that the requirements of a main module lead to, each path at its selected
// version, without the module itself: in a workspace, what of the one build list concerns one member. They are in no
// particular order.
func (v *View) Below(m *workspace.Module) []Item {
	main, ok := v.u.nodeIDs[module.Version{Path: m.Path}]
	if v.err != nil || !ok {
		return nil
	}
	var out []Item
	seen := map[node]bool{main: true}
	for queue := []node{main}; len(queue) > 0; queue = queue[1:] {
		for _, r := range v.current.edges(queue[0]) {
			n := v.current.selected[v.u.pathOf[r]]
			if n < 0 || seen[n] {
				continue
			}
			seen[n] = true
			queue = append(queue, n)
			if p := v.u.nodes[n].Path; p != goPath && p != toolchainPath {
				out = append(out, v.item(n))
			}
		}
	}
	return out
}

// merge joins what holds alone with what holds in the workspace.
func merge(alone, work []Local) []Local {
	for _, w := range work {
		i := slices.IndexFunc(alone, func(l Local) bool { return l.Path == w.Path && l.Dir == w.Dir })
		if i >= 0 {
			alone[i].Workspace = true
		} else {
			alone = append(alone, w)
		}
	}
	slices.SortFunc(alone, func(a, b Local) int {
		if a.Dir != b.Dir {
			return strings.Compare(a.Dir, b.Dir)
		}
		return strings.Compare(a.Path, b.Path)
	})
	return alone
}
