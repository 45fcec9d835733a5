package change

import (
	"slices"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// Versions is what a change does to the versions that a repository builds with.
type Versions struct {
	Modules      []Module     // that came, went, moved or changed their path, sorted by directory
	Dependencies []Dependency // whose effective version changed somewhere: the gravest first, then by path
	Lines        []Edit       // that changed of replace, exclude, go, toolchain and use lines, by file and line
	Unknown      []Unknown    // build lists that cannot be had; nothing is said of these modules
}

// A Module is one that is not in both states as it was.
type Module struct {
	Dir, Path string // now; of a module that is gone, before
	// WasDir and WasPath are what they were before, "" if they are the same. A module that is neither moved nor under
	// another path is new, or gone.
	WasDir, WasPath string
	Gone            bool
}

// New reports whether the module was not there before.
func (m *Module) New() bool { return !m.Gone && m.WasDir == "" && m.WasPath == "" }

// A Kind says what happened to a dependency.
type Kind string

// The kinds, from the one that needs the most attention to that which needs the least.
const (
	Major    Kind = "major"    // to a higher major version, under another path perhaps
	Down     Kind = "down"     // to a lower version, of a lower major perhaps
	New      Kind = "new"      // nobody had it before
	Gone     Kind = "gone"     // nobody has it any more
	Replaced Kind = "replaced" // to other code: a fork, a directory, or back
	Up       Kind = "up"       // to a higher version
	Added    Kind = "added"    // to modules that did not have it, others did
	Dropped  Kind = "dropped"  // from modules that had it, others still do
)

// rank orders kinds, the gravest first.
func (k Kind) rank() int {
	return slices.Index([]Kind{Major, Down, New, Gone, Replaced, Up, Added, Dropped}, k)
}

// A Dependency is a module path whose effective version changed.
type Dependency struct {
	Path    string
	WasPath string // of another major version, which it took the place of in the same modules; else ""
	Kind    Kind   // the gravest of its moves
	Moves   []Move // sorted by From and To, lowest first
}

// A Move is a change that one or several modules have in common. From and To are effective versions as
// [graph.Effective.Text] shows them; "" stands for none.
type Move struct {
	Kind      Kind
	From, To  string
	Modules   []string  // directories, sorted; none if only the workspace has it
	Workspace bool      // in the workspace, too
	How       graph.How // the strongest way in which one of Modules has it: after the change, or before if it is gone
	Causes    []Edit    // the lines behind it, one for each module at most, each once, sorted; where none was found, none
}

// Unknown is a build list that cannot be had, of one state.
type Unknown struct {
	Before bool
	Dir    string // of the module, "" for the workspace
	Err    error
	Graph  *graph.Graph // that it is missing from
}

// CompareVersions says what a change did to effective versions, from the build lists of all governed modules alone and
// of the workspace. A module that moved, or has another path now, is the same one, as for [Compare]. Selects limits the
// answer to some modules; nil is all, with the workspace.
func CompareVersions(before, after *graph.Graph, selects func(*workspace.Module) bool) *Versions {
	d := &differ{before: before, after: after, moves: map[moveKey]*Move{}, selects: selects}
	d.pairModules()
	d.hadAll, d.haveAll = everything(before), everything(after)
	for _, p := range d.pairs {
		d.lines(p)
	}
	for _, p := range d.pairs {
		d.compare(p)
	}
	if d.selects == nil {
		if b, a := before.WorkspaceView(), after.WorkspaceView(); b != nil || a != nil {
			d.workLines()
			if b != nil && a != nil {
				d.compare(pair{b, a})
			}
		}
	}
	slices.SortFunc(d.out.Lines, compareEdits)
	d.out.Dependencies = d.dependencies()
	return &d.out
}
