package policy

import "strings"

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
forks does not name. Lines that lead to another version of the same module are neither. Lines that modgov wrote for
a policy item, marked by a comment as // modgov:ID, are allowed as long as the policy has that item. It speaks only where the
policy does, as a warning or with the severity of the section.

To clear it, remove the line, or add the fork to the policy.`,
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
		key, label := c.denied(l)
		if key == "" || c.ownedByPolicy(l) {
			continue
		}
		f := l.found(l.Old.Version, label, "replaces %s by %s: %s", modText(l.Old), modText(l.New), label)
		f.Item = &says.Item
		f.Because = policySpan(f.Item, key, "asked for here")
		f.Fix = c.dropReplace(l)
		out = append(out, f)
	}
	return out
}

// denied returns the key of the policy's replaces section that denies a line, and in which words; "" if none does.
func (c *checker) denied(l replaceLine) (key, label string) {
	says := &c.policy.Replaces
	switch {
	case l.Dir != "":
		if says.Local == LocalDenied && !l.Outside() {
			return "local", "directories are denied"
		}
	case says.Has("forks") && l.New.Path != l.Old.Path && !says.Forks.Match(DepInfo{Path: l.New.Path, Version: l.New.Version}):
		return "forks", "not among the forks that the policy names"
	}
	return "", ""
}

// ownedByPolicy reports whether modgov wrote the line for an item that the policy still has.
func (c *checker) ownedByPolicy(l replaceLine) bool {
	id, marked := strings.CutPrefix(l.Comment, "modgov:")
	return marked && c.policy.Item(id) != nil
}
