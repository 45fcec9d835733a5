package policy

import (
	"strings"

	"go.yaml.in/yaml/v4"
)

// remove takes the marked exceptions out.
func (t *policyText) remove(marked []bool) error {
	all := true
	for _, m := range marked {
		all = all && m
	}
	switch {
	case len(marked) == 0:
		return nil
	case t.list.Kind != yaml.SequenceNode || len(t.list.Content) != len(marked):
		return notEditable("the list of exceptions is an alias")
	case isFlow(t.list) && all:
		from := t.offset(t.list)
		to := flowEnd(t.text, from)
		if to < 0 || t.text[from] != '[' {
			return notEditable("the list of exceptions is not a plain one")
		}
		t.cut(from, to, "[]")
		return nil
	case isFlow(t.list):
		return t.removeFlow(marked)
	}
	for i, m := range marked {
		if !m {
			continue
		}
		if err := t.removeBlock(i); err != nil {
			return err
		}
	}
	if all {
		pos := t.src.pair(t.key, t.list)
		colon := t.starts[pos.Line-1] + pos.End - 1
		if rest := t.text[colon:]; !strings.HasPrefix(rest, ":") {
			return notEditable("the key of the exceptions is not a plain one")
		}
		t.cut(colon+1, colon+1, " []")
	}
	return nil
}

// removeBlock takes out the lines of an item that begins with a dash.
func (t *policyText) removeBlock(i int) error {
	first, last, err := t.itemLines(i)
	if err != nil {
		return err
	}
	above := t.key.Line // the last line that is not this item's
	if i > 0 {
		if _, above, err = t.itemLines(i - 1); err != nil {
			return err
		}
	}
	first = t.commentsAbove(first, above, t.list.Column-1)
	if first-1 > above && isBlank(t.src.line(first-1)) && isBlank(t.src.line(last+1)) {
		first-- // of two blank lines that would meet, one goes
	}
	t.cut(t.lineStart(first), t.lineStart(last+1), "")
	return nil
}

// commentsAbove returns the first of the comment lines at an indentation that stand directly above a line, below the
// line above; the line itself if there are none.
func (t *policyText) commentsAbove(line, above, indent int) int {
	for line-1 > above && isComment(t.src.line(line-1)) && indentOf(t.src.line(line-1)) == indent {
		line--
	}
	return line
}

// itemLines returns the first and the last line of an item of a block list. Comments that are indented more than its
// dash belong to it, blank lines and other comments at its end do not.
func (t *policyText) itemLines(i int) (first, last int, err error) {
	dash := t.list.Column - 1
	first = t.dashLine(i)
	if first == 0 {
		return 0, 0, notEditable("the - of an exception does not stand on a line of its own")
	}
	last = t.sectionEnd()
	if i+1 < len(t.list.Content) {
		last = t.dashLine(i+1) - 1
	}
	for line := t.src.line(last); last > first; line = t.src.line(last) {
		if !isBlank(line) && (!isComment(line) || indentOf(line) > dash) {
			break
		}
		last--
	}
	return first, last, nil
}

// dashLine returns the line on which the dash of an item stands, 0 if it is not found.
func (t *policyText) dashLine(i int) int {
	col := t.list.Column - 1
	for n := t.list.Content[i].Line; n >= t.list.Line; n-- {
		line := t.src.line(n)
		if indentOf(line) == col && (line[col:] == "-" || strings.HasPrefix(line[col:], "- ")) {
			return n
		}
	}
	return 0
}

// sectionEnd is the last line before the section that follows the exceptions, or before the end of the document.
func (t *policyText) sectionEnd() int {
	for i := 0; i < len(t.root.Content); i += 2 {
		if t.root.Content[i].Line > t.key.Line {
			return t.root.Content[i].Line - 1
		}
	}
	return t.documentEnd()
}

// documentEnd is the last line before the mark that ends the document, or the last of all.
func (t *policyText) documentEnd() int {
	for n := t.root.Line; n <= len(t.src.lines); n++ {
		if line := t.src.line(n); line == "..." || strings.HasPrefix(line, "... ") {
			return n - 1
		}
	}
	return len(t.src.lines)
}

// removeFlow takes some items, but not all, out of a list in brackets.
func (t *policyText) removeFlow(marked []bool) error {
	spans := make([]cut, len(marked))
	for i, n := range t.list.Content {
		from, to := t.flowSpan(n)
		if to < 0 {
			return notEditable("line %d: an exception in brackets is not {...}", n.Line)
		}
		spans[i] = cut{from: from, to: to}
	}
	for a := 0; a < len(marked); a++ {
		if !marked[a] {
			continue
		}
		if first, last, ok := t.ownLines(spans[a]); ok {
			t.cut(t.lineStart(first), t.lineStart(last+1), "")
			continue
		}
		b := a // the last of a run
		for b+1 < len(marked) && marked[b+1] {
			if _, _, ok := t.ownLines(spans[b+1]); ok {
				break
			}
			b++
		}
		t.removeRun(spans, a, b)
		a = b
	}
	return nil
}

// flowSpan returns where an item in brackets begins and ends, -1 if it is none.
func (t *policyText) flowSpan(n *yaml.Node) (from, to int) {
	from = t.offset(n)
	switch t.text[from] {
	case '{':
		return from, flowEnd(t.text, from)
	case '*':
		return from, from + 1 + len(n.Value)
	}
	return from, -1
}

// ownLines returns the lines of an item that shares them with no other, and the comments above it.
func (t *policyText) ownLines(span cut) (first, last int, ok bool) {
	for first = len(t.starts); t.starts[first-1] > span.from; first-- {
	}
	for last = first; last < len(t.starts) && t.starts[last] < span.to; last++ {
	}
	rest := strings.TrimLeft(strings.TrimPrefix(strings.TrimLeft(t.text[span.to:t.lineStart(last+1)], " \t"), ","), " \t")
	if !isBlank(t.text[t.starts[first-1]:span.from]) || !isBlank(rest) && rest[0] != '#' {
		return 0, 0, false
	}
	indent := indentOf(t.src.line(first))
	return t.commentsAbove(first, t.list.Line, indent), last, true
}

// removeRun takes out items that stand one after the other on lines that others are on, too.
func (t *policyText) removeRun(spans []cut, a, b int) {
	from, to := spans[a].from, spans[b].to
	if b+1 < len(spans) {
		next := spans[b+1].from
		if between := t.text[to:next]; strings.Contains(between, "\n") {
			next = to + strings.IndexByte(between, ',') + 1
		}
		t.cut(from, next, "")
		return
	}
	if before := spans[a-1].to; !strings.Contains(t.text[before:from], "\n") {
		from = before
	}
	t.cut(from, to, "")
}
