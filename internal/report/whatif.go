package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/modgov/modgov/internal/policy"
)

// WriteWhatIf writes what a plan of get would change, as "text", in tables instead of edits, or as "json".
func WriteWhatIf(w io.Writer, format string, p *Plan, o Options) error {
	if err := checkFormat("get", format); err != nil {
		return err
	}
	if format == "json" {
		return writeJSON(w, p)
	}
	pg := newPage(o)
	if !o.Quiet {
		pg.whatIf(p, o.Verbose)
	}
	switch left := len(p.unmet()) + len(p.Left); {
	case !p.Proved:
		pg.line(piece{"would not be written: ", errorStyle}, piece{text: p.Reason})
	case len(p.Files)+len(p.Vendors) == 0:
		pg.planEnd(p)
	case left > 0:
		pg.text("nothing written; modgov get would make %s, and leave %d of what is asked", p.changes(), left)
	default:
		pg.text("nothing written; modgov get would make %s", p.changes())
	}
	return pg.writeTo(w)
}

func (pg *page) whatIf(p *Plan, all bool) {
	var deps []string
	for _, a := range p.Asked {
		if !slices.Contains(deps, a.Dep) {
			deps = append(deps, a.Dep)
		}
	}
	var others []PlanMove
	for _, m := range p.Moves {
		if !slices.Contains(deps, m.Dep) {
			others = append(others, m)
		}
	}
	for _, dep := range deps {
		pg.text("%s", dep)
		pg.askedTable(p, dep)
	}
	if len(others) > 0 {
		pg.blank()
		pg.moveTable("other moves", others, all)
	}
	pg.downgrades(p)
	pg.findingsOf("findings that go", p.Clears, all)
	pg.findingsOf("findings that come", p.New, all)
	var left []string
	for _, a := range p.unmet() {
		left = append(left, fmt.Sprintf("%s %s in %s: %s", a.Dep, a.Want, a.Module, a.Reason))
	}
	for _, l := range p.Left {
		left = append(left, l.text())
	}
	if len(left) > 0 {
		pg.blank()
		pg.listed("left to you", left, true)
	}
	for _, n := range p.Notes {
		pg.blank()
		pg.prose("note: ", "      ", n)
	}
	pg.blank()
}

// askedTable shows what each module has of a dependency, and what it would have.
func (pg *page) askedTable(p *Plan, dep string) {
	var rows [][]string
	for _, a := range p.Asked {
		if a.Dep == dep {
			rows = append(rows, a.row(a.Reason != "" && p.Proved))
		}
	}
	for _, m := range p.Moves {
		if m.Dep == dep {
			rows = append(rows, m.row(false))
		}
	}
	slices.SortFunc(rows, func(a, b []string) int { return cmp.Compare(a[0], b[0]) })
	pg.table("  ", append([][]string{{"module", "from", "to", "pulled by"}}, rows...))
}

// row shows a module with the versions before and after, and who asks for the latter.
func (m *PlanMove) row(left bool) []string {
	by, to := m.By, cmp.Or(m.To, "gone")
	switch {
	case left:
		by, to = "left, see below", cmp.Or(m.To, "none")
	case m.From == m.To:
		by, to = "no change", m.To
	case m.By == m.Module:
		by = "its own line"
	}
	if m.Down {
		by = "DOWN, " + cmp.Or(by, "no longer asked for")
	}
	return []string{m.Module, cmp.Or(m.From, "none"), to, by}
}

func (pg *page) moveTable(heading string, moves []PlanMove, all bool) {
	pg.text("%s:", heading)
	rows := [][]string{}
	for i := range moves {
		if !all && i == maxMoves && len(moves) > maxMoves+1 {
			break
		}
		m := &moves[i]
		row := m.row(false)
		rows = append(rows, append([]string{m.Dep}, row...))
	}
	pg.table("  ", rows)
	if n := len(moves) - len(rows); n > 0 {
		pg.text("  and %d more (-v shows all)", n)
	}
}

// downgrades says how many versions would go down: what nobody should overlook in a table.
func (pg *page) downgrades(p *Plan) {
	n := 0
	for _, a := range p.Asked {
		if a.Down {
			n++
		}
	}
	for _, m := range p.Moves {
		if m.Down {
			n++
		}
	}
	if n > 0 {
		pg.blank()
		pg.line(piece{"downgrades: ", errorStyle}, piece{text: policy.Count(n, "version") + " would go down"})
	}
}

// findingsOf lists findings with their severities.
func (pg *page) findingsOf(heading string, findings []Finding, all bool) {
	var lines []string
	for _, f := range findings {
		lines = append(lines, fmt.Sprintf("%s[%s] %s: %s", severityWord(f.Severity), f.Rule, f.Subject, f.Message))
	}
	if len(lines) > 0 {
		pg.blank()
		pg.listed(heading, lines, all)
	}
}
