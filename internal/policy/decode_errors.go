package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/workspace"
)

// maxFileErrors is how many errors of one file are kept: nobody reads more at once, and a hostile file must not
// grow into a larger report.
const maxFileErrors = 100

// A FileError is one thing that is wrong in a policy or CODEOWNERS file.
type FileError struct {
	Pos     workspace.Position // what to underline; Line is 0 if the whole file is meant
	Line    string             // the text of that line, to be escaped before it is shown
	Message string             // lower case, without the position
	Hint    string             // what to do, "" if there is nothing to say
	Other   workspace.Position // the second place of a contradiction, else zero
	// OtherLine is the text of the line of Other.
	OtherLine string
}

// Error returns "file:line:col: message".
func (e FileError) Error() string {
	return e.Pos.String() + ": " + e.Message
}

// FileErrors is all that is wrong in one file, sorted by line, column and message.
type FileErrors struct {
	Errors []FileError // at most 100
	More   int         // how many were found beyond those
}

// Error returns one line per error, each as FileError.Error has it.
func (e *FileErrors) Error() string {
	var b strings.Builder
	for i, one := range e.Errors {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(one.Error())
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "\n%s: %d more errors", e.Errors[0].Pos.File, e.More)
	}
	return b.String()
}

// add keeps an error, each once: what stands behind an alias is read again at each.
func (e *FileErrors) add(one FileError) {
	if slices.ContainsFunc(e.Errors, func(had FileError) bool { return had.Pos == one.Pos && had.Message == one.Message }) {
		return
	}
	if len(e.Errors) == maxFileErrors {
		e.More++
		return
	}
	e.Errors = append(e.Errors, one)
}

// err returns the sorted errors, nil if there are none.
func (e *FileErrors) err() error {
	if len(e.Errors) == 0 {
		return nil
	}
	slices.SortStableFunc(e.Errors, func(a, b FileError) int {
		return cmp.Or(
			cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col),
			cmp.Compare(a.Message, b.Message),
		)
	})
	return e
}

// A valueError says why a text is not the value that a key takes, and what to write instead.
type valueError struct {
	message, hint string
}

func (e *valueError) Error() string { return e.message }

func badValue(hint, format string, args ...any) error {
	return &valueError{message: fmt.Sprintf(format, args...), hint: hint}
}
