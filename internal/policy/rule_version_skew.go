package policy

import (
	"slices"

	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/graph"
)

func versionSkew() *Rule {
	return &Rule{
		Name:     "version-skew",
		Title:    "Modules use different versions of a dependency",
		Severity: Warn,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `A dependency has more than one effective version among the governed modules that require it directly.
The effective version is the one that the code of a module really comes from when the module is built alone: selected
by minimal version selection, after replacement. A fork, or a directory, is a version of its own. Siblings (modules of
the same repository) are not dependencies in this sense.

A bug or a security hole that one team has left behind is still with another team, and what is tested together in the
workspace is not what each module ships.

How far versions may differ is the policy's choice: ` + "`agree: same`" + ` (the default), ` + "`same-minor`" + `,
` + "`same-major`" + ` or ` + "`any`" + `, with ` + "`among: all`" + ` for modules that only list it as indirect. A
dependency that is pinned for a module is judged by version-pin there. Which version the others move to is
` + "`prefer`" + `: the highest in use, the most used, or the lowest that satisfies all.

` + "`modgov fix`" + ` raises the require lines of those that are behind. It cannot settle a difference that a replace
line makes: somebody has to take the line away, or write the same one everywhere.`,
		Bad: `a and b require two versions of example.com/x.
-- a/go.mod --
module example.com/a

go 1.24

require example.com/x v1.1.0
-- b/go.mod --
module example.com/b

go 1.24

require example.com/x v1.0.0
-- proxy/example.com/x@v1.1.0.mod --
module example.com/x
-- proxy/example.com/x@v1.0.0.mod --
module example.com/x
`,
		Good: `-- a/go.mod --
module example.com/a

go 1.24

require example.com/x v1.1.0
-- b/go.mod --
module example.com/b

go 1.24

require example.com/x v1.1.0
-- proxy/example.com/x@v1.1.0.mod --
module example.com/x
`,
		Check: checkVersionSkew,
	}
}

func checkVersionSkew(c *checker) []*Finding {
	var out []*Finding
	for _, d := range c.Dependencies {
		if d.Sibling == nil {
			out = append(out, c.skews(d)...)
		}
	}
	return out
}

// skews judges the uses of one dependency, those apart for which different policy items speak.
func (c *checker) skews(d *graph.Dependency) []*Finding {
	says := c.says(d.Path)
	var byItem grouping[*VersionItem, judgedUse]
	for _, u := range c.uses(d, AmongAll) {
		item := c.agreement(says, &u)
		if item == nil {
			continue
		}
		byItem.add(item, u)
	}
	var out []*Finding
	for item, uses := range byItem.all() {
		out = append(out, c.skew(d, item, says, uses)...)
	}
	return out
}

// skew compares uses under one policy item. Waived ones have no say in what the others should agree on, and are
// reported apart if they differ from it.
func (c *checker) skew(d *graph.Dependency, item *VersionItem, says *depPolicy, uses []judgedUse) []*Finding {
	agree := item.Agree
	if item.Together {
		agree = AgreeMajor // within one major version, version-family speaks
	}
	differs := func(u judgedUse) bool { return !agrees(agree, d.Path, &u, &uses[0]) }
	if !slices.ContainsFunc(uses, differs) {
		return nil // as with most dependencies: nobody has to ask for exceptions
	}
	for i := range uses {
		uses[i].waiver = c.waiver("version-skew", &item.Item, d, &uses[i])
	}
	judged := slices.DeleteFunc(slices.Clone(uses), func(u judgedUse) bool { return u.waiver != nil })
	if len(judged) == 0 {
		judged = uses
	}
	target := c.prefer(item.Prefer, judged, func(u *judgedUse) []*VersionItem { return says.Floors(u.info) })
	var bad []judgedUse
	for i := range uses {
		if u := &uses[i]; !agrees(agree, d.Path, u, target) {
			bad = append(bad, *u)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	wanted := target.version(d.Path)
	f := fault{
		dep: d, item: &item.Item, all: uses, wanted: target.Effective.Text(d.Path), label: "declared here",
		because: policySpan(&item.Item, "agree", "asks them to agree"),
		notes:   append([]Remark{{"distance", distance(d.Path, bad, wanted)}}, reasonNote(&item.Item)...),
	}
	f.message = func([]judgedUse) string { return versionList(groups(d.Path, uses, f.wanted)) }
	f.settle = func(u *judgedUse) *Settlement { return raise(u, d.Path, wanted, item) }
	f.asked = "others have " + f.wanted
	if wanted == "" || f.notes[0].Text == "" {
		f.notes = f.notes[1:]
	}
	return c.faults(f, bad)
}

// agrees reports whether two uses are close enough for an agreement.
func agrees(a Agree, dep string, u, w *judgedUse) bool {
	if u.Effective == w.Effective {
		return true
	}
	v, x := u.version(dep), w.version(dep)
	switch {
	case v == "" || x == "":
		return false
	case a == AgreeMinor:
		return semver.MajorMinor(v) == semver.MajorMinor(x)
	case a == AgreeMajor:
		return semver.Major(v) == semver.Major(x)
	}
	return false
}

// prefer chooses the use whose version the others should have. Versions of the dependency itself come before forks and
// directories: only to them a requirement can be raised. The uses may be of several dependencies.
func (c *checker) prefer(by Prefer, uses []judgedUse, floors func(*judgedUse) []*VersionItem) *judgedUse {
	count := map[string]int{}
	for i := range uses {
		count[uses[i].Effective.Text(uses[i].dep)]++
	}
	least := make([]string, len(uses)) // what each module needs, whatever its own line says
	if by == PreferLowest {
		for i := range uses {
			least[i] = c.least(&uses[i], floors(&uses[i]))
		}
	}
	satisfies := func(u *judgedUse) bool {
		version := u.version(u.dep)
		return !slices.ContainsFunc(least, func(v string) bool { return v != "" && graph.Compare(u.dep, version, v) < 0 })
	}
	better := func(u, best *judgedUse) bool {
		v, b := u.version(u.dep), best.version(best.dep)
		if v == "" || b == "" {
			return v != ""
		}
		higher := graph.Compare(u.dep, v, b) > 0
		switch by {
		case PreferMostUsed:
			n, m := count[u.Effective.Text(u.dep)], count[best.Effective.Text(best.dep)]
			return n > m || n == m && higher
		case PreferLowest:
			if su, sb := satisfies(u), satisfies(best); su != sb {
				return su
			} else if !su {
				return higher
			}
			return graph.Compare(u.dep, v, b) < 0
		}
		return higher
	}
	best := &uses[0]
	for i := range uses {
		if better(&uses[i], best) {
			best = &uses[i]
		}
	}
	return best
}

// least returns the lowest version that satisfies the floors of a use, and its graph without the lines that are judged
// with it: its own, and those of siblings that are taken from their directories. It is "" if nothing asks for any, as
// where a replace line decides.
func (c *checker) least(u *judgedUse, floors []*VersionItem) string {
	out := ""
	raise := func(version string) {
		if out == "" || graph.Compare(u.dep, version, out) > 0 {
			out = version
		}
	}
	for _, floor := range floors {
		raise(string(floor.AtLeast))
	}
	if u.version(u.dep) == "" || u.View.Replacement(u.selected(u.dep)) != nil {
		return out
	}
	for _, ask := range u.View.Asks(u.dep) {
		if m := u.View.ModuleOf(ask.From); m == nil || !m.Governed {
			raise(ask.To.Version)
		}
	}
	return out
}

// distance says how far behind or ahead the farthest of the modules is.
func distance(dep string, bad []judgedUse, wanted string) string {
	far, behind := graph.Equal, false
	for i := range bad {
		v := bad[i].version(dep)
		if v == "" || wanted == "" {
			continue
		}
		if d := graph.DistanceOf(v, wanted); d >= far {
			far, behind = d, graph.Compare(dep, v, wanted) < 0
		}
	}
	switch {
	case far == graph.Equal:
		return ""
	case behind:
		return far.String() + ", behind " + wanted
	}
	return far.String() + ", ahead of " + wanted
}

// raise returns the settlement that gives a use the wanted version of the dependency, nil if there is none: a
// requirement cannot lower a version and does nothing against a replace line.
func raise(u *judgedUse, dep, wanted string, item *VersionItem) *Settlement {
	have := u.version(dep)
	if wanted == "" || have == "" || u.View.Replacement(u.selected(dep)) != nil {
		return nil
	}
	s := &Settlement{Means: Require, Module: u.dir, Mod: u.selected(dep), Item: &item.Item}
	s.Mod.Version = wanted
	if item.Resolve == ResolveReplace {
		s.Means, s.New = Replace, s.Mod
	} else if graph.Compare(dep, have, wanted) > 0 {
		return nil
	}
	return s
}
