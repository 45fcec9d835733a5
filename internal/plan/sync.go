package plan

import (
	"fmt"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/workspace"
)

// drifts returns what keeps members of the workspace from selecting alone what they build with in it, one finding for each
// member and dependency. Those that a higher requirement settles say so. The others have no settlement: where the
// workspace has a lower version, go work sync would lower the member, which is what nobody asked for.
func (d *draft) drifts() []*policy.Finding {
	w := d.now.Facts.Graph.WorkspaceView()
	if !d.options.Sync || w == nil || w.Err() != nil {
		return nil
	}
	var out []*policy.Finding
	for _, m := range d.now.Facts.Workspace.Members() {
		v := d.now.Facts.Graph.View(m.Dir)
		if v == nil || v.Err() != nil || d.options.Module != nil && !d.options.Module(m.Dir) {
			continue // what has no build list is a gap, and named as one
		}
		listed := requires(m)
		for _, item := range v.BuildList() {
			_, ok := listed[item.Path]
			// What a pruned module does not list, it builds no package of. In others nothing tells, so it gets a line once, and
			// go mod tidy, which knows the packages, may drop it.
			if !ok && (v.Pruned() || len(d.why[line{m.File, item.Path}]) > 0) {
				continue
			}
			if f := d.drift(m, v, w, item.Path); f != nil {
				out = append(out, f)
			}
		}
	}
	return out
}

// drift compares what a member selects alone and in the workspace; nil if there is nothing to do or to say.
func (d *draft) drift(m *workspace.Module, v, w *graph.View, dep string) *policy.Finding {
	alone, _ := v.Selected(dep)
	with, ok := w.Selected(dep)
	if !ok || w.Main(dep) != nil || effective(v, dep) == effective(w, dep) {
		return nil
	}
	order := graph.Compare(dep, alone.Version, with.Version)
	if order == 0 {
		return nil // the same version from another place: that is not for requirements to settle
	}
	f := &policy.Finding{
		Rule: "workspace-drift", Kind: "sync", Severity: policy.Warn, Dep: dep, Subject: m.Dir, Modules: []string{m.Dir},
		Message: fmt.Sprintf("%s is %s alone and %s in the workspace", dep, effective(v, dep), effective(w, dep)),
	}
	if order < 0 {
		f.Settle = []policy.Settlement{{
			Means: policy.Require, Module: m.Dir, Mod: module.Version{Path: dep, Version: with.Version},
		}}
	} else {
		f.Message += ": not lowered"
	}
	return f
}

// ungovernedMembers says which members are left alone because the policy does not govern them.
func (d *draft) ungovernedMembers() {
	w := d.before.Facts.Workspace.Work
	if !d.options.Sync || w == nil {
		return
	}
	for _, u := range w.Uses {
		if u.Module == nil || !u.Module.Governed {
			d.addNote(u.Text + " is used and not governed: left as it is")
		}
	}
}
