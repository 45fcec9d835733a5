package policy

import (
	"fmt"
	"slices"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// An Objection is a policy item that does not let a module have a version of a dependency.
type Objection struct {
	Rule string // that would report it
	Item *Item
	Text string // "pinned to v1.6.0"
	Key  string // of the item, that says so
}

// String shows what is objected to, with the item and its place.
func (o *Objection) String() string {
	return fmt.Sprintf("%s (%s, %s)", o.Text, o.Item.ID, o.Item.keyPos(o.Key))
}

// VersionRules tell which versions modules may have. They are not for several goroutines.
type VersionRules struct{ c *checker }

// VersionRules returns what the policy says of versions in the modules that were judged.
func (j *Judgement) VersionRules() *VersionRules { return &VersionRules{newChecker(j.Policy, j.Facts)} }

// Objections returns what the policy has against a version of a dependency in a governed module: pins, floors and bans
// that no exception waives. How versions agree, and whom they follow, depends on what the other modules have then.
func (r *VersionRules) Objections(m *workspace.Module, mod module.Version) []Objection {
	c := r.c
	info, dep := c.infos[m], c.DepInfo(mod.Path, mod.Version)
	says := c.policy.forDep(dep)
	var out []Objection
	add := func(rule string, item *Item, key, format string, args ...any) {
		if !item.off() && c.inForce(Claim{Rule: rule, Policy: item.ID, Dep: dep, Module: info}) == nil {
			out = append(out, Objection{rule, item, fmt.Sprintf(format, args...), key})
		}
	}
	if pin, _ := says.Pin(info); pin != nil && !pin.allows(info, mod.Version, c.Today) {
		add("version-pin", &pin.Item, "version", "pinned to %s", pin.Version)
	}
	direct := slices.ContainsFunc(m.Requires, func(r workspace.Require) bool {
		return r.Mod.Path == mod.Path && !r.Indirect
	})
	for _, floor := range says.Floors(info) {
		counts := floor.Among != AmongDirect || direct
		if counts && graph.Compare(mod.Path, mod.Version, string(floor.AtLeast)) < 0 {
			add("version-floor", &floor.Item, "at-least", "at least %s is asked for", floor.AtLeast)
		}
	}
	view := c.view(m)
	for _, ban := range c.policy.bansOf(dep).In(info, dep) {
		if ban.Scope == BanDirect && !direct || view != nil && c.bannedAsk(view, mod.Path, ban) == nil {
			continue
		}
		add("banned", &ban.Item, "dep", "banned")
	}
	return out
}

// A Query asks for a version by what is newest rather than by its number, as go get does.
type Query string

// The queries of Choose. Releases come before prereleases; what is retracted, or excluded by the module, is never chosen.
const (
	Latest  Query = "latest"  // the newest, also if the module has a newer one: a prerelease
	Upgrade Query = "upgrade" // the newest, unless the module has a newer one
	Patch   Query = "patch"   // the newest of the minor version that the module has, unless it has a newer one
)

// An Offer is what there is of a dependency.
type Offer struct {
	Versions []string // tagged, lowest first, as go chooses from
	// Incompatible are all tagged ones, lowest first, for modules that have a +incompatible one.
	Incompatible []string
	Newest       string // what stands for the newest where nothing is tagged
	Retracted    func(version string) bool
}

// A Choice is the version that a query means in a module.
type Choice struct {
	Version string // "" if the policy allows none
	// Newer is what it would be but for the policy, which says why; "" if that has nothing against Version.
	Newer      string
	Objections []Objection
}

// Choose finds the version that a query means for a dependency in a governed module that selects has, among those that
// the policy lets it have there. Nothing is chosen if there is nothing.
func (r *VersionRules) Choose(m *workspace.Module, dep, has string, q Query, o *Offer) Choice {
	var choice Choice
	if q != Latest {
		choice.Version = has
	}
	for _, v := range bestFirst(m, dep, has, q, o) {
		objections := r.Objections(m, module.Version{Path: dep, Version: v})
		if len(objections) == 0 {
			choice.Version = v
			break
		}
		if choice.Newer == "" {
			choice.Newer, choice.Objections = v, objections
		}
	}
	if choice.Version == choice.Newer {
		choice.Newer, choice.Objections = "", nil
	}
	return choice
}

// bestFirst lists the versions that a query may mean, the best first.
func bestFirst(m *workspace.Module, dep, has string, q Query, o *Offer) []string {
	versions := o.Versions
	if semver.Build(has) == "+incompatible" {
		versions = o.Incompatible
	}
	if len(o.Versions) == 0 && o.Newest != "" {
		versions = []string{o.Newest}
	}
	var releases, others []string
	for _, v := range slices.Backward(versions) {
		excluded := slices.ContainsFunc(m.Excludes, func(x workspace.Exclude) bool {
			return x.Mod == module.Version{Path: dep, Version: v}
		})
		switch {
		case excluded, o.Retracted(v):
		case q != Latest && graph.Compare(dep, v, has) < 0:
		case q == Patch && semver.MajorMinor(v) != semver.MajorMinor(has):
		case semver.Prerelease(v) != "":
			others = append(others, v)
		default:
			releases = append(releases, v)
		}
	}
	return append(releases, others...)
}

// FromDirectory is how a module takes a sibling from the directory that it stands in.
func FromDirectory(m, sibling *workspace.Module) Settlement {
	return Settlement{
		Means: Replace, Module: m.Dir, Mod: module.Version{Path: sibling.Path},
		New: module.Version{Path: relativeDir(m.Dir, sibling.Dir)},
	}
}

// ListedBy returns the governed modules whose go.mod lists a dependency, directly or as indirect, and those unpruned ones
// that have it in the build list: what Among all means in a policy.
func (r *VersionRules) ListedBy(dep string) []*workspace.Module {
	var out []*workspace.Module
	for _, d := range r.c.Dependencies {
		if d.Path != dep {
			continue
		}
		for _, u := range r.c.uses(d, AmongAll) {
			out = append(out, u.View.Module)
		}
	}
	return out
}
