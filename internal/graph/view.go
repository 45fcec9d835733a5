package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/workspace"
)

// A View is what the go command sees from one place: a module alone (GOWORK=off), or the workspace.
//
// Where the go.mod file of a module does not hold the versions that selection gives, the go command refuses to load
// ("updates to go.mod needed"); the view then shows the build list that an update gives, and NeedsUpdate tells what
// has to move. A view without a build list has an Err.
type View struct {
	// Module is the main module, nil in the workspace view.
	Module *workspace.Module
	// Mains are the main modules: Module, or the members of the workspace in the order of the use lines.
	Mains []*workspace.Module

	g        *Graph
	u        *universe
	start    mode // of the roots
	replaces interface {
		find(path int32, mod module.Version) (*Replacement, error)
	}
	excluded map[node]bool
	mains    map[node]*modFile // node of a main module → its file

	asIs     *build // with the roots as the files have them
	current  *build // being expanded; in the end the one that the build list comes from
	repaired *build // in the end the one that "go mod graph" prints
	updated  *View  // the view that this one shows as its file stands, else nil
	waiting  []fileID
	done     bool
	err      error
}

// A mode is how far expansion goes below a node (go-semantics 1.6, 3.8).
type mode uint8

const (
	prunedMode    mode = 1 << iota // its requirements are edges, and no more
	unprunedMode                   // everything below is expanded
	workspaceMode                  // its requirements are expanded, each after its own kind
)

// A PathError is the cause of a LoadError where a go.mod file is another module's.
type PathError struct {
	Mod                module.Version // whose file it is, after replacement
	Declared, Required string         // the module path of the file, and the one that was asked for
}

// Error uses the go command's words.
func (e *PathError) Error() string {
	return fmt.Sprintf("%s: parsing go.mod: module declares its path as: %s but was required as: %s",
		e.Mod, e.Declared, e.Required)
}

// A WorkError tells that the go command refuses to load the workspace.
type WorkError struct {
	Pos workspace.Position
	Msg string // in the go command's words where it has some
}

// Error returns the place and the message.
func (e *WorkError) Error() string { return e.Pos.String() + ": " + e.Msg }

// A LoadError tells that a go.mod file that selection needs cannot be had or does not fit.
type LoadError struct {
	Mod   module.Version
	Chain []module.Version // from the main module to Mod, the shortest
	// Dir is the replacement directory whose file it is, "" if it is a module version's.
	Dir string
	// More counts the other files that this view could not get.
	More int
	Err  error
}

// Error names the module and the cause; the chain is for those who show it.
func (e *LoadError) Error() string {
	s := e.Err.Error()
	if !strings.Contains(s, e.Mod.String()) {
		s = e.Mod.String() + ": " + s
	}
	if e.More > 0 {
		s += fmt.Sprintf(" (and %d more)", e.More)
	}
	return s
}

// Unwrap returns Err.
func (e *LoadError) Unwrap() error { return e.Err }

// A BrokenError tells that a file of the repository has lines that cannot be read.
type BrokenError struct{ First *workspace.FileError }

// Error is that of the first bad line.
func (e *BrokenError) Error() string { return e.First.Error() }

func refused(err error) *View { return &View{done: true, err: err} }

// newModuleView prepares the view of a module alone.
func newModuleView(g *Graph, m *workspace.Module) *View {
	v := prepareModuleView(g, m)
	v.g, v.u, v.Module, v.Mains = g, g.u, m, []*workspace.Module{m}
	return v
}

func prepareModuleView(g *Graph, m *workspace.Module) *View {
	if len(m.Errors) > 0 {
		return refused(&BrokenError{m.Errors[0]})
	}
	u := g.u
	set, err := newReplaceSet(u, m.File, m.Replaces, asWritten)
	if err != nil {
		return refused(err)
	}
	v := &View{Module: m, g: g, u: u, replaces: moduleReplaces(set), start: unprunedMode}
	if pruned(m.Go.Text) {
		v.start = prunedMode
	}
	v.exclude(m)
	main := u.node(module.Version{Path: m.Path})
	var roots []node
	for _, r := range m.Requires {
		if n := u.node(r.Mod); !v.excluded[n] {
			roots = append(roots, n)
		}
	}
	roots = append(roots, u.node(module.Version{Path: goPath, Version: GoOf(m)}))
	if m.Toolchain.Text != "" {
		roots = append(roots, u.node(module.Version{Path: toolchainPath, Version: m.Toolchain.Text}))
	}
	u.sortNodes(roots)
	v.mains = map[node]*modFile{main: {loaded: true, requires: roots, path: m.Path}}
	v.asIs = newBuild(v, []node{main}, roots)
	v.current = v.asIs
	return v
}

// exclude adds a module's exclude lines to those of the view. They count for the whole view (go-semantics 1.11, 3.11).
func (v *View) exclude(m *workspace.Module) {
	for _, x := range m.Excludes {
		if v.excluded == nil {
			v.excluded = map[node]bool{}
		}
		v.excluded[v.u.node(x.Mod)] = true
	}
}

// moduleReplaces adapts the replace lines of one module to what a view asks.
type moduleReplaces replaceSet

func (s moduleReplaces) find(p int32, mod module.Version) (*Replacement, error) {
	return replaceSet(s).find(p, mod.Version), nil
}

// newWorkspaceView prepares the view of the workspace.
func newWorkspaceView(g *Graph) *View {
	v := prepareWorkspaceView(g)
	v.g, v.u, v.Mains = g, g.u, g.ws.Members()
	return v
}

func prepareWorkspaceView(g *Graph) *View {
	w, u := g.ws.Work, g.u
	if err := checkWork(w); err != nil {
		return refused(err)
	}
	members := g.ws.Members()
	replaces, err := newWorkReplaces(u, w, members)
	if err != nil {
		return refused(err)
	}
	v := &View{g: g, u: u, replaces: replaces, start: workspaceMode, mains: map[node]*modFile{}}
	var roots []node
	for _, m := range members {
		v.exclude(m)
		n := u.node(module.Version{Path: m.Path})
		roots = append(roots, n)
		requires := u.requires(mods(m), m.Go.Text)
		v.mains[n] = &modFile{loaded: true, unpruned: !pruned(m.Go.Text), requires: requires, path: m.Path}
	}
	roots = append(roots, u.node(module.Version{Path: goPath, Version: GoOfWork(w)}))
	if w.Toolchain.Text != "" {
		roots = append(roots, u.node(module.Version{Path: toolchainPath, Version: w.Toolchain.Text}))
	}
	u.sortNodes(roots)
	v.asIs = newBuild(v, roots, roots)
	v.current = v.asIs
	return v
}

func mods(m *workspace.Module) []module.Version {
	out := make([]module.Version, len(m.Requires))
	for i, r := range m.Requires {
		out[i] = r.Mod
	}
	return out
}

// checkWork finds what makes go refuse the workspace before it looks at any requirement, in the order in which go
// looks (go-semantics 3.3, 3.5): at go.work, at each member, at members of one path.
func checkWork(w *workspace.Work) error {
	if len(w.Errors) > 0 {
		return &BrokenError{w.Errors[0]}
	}
	if len(w.Uses) == 0 {
		return &WorkError{workspace.Position{File: w.File}, "no modules were found in the current workspace"}
	}
	byDir := map[string]bool{}
	for _, u := range w.Uses {
		if byDir[u.Dir] {
			return &WorkError{u.Pos, fmt.Sprintf("path %s appears multiple times in workspace", u.Text)}
		}
		byDir[u.Dir] = true
	}
	var first error // go goes on to collect these, and a contradiction stops it at once
	for _, u := range w.Uses {
		if err := checkMember(w, u); err != nil {
			first = cmp.Or(first, err)
		} else if err := contradiction(u.Module.Replaces); err != nil {
			return err
		}
	}
	if first != nil {
		return first
	}
	byPath := map[string]bool{}
	for _, u := range w.Uses {
		if byPath[u.Module.Path] {
			return &WorkError{u.Pos, fmt.Sprintf("module %s appears multiple times in workspace", u.Module.Path)}
		}
		byPath[u.Module.Path] = true
	}
	return nil
}

// checkMember finds what is wrong with one use line and the module that it leads to.
func checkMember(w *workspace.Work, u workspace.Use) error {
	switch m := u.Module; {
	case m == nil:
		return &WorkError{u.Pos, fmt.Sprintf("cannot load module %s listed in go.work file: no go.mod file there", u.Text)}
	case firstError(m, false) != nil:
		return &BrokenError{firstError(m, false)}
	case m.Marker:
		return &WorkError{u.Pos, fmt.Sprintf(
			"cannot load module %s listed in go.work file: no module declaration in go.mod", u.Text)}
	}
	return checkWorkGo(w, u)
}

// firstError returns the first error of a go.mod file of those that go finds early, as it reads the file, or late, nil if
// there is none.
func firstError(m *workspace.Module, late bool) *workspace.FileError {
	for _, e := range m.Errors {
		if e.Late == late {
			return e
		}
	}
	return nil
}

// checkWorkGo refuses a member whose go line is above that of go.work, from 1.21 on (go-semantics 3.5).
func checkWorkGo(w *workspace.Work, u workspace.Use) error {
	goLine, verb := u.Module.Go.Text, "lists"
	if w.Go.Text == "" {
		verb = "implicitly requires"
	}
	if !WorkTooLow(w, goLine) {
		return nil
	}
	return &WorkError{u.Module.Go.Pos, fmt.Sprintf(
		"module %s listed in go.work file requires go >= %s, but go.work %s go %s; to update it: go work use",
		u.Text, goLine, verb, GoOfWork(w))}
}

// sortNodes sorts by path, then version, as the go command sorts roots.
func (u *universe) sortNodes(nodes []node) {
	slices.SortStableFunc(nodes, func(a, b node) int {
		if u.pathOf[a] != u.pathOf[b] {
			if u.nodes[a].Path < u.nodes[b].Path {
				return -1
			}
			return 1
		}
		return Compare(u.nodes[a].Path, u.nodes[a].Version, u.nodes[b].Version)
	})
}

// advance goes on until the view is done or waits for files.
func (v *View) advance() {
	v.waiting = v.waiting[:0]
	for !v.done {
		v.current.expand()
		if len(v.waiting) > 0 {
			return
		}
		v.settle()
	}
}

// settle looks at a fully expanded build: it ends the view, or goes on with other roots where the go command would
// (go-semantics 2.12).
func (v *View) settle() {
	b := v.current
	b.finish()
	if b.err != nil && !(b == v.asIs && v.contradicts()) {
		v.done, v.err = true, b.err
		return
	}
	if next := v.repair(); next != nil {
		v.current = next
		return
	}
	v.done = true
	v.repaired = v.current
	if v.repaired != v.asIs && v.stands() && !v.dirty() {
		v.current = v.asIs
	}
	if err := v.current.conflict(); err != nil {
		v.err = err
	}
}

// Err says why there is no build list: a *BrokenError, *ConflictError, *WorkError or *LoadError; nil if there is one.
func (v *View) Err() error { return v.err }

// Dir returns the directory of the module, "" for the workspace.
func (v *View) Dir() string {
	if v.Module == nil {
		return ""
	}
	return v.Module.Dir
}
