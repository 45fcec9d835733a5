package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/change"
	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
)

// A VersionDiff says which effective versions changed between two states, and by which edits. Lists are never nil.
type VersionDiff struct {
	Schema   string `json:"schema"`   // "1"
	Document string `json:"document"` // "diff"
	Tool     Tool   `json:"tool"`
	Root     string `json:"root"`
	// Base is the state before, Head the one after: nil for the files at hand.
	Base DiffEnd  `json:"base"`
	Head *DiffEnd `json:"head,omitempty"`
	// Complete is false if a module or the workspace has no build list; Gaps say why.
	Complete     bool             `json:"complete"`
	Modules      []ModuleChange   `json:"modules"`
	Dependencies []VersionChange  `json:"dependencies"`
	Lines        []LineChange     `json:"lines"`
	Gaps         []VersionDiffGap `json:"gaps"`
	Notes        []string         `json:"notes,omitempty"`
}

// A DiffEnd is a state in the history.
type DiffEnd struct {
	Revision string `json:"revision"` // as it was asked for
	Commit   string `json:"commit"`   // the one that was read: of the base, where the head left it
}

// A ModuleChange is a module that came, went, moved or changed its path.
type ModuleChange struct {
	Change  string `json:"change"` // "new", "gone", "moved" or "renamed"
	Dir     string `json:"dir"`
	Path    string `json:"path,omitempty"`
	WasDir  string `json:"was_dir,omitempty"`
	WasPath string `json:"was_path,omitempty"`
}

// A VersionChange is a dependency whose effective version changed. What Kind says is in docs/report.md.
type VersionChange struct {
	Path    string        `json:"path"`
	WasPath string        `json:"was_path,omitempty"` // of the major version that it took the place of
	Kind    string        `json:"kind"`               // the gravest of the moves
	Moves   []VersionMove `json:"moves"`
}

// A VersionMove is what some modules have in common. From and To are "v1.2.3", "other/path v1.2.3" or "./dir", and absent
// where the dependency was, or is, not there.
type VersionMove struct {
	Kind      string       `json:"kind"`
	From      string       `json:"from,omitempty"`
	To        string       `json:"to,omitempty"`
	Modules   []string     `json:"modules"`             // directories, sorted
	Workspace bool         `json:"workspace,omitempty"` // in the build list of the workspace, too
	How       string       `json:"how"`                 // "direct", "indirect" or "transitive": the strongest of the modules'
	Causes    []LineChange `json:"causes"`
}

// A LineChange is a line that was added, dropped or changed. Before: it stands in the state before only.
type LineChange struct {
	Position
	Text   string `json:"text"`
	Before bool   `json:"before,omitempty"`
	own    bool   // it is the require line of the dependency itself
}

// A VersionDiffGap is a build list that could not be had, of one of the two states.
type VersionDiffGap struct {
	Gap
	Before bool `json:"before,omitempty"`
}

// NewVersionDiff makes the document of a comparison; head is nil for the files at hand.
func NewVersionDiff(v *change.Versions, base DiffEnd, head *DiffEnd, o Origin) *VersionDiff {
	d := &VersionDiff{
		Schema: Schema, Document: "diff", Tool: Tool{"modgov", o.Version}, Root: o.Root, Base: base, Head: head,
		Complete: len(v.Unknown) == 0, Modules: []ModuleChange{}, Dependencies: newVersionChanges(v), Lines: []LineChange{},
		Gaps: []VersionDiffGap{}, Notes: slices.Clone(o.Notes),
	}
	for _, m := range v.Modules {
		c := ModuleChange{"renamed", m.Dir, m.Path, m.WasDir, m.WasPath}
		switch {
		case m.Gone:
			c.Change = "gone"
		case m.New():
			c.Change = "new"
		case m.WasDir != "":
			c.Change = "moved"
		}
		d.Modules = append(d.Modules, c)
	}
	for i := range v.Lines {
		d.Lines = append(d.Lines, newLineChange(&v.Lines[i], ""))
	}
	for _, u := range v.Unknown {
		d.Gaps = append(d.Gaps, VersionDiffGap{newGap(u.Graph, u.Dir, u.Err), u.Before})
	}
	return d
}

// newVersionChanges makes the part of documents that says which dependencies changed; never nil.
func newVersionChanges(v *change.Versions) []VersionChange {
	out := []VersionChange{}
	for _, dep := range v.Dependencies {
		c := VersionChange{Path: dep.Path, WasPath: dep.WasPath, Kind: string(dep.Kind), Moves: []VersionMove{}}
		for _, m := range dep.Moves {
			move := VersionMove{
				Kind: string(m.Kind), From: m.From, To: m.To, Modules: append([]string{}, m.Modules...), Workspace: m.Workspace,
				How: howWords()[m.How], Causes: []LineChange{},
			}
			for i := range m.Causes {
				move.Causes = append(move.Causes, newLineChange(&m.Causes[i], dep.Path))
			}
			c.Moves = append(c.Moves, move)
		}
		out = append(out, c)
	}
	return out
}

func newLineChange(e *change.Edit, dep string) LineChange {
	return LineChange{newPosition(e.Pos), e.Text(), e.Before, e.Verb == "require" && e.Subject == dep}
}

// howWords are the words for graph.How, the strongest way first.
func howWords() []string {
	return []string{graph.Direct: "direct", graph.Indirect: "indirect", graph.Transitive: "transitive"}
}

// WriteVersionDiff writes a comparison in one of the formats of "diff".
func WriteVersionDiff(w io.Writer, format string, d *VersionDiff, o Options) error {
	if err := checkFormat("diff", format); err != nil {
		return err
	}
	switch format {
	case "json":
		return writeJSON(w, d)
	case "markdown":
		return writeDiffMarkdown(w, d)
	}
	return writeDiffText(w, d, o)
}

// headline says what is compared.
func (d *VersionDiff) headline() string {
	to := "the files at hand"
	if d.Head != nil {
		to = d.Head.text()
	}
	return fmt.Sprintf("modgov: %s -> %s", d.Base.text(), to)
}

func (e *DiffEnd) text() string {
	if strings.HasPrefix(e.Commit, e.Revision) {
		return fmt.Sprintf("%.12s", e.Commit)
	}
	return fmt.Sprintf("%s (%.12s)", e.Revision, e.Commit)
}

// closing counts.
func (d *VersionDiff) closing() string {
	modules := map[string]bool{}
	for _, c := range d.Dependencies {
		for _, m := range c.Moves {
			for _, dir := range m.Modules {
				modules[dir] = true
			}
		}
	}
	s := "no version changed"
	if n := len(d.Dependencies); n > 0 {
		s = fmt.Sprintf("versions of %s changed in %s", policy.Count(n, "dependency"), policy.Count(len(modules), "module"))
	}
	if n := len(d.Gaps); n > 0 {
		s += "; incomplete: " + d.Gaps[0].text() + more(n-1)
	}
	return s
}

func (g *VersionDiffGap) text() string {
	s := moduleName(g.Module)
	if g.Before {
		s += ", before"
	}
	return s + ": " + g.Message
}

// A changeGroup is changes under one heading.
type changeGroup struct {
	heading string
	style   style
	kinds   []change.Kind
	changes []VersionChange
}

// groups puts the changes under headings, what needs attention first.
func (d *VersionDiff) groups() []changeGroup {
	all := []changeGroup{
		{"other majors", warnStyle, []change.Kind{change.Major}, nil},
		{"downgrades", errorStyle, []change.Kind{change.Down}, nil},
		{"new", plain, []change.Kind{change.New}, nil},
		{"gone", plain, []change.Kind{change.Gone}, nil},
		{"other code", plain, []change.Kind{change.Replaced}, nil},
		{"raised", plain, []change.Kind{change.Up}, nil},
		{"in more or fewer modules", plain, []change.Kind{change.Added, change.Dropped}, nil},
	}
	for i := range all {
		for _, c := range d.Dependencies {
			if slices.Contains(all[i].kinds, change.Kind(c.Kind)) {
				all[i].changes = append(all[i].changes, c)
			}
		}
	}
	return slices.DeleteFunc(all, func(g changeGroup) bool { return len(g.changes) == 0 })
}

// lines puts the moves of one kind to one version together: one line for most dependencies.
func (c *VersionChange) lines() []VersionMove {
	var out []VersionMove
	for _, m := range c.Moves {
		i := slices.IndexFunc(out, func(o VersionMove) bool { return o.To == m.To && o.Kind == m.Kind })
		if i < 0 || m.From == "" {
			out = append(out, m)
			continue
		}
		o := &out[i]
		o.From += ", " + m.From
		o.Modules = slices.Sorted(slices.Values(slices.Concat(o.Modules, m.Modules)))
		o.Modules = slices.Compact(o.Modules)
		o.Workspace = o.Workspace || m.Workspace
		if words := howWords(); slices.Index(words, m.How) < slices.Index(words, o.How) {
			o.How = m.How
		}
		for _, cause := range m.Causes {
			if !slices.Contains(o.Causes, cause) {
				o.Causes = append(slices.Clip(o.Causes), cause)
			}
		}
	}
	return out
}

// versions is "v1.0.0 -> v1.1.0", "added v1.0.0", "dropped v1.0.0"; of what is new or gone, the version.
func (m *VersionMove) versions(wasPath string) string {
	from, to := m.From, m.To
	if wasPath != "" {
		from = wasPath + " " + from
	}
	switch {
	case m.Kind == string(change.Added):
		return "added " + to
	case m.Kind == string(change.Dropped):
		return "dropped " + from
	case from == "":
		return to
	case to == "":
		return from
	}
	return from + " -> " + to
}

// where names one module and counts several.
func (m *VersionMove) where() string {
	switch n := len(m.Modules); {
	case n == 0:
		return "the workspace"
	case n == 1 && !m.Workspace:
		return m.Modules[0]
	case n == 1:
		return m.Modules[0] + " and the workspace"
	case m.Workspace:
		return fmt.Sprintf("%d modules and the workspace", n)
	default:
		return fmt.Sprintf("%d modules", n)
	}
}

// cause names the first line behind a move and counts the others; of the dependency's own require line the place alone.
func (m *VersionMove) cause() string {
	if len(m.Causes) == 0 {
		return ""
	}
	first := &m.Causes[0]
	s := place(first.Position)
	if !first.own {
		s = first.Text + " (" + s + ")"
	}
	if n := len(m.Causes) - 1; n > 0 {
		s += " " + countMore(n)
	}
	return s
}

// summary says in one line what happened to the dependency: "golang.org/x/net v0.55.0 -> v0.57.0 in 11 modules".
func (c *VersionChange) summary() string {
	var parts []string
	for i, m := range c.lines() {
		part := m.versions("")
		if i == 0 {
			part = c.text(&m)
		}
		part += " in " + m.where()
		if m.Kind == string(change.New) || m.Kind == string(change.Gone) || m.Kind == string(change.Down) {
			part += " (" + m.Kind + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

// text names the dependency and the versions of one of its moves.
func (c *VersionChange) text(m *VersionMove) string {
	if c.WasPath != "" {
		return c.WasPath + " " + m.From + " -> " + c.Path + " " + m.To
	}
	return c.Path + " " + m.versions("")
}

func (m *ModuleChange) text() string {
	s := m.Dir
	if m.WasDir != "" {
		s = m.WasDir + " -> " + m.Dir
	}
	if m.WasPath != "" {
		s += " (was " + m.WasPath + ")"
	}
	return s
}
