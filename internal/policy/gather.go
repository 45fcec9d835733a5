package policy

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
)

// gather makes one finding of those that a rule has of the replace lines for one dependency in several modules: a line
// that was copied into thirty go.mod files, or a directory that thirty lines lead to, is one piece of work. Lines that
// an exception waives become a finding of their own, as in decision 2; those of go.work stay as they are. It returns the
// findings as they then are, and what became of each that is among them no more.
func (c *checker) gather(findings []*Finding) (out []*Finding, whole map[*Finding]*Finding) {
	type key struct {
		rule, dep, kind string
		item            *Item
		waiver          *Exception
	}
	var parts grouping[key, *Finding]
	for _, f := range findings {
		if f.line == nil || len(f.Modules) == 0 {
			out = append(out, f)
		} else {
			parts.add(key{f.Rule, f.Dep, f.Kind, f.Item, f.Exception}, f)
		}
	}
	whole = map[*Finding]*Finding{}
	for _, of := range parts.all() {
		f := c.gathered(of)
		for _, part := range of {
			whole[part] = f
		}
		out = append(out, f)
	}
	return out, whole
}

// gathered is the finding that the parts become. Each takes it apart again.
func (c *checker) gathered(parts []*Finding) *Finding {
	slices.SortStableFunc(parts, func(a, b *Finding) int { return cmp.Compare(a.Subject, b.Subject) })
	f := *parts[0]
	f.parts, f.Subject = parts, f.Dep
	if f.Exception != nil {
		f.Kind = strings.Trim(f.Kind+"/"+f.Exception.ID, "/")
	}
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
	slices.Sort(f.Owners)
	f.Owners = slices.Compact(f.Owners)
	f.Message, f.Notes = gatheredMessage(parts), gatheredNotes(parts)
	if len(parts) > 1 {
		f.Fix = c.gatheredFix(&f)
	}
	return &f
}

// gatheredMessage says where the lines stand, and what is wrong with them: "replaced in a and b by ./lib, which does not
// exist". Where that differs, it says so of the modules of each kind.
func gatheredMessage(parts []*Finding) string {
	var dirs grouping[string, string]
	olds := map[module.Version]bool{}
	for _, p := range parts {
		olds[p.line.Old] = true
		wrong := p.wrong
		if p.named {
			wrong = " by " + p.line.effective().Text(p.line.Old.Path) + wrong
		}
		dirs.add(wrong, p.Modules[0])
	}
	var says, rest []string
	for wrong, in := range dirs.all() {
		if len(says) == 3 && len(dirs.keys) > 4 {
			rest = append(rest, in...)
			continue
		}
		says = append(says, "in "+moduleList(slices.Compact(in))+wrong)
	}
	slices.Sort(rest)
	if len(rest) > 0 {
		says = append(says, "in other ways in "+Count(len(slices.Compact(rest)), "more module"))
	}
	message := "replaced " + strings.Join(says, "; ")
	if old := parts[0].line.Old.Version; old != "" && len(olds) == 1 {
		message = old + " " + message
	}
	return message
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

// gatheredFix is the command that clears all parts, "" if there is none: modgov's own; one for all modules that drops
// the lines, or else those of the parts one after the other.
func (c *checker) gatheredFix(f *Finding) string {
	if slices.ContainsFunc(f.parts, func(p *Finding) bool { return len(p.Settle) > 0 }) {
		return command("modgov", "fix", "--rule", f.Rule, "--dep", f.Dep)
	}
	var fixes, drops []string
	for _, p := range f.parts {
		if p.Fix == "" {
			return ""
		}
		fixes = append(fixes, p.Fix)
		if p.Fix == c.dropReplace(*p.line) {
			drops = append(drops, "-dropreplace="+oldArg(p.line.Old))
		}
	}
	if len(drops) < len(fixes) {
		return strings.Join(fixes, " && ")
	}
	slices.Sort(drops)
	return c.dropInModules(f, slices.Compact(drops))
}

// dropInModules is the command that drops lines in the modules of a finding. Where no other module has such a line, it
// need not name them: go mod edit drops what is there.
func (c *checker) dropInModules(f *Finding, drops []string) string {
	args := []string{"run"}
	stays := func(l replaceLine) bool {
		return l.Module != nil && !slices.Contains(f.Modules, l.Module.Dir) &&
			slices.Contains(drops, "-dropreplace="+oldArg(l.Old))
	}
	if slices.ContainsFunc(c.replaceLines(), stays) {
		for _, dir := range f.Modules {
			args = append(args, "--module", literal(dir))
		}
	}
	return command("modgov", append(append(args, "--", "go", "mod", "edit"), drops...)...)
}

// aboutLine begins a finding about the line by itself, which gather may join to others: what is wrong with it stands
// behind "replaces X" or, if the target is to be named, behind "replaces X by Y".
func (l replaceLine) aboutLine(label string, named bool, wrong string) *Finding {
	what := graph.ModText(l.Old)
	if named && l.Dir != "" {
		what += " by " + l.New.Path
	} else if named {
		what += " by " + l.effective().Text(l.Old.Path)
	}
	f := l.found(l.Kind, label, "replaces %s%s", what, wrong)
	f.line, f.named, f.wrong = &l, named, wrong
	return f
}
