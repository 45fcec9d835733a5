package policy

import (
	"slices"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
)

func banned() *Rule {
	return &Rule{
		Name:     "banned",
		Title:    "A module has a dependency that the policy bans",
		Severity: Error,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `The policy bans a dependency, and a governed module has it: an unmaintained library, one whose licence
does not fit, versions with a hole that no team should ship.

With ` + "`scope: any`" + ` (the default) the build list of each module counts, so it is reported wherever it comes
from, also if only the go.mod file of something else mentions it. With ` + "`scope: direct`" + ` only require lines
without ` + "`// indirect`" + ` count. A constraint is held against the effective version, after selection and
replacement; what comes from a directory or a fork has no version of the dependency and is in no range. A fork is
banned by its own path, and so is what it takes the place of, as the code still imports it by that path.

With ` + "`unless_via`" + ` the dependency is allowed where one of these asks for it and nobody else does: every module
of the graph that requires it must be one of them. Lines marked ` + "`// indirect`" + ` only repeat what others ask for
and do not count; where there are no others, such a line counts unless its module requires one of unless_via too.

The chain shows how the dependency comes in. To clear it, move to what the policy names instead, or to a version of the
module before it in the chain that does without; there is no mechanical fix.`,
		Bad: `orders bans example.com/x, and gets it through example.com/y.
-- modgov.yaml --
version: 1
bans:
  - {id: no-x, dep: example.com/x, use_instead: example.com/z, reason: "unmaintained"}
-- orders/go.mod --
module example.com/orders

go 1.24

require example.com/y v1.0.0

require example.com/x v1.0.0 // indirect
-- proxy/example.com/y@v1.0.0.mod --
module example.com/y

require example.com/x v1.0.0
`,
		Good: `-- modgov.yaml --
version: 1
bans:
  - {id: no-x, dep: example.com/x, unless_via: example.com/y, use_instead: example.com/z}
-- orders/go.mod --
module example.com/orders

go 1.24

require example.com/y v1.0.0

require example.com/x v1.0.0 // indirect
-- proxy/example.com/y@v1.0.0.mod --
module example.com/y

require example.com/x v1.0.0
`,
		Check: checkBanned,
	}
}

func checkBanned(c *checker) []*Finding {
	var out []*Finding
	for _, d := range c.Dependencies {
		bans := c.policy.bansOf(c.DepInfo(d.Path, ""))
		var byItem grouping[*BanItem, judgedUse]
		for _, use := range d.Uses {
			fork := use.Effective.Dir == "" && use.Effective.Path != d.Path
			if len(bans.bans) == 0 && !fork {
				continue
			}
			u := judgedUse{Use: use, dep: d.Path, dir: use.View.Module.Dir, info: c.infos[use.View.Module]}
			for _, ban := range c.bans(d, &u, bans) {
				u.waiver = c.waiver("banned", &ban.Item, d, &u)
				byItem.add(ban, u)
			}
		}
		for ban, uses := range byItem.all() {
			out = append(out, c.ban(d, ban, uses)...)
		}
	}
	return out
}

// bans returns the bans that a use of a dependency breaks. Those of its path are given; a fork may be banned by its
// own.
func (c *checker) bans(d *graph.Dependency, u *judgedUse, ofPath *depBans) []*BanItem {
	found := ofPath.In(u.info, c.DepInfo(d.Path, u.version(d.Path)))
	if e := u.Effective; e.Dir == "" && e.Path != d.Path {
		fork := c.DepInfo(e.Path, e.Version)
		found = append(found, c.policy.bansOf(fork).In(u.info, fork)...)
	}
	return slices.DeleteFunc(found, func(ban *BanItem) bool {
		return ban.Scope == BanDirect && u.How != graph.Direct || c.bannedAsk(u.View, d.Path, ban) == nil
	})
}

// bannedAsk returns a requirement on a path in a view that a ban does not allow, the first on the selected version if
// there is one, else the first; nil if it allows all.
func (c *checker) bannedAsk(v *graph.View, path string, ban *BanItem) *graph.Ask {
	asks := v.Asks(path)
	if ban.Scope == BanDirect {
		asks = slices.DeleteFunc(asks, func(a graph.Ask) bool { return v.Main(a.From.Path) == nil || a.From.Version != "" })
	}
	marked := !slices.ContainsFunc(asks, func(a graph.Ask) bool { return !a.Indirect })
	isVia := func(mod module.Version) bool { return ban.UnlessVia.Match(c.nodeInfo(v, mod)) }
	selected, _ := v.Selected(path)
	var found *graph.Ask
	for i := range asks {
		a := &asks[i]
		switch {
		case a.Indirect && !marked, isVia(a.From):
		case a.Indirect && slices.ContainsFunc(v.AsksOf(a.From), func(o graph.Ask) bool { return isVia(o.To) }):
		case a.To.Version == selected.Version:
			return a
		case found == nil:
			found = a
		}
	}
	return found
}

// nodeInfo is what selectors see of a node of a graph.
func (c *checker) nodeInfo(v *graph.View, mod module.Version) DepInfo {
	version := mod.Version
	if r := v.Replacement(mod); r != nil {
		version = ""
		if r.Line.Dir == "" && r.New.Path == mod.Path {
			version = r.New.Version
		}
	}
	return c.DepInfo(mod.Path, version)
}

func (c *checker) ban(d *graph.Dependency, ban *BanItem, bad []judgedUse) []*Finding {
	f := fault{
		dep: d, item: &ban.Item, all: bad, label: "declared here", asked: "banned",
		because: policySpan(&ban.Item, "dep", "banned here"),
		settle:  func(*judgedUse) *Settlement { return nil },
	}
	if ban.UseInstead != "" {
		f.notes = append(f.notes, Remark{"instead", oneLine(ban.UseInstead)})
	}
	f.notes = append(f.notes, reasonNote(&ban.Item)...)
	f.message = func(bad []judgedUse) string { return versionList(groups(d.Path, bad, "")) + ", " + f.asked }
	f.why = func(bad []judgedUse) []Chain {
		var out []Chain
		for _, u := range bad {
			a := c.bannedAsk(u.View, d.Path, ban)
			if chain := append(u.View.ChainTo(a.From), a.To); len(chain) > 2 && len(out) < maxWhys {
				out = append(out, ChainOf(u.View, chain))
			}
		}
		return out
	}
	return c.faults(f, bad)
}
