package policy

import (
	"fmt"
	"slices"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
)

func versionFloor() *Rule {
	return &Rule{
		Name:     "version-floor",
		Title:    "A module uses a version below the lowest that is allowed",
		Severity: Error,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `The policy says ` + "`at-least`" + ` for a dependency, and the effective version in a module is lower: the
kind of line that a security fix calls for. Every module counts that lists the dependency in its go.mod, directly or as
indirect (of modules with a go line below 1.17 every one that has it in the build list); ` + "`among: direct`" + `
narrows that. Where several floors apply, all hold.

What is replaced by a directory or by a fork has no version of the dependency and is not judged.

modgov fix raises the requirement to the floor, and adds one where the module gets the dependency only through others.`,
		Bad: `The policy asks for example.com/x v1.1.1 or higher, a has v1.1.0.
-- modgov.yaml --
version: 1
versions:
  - {id: cve-1, dep: example.com/x, at-least: v1.1.1, reason: "CVE-1"}
-- a/go.mod --
module example.com/a

go 1.24

require example.com/x v1.1.0
-- proxy/example.com/x@v1.1.0.mod --
module example.com/x
`,
		Good: `-- modgov.yaml --
version: 1
versions:
  - {id: cve-1, dep: example.com/x, at-least: v1.1.1, reason: "CVE-1"}
-- a/go.mod --
module example.com/a

go 1.24

require example.com/x v1.2.0
-- proxy/example.com/x@v1.2.0.mod --
module example.com/x
`,
		Check: checkVersionFloor,
	}
}

func checkVersionFloor(c *checker) []*Finding {
	var out []*Finding
	for _, d := range c.Dependencies {
		says := c.says(d.Path)
		if len(says.floors) == 0 {
			continue
		}
		uses := c.uses(d, AmongAll)
		var byItem grouping[*VersionItem, judgedUse]
		for _, u := range uses {
			for _, item := range says.Floors(u.info) {
				if item.Among == AmongDirect && u.How != graph.Direct || !below(&u, d.Path, item) {
					continue
				}
				u.waiver = c.waiver("version-floor", &item.Item, d, &u)
				byItem.add(item, u)
			}
		}
		for item, bad := range byItem.all() {
			out = append(out, c.floor(d, item, uses, bad)...)
		}
	}
	return out
}

func below(u *judgedUse, dep string, item *VersionItem) bool {
	v := u.version(dep)
	return v != "" && graph.Compare(dep, v, string(item.AtLeast)) < 0
}

func (c *checker) floor(d *graph.Dependency, item *VersionItem, uses, bad []judgedUse) []*Finding {
	floor := string(item.AtLeast)
	f := fault{
		dep: d, item: &item.Item, wanted: floor, label: "declared here", asked: fmt.Sprintf("at least %s is asked for", floor),
		all:     slices.DeleteFunc(slices.Clone(uses), func(u judgedUse) bool { return u.version(d.Path) == "" }),
		because: policySpan(&item.Item, "at-least", "the lowest version allowed"), notes: reasonNote(&item.Item),
	}
	f.message = func(bad []judgedUse) string {
		return versionList(groups(d.Path, bad, floor)) + ", " + f.asked
	}
	f.settle = func(u *judgedUse) *Settlement {
		if u.View.Replacement(u.selected(d.Path)) != nil {
			return nil
		}
		return &Settlement{Means: Require, Module: u.dir, Mod: module.Version{Path: d.Path, Version: floor}, Item: &item.Item}
	}
	return c.faults(f, bad)
}
