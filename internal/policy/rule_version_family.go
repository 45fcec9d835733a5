package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/graph"
)

func versionFamily() *Rule {
	return &Rule{
		Name:     "version-family",
		Title:    "Dependencies that belong together have different versions",
		Severity: Warn,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `Some modules are released together and tested together: an SDK and its API, a framework and its
plugins. The policy names them as one item with ` + "`together: true`" + `, and the versions of its members differ, in
one module or between modules.

Members are compared with each other within one major version, by their effective versions, in the modules of
` + "`in`" + ` that require them directly (` + "`among: all`" + `: that list them). How far they may differ says
` + "`agree`" + `, ` + "`same`" + ` if it is not there. What comes from a fork or a directory is left out, and so is a
member in a module for which it is pinned, follows another module, or has a narrower item. There is one finding for an
item and major version; version-skew then speaks of these members only where their major versions differ.

` + "`prefer`" + ` chooses the version that the others should have, the highest if it is not there. Members need not
all have the same releases, so modgov fix raises a member only to versions that some go.mod file of the graph names
already. Where there is none it is for you to see whether the version exists. Members below v1 mostly keep versions of their own:
leave them out of the set, or give them a narrower item.`,
		Bad: `The SDK is behind its API.
-- modgov.yaml --
version: 1
sets: {otel: "example.com/otel/**"}
versions:
  - {id: otel, dep: "set:otel", together: true}
-- go.mod --
module example.com/a

go 1.24

require (
	example.com/otel v1.2.0
	example.com/otel/sdk v1.1.0
)
`,
		Good: `-- modgov.yaml --
version: 1
sets: {otel: "example.com/otel/**"}
versions:
  - {id: otel, dep: "set:otel", together: true}
-- go.mod --
module example.com/a

go 1.24

require (
	example.com/otel v1.2.0
	example.com/otel/log v0.5.0
	example.com/otel/sdk v1.2.0
)
`,
		Check: checkVersionFamily,
	}
}

// A family is what one item keeps together of one major version.
type family struct {
	item   *VersionItem
	major  string
	wanted string
}

func checkVersionFamily(c *checker) []*Finding {
	type key struct {
		item  *VersionItem
		major string
	}
	var families grouping[key, judgedUse]
	for _, d := range c.Dependencies {
		says := c.says(d.Path)
		if d.Sibling != nil || !says.together() {
			continue
		}
		for _, u := range c.uses(d, AmongAll) {
			item := c.agreement(says, &u)
			if item == nil || !item.Together || u.version(d.Path) == "" {
				continue
			}
			u.waiver = c.waiver("version-family", &item.Item, d, &u)
			families.add(key{item, semver.Major(u.Effective.Version)}, u)
		}
	}
	var out []*Finding
	for k, uses := range families.all() {
		out = append(out, c.family(&family{item: k.item, major: k.major}, uses)...)
	}
	return out
}

// agreement returns the item that says how a use agrees with others; nil if none does: it may have any version, is
// pinned or follows a module, or does not count for the item.
func (c *checker) agreement(says *depPolicy, u *judgedUse) *VersionItem {
	item, _ := says.Agreement(u.info)
	pin, _ := says.Pin(u.info)
	counts := u.How == graph.Direct || item.Among == AmongAll
	if item.Agree == AgreeAny || pin != nil || !counts {
		return nil
	}
	if _, _, follows := c.followed(u.dep, says, u.View.Module); follows {
		return nil
	}
	return item
}

// family compares the uses of a family. Waived ones have no say in what the others should have, and are reported apart.
func (c *checker) family(f *family, uses []judgedUse) []*Finding {
	judged := slices.DeleteFunc(slices.Clone(uses), func(u judgedUse) bool { return u.waiver != nil })
	if len(judged) == 0 {
		judged = uses
	}
	f.wanted = c.prefer(f.item.Prefer, judged, func(u *judgedUse) []*VersionItem {
		return c.says(u.dep).Floors(u.info)
	}).Effective.Version
	var byWaiver grouping[*Exception, judgedUse]
	for _, u := range uses {
		if !closeEnough(f.item.Agree, u.Effective.Version, f.wanted) {
			byWaiver.add(u.waiver, u)
		}
	}
	var out []*Finding
	for waiver, bad := range byWaiver.all() {
		all := slices.DeleteFunc(slices.Clone(uses), func(u judgedUse) bool { return u.waiver != nil && u.waiver != waiver })
		out = append(out, c.familyFinding(f, waiver, bad, all))
	}
	return out
}

// closeEnough reports whether two versions of one major version are close enough for an agreement.
func closeEnough(a Agree, v, w string) bool {
	return v == w || a == AgreeMajor || a == AgreeMinor && semver.MajorMinor(v) == semver.MajorMinor(w)
}

func (c *checker) familyFinding(f *family, waiver *Exception, bad, all []judgedUse) *Finding {
	out := &Finding{
		Item: &f.item.Item, Subject: f.item.ID, Kind: f.major, Exception: waiver,
		Because: policySpan(&f.item.Item, "together", "keeps them together"), Groups: familyGroups(all, f.wanted),
	}
	if waiver != nil {
		out.Kind += "/" + waiver.ID
	}
	var left []string
	for i := range bad {
		u := &bad[i]
		m := u.measure(u.dep, f.wanted, "declared here")
		m.Version = graph.ModText(module.Version{Path: u.dep, Version: u.Effective.Version})
		out.Modules, out.Measures = append(out.Modules, u.dir), append(out.Measures, m)
		if u.Require != nil {
			out.At = append(out.At, m.At)
		}
		if chain := u.View.Chain(u.dep); len(chain) > 2 && len(out.Why) < maxWhys {
			out.Why = append(out.Why, ChainOf(u.View, chain))
		}
		s, known := c.raiseMember(f, u)
		if s != nil {
			out.Settle = append(out.Settle, *s)
		} else if !known {
			left = append(left, u.dep)
		}
	}
	slices.Sort(out.Modules)
	out.Modules = slices.Compact(out.Modules)
	out.Message = familyMessage(out.Groups)
	if left = slices.Compact(left); len(left) > 0 {
		out.Notes = append(out.Notes, Remark{"note", fmt.Sprintf(
			"nothing in the graph names a version of %s that agrees with %s: see whether there is one",
			listed(left, 2), f.wanted)})
	}
	out.Notes = append(out.Notes, reasonNote(&f.item.Item)...)
	if len(out.Settle) == len(bad) {
		out.Fix = command("modgov", "fix", "--rule", "version-family")
	}
	return out
}

// raiseMember returns the settlement that brings a use to the highest version of its dependency that agrees with the
// wanted one and that some go.mod file names; known is false if there is no such version.
func (c *checker) raiseMember(f *family, u *judgedUse) (s *Settlement, known bool) {
	best := ""
	for _, v := range c.Graph.Views() {
		for _, version := range v.Versions(u.dep) {
			if semver.Major(version) == f.major && closeEnough(f.item.Agree, version, f.wanted) &&
				semver.Compare(version, f.wanted) <= 0 && semver.Compare(version, best) > 0 {
				best = version
			}
		}
	}
	if best == "" {
		return nil, false
	}
	return raise(u, u.dep, best, f.item), true
}

// familyGroups lists who has which version of which member: the wanted version first, then from the highest down.
func familyGroups(uses []judgedUse, wanted string) []Group {
	var dirs grouping[module.Version, string]
	for i := range uses {
		dirs.add(module.Version{Path: uses[i].dep, Version: uses[i].Effective.Version}, uses[i].dir)
	}
	mods := slices.Clone(dirs.keys)
	slices.SortStableFunc(mods, func(a, b module.Version) int {
		if (a.Version == wanted) != (b.Version == wanted) {
			return cmp.Compare(btoi(b.Version == wanted), btoi(a.Version == wanted))
		}
		return cmp.Or(semver.Compare(b.Version, a.Version), strings.Compare(a.Path, b.Path))
	})
	var out []Group
	for _, mod := range mods {
		out = append(out, Group{Version: graph.ModText(mod), Modules: dirs.values[mod], Dep: mod.Path})
	}
	return out
}

// familyMessage says which members have which version: "v1.2.0 of 3 dependencies, v1.1.0 of example.com/sdk".
func familyMessage(gs []Group) string {
	var deps grouping[string, string]
	for _, g := range gs {
		_, version, _ := strings.Cut(g.Version, " ")
		deps.add(version, g.Dep)
	}
	var parts []string
	for version, paths := range deps.all() {
		if len(paths) == 1 {
			parts = append(parts, version+" of "+paths[0])
		} else {
			parts = append(parts, version+" of "+Count(len(paths), "dependency"))
		}
	}
	return listed(parts, 3)
}
