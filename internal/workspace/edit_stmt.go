package workspace

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// A stmt is a statement: a single line, or a block with its items. It holds indexes into document.lines and is out of
// date as soon as lines come or go.
type stmt struct {
	verb        string
	first, last int
	items       []int
	block       bool
}

// stmts returns the statements with one of the verbs in file order, all of them if no verb is given. Blocks written
// "verb ()" are left out: nothing can be put into them.
func (d *document) stmts(verbs ...string) []stmt {
	var all []stmt
	for i, l := range d.lines {
		switch {
		case l.kind == lineOpen:
			all = append(all, stmt{verb: l.verb, first: i, block: true})
		case l.kind == lineItem && !l.block:
			all = append(all, stmt{verb: l.verb, first: i, last: i, items: []int{i}})
		case l.kind == lineItem:
			s := &all[len(all)-1]
			s.items = append(s.items, i)
		case l.kind == lineClose:
			all[len(all)-1].last = i
		}
	}
	if len(verbs) == 0 {
		return all
	}
	return slices.DeleteFunc(all, func(s stmt) bool { return !slices.Contains(verbs, s.verb) })
}

// lastStmt returns the last of the statements that ok accepts, nil if there is none.
func lastStmt(list []stmt, ok func(stmt) bool) *stmt {
	for i := range slices.Backward(list) {
		if ok(list[i]) {
			return &list[i]
		}
	}
	return nil
}

// lastOf returns the last statement with one of the verbs, nil if there is none.
func (d *document) lastOf(verbs ...string) *stmt {
	return lastStmt(d.stmts(verbs...), func(stmt) bool { return true })
}

// header returns the last of the statements that stand before all others.
func (d *document) header() *stmt { return d.lastOf("module", "go", "toolchain", "godebug") }

// items returns the lines with the verb, single and in blocks, in file order.
func (d *document) items(verb string) []*textLine {
	var out []*textLine
	for _, l := range d.lines {
		if l.kind == lineItem && l.verb == verb {
			out = append(out, l)
		}
	}
	return out
}

// head returns the first of the comment lines directly above line i, i itself if there are none.
func (d *document) head(i int) int {
	for i > 0 && d.lines[i-1].kind == lineComment {
		i--
	}
	return i
}

// drop takes lines out, each with the comments directly above it and with its block if that holds nothing else.
func (d *document) drop(lines []*textLine) {
	for _, l := range lines {
		i := slices.Index(d.lines, l)
		from, to := d.head(i), i+1
		if s := d.stmtOf(l); s.block && d.isAll(s, from, to) {
			from, to = d.head(s.first), s.last+1
		}
		d.cut(from, to)
	}
}

// stmtOf returns the statement that holds the item.
func (d *document) stmtOf(l *textLine) stmt {
	i := slices.Index(d.lines, l)
	return *lastStmt(d.stmts(), func(s stmt) bool { return s.first <= i && i <= s.last })
}

// isAll reports whether the lines from i up to j are all that the block says.
func (d *document) isAll(s stmt, i, j int) bool {
	for k := s.first; k <= s.last; k++ {
		l := d.lines[k]
		inside := k > s.first && k < s.last
		if (k < i || k >= j) && (inside && l.kind != lineBlank || l.comment() != "") {
			return false
		}
	}
	return true
}

// A home is where a new line goes. Without a statement it is the end of the file.
type home struct {
	stmt *stmt
	how  int
}

const (
	joinStmt   = iota // into a block, or beside a single line, of the same kind
	beforeStmt        // in front of a statement of another kind
	afterStmt         // behind it
)

// put adds a line "verb body".
func (d *document) put(verb, body string, h home) {
	single := &textLine{kind: lineItem, verb: verb, text: verb + " " + body}
	switch {
	case h.stmt == nil:
		d.putStmt(len(d.lines), single)
	case h.how == joinStmt && h.stmt.block:
		d.putItem(*h.stmt, body)
	case h.how == joinStmt && d.canOpen(*h.stmt):
		d.putItem(d.open(*h.stmt), body)
	case h.how == beforeStmt && d.isTight(*h.stmt):
		d.insert(d.head(h.stmt.first), single)
	case h.how == beforeStmt:
		d.putStmt(d.head(h.stmt.first), single)
	case d.isTight(*h.stmt):
		d.insert(h.stmt.last+1, single)
	default:
		d.putStmt(h.stmt.last+1, single)
	}
}

// putStmt adds a single line before line i with a blank line on each side, as the go command writes statements.
func (d *document) putStmt(i int, single *textLine) {
	lines := []*textLine{single}
	if i > 0 && d.lines[i-1].kind != lineBlank {
		lines = slices.Insert(lines, 0, &textLine{})
	}
	if i < len(d.lines) && d.lines[i].kind != lineBlank {
		lines = append(lines, &textLine{})
	}
	d.insert(i, lines...)
}

// isTight reports whether a single line touches another statement: the file has no blank lines between them.
func (d *document) isTight(s stmt) bool {
	touches := func(i int) bool {
		return i >= 0 && i < len(d.lines) && d.lines[i].kind != lineBlank && d.lines[i].kind != lineComment
	}
	return !s.block && (touches(s.first-1) || touches(s.first+1))
}

// canOpen reports whether a single line may become a block to take another line: the go command does that, and the
// lines that were added together belong together. Elsewhere the author's single lines stay. A bare parenthesis, which
// may stand on a single line, would end the block.
func (d *document) canOpen(s stmt) bool {
	l := d.lines[s.first]
	return (d.settled || l.added) && !d.isTight(s) && d.head(s.first) == s.first && l.text[l.args[0].from] != ')'
}

// open makes a single line a block.
func (d *document) open(s stmt) stmt {
	l := d.lines[s.first]
	indent := l.indent()
	l.block = true
	l.setText(indent + "\t" + l.text[l.args[0].from:])
	d.insert(s.first+1, &textLine{kind: lineClose, verb: s.verb, text: indent + ")"})
	d.insert(s.first, &textLine{kind: lineOpen, verb: s.verb, text: indent + s.verb + " ("})
	return stmt{verb: s.verb, first: s.first, last: s.first + 2, items: []int{s.first + 1}, block: true}
}

// putItem adds a line to a block: in its sorted place if the block is sorted, else as the last one.
func (d *document) putItem(s stmt, body string) {
	l := &textLine{kind: lineItem, verb: s.verb, block: true}
	l.setText(body)
	n := len(s.items)
	if slices.IsSortedFunc(s.items, func(i, j int) int { return compareItems(d.lines[i], d.lines[j]) }) {
		n = 0
		for n < len(s.items) && compareItems(d.lines[s.items[n]], l) <= 0 {
			n++
		}
	}
	at, indent := s.last, d.lines[s.first].indent()+"\t"
	switch {
	case len(s.items) == 0:
	case n == 0:
		at, indent = d.head(s.items[0]), d.lines[s.items[0]].indent()
	default:
		at, indent = s.items[n-1]+1, d.lines[s.items[n-1]].indent()
	}
	l.text = indent + body
	d.insert(at, l)
}

// compareItems is the order in which the go command sorts the lines of a block: word by word, as written (modfile,
// SortBlocks).
func compareItems(a, b *textLine) int {
	for i := range min(len(a.args), len(b.args)) {
		if c := strings.Compare(modfile.AutoQuote(a.arg(i)), modfile.AutoQuote(b.arg(i))); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(a.args), len(b.args))
}
