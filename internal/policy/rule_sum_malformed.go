package policy

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

func sumMalformed() *Rule {
	return &Rule{
		Name:       "sum-malformed",
		Title:      "A go.sum file has malformed lines",
		Severity:   Error,
		Layer:      LayerSums,
		Since:      "0.1.0",
		Unwaivable: true,
		Doc: `A go.sum or go.work.sum file has a line that is not made of a module path, a version and a hash. Go refuses the
whole file for one such line, and in a workspace every member is hit, for there it reads the go.sum files of all.
Usually git merge left its conflict markers. Some markers happen to have three words and pass as lines; they are
reported all the same.

It is reported once per file, with all bad lines.

Go reads the file when it needs a sum, so in a module without requirements nobody notices for a while.

To clear it, remove the markers and keep the lines of both sides: go.sum is a set of lines, more of them do no harm.
If one version has two hashes then, sum-hash-conflict says so.

It can never be waived, and it fails a check whatever the base says.`,
		Bad: `A merge left its markers behind.
-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.1.0
-- go.sum --
<<<<<<< HEAD
example.com/x v1.0.0/go.mod h1:cq1Wlc5Q/3TKMd9Nt+I/D/H5kAJrHbzSCzH20/f7O0w=
=======
example.com/x v1.1.0/go.mod h1:cq1Wlc5Q/3TKMd9Nt+I/D/H5kAJrHbzSCzH20/f7O0w=
>>>>>>> raise-x
`,
		Good: `-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.1.0
-- go.sum --
example.com/x v1.0.0/go.mod h1:cq1Wlc5Q/3TKMd9Nt+I/D/H5kAJrHbzSCzH20/f7O0w=
example.com/x v1.1.0/go.mod h1:cq1Wlc5Q/3TKMd9Nt+I/D/H5kAJrHbzSCzH20/f7O0w=
`,
		Check: checkSumMalformed,
	}
}

func checkSumMalformed(c *checker) []*Finding {
	var out []*Finding
	for _, m := range c.Workspace.Governed() {
		if f := badSums(m.Sum); f != nil {
			f.Notes = sumSays(m.Sum, c.view(m), alone(m))
			f.Subject, f.Modules = m.Dir, []string{m.Dir}
			out = append(out, f)
		}
	}
	if w := c.Workspace.Work; w != nil {
		if f := badSums(w.Sum); f != nil {
			f.Notes = sumSays(w.Sum, c.workView(), inWork)
			f.Subject = w.Sum.File
			out = append(out, f)
		}
	}
	return out
}

// badSums reports the bad lines of a file, nil if it has none. A file that could not be read at all is no finding.
func badSums(s *workspace.SumFile) *Finding {
	f := &Finding{}
	for _, bad := range s.Bad {
		if bad.Pos.Line == 0 {
			continue
		}
		f.At = append(f.At, Span{bad.Pos, strings.TrimPrefix(bad.Msg, "malformed go.sum: ")})
	}
	if len(f.At) == 0 {
		return nil
	}
	first := f.At[0]
	f.Message = fmt.Sprintf("%s has %s: line %d: %s",
		path.Base(s.File), Count(len(f.At), "bad line"), first.Pos.Line, first.Label)
	return f
}

// sumSays quotes go, if the build list of the view needs any sum: else go does not read the file. Of a conflict marker
// go sees only how many words it has; the one in the middle never has three.
func sumSays(s *workspace.SumFile, v *graph.View, where string) []Remark {
	refused := slices.ContainsFunc(s.Bad, func(bad *workspace.FileError) bool {
		return strings.Contains(bad.Msg, "wrong number of fields") || strings.Contains(bad.Msg, `"======="`)
	})
	if v == nil || len(v.Loaded()) == 0 || !refused {
		return nil
	}
	return []Remark{goSays("malformed go.sum: … wrong number of fields", where)}
}
