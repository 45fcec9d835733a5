package policy

import (
	"fmt"
	"slices"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
)

func policyConflict() *Rule {
	return &Rule{
		Name:        "policy-conflict",
		Title:       "Two parts of the policy that cannot both hold",
		Severity:    Error,
		Layer:       LayerSelected,
		Since:       "0.1.0",
		AboutPolicy: true,
		Doc: `Of several items that speak of a dependency in a module the most specific one counts. Two that are equally
specific and ask for different things contradict each other, and nothing in the policy says which of them is meant: as
long as it stands, the first in the file is applied. Where the file alone shows that, it is an error of the file. This
rule reports what only the modules show:

- two version items with agree, two with follow, or two pins, that speak by different words of the same dependency in
  the same module. Version items count in modules that require the dependency directly (all that list it, if among
  says so) and have no pin;
- a pin whose version a floor or a ban does not allow in a module, where no alternate is allowed either, so that no
  version is right; and an alternate that is not allowed. An exception that lets the module have that version settles
  it. Modules count that list the dependency;
- a pin with ` + "`resolve: replace`" + ` and an alternate for one of several modules of a go.work: in a workspace a
  replace line of one module counts for all, and two that differ make go refuse ("conflicting replacements"). Modules
  count that list the dependency;
- ` + "`vendor.workspace`" + ` together with the root module, if a glob of vendor.modules selects it: there is one
  vendor directory at the root.

To clear it, remove one of the two, make one more specific, or let their modules differ. A module with an alternate can
stand outside go.work. The severity of an item is not that of this rule.`,
		Bad: `Tags are equally specific, and service/a has both.
-- modgov.yaml --
version: 1
modules: {tags: {old: "service/a", new: "service/*"}}
pins:
  - {id: x-old, dep: example.com/x, version: v1.1.0, in: "tag:old"}
  - {id: x-new, dep: example.com/x, version: v1.2.0, in: "tag:new"}
-- service/a/go.mod --
module example.com/a

go 1.24

require example.com/x v1.1.0
`,
		Good: `The directory is more specific than the tag.
-- modgov.yaml --
version: 1
modules: {tags: {new: "service/*"}}
pins:
  - {id: x-old, dep: example.com/x, version: v1.1.0, in: service/a}
  - {id: x-new, dep: example.com/x, version: v1.2.0, in: "tag:new"}
-- service/a/go.mod --
module example.com/a

go 1.24

require example.com/x v1.1.0
`,
		Check: checkPolicyConflict,
	}
}

// A rivalry is two items that contradict each other.
type rivalry struct{ item, rival *Item }

// A meeting is a dependency and a module in which two items meet.
type meeting struct{ dep, dir string }

func checkPolicyConflict(c *checker) []*Finding {
	var versions, follows, pins grouping[rivalry, meeting]
	var refused grouping[refusal, string]
	rules := &VersionRules{c}
	var out []*Finding
	for _, d := range c.Dependencies {
		says := c.says(d.Path)
		if len(says.agreements) < 2 && len(says.follows) < 2 && len(says.pins) == 0 {
			continue
		}
		for _, u := range c.uses(d, AmongAll) {
			pin, rival := says.Pin(u.info)
			if rival != nil {
				pins.add(rivalry{&pin.Item, &rival.Item}, meeting{d.Path, u.dir})
			}
			if pin != nil && !pin.off() {
				rules.refuse(&refused, pin, &u)
			}
			if item, other := says.Follow(u.info); pin == nil && other != nil && d.Sibling == nil &&
				(u.How == graph.Direct || item.Among == AmongAll || other.Among == AmongAll) {
				follows.add(rivalry{&item.Item, &other.Item}, meeting{d.Path, u.dir})
			}
			item, other := says.Agreement(u.info)
			if pin != nil || other == nil || d.Sibling != nil ||
				u.How != graph.Direct && item.Among != AmongAll && other.Among != AmongAll {
				continue
			}
			versions.add(rivalry{&item.Item, &other.Item}, meeting{d.Path, u.dir})
		}
		out = append(out, c.unsharedReplaces(d, says)...)
	}
	for r, met := range pins.all() {
		out = append(out, conflict(r, "version", "pins", met))
	}
	for r, dirs := range refused.all() {
		out = append(out, r.finding(dirs))
	}
	for r, met := range versions.all() {
		out = append(out, conflict(r, "agree", "says how versions agree", met))
	}
	for r, met := range follows.all() {
		out = append(out, conflict(r, "follow", "says which module to follow", met))
	}
	return append(out, c.twoVendors()...)
}

// conflict reports two items that meet. Verb says what both do.
func conflict(r rivalry, key, verb string, met []meeting) *Finding {
	var deps, modules []string
	for _, m := range met {
		deps, modules = append(deps, m.dep), append(modules, m.dir)
	}
	slices.Sort(modules)
	deps, modules = slices.Compact(deps), slices.Compact(modules)
	f := &Finding{
		Item: r.item, Subject: r.item.Pos.File, Kind: r.rival.ID, Modules: modules,
		Message: fmt.Sprintf("%s and %s contradict each other about %s in %s: neither is more specific",
			r.item.ID, r.rival.ID, listed(deps, 3), listed(modules, 3)),
		At:      []Span{{r.item.keyPos(key), r.item.ID + " " + verb + ", and is applied: it comes first"}},
		Because: []Span{{r.rival.keyPos(key), r.rival.ID + " " + verb + " for the same modules"}},
	}
	if len(deps) == 1 {
		f.Dep = deps[0]
		return f
	}
	for _, d := range deps { // not as Group.Dep: an exception for one of them waives nothing
		g := Group{Version: d}
		for _, m := range met {
			if m.dep == d {
				g.Modules = append(g.Modules, m.dir)
			}
		}
		f.Groups = append(f.Groups, g)
	}
	return f
}

// A refusal is a version that a pin, or one of its alternates, gives to modules in which another item does not allow it.
type refusal struct {
	item, rival *Item
	verb        string // what the item does: "pins example.com/x to v1.2.0 in"
	dep, says   string // what the rival says
	key         string // of the rival
}

// refuse adds the alternates of a pin that a module may not have, and the pin itself if nothing that it allows is left.
func (r *VersionRules) refuse(refused *grouping[refusal, string], pin *PinItem, u *judgedUse) {
	possible := false
	try := func(item *Item, verb string, version Version) func() {
		objections := r.Objections(u.View.Module, module.Version{Path: u.dep, Version: string(version)})
		possible = possible || len(objections) == 0
		return func() {
			for _, o := range objections {
				verb := fmt.Sprintf(verb, u.dep, version)
				refused.add(refusal{item: item, rival: o.Item, verb: verb, dep: u.dep, says: o.Text, key: o.Key}, u.dir)
			}
		}
	}
	for _, a := range pin.alternatesFor(u.info) {
		if !a.Expires.past(r.c.Today) && !a.off() {
			try(&a.Item, "is %[2]s of %[1]s for", a.Version)()
		}
	}
	if report := try(&pin.Item, "pins %s to %s in", pin.Version); !possible {
		report()
	}
}

func (r refusal) finding(dirs []string) *Finding {
	return &Finding{
		Item: r.item, Dep: r.dep, Subject: r.item.Pos.File, Kind: r.rival.ID, Modules: dirs,
		Message: fmt.Sprintf("%s %s %s, which %s does not allow: %s",
			r.item.ID, r.verb, listed(dirs, 3), r.rival.ID, r.says),
		At:      []Span{{r.item.keyPos("version"), "this version"}},
		Because: []Span{{r.rival.keyPos(r.key), r.says}},
	}
}

// unsharedReplaces reports pins that are settled by replace lines where members of the workspace may, or may not, have
// an alternate.
func (c *checker) unsharedReplaces(d *graph.Dependency, says *depPolicy) []*Finding {
	var members grouping[*PinItem, judgedUse]
	for _, u := range c.uses(d, AmongAll) {
		if pin, _ := says.Pin(u.info); pin != nil && pin.Resolve == ResolveReplace && c.member(u.View.Module) {
			members.add(pin, u)
		}
	}
	var out []*Finding
	for pin, uses := range members.all() {
		for i := range pin.Alternates {
			a := &pin.Alternates[i]
			if a.Expires.past(c.Today) {
				continue
			}
			var with, without []string
			for _, u := range uses {
				if a.In.Match(u.info) {
					with = append(with, u.dir)
				} else {
					without = append(without, u.dir)
				}
			}
			if len(with) > 0 && len(without) > 0 {
				out = append(out, c.unsharedReplace(d.Path, pin, a, with, without))
			}
		}
	}
	return out
}

func (c *checker) unsharedReplace(dep string, pin *PinItem, a *Alternate, with, without []string) *Finding {
	return &Finding{
		Item: &a.Item, Dep: dep, Subject: a.Pos.File, Kind: "replace", Modules: with,
		Message: fmt.Sprintf("%s is pinned to %s by replace lines, with an alternate for %s, which shares go.work with %s",
			dep, pin.Version, listed(with, 3), listed(without, 3)),
		At:      []Span{{a.keyPos("version"), "another version for some"}},
		Because: []Span{{pin.keyPos("resolve"), "a replace line of one member of a workspace counts for all"}},
		Notes:   []Remark{{"note", "with a second replace line go refuses the workspace: conflicting replacements"}},
	}
}

// twoVendors reports a vendor directory that both the workspace and the root module would have.
func (c *checker) twoVendors() []*Finding {
	v, root, work := &c.policy.Vendor, c.Workspace.Module("."), c.Workspace.Work
	if !v.Workspace || root == nil || !root.Governed || work == nil || work.Dir != "." || !v.Modules.Match(c.infos[root]) {
		return nil
	}
	return []*Finding{{
		Kind: "vendor", Subject: v.Pos.File, Modules: []string{"."},
		Message: "vendor.workspace and vendor.modules both ask for the vendor directory at the root",
		At:      []Span{{v.keyPos("modules"), "selects the root module"}},
		Because: []Span{{v.keyPos("workspace"), "there is one vendor directory at the root"}},
	}}
}
