package policy

import (
	"fmt"
	"iter"
	"slices"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

func policyUnused() *Rule {
	return &Rule{
		Name:        "policy-unused",
		Title:       "A part of the policy that matches nothing",
		Severity:    Warn,
		Layer:       LayerSelected,
		Since:       "0.1.0",
		AboutPolicy: true,
		Doc: `Something in the policy file selects nothing. Either a module or a dependency is gone or renamed and the policy
was left behind, or the selector never meant what its author thought: then a pin does not pin, and a check that passes
says less than it seems to.

It is reported for

- a term of a module selector (in, from, follow, modules, published, include, exclude), a tag or a team by which no
  module is selected;
- dep of a pin and of a version item that says how versions agree, if no module that the item speaks of has such a
  dependency in its build list;
- an alternate whose version no module that it names uses;
- an item of replaces.allow if there is no such replace line;
- a set that no item names.

What is there as a guard may well match nothing: bans, floors (at-least alone), what boundaries deny, sources and forks
are not reported for the dependencies that they do not meet; nor is a dep of ` + "`**`" + ` or of exclusions only. Where
a module that an item speaks of has no build list, nothing is said of its dependencies. Exceptions have a rule of their
own, exception-unused. The severity of an item is not that of this rule, but an item that is off is left alone.

To clear it, remove the part or correct it. An exception for this rule keeps it quiet.`,
		Bad: `The directory was renamed, and nobody requires the dependency.
-- modgov.yaml --
version: 1
pins:
  - {id: x, dep: example.com/x, version: v1.2.0}
  - {id: y, dep: example.com/y, version: v1.2.0, in: "services/**"}
-- service/a/go.mod --
module example.com/a

go 1.24

require example.com/y v1.2.0
`,
		Good: `-- modgov.yaml --
version: 1
pins:
  - {id: y, dep: example.com/y, version: v1.2.0, in: "service/**"}
bans:
  - {id: no-x, dep: example.com/x}
-- service/a/go.mod --
module example.com/a

go 1.24

require example.com/y v1.2.0
`,
		Check: checkPolicyUnused,
	}
}

func checkPolicyUnused(c *checker) []*Finding {
	p := c.policy
	var out []*Finding
	var governed, all []ModuleInfo
	for _, m := range c.Workspace.Modules {
		if all = append(all, c.infos[m]); m.Governed {
			governed = append(governed, c.infos[m])
		}
	}
	for u := range c.moduleSelectors() {
		infos := governed
		if u.all {
			infos = all
		}
		out = append(out, c.unusedModules(u, infos)...)
	}
	for _, name := range p.Sets.Names() {
		if !p.usedSets[name] {
			out = append(out, unusedPart(nil, "sets."+name, p.Sets.keyPos(name), "set %s is named by no item", name))
		}
	}
	return append(append(out, c.unusedDeps()...), c.unusedReplaces()...)
}

// unusedPart makes the finding about a part of the policy; item is nil where it stands in none.
func unusedPart(item *Item, kind string, pos workspace.Position, format string, args ...any) *Finding {
	return &Finding{
		Item: item, Kind: kind, Subject: pos.File, Message: fmt.Sprintf(format, args...),
		At: []Span{{pos, "matches nothing"}},
	}
}

// off says that the policy switches an item off.
func (i *Item) off() bool { return i.Severity != nil && *i.Severity == Off }

// A moduleSelector is one of the policy file, with where it stands.
type moduleSelector struct {
	item     *Item // nil if it is in none
	name     string
	pos      workspace.Position
	selector *ModuleSelector
	all      bool // outside modules count too
}

// moduleSelectors yields the module selectors of the policy, those of exceptions left out, and of what is switched off.
func (c *checker) moduleSelectors() iter.Seq[moduleSelector] {
	return func(yield func(moduleSelector) bool) {
		p, more := c.policy, true
		put := func(item *Item, name string, pos workspace.Position, s *ModuleSelector, all bool) {
			if more && !s.IsZero() && (item == nil || !item.off()) {
				more = yield(moduleSelector{item, name, pos, s, all})
			}
		}
		of := func(item *Item, key string, s *ModuleSelector) { put(item, key, item.keyPos(key), s, false) }
		put(nil, "modules.include", p.Modules.keyPos("include"), &p.Modules.Include, true)
		put(nil, "modules.exclude", p.Modules.keyPos("exclude"), &p.Modules.Exclude, true)
		put(nil, "modules.published", p.Modules.keyPos("published"), &p.Modules.Published, false)
		for _, name := range p.Modules.Tags.Names() {
			put(nil, "tag "+name, p.Modules.Tags.keyPos(name), p.Modules.Tags.Get(name), false)
		}
		for _, name := range p.Owners.Teams.Names() {
			team := p.Owners.Teams.Get(name)
			put(nil, "team "+name, team.keyPos("modules"), &team.Modules, false)
		}
		for i := range p.Versions {
			of(&p.Versions[i].Item, "in", &p.Versions[i].In)
			of(&p.Versions[i].Item, "follow", &p.Versions[i].Follow)
		}
		for i := range p.Pins {
			of(&p.Pins[i].Item, "in", &p.Pins[i].In)
			for j := range p.Pins[i].Alternates {
				of(&p.Pins[i].Alternates[j].Item, "in", &p.Pins[i].Alternates[j].In)
			}
		}
		for i := range p.Bans {
			of(&p.Bans[i].Item, "in", &p.Bans[i].In)
		}
		for i := range p.Boundaries {
			of(&p.Boundaries[i].Item, "from", &p.Boundaries[i].From)
		}
		for i := range p.Replaces.Allow {
			of(&p.Replaces.Allow[i].Item, "in", &p.Replaces.Allow[i].In)
		}
		for i := range p.Release.Groups {
			of(&p.Release.Groups[i].Item, "modules", &p.Release.Groups[i].Modules)
		}
		put(nil, "vendor.modules", p.Vendor.keyPos("modules"), &p.Vendor.Modules, false)
	}
}

// unusedModules reports a selector that selects no module, or the terms of it that match none. A term with a tag, or
// with a team of the policy, is as good as that is: they are reported themselves.
func (c *checker) unusedModules(u moduleSelector, infos []ModuleInfo) []*Finding {
	who := u.name
	if u.item != nil {
		who = u.item.ID + ": " + u.name
	}
	elsewhere := func(t *moduleTerm) bool {
		return t.kind == byTag || t.kind == byTeam && c.policy.Owners.Teams.Get(t.name) != nil
	}
	var out []*Finding
	for i := range u.selector.terms {
		t := &u.selector.terms[i]
		if t.not || elsewhere(t) || slices.ContainsFunc(infos, t.match) {
			continue
		}
		out = append(out, unusedPart(u.item, u.name+":"+t.key(), u.pos, "%s: no module is selected by %q", who, t.key()))
	}
	if len(out) == 0 && !slices.ContainsFunc(infos, u.selector.Match) &&
		!slices.ContainsFunc(u.selector.terms, func(t moduleTerm) bool { return elsewhere(&t) }) {
		out = append(out, unusedPart(u.item, u.name, u.pos, "%s: its exclusions leave no module", who))
	}
	return out
}

// unusedDeps reports pins, alternates and version items that no module has a dependency for.
func (c *checker) unusedDeps() []*Finding {
	p := c.policy
	versions, pins, alternates := map[*VersionItem]bool{}, map[*PinItem]bool{}, map[*Alternate]bool{}
	for _, d := range c.Dependencies {
		itemsOf, pinsOf := p.index.versions.candidates(d.Path), p.index.pins.candidates(d.Path)
		if len(itemsOf) == 0 && len(pinsOf) == 0 {
			continue
		}
		info, uses := c.DepInfo(d.Path, ""), c.allUses(d)
		for _, i := range itemsOf {
			v := &p.Versions[i]
			spoken := func(u judgedUse) bool { return v.In.orAll(u.info) > 0 }
			versions[v] = versions[v] || v.Dep.Match(info) && slices.ContainsFunc(uses, spoken)
		}
		for _, i := range pinsOf {
			pin := &p.Pins[i]
			if !pin.Dep.Match(info) {
				continue
			}
			for _, u := range uses {
				if pin.In.orAll(u.info) == 0 {
					continue
				}
				pins[pin] = true
				for _, a := range pin.alternatesFor(u.info) {
					alternates[a] = alternates[a] || u.version(d.Path) == string(a.Version)
				}
			}
		}
	}
	var out []*Finding
	for i := range p.Versions {
		v := &p.Versions[i]
		guard := !v.Has("agree") && !v.Has("follow") && !v.Has("together")
		if !versions[v] && !guard {
			out = append(out, c.unusedDep(&v.Item, &v.Dep, &v.In)...)
		}
	}
	for i := range p.Pins {
		pin := &p.Pins[i]
		if !pins[pin] {
			out = append(out, c.unusedDep(&pin.Item, &pin.Dep, &pin.In)...)
			continue
		}
		for j := range pin.Alternates {
			if a := &pin.Alternates[j]; !alternates[a] && !a.off() && c.seen(&a.In) {
				out = append(out, unusedPart(&a.Item, "version", a.keyPos("version"),
					"%s: no module that it names uses %s", a.ID, a.Version))
			}
		}
	}
	return out
}

// allUses are the uses of a dependency by all modules that have it in their build list.
func (c *checker) allUses(d *graph.Dependency) []judgedUse {
	out := make([]judgedUse, len(d.Uses))
	for i, u := range d.Uses {
		out[i] = judgedUse{Use: u, dir: u.View.Module.Dir, info: c.infos[u.View.Module]}
	}
	return out
}

// unusedDep reports an item whose dep no module that it speaks of has.
func (c *checker) unusedDep(item *Item, dep *DepSelector, in *ModuleSelector) []*Finding {
	if item.off() || !dep.hasPositive() || dep.takesAll() || !c.seen(in) {
		return nil
	}
	f := unusedPart(item, "dep", item.keyPos("dep"), "%s: no module that it speaks of has such a dependency", item.ID)
	f.Dep = onlyPath(dep)
	return []*Finding{f}
}

// seen reports whether a selector selects modules, and each of them has a build list.
func (c *checker) seen(in *ModuleSelector) bool {
	return c.selectsAny(in) && !slices.ContainsFunc(c.unbuilt, func(m *workspace.Module) bool {
		return in.orAll(c.infos[m]) > 0
	})
}

// unusedReplaces reports items of replaces.allow for lines that are not there. An expired one has a rule of its own.
func (c *checker) unusedReplaces() []*Finding {
	there := map[*ReplaceItem]bool{}
	for _, l := range c.replaceLines() {
		for _, a := range c.allowing(l) {
			there[a] = true
		}
	}
	var out []*Finding
	for i := range c.policy.Replaces.Allow {
		a := &c.policy.Replaces.Allow[i]
		if a.off() || there[a] || a.Expires.past(c.Today) || !c.selectsAny(&a.In) {
			continue
		}
		f := unusedPart(&a.Item, "dep", a.keyPos("dep"), "%s: there is no such replace line", a.ID)
		f.Dep = onlyPath(&a.Dep)
		out = append(out, f)
	}
	return out
}

// selectsAny reports whether a selector, or its absence, selects a governed module.
func (c *checker) selectsAny(in *ModuleSelector) bool {
	return slices.ContainsFunc(c.Workspace.Governed(), func(m *workspace.Module) bool { return in.orAll(c.infos[m]) > 0 })
}
