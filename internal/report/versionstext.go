package report

import (
	"io"
	"strings"
)

// writeDiffText writes a comparison for people: what needs attention first.
func writeDiffText(w io.Writer, d *VersionDiff, o Options) error {
	pg := newPage(o)
	if !o.Quiet {
		pg.text("%s", d.headline())
		for _, g := range d.groups() {
			pg.blank()
			pg.line(piece{g.heading, g.style})
			pg.changes(g.changes, o)
		}
		pg.moduleChanges(d.Modules)
		pg.lineChanges(d.Lines)
		pg.blank()
		for _, g := range d.Gaps {
			pg.incomplete(g.text())
		}
		if pg.blank(); o.Verbose && len(d.Notes) > 0 {
			pg.notes(d.Notes)
			pg.blank()
		}
	}
	pg.text("%s", d.closing())
	return pg.writeTo(w)
}

// changes shows each dependency on a line, or on one for each version that it came to. What is behind it stands on the
// same line, unless the page is known to be too narrow for that.
func (p *page) changes(changes []VersionChange, o Options) {
	type shown struct {
		cells   [3]string
		modules []string
		cause   string
	}
	var rows []shown
	var widths [2]int
	for i := range changes {
		c := &changes[i]
		for _, m := range c.lines() {
			row := shown{[3]string{c.Path, m.versions(c.WasPath), m.where() + ", " + m.How}, m.Modules, m.cause()}
			rows = append(rows, row)
			for j := range widths {
				if n := p.cells(row.cells[j]); n <= maxChangeColumns {
					widths[j] = max(widths[j], n)
				}
			}
		}
	}
	for _, row := range rows {
		line := "  " + p.pad(row.cells[0], widths[0]) + "  " + p.pad(row.cells[1], widths[1]) + "  " + row.cells[2]
		if row.cause != "" && (o.Width == 0 || p.cells(line)+p.cells(row.cause)+len("; ") <= p.width) {
			line, row.cause = line+"; "+row.cause, ""
		}
		p.text("%s", line)
		if row.cause != "" {
			p.prose("      ", "      ", row.cause)
		}
		if o.Verbose && len(row.modules) > 1 {
			p.prose("      in ", "      ", strings.Join(row.modules, ", "))
		}
	}
}

// maxChangeColumns is how wide a column of names or versions gets for the sake of alignment.
const maxChangeColumns = 40

func (p *page) moduleChanges(changes []ModuleChange) {
	if len(changes) == 0 {
		return
	}
	p.blank()
	p.text("modules")
	var rows [][]string
	for _, m := range changes {
		rows = append(rows, []string{m.Change, m.text(), m.Path})
	}
	p.table("  ", rows)
}

func (p *page) lineChanges(changes []LineChange) {
	if len(changes) == 0 {
		return
	}
	p.blank()
	p.text("lines")
	var rows [][]string
	for _, l := range changes {
		rows = append(rows, []string{place(l.Position), l.Text})
	}
	p.table("  ", rows)
}
