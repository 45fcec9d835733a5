package report

import (
	"io"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
)

// A Why tells who has a dependency, and by which requirements.
type Why struct {
	Schema   string `json:"schema"`            // "1"
	Document string `json:"document"`          // "why"
	Path     string `json:"path"`              // the dependency
	Version  string `json:"version,omitempty"` // as asked, "" for whatever each module selects
	// Complete is false if a module has no build list; Gaps say why.
	Complete bool `json:"complete"`
	// Uses are the modules that have it, each alone, sorted by directory.
	Uses []WhyUse `json:"uses"`
	// Workspace is what the workspace has of it.
	Workspace *WhyWorkspace `json:"workspace,omitempty"`
	Gaps      []Gap         `json:"gaps"`
}

// A WhyUse is how one module, built alone, comes to a dependency.
type WhyUse struct {
	Dir       string      `json:"dir"`
	Module    string      `json:"module,omitempty"`
	Selected  string      `json:"selected"`
	Effective string      `json:"effective"` // "v1.2.3", "other/path v1.2.3" or "./dir"
	Replace   *WhyReplace `json:"replace,omitempty"`
	Declared  *WhyLine    `json:"declared,omitempty"` // the module's own line
	// Raised tells that another module asks for more than the module's own line: go asks for an update of go.mod.
	Raised bool `json:"raised,omitempty"`
	// Chain is the shortest requirement chain to the version that was asked for, or else the selected one. Via is the
	// shortest that passes another module; it is left out if only the module's own line asks for that version.
	Chain Chain  `json:"chain"`
	Via   *Chain `json:"via,omitempty"`
}

// A WhyLine is a require line.
type WhyLine struct {
	Position
	Version  string `json:"version"`
	Indirect bool   `json:"indirect,omitempty"`
}

// A WhyReplace is the replace line that applies: where it stands, and its target.
type WhyReplace struct {
	Position
	Target Version `json:"target"`
}

// A WhyWorkspace is what the workspace has of a dependency. Selected is "" if it is one of its modules.
type WhyWorkspace struct {
	Selected  string `json:"selected,omitempty"`
	Effective string `json:"effective"`
	Chain     Chain  `json:"chain"`
	// Differ are the directories of the members whose effective version is another when they are built alone, sorted.
	Differ []string `json:"differ"`
}

// NewWhy makes the document of an answer of the graph.
func NewWhy(g *graph.Graph, w *graph.Why) *Why {
	out := &Why{
		Schema: Schema, Document: "why", Path: w.Path, Version: w.Version, Complete: len(w.Unknown) == 0,
		Uses: []WhyUse{}, Gaps: []Gap{},
	}
	for i := range w.Uses {
		out.Uses = append(out.Uses, newWhyUse(w.Path, &w.Uses[i]))
	}
	if u := w.Workspace; u != nil {
		out.Workspace = &WhyWorkspace{
			Selected: u.Selected, Effective: u.Effective.Text(w.Path), Chain: newChain(policy.ChainOf(u.View, u.Chain)),
			Differ: append([]string{}, w.Differ...),
		}
	}
	for _, v := range w.Unknown {
		out.Gaps = append(out.Gaps, newGap(g, v.Dir(), v.Err()))
	}
	return out
}

func newWhyUse(path string, u *graph.WhyUse) WhyUse {
	out := WhyUse{
		Dir: u.View.Dir(), Module: u.View.Module.Path, Selected: u.Selected, Effective: u.Effective.Text(path),
		Raised: u.Raised(), Chain: newChain(policy.ChainOf(u.View, u.Chain)),
	}
	if r := u.Replace; r != nil {
		out.Replace = &WhyReplace{newPosition(r.Line.Pos), *newVersion(r.New)}
	}
	if l := u.Require; l != nil {
		out.Declared = &WhyLine{newPosition(l.Pos), l.Mod.Version, l.Indirect}
	}
	if u.Via != nil {
		via := newChain(policy.ChainOf(u.View, u.Via))
		out.Via = &via
	}
	return out
}

// WriteWhy writes an answer as "text" or "json".
func WriteWhy(w io.Writer, format string, why *Why, o Options) error {
	if err := checkFormat("why", format); err != nil {
		return err
	}
	if format == "json" {
		return writeJSON(w, why)
	}
	return writeWhyText(w, why, o)
}
