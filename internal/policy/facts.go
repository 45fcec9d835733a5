package policy

import (
	"errors"
	"fmt"
	"path"
	"sync"
	"time"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/imports"
	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/workspace"
)

// A Withdrawn module was governed before a change, and is not any more though it is there.
type Withdrawn struct {
	Dir, Now string // where it was, and where it is
	Why      Withdrawal
	By       string // what Why is about
	Fork     bool   // the change is from a fork, which may not choose what is judged
}

// A Withdrawal is why a module is not governed any more.
type Withdrawal int

// The reasons why a module is not governed any more.
const (
	OtherWorkspace  Withdrawal = iota // it is in By, a directory with a go.work file of its own
	OtherRepository                   // it is in By, which belongs to another repository
	MovedHidden                       // it moved below By, in which modules are not governed: testdata, vendor, _x, .x
	UnusedHidden                      // it is below By, as before, and nothing leads to it any more
	Excluded                          // it moved to where the policy excludes modules
	OutsideRoot                       // it moved out of what is governed
)

// Facts are all that rules may look at.
type Facts struct {
	Workspace *workspace.Workspace
	// Graph has the views of all governed modules, and that of the workspace if there is one.
	Graph *graph.Graph
	Sums  *integrity.Sums
	// Dependencies is Graph.Dependencies, computed once.
	Dependencies []*graph.Dependency
	// Imports are those of the repository's own packages where they can matter; nil if nobody asked.
	Imports *imports.Imports
	// Remote is what the newest versions of dependencies say, by path; nil if it was not asked for.
	Remote map[string]Newest
	// Vendors are the vendor directories of governed modules and the workspace; nil if nobody asked.
	Vendors []*integrity.Vendor
	// BasePolicy is the policy file of the state before a change that is judged by its own; nil if nothing is compared.
	BasePolicy *Policy
	// Withdrawn are the modules that a change takes from those that are governed without a word of the policy.
	Withdrawn []Withdrawn
	// Interrupted says that a write of modgov is not whole, so that the files may be half of one state and half of another;
	// nil if none is.
	Interrupted error
	// Unmerged is what could not be settled where the files are the merge of two states.
	Unmerged []Gap
	// Today decides which exceptions have expired; only its date in UTC counts.
	Today time.Time

	siblings map[string]*workspace.Module // governed modules by module path
}

// NewFacts computes what follows from a graph. Imports are for the caller to add: they need the source.
func NewFacts(g *graph.Graph, today time.Time) *Facts {
	facts := &Facts{
		Workspace: g.Workspace(), Graph: g, Today: today, siblings: map[string]*workspace.Module{},
	}
	var group sync.WaitGroup
	group.Go(func() { facts.Sums = integrity.CheckSums(g) })
	facts.Dependencies = g.Dependencies()
	group.Wait()
	for _, m := range facts.Workspace.Governed() {
		facts.siblings[m.Path] = m
	}
	return facts
}

// DepInfo returns what selectors see of a dependency at its effective version, "" for a directory or where no version
// is spoken of.
func (f *Facts) DepInfo(path, version string) DepInfo {
	info := DepInfo{Path: path, Version: version}
	if s := f.siblings[path]; s != nil {
		info.Dir = s.Dir
	}
	return info
}

// A Layer is a kind of knowledge. Rules say which one they need.
type Layer string

// The layers, from the files alone to what has to be asked for.
const (
	LayerDeclared Layer = "declared" // what the files say
	LayerSelected Layer = "selected" // build lists
	LayerSums     Layer = "sums"     // the /go.mod lines that the graph needs, conflicts, format
	LayerVendor   Layer = "vendor"
	LayerImports  Layer = "imports"
	LayerZips     Layer = "zips"
	LayerRemote   Layer = "remote"
)

// A Gap is something that could not be found out. It makes a verdict incomplete.
type Gap struct {
	Layer  Layer
	Module string // directory, "" for the workspace
	Err    error
}

// WayOut says what may help where the build list of the module in a directory could not be had, "" where nothing is known:
// the file that is missing is that of a module which stands in the repository.
func WayOut(ws *workspace.Workspace, dir string, err error) string {
	var load *graph.LoadError
	m := ws.Module(dir)
	if m == nil || !errors.As(err, &load) || load.Dir != "" {
		return ""
	}
	for _, sibling := range ws.Governed() {
		if sibling.Path == load.Mod.Path {
			return fmt.Sprintf("this module stands in %s: the line \"replace %s => %s\" in %s takes it from there",
				sibling.Dir, sibling.Path, relativeDir(dir, sibling.Dir), m.File)
		}
	}
	return ""
}

// unreadSource collects the Go files that could not be read. One that is not Go is no gap: go refuses it as well.
func unreadSource(facts *Facts) []Gap {
	if facts.Imports == nil {
		return nil
	}
	var out []Gap
	for _, p := range facts.Imports.Problems() {
		if p.Syntax {
			continue
		}
		g := Gap{Layer: LayerImports, Err: p}
		for dir := p.Pos.File; g.Module == "" && dir != "."; {
			if dir = path.Dir(dir); facts.Workspace.Module(dir) != nil {
				g.Module = dir
			}
		}
		out = append(out, g)
	}
	return out
}
