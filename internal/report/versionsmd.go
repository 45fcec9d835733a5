package report

import (
	"io"
	"strings"
)

// writeDiffMarkdown writes a comparison as Markdown for a comment or a step summary.
func writeDiffMarkdown(w io.Writer, d *VersionDiff) error {
	m := &mdPage{}
	m.line("%s", mdCode(clipped(d.closing())))
	m.line("")
	m.line("Compared: %s", mdCode(clipped(strings.TrimPrefix(d.headline(), "modgov: "))))
	for _, g := range d.groups() {
		m.heading(g.heading)
		for i := range g.changes {
			c := &g.changes[i]
			for _, move := range c.lines() {
				m.item("%s in %s, %s%s", mdCode(clipped(c.text(&move))), mdCode(clipped(move.where())), move.How, by(&move))
			}
		}
	}
	if len(d.Modules) > 0 {
		m.heading("modules")
	}
	for _, c := range d.Modules {
		m.item("%s: %s", c.Change, mdCode(clipped(strings.TrimSpace(c.text()+" "+c.Path))))
	}
	if len(d.Lines) > 0 {
		m.heading("lines")
	}
	for _, l := range d.Lines {
		m.item("%s: %s", mdCode(clipped(place(l.Position))), mdCode(clipped(l.Text)))
	}
	if len(d.Gaps) > 0 {
		m.heading("incomplete")
	}
	for _, g := range d.Gaps {
		m.item("%s", mdCode(clipped(g.text())))
	}
	m.end()
	_, err := io.WriteString(w, m.b.String())
	return err
}

func by(m *VersionMove) string {
	if cause := m.cause(); cause != "" {
		return ": " + mdCode(clipped(cause))
	}
	return ""
}
