package report

import (
	"fmt"
	"io"
	"strconv"

	"github.com/modgov/modgov/internal/policy"
)

// WritePolicyErrors shows all that is wrong in a policy file as text: each error with its line, what is meant in it
// underlined, what to do about it, and for a contradiction the second place. Lines come from the errors, not from
// Options.Source.
func WritePolicyErrors(w io.Writer, errs *policy.FileErrors, o Options) error {
	pg := newPage(o)
	for _, e := range errs.Errors {
		pg.line(piece{"error", errorStyle}, piece{text: fmt.Sprintf(": %s", e.Message)})
		q := &quoter{page: pg, source: func(string) ([]byte, error) { return nil, errNoLine }, files: map[string]quotedFile{}}
		pos := newPosition(e.Pos)
		gutter := max(3, len(strconv.Itoa(e.Pos.Line)))
		if e.Pos.Line == 0 {
			pg.text("  %s", place(pos))
		} else {
			// The quoter finds the line where it would be in the file; the lines before it are not needed.
			file := quotedFile{lines: make([]string, e.Pos.Line)}
			file.lines[e.Pos.Line-1] = e.Line
			q.files[e.Pos.File] = file
			q.quote(&Span{Position: pos, Label: e.Hint}, '^', errorStyle, gutter)
		}
		if e.Pos.Line == 0 && e.Hint != "" {
			pg.prose("  ", "  ", e.Hint)
		}
		if e.Other.Line > 0 {
			pg.text("  the other place: %s", place(newPosition(e.Other)))
		}
		pg.blank()
	}
	if errs.More > 0 {
		pg.text("and %d more errors", errs.More)
	}
	return pg.writeTo(w)
}
