package report

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/modgov/modgov/internal/policy"
)

// markdownRoom is how many bytes of Markdown a report takes at most. A step of GitHub has 1 MiB for its summary.
const markdownRoom = 900_000

// roomForEnds is what is kept free for the headings of sections, the counts of what was cut, and the last lines.
const roomForEnds = 8_000

// writeMarkdown writes a report for a comment or a step summary: the verdict, what is new by team, and, folded up, all
// else. What does not fit is counted.
func writeMarkdown(w io.Writer, r *Report, o Options) error {
	m := &markdown{lister: newLister(r, o), words: newText(r, o), o: o, room: o.Room}
	if m.room <= 0 {
		m.room = markdownRoom
	}
	m.room = max(m.room-roomForEnds, 0)
	m.head()
	m.gaps()
	m.findings()
	for _, section := range []func(){m.information, m.standing, m.fixed, m.excepted, m.versions, m.modules} {
		section()
	}
	m.foot()
	_, err := io.WriteString(w, m.b.String())
	return err
}

// A markdown is a report on its way to Markdown, as GitHub and GitLab render it.
type markdown struct {
	*lister
	words *text
	o     Options
	mdPage
	room int // bytes that are left for rows
}

// head is the verdict, and what it is about.
func (m *markdown) head() {
	m.line("### modgov: %s: %s\n", m.r.Verdict, mdText(m.words.found()))
	var facts []string
	if b := m.r.Base; b != nil {
		facts = append(facts, fmt.Sprintf("%s with %s (%s)", b.how(), mdCode(clipped(b.Revision)), mdCode(fmt.Sprintf("%.12s", b.Commit))))
	}
	if m.r.Below != "" {
		facts = append(facts, "below "+mdCode(clipped(m.r.Below)))
	}
	if m.r.Policy == "" {
		facts = append(facts, "built-in policy")
	} else {
		facts = append(facts, "policy "+m.link(Position{File: m.r.Policy}, clipped(m.r.Policy)))
	}
	for _, s := range m.words.besides() {
		facts = append(facts, mdText(clipped(s)))
	}
	line := strings.Join(facts, "; ")
	m.line("%s%s.", strings.ToUpper(line[:1]), line[1:])
}

// gaps are in sight: without them a verdict would look whole.
func (m *markdown) gaps() {
	if m.r.Complete {
		return
	}
	m.b.WriteString("\n**Incomplete**: what could not be found out\n\n")
	n := 0
	for i := range m.r.Gaps {
		g := &m.r.Gaps[i]
		text := g.Message
		if g.Way != "" {
			text += "; " + g.Way
		}
		if !m.row("- " + mdCode(clipped(moduleName(g.Module))) + ": " + mdText(clipped(text)) + "\n") {
			break
		}
		n++
	}
	if rest := len(m.r.Gaps) - n; rest > 0 {
		m.line("- %s", countMore(rest))
	}
}

// findings are those that count, by the teams to ask.
func (m *markdown) findings() {
	teams := map[string][]*Finding{}
	var names []string // those with the gravest findings first
	for i := range m.r.Findings {
		if f := &m.r.Findings[i]; m.r.counts(f) && f.Severity != policy.Info.String() {
			team := strings.Join(f.Owners, ", ")
			if teams[team] == nil {
				names = append(names, team)
			}
			teams[team] = append(teams[team], f)
		}
	}
	if len(teams) == 0 {
		return
	}
	title := "Findings"
	if b := m.r.Base; b != nil && b.Scope == string(policy.GateNew) {
		title = "New findings"
	}
	m.line("\n#### %s", title)
	cut := 0
	for _, team := range names {
		heading := ""
		switch owners := teams[team][0].Owners; {
		case len(owners) == 1:
			heading = "\n**Team " + mdCode(clipped(owners[0])) + "**\n"
		case len(owners) > 1:
			heading = "\n**Teams " + mdNames(owners, maxCell, ", ") + "**\n"
		case len(teams) > 1:
			heading = "\n**No team**\n"
		}
		columns, row := m.findingTable(teams[team])
		cut += tableOf(m, heading, columns, teams[team], row)
	}
	m.cut(cut)
}

const (
	versionColumns   = "| rule | module | what | from | to | where |\n|---|---|---|---|---|---|\n"
	findingColumns   = "| rule | module | what | where |\n|---|---|---|---|\n"
	exceptionColumns = "| exception | until | owner | rule | module | what | reason |\n|---|---|---|---|---|---|---|\n"
	moduleColumns    = "| module | errors | warnings |\n|---|--:|--:|\n"
)

// maxCell is how many names a cell holds.
const maxCell = 5

// mdCell shows names in a cell, a line each.
func mdCell(names []string) string { return mdNames(names, maxCell, "<br>") }

// findingTable is the head of a table of findings and what makes a row of it: with versions if a finding is about them.
func (m *markdown) findingTable(findings []*Finding) (columns string, row func(*Finding) string) {
	moves := func(f *Finding) bool { wanted, _ := f.move(); return wanted != "" }
	if slices.ContainsFunc(findings, moves) {
		return versionColumns, func(f *Finding) string { return mdRow(m.finding(f)...) + "\n" }
	}
	return findingColumns, func(f *Finding) string {
		return mdRow(slices.Delete(m.finding(f), 3, 5)...) + "\n"
	}
}

// finding is a row under versionColumns.
func (m *markdown) finding(f *Finding) []string {
	what, from, to := mdText(clipped(f.Message)), "", ""
	if wanted, others := f.move(); wanted != "" {
		what, from, to = mdCode(clipped(f.Dep)), mdCell(others), mdCode(clipped(wanted))
	} else if len(f.Modules) != 1 || f.Subject != f.Modules[0] {
		what = mdText(clipped(f.Subject)) + ": " + what
	}
	state := ""
	switch {
	case f.State == string(policy.Worse):
		state = " (worse)"
		if len(f.WorseIn) > 0 && len(f.Modules) > 1 {
			state = " (worse in " + mdNames(f.WorseIn, maxCell, ", ") + ")"
		}
	case f.State == string(policy.Standing) && m.r.counts(f):
		state = " (there before)"
	}
	severity := severityWord(f.Severity)
	if f.Severity == policy.Error.String() {
		severity = "**" + severity + "**"
	}
	return []string{severity + " " + m.ruleLink(f.Rule) + state, mdCell(f.Modules), what, from, to, m.where(f)}
}

// move is the version that is wanted and those that are not, of a finding that is about that: where the modules with
// the first version have to change as well, none of the versions is the wanted one.
func (f *Finding) move() (wanted string, others []string) {
	if f.Dep == "" || len(f.Groups) < 2 {
		return "", nil
	}
	for _, dir := range f.Groups[0].Modules {
		if slices.Contains(f.Modules, dir) {
			return "", nil
		}
	}
	for _, g := range f.Groups[1:] {
		others = append(others, g.Version)
	}
	return f.Groups[0].Version, others
}

// ruleLink leads to the page of a rule. One that this modgov does not know, from a recorded report, has none.
func (m *markdown) ruleLink(name string) string {
	if m.rules[name] == nil {
		return mdCode(clipped(name))
	}
	return "[" + name + "](" + pagesURL + name + ".md)"
}

// where leads to the first places of a finding.
func (m *markdown) where(f *Finding) string {
	const most = 3
	var out []string
	for i, s := range f.At {
		if i == most-1 && len(f.At) > most {
			out = append(out, countMore(len(f.At)-i))
			break
		}
		out = append(out, m.link(s.Position, clipped(lineIn(f.Modules, s.Position))))
	}
	return strings.Join(out, "<br>")
}

// lineOfFile names a place without its column.
func lineOfFile(p Position) string { return place(Position{File: p.File, Line: p.Line}) }

// lineIn is lineOfFile without the directory of a module where there is but that one.
func lineIn(modules []string, p Position) string {
	if len(modules) == 1 {
		p.File = strings.TrimPrefix(p.File, modules[0]+"/")
	}
	return lineOfFile(p)
}

// link shows a place by a text, and leads to it where the server that has the files is known.
func (m *markdown) link(p Position, text string) string {
	code := mdCode(text)
	at, ok := m.place(p)
	if !ok || m.o.Checkout.Blob == "" {
		return code
	}
	address := m.o.Checkout.Blob + relativeURI(at.File)
	if p.Line > 0 {
		address += fmt.Sprintf("#L%d", p.Line)
	}
	if _, err := url.Parse(address); err != nil || strings.ContainsAny(address, "<> \n|") || strings.Contains(code, "]") {
		return code
	}
	return "[" + code + "](<" + address + ">)"
}

// information are the findings that never fail a check.
func (m *markdown) information() {
	m.folded("Information: %s", m.chosen(func(f *Finding) bool {
		return m.r.counts(f) && f.Severity == policy.Info.String()
	}))
}

// standing are the findings that were there before a change and do not count.
func (m *markdown) standing() {
	m.folded("There before: %s", m.chosen(func(f *Finding) bool {
		return !m.r.counts(f) && f.Exception == nil
	}))
}

// fixed are the findings of the base that are gone.
func (m *markdown) fixed() {
	var gone []*Finding
	for i := range m.r.Fixed {
		gone = append(gone, &m.r.Fixed[i])
	}
	m.folded("Cleared by this change: %s", gone)
}

// versions are the effective versions that the change moves, a line for each dependency.
func (m *markdown) versions() {
	var changes []*VersionChange
	for i := range m.r.Versions {
		changes = append(changes, &m.r.Versions[i])
	}
	fold(m, "Versions that change: %s", changes, "dependency", "", func(c *VersionChange) string {
		return "- " + mdCode(clipped(c.summary())) + "\n"
	})
}

// excepted are the findings that somebody has waived.
func (m *markdown) excepted() {
	fold(m, "Excepted: %s", m.chosen(func(f *Finding) bool { return f.Exception != nil }), "finding", exceptionColumns,
		func(f *Finding) string {
			x := f.Exception
			until := "for ever"
			if x.Expires != "" {
				until = mdText(clipped(x.Expires))
			}
			owner := ""
			if x.Owner != "" {
				owner = mdCode(clipped(x.Owner))
			}
			return mdRow(m.link(x.Position, clipped(x.ID)), until, owner, m.ruleLink(f.Rule), mdCell(f.Modules),
				mdText(clipped(headline(f.Subject, f.Message))), mdText(clipped(x.Reason))) + "\n"
		})
}

// chosen are the findings for which choose says so, in the order of the report.
func (m *markdown) chosen(choose func(*Finding) bool) []*Finding {
	var out []*Finding
	for i := range m.r.Findings {
		if f := &m.r.Findings[i]; choose(f) {
			out = append(out, f)
		}
	}
	return out
}

// modules are those that have findings that count, with their numbers.
func (m *markdown) modules() {
	type hit struct{ errors, warnings int }
	hits := map[string]*hit{}
	for i := range m.r.Findings {
		f := &m.r.Findings[i]
		if !m.r.counts(f) || f.Severity == policy.Info.String() {
			continue
		}
		for _, dir := range f.Modules {
			if hits[dir] == nil {
				hits[dir] = &hit{}
			}
			if f.Severity == policy.Error.String() {
				hits[dir].errors++
			} else {
				hits[dir].warnings++
			}
		}
	}
	var dirs []*Module
	for i := range m.r.Modules {
		if hits[m.r.Modules[i].Dir] != nil {
			dirs = append(dirs, &m.r.Modules[i])
		}
	}
	fold(m, "Affected: %s", dirs, "module", moduleColumns, func(mod *Module) string {
		h := hits[mod.Dir]
		return mdRow(mdCode(clipped(mod.Dir)), strconv.Itoa(h.errors), strconv.Itoa(h.warnings)) + "\n"
	})
}

// foot says what to do next.
func (m *markdown) foot() {
	var next []string
	if s := m.words.clears(); s != "" {
		if m.r.Summary.Fixable > 0 {
			s += " (`modgov fix --dry-run` shows how)"
		}
		next = append(next, strings.Replace(s, "modgov fix", "`modgov fix`", 1))
	}
	if rule := m.words.rule(); rule != "" {
		next = append(next, "More: "+mdCode("modgov explain "+rule))
	}
	if len(next) > 0 {
		m.b.WriteString("\n" + strings.Join(next, ". ") + "\n")
	}
}

// folded is fold for findings.
func (m *markdown) folded(title string, findings []*Finding) {
	columns, row := m.findingTable(findings)
	fold(m, title, findings, "finding", columns, row)
}

// fold writes a table that is shut until somebody opens it; nothing for no rows. Title has %s for their number.
func fold[T any](m *markdown, title string, rows []*T, noun, columns string, row func(*T) string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(&m.b, "\n<details>\n<summary>"+title+"</summary>\n", policy.Count(len(rows), noun))
	m.cut(tableOf(m, "", columns, rows, row))
	m.b.WriteString("\n</details>\n")
}

// tableOf writes rows while there is room, and returns how many were left out. Without room for one there is no heading.
func tableOf[T any](m *markdown, heading, columns string, rows []*T, row func(*T) string) (cut int) {
	for i, r := range rows {
		s := row(r)
		if i == 0 {
			s = heading + "\n" + columns + s
		}
		if !m.row(s) {
			return len(rows) - i
		}
	}
	return 0
}

// row writes what there is room for.
func (m *markdown) row(s string) bool {
	if len(s) > m.room {
		return false
	}
	m.room -= len(s)
	m.b.WriteString(s)
	return true
}

// cut says how many rows were left out.
func (m *markdown) cut(rows int) {
	if rows > 0 {
		m.line("\n%s: there is no room for them here; `modgov check` prints all of them.", countMore(rows))
	}
}

func countMore(n int) string { return fmt.Sprintf("and %d more", n) }
