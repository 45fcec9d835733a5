package report

import (
	"bufio"
	"fmt"
	"io"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
)

// A List is the build list of a module alone, or of the workspace.
type List struct {
	Schema    string     `json:"schema"`   // "1"
	Document  string     `json:"document"` // "list"
	Dir       string     `json:"dir"`      // of the module, or of go.work
	Module    string     `json:"module,omitempty"`
	Workspace bool       `json:"workspace,omitempty"`
	BuildList []ListItem `json:"build_list"` // in the order of go list -m all
	// NeedsUpdate tells that go refuses to load the module before its go.mod is updated; the list is what the update
	// gives.
	NeedsUpdate bool `json:"needs_update,omitempty"`
}

// A ListItem is a line of a build list.
type ListItem struct {
	Path    string   `json:"path"`
	Version string   `json:"version,omitempty"` // "" for a main module
	Replace *Version `json:"replace,omitempty"`
}

// A Version is a module version, or the target of a replace line: then Version is "" for a directory, and Path is as
// the go command prints it.
type Version struct {
	Path    string `json:"path"`
	Version string `json:"version,omitempty"`
}

// newList makes the document of a view; nil if it has no build list.
func newList(v *graph.View) *List {
	if v.Err() != nil {
		return nil
	}
	l := &List{
		Schema: Schema, Document: "list", Dir: viewDir(v), Workspace: v.Module == nil,
		BuildList: []ListItem{}, NeedsUpdate: len(v.NeedsUpdate()) > 0,
	}
	if v.Module != nil {
		l.Module = v.Module.Path
	}
	for _, i := range v.BuildList() {
		item := ListItem{Path: i.Path, Version: i.Version}
		if i.Replace != nil {
			item.Replace = newVersion(i.Replace.New)
		}
		l.BuildList = append(l.BuildList, item)
	}
	return l
}

func newVersion(m module.Version) *Version { return &Version{m.Path, m.Version} }

// viewDir is the directory of a view's module, or of the go.work file.
func viewDir(v *graph.View) string {
	if v.Module == nil {
		return v.Workspace().Work.Dir
	}
	return v.Module.Dir
}

// WriteList writes the build lists of views: as "text" the lines of "go list -m all", as "json" one [List] a line. If
// there are several views, a line "# DIR MODULE" stands before each one's text, for the workspace "# FILE", with
// "# needs update" behind it where go would refuse. A view without a build list is left out: nothing here says why.
func WriteList(w io.Writer, format string, views []*graph.View) error {
	if err := checkFormat("list", format); err != nil {
		return err
	}
	out := bufio.NewWriter(w) // keeps the first error for Flush
	for _, v := range views {
		l := newList(v)
		if l == nil {
			continue
		}
		if format == "json" {
			if err := writeJSONLine(out, l); err != nil {
				return err
			}
			continue
		}
		if len(views) > 1 {
			fmt.Fprintln(out, head(v)+l.mark())
		}
		for _, i := range l.BuildList {
			fmt.Fprintln(out, Escape(i.line()))
		}
	}
	return out.Flush()
}

// head is the line that tells views apart.
func head(v *graph.View) string {
	if v.Module == nil {
		return Escape("# " + v.Workspace().Work.File)
	}
	return Escape("# " + v.Module.Dir + " " + v.Module.Path)
}

// mark stands behind the head of a list that go does not print before the go.mod file is updated.
func (l *List) mark() string {
	if l.NeedsUpdate {
		return " # needs update"
	}
	return ""
}

// line is "path version => path version" without what there is not, as go prints it.
func (i *ListItem) line() string {
	s := graph.ModText(module.Version{Path: i.Path, Version: i.Version})
	if i.Replace != nil {
		s += " => " + graph.ModText(module.Version(*i.Replace))
	}
	return s
}
