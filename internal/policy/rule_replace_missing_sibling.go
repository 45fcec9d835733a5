package policy

import (
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

func replaceMissingSibling() *Rule {
	return &Rule{
		Name:     "replace-missing-sibling",
		Title:    "A module replaces some siblings by directories, and not this one",
		Severity: Warn,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `A module takes some modules of the repository from their directories, by replace lines, and another one from
a published version. So it is built from two states of one repository: what stands here, and what stood here when that
version was made. A change that spans both modules is half in. It happens when a module is added, or begins to be
needed, and the replace lines, which no module inherits from another, are not written everywhere. If the version was
never published, as the usual v0.0.0, go cannot load the module at all.

It is reported once for each module of the repository that is left out, with the governed modules that, built alone,
take it from a version and at least one other sibling from its directory. Only those count whose go.mod lists it; of
modules with a go line below 1.17, which list only what they import, those that have it in the build list. And those
that have no build list because that version cannot be had.

Nothing is said where the policy wants no such line: with replaces.local: denied, and of modules that
modules.published names.

To clear it, write the line in each of the modules, or remove the others; ` + "`modgov fix --replace`" + ` writes it.`,
		Bad: `app takes auth from its directory, and log from the proxy.
-- app/go.mod --
module example.com/app

go 1.24

require (
	example.com/auth v0.3.0
	example.com/log v0.1.0
)

replace example.com/auth => ../auth
-- auth/go.mod --
module example.com/auth

go 1.24
-- log/go.mod --
module example.com/log

go 1.24
`,
		Good: `-- app/go.mod --
module example.com/app

go 1.24

require (
	example.com/auth v0.3.0
	example.com/log v0.1.0
)

replace (
	example.com/auth => ../auth
	example.com/log => ../log
)
-- auth/go.mod --
module example.com/auth

go 1.24
-- log/go.mod --
module example.com/log

go 1.24
`,
		Check: checkReplaceMissingSibling,
	}
}

// A leftOut is a sibling that a module takes from a version while it takes others from their directories.
type leftOut struct {
	sibling, module *workspace.Module
	version         string
	lost            bool // the version cannot be had
	why             Chain
}

func checkReplaceMissingSibling(c *checker) []*Finding {
	if c.policy.Replaces.Local == LocalDenied {
		return nil
	}
	type key struct {
		sibling *workspace.Module
		waiver  *Exception
	}
	var byKey grouping[key, leftOut]
	add := func(o leftOut) {
		claim := Claim{
			Rule: "replace-missing-sibling", Dep: c.DepInfo(o.sibling.Path, o.version), Module: c.infos[o.module],
		}
		byKey.add(key{o.sibling, c.inForce(claim)}, o)
	}
	for _, d := range c.Dependencies {
		if d.Sibling == nil || c.twice(d.Path) {
			continue
		}
		for _, u := range c.uses(d, AmongAll) {
			m := u.View.Module
			if u.version(d.Path) == "" || u.View.Replacement(u.selected(d.Path)) != nil || !c.replacesSiblings(m) {
				continue
			}
			add(leftOut{d.Sibling, m, u.Selected, false, ChainOf(u.View, u.View.Chain(d.Path))})
		}
	}
	for _, m := range c.Workspace.Governed() {
		if o := c.lostSibling(m); o != nil {
			add(*o)
		}
	}
	var out []*Finding
	for k, list := range byKey.all() {
		slices.SortStableFunc(list, func(a, b leftOut) int { return byDirectory(a.module, b.module) })
		f := missingSibling(k.sibling, list)
		if f.Exception = k.waiver; k.waiver != nil {
			f.Kind = k.waiver.ID
		}
		out = append(out, f)
	}
	return out
}

// twice reports whether two modules of the repository have a path: then nobody can tell which one is meant.
func (c *checker) twice(path string) bool {
	n := 0
	for _, m := range c.Workspace.Modules {
		if m.Path == path && !m.Marker {
			n++
		}
	}
	return n > 1
}

// replacesSiblings reports whether the module takes siblings from their directories and may do so. Lines for modules
// that are not in its graph do not count.
func (c *checker) replacesSiblings(m *workspace.Module) bool {
	v := c.Graph.View(m.Dir)
	if v == nil || c.published(m) {
		return false
	}
	for i := range m.Replaces {
		r := &m.Replaces[i]
		if !c.leadsToSibling(r) || r.Dir == m.Dir {
			continue
		}
		item, ok := v.Selected(r.Old.Path)
		if v.Err() != nil || ok && item.Replace != nil && item.Replace.Line == r {
			return true
		}
	}
	return false
}

// lostSibling tells that a module has no build list because a sibling that it does not replace cannot be had.
func (c *checker) lostSibling(m *workspace.Module) *leftOut {
	var load *graph.LoadError
	v := c.Graph.View(m.Dir)
	if v == nil || !errors.As(v.Err(), &load) || load.Dir != "" || v.Replacement(load.Mod) != nil {
		return nil
	}
	s := c.siblings[load.Mod.Path]
	if s == nil || s == m || c.twice(s.Path) || !c.replacesSiblings(m) {
		return nil
	}
	return &leftOut{s, m, load.Mod.Version, true, ChainOf(v, load.Chain)}
}

// missingSibling reports the modules that leave out a sibling.
func missingSibling(s *workspace.Module, list []leftOut) *Finding {
	f := &Finding{
		Dep: s.Path, Subject: s.Path,
		Fix: command("modgov", "fix", "--replace", "--rule", "replace-missing-sibling", "--dep", s.Path),
	}
	var versions grouping[string, string]
	for _, o := range list {
		versions.add(o.version, o.module.Dir)
		f.Modules = append(f.Modules, o.module.Dir)
		span := Span{workspace.Position{File: o.module.File}, "not replaced"}
		if r := requireOf(o.module, s.Path); r != nil {
			span.Pos = r.Pos
		}
		f.At = append(f.At, span)
		f.Measures = append(f.Measures, Measure{Module: o.module.Dir, Version: o.version, At: span})
		if len(o.why.Steps) > 2 && len(f.Why) < maxWhys {
			f.Why = append(f.Why, o.why)
		}
		if o.lost && len(f.Notes) == 0 {
			f.Notes = []Remark{{"note", "without the line go cannot load the module: " + o.version + " cannot be had"}}
		}
		f.Settle = append(f.Settle, Settlement{
			Means: Replace, Module: o.module.Dir, Mod: module.Version{Path: s.Path},
			New: module.Version{Path: relativeDir(o.module.Dir, s.Dir)}, IfAsked: true,
		})
	}
	f.Groups = versionGroups(&versions)
	takes := "takes"
	if len(f.Modules) > 1 {
		takes = "take"
	}
	f.Message = fmt.Sprintf("%s, which %s other modules of the repository from their directories",
		versionList(f.Groups), takes)
	f.Asked = "while other modules of the repository are taken from their directories"
	return f
}
