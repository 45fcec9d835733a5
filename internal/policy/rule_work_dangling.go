package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/workspace"
)

func workDangling() *Rule {
	return &Rule{
		Name:     "work-dangling",
		Title:    "A use line leads to no module",
		Severity: Error,
		Layer:    LayerDeclared,
		Since:    "0.1.0",
		Doc: `A use line of go.work leads to a directory that is not there, that has no go.mod file, or whose go.mod file has
no module line. Go then refuses every command in the workspace, in all its modules, also in those that have nothing
to do with the line. It happens when a module is moved or deleted and go.work is not, and goes unnoticed by all who
build with GOWORK=off.

It is reported for each such line, and once for a go.work file that uses no module at all.

To clear it, correct the directory or remove the line: the finding shows the command, and ` + "`modgov work fix`" + ` removes all
that lead to no module in the repository.`,
		Bad: `The module tools was deleted, its line was not.
-- go.work --
go 1.25.0

use (
	./api
	./tools
)
-- api/go.mod --
module example.com/api

go 1.25.0
`,
		Good: `-- go.work --
go 1.25.0

use ./api
-- api/go.mod --
module example.com/api

go 1.25.0
`,
		Check: checkWorkDangling,
	}
}

func checkWorkDangling(c *checker) []*Finding {
	w := c.Workspace.Work
	if w == nil || len(w.Errors) > 0 {
		return nil
	}
	if len(w.Uses) == 0 {
		return []*Finding{{
			Kind: "empty", Subject: w.File, Message: "uses no module",
			At:    []Span{{workspace.Position{File: w.File}, ""}},
			Notes: []Remark{goSays("no modules were found in the current workspace", inWork)},
		}}
	}
	var out []*Finding
	for _, u := range w.Uses {
		if f := c.dangling(u); f != nil {
			f.Subject, f.Kind = w.File, u.Dir
			f.At = []Span{{u.Pos, "used here"}}
			if modfile.IsDirectoryPath(u.Text) { // else the command would look for another text
				f.Fix = c.goWork("edit", "-dropuse="+u.Text)
			}
			if !workspace.IsOutside(u.Dir) { // another machine may have what this one has not
				f.Settle = []Settlement{{Means: DropUse, Module: u.Dir, New: module.Version{Path: u.Text}, IfAsked: true}}
			}
			out = append(out, f)
		}
	}
	return out
}

// dangling says what is wrong with a use line, nil if nothing is.
func (c *checker) dangling(u workspace.Use) *Finding {
	if u.Module != nil {
		if !u.Module.Marker {
			return nil
		}
		return &Finding{
			Message: fmt.Sprintf("uses %s, whose go.mod file has no module line", u.Text),
			Notes:   []Remark{goSays(path.Join(u.Text, "go.mod")+": no module declaration in go.mod", inWork)},
		}
	}
	_, err := c.Workspace.DirSummary(u.Dir)
	switch {
	case workspace.IsOutside(u.Dir) && !errors.Is(err, fs.ErrNotExist):
		return &Finding{Message: fmt.Sprintf("uses %s, which lies outside the repository and cannot be read", u.Text)}
	case c.Workspace.DirExists(u.Dir):
		return &Finding{Message: fmt.Sprintf("uses %s, which has no go.mod file", u.Text), Notes: cannotLoad(u)}
	}
	return &Finding{Message: fmt.Sprintf("uses %s, which does not exist", u.Text), Notes: cannotLoad(u)}
}

func cannotLoad(u workspace.Use) []Remark {
	return []Remark{goSays(fmt.Sprintf("cannot load module %s listed in go.work file: open", path.Clean(u.Text)), inWork)}
}
