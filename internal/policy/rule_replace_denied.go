package policy

func replaceDenied() *Rule {
	return &Rule{
		Name:     "replace-denied",
		Title:    "A replace line that the policy does not allow",
		Severity: Warn,
		Layer:    LayerDeclared,
		Since:    "0.1.0",
		Doc: `The section replaces of the policy says which replace lines are welcome, and this one is not: it leads to a
directory although local is denied, or to a module that is not among forks.

A replace line is seen by its own module only. Others who import the module get the original, so what was built and
tested here is not what they get; and a fork that nobody knows of is code that nobody looks after.

With local: denied it is reported for each replace line whose target is a directory inside the repository (those that
lead outside are replace-outside). With forks it is reported for each line that leads to another module path which
forks does not name. Lines that lead to another version of the same module are neither. Lines to the directory of a
sibling that modgov wrote for a policy item with resolve: replace, marked as // modgov:ID, are the policy's own and
allowed, and so are lines that an item of replaces.allow names, until it expires. It speaks only where the policy does,
as a warning or with the severity of the section.

To clear it, remove the line, add the fork to the policy, or allow this one line for some time by an item of
replaces.allow.`,
		Bad: `Only forks of acme are allowed.
-- modgov.yaml --
version: 1
replaces: {forks: ["github.com/acme/**"]}
-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.0.0

replace example.com/x => github.com/somebody/x v1.0.1
`,
		Good: `-- modgov.yaml --
version: 1
replaces: {forks: ["github.com/acme/**"]}
-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.0.0

replace example.com/x => github.com/acme/x v1.0.1
`,
		Check: checkReplaceDenied,
	}
}

func checkReplaceDenied(c *checker) []*Finding {
	says := &c.policy.Replaces
	var out []*Finding
	for _, l := range c.replaceLines() {
		key, why := c.denied(l)
		if key == "" || c.allowed(l) {
			continue
		}
		f := l.aboutLine("not allowed", true, ", "+why)
		f.Item = &says.Item
		f.Because = policySpan(f.Item, key, "asked for here")
		c.dropLine(f, l)
		out = append(out, f)
	}
	return out
}

// denied returns the key of the policy's replaces section that denies a line, and why; "" if none does.
func (c *checker) denied(l replaceLine) (key, why string) {
	says := &c.policy.Replaces
	target := DepInfo{Path: l.New.Path, Version: l.New.Version}
	switch {
	case l.Dir != "":
		if says.Local == LocalDenied && !l.Outside() && !c.policy.Owns(l.Replace, c.Workspace) {
			return "local", "a directory, which the policy does not allow"
		}
	case says.Has("forks") && l.New.Path != l.Old.Path && !says.Forks.Match(target):
		return "forks", "a fork that the policy does not name"
	}
	return "", ""
}
