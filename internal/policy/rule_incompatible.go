package policy

func incompatible() *Rule {
	return &Rule{
		Name:     "incompatible",
		Title:    "A module uses a version from before Go modules",
		Severity: Warn,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `The effective version of a dependency is marked ` + "`+incompatible`" + `: v2 or higher of something
that has no go.mod file at that version. Go takes all its major versions for one module, so that an update may cross a
major version without a word, and knows nothing of what it requires.

Modules count that require the dependency directly; siblings (modules of the same repository) are none in this sense.
It speaks only where ` + "`sources.incompatible`" + ` of the policy gives a severity. To clear it, move to a version
with a go.mod file, mostly under a path that ends in the major version.`,
		Bad: `There is example.com/x/v3 by now.
-- modgov.yaml --
version: 1
sources: {incompatible: warn}
-- go.mod --
module example.com/a

go 1.24

require example.com/x v2.0.0+incompatible
`,
		Good: `-- modgov.yaml --
version: 1
sources: {incompatible: warn}
-- go.mod --
module example.com/a

go 1.24

require example.com/x/v3 v3.0.0
`,
		Check: func(c *checker) []*Finding {
			return c.versionKinds(versionKind{
				rule: "incompatible", key: "incompatible", severity: c.policy.Sources.Incompatible,
				is: isIncompatible, words: "from before Go modules",
			})
		},
	}
}
