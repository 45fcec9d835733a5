package policy

import (
	"errors"
	"fmt"

	"github.com/modgov/modgov/internal/graph"
)

func replacePathMismatch() *Rule {
	return &Rule{
		Name:     "replace-path-mismatch",
		Title:    "A replace line leads to a module with another path",
		Severity: Warn,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `The go.mod file that a replace line leads to declares another module path than the one that is replaced. Go
accepts any path from a directory, and builds what stands there under the name of what was replaced. Mostly the line was
copied and one of its two sides forgotten: everything that imports the one module gets the code of another. If it is
meant, the packages of that directory still import each other by their own path, so that the build has them twice, with
types that do not fit each other.

It is reported for each replace line of a governed module or of go.work whose target is a directory, if the go.mod file
there has a module line with another path. A directory outside the repository that cannot be read is left out.

Where the target is a module version, its path stands in the line for everybody to see. Go accepts a go.mod file with
that path (a fork that renamed itself) or with the replaced one (a usual fork), and nothing is reported. With a third
path go refuses to load the module; that is an error.

To clear it, correct the line; if the module is in the repository, the finding says where. A fork in a directory keeps
the module path of what it replaces.`,
		Bad: `The line was copied from the one for auth.
-- app/go.mod --
module example.com/app

go 1.24

require example.com/log v1.0.0

replace example.com/log => ../auth
-- auth/go.mod --
module example.com/auth

go 1.24
-- log/go.mod --
module example.com/log

go 1.24
`,
		Good: `-- app/go.mod --
module example.com/app

go 1.24

require example.com/log v1.0.0

replace example.com/log => ../log
-- log/go.mod --
module example.com/log

go 1.24
`,
		Check: checkReplacePathMismatch,
	}
}

func checkReplacePathMismatch(c *checker) []*Finding {
	var out []*Finding
	for _, l := range c.replaceLines() {
		var f *Finding
		if l.Dir != "" {
			f = c.otherInDirectory(l)
		} else {
			f = c.thirdPath(l)
		}
		if f != nil {
			c.leadHome(f, l)
			out = append(out, f)
		}
	}
	return out
}

// otherInDirectory reports a line that leads to a directory with another module, which go accepts (go-semantics 1.17).
func (c *checker) otherInDirectory(l replaceLine) *Finding {
	sum, err := c.Workspace.DirSummary(l.Dir)
	if err != nil || sum.Path == "" || sum.Path == l.Old.Path {
		return nil
	}
	return l.aboutLine("it is "+sum.Path, true, ", which is the module "+sum.Path)
}

// thirdPath reports a line because of which go does not load the module, or the workspace, as the target declares
// neither the replaced path nor its own (go-semantics 1.16).
func (c *checker) thirdPath(l replaceLine) *Finding {
	v := c.viewOf(l)
	if v == nil {
		return nil
	}
	var load *graph.LoadError
	var other *graph.PathError
	if !errors.As(v.Err(), &load) || !errors.As(load.Err, &other) {
		return nil
	}
	if r := v.Replacement(load.Mod); r == nil || r.Line != l.Replace {
		return nil
	}
	where := inWork
	if l.Module != nil {
		where = alone(l.Module)
	}
	f := l.aboutLine("it is "+other.Declared, true, ", which is the module "+other.Declared)
	f.Severity = Error
	f.Notes = []Remark{goSays(fmt.Sprintf("parsing go.mod: module declares its path as: %s but was required as: %s",
		other.Declared, other.Required), where)}
	return f
}
