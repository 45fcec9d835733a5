package policy

import (
	"slices"

	"github.com/modgov/modgov/internal/workspace"
)

// except applies the exceptions of the policy to the findings of the rules: it sets Exception where one waives a
// finding, and returns what each exception does, and the findings, gathered and with those about the exceptions
// themselves. A finding about several modules is waived if an exception in force covers each of them; rules that can
// tell modules apart have made findings of their own for those that are waived.
func (c *checker) except(findings []*Finding) (uses []ExceptionUse, all []*Finding) {
	matched := map[*Exception][]*Finding{}
	for _, f := range findings {
		for _, e := range c.apply(f) {
			matched[e] = append(matched[e], f)
		}
	}
	all = c.gather(findings)
	for i := range c.policy.Exceptions {
		e := &c.policy.Exceptions[i]
		use := ExceptionUse{Exception: e, Findings: matched[e], Wide: c.wide(e, matched[e])}
		use.State = c.state(&use)
		use.Findings = wholes(matched[e])
		uses = append(uses, use)
		f := c.aboutUse(use)
		if f == nil {
			continue
		}
		if f.Severity = c.severity(c.policy.rules[f.Rule], f); f.Severity != Off {
			c.own(f)
			all = append(all, f)
		}
	}
	return uses, all
}

// wholes are the findings that some have become, each once, whether or not all of its parts are there.
func wholes(findings []*Finding) []*Finding {
	var out []*Finding
	seen := map[*Finding]bool{}
	for _, f := range findings {
		if f.whole != nil {
			f = f.whole
		}
		if !seen[f] {
			out, seen[f] = append(out, f), true
		}
	}
	return out
}

// aboutUse returns the finding about an exception itself, nil if there is nothing to say.
func (c *checker) aboutUse(use ExceptionUse) *Finding {
	switch use.State {
	case ExceptionExpired:
		again := 0 // what it matches and nothing else waives
		for _, f := range use.Findings {
			if f.Exception == nil {
				again++
			}
		}
		return c.expired(use.Exception, again)
	case ExceptionUnused:
		return c.unused(use.Exception)
	case ExceptionExpiring:
		return c.expiring(use)
	}
	return nil
}

// apply sets the exception of a finding, if it is waived, and returns the exceptions that match it, each once.
func (c *checker) apply(f *Finding) []*Exception {
	var matched []*Exception
	if f.Exception != nil {
		matched = append(matched, f.Exception)
	}
	var waiver *Exception
	covered := map[string]bool{}
	for _, claim := range c.claims(f) {
		found := c.policy.exceptionsFor(claim, c.Today)
		matched = append(matched, found...)
		if len(found) > 0 && !found[0].Expires.past(c.Today) {
			covered[claim.Module.Dir] = true
			if waiver == nil {
				waiver = found[0]
			}
		}
	}
	if f.Exception == nil && waiver != nil && c.settled(f, covered) {
		f.Exception = waiver
	}
	slices.SortFunc(matched, func(a, b *Exception) int { return a.Pos.Line - b.Pos.Line })
	return slices.Compact(matched)
}

// claims are what a finding asks to be excused for: one for each module, and one for itself if it is about none.
func (c *checker) claims(f *Finding) []Claim {
	claim := Claim{Rule: f.Rule, Dep: c.DepInfo(f.Dep, "")}
	if f.Item != nil {
		claim.Policy = f.Item.ID
	}
	if len(f.Modules) == 0 {
		return []Claim{claim}
	}
	var out []Claim
	for _, dir := range f.Modules {
		m := c.Workspace.Module(dir)
		if m == nil {
			continue
		}
		claim.Module, claim.Dep.Path, claim.Dep.Version = c.infos[m], f.Dep, c.versionOf(f.Dep, m)
		out = append(out, claim)
		for _, l := range f.lines {
			of := claim
			of.Dep = c.DepInfo(l.Old.Path, "")
			out = append(out, of)
		}
		for _, g := range f.Groups {
			if g.Dep != "" && slices.Contains(g.Modules, dir) {
				claim.Dep.Path, claim.Dep.Version = g.Dep, c.versionOf(g.Dep, m)
				out = append(out, claim)
			}
		}
	}
	return out
}

// versionOf is the effective version of a dependency in a module, "" if it has none.
func (c *checker) versionOf(dep string, m *workspace.Module) string {
	if v := c.view(m); v != nil && dep != "" {
		e, _ := v.Effective(dep)
		return e.Version
	}
	return ""
}

// settled reports whether nothing is left of a finding without the modules that are covered. What holds modules against
// each other needs two sides.
func (c *checker) settled(f *Finding, covered map[string]bool) bool {
	open := func(dir string) bool { return !covered[dir] }
	var sides [][]string
	if r := c.policy.rules[f.Rule]; r.Sides != nil {
		sides = r.Sides(f)
	}
	if len(sides) == 0 {
		return !slices.ContainsFunc(f.Modules, open)
	}
	left := slices.DeleteFunc(sides, func(dirs []string) bool { return !slices.ContainsFunc(dirs, open) })
	return len(left) < 2
}

// wouldKnow reports whether a finding that the exception waives would have shown: its rule exists here, and what the
// rule looks at has a build list.
func (c *checker) wouldKnow(e *Exception) bool {
	r, w := c.policy.rules[e.Rule], c.Graph.WorkspaceView()
	switch {
	case e.Rule != "" && r == nil:
		return false
	case e.Policy == c.policy.Sources.ID && len(c.notAsked()) > 0:
		return false
	case r != nil && (r.Workspace && w != nil && w.Err() != nil || r.Layer == LayerRemote && c.Remote == nil):
		return false
	}
	return !slices.ContainsFunc(c.unbuilt, func(m *workspace.Module) bool {
		return e.Modules.IsZero() || e.Modules.Match(c.infos[m])
	})
}

// onlyPath returns the module path that a selector names, "" if it does not name exactly one.
func onlyPath(s *DepSelector) string {
	if len(s.terms) != 1 || s.terms[0].not || s.terms[0].kind != byModulePath || !s.terms[0].glob.exact {
		return ""
	}
	return s.terms[0].glob.pattern
}
