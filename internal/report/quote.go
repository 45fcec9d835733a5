package report

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// A quoter shows lines of files with what is said of them underneath.
type quoter struct {
	*page
	source func(string) ([]byte, error)
	files  map[string]quotedFile
}

type quotedFile struct {
	lines []string
	err   error
}

var errNoLine = errors.New("the file has no such line any more")

// lineOf returns a line of a file without its end.
func (q *quoter) lineOf(file string, number int) (string, error) {
	f, ok := q.files[file]
	if !ok {
		data, err := q.source(file)
		f = quotedFile{lines: strings.Split(string(data), "\n"), err: err}
		if err != nil {
			f.lines = nil
		}
		q.files[file] = f
	}
	switch {
	case f.err != nil:
		return "", f.err
	case number > len(f.lines):
		return "", errNoLine
	}
	return strings.TrimSuffix(f.lines[number-1], "\r"), nil
}

// quotable reports whether a line is worth to be quoted. That of a sums file is not: a hash says nothing, and its label
// says what differs.
func (q *quoter) quotable(s *Span) bool {
	return q.source != nil && s.Line > 0 && s.File != "" && path.Ext(s.File) != ".sum"
}

// quote shows a place: its name, the line, and a mark beneath the part that is meant, with the label. Gutter is the
// width of the line numbers.
func (q *quoter) quote(s *Span, mark rune, style style, gutter int) {
	q.text("  %s", place(s.Position))
	if !q.quotable(s) {
		if s.Label != "" {
			q.prose("    ", "    ", s.Label)
		}
		return
	}
	number := q.pad("", gutter-len(strconv.Itoa(s.Line))) + strconv.Itoa(s.Line)
	line, err := q.lineOf(s.File, s.Line)
	if err != nil {
		q.text("%s | (cannot be quoted: %v)", number, err)
		if s.Label != "" {
			q.prose(q.pad("", gutter)+" | ", q.pad("", gutter)+" | ", s.Label)
		}
		return
	}
	x := q.excerpt(line, s.Position, q.room(gutter))
	q.text("%s | %s", number, x.text)
	q.underline(x, s.Label, mark, style, gutter)
}

// room is how many columns are left for a quoted line beside its gutter; 0 is no limit.
func (q *quoter) room(gutter int) int {
	if q.cut == 0 {
		return 0
	}
	return max(q.cut-gutter-len(" | "), minWidth/2)
}

// underline marks a part of the line above. The label stands beside the mark; where there is no room, below it.
func (q *quoter) underline(x excerpt, label string, mark rune, style style, gutter int) {
	bar := q.pad("", gutter) + " | "
	marks := strings.Repeat(string(mark), x.to-x.from)
	lead, room := bar+strings.Repeat(" ", x.from), q.room(gutter)
	width := q.cells(label)
	if label == "" || room == 0 || x.to+1+width <= room {
		q.line(piece{text: lead}, piece{marks, style}, piece{text: strings.TrimRight(" "+label, " ")})
		return
	}
	q.line(piece{text: lead}, piece{marks, style})
	if width <= room {
		q.text("%s%s%s", bar, strings.Repeat(" ", min(x.from, room-width)), label)
		return
	}
	q.prose(bar, bar, label)
}

// An excerpt is a line as it is shown, and the columns of the part that is meant.
type excerpt struct {
	text     string
	from, to int
}

// A cell is a character as it is shown.
type cell struct {
	text  string
	width int
}

// excerpt shows a line: tabs are four columns wide, what cannot be seen is escaped, and of a line wider than room (0:
// no limit) the part around the place is taken.
func (q *quoter) excerpt(line string, pos Position, room int) excerpt {
	cells, x := q.spread(strings.TrimRight(line, " \t"), pos)
	total := 0
	for _, c := range cells {
		total += c.width
	}
	if room == 0 || total <= room {
		for _, c := range cells {
			x.text += c.text
		}
		return x
	}
	return window(cells, x, room)
}

// tabWidth is how far tabs are apart in quoted lines.
const tabWidth = 4

// spread turns a line into cells and finds the columns of the place in it. If only the line is known, the place is all
// of it; if its end is not known, it is one character.
func (q *quoter) spread(line string, pos Position) ([]cell, excerpt) {
	start, end := pos.Col-1, pos.End-1
	if start < 0 {
		start, end = len(line)-len(strings.TrimLeft(line, " \t")), len(line)
	}
	start = min(start, len(line))
	end = min(max(end, start+1), max(len(line), start+1))
	var cells []cell
	x := excerpt{from: -1, to: -1}
	column := 0
	for i := 0; i < len(line); {
		text, size := escapeNext(line, i)
		if line[i] == '\t' {
			text = strings.Repeat(" ", tabWidth-column%tabWidth)
		}
		c := cell{text, q.cells(text)}
		if x.from < 0 && i+size > start {
			x.from = column
		}
		column += c.width
		if x.to < 0 && i+size >= end {
			x.to = column
		}
		cells = append(cells, c)
		i += size
	}
	if x.from < 0 {
		x.from = column
	}
	x.to = max(x.to, x.from+1)
	return cells, x
}

// cutMark stands where a quoted line was cut.
const cutMark = "..."

// window takes the part of a line that shows the place and has at most room columns.
func window(cells []cell, x excerpt, room int) excerpt {
	first, column := 0, 0
	for column < x.from && x.to-column > room-2*len(cutMark) && x.to > room-len(cutMark) {
		column += cells[first].width
		first++
	}
	text, used := "", 0
	if first > 0 {
		text, used = cutMark, len(cutMark)
	}
	shift, rest := column-used, 0
	for _, c := range cells[first:] {
		rest += c.width
	}
	for _, c := range cells[first:] {
		if used+rest > room && used+c.width > room-len(cutMark) {
			text += cutMark
			break
		}
		text += c.text
		used += c.width
		rest -= c.width
	}
	from := x.from - shift
	return excerpt{text, from, max(min(x.to-shift, used), from+1)}
}

// place names a position: "go.mod:7:2".
func place(p Position) string {
	s := p.File
	if p.Line > 0 {
		s += ":" + strconv.Itoa(p.Line)
		if p.Col > 0 {
			s += ":" + strconv.Itoa(p.Col)
		}
	}
	if s == "" {
		return "(no place)"
	}
	return s
}

// gutterOf returns the width of the line numbers of spans, with a space before them.
func gutterOf(spans ...[]Span) int {
	widest := 2
	for _, list := range spans {
		for _, s := range list {
			widest = max(widest, len(fmt.Sprint(s.Line)))
		}
	}
	return widest + 1
}
