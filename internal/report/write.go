package report

import (
	"fmt"
	"io"
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

// Formats returns the formats of a kind of document, that by default first. The kinds are "check", "fix", "get", "list",
// "graph", "why", "diff", "affected", "doctor", "exceptions", "suggest" and "policy", as in the key document of what is
// written.
func Formats(document string) []string {
	switch document {
	case "graph":
		return []string{"modgraph", "dot", "json"}
	case "diff":
		return []string{"text", "json", "markdown"}
	case "affected":
		return []string{"text", "plain", "json", "github-matrix", "gitlab", "buildkite"}
	}
	return []string{"text", "json"}
}

// checkFormat refuses a format that a kind of document does not have.
func checkFormat(document, format string) error {
	known := Formats(document)
	if slices.Contains(known, format) {
		return nil
	}
	return fmt.Errorf("unknown %s format %q: one of %s is needed", document, format, strings.Join(known, ", "))
}

// Write writes a report in one of the formats of "check". The error is that of the writer, or says that the format is
// unknown.
func Write(w io.Writer, format string, r *Report, o Options) error {
	if err := checkFormat("check", format); err != nil {
		return err
	}
	if format == "json" {
		return writeJSON(w, r)
	}
	return writeText(w, r, o)
}
