package policy

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// A judged use is one module's use of a dependency with what the policy says of the two.
type judgedUse struct {
	graph.Use
	dep    string // its path
	dir    string
	info   ModuleInfo
	waiver *Exception // waives the rule that asked for the use
}

// version is the effective version if it is one of the dependency itself, "" if it is a fork's or a directory.
func (u *judgedUse) version(dep string) string {
	if u.Effective.Path != dep {
		return ""
	}
	return u.Effective.Version
}

// uses returns the uses of a dependency that count. Among direct, these are the modules with a require line for it;
// among all, every module whose go.mod lists it, and of unpruned modules, whose go.mod does not list what they need,
// every one that has it in the build list. Which exception waives one is for the rule to find out. The list is kept for
// the next rule that asks: it must not be changed.
func (c *checker) uses(d *graph.Dependency, among Among) []judgedUse {
	key := usesKey{d, among == AmongAll}
	if kept, ok := c.used.Load(key); ok {
		return kept.([]judgedUse)
	}
	out := make([]judgedUse, 0, len(d.Uses))
	for _, u := range d.Uses {
		if u.How != graph.Direct && !key.all {
			continue
		}
		if u.How == graph.Transitive && u.View.Pruned() {
			continue
		}
		out = append(out, judgedUse{Use: u, dep: d.Path, dir: u.View.Module.Dir, info: c.infos[u.View.Module]})
	}
	out = slices.Clip(out)
	c.used.Store(key, out)
	return out
}

// usesKey is the question that uses answers.
type usesKey struct {
	dep *graph.Dependency
	all bool
}

// says returns what the policy says of a dependency, and keeps it like uses.
func (c *checker) says(dep string) *depPolicy {
	if kept, ok := c.said.Load(dep); ok {
		return kept.(*depPolicy)
	}
	says := c.policy.forDep(c.DepInfo(dep, ""))
	c.said.Store(dep, says)
	return says
}

// waiver returns the exception in force that waives what a rule, or an item of the policy, says of a use; nil if none
// does.
func (c *checker) waiver(rule string, item *Item, d *graph.Dependency, u *judgedUse) *Exception {
	claim := Claim{Rule: rule, Dep: c.DepInfo(d.Path, u.Effective.Version), Module: u.info}
	if item != nil {
		claim.Policy = item.ID
	}
	return c.inForce(claim)
}

// inForce returns the exception in force that waives a claim, nil if there is none.
func (c *checker) inForce(claim Claim) *Exception {
	if found := c.policy.exceptionsFor(claim, c.Today); len(found) > 0 && !found[0].Expires.past(c.Today) {
		return found[0]
	}
	return nil
}

// A fault is what a version rule has to say of one dependency, from which its findings are made.
type fault struct {
	dep     *graph.Dependency
	item    *Item
	message func(bad []judgedUse) string
	asked   string
	wanted  string // "" if there is no single one
	because []Span
	all     []judgedUse // for the groups
	settle  func(*judgedUse) *Settlement
	label   string // beneath the declared version
	notes   []Remark
	why     func(bad []judgedUse) []Chain // nil: how they come by their version
}

// faults makes one finding of the uses at fault, and one for each exception that waives some of them.
func (c *checker) faults(f fault, bad []judgedUse) []*Finding {
	var byWaiver grouping[*Exception, judgedUse]
	for _, u := range bad {
		byWaiver.add(u.waiver, u)
	}
	var out []*Finding
	for waiver, uses := range byWaiver.all() {
		finding := c.fault(f, uses)
		finding.Exception = waiver
		if waiver != nil {
			finding.Kind = waiver.ID
		}
		out = append(out, finding)
	}
	return out
}

// fault makes the finding that says what f says of the uses in bad.
func (c *checker) fault(f fault, bad []judgedUse) *Finding {
	out := &Finding{Item: f.item, Dep: f.dep.Path, Subject: f.dep.Path, Because: f.because, Notes: f.notes}
	settled := 0
	for i := range bad {
		u := &bad[i]
		out.Modules = append(out.Modules, u.dir)
		out.Measures = append(out.Measures, u.measure(f.dep.Path, f.wanted, f.label))
		if u.Require != nil && u.How == graph.Direct || len(bad) == 1 && u.Require != nil {
			out.At = append(out.At, Span{u.Require.Pos, f.label})
		}
		if s := f.settle(u); s != nil {
			out.Settle = append(out.Settle, *s)
			if !s.IfAsked {
				settled++
			}
		}
	}
	if len(out.At) == 0 {
		for _, m := range out.Measures {
			out.At = append(out.At, m.At)
		}
	}
	out.Message, out.Asked = f.message(bad), f.asked
	out.Groups = groups(f.dep.Path, f.all, f.wanted)
	if f.why != nil {
		out.Why = f.why(bad)
	} else {
		out.Why = c.whys(f.dep.Path, bad)
	}
	if settled == len(bad) {
		out.Fix = command("modgov", "fix", "--dep", f.dep.Path)
	}
	return out
}

// measure tells how far a use is from the wanted version of a dependency; "" is no such version. Label stands beneath its
// line.
func (u *judgedUse) measure(dep, wanted, label string) Measure {
	m := Measure{Module: u.dir, Version: u.Effective.Text(dep), At: Span{Pos: workspace.Position{File: u.View.Module.File}}}
	if u.Require != nil {
		m.At = Span{u.Require.Pos, label}
	}
	if v := u.version(dep); semver.IsValid(v) && semver.IsValid(wanted) && v != wanted {
		m.Distance = graph.DistanceOf(v, wanted)
	}
	return m
}

// groups lists who has which version: the wanted one first, then from the highest to the lowest, then directories.
func groups(dep string, uses []judgedUse, wanted string) []Group {
	var dirs grouping[string, string]
	for i := range uses {
		dirs.add(uses[i].Effective.Text(dep), uses[i].dir)
	}
	out := versionGroups(&dirs)
	slices.SortStableFunc(out, func(a, b Group) int {
		if (a.Version == wanted) != (b.Version == wanted) {
			if a.Version == wanted {
				return -1
			}
			return 1
		}
		if o := semver.Compare(b.Version, a.Version); o != 0 {
			return o
		}
		return strings.Compare(a.Version, b.Version)
	})
	return out
}

// versionGroups makes a group of each version with the directories that have it.
func versionGroups(dirs *grouping[string, string]) []Group {
	var out []Group
	for version, modules := range dirs.all() {
		out = append(out, Group{Version: version, Modules: modules})
	}
	return out
}

// maxWhys bounds the chains of a finding: more do not explain more.
const maxWhys = 3

// whys shows how the modules come by their version, those first that do not ask for it themselves.
func (c *checker) whys(dep string, bad []judgedUse) []Chain {
	var out []Chain
	for _, u := range bad {
		if len(out) == maxWhys {
			break
		}
		chain := u.View.Chain(dep)
		if len(chain) <= 2 && u.How != graph.Direct {
			chain = u.View.Via(dep) // an indirect line says nothing: who asks for it does
		}
		if len(chain) > 2 {
			out = append(out, ChainOf(u.View, chain))
		}
	}
	return out
}

// versionList says who has which version in one line: "v1.6.0 in 3 modules, v1.3.0 in payments/api".
func versionList(gs []Group) string {
	var parts []string
	for i, g := range gs {
		if i == 3 && len(gs) > 4 {
			parts = append(parts, fmt.Sprintf("and %d more versions", len(gs)-i))
			break
		}
		parts = append(parts, g.Version+" in "+moduleList(g.Modules))
	}
	return strings.Join(parts, ", ")
}

// moduleList names up to two modules and counts more.
func moduleList(dirs []string) string {
	if len(dirs) <= 2 {
		return strings.Join(dirs, " and ")
	}
	return fmt.Sprintf("%d modules", len(dirs))
}

// policySpan points at a key of a policy item; nil if the item stands in no file.
func policySpan(item *Item, key, label string) []Span {
	if item == nil || item.Pos.Line == 0 {
		return nil
	}
	if item.Owner != "" {
		label += " (owner: " + item.Owner + ")"
	}
	return []Span{{item.keyPos(key), label}}
}

// reasonNote repeats the reason of a policy item, if it gives one.
func reasonNote(item *Item) []Remark {
	if item == nil || item.Reason == "" {
		return nil
	}
	return []Remark{{"reason", item.Reason}}
}
