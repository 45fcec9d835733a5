package policy

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Each takes findings about a dependency, or a family of them, apart: one for each of their modules, with the module as
// its subject, and so an identity of its own. What is about a module or a file already stays as it is. The order is
// that of a judgement; the findings that are handed in are not changed.
func Each(findings []*Finding) []*Finding {
	var out []*Finding
	rules := rulesByName()
	for _, f := range findings {
		out = append(out, f.each(rules[f.Rule])...)
	}
	slices.SortStableFunc(out, compareFindings)
	return out
}

func (f *Finding) each(r *Rule) []*Finding {
	if len(f.parts) > 0 {
		return f.parts
	}
	aboutDep := f.Dep != "" && (f.Subject == f.Dep || strings.HasPrefix(f.Subject, f.Dep+" "))
	if !aboutDep && !f.ofFamily() || len(f.Modules) == 0 {
		return []*Finding{f}
	}
	out := make([]*Finding, len(f.Modules))
	for i, dir := range f.Modules {
		out[i] = f.only(dir, r)
	}
	return out
}

// ofFamily reports whether a finding is about several dependencies that should have a version together.
func (f *Finding) ofFamily() bool {
	return f.Dep == "" && len(f.Groups) > 0 && f.Groups[0].Dep != "" && len(f.Measures) > 0
}

// only is what a finding says of one of its modules.
func (f *Finding) only(dir string, r *Rule) *Finding {
	out := *f
	out.Subject, out.Modules = dir, []string{dir}
	out.Message = f.messageFor(dir)
	if f.Exception != nil { // the module tells it from those that are not waived
		out.Kind = strings.TrimSuffix(strings.TrimSuffix(f.Kind, f.Exception.ID), "/")
	}
	out.Measures = slices.DeleteFunc(slices.Clone(f.Measures), func(m Measure) bool { return m.Module != dir })
	out.At = f.placesOf(dir, r)
	out.Groups = f.groupsOf(dir)
	out.Why = slices.DeleteFunc(slices.Clone(f.Why), func(c Chain) bool {
		return c.Module != dir && slices.Contains(f.Modules, c.Module)
	})
	out.Settle = slices.DeleteFunc(slices.Clone(f.Settle), func(s Settlement) bool { return s.Module != dir })
	if len(f.Settle) > 0 {
		out.Fix = ""
	}
	if slices.ContainsFunc(out.Settle, func(s Settlement) bool { return !s.IfAsked }) {
		out.Fix = command("modgov", "fix", "--rule", f.Rule)
		if f.Dep != "" {
			out.Fix += command("", "--dep", f.Dep)
		}
		out.Fix += command("", "--module", dir)
	} else if len(out.Settle) > 0 && f.Fix != "" {
		out.Fix = f.Fix + command("", "--module", dir)
	}
	return &out
}

// messageFor words the message for one module: what it has and what is asked, or else the message of all.
func (f *Finding) messageFor(dir string) string {
	if f.ofFamily() {
		var has []string
		for _, m := range f.Measures {
			if m.Module == dir {
				has = append(has, m.Version)
			}
		}
		return fmt.Sprintf("%s: %s, others have %s", f.Subject, listed(has, 2), f.Groups[0].Version)
	}
	for _, g := range f.Groups {
		if f.Asked != "" && slices.Contains(g.Modules, dir) {
			return f.Dep + " " + g.Version + ", " + f.Asked
		}
	}
	return f.Subject + ": " + f.Message
}

// placesOf returns the places in a module, then those in none of the modules, such as a cause. Where the module has no
// place of its own, or the rule holds modules against each other, all are needed.
func (f *Finding) placesOf(dir string, r *Rule) []Span {
	var own, shared, others []Span
	for _, s := range f.At {
		switch d := path.Dir(s.Pos.File); {
		case d == dir:
			own = append(own, s)
		case slices.Contains(f.Modules, d):
			others = append(others, s)
		default:
			shared = append(shared, s)
		}
	}
	for _, m := range f.Measures {
		if len(own) == 0 && m.Module == dir && m.At.Pos.File != "" {
			own = append(own, m.At)
		}
	}
	if len(own) == 0 || r != nil && (r.Sides != nil || r.Unwaivable) {
		shared = append(others, shared...)
	}
	return append(own, shared...)
}

// groupsOf returns who has the wanted version, and what the module has.
func (f *Finding) groupsOf(dir string) []Group {
	var out []Group
	for i, g := range f.Groups {
		switch own := slices.Contains(g.Modules, dir); {
		case i == 0:
			out = append(out, g)
		case own:
			g.Modules = []string{dir}
			out = append(out, g)
		}
	}
	return out
}
