package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Options say how something is shown. The zero value is plain text for a place of unknown width.
type Options struct {
	// Width is that of the place in columns. 0 if nobody knows it: text is folded at 80, and no quoted line is cut.
	Width int
	// Color marks the severity and what is underlined. Without it nothing is lost.
	Color bool
	// Quiet leaves the last line alone, which says the verdict.
	Quiet bool
	// Verbose cuts no list, and shows what is excepted, not evaluated, outside.
	Verbose bool
	// Source returns a file of the tree that was judged, by its path relative to the root; places are quoted from it. Nil:
	// places are named and not quoted.
	Source func(file string) ([]byte, error)
}

// formats are the ways to write a report.
func formats() map[string]func(io.Writer, *Report, Options) error {
	return map[string]func(io.Writer, *Report, Options) error{
		"text": writeText,
		"json": func(w io.Writer, r *Report, _ Options) error { return writeJSON(w, r) },
	}
}

// Formats returns the names that Write takes, sorted.
func Formats() []string { return slices.Sorted(maps.Keys(formats())) }

// Write writes a report in a format: "text" or "json". The error is that of the writer, or says that the format is
// unknown.
func Write(w io.Writer, format string, r *Report, o Options) error {
	write := formats()[format]
	if write == nil {
		return fmt.Errorf("unknown report format %q: one of %s is needed", format, strings.Join(Formats(), ", "))
	}
	return write(w, r, o)
}
