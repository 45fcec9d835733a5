package policy

func zeroVersion() *Rule {
	return &Rule{
		Name:     "zero-version",
		Title:    "A module uses a dependency below v1",
		Severity: Warn,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `The effective version of a dependency begins with v0: its author promises no compatibility, and the
next version may break what uses it. Much of what Go code needs is below v1, ` + "`golang.org/x`" + ` first of all, so
this is for those who list what they accept: with exceptions, or by asking for information only.

Modules count that require the dependency directly; siblings (modules of the same repository) are none in this sense.
Pseudo-versions below v1 count too. It speaks only where ` + "`sources.zero_versions`" + ` of the policy gives a
severity. There is no mechanical fix.`,
		Bad: `A library without a promise.
-- modgov.yaml --
version: 1
sources: {zero_versions: info}
-- go.mod --
module example.com/a

go 1.24

require example.com/x v0.9.0
`,
		Good: `-- modgov.yaml --
version: 1
sources: {zero_versions: info}
-- go.mod --
module example.com/a

go 1.24

require example.com/x v1.0.0
`,
		Check: func(c *checker) []*Finding {
			return c.versionKinds(versionKind{
				rule: "zero-version", key: "zero_versions", severity: c.policy.Sources.ZeroVersions,
				is: isZero, words: "below v1",
			})
		},
	}
}
