package policy

import (
	"fmt"
	"slices"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

func workspaceDrift() *Rule {
	return &Rule{
		Name:      "workspace-drift",
		Title:     "A module gets other code in the workspace than alone",
		Severity:  Error,
		Layer:     LayerSelected,
		Since:     "0.1.0",
		Workspace: true,
		Doc: `A governed module that go.work uses requires a dependency directly, and the effective version in the workspace
is not the one of the module alone (GOWORK=off). In a workspace there is one build list for all members, and the
replace and exclude lines of each act on all. So what is tested on the desk is not what is released.

It is reported once per dependency and kind, with the member that causes it:

- raised: the workspace has a higher version, because another member asks for it. A warning.
- lowered: it has a lower one, because another member excludes or replaces something. An error.
- retargeted: it has a fork, a directory, or the original where the module alone has something else. An error.
- gone: the workspace does not have the dependency at all. An error.

A sibling that the module requires by version and that the workspace takes from its directory is retargeted too; that
is what a workspace is for, so it is information that never fails.

modgov fix settles what is raised: it raises the requirement to the version of the workspace. The others are
left to you: move the replace line to go.work and into all members, or take it away.`,
		Bad: `Alone a builds with x v1.0.0, in the workspace with v1.1.0.
-- go.work --
go 1.24

use (
	./a
	./b
)
-- a/go.mod --
module example.com/a

go 1.24

require example.com/x v1.0.0
-- b/go.mod --
module example.com/b

go 1.24

require example.com/x v1.1.0
`,
		Good: `-- go.work --
go 1.24

use (
	./a
	./b
)
-- a/go.mod --
module example.com/a

go 1.24

require example.com/x v1.1.0
-- b/go.mod --
module example.com/b

go 1.24

require example.com/x v1.1.0
`,
		Check: checkWorkspaceDrift,
	}
}

// A drift is how the workspace differs from modules alone, for one dependency.
type drift struct {
	dep    *graph.Dependency
	kind   string
	info   bool // it is a sibling that stands in the workspace
	waiver *Exception
	uses   []judgedUse
	now    judgedUse // the workspace's
	same   []string  // members that have it alone too
}

func checkWorkspaceDrift(c *checker) []*Finding {
	w := c.workView()
	if w == nil {
		return nil
	}
	var out []*Finding
	for _, d := range c.Dependencies {
		for _, drift := range c.drifts(w, d) {
			out = append(out, c.driftFinding(w, drift))
		}
	}
	return out
}

// drifts compares the members that require a dependency directly with the workspace.
func (c *checker) drifts(w *graph.View, d *graph.Dependency) []*drift {
	var out []*drift
	var same []string
	now := judgedUse{Use: graph.Use{View: w}}
	item, ok := w.Selected(d.Path)
	now.Effective, _ = w.Effective(d.Path)
	for _, u := range c.uses(d, AmongDirect) {
		if !c.member(u.View.Module) {
			continue
		}
		kind := "gone"
		if ok {
			kind = driftKind(d.Path, u.Effective, now.Effective)
		}
		if kind == "" {
			same = append(same, u.dir)
			continue
		}
		u.waiver = c.waiver("workspace-drift", nil, d, &u)
		info := ok && item.Version == "" && u.Effective.Dir == ""
		i := slices.IndexFunc(out, func(d *drift) bool { return d.kind == kind && d.info == info && d.waiver == u.waiver })
		if i < 0 {
			i = len(out)
			out = append(out, &drift{dep: d, kind: kind, info: info, waiver: u.waiver, now: now})
		}
		out[i].uses = append(out[i].uses, u)
	}
	for _, drift := range out {
		drift.same = same
	}
	return out
}

// driftKind says how the effective version in the workspace differs from the one alone, "" if it does not.
func driftKind(path string, alone, now graph.Effective) string {
	switch {
	case alone == now:
		return ""
	case alone.Dir != "" || now.Dir != "" || alone.Path != now.Path:
		return "retargeted"
	case graph.Compare(path, alone.Version, now.Version) > 0:
		return "lowered"
	}
	return "raised"
}

func (c *checker) driftFinding(w *graph.View, d *drift) *Finding {
	f := &Finding{Dep: d.dep.Path, Subject: d.dep.Path, Kind: d.kind, Exception: d.waiver}
	switch {
	case d.info:
		f.Severity = Info
	case d.kind == "raised":
		f.Severity = Warn
	}
	if d.waiver != nil {
		f.Kind += "/" + d.waiver.ID
	}
	for i := range d.uses {
		u := &d.uses[i]
		f.Modules = append(f.Modules, u.dir)
		m := u.measure(d.dep.Path, d.now.version(d.dep.Path), u.Effective.Text(d.dep.Path)+" alone")
		f.At, f.Measures = append(f.At, m.At), append(f.Measures, m)
		if s := c.settleDrift(u, d); s != nil {
			f.Settle = append(f.Settle, *s)
		}
	}
	f.Groups = groups(d.dep.Path, d.uses, "")
	f.Message = d.kind + " in the workspace"
	if d.kind != "gone" {
		f.Message += " to " + d.now.Effective.Text(d.dep.Path)
	}
	f.Asked = f.Message
	f.Message += ": alone " + versionList(f.Groups)
	for i := range f.Groups {
		f.Groups[i].Note = "alone"
	}
	if d.kind != "gone" {
		f.Groups = append([]Group{{
			Version: d.now.Effective.Text(d.dep.Path), Modules: d.same, Note: "in the workspace",
		}}, f.Groups...)
	}
	c.explainDrift(f, w, d)
	switch {
	case len(f.Settle) == 0:
	case d.info:
		f.Fix = command("modgov", "fix", "--replace", "--dep", d.dep.Path)
	default:
		f.Fix = command("modgov", "fix", "--rule", "workspace-drift", "--dep", d.dep.Path)
	}
	return f
}

// settleDrift raises a requirement to the version of the workspace, where a requirement can do it. A sibling can be
// taken from its directory alone too, by a replace line, if somebody asks for one and the policy denies none.
func (c *checker) settleDrift(u *judgedUse, d *drift) *Settlement {
	path := d.dep.Path
	if dir := d.now.Effective.Dir; d.info && dir != "" {
		if c.policy.Replaces.Local == LocalDenied || u.View.Replacement(u.selected(path)) != nil {
			return nil
		}
		return &Settlement{
			Means: Replace, Module: u.dir, Mod: module.Version{Path: path},
			New: module.Version{Path: relativeDir(u.dir, dir)}, IfAsked: true,
		}
	}
	if d.kind != "raised" || u.version(path) == "" || d.now.version(path) == "" ||
		u.View.Replacement(u.selected(path)) != nil {
		return nil
	}
	return &Settlement{Means: Require, Module: u.dir, Mod: module.Version{Path: path, Version: d.now.Effective.Version}}
}

// explainDrift adds what makes the workspace differ, and the chains to it.
func (c *checker) explainDrift(f *Finding, w *graph.View, d *drift) {
	path := d.dep.Path
	for i := range d.uses {
		if pos, text := c.driftCause(w, path, &d.uses[i]); text != "" {
			f.At = append(f.At, Span{pos, "the cause"})
			f.Notes = append(f.Notes, Remark{"cause", text})
			break
		}
	}
	if d.kind == "raised" || d.kind == "retargeted" && len(f.Notes) == 0 {
		chain := asker(w, path)
		m := w.Main(chain[0].Path)
		f.At = append(f.At, Span{firstStep(m, chain), "the cause"})
		f.Notes = append(f.Notes, Remark{"cause", fmt.Sprintf("%s requires %s", m.Dir, graph.ModText(chain[1]))})
		if len(chain) > 2 {
			f.Why = append(f.Why, ChainOf(w, chain))
		}
	}
	f.Why = append(f.Why, c.whys(path, d.uses)...)
}

// asker returns the chain to the selected version in the workspace that explains most: from a member that requires it
// directly, if there is one.
func asker(w *graph.View, path string) []module.Version {
	item, _ := w.Selected(path)
	for _, m := range w.Mains {
		for _, r := range m.Requires {
			if !r.Indirect && r.Mod.Path == path && r.Mod.Version == item.Version {
				return []module.Version{{Path: m.Path}, r.Mod}
			}
		}
	}
	return w.Chain(path)
}

// driftCause looks along the chain by which a module alone gets its version of a dependency for the first step that the
// workspace changes: by an exclude or replace line, or because it takes the step from a member's directory. text is ""
// if it changes none: then the workspace has something besides.
func (c *checker) driftCause(w *graph.View, path string, u *judgedUse) (pos workspace.Position, text string) {
	steps := u.View.Chain(path)
	if item, ok := w.Selected(path); ok {
		steps = append(slices.Clone(steps), module.Version{Path: path, Version: item.Version})
	}
	for i, mod := range steps {
		if i == 0 {
			continue
		}
		if m, x := c.excluder(mod, u.View.Module); x != nil {
			return x.Pos, fmt.Sprintf("%s excludes %s", m.Dir, graph.ModText(mod))
		}
		if m := w.Main(mod.Path); m != nil && !replacedBy(u.View, mod, m.Dir) {
			return m.PathPos, fmt.Sprintf("the workspace takes %s from its directory %s", mod.Path, m.Dir)
		}
		now, was := w.Replacement(mod), u.View.Replacement(mod)
		switch {
		case now != nil && (was == nil || was.Line.Target() != now.Line.Target()):
			return now.Line.Pos, fmt.Sprintf("%s replaces %s by %s", now.From, graph.ModText(mod), graph.ModText(now.New))
		case now == nil && was != nil:
			return was.Line.Pos, fmt.Sprintf("%s replaces %s, and the workspace has another version",
				was.From, graph.ModText(was.Line.Old))
		}
	}
	return workspace.Position{}, ""
}

// excluder returns the member, other than the module itself, that excludes a version, with its line.
func (c *checker) excluder(mod module.Version, self *workspace.Module) (*workspace.Module, *workspace.Exclude) {
	for _, m := range c.excluders {
		for i := range m.Excludes {
			if m != self && m.Excludes[i].Mod == mod {
				return m, &m.Excludes[i]
			}
		}
	}
	return nil, nil
}

// replacedBy reports whether a view takes a module version from a directory.
func replacedBy(v *graph.View, mod module.Version, dir string) bool {
	r := v.Replacement(mod)
	return r != nil && r.Line.Dir == dir
}
