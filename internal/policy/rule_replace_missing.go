package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

func replaceMissing() *Rule {
	return &Rule{
		Name:     "replace-missing",
		Title:    "A replace line leads to a directory without a module",
		Severity: Error,
		Layer:    LayerSelected,
		Since:    "0.1.0",
		Doc: `The target of a replace line is a directory that is not there, or that has no go.mod file, and the module that
is replaced is in the requirement graph. Go cannot load the module then: reading the go.mod file of the replacement
fails, or, where it was not needed so far, every build that imports a package of it.

It is reported for lines of governed modules, judged alone and in the workspace, and of go.work. Lines for modules that
nothing requires are no business of this rule: go never looks at their targets (see replace-ineffective). Where
a directory outside the repository cannot be looked into, nothing is said.

To clear it, correct the directory or remove the line. If the module has moved inside the repository, the finding
says where it is now.`,
		Bad: `The library has moved, the line was left behind.
-- app/go.mod --
module example.com/app

go 1.24

require example.com/lib v0.0.0

replace example.com/lib => ../lib
-- libs/lib/go.mod --
module example.com/lib

go 1.24
`,
		Good: `-- app/go.mod --
module example.com/app

go 1.24

require example.com/lib v0.0.0

replace example.com/lib => ../libs/lib
-- libs/lib/go.mod --
module example.com/lib

go 1.24
`,
		Check: checkReplaceMissing,
	}
}

func checkReplaceMissing(c *checker) []*Finding {
	var out []*Finding
	for _, l := range c.replaceLines() {
		if l.Dir == "" {
			continue
		}
		if _, err := c.Workspace.DirSummary(l.Dir); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		v, read := c.inGraph(l)
		if v == nil {
			continue
		}
		what := "does not exist"
		if c.Workspace.DirExists(l.Dir) {
			what = "has no go.mod file"
		}
		f := l.aboutLine(what, true, ", which "+what)
		f.Notes = c.missingNotes(l, v, read)
		c.leadHome(f, l)
		out = append(out, f)
	}
	return out
}

// inGraph returns the view in which the line is needed, nil if it is in none: that of its module alone, or the workspace,
// where a line of one member counts for all; read tells that go reads the go.mod file
// of the target to build the graph, and fails. Where something else keeps the graph from being built, the require
// lines alone tell.
func (c *checker) inGraph(l replaceLine) (v *graph.View, read bool) {
	v = c.viewOf(l)
	if v == nil {
		return nil, false
	}
	if w := c.Graph.WorkspaceView(); w != nil && v != w && slices.Contains(c.Workspace.Members(), l.Module) && failsAt(w, l) {
		return w, true
	}
	if v.Err() == nil {
		for _, version := range v.Versions(l.Old.Path) {
			if version != "" && (l.Old.Version == "" || l.Old.Version == version) {
				return v, false
			}
		}
		return nil, false
	}
	if failsAt(v, l) {
		return v, true
	}
	mains := c.Workspace.Members()
	if l.Module != nil {
		mains = []*workspace.Module{l.Module}
	}
	for _, m := range mains {
		for _, r := range m.Requires {
			if r.Mod.Path == l.Old.Path && (l.Old.Version == "" || l.Old.Version == r.Mod.Version) {
				return v, true
			}
		}
	}
	return nil, false
}

// failsAt reports whether it is the target of a line that keeps a view from being built.
func failsAt(v *graph.View, l replaceLine) bool {
	var load *graph.LoadError
	return errors.As(v.Err(), &load) && load.Dir == l.Dir && load.Mod.Path == l.Old.Path
}

// missingNotes quotes go.
func (c *checker) missingNotes(l replaceLine, v *graph.View, read bool) []Remark {
	where, target := inWork, l.New.Path
	if v != c.Graph.WorkspaceView() {
		where = alone(l.Module)
	} else if l.Module != nil { // go sees a member's line from where go.work stands
		target = relativeDir(c.Workspace.Work.Dir, l.Dir)
	}
	var notes []Remark
	var load *graph.LoadError
	if read && errors.As(v.Err(), &load) && load.Dir == l.Dir {
		says := fmt.Sprintf("(replaced by %s): reading … no such file or directory", target)
		notes = append(notes, goSays(says, where))
	}
	return notes
}
