package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
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
	ws := g.Workspace()
	out := &Why{
		Schema: Schema, Document: "why", Path: w.Path, Version: w.Version, Complete: len(w.Unknown) == 0,
		Uses: []WhyUse{}, Gaps: []Gap{},
	}
	for i := range w.Uses {
		out.Uses = append(out.Uses, newWhyUse(ws, w.Path, &w.Uses[i]))
	}
	if u := w.Workspace; u != nil {
		out.Workspace = &WhyWorkspace{
			Selected: u.Selected, Effective: effective(w.Path, u.Effective), Chain: newChain(ws, u.View, u.Chain),
			Differ: append([]string{}, w.Differ...),
		}
	}
	for _, v := range w.Unknown {
		out.Gaps = append(out.Gaps, newGap(ws, v.Dir(), v.Err()))
	}
	return out
}

func newWhyUse(ws *workspace.Workspace, path string, u *graph.WhyUse) WhyUse {
	out := WhyUse{
		Dir: u.View.Dir(), Module: u.View.Module.Path, Selected: u.Selected, Effective: effective(path, u.Effective),
		Raised: u.Raised(), Chain: newChain(ws, u.View, u.Chain),
	}
	if r := u.Replace; r != nil {
		out.Replace = &WhyReplace{newPosition(r.Line.Pos), *newVersion(r.New)}
	}
	if l := u.Require; l != nil {
		out.Declared = &WhyLine{newPosition(l.Pos), l.Mod.Version, l.Indirect}
	}
	if u.Via != nil {
		via := newChain(ws, u.View, u.Via)
		out.Via = &via
	}
	return out
}

// effective shows an effective version of a dependency: a fork is named.
func effective(path string, e graph.Effective) string {
	if e.Dir == "" && e.Path != path {
		return spaced(e.Path, e.Version)
	}
	return e.String()
}

// WriteWhy writes an answer as "text" or "json".
func WriteWhy(w io.Writer, format string, why *Why, o Options) error {
	switch format {
	case "json":
		return writeJSON(w, why)
	case "text":
		return why.writeText(w, o)
	}
	return fmt.Errorf("unknown format %q of why: one of json, text is needed", format)
}

// writeText lists the modules by the version that they have, the one that most stand behind first.
func (y *Why) writeText(w io.Writer, o Options) error {
	p := newPage(o)
	p.text("%s", spaced(y.Path, y.Version))
	groups := y.groups()
	versions, dirs := 0, 0
	for _, u := range y.Uses {
		versions = max(versions, min(p.cells(u.Effective), widestVersion))
		dirs = max(dirs, min(p.cells(u.Dir), widestVersion))
	}
	for _, g := range groups {
		lead := p.pad(g[0].Effective, versions)
		if p.cells(lead) > versions {
			p.text("  %s", lead)
			lead = strings.Repeat(" ", versions)
		}
		for _, u := range g {
			y.use(p, "  "+lead+"  "+p.pad(u.Dir, dirs)+"  ", u)
			lead = strings.Repeat(" ", versions)
		}
	}
	if len(groups) == 0 {
		p.text("  in no build list of a module alone")
	}
	y.inWorkspace(p)
	for _, gap := range y.Gaps {
		p.prose("  incomplete: ", "    ", moduleName(gap.Module)+": "+gap.Message)
	}
	return p.writeTo(w)
}

// groups puts uses with the same effective version together: versions from the highest to the lowest, then forks and
// directories by name; modules by directory.
func (y *Why) groups() [][]WhyUse {
	var out [][]WhyUse
	index := map[string]int{}
	for _, u := range y.Uses {
		i, ok := index[u.Effective]
		if !ok {
			i = len(out)
			index[u.Effective] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], u)
	}
	slices.SortStableFunc(out, func(a, b []WhyUse) int {
		if c := graph.Compare(y.Path, b[0].Effective, a[0].Effective); c != 0 {
			return c
		}
		return strings.Compare(a[0].Effective, b[0].Effective)
	})
	return out
}

// use shows why one module has its version, beside lead. Words are folded, links of a chain are not broken.
func (y *Why) use(p *page, lead string, u WhyUse) {
	room := max(p.width-p.cells(lead), minWidth/2)
	for _, l := range u.reasons(p, y.Version != "", room) {
		p.text("%s%s", lead, l)
		lead = strings.Repeat(" ", p.cells(lead))
	}
}

// reasons says where a module's version comes from: its own line, who raises that, or the chain that leads to it.
func (u *WhyUse) reasons(p *page, asked bool, room int) []string {
	var lines []string
	switch d := u.Declared; {
	case asked && d != nil && d.Version != u.Chain.last() || d == nil:
		lines = p.fold(u.Chain.links(), " -> ", room)
	case u.Raised && u.Via != nil:
		s := fmt.Sprintf("declared %s, %s, raised by", d.Version, place(d.Position))
		lines = append([]string{s}, indented(p.fold(u.Via.between(), " -> ", room-2))...)
		if one := s + " " + strings.Join(u.Via.between(), " -> "); p.cells(one) <= room {
			lines = []string{one}
		}
	case d.Indirect && u.Via != nil:
		lines = []string{"indirect, " + place(d.Position)}
		lines = append(lines, p.fold(u.Via.links(), " -> ", room)...)
	case d.Indirect:
		lines = []string{"indirect, " + place(d.Position) + ", nothing else asks for it"}
	default:
		lines = []string{"declared, " + place(d.Position)}
	}
	if r := u.Replace; r != nil {
		lines = append(lines, fmt.Sprintf("replaced by %s, %s", spaced(r.Target.Path, r.Target.Version), place(r.Position)))
	}
	if asked && u.Selected != u.Chain.last() {
		lines = append(lines, u.Selected+" is selected")
	}
	return lines
}

func indented(lines []string) []string {
	for i := range lines {
		lines[i] = "  " + lines[i]
	}
	return lines
}

// last is the version that a chain leads to.
func (c *Chain) last() string {
	if len(c.Steps) == 0 {
		return ""
	}
	return c.Steps[len(c.Steps)-1].Version
}

// between are the links of a chain without its ends. A module of the repository that is used from its directory is
// called local.
func (c *Chain) between() []string {
	if len(c.Steps) < 3 {
		return nil
	}
	local := Chain{Steps: slices.Clone(c.Steps[1 : len(c.Steps)-1])}
	for i := range local.Steps {
		if s := &local.Steps[i]; s.Note != "" && s.Dir != "" {
			s.Note = "local"
		}
	}
	return local.links()
}

// inWorkspace says what the workspace selects, and who gets other code there than alone.
func (y *Why) inWorkspace(p *page) {
	w := y.Workspace
	switch {
	case w == nil:
		return
	case w.Selected == "":
		p.prose("  ", "  ", "it is a module of the workspace, which uses it from "+w.Effective)
	case y.Version != "":
		p.prose("  ", "  ", "in the workspace: "+strings.Join(w.Chain.links(), " -> "))
		if w.Selected != w.Chain.last() {
			p.text("  the workspace selects %s", w.Effective)
		}
		return
	}
	if len(w.Differ) == 0 {
		if w.Selected != "" {
			p.prose("  ", "  ", "the workspace selects "+w.Effective+" too")
		}
		return
	}
	verb := "get"
	if len(w.Differ) == 1 {
		verb = "gets"
	}
	who := joinAnd(w.Differ)
	if w.Selected == "" {
		p.prose("  ", "  ", fmt.Sprintf("%s %s other code there than alone", who, verb))
		return
	}
	p.prose("  ", "  ", fmt.Sprintf("the workspace selects %s: %s %s other code there than alone", w.Effective, who, verb))
}

// joinAnd writes a list of names as a sentence has it, and counts those after the first ones.
func joinAnd(names []string) string {
	const most = 5
	switch n := len(names); {
	case n == 1:
		return names[0]
	case n > most:
		return fmt.Sprintf("%s and %d more modules", strings.Join(names[:most-1], ", "), n-most+1)
	default:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
}
