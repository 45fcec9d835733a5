package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/ci"
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
	// Checkout is where the files stand for others to see, for links; the zero value is nowhere.
	Checkout ci.Checkout
	// Room is how many bytes Markdown may take, 0 for as many as a step summary of GitHub is sure to take.
	Room int
	// Source returns a file of the tree that was judged, by its path relative to the root; places are quoted from it. Nil:
	// places are named and not quoted.
	Source func(file string) ([]byte, error)
}

// A reportFormat is a way to write a report.
type reportFormat struct {
	name  string
	write func(io.Writer, *Report, Options) error
}

// reportFormats are the formats of a report, that by default first.
func reportFormats() []reportFormat {
	return []reportFormat{
		{"text", writeText},
		{"json", func(w io.Writer, r *Report, _ Options) error { return writeJSON(w, r) }},
		{"sarif", writeSARIF},
		{"github-sarif", writeGitHubSARIF},
		{"github", writeGitHub},
		{"markdown", writeMarkdown},
		{"gitlab", writeGitLab},
		{"junit", writeJUnit},
		{"checkstyle", writeCheckstyle},
	}
}

// Formats returns the formats of a kind of document, that by default first. The kinds are "check", "fix", "get", "list",
// "graph", "why", "diff", "affected", "run", "report", "doctor", "exceptions", "suggest" and "policy", as in the key
// document of what is written.
func Formats(document string) []string {
	switch document {
	case "check":
		var names []string
		for _, f := range reportFormats() {
			names = append(names, f.name)
		}
		return names
	case "graph":
		return []string{"modgraph", "dot", "json"}
	case "diff":
		return []string{"text", "json", "markdown"}
	case "report":
		return []string{"markdown", "json"}
	case "run":
		return []string{"text", "json", "junit", "markdown"}
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
	formats := reportFormats()
	i := slices.IndexFunc(formats, func(f reportFormat) bool { return f.name == format })
	if i < 0 {
		return checkFormat("check", format)
	}
	return formats[i].write(w, r, o)
}
