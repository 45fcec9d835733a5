package policy

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/modgov/modgov/internal/workspace"
)

func goModInvalid() *Rule {
	return &Rule{
		Name:       "go-mod-invalid",
		Title:      "A go.mod or go.work file that cannot be read",
		Severity:   Error,
		Layer:      LayerDeclared,
		Since:      "0.1.0",
		Unwaivable: true,
		Doc: `The go.mod file of a governed module, or go.work, has lines that the go command does not take: a syntax error,
an unknown directive, a merge conflict marker, a malformed module path or version. Go refuses every command in such
a module, and a broken go.work stops every command in the workspace. Nothing else can be said of the module: it has
no build list, and other modules that replace it by its directory have none either.

It is reported once per file, with all bad lines. Lines are read strictly, as go reads the files of main modules. A
version that is no canonical version, such as a branch name, is a bad line too: go would have to ask the network
which version it means, and rewrite the line.

To clear it, correct the lines. After a merge, keep what both sides require (of two versions the higher one) and
remove the markers.

It can never be waived, and it fails a check whatever the base says.`,
		Bad: `A merge left its markers behind.
-- go.mod --
module example.com/shop

go 1.25.0

<<<<<<< HEAD
require example.com/log v1.2.0
=======
require example.com/log v1.3.0
>>>>>>> raise-log
`,
		Good: `-- go.mod --
module example.com/shop

go 1.25.0

require example.com/log v1.3.0
`,
		Check: checkGoModInvalid,
	}
}

func checkGoModInvalid(c *checker) []*Finding {
	var out []*Finding
	for _, m := range c.Workspace.Governed() {
		if len(m.Errors) > 0 {
			f := badFile(m.Errors, m.Data)
			f.Subject, f.Modules = m.Dir, []string{m.Dir}
			out = append(out, f)
		}
	}
	if w := c.Workspace.Work; w != nil && len(w.Errors) > 0 {
		f := badFile(w.Errors, w.Data)
		f.Subject = w.File
		out = append(out, f)
	}
	return out
}

// badFile begins a finding about a file with errors. The conflict markers that git leaves are worth a message of their
// own: what the parser says of them is true and helps nobody.
func badFile(errs []*workspace.FileError, data []byte) *Finding {
	f := &Finding{Message: errs[0].Msg, At: conflictMarkers(errs[0].Pos.File, data)}
	if len(f.At) > 0 {
		f.Kind, f.Message = "conflict", "merge conflict markers"
	} else if len(errs) > 1 {
		f.Message = fmt.Sprintf("%s (and %s)", errs[0].Msg, Count(len(errs)-1, "more error"))
	}
	markers := f.At
	for _, e := range errs {
		if !slices.ContainsFunc(markers, func(s Span) bool { return s.Pos.Line == e.Pos.Line }) {
			f.At = append(f.At, Span{e.Pos, e.Msg})
		}
	}
	slices.SortStableFunc(f.At, func(a, b Span) int { return a.Pos.Line - b.Pos.Line })
	return f
}

// conflictMarkers returns the lines that git wrote around the two sides of a conflict.
func conflictMarkers(file string, data []byte) []Span {
	var out []Span
	n := 0
	for line := range bytes.Lines(data) {
		n++
		word, _, _ := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(" "))
		switch string(word) {
		case "<<<<<<<", "|||||||", "=======", ">>>>>>>":
			out = append(out, Span{workspace.Position{File: file, Line: n, Col: 1, End: 8}, "written by git merge"})
		}
	}
	return out
}
