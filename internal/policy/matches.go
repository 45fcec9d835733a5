package policy

import (
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// A Match tells what a part of the policy file selects among the modules and dependencies that there are.
type Match struct {
	Section string             // "versions", "pins.alternates", "modules.tags"
	ID      string             // of the item, or the name of the set, tag, team or key
	Pos     workspace.Position // zero for the built-in version item
	Item    *Item              // nil if it is no item
	// Modules are the directories of the governed modules that it speaks of, sorted; of modules.exclude those that it
	// excludes. Nil for sets.
	Modules []string
	// Deps are the dependencies that it selects and that count in some of these modules, sorted by path.
	Deps []DepMatch
	// Findings counts those of the item, or of an exception those that it matches.
	Findings int
	// State is that of an exception, else "".
	State ExceptionState
	// Contact is where to ask a team, else "".
	Contact string
}

// A DepMatch is a dependency that an item selects.
type DepMatch struct {
	Path    string
	Modules []string // directories of the modules in which the item speaks of it and counts, sorted
	// Outranked are the modules in which another item counts, by the id of that item, in the order of the directories.
	Outranked []Outranked
}

// Outranked are modules in which a more specific item counts, or a pin in place of what versions agree.
type Outranked struct {
	By      string // id of the item that counts
	Modules []string
}

// Matches tells for each item of the policy, and each set, tag and team, what it selects, in the order of
// docs/policy.md and then of the file. Of items that compete (pins, versions that agree) it tells where they count and
// where others do.
//
// The dependencies of a ban or a boundary are those that its selectors meet in the build lists; whether that breaks it
// is for its findings to say. Those of replaces are what replace lines replace, those of sources what hosts welcomes. The built-in version item is among the matches if it counts somewhere.
func (j *Judgement) Matches() []Match {
	b := matcher{checker: newChecker(j.Policy, j.Facts), findings: map[string]int{}}
	for _, f := range j.Findings {
		if f.Item != nil {
			b.findings[f.Item.ID]++
		}
	}
	b.modules()
	b.sets()
	b.versions()
	b.pins()
	b.bans()
	b.sources()
	b.replaces()
	if says := &j.Policy.Go; says.Pos.Line > 0 {
		b.item("go", &says.Item, &ModuleSelector{}, nil)
	}
	for _, use := range j.Exceptions {
		b.exception(use)
	}
	for i := range j.Policy.Release.Groups {
		g := &j.Policy.Release.Groups[i]
		b.item("release.groups", &g.Item, &g.Modules, nil)
	}
	return b.out
}

// A matcher collects matches.
type matcher struct {
	*checker
	findings map[string]int // by id of the item
	out      []Match
}

// dirsOf returns the governed modules that a selector selects; all of them if it was not given.
func (b *matcher) dirsOf(s *ModuleSelector) []string {
	out := []string{}
	for _, m := range b.Workspace.Governed() {
		if s.orAll(b.infos[m]) > 0 {
			out = append(out, m.Dir)
		}
	}
	return out
}

// dirsOfTeam returns the governed modules of a team, by the policy or by CODEOWNERS.
func (b *matcher) dirsOfTeam(name string) []string {
	out := []string{}
	for _, m := range b.Workspace.Governed() {
		if slices.ContainsFunc(b.infos[m].Teams, func(team string) bool { return sameTeam(team, name) }) {
			out = append(out, m.Dir)
		}
	}
	return out
}

func (b *matcher) item(section string, item *Item, in *ModuleSelector, deps []DepMatch) {
	b.out = append(b.out, Match{
		Section: section, ID: item.ID, Pos: item.Pos, Item: item, Modules: b.dirsOf(in), Deps: deps,
		Findings: b.findings[item.ID],
	})
}

// modules has what names modules: the sections modules, owners and vendor.
func (b *matcher) modules() {
	p := b.policy
	named := func(section, name string, pos workspace.Position, s *ModuleSelector) {
		if !s.IsZero() {
			b.out = append(b.out, Match{Section: section, ID: name, Pos: pos, Modules: b.dirsOf(s)})
		}
	}
	named("modules", "include", p.Modules.keyPos("include"), &p.Modules.Include)
	if s := &p.Modules.Exclude; !s.IsZero() {
		m := Match{Section: "modules", ID: "exclude", Pos: p.Modules.keyPos("exclude"), Modules: []string{}}
		for _, outside := range b.Workspace.Modules {
			if s.Match(b.infos[outside]) {
				m.Modules = append(m.Modules, outside.Dir)
			}
		}
		b.out = append(b.out, m)
	}
	named("modules", "published", p.Modules.keyPos("published"), &p.Modules.Published)
	for _, name := range p.Modules.Tags.Names() {
		named("modules.tags", name, p.Modules.Tags.keyPos(name), p.Modules.Tags.Get(name))
	}
	for _, name := range p.Owners.Teams.Names() {
		team := p.Owners.Teams.Get(name)
		b.out = append(b.out, Match{
			Section: "owners.teams", ID: name, Pos: p.Owners.Teams.keyPos(name),
			Modules: b.dirsOfTeam(name), Contact: team.Contact,
		})
	}
	named("vendor", "modules", p.Vendor.keyPos("modules"), &p.Vendor.Modules)
}

// deps returns the dependencies that a choice takes, with the modules. A choice tells of a use of a dependency whether
// it is one, and which item counts instead, "" if none.
func (b *matcher) deps(choice func(d *graph.Dependency, u *judgedUse) (ok bool, instead string)) []DepMatch {
	var out []DepMatch
	for _, d := range b.Dependencies {
		m := DepMatch{Path: d.Path}
		var outranked grouping[string, string]
		for _, u := range b.allUses(d) {
			switch ok, instead := choice(d, &u); {
			case ok && instead == "":
				m.Modules = append(m.Modules, u.dir)
			case ok:
				outranked.add(instead, u.dir)
			}
		}
		for by, dirs := range outranked.all() {
			m.Outranked = append(m.Outranked, Outranked{by, dirs})
		}
		if m.Modules != nil || m.Outranked != nil {
			out = append(out, m)
		}
	}
	return out
}

// sets has what each set selects, wherever it is in a build list.
func (b *matcher) sets() {
	for _, name := range b.policy.Sets.Names() {
		set := b.policy.Sets.Get(name)
		b.out = append(b.out, Match{Section: "sets", ID: name, Pos: b.policy.Sets.keyPos(name),
			Deps: b.deps(func(d *graph.Dependency, _ *judgedUse) (bool, string) {
				return set.Match(b.DepInfo(d.Path, "")), ""
			})})
	}
}

// counts reports whether a use counts for an item with that value of among.
func (u *judgedUse) counts(among Among) bool {
	return u.How == graph.Direct || among == AmongAll && (u.How == graph.Indirect || !u.View.Pruned())
}

// versions has the version items, then the built-in one. Floors do not compete.
func (b *matcher) versions() {
	p := b.policy
	says := map[*graph.Dependency]*depPolicy{}
	for _, d := range b.Dependencies {
		says[d] = p.forDep(b.DepInfo(d.Path, ""))
	}
	choice := func(v *VersionItem) []DepMatch {
		return b.deps(func(d *graph.Dependency, u *judgedUse) (bool, string) {
			among := v.Among
			if v.Agree == "" && among == "" {
				among = AmongAll // of floors
			}
			if v.In.orAll(u.info) == 0 || !v.Dep.Match(b.DepInfo(d.Path, "")) || !u.counts(among) {
				return false, ""
			}
			return d.Sibling == nil || v.Agree == "", says[d].instead(v, u.info) // siblings are not compared
		})
	}
	for i := range p.Versions {
		v := &p.Versions[i]
		b.item("versions", &v.Item, &v.In, choice(v))
	}
	builtin := slices.DeleteFunc(choice(&p.builtin), func(m DepMatch) bool { return m.Modules == nil })
	if len(builtin) > 0 {
		b.item("versions", &p.builtin.Item, &p.builtin.In, builtin)
	}
}

// instead returns the id of the item that counts in a module in place of a version item, "" if that item counts itself.
func (d *depPolicy) instead(v *VersionItem, m ModuleInfo) string {
	if v.Agree == "" && v.Follow.IsZero() {
		return "" // floors add up
	}
	if pin, _ := d.Pin(m); pin != nil {
		return pin.ID
	}
	item, _ := d.Follow(m)
	if item == nil {
		item, _ = d.Agreement(m)
	}
	if item == v {
		return ""
	}
	return item.ID
}

// pins has the pins and their alternates.
func (b *matcher) pins() {
	p := b.policy
	for i := range p.Pins {
		pin := &p.Pins[i]
		instead := func(d *graph.Dependency, u *judgedUse) (bool, string) {
			info := b.DepInfo(d.Path, "")
			if pin.In.orAll(u.info) == 0 || !pin.Dep.Match(info) || !u.counts(AmongAll) {
				return false, ""
			}
			if other, _ := p.forDep(info).Pin(u.info); other != pin {
				return true, other.ID
			}
			return true, ""
		}
		b.item("pins", &pin.Item, &pin.In, b.deps(instead))
		for k := range pin.Alternates {
			a := &pin.Alternates[k]
			b.item("pins.alternates", &a.Item, &a.In, b.deps(func(d *graph.Dependency, u *judgedUse) (bool, string) {
				ok, other := instead(d, u)
				return ok && a.In.Match(u.info), other
			}))
		}
	}
}

// bans has the bans and the boundaries.
func (b *matcher) bans() {
	for i := range b.policy.Bans {
		ban := &b.policy.Bans[i]
		b.item("bans", &ban.Item, &ban.In, b.deps(func(d *graph.Dependency, u *judgedUse) (bool, string) {
			dep := b.DepInfo(d.Path, u.version(d.Path))
			if u.How != graph.Direct && ban.Scope == BanDirect || ban.In.orAll(u.info) == 0 || !ban.Dep.Match(dep) {
				return false, ""
			}
			held := b.policy.bansOf(dep).In(u.info, dep)
			if !slices.Contains(held, ban) {
				return true, held[0].ID
			}
			return true, ""
		}))
	}
	for i := range b.policy.Boundaries {
		x := &b.policy.Boundaries[i]
		b.item("boundaries", &x.Item, &x.From, b.deps(func(d *graph.Dependency, u *judgedUse) (bool, string) {
			dep := b.DepInfo(d.Path, u.version(d.Path))
			return x.From.Match(u.info) && x.Deny.Match(dep) && !x.Allow.Match(dep), ""
		}))
	}
}

// sources has the section of that name, as one item: the dependencies that modules list and that hosts welcomes.
func (b *matcher) sources() {
	says := &b.policy.Sources
	if says.Pos.Line == 0 {
		return
	}
	b.item("sources", &says.Item, &ModuleSelector{}, b.deps(func(d *graph.Dependency, u *judgedUse) (bool, string) {
		from := DepInfo{Path: u.Effective.Path, Version: u.Effective.Version}
		return d.Sibling == nil && u.Effective.Dir == "" && u.counts(AmongAll) &&
			(says.Hosts.IsZero() || says.Hosts.Match(from)), ""
	}))
}

// replaces has the section of that name, as one item, with all replace lines, and the items of replaces.allow.
func (b *matcher) replaces() {
	says := &b.policy.Replaces
	if says.Pos.Line > 0 {
		b.item("replaces", &says.Item, &ModuleSelector{}, b.replaced(func(replaceLine) bool { return true }))
	}
	for i := range says.Allow {
		a := &says.Allow[i]
		b.item("replaces.allow", &a.Item, &a.In, b.replaced(func(l replaceLine) bool {
			return slices.Contains(b.allowing(l), a)
		}))
	}
}

// replaced returns the dependencies of replace lines, with the modules; a line of go.work is one of no module.
func (b *matcher) replaced(by func(replaceLine) bool) []DepMatch {
	var lines grouping[string, string]
	for _, l := range b.replaceLines() {
		if dir := ""; by(l) {
			if l.Module != nil {
				dir = l.Module.Dir
			}
			lines.add(l.Old.Path, dir)
		}
	}
	var deps []DepMatch
	for path, dirs := range lines.all() {
		dirs = slices.DeleteFunc(dirs, func(dir string) bool { return dir == "" })
		deps = append(deps, DepMatch{Path: path, Modules: slices.Compact(dirs)})
	}
	slices.SortFunc(deps, func(a, b DepMatch) int { return strings.Compare(a.Path, b.Path) })
	return deps
}

// exception has an exception: the dependencies are those of the findings that it matches.
func (b *matcher) exception(use ExceptionUse) {
	e := use.Exception
	m := Match{
		Section: "exceptions", ID: e.ID, Pos: e.Pos, Item: &e.Item, Modules: b.dirsOf(&e.Modules),
		Findings: len(use.Findings), State: use.State,
	}
	var deps grouping[string, string]
	for _, f := range use.Findings {
		for _, dir := range f.Modules {
			if f.Dep != "" && slices.Contains(m.Modules, dir) {
				deps.add(f.Dep, dir)
			}
		}
	}
	for dep, dirs := range deps.all() {
		slices.Sort(dirs)
		m.Deps = append(m.Deps, DepMatch{Path: dep, Modules: slices.Compact(dirs)})
	}
	b.out = append(b.out, m)
}
