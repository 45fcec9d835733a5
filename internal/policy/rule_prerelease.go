package policy

func prerelease() *Rule {
	return &Rule{
		Name:     "prerelease",
		Title:    "A module uses a prerelease of a dependency",
		Severity: Warn,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `The effective version of a dependency is a prerelease, as ` + "`v1.2.0-rc.1`" + `: its author has not
promised yet what it will be. Modules count that require the dependency directly; siblings (modules of the same
repository) are none in this sense, and pseudo-versions are the matter of pseudo-version.

It speaks only where ` + "`sources.prereleases`" + ` of the policy gives a severity. To clear it, move to a release;
modgov chooses none. An exception says who does that by when.`,
		Bad: `A release candidate that stayed.
-- modgov.yaml --
version: 1
sources: {prereleases: error}
-- go.mod --
module example.com/a

go 1.24

require example.com/x v1.2.0-rc.1
`,
		Good: `-- modgov.yaml --
version: 1
sources: {prereleases: error}
-- go.mod --
module example.com/a

go 1.24

require example.com/x v1.2.0
`,
		Check: func(c *checker) []*Finding {
			return c.versionKinds(versionKind{
				rule: "prerelease", key: "prereleases", severity: c.policy.Sources.Prereleases,
				is: isPrerelease, words: "a prerelease",
			})
		},
	}
}
