package workspace

import (
	"slices"
	"strings"
)

// settle brings an edited file that stood as the go command would write it into that form again: one block for
// requirements of both kinds becomes two, there are no blank lines between bare require lines of a block, and no block
// of one line.
func (d *document) settle() {
	d.split()
	for i := len(d.lines) - 2; i > 0; i-- {
		next := d.lines[i+1]
		if d.lines[i].kind == lineBlank && d.lines[i-1].kind == lineItem && next.kind == lineItem && next.block &&
			next.verb == "require" {
			d.lines = slices.Delete(d.lines, i, i+1)
		}
	}
	for _, s := range slices.Backward(d.stmts()) {
		if s.block && len(s.items) > 0 {
			d.reindent(s.items[len(s.items)-1]+1, s.last, d.lines[s.first].indent())
		}
		if s.block && len(s.items) == 1 {
			d.collapse(s)
		}
	}
}

// reindent gives the comment lines from i up to j an indent. The go command gives those behind the last line of a block
// that of its parentheses.
func (d *document) reindent(i, j int, indent string) {
	for _, l := range d.lines[i:j] {
		l.text = indent + strings.TrimLeft(l.text, " \t")
	}
}

// split moves the indirect requirements into a block of their own if the file's only require statement is a block
// without comments above it that holds both kinds.
func (d *document) split() {
	list := d.stmts("require")
	if len(list) != 1 || !list[0].block || !d.separate() || d.head(list[0].first) != list[0].first {
		return
	}
	s := list[0]
	if n := d.count(s, true); n == 0 || n == len(s.items) {
		return
	}
	var direct, indirect, group []*textLine // a group is a line with all that stands above it
	for _, l := range d.lines[s.first+1 : s.last] {
		switch group = append(group, l); {
		case l.kind != lineItem:
		case l.isIndirect():
			indirect, group = append(indirect, group...), nil
		default:
			direct, group = append(direct, group...), nil
		}
	}
	d.insert(s.last+1, &textLine{}, &textLine{kind: lineOpen, verb: "require", text: "require ("},
		&textLine{kind: lineClose, verb: "require", text: ")"})
	end := d.lines[s.last:]
	d.lines = slices.Concat(d.lines[:s.first+1], withoutTopBlanks(append(direct, group...)), end[:3],
		withoutTopBlanks(indirect), end[3:])
}

func withoutTopBlanks(lines []*textLine) []*textLine {
	for len(lines) > 0 && lines[0].kind == lineBlank {
		lines = lines[1:]
	}
	return lines
}

// collapse makes a block of one line a single line, unless a comment would be lost or get another meaning.
func (d *document) collapse(s stmt) {
	i := s.items[0]
	if i != s.last-1 || d.lines[s.first].comment() != "" || d.lines[s.last].comment() != "" {
		return
	}
	indent := d.lines[s.first].indent()
	d.reindent(s.first+1, i, indent)
	l := d.lines[i]
	l.block = false
	l.setText(indent + l.verb + " " + l.text[l.args[0].from:])
	d.lines = slices.Delete(d.lines, s.last, s.last+1)
	d.lines = slices.Delete(d.lines, s.first, s.first+1)
}
