package universe

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
)

// Workspace is the name of the view that go.work gives; the other views are named by their directories.
const Workspace = "workspace"

// A Kind is a reason why the go command refuses to load.
type Kind string

// The kinds of refusal that are told apart.
const (
	NeedsUpdate Kind = "needs-update" // "updates to go.mod needed"
	Conflict    Kind = "conflict"     // "conflicting replacements"
	Unloadable  Kind = "load"         // a go.mod file of the graph cannot be had or does not fit
	BadFile     Kind = "file"         // a file of the repository cannot be read
	BadWork     Kind = "workspace"    // go.work and its members do not fit together
	TooNew      Kind = "too-new"      // a go line above the installed go, which the engine does not refuse
	MissingSum  Kind = "sum-missing"  // go.sum lacks a line
	WrongSum    Kind = "sum-mismatch" // go.sum has another hash
	BadSum      Kind = "sum-malformed"
	Unclear     Kind = "unclear" // the engine's only: go must ask a proxy what the file means, and refuses in some way
	Other       Kind = "other"
)

// A Refusal tells why there is no list or no graph.
type Refusal struct {
	// Kinds are all reasons that the text gives: go joins the errors of several files.
	Kinds []Kind
	// Module is the module version whose go.mod file cannot serve, where Kinds has Unloadable.
	Module module.Version
	Text   string
}

// Is reports whether a kind is among the reasons. A nil refusal has none.
func (r *Refusal) Is(k Kind) bool { return r != nil && slices.Contains(r.Kinds, k) }

// agrees reports whether two refusals name the same reason, and the same module if it is one.
func (r *Refusal) agrees(o *Refusal) bool {
	for _, k := range r.Kinds {
		if o.Is(k) && (k != Unloadable || r.Module == o.Module) {
			return true
		}
	}
	return false
}

// An Answer is what one side says of one view. A list or graph is nil exactly if its refusal is set.
type Answer struct {
	// List are the lines of "go list -m -mod=readonly all".
	List        []string
	ListRefused *Refusal
	// Updated are the lines of "go list -m -mod=mod all", asked only where List is refused for NeedsUpdate.
	Updated        []string
	UpdatedRefused *Refusal
	// Graph are the lines of "go mod graph".
	Graph        []string
	GraphRefused *Refusal
}

// answerOf puts the facts of a view in the form of an answer.
func answerOf(v *graph.View) Answer {
	if err := v.Err(); err != nil {
		r := refusalOf(err)
		return Answer{ListRefused: r, GraphRefused: r}
	}
	a := Answer{List: []string{}, Graph: []string{}}
	for _, item := range v.BuildList() {
		line := text(module.Version{Path: item.Path, Version: item.Version}, " ")
		if item.Replace != nil {
			line += " => " + text(item.Replace.New, " ")
		}
		a.List = append(a.List, line)
	}
	v.WalkEdges(func(from, to module.Version) {
		a.Graph = append(a.Graph, text(from, "@")+" "+text(to, "@"))
	})
	if stale := v.NeedsUpdate(); len(stale) > 0 {
		a.Updated, a.List = a.List, nil
		a.ListRefused = &Refusal{Kinds: []Kind{NeedsUpdate}}
	}
	return a
}

func text(m module.Version, sep string) string {
	if m.Version == "" {
		return m.Path
	}
	return m.Path + sep + m.Version
}

// refusalOf puts an error of the engine in the words of a refusal.
func refusalOf(err error) *Refusal {
	r := &Refusal{Text: err.Error()}
	var load *graph.LoadError
	switch {
	case errors.As(err, &load):
		r.Kinds, r.Module = []Kind{Unloadable}, load.Mod
	case errors.As(err, new(*graph.ConflictError)):
		r.Kinds = []Kind{Conflict}
	case errors.As(err, new(*graph.WorkError)):
		r.Kinds = []Kind{BadWork}
	case errors.As(err, new(*graph.BrokenError)):
		r.Kinds = []Kind{BadFile}
		if strings.Contains(r.Text, "is not canonical") || strings.Contains(r.Text, "is no version of Go") {
			r.Kinds = []Kind{BadFile, Unclear}
		}
	default:
		r.Kinds = []Kind{Other}
	}
	return r
}

// A reason is what the go command's words say.
type reason struct {
	kind Kind
	re   *regexp.Regexp
}

var (
	saysNeedsUpdate = regexp.MustCompile(`updates to go\.mod needed`)
	saysConflict    = regexp.MustCompile(`conflicting replacements (found )?for`)
	saysTooNew      = regexp.MustCompile(`requires go >= \S+ \(running go`)
	saysBadWork     = regexp.MustCompile(`listed in go\.work file requires go >=|appears multiple times in workspace|` +
		`no modules were found in the current workspace|is replaced at all versions in the go\.work file|` +
		`cannot load module \S+ listed in go\.work file: (open|error reading)`)
	saysBadFile = regexp.MustCompile(`errors parsing|error loading go\.mod|error reading \S*go\.mod|` +
		`malformed (module|import|tool) path`)
	saysMissingSum = regexp.MustCompile(`missing go\.sum entry`)
	saysWrongSum   = regexp.MustCompile(`checksum mismatch`)
	saysBadSum     = regexp.MustCompile(`malformed go\.sum`)
)

func reasons() []reason {
	return []reason{
		{NeedsUpdate, saysNeedsUpdate}, {Conflict, saysConflict}, {TooNew, saysTooNew}, {BadWork, saysBadWork},
		{BadFile, saysBadFile}, {MissingSum, saysMissingSum}, {WrongSum, saysWrongSum}, {BadSum, saysBadSum},
	}
}

// loadFailure finds the end of a chain "A@v1 requires\n\tB@v1 requires\n\tC@v1: reading ...".
var loadFailure = regexp.MustCompile(`(?m)^(?:go: |\t)([^\s@]+)@(\S+?)(?: \(replaced by [^)]*\))?: `)

// refusalIn reads what the go command wrote to standard error.
func refusalIn(stderr string) *Refusal {
	r := &Refusal{Text: stderr}
	for _, reason := range reasons() {
		if reason.re.MatchString(stderr) {
			r.Kinds = append(r.Kinds, reason.kind)
		}
	}
	if m := loadFailure.FindStringSubmatch(stderr); m != nil {
		r.Module = module.Version{Path: m[1], Version: m[2]}
		if !r.Is(TooNew) && !r.Is(MissingSum) && !r.Is(WrongSum) {
			r.Kinds = append(r.Kinds, Unloadable)
		}
	}
	if len(r.Kinds) == 0 {
		r.Kinds = []Kind{Other}
	}
	return r
}
