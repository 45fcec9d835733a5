package report

import (
	"fmt"
	"io"
	"strings"
)

// maxMarkdownLines is how many lines of one kind Markdown shows: comments and step summaries have limits.
const maxMarkdownLines = 200

// writeDiffMarkdown writes a comparison as Markdown for a comment or a step summary.
func writeDiffMarkdown(w io.Writer, d *VersionDiff) error {
	m := &markdownList{}
	m.line("%s", codeSpan(clipped(d.closing())))
	m.line("")
	m.line("Compared: %s", codeSpan(clipped(strings.TrimPrefix(d.headline(), "modgov: "))))
	for _, g := range d.groups() {
		m.heading(g.heading)
		for i := range g.changes {
			c := &g.changes[i]
			for _, move := range c.lines() {
				m.item("%s in %s, %s%s", codeSpan(clipped(c.text(&move))), codeSpan(clipped(move.where())), move.How, by(&move))
			}
		}
	}
	if len(d.Modules) > 0 {
		m.heading("modules")
	}
	for _, c := range d.Modules {
		m.item("%s: %s", c.Change, codeSpan(clipped(strings.TrimSpace(c.text()+" "+c.Path))))
	}
	if len(d.Lines) > 0 {
		m.heading("lines")
	}
	for _, l := range d.Lines {
		m.item("%s: %s", codeSpan(clipped(place(l.Position))), codeSpan(clipped(l.Text)))
	}
	if len(d.Gaps) > 0 {
		m.heading("incomplete")
	}
	for _, g := range d.Gaps {
		m.item("%s", codeSpan(clipped(g.text())))
	}
	m.end()
	_, err := io.WriteString(w, m.b.String())
	return err
}

func by(m *VersionMove) string {
	if cause := m.cause(); cause != "" {
		return ": " + codeSpan(clipped(cause))
	}
	return ""
}

// A markdownList is Markdown made of headings and items, cut where a heading has too many.
type markdownList struct {
	b     strings.Builder
	items int
}

func (m *markdownList) line(format string, args ...any) { fmt.Fprintf(&m.b, format+"\n", args...) }

func (m *markdownList) heading(text string) {
	m.end()
	m.line("")
	m.line("### %s", text)
	m.line("")
}

func (m *markdownList) item(format string, args ...any) {
	if m.items++; m.items <= maxMarkdownLines {
		m.line("- "+format, args...)
	}
}

// end counts what was left out under the last heading.
func (m *markdownList) end() {
	if n := m.items - maxMarkdownLines; n > 0 {
		m.line("- %s", countMore(n))
	}
	m.items = 0
}

// codeSpan makes a text literal in Markdown, whatever stands in it; in a table its bars would have to go.
func codeSpan(s string) string {
	if s = Escape(s); s == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}
