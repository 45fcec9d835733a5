package policy

import (
	"slices"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
)

func pseudoVersion() *Rule {
	return &Rule{
		Name:     "pseudo-version",
		Title:    "A module uses a version that has no tag",
		Severity: Info,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `The effective version of a dependency is a pseudo-version, as
` + "`v0.0.0-20260102030405-0123456789ab`" + `: a commit that nobody released. No release notes tell what is in it,
tools that look for updates or vulnerabilities are often blind to it, and the commit may be gone when the branch is.

Modules count that require the dependency directly; siblings (modules of the same repository), which often have such
versions as a stand-in for a directory, are none in this sense. Where the policy says nothing it is one piece of
information that lists all of them and never fails. With ` + "`sources.pseudo_versions`" + ` it is reported for each
dependency, with that severity; ` + "`off`" + ` is silence.

To clear it, move to a tagged version; some modules never have one, and an exception says so.`,
		Bad: `A commit, though v1.0.0 is out.
-- go.mod --
module example.com/a

go 1.24

require example.com/x v0.0.0-20260102030405-0123456789ab
`,
		Good: `-- go.mod --
module example.com/a

go 1.24

require example.com/x v1.0.0
`,
		Check: checkPseudoVersion,
	}
}

func checkPseudoVersion(c *checker) []*Finding {
	k := versionKind{
		rule: "pseudo-version", key: "pseudo_versions", severity: c.policy.Sources.PseudoVersions,
		is: module.IsPseudoVersion, words: "without a tag",
	}
	if _, asked := c.asked.raised(k.rule); k.severity != nil || asked {
		return c.versionKinds(k)
	}
	var byWaiver grouping[*Exception, judgedUse]
	for _, d := range c.Dependencies {
		for _, u := range c.ofKind(d, &k) {
			byWaiver.add(u.waiver, u)
		}
	}
	var out []*Finding
	for waiver, uses := range byWaiver.all() {
		out = append(out, untagged(waiver, uses))
	}
	return out
}

// untagged is the one finding about all versions without a tag.
func untagged(waiver *Exception, uses []judgedUse) *Finding {
	f := &Finding{Subject: "versions without a tag", Exception: waiver}
	if waiver != nil {
		f.Kind = waiver.ID
	}
	var byVersion grouping[module.Version, string]
	var deps []string
	for i := range uses {
		u := &uses[i]
		byVersion.add(module.Version{Path: u.dep, Version: u.Effective.Text(u.dep)}, u.dir)
		f.Modules = append(f.Modules, u.dir)
		f.At = append(f.At, Span{u.Require.Pos, "no tag"})
		if len(deps) == 0 || deps[len(deps)-1] != u.dep {
			deps = append(deps, u.dep)
		}
	}
	slices.Sort(f.Modules)
	f.Modules = slices.Compact(f.Modules)
	for mod, dirs := range byVersion.all() {
		f.Groups = append(f.Groups, Group{Version: graph.ModText(mod), Modules: dirs, Dep: mod.Path})
	}
	f.Message = listed(deps, 2)
	return f
}
