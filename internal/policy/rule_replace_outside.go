package policy

func replaceOutside() *Rule {
	return &Rule{
		Name:     "replace-outside",
		Title:    "A replace line leads out of the repository",
		Severity: Info,
		Layer:    LayerDeclared,
		Since:    "0.1.0",
		Doc: `The target of a replace line is a directory outside the root of the repository: a checkout of another repository
beside this one, an absolute path. Whoever clones this repository alone cannot build the module, or builds it with
whatever happens to stand there; CI is the first to notice. It is what remains when a line that was meant for one
laptop is committed.

It is reported for lines of governed modules and of go.work, whether or not they apply. Where the policy says nothing
it is information that never fails. With replaces.local: workspace-only or denied in the policy it is a warning, or has
the severity of that section; with local: allowed nothing is reported, nor of a line that an item of replaces.allow
names, until it expires.

To clear it, remove the line, or replace by a version of a fork. A go.work file that git ignores is the place for
lines that only one laptop needs.`,
		Bad: `A line that was meant for one laptop.
-- modgov.yaml --
version: 1
replaces: {local: workspace-only}
-- go.mod --
module example.com/app

go 1.24

require example.com/lib v1.0.0

replace example.com/lib => ../../src/lib
`,
		Good: `-- modgov.yaml --
version: 1
replaces: {local: workspace-only}
-- go.mod --
module example.com/app

go 1.24

require example.com/lib v1.0.0

replace example.com/lib => ./lib
-- lib/go.mod --
module example.com/lib

go 1.24
`,
		Check: checkReplaceOutside,
	}
}

func checkReplaceOutside(c *checker) []*Finding {
	says := &c.policy.Replaces
	if says.Local == LocalAllowed {
		return nil
	}
	var out []*Finding
	for _, l := range c.replaceLines() {
		if !l.Outside() || c.allowed(l) {
			continue
		}
		f := l.aboutLine("outside the repository", true, ", outside the repository")
		if says.Local != "" {
			f.Severity, f.Item = Warn, &says.Item
			f.Because = policySpan(f.Item, "local", "asked for here")
		}
		c.dropLine(f, l)
		out = append(out, f)
	}
	return out
}
