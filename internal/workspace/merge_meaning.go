package workspace

import (
	"cmp"
	"fmt"
	"go/version"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// mergeMeanings merges what go.mod or go.work files say.
func mergeMeanings(file string, base, ours, theirs []byte) ([]byte, []Conflict) {
	o, _, err := readMeaning(file, ours)
	if err != nil {
		return ours, nil
	}
	t, _, err := readMeaning(file, theirs)
	if err != nil {
		return theirs, nil
	}
	b, _, err := readMeaning(file, base)
	if err != nil {
		b = &meaning{} // nobody can say what was dropped since; what both say stays
	}
	m := &merger{file: file, ours: ours, theirs: theirs}
	mine, their, was := moduleLines(o), moduleLines(t), moduleLines(b)
	type carrier struct {
		from *meaning
		text []byte
	}
	carriers := []carrier{{o, ours}, {t, theirs}}
	switch {
	case slices.Equal(mine, their):
	case slices.Equal(was, their):
		carriers = carriers[:1]
	case slices.Equal(was, mine):
		carriers = carriers[1:] // no edit changes a module line
	default:
		m.conflict("both sides changed the module line")
	}
	want := m.merge(b, o, t)
	for _, c := range carriers {
		var edits []Edit
		if edits, err = sayEdits(c.from, want); err == nil {
			var out []byte
			if out, err = Apply(file, c.text, edits); err == nil {
				return out, m.conflicts
			}
		}
	}
	return ours, append(m.conflicts, Conflict{file, strings.TrimPrefix(err.Error(), file+": ")})
}

func moduleLines(m *meaning) []otherFact {
	var out []otherFact
	for _, f := range m.others {
		if strings.HasPrefix(f.line, "module ") {
			out = append(out, f)
		}
	}
	return out
}

// A merger merges two meanings.
type merger struct {
	file         string
	ours, theirs []byte
	conflicts    []Conflict
}

func (m *merger) conflict(format string, args ...any) {
	m.conflicts = append(m.conflicts, Conflict{m.file, fmt.Sprintf(format, args...)})
}

// merge returns what both sides together say.
func (m *merger) merge(b, o, t *meaning) *meaning {
	out := &meaning{others: slices.Clone(o.others)}
	out.goLine = m.newest("go", b.goLine, o.goLine, t.goLine)
	out.toolchain = m.newest("toolchain", b.toolchain, o.toolchain, t.toolchain)
	out.requires = m.requires(highest(b), highest(o), highest(t))
	out.replaces = m.replaces(byLeft(b), byLeft(o), byLeft(t))
	out.uses = merged(byDir(b), byDir(o), byDir(t))
	others := merged(byLine(b), byLine(o), byLine(t))
	out.others = slices.DeleteFunc(out.others, func(f otherFact) bool {
		return settable(f.line) && !slices.Contains(others, f.line)
	})
	for _, line := range others {
		if !slices.ContainsFunc(out.others, func(f otherFact) bool { return f.line == line }) {
			out.others = append(out.others, otherFact{line: line, note: noteOf(t, line)})
		}
	}
	m.debugSettings(out)
	return out
}

// three returns what a value becomes that two sides may have changed; false if both did, in different ways.
func three[T comparable](b, o, t T) (T, bool) {
	switch {
	case o == t, b == t:
		return o, true
	case b == o:
		return t, true
	}
	return o, false
}

// merged merges sets, given as what stands for each element: the text of ours, else of theirs. Sorted.
func merged(b, o, t map[string]string) []string {
	var out []string
	for key, text := range o {
		_, was := b[key]
		if _, is := t[key]; is || !was {
			out = append(out, text)
		}
	}
	for key, text := range t {
		_, was := b[key]
		if _, is := o[key]; !is && !was {
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return out
}

func byDir(m *meaning) map[string]string {
	out := map[string]string{}
	for _, dir := range m.uses {
		out[path.Clean(dir)] = dir
	}
	return out
}

// byLine are the lines that are a set; the module line is not among them.
func byLine(m *meaning) map[string]string {
	out := map[string]string{}
	for _, f := range m.others {
		if settable(f.line) {
			out[f.line] = f.line
		}
	}
	return out
}

func settable(line string) bool { return !strings.HasPrefix(line, "module ") }

func noteOf(m *meaning, line string) string {
	for _, f := range m.others {
		if f.line == line {
			return f.note
		}
	}
	return ""
}

// newest merges go and toolchain lines.
func (m *merger) newest(verb, b, o, t string) string {
	v, ok := three(b, o, t)
	number := func(s string) string { return "go" + strings.TrimPrefix(s, "go") }
	switch {
	case ok:
		return v
	case o != "" && t != "" && version.IsValid(number(o)) && version.IsValid(number(t)):
		if version.Compare(number(o), number(t)) < 0 {
			return t
		}
		return o
	}
	m.conflict("%s %s here, %s there", verb, said(o, 0), said(t, 0))
	return o
}

// said is what a side says, and where.
func said(text string, line int) string {
	switch {
	case text == "":
		return "dropped"
	case line == 0:
		return text
	}
	return fmt.Sprintf("%s (line %d)", text, line)
}

// highest are the require lines by path; of lines for one path, the highest counts.
func highest(m *meaning) map[string]requireFact {
	out := map[string]requireFact{}
	for _, r := range m.requires {
		old, ok := out[r.mod.Path]
		switch {
		case !ok || semver.Compare(old.mod.Version, r.mod.Version) < 0:
			out[r.mod.Path] = r
		case old.mod.Version == r.mod.Version && !r.indirect:
			out[r.mod.Path] = r
		}
	}
	return out
}

func (m *merger) requires(b, o, t map[string]requireFact) []requireFact {
	var out []requireFact
	for _, path := range keysOf(b, o, t) {
		old, was := b[path]
		mine, here := o[path]
		their, there := t[path]
		switch {
		case here && there:
			out = append(out, bothRequire(old, mine, their))
		case !was && here, was && here && mine != old && mine.indirect && old.indirect:
			out = append(out, mine)
		case !was && there, was && there && their != old && their.indirect && old.indirect:
			out = append(out, their)
		case here && mine != old:
			m.conflict("require %s: %s here, dropped there", path, said(mine.mod.Version, m.line(m.ours, "require", path)))
			out = append(out, mine)
		case there && their != old:
			m.conflict("require %s: dropped here, %s there", path, said(their.mod.Version, m.line(m.theirs, "require", path)))
		}
	}
	return out
}

// bothRequire merges the lines of two sides for one path; old is zero if there was none.
func bothRequire(old, mine, their requireFact) requireFact {
	out := mine
	v, ok := three(old.mod.Version, mine.mod.Version, their.mod.Version)
	if !ok && compareVersions(mine.mod.Version, their.mod.Version) < 0 {
		v = their.mod.Version
	}
	out.mod.Version = v
	if out.indirect, ok = three(old.indirect, mine.indirect, their.indirect); !ok || old.mod.Path == "" {
		out.indirect = mine.indirect && their.indirect
	}
	return out
}

// compareVersions orders versions, those that are none by their text.
func compareVersions(v, w string) int { return cmp.Or(semver.Compare(v, w), strings.Compare(v, w)) }

func byLeft(m *meaning) map[module.Version]replaceFact {
	out := map[module.Version]replaceFact{}
	for _, r := range m.replaces {
		if _, ok := out[r.left]; !ok {
			out[r.left] = r
		}
	}
	return out
}

func (m *merger) replaces(b, o, t map[module.Version]replaceFact) []replaceFact {
	var out []replaceFact
	left := slices.Collect(maps.Keys(union(b, o, t)))
	module.Sort(left)
	for _, left := range left {
		mine, here := o[left]
		their, there := t[left]
		right, ok := three(b[left].right, mine.right, their.right)
		if !ok {
			subject := strings.TrimSpace(left.Path + " " + left.Version)
			m.conflict("replace %s: %s here, %s there", subject, m.target(m.ours, mine, here), m.target(m.theirs, their, there))
		}
		if right == (module.Version{}) {
			continue
		}
		note, ok := three(b[left].note, mine.note, their.note)
		switch {
		case !here:
			note = their.note
		case !there:
			note = mine.note
		case !ok:
			note = min(mine.note, their.note)
		}
		out = append(out, replaceFact{left, right, note})
	}
	return out
}

// target is what a side says of a replaced module, and where.
func (m *merger) target(data []byte, r replaceFact, is bool) string {
	if !is {
		return "dropped"
	}
	return said("=> "+strings.TrimSpace(r.right.Path+" "+r.right.Version), m.line(data, "replace", r.left.Path))
}

// debugSettings refuses two values of one setting.
func (m *merger) debugSettings(out *meaning) {
	seen := map[string]string{}
	out.others = slices.DeleteFunc(out.others, func(f otherFact) bool {
		words := strings.SplitN(f.line, " ", 3)
		if len(words) != 3 || words[0] != "godebug" {
			return false
		}
		if value, ok := seen[words[1]]; ok {
			m.conflict("godebug %s: %s on one side, %s on the other", words[1], value, words[2])
			return true
		}
		seen[words[1]] = words[2]
		return false
	})
}

// line returns the first line that says something about a module path, 0 if there is none.
func (m *merger) line(data []byte, verb, path string) int {
	_, syntax, err := readMeaning(m.file, data)
	if err != nil {
		return 0
	}
	d := newDocument(data, syntax)
	return slices.IndexFunc(d.lines, func(l *textLine) bool {
		return l.kind == lineItem && l.verb == verb && l.arg(0) == path
	}) + 1
}

func union[K comparable, V any](sets ...map[K]V) map[K]bool {
	out := map[K]bool{}
	for _, set := range sets {
		for key := range set {
			out[key] = true
		}
	}
	return out
}

func keysOf[V any](sets ...map[string]V) []string {
	return slices.Sorted(maps.Keys(union(sets...)))
}

// sayEdits lead from what a side says to what both say.
func sayEdits(from, to *meaning) ([]Edit, error) {
	var out []Edit
	switch {
	case from.goLine == to.goLine:
	case to.goLine == "":
		out = append(out, Edit{Op: DropGo})
	default:
		out = append(out, Edit{Op: SetGo, Arg: to.goLine})
	}
	switch {
	case from.toolchain == to.toolchain:
	case to.toolchain == "":
		out = append(out, Edit{Op: DropToolchain})
	default:
		out = append(out, Edit{Op: SetToolchain, Arg: to.toolchain})
	}
	requires, err := requireDiff(from.requires, to.requires)
	out = append(out, requires...)
	out = append(out, replaceEdits(byLeft(from), byLeft(to))...)
	out = append(out, setEdits(AddUse, DropUse, from.uses, to.uses)...)
	return append(out, setEdits(AddLine, DropLine, keysOf(byLine(from)), keysOf(byLine(to)))...), err
}

func replaceEdits(from, to map[module.Version]replaceFact) []Edit {
	left := slices.Collect(maps.Keys(union(from, to)))
	module.Sort(left)
	var out []Edit
	for _, left := range left {
		was, had := from[left]
		is, has := to[left]
		comment := ""
		if is.note != was.note {
			comment = noteText(is.note)
		}
		e := Edit{Op: SetReplace, Mod: left, New: is.right, Comment: comment}
		switch {
		case !has:
			e = Edit{Op: DropReplace, Mod: left}
		case !had:
			e.Op = AddReplace
		case was.right == is.right && comment == "":
			continue
		}
		out = append(out, e)
	}
	return out
}

// setEdits add and drop what is a set.
func setEdits(add, drop Op, from, to []string) []Edit {
	var out []Edit
	for _, arg := range from {
		if !slices.Contains(to, arg) {
			out = append(out, Edit{Op: drop, Arg: arg})
		}
	}
	for _, arg := range to {
		if !slices.Contains(from, arg) {
			out = append(out, Edit{Op: add, Arg: arg})
		}
	}
	return out
}
