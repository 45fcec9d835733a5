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
		pos, other := newPosition(e.Pos), newPosition(e.Other)
		if e.Pos.Line == 0 {
			pg.text("  %s", place(pos))
			if e.Hint != "" {
				pg.prose("  ", "  ", e.Hint)
			}
		} else {
			// The quoter finds the lines where they would be in the file; the others are not needed.
			lines := make([]string, max(pos.Line, other.Line))
			lines[pos.Line-1] = e.Line
			if other.Line > 0 {
				lines[other.Line-1] = e.OtherLine
			}
			q := &quoter{page: pg, source: func(string) ([]byte, error) { return nil, errNoLine },
				files: map[string]quotedFile{pos.File: {lines: lines}}}
			gutter := max(3, len(strconv.Itoa(len(lines))))
			q.quote(&Span{Position: pos, Label: e.Hint}, '^', errorStyle, gutter)
			if other.Line > 0 {
				q.quote(&Span{Position: other, Label: "the other place"}, '-', policyStyle, gutter)
			}
		}
		pg.blank()
	}
	if errs.More > 0 {
		pg.text("and %d more errors", errs.More)
	}
	return pg.writeTo(w)
}
