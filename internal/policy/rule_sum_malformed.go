package policy

import (
	"fmt"
	"path"
	"strings"

	"github.com/modgov/modgov/internal/workspace"
)

func sumMalformed() *Rule {
	return &Rule{
		Name:     "sum-malformed",
		Title:    "A go.sum file with lines that are none",
		Severity: Error,
		Layer:    LayerSums,
		Since:    "0.1.0",
		Doc: `A go.sum or go.work.sum file has a line that is not made of a module path, a version and a hash. Go refuses the
whole file for one such line, and in a workspace every command in every member, for it reads the go.sum files of all.
Usually git merge left its conflict markers. Some markers happen to have three words and pass as lines; they are
reported all the same.

It is reported once per file, with all bad lines.

To clear it, remove the markers and keep the lines of both sides: go.sum is a set of lines, more of them do no harm.
If one version has two hashes then, sum-hash-conflict says so.

It can never be waived, and it fails a check whatever the base says.`,
		Bad: `A merge left its markers behind.
-- go.mod --
module example.com/app

go 1.24
-- go.sum --
<<<<<<< HEAD
example.com/x v1.0.0/go.mod h1:+KcZdPBzDlPtXpJzLpJHLtVpnhYuvjQlNMSuxHEsyA4=
=======
example.com/x v1.1.0/go.mod h1:+KcZdPBzDlPtXpJzLpJHLtVpnhYuvjQlNMSuxHEsyA4=
>>>>>>> raise-x
`,
		Good: `-- go.mod --
module example.com/app

go 1.24
-- go.sum --
example.com/x v1.0.0/go.mod h1:+KcZdPBzDlPtXpJzLpJHLtVpnhYuvjQlNMSuxHEsyA4=
example.com/x v1.1.0/go.mod h1:+KcZdPBzDlPtXpJzLpJHLtVpnhYuvjQlNMSuxHEsyA4=
`,
		Check: checkSumMalformed,
	}
}

func checkSumMalformed(c *checker) []*Finding {
	var out []*Finding
	for _, m := range c.Workspace.Governed() {
		if f := badSums(m.Sum, alone(m)); f != nil {
			f.Subject, f.Modules = m.Dir, []string{m.Dir}
			out = append(out, f)
		}
	}
	if w := c.Workspace.Work; w != nil {
		if f := badSums(w.Sum, inWork); f != nil {
			f.Subject = w.Sum.File
			out = append(out, f)
		}
	}
	return out
}

// badSums reports the bad lines of a file, nil if it has none. A file that could not be read at all is no finding.
func badSums(s *workspace.SumFile, where string) *Finding {
	f := &Finding{}
	quoted := ""
	for _, bad := range s.Bad {
		if bad.Pos.Line == 0 {
			continue
		}
		f.At = append(f.At, Span{bad.Pos, strings.TrimPrefix(bad.Msg, "malformed go.sum: ")})
		if quoted == "" && strings.Contains(bad.Msg, "wrong number of fields") {
			quoted = fmt.Sprintf("malformed go.sum: … %s:%d: %s", path.Base(s.File), bad.Pos.Line, f.At[len(f.At)-1].Label)
		}
	}
	if len(f.At) == 0 {
		return nil
	}
	f.Message = fmt.Sprintf("%s has %s: line %d: %s", path.Base(s.File), count(len(f.At), "bad line"), f.At[0].Pos.Line, f.At[0].Label)
	if quoted != "" {
		f.Notes = []Remark{goSays(quoted, where)}
	}
	return f
}
