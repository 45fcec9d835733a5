package workspace

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"
)

// A lineKind says what stands on a line of a go.mod or go.work file. The format is one of lines: no statement shares a
// line with another, so lines are all that an edit has to move.
type lineKind int

const (
	lineBlank lineKind = iota
	lineComment
	lineItem  // a directive: "require a v1.0.0", or "a v1.0.0" in a block
	lineOpen  // "require ("
	lineClose // ")"
	lineEmpty // "require ()"
)

// An extent is a part of a line, in bytes.
type extent struct{ from, to int }

// A textLine is one line of the file.
type textLine struct {
	text  string // without its end
	eol   string // "\n" or "\r\n"; "" if the file ends here
	kind  lineKind
	verb  string   // of an item, also of one in a block, and of a block's first line
	block bool     // the item stands in a block
	args  []extent // the words of an item behind its verb
	note  extent   // the suffix comment from its "//" on; empty if there is none
	added bool     // by this Apply
}

// A document is a file as lines.
type document struct {
	lines   []*textLine
	eol     string // of new lines that have no neighbour
	noFinal bool   // the last line has no end
	settled bool   // the file stands as the go command would write it
}

// newDocument cuts the text that the syntax tree was made from into lines. Only the tree's line numbers are used: its
// words are no longer those of the file.
func newDocument(data []byte, syntax *modfile.FileSyntax) *document {
	d := &document{eol: "\n"}
	for rest := string(data); rest != ""; {
		l := &textLine{}
		i := strings.IndexByte(rest, '\n') + 1
		if i == 0 {
			i, d.noFinal = len(rest), true
		} else {
			l.eol = "\n"
		}
		l.text, rest = strings.TrimSuffix(rest[:i], "\n"), rest[i:]
		if l.eol != "" && strings.HasSuffix(l.text, "\r") {
			l.text, l.eol = strings.TrimSuffix(l.text, "\r"), "\r\n"
		}
		if strings.TrimSpace(l.text) != "" {
			l.kind = lineComment
		}
		d.lines = append(d.lines, l)
	}
	if len(d.lines) > 0 && d.lines[0].eol != "" {
		d.eol = d.lines[0].eol
	}
	for _, x := range syntax.Stmt {
		switch x := x.(type) {
		case *modfile.Line:
			d.lines[x.Start.Line-1].classify(lineItem, x.Token[0], false)
		case *modfile.LineBlock:
			d.classifyBlock(x)
		}
	}
	return d
}

func (d *document) classifyBlock(x *modfile.LineBlock) {
	open, end := d.lines[x.Start.Line-1], d.lines[x.RParen.Pos.Line-1]
	if open == end {
		open.classify(lineEmpty, x.Token[0], false)
		return
	}
	open.classify(lineOpen, x.Token[0], false)
	end.classify(lineClose, x.Token[0], false)
	for _, l := range x.Line {
		d.lines[l.Start.Line-1].classify(lineItem, x.Token[0], true)
	}
}

func (l *textLine) classify(kind lineKind, verb string, block bool) {
	l.kind, l.verb, l.block = kind, verb, block
	l.setText(l.text)
}

// setText gives the line a new text of the same kind.
func (l *textLine) setText(text string) {
	l.text = text
	l.args, l.note = lexLine(text)
	if l.kind == lineItem && !l.block {
		l.args = l.args[1:] // the verb
	}
}

// lexLine returns the words of a line that parses, and its suffix comment, where the lexer of modfile finds them.
func lexLine(text string) (words []extent, note extent) {
	for i := 0; i < len(text); {
		from := i
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\r':
			i++
			continue
		case strings.HasPrefix(text[i:], "//"):
			return words, extent{i, len(text)}
		case strings.IndexByte("()[]{},", c) >= 0:
			i++
		case c == '"' || c == '`':
			i = endOfString(text, i)
		default:
			for i < len(text) && strings.IndexByte(" \t\r()[]{},", text[i]) < 0 && !strings.HasPrefix(text[i:], "//") {
				i++
			}
		}
		words = append(words, extent{from, i})
	}
	return words, extent{}
}

// endOfString returns the offset behind the string that begins at text[i].
func endOfString(text string, i int) int {
	quote := text[i]
	for i++; i < len(text); i++ {
		if text[i] == quote {
			return i + 1
		}
		if text[i] == '\\' && quote == '"' {
			i++
		}
	}
	return len(text)
}

// arg returns the i-th word behind the verb without its quotes, "" if there are fewer.
func (l *textLine) arg(i int) string {
	if i >= len(l.args) {
		return ""
	}
	word := l.text[l.args[i].from:l.args[i].to]
	if strings.HasPrefix(word, `"`) {
		if s, err := strconv.Unquote(word); err == nil {
			return s
		}
	}
	return word
}

// setArgs puts words in the place of the words first to last behind the verb. A single word stays quoted if it was
// without need.
func (l *textLine) setArgs(first, last int, words ...string) {
	from, to := l.args[first].from, l.args[last].to
	quoted := first == last && l.text[from] == '"' && !modfile.MustQuote(l.arg(first))
	for i, w := range words {
		words[i] = modfile.AutoQuote(w)
	}
	if quoted && len(words) == 1 && words[0][0] != '"' {
		words[0] = strconv.Quote(words[0])
	}
	l.setText(l.text[:from] + strings.Join(words, " ") + l.text[to:])
}

// comment returns the suffix comment with its "//", "" if there is none.
func (l *textLine) comment() string { return l.text[l.note.from:l.note.to] }

// setComment replaces the suffix comment. "" takes it away with the space before it.
func (l *textLine) setComment(note string) {
	end := l.args[len(l.args)-1].to
	switch {
	case note == "":
		l.setText(l.text[:end])
	case l.comment() == "":
		l.setText(l.text[:end] + " " + note + l.text[end:])
	default:
		l.setText(l.text[:l.note.from] + note)
	}
}

// body returns what a line of a block holds from its first word on.
func (l *textLine) body() string { return l.text[l.args[0].from:] }

func (l *textLine) indent() string {
	return l.text[:len(l.text)-len(strings.TrimLeft(l.text, " \t\r"))]
}

// insert puts new lines before the i-th one, with the line ends used there.
func (d *document) insert(i int, lines ...*textLine) {
	eol := d.eol
	if i > 0 && d.lines[i-1].eol != "" {
		eol = d.lines[i-1].eol
	}
	for _, l := range lines {
		l.eol, l.added = eol, true
		if l.kind == lineItem {
			l.setText(l.text)
		}
	}
	d.lines = slices.Insert(d.lines, i, lines...)
}

// cut takes the lines from i up to j out, with the blank lines on one side if there would be blank lines or nothing on
// both.
func (d *document) cut(i, j int) {
	isBlank := func(k int) bool { return k >= 0 && k < len(d.lines) && d.lines[k].kind == lineBlank }
	top := i == 0 || d.lines[i-1].kind == lineOpen
	bottom := j == len(d.lines) || d.lines[j].kind == lineClose
	switch {
	case isBlank(j) && (top || isBlank(i-1)):
		for isBlank(j) {
			j++
		}
	case bottom && isBlank(i-1):
		for isBlank(i - 1) {
			i--
		}
	}
	d.lines = slices.Delete(d.lines, i, j)
}

// bytes returns the text of the file.
func (d *document) bytes() []byte {
	var b strings.Builder
	for i, l := range d.lines {
		eol := l.eol
		if last := i == len(d.lines)-1; last && d.noFinal {
			eol = ""
		} else if eol == "" {
			eol = d.eol
		}
		b.WriteString(l.text)
		b.WriteString(eol)
	}
	return []byte(b.String())
}
