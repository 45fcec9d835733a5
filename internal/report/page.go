package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/fatih/color"
	"github.com/mattn/go-runewidth"
)

// defaultWidth is where text is folded if nobody knows how wide the place is.
const defaultWidth = 80

// A style is how a piece of text is marked.
type style int

const (
	plain style = iota
	errorStyle
	warnStyle
	infoStyle
	passStyle
	policyStyle
)

// A piece is text in one style.
type piece struct {
	text  string
	style style
}

// A page collects text for a terminal or a log. All that is written to it is escaped on the way, so nothing from a
// file can reach the terminal as it is, and only the page breaks lines.
type page struct {
	buf    strings.Builder
	width  int // where text is folded
	cut    int // where quoted lines are cut; 0: nowhere
	styles map[style]*color.Color
	chars  runewidth.Condition
}

func newPage(o Options) *page {
	p := &page{width: max(o.Width, minWidth), cut: max(o.Width, minWidth)}
	if o.Width == 0 {
		p.width, p.cut = defaultWidth, 0
	}
	p.chars = runewidth.Condition{StrictEmojiNeutral: true} // not the locale's: the same report everywhere
	if !o.Color {
		return p
	}
	p.styles = map[style]*color.Color{
		errorStyle:  color.New(color.FgRed, color.Bold),
		warnStyle:   color.New(color.FgYellow, color.Bold),
		infoStyle:   color.New(color.FgCyan, color.Bold),
		passStyle:   color.New(color.FgGreen, color.Bold),
		policyStyle: color.New(color.FgBlue, color.Bold),
	}
	for _, c := range p.styles {
		c.EnableColor() // whatever the process thinks of its standard output
	}
	return p
}

// minWidth is the narrowest page: below it nothing could be aligned.
const minWidth = 40

// line writes a line. Spaces at its end are left out.
func (p *page) line(pieces ...piece) {
	for len(pieces) > 0 && strings.TrimRight(pieces[len(pieces)-1].text, " ") == "" {
		pieces = pieces[:len(pieces)-1]
	}
	for i, part := range pieces {
		text := Escape(part.text)
		if i == len(pieces)-1 {
			text = strings.TrimRight(text, " ")
		}
		if c := p.styles[part.style]; c != nil && text != "" {
			text = c.Sprint(text)
		}
		p.buf.WriteString(text)
	}
	p.buf.WriteByte('\n')
}

// text writes a line without marks.
func (p *page) text(format string, args ...any) {
	p.line(piece{text: fmt.Sprintf(format, args...)})
}

// blank writes an empty line, unless the page is empty or ends with one.
func (p *page) blank() {
	if s := p.buf.String(); s != "" && !strings.HasSuffix(s, "\n\n") {
		p.buf.WriteByte('\n')
	}
}

// writeTo sends the page to a writer, at once.
func (p *page) writeTo(w io.Writer) error {
	_, err := io.WriteString(w, p.buf.String())
	return err
}

// cells returns how many columns a text takes, as it will be shown.
func (p *page) cells(s string) int {
	n := 0
	for _, r := range Escape(s) {
		n += p.chars.RuneWidth(r)
	}
	return n
}

// pad fills a text with spaces up to a number of columns.
func (p *page) pad(s string, columns int) string {
	return s + strings.Repeat(" ", max(0, columns-p.cells(s)))
}

// fold joins items with a separator and breaks lines after it where they would be wider than width. An item is never
// broken: names can be copied.
func (p *page) fold(items []string, separator string, width int) []string {
	var lines []string
	line, used := "", 0
	for i, item := range items {
		if i < len(items)-1 {
			item += separator
		}
		n := p.cells(strings.TrimRight(item, " "))
		if line != "" && used+n > width {
			lines = append(lines, strings.TrimRight(line, " "))
			line, used = "", 0
		}
		line += item
		used += p.cells(item)
	}
	return append(lines, line)
}

// foldWords folds prose.
func (p *page) foldWords(s string, width int) []string { return p.fold(strings.Fields(s), " ", width) }

// prose writes a paragraph with a first line and an indent for the others.
func (p *page) prose(first, indent, s string) {
	for i, l := range p.foldWords(s, p.width-max(p.cells(first), p.cells(indent))) {
		if i == 0 {
			p.text("%s%s", first, l)
		} else {
			p.text("%s%s", indent, l)
		}
	}
}

// incomplete writes what could not be found out.
func (p *page) incomplete(what string) {
	p.line(piece{"incomplete", warnStyle}, piece{text: ": " + what})
}

// notes writes a paragraph for each note.
func (p *page) notes(notes []string) {
	for _, n := range notes {
		p.prose("note: ", "      ", n)
	}
}

// maxListLines is how many lines a list of names takes before it is cut.
const maxListLines = 3

// list folds names to a few lines and counts those that are left out; all of them if all is set.
func (p *page) list(names []string, width int, all bool) []string {
	lines := p.fold(names, ", ", width)
	if all || len(lines) <= maxListLines {
		return lines
	}
	shown := p.fitting(names, width*maxListLines)
	for shown > 1 {
		shown--
		rest := fmt.Sprintf("and %d more (-v shows all)", len(names)-shown)
		lines = p.fold(append(slices.Clone(names[:shown]), rest), ", ", width)
		if len(lines) <= maxListLines {
			break
		}
	}
	return lines
}

// fitting returns how many of the names, each with a separator, fit into a number of columns.
func (p *page) fitting(names []string, columns int) int {
	for i, name := range names {
		if columns -= p.cells(name) + len(", "); columns < 0 {
			return max(i, 2)
		}
	}
	return len(names)
}

// table writes rows with aligned columns, two spaces between them, after an indent. The last column is folded where
// the page ends; a column before it is never cut. Rows may differ in length.
func (p *page) table(indent string, rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row[:max(0, len(row)-1)] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], p.cells(cell))
		}
	}
	for _, row := range rows {
		prefix := indent
		for i, cell := range row[:max(0, len(row)-1)] {
			prefix += p.pad(cell, widths[i]) + "  "
		}
		if len(row) == 0 {
			p.blank()
			continue
		}
		room := max(p.width-p.cells(prefix), minWidth/2)
		for i, l := range p.foldWords(row[len(row)-1], room) {
			if i > 0 {
				prefix = strings.Repeat(" ", p.cells(prefix))
			}
			p.text("%s%s", prefix, l)
		}
	}
}
