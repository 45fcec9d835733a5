package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/graph"
)

// gather makes one finding of those that a rule has of one dependency in several modules, where one cause hits many: a
// replace line that was copied into thirty go.mod files, a directory that thirty lines lead to, a sibling that asks
// thirty modules for more than they list. What an exception waives becomes a finding of its own, as in decision 2, and so
// does what modgov fix settles where it leaves the rest to you: no one command clears both. It returns the findings as they
// then are; the parts of those that it made know them as whole.
func (c *checker) gather(findings []*Finding) []*Finding {
	type key struct {
		rule, dep, kind string
		item            *Item
		waiver          *Exception
	}
	var out []*Finding
	var parts grouping[key, *Finding]
	for _, f := range findings {
		if f.before == "" || len(f.Modules) == 0 {
			out = append(out, f)
		} else {
			parts.add(key{f.Rule, f.Dep, f.gatheredKind(), f.Item, f.Exception}, f)
		}
	}
	for _, of := range parts.all() {
		out = append(out, c.gathered(of))
	}
	return out
}

// gathered is the finding that the parts become.
func (c *checker) gathered(parts []*Finding) *Finding {
	slices.SortStableFunc(parts, func(a, b *Finding) int { return cmp.Compare(a.Subject, b.Subject) })
	f := *parts[0]
	f.parts, f.Subject, f.Kind = parts, f.Dep, f.gatheredKind()
	f.before, f.after, f.line = "", "", nil
	for _, p := range parts[1:] {
		f.Severity = max(f.Severity, p.Severity)
		f.Modules = append(slices.Clip(f.Modules), p.Modules...)
		f.At = append(slices.Clip(f.At), p.At...)
		f.Measures = append(slices.Clip(f.Measures), p.Measures...)
		f.Settle = append(slices.Clip(f.Settle), p.Settle...)
		f.Owners = append(slices.Clip(f.Owners), p.Owners...)
		if len(f.Why) < maxWhys {
			f.Why = append(slices.Clip(f.Why), p.Why...)
		}
	}
	f.Modules = slices.Compact(f.Modules)
	f.At = distinct(f.At) // several modules may reach one import
	slices.Sort(f.Owners)
	f.Owners = slices.Compact(f.Owners)
	f.Message, f.Notes = gatheredMessage(parts), gatheredNotes(parts)
	if len(parts) > 1 {
		f.Fix = c.gatheredFix(&f)
	}
	for _, p := range parts {
		p.whole = &f
	}
	return &f
}

// distinct leaves out spans that were there before.
func distinct(spans []Span) []Span {
	seen := map[Span]bool{}
	return slices.DeleteFunc(slices.Clone(spans), func(s Span) bool {
		was := seen[s]
		seen[s] = true
		return was
	})
}

// gatheredKind is the kind of the finding that a part goes into. Besides that of the part it tells what does not go
// together: replace lines that modgov fix drops as its own from those that it leaves, "marked"; what it leaves to you of
// what it settles elsewhere, "by-hand"; and what an exception waives, by its id.
func (f *Finding) gatheredKind() string {
	kinds := []string{f.Kind}
	switch settled := len(f.Settle) > 0; {
	case f.line != nil && settled:
		kinds = append(kinds, "marked")
	case f.line == nil && !settled:
		kinds = append(kinds, "by-hand")
	}
	if f.Exception != nil {
		kinds = append(kinds, f.Exception.ID)
	}
	return strings.Trim(strings.Join(kinds, "/"), "/")
}

// Apart returns the judgement with each finding that was made of one for each of several modules taken apart again, for
// those who change the modules one by one. The judgement itself stays as it is.
func (j *Judgement) Apart() *Judgement {
	out := *j
	out.Findings = nil
	for _, f := range j.Findings {
		if len(f.parts) > 0 {
			out.Findings = append(out.Findings, f.parts...)
		} else {
			out.Findings = append(out.Findings, f)
		}
	}
	slices.SortStableFunc(out.Findings, compareFindings)
	return &out
}

// Together returns findings with those that Apart took from another in its place, if all of it are there. The order is
// that of the findings, of several that become one that of the first.
func Together(findings []*Finding) []*Finding {
	there := map[*Finding]bool{}
	for _, f := range findings {
		there[f] = true
	}
	var out []*Finding
	done := map[*Finding]bool{}
	for _, f := range findings {
		w := f.whole
		if w == nil || slices.ContainsFunc(w.parts, func(p *Finding) bool { return !there[p] }) {
			out = append(out, f)
		} else if !done[w] {
			out, done[w] = append(out, w), true
		}
	}
	return out
}

// gatheredMessage says which modules it is about, and what is wrong with them: "replaced in a and b by ./lib, which does
// not exist". Where that differs, it says so of the modules of each kind.
func gatheredMessage(parts []*Finding) string {
	type says struct{ before, after string }
	var dirs grouping[says, string]
	for _, p := range parts {
		dirs.add(says{p.before, p.after}, p.Modules[0])
	}
	var out, rest []string
	for s, in := range dirs.all() {
		if len(out) == 3 && len(dirs.keys) > 4 {
			rest = append(rest, in...)
			continue
		}
		out = append(out, s.before+" in "+moduleList(slices.Compact(in))+s.after)
	}
	slices.Sort(rest)
	if len(rest) > 0 {
		out = append(out, "in other ways in "+Count(len(slices.Compact(rest)), "more module"))
	}
	return strings.Join(out, "; ")
}

// gatheredNotes are the notes of the parts, one of each kind: what go says of one module it says of the others.
func gatheredNotes(parts []*Finding) []Remark {
	var notes []Remark
	for _, p := range parts {
		for _, n := range p.Notes {
			if !slices.ContainsFunc(notes, func(kept Remark) bool { return kept.Key == n.Key }) {
				notes = append(notes, n)
			}
		}
	}
	return notes
}

// gatheredFix is the command that clears all parts, "" if one of them is left to you: modgov's own, or one for all modules
// that drops the lines, or else those of the parts one after the other.
func (c *checker) gatheredFix(f *Finding) string {
	if len(f.Settle) > 0 {
		return command(fixCommand, "--rule", f.Rule, "--dep", f.Dep)
	}
	var fixes, drops []string
	for _, p := range f.parts {
		if p.Fix == "" {
			return ""
		}
		fixes = append(fixes, p.Fix)
		if p.line != nil && p.Fix == c.dropReplace(*p.line) {
			drops = append(drops, "-dropreplace="+oldArg(p.line.Old))
		}
	}
	all := len(drops) == len(fixes)
	slices.Sort(drops)
	drops = slices.Compact(drops)
	stay := c.staying(f, drops)
	if !all || slices.ContainsFunc(stay, func(dir string) bool { return slices.Contains(f.Modules, dir) }) {
		return strings.Join(fixes, " && ")
	}
	args := []string{"run"}
	if len(stay) > 0 { // else go mod edit drops what is there, and the modules need not be named
		for _, dir := range f.Modules {
			args = append(args, "--module", literal(dir))
		}
	}
	return command("modgov", append(append(args, "--", "go", "mod", "edit"), drops...)...)
}

// staying are the directories of the modules with a line that flags for go mod edit would drop, and that is not among
// those of a finding.
func (c *checker) staying(f *Finding, drops []string) []string {
	var dirs []string
	for _, l := range c.replaceLines() {
		isPart := func(p *Finding) bool { return p.line != nil && p.line.Replace == l.Replace }
		if l.Module != nil && l.Old.Path == f.Dep && slices.Contains(drops, "-dropreplace="+oldArg(l.Old)) &&
			!slices.ContainsFunc(f.parts, isPart) {
			dirs = append(dirs, l.Module.Dir)
		}
	}
	return dirs
}

// aboutLine begins a finding about the line by itself, which gather may join to others: what is wrong with it stands
// behind "replaces X" or, if the target is to be named, behind "replaces X by Y".
func (l replaceLine) aboutLine(label string, named bool, wrong string) *Finding {
	what, by := graph.ModText(l.Old), ""
	if named {
		by = " by " + l.effective().Text(l.Old.Path)
	}
	if named && l.Dir != "" {
		what += " by " + l.New.Path // as it is written there
	} else {
		what += by
	}
	f := l.found(l.Kind, label, "replaces %s%s", what, wrong)
	f.line, f.before, f.after = &l, "replaced", by+wrong
	return f
}
