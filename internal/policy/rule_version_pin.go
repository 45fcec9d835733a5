package policy

import (
	"fmt"
	"slices"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
)

func versionPin() *Rule {
	return &Rule{
		Name:     "version-pin",
		Title:    "A module does not use the pinned version",
		Severity: Error,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `The policy pins a dependency to a version, and the effective version in a module is another: neither
the pinned one nor an alternate that the pin allows for this module and that has not expired. Modules count that list
the dependency in their go.mod, directly or as indirect; of modules with a go line below 1.17, which list only what
they import, those that have it in the build list.

Effective means after minimal version selection and replacement: a module that requires the pinned version and gets a
higher one, because something else asks for it, breaks the pin.

With ` + "`follow`" + ` in place of a pin the version is the effective one of the module that an item of
` + "`versions`" + ` names, whatever it is at the time: higher ones break it as lower ones do. Siblings, which come
from directories, are left out, modules count that require the dependency directly (` + "`among: all`" + `: that list
it), and nothing is said of what the module that is followed does not have.

With ` + "`resolve: require`" + ` (the default) modgov fix raises the requirement to the pinned version. A requirement
cannot hold a version down: where the graph asks for more than the pin, the pin has to say ` + "`resolve: replace`" + `,
or move.

An alternate with ` + "`freeze: true`" + ` allows its version only while the module's vendor directory has a manifest and
is what the manifest and go.mod say: modgov vendor snapshot makes it, modgov vendor verify tells.`,
		Bad: `The policy pins example.com/x to v1.2.0, a requires v1.0.0.
-- modgov.yaml --
version: 1
pins:
  - {id: x, dep: example.com/x, version: v1.2.0, owner: platform, reason: "contract"}
-- a/go.mod --
module example.com/a

go 1.24

require example.com/x v1.0.0
-- proxy/example.com/x@v1.0.0.mod --
module example.com/x
`,
		Good: `-- modgov.yaml --
version: 1
pins:
  - {id: x, dep: example.com/x, version: v1.2.0, owner: platform, reason: "contract"}
-- a/go.mod --
module example.com/a

go 1.24

require example.com/x v1.2.0
-- proxy/example.com/x@v1.2.0.mod --
module example.com/x
`,
		Check: checkVersionPin,
	}
}

func checkVersionPin(c *checker) []*Finding {
	var out []*Finding
	for _, d := range c.Dependencies {
		says := c.says(d.Path)
		var byPin grouping[*PinItem, judgedUse]
		for _, u := range c.pinnable(d, says) {
			if pin, _ := says.Pin(u.info); pin != nil {
				u.waiver = c.waiver("version-pin", &pin.Item, d, &u)
				byPin.add(pin, u)
			}
		}
		for pin, uses := range byPin.all() {
			out = append(out, c.pin(d, pin, uses)...)
		}
		out = append(out, c.follows(d, says)...)
	}
	return out
}

// pinnable are the uses of a dependency that some pin speaks of.
func (c *checker) pinnable(d *graph.Dependency, says *depPolicy) []judgedUse {
	if len(says.pins) == 0 {
		return nil
	}
	return c.uses(d, AmongAll)
}

// pin reports the uses that have neither the pinned version nor one of their alternates.
func (c *checker) pin(d *graph.Dependency, pin *PinItem, uses []judgedUse) []*Finding {
	want := string(pin.Version)
	bad := slices.DeleteFunc(slices.Clone(uses), func(u judgedUse) bool {
		return pin.allows(u.info, u.version(d.Path), c.Today) && c.unfrozen(pin, &u, d.Path) == nil
	})
	if len(bad) == 0 {
		return nil
	}
	f := fault{
		dep: d, item: &pin.Item, all: uses, wanted: want, label: "declared here", asked: "pinned to " + want,
		because: policySpan(&pin.Item, "version", "pinned here"), notes: reasonNote(&pin.Item),
	}
	for i := range bad {
		if v := bad[i].version(d.Path); pin.Resolve != ResolveReplace && v != "" && graph.Compare(d.Path, v, want) > 0 {
			f.notes = append(f.notes, Remark{"note", fmt.Sprintf(
				"%s selects %s: a requirement cannot lower it, only resolve: replace can", bad[i].dir, v)})
			break
		}
	}
	for i := range bad {
		if a := c.unfrozen(pin, &bad[i], d.Path); a != nil {
			f.notes = append(f.notes, Remark{"frozen", fmt.Sprintf(
				"%s may have %s only while its snapshot verifies: %s", bad[i].dir, a.Version, c.whyUnfrozen(&bad[i]))})
			if span := (Span{a.keyPos("freeze"), "asked for here"}); !slices.Contains(f.because, span) {
				f.because = append(f.because, span)
			}
		}
	}
	f.notes = append(f.notes, c.expiredAlternates(d.Path, pin, bad)...)
	f.message = func(bad []judgedUse) string {
		return versionList(groups(d.Path, bad, want)) + ", " + f.asked
	}
	f.settle = func(u *judgedUse) *Settlement {
		if c.unfrozen(pin, u, d.Path) != nil {
			return nil // it is to stay behind
		}
		return settleTo(u, d.Path, want, pin.Resolve, &pin.Item)
	}
	return c.faults(f, bad)
}

// unfrozen returns the alternate that would allow a use if the module's snapshot verified, nil if the use needs none.
func (c *checker) unfrozen(pin *PinItem, u *judgedUse, dep string) *Alternate {
	v := u.version(dep)
	if v == string(pin.Version) {
		return nil
	}
	var frozen *Alternate
	for _, a := range pin.alternatesFor(u.info) {
		switch {
		case v != string(a.Version) || a.Expires.past(c.Today):
		case !a.Freeze:
			return nil
		default:
			frozen = a
		}
	}
	if frozen != nil && c.whyUnfrozen(u) == "" {
		return nil
	}
	return frozen
}

// whyUnfrozen says why a module's snapshot does not prove what it is built from, "" if it does.
func (c *checker) whyUnfrozen(u *judgedUse) string {
	makes := command("modgov", "vendor", "snapshot", "--module", u.dir) + " makes it"
	for _, v := range c.Vendors {
		switch {
		case v.Module != u.View.Module:
		case v.Whole():
			return ""
		case v.Manifest == nil:
			return "its vendor directory has no manifest; " + makes
		default:
			return "it does not; modgov vendor verify tells"
		}
	}
	return "there is none; " + makes
}

// expiredAlternates tells of the alternates of a pin by which uses at fault were allowed until a day that has passed.
func (c *checker) expiredAlternates(dep string, pin *PinItem, bad []judgedUse) []Remark {
	var out []Remark
	for i := range pin.Alternates {
		a := &pin.Alternates[i]
		uses := func(u judgedUse) bool { return u.version(dep) == string(a.Version) && a.In.Match(u.info) }
		if !a.Expires.past(c.Today) || !slices.ContainsFunc(bad, uses) {
			continue
		}
		text := fmt.Sprintf("%s allowed %s through %s", a.ID, a.Version, a.Expires)
		for _, more := range [...][2]string{{"owner", a.Owner}, {"reason", a.Reason}, {"issue", a.Issue}} {
			if more[1] != "" {
				text += ", " + more[0] + ": " + oneLine(more[1])
			}
		}
		out = append(out, Remark{"alternate", text})
	}
	return out
}

// settleTo returns the settlement that gives a use exactly one version, nil if there is none.
func settleTo(u *judgedUse, dep, version string, resolve Resolve, item *Item) *Settlement {
	want := module.Version{Path: dep, Version: version}
	if resolve == ResolveReplace {
		return &Settlement{Means: Replace, Module: u.dir, Mod: want, New: want, Item: item}
	}
	have := u.version(dep)
	switch {
	case have == "" || u.View.Replacement(u.selected(dep)) != nil:
		return nil
	case graph.Compare(dep, have, want.Version) > 0:
		return &Settlement{Means: Replace, Module: u.dir, Mod: want, New: want, Item: item, IfAsked: true}
	}
	return &Settlement{Means: Require, Module: u.dir, Mod: want, Item: item}
}

// selected returns the dependency at the version that the build list of the using module has.
func (u *judgedUse) selected(dep string) module.Version {
	return module.Version{Path: dep, Version: u.Selected}
}
