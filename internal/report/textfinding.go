package report

import (
	"fmt"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
)

// finding shows one finding: its heading, the places with what is said of them, and the facts by name.
func (t *text) finding(f *Finding, word string, style style) {
	t.heading(word, f.Rule, f.Subject, f.Message, style)
	t.keys = t.keyColumns(f)
	gutter := gutterOf(f.At, f.Because)
	rest := f.At
	for i := range t.quoted(f.At) {
		t.quote(&f.At[i], '^', style, gutter)
		rest = f.At[i+1:]
	}
	var also []row
	if len(rest) > 0 {
		also = t.also(f, rest)
	}
	if len(rest) < len(f.At) {
		t.rows(also)
		also = nil
	}
	for i := range f.Because {
		t.quote(&f.Because[i], '-', policyStyle, gutter)
	}
	t.rows(append(also, t.facts(f)...))
}

// heading is the first line of a finding. Where it is folded, the rest is set in; if nobody knows the width it is not,
// so that a log can be searched for it.
func (t *text) heading(word, rule, subject, message string, style style) {
	mark := word + "[" + rule + "]"
	if rule == "" {
		mark = word
	}
	words := strings.Fields(message)
	if subject != "" {
		words = append([]string{subject + ":"}, words...)
	}
	lines := []string{strings.Join(words, " ")}
	if t.o.Width != 0 {
		lines = t.foldFrom(words, t.cells(mark)+1, t.width, 4)
	}
	t.line(piece{mark, style}, piece{text: " " + lines[0]})
	for _, l := range lines[1:] {
		t.text("    %s", l)
	}
}

// foldFrom folds words into lines of which the first has used columns before it and the others an indent.
func (t *text) foldFrom(words []string, used, width, indent int) []string {
	for i := range words {
		if used += t.cells(words[i]) + 1; used > width+1 && i > 0 {
			first := strings.Join(words[:i], " ")
			return append([]string{first}, t.fold(words[i:], " ", width-indent)...)
		}
	}
	return []string{strings.Join(words, " ")}
}

// maxQuoted is how many places of a finding are quoted; the others are named.
const maxQuoted = 2

// quoted returns the places that are quoted: both if there are two, the first of more, none of a sums file.
func (t *text) quoted(at []Span) []Span {
	switch {
	case len(at) == 0, len(at) > 1 && at[0].Line > 0 && strings.HasSuffix(at[0].File, ".sum"):
		return nil
	case len(at) > maxQuoted:
		return at[:1]
	}
	return at
}

// A row is a fact and its name. Its lines are folded already.
type row struct {
	key   string
	lines []string
}

// The names of facts have a column of this width; one that is longer than the widest stands out.
const (
	narrowKeys = len("effective")
	widestKeys = 16
)

// keyColumns returns how wide the names of a finding's facts are.
func (t *text) keyColumns(f *Finding) int {
	n := narrowKeys
	for _, note := range f.Notes {
		n = max(n, min(t.cells(note.Key), widestKeys))
	}
	return n
}

// rows writes facts with their names.
func (t *text) rows(rows []row) {
	for _, r := range rows {
		prefix := "  " + t.pad(r.key, t.keys) + "  "
		for _, l := range r.lines {
			t.text("%s%s", prefix, l)
			prefix = strings.Repeat(" ", t.cells(prefix))
		}
	}
}

// beside is how many columns are left beside the name of a fact.
func (t *text) beside(key string) int {
	return max(t.width-len("  ")-max(t.cells(key), t.keys)-len("  "), minWidth/2)
}

// also names the places that are not quoted: one a line where each has something else to say, else as a list.
func (t *text) also(f *Finding, rest []Span) []row {
	labelled := len(rest) == len(f.At)
	for _, s := range rest {
		labelled = labelled || s.Label != f.At[0].Label
	}
	if !labelled {
		names := make([]string, len(rest))
		for i, s := range rest {
			names[i] = place(s.Position)
		}
		return []row{{"also", t.list(names, t.beside("also"), t.o.Verbose)}}
	}
	shown := rest
	if !t.o.Verbose && len(rest) > maxPlaces {
		shown = rest[:maxPlaces-1]
	}
	var rows [][]string
	for _, s := range shown {
		rows = append(rows, []string{place(s.Position), s.Label})
	}
	if n := len(rest) - len(shown); n > 0 {
		rows = append(rows, []string{fmt.Sprintf("and %d more (-v shows all)", n)})
	}
	t.table("  ", rows)
	return nil
}

// maxPlaces is how many places are named one a line, and how many versions are.
const maxPlaces = 8

// facts are the lines below the places.
func (t *text) facts(f *Finding) []row {
	var out []row
	if len(f.Groups) > 0 {
		out = append(out, t.groups(f))
	} else if len(f.Modules) > max(1, len(f.At)) {
		out = append(out, row{"modules", t.list(f.Modules, t.beside("modules"), t.o.Verbose)})
	}
	for i := range f.Why {
		out = append(out, row{"why", t.chain(&f.Why[i], "why")})
	}
	for _, n := range f.Notes {
		out = append(out, row{n.Key, t.foldWords(n.Text, t.beside(n.Key))})
	}
	named := f.Policy != nil && f.Policy.Owner != "" && len(f.Because) > 0 // beside the policy line
	if len(f.Owners) > 0 && (t.o.Verbose || !named) {
		out = append(out, row{"owner", t.list(f.Owners, t.beside("owner"), t.o.Verbose)})
	}
	if e := f.Exception; e != nil {
		s := e.summary()
		if e.Reason != "" {
			s += ": " + e.Reason
		}
		out = append(out, row{"exception", t.foldWords(s, t.beside("exception"))})
	}
	switch f.State {
	case "worse":
		out = append(out, row{"change", t.worse(f)})
	case "standing":
		out = append(out, row{"change", []string{"was there before"}})
	}
	switch {
	case f.Fix != "":
		out = append(out, row{"fix", []string{f.Fix}})
	case f.Exception == nil:
		out = append(out, row{"fix", []string{"left to you; modgov explain " + f.Rule + " says how"}})
	}
	return out
}

// worse says what a change made worse, and where: of a finding about a module that is known.
func (t *text) worse(f *Finding) []string {
	if len(f.WorseIn) == 0 || len(f.Modules) == 1 {
		return []string{"worse than before"}
	}
	const says = "worse than before in "
	lines := t.list(f.WorseIn, t.beside("change")-len(says), t.o.Verbose)
	lines[0] = says + lines[0]
	return lines
}

// groups shows who has which version.
func (t *text) groups(f *Finding) row {
	r := row{key: "effective"}
	if f.Dep == "" || f.Dep == "go" || f.Dep == "toolchain" {
		r.key = "versions" // of go lines, of nothing that is selected
	}
	groups := f.Groups
	if !t.o.Verbose && len(groups) > maxPlaces {
		groups = groups[:maxPlaces-1]
	}
	widest := 0
	for _, g := range groups {
		if n := t.cells(g.Version); n <= widestVersion {
			widest = max(widest, n)
		}
	}
	for i := range groups {
		r.lines = append(r.lines, t.group(&groups[i], widest, t.beside(r.key)-widest-2)...)
	}
	if n := len(f.Groups) - len(groups); n > 0 {
		r.lines = append(r.lines, fmt.Sprintf("and %d more versions (-v shows all)", n))
	}
	return r
}

// widestVersion is how wide a version may be that has modules beside it; those of a longer one stand below it.
const widestVersion = 40

// group is a version and beside it, or below it, who has it.
func (t *text) group(g *Group, widest, room int) []string {
	var out []string
	lead := t.pad(g.Version, widest) + "  "
	if t.cells(g.Version) > widest {
		out = append(out, g.Version)
		lead = strings.Repeat(" ", widest+2)
	}
	for _, l := range t.groupLines(g, max(room, minWidth/2)) {
		out = append(out, lead+l)
		lead = strings.Repeat(" ", widest+2)
	}
	return out
}

func (t *text) groupLines(g *Group, width int) []string {
	lines := t.list(g.Modules, width, t.o.Verbose)
	if g.Note == "" {
		return lines
	}
	note := "(" + g.Note + ")"
	if last := lines[len(lines)-1]; t.cells(last)+1+t.cells(note) <= width {
		lines[len(lines)-1] = last + " " + note
		return lines
	}
	return append(lines, t.foldWords(note, width)...)
}

// chain shows a requirement chain: "payments/ledger -> payments/api (replaced by ../api) -> example.com/x v1.3.0".
func (t *text) chain(c *Chain, key string) []string { return t.fold(c.links(), " -> ", t.beside(key)) }

// links are the steps of a chain as they are shown: modules of the repository by their directories.
func (c *Chain) links() []string {
	var out []string
	for i, s := range c.Steps {
		name := s.Path
		switch {
		case i == 0 && c.Module != "":
			name = c.Module
		case s.Dir != "":
			name = s.Dir
		}
		switch {
		case s.Note != "" && s.Dir != "":
			name += " (" + s.Note + ")"
		case s.Note != "":
			name = graph.ModText(module.Version{Path: name, Version: s.Version}) + " (" + s.Note + ")"
		default:
			name = graph.ModText(module.Version{Path: name, Version: s.Version})
		}
		out = append(out, name)
	}
	return out
}
