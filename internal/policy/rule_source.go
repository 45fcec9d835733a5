package policy

import (
	"fmt"

	"github.com/modgov/modgov/internal/graph"
)

func sourceRule() *Rule {
	return &Rule{
		Name:     "source",
		Title:    "A dependency comes from where the policy does not allow",
		Severity: Warn,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `The policy says in ` + "`sources.hosts`" + ` where dependencies may come from, and this one comes from
elsewhere. Everything that a build takes in is code that somebody else can change: a list of hosts and organisations
keeps the number of somebody elses small, and a typing error in an import from becoming one of them.

The place is the module path of what the code really comes from: of a fork, where a replace line leads to one. Modules
count that list the dependency in their go.mod files, directly or as indirect (of modules with a go line below 1.17
every one that has it in the build list). Directories and the modules of the repository come from nowhere else. Paths
are compared by whole elements: ` + "`github.com/acme/**`" + ` does not allow ` + "`github.com/acme-inc/x`" + `.

It is a warning, or has the severity of the section. To clear it, allow the place, or do without the dependency.`,
		Bad: `example.net is nobody that we know.
-- modgov.yaml --
version: 1
sources: {hosts: ["github.com/**", "golang.org/**"]}
-- go.mod --
module github.com/acme/a

go 1.24

require (
	example.net/x v1.0.0
	golang.org/x/text v0.28.0
)
`,
		Good: `-- modgov.yaml --
version: 1
sources: {hosts: ["github.com/**", "golang.org/**"]}
-- go.mod --
module github.com/acme/a

go 1.24

require golang.org/x/text v0.28.0
`,
		Check: checkSource,
	}
}

func checkSource(c *checker) []*Finding {
	says := &c.policy.Sources
	if says.Hosts.IsZero() {
		return nil
	}
	var out []*Finding
	for _, d := range c.Dependencies {
		if d.Sibling != nil {
			continue
		}
		var bad []judgedUse
		for _, u := range c.uses(d, AmongAll) {
			if e := u.Effective; e.Dir == "" && !says.Hosts.Match(DepInfo{Path: e.Path, Version: e.Version}) {
				u.waiver = c.waiver("source", &says.Item, d, &u)
				bad = append(bad, u)
			}
		}
		if len(bad) > 0 {
			out = append(out, c.source(d, bad)...)
		}
	}
	return out
}

func (c *checker) source(d *graph.Dependency, bad []judgedUse) []*Finding {
	says := &c.policy.Sources
	f := fault{
		dep: d, item: &says.Item, all: bad, label: "declared here", asked: "from where the policy does not allow",
		because: policySpan(&says.Item, "hosts", "allowed are these"), notes: reasonNote(&says.Item),
		settle: func(*judgedUse) *Settlement { return nil },
	}
	f.message = func(bad []judgedUse) string {
		return fmt.Sprintf("%s, %s", versionList(groups(d.Path, bad, "")), f.asked)
	}
	return c.faults(f, bad)
}
