package report

import (
	"io"
	"slices"

	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/release"
)

// A Release is who has to do what, and in which order, before the modules of a repository can be released. Lists are
// never nil.
type Release struct {
	Schema   string `json:"schema"`   // "1"
	Document string `json:"document"` // "report"
	Tool     Tool   `json:"tool"`
	Root     string `json:"root"`
	// Complete is false if something could not be found out, so that more may have to be done than is shown.
	Complete  bool   `json:"complete"`
	Policy    string `json:"policy,omitempty"`
	Workspace string `json:"workspace,omitempty"`
	// PublishedKnown is false if the policy does not say which modules others import or install: all are taken for such.
	PublishedKnown bool           `json:"published_known"`
	Summary        ReleaseSummary `json:"summary"`
	// Waves are the directories of the modules, in the order in which they can be released.
	Waves  [][]string     `json:"waves"`
	Cycles []ReleaseCycle `json:"cycles"`
	// Blockers are what is wrong with go.work or the policy; those of modules stand with these.
	Blockers []Blocker `json:"blockers"`
	// Teams are sorted by name, modules without a team come last; Modules are sorted by directory.
	Teams       []ReleaseTeam   `json:"teams"`
	Modules     []ReleaseModule `json:"modules"`
	Differences []Difference    `json:"differences"`
	Exceptions  []ExceptionUse  `json:"exceptions"`
	Gaps        []Gap           `json:"gaps"`
	Notes       []string        `json:"notes,omitempty"`
}

// A ReleaseSummary counts modules by state, and the errors that something waits for, each once.
type ReleaseSummary struct {
	Modules int `json:"modules"`
	Ready   int `json:"ready"`
	Waits   int `json:"waits"`
	Blocked int `json:"blocked"`
	Unknown int `json:"unknown"`
	Errors  int `json:"errors"`
}

// A ReleaseCycle is a group of modules that need each other.
type ReleaseCycle struct {
	Modules []string `json:"modules"`
	Ring    []string `json:"ring"` // a shortest ring
}

// A ReleaseTeam is a team and its modules. Todo counts what can be done now, each thing once.
type ReleaseTeam struct {
	Team    string   `json:"team,omitempty"`
	Contact string   `json:"contact,omitempty"`
	Modules []string `json:"modules"`
	Todo    int      `json:"todo"`
}

// A ReleaseModule is a module in its place.
type ReleaseModule struct {
	Dir       string   `json:"dir"`
	Path      string   `json:"path"`
	Teams     []string `json:"teams"`
	Published bool     `json:"published"`
	Wave      int      `json:"wave"`
	State     string   `json:"state"` // "ready", "waits", "blocked" or "unknown"
	// Needs are the siblings that it builds on; NeededBy those that build on it directly, Later all that do.
	Needs    []ReleaseNeed `json:"needs"`
	NeededBy []string      `json:"needed_by"`
	Later    []string      `json:"later"`
	Blockers []Blocker     `json:"blockers"`
}

// A ReleaseNeed is a sibling that a module builds on.
type ReleaseNeed struct {
	Dir     string `json:"dir"`
	Version string `json:"version,omitempty"` // that it requires
	// Directory tells that a replace line of the module takes the sibling from its directory.
	Directory bool   `json:"directory,omitempty"`
	Hold      string `json:"hold,omitempty"` // "placeholder", "unpublished", "directory" or "unready"
}

// A Difference is a dependency that modules have at several versions.
type Difference struct {
	Path     string `json:"path"`
	Distance string `json:"distance"` // the greatest between two versions: "equal", "pseudo-version", "patch", "minor", "major"
	// Other tells that forks or directories are among the versions.
	Other    bool         `json:"other,omitempty"`
	Versions []VersionUse `json:"versions"` // the highest first, then other code
}

// A VersionUse is a version and the modules that have it, by how their go.mod files list the dependency.
type VersionUse struct {
	Version  string   `json:"version"`
	Direct   []string `json:"direct"`
	Indirect []string `json:"indirect"`
}

// NewRelease makes the document. Shown says which modules are; what is about others alone is left out, but for the waves
// and for the exceptions of the judgement.
func NewRelease(order *release.Order, j *policy.Judgement, origin Origin, shown func(*release.Module) bool) *Release {
	r := &Release{
		Schema: Schema, Document: "report", Tool: Tool{"modgov", origin.Version}, Root: origin.Root,
		Complete: len(j.Gaps) == 0, Policy: j.Policy.File, PublishedKnown: order.PublishedKnown, Waves: [][]string{},
		Cycles: []ReleaseCycle{}, Blockers: []Blocker{}, Teams: []ReleaseTeam{}, Modules: []ReleaseModule{},
		Differences: []Difference{}, Gaps: []Gap{}, Notes: slices.Clone(origin.Notes),
	}
	if w := j.Facts.Workspace.Work; w != nil {
		r.Workspace = w.File
	}
	for _, wave := range order.Waves {
		r.Waves = append(r.Waves, dirsOf(wave))
	}
	for _, f := range order.Errors {
		r.Blockers = append(r.Blockers, errorBlocker(f, ""))
	}
	among := map[string]bool{}
	for _, m := range order.Modules {
		if shown(m) {
			among[m.Dir] = true
			r.Modules = append(r.Modules, newReleaseModule(m))
		}
	}
	in := func(dir string) bool { return among[dir] }
	for _, c := range order.Cycles {
		if modules := dirsOf(c.Modules); slices.ContainsFunc(modules, in) {
			r.Cycles = append(r.Cycles, ReleaseCycle{modules, dirsOf(c.Ring)})
		}
	}
	r.addTeams(j.Policy)
	for _, d := range order.Differences {
		if slices.ContainsFunc(d.Versions, func(v *release.Version) bool {
			return slices.ContainsFunc(v.Direct, in) || slices.ContainsFunc(v.Indirect, in)
		}) {
			r.Differences = append(r.Differences, newDifference(d))
		}
	}
	exceptions := NewExceptions(j, j.Exceptions, origin)
	r.Exceptions, r.Gaps = exceptions.Exceptions, exceptions.Gaps
	r.summarize(len(order.Errors))
	return r
}

func dirsOf(modules []*release.Module) []string {
	out := []string{}
	for _, m := range modules {
		out = append(out, m.Dir)
	}
	return out
}

func newReleaseModule(m *release.Module) ReleaseModule {
	out := ReleaseModule{
		Dir: m.Dir, Path: m.Path, Teams: append([]string{}, m.Teams...), Published: m.Published, Wave: m.Wave, State: string(m.State),
		Needs: []ReleaseNeed{}, NeededBy: dirsOf(m.NeededBy), Later: dirsOf(m.Later), Blockers: []Blocker{},
	}
	for _, n := range m.Needs {
		need := ReleaseNeed{Dir: n.Dir, Directory: n.Replace != nil, Hold: string(n.Hold)}
		if n.Require != nil {
			need.Version = n.Require.Mod.Version
		}
		out.Needs = append(out.Needs, need)
	}
	out.Blockers = append(out.Blockers, blockers(m, out.Needs)...)
	return out
}

func newDifference(d *release.Difference) Difference {
	out := Difference{Path: d.Path, Distance: d.Distance.String(), Other: d.Other, Versions: []VersionUse{}}
	for _, v := range d.Versions {
		out.Versions = append(out.Versions,
			VersionUse{v.Text, append([]string{}, v.Direct...), append([]string{}, v.Indirect...)})
	}
	return out
}

// addTeams groups the modules by their teams. A module of several teams is named with each.
func (r *Release) addTeams(p *policy.Policy) {
	byTeam := map[string]*ReleaseTeam{}
	counted := map[[2]string]bool{} // an error may be about several modules
	var names []string
	for i := range r.Modules {
		m := &r.Modules[i]
		teams := m.Teams
		if len(teams) == 0 {
			teams = []string{""}
		}
		for _, name := range teams {
			t := byTeam[name]
			if t == nil {
				t = &ReleaseTeam{Team: name, Contact: p.Contact(name)}
				byTeam[name] = t
				names = append(names, name)
			}
			t.Modules = append(t.Modules, m.Dir)
			for _, b := range m.Blockers {
				key := [2]string{name, b.Finding}
				if b.now() && (b.Finding == "" || !counted[key]) {
					counted[key] = true
					t.Todo++
				}
			}
		}
	}
	slices.Sort(names)
	if len(names) > 0 && names[0] == "" {
		names = append(names[1:], "")
	}
	for _, name := range names {
		r.Teams = append(r.Teams, *byTeam[name])
	}
}

// summarize counts; general errors are about no module.
func (r *Release) summarize(general int) {
	s := &r.Summary
	s.Modules, s.Errors = len(r.Modules), general
	seen := map[string]bool{}
	for _, m := range r.Modules {
		switch release.State(m.State) {
		case release.Ready:
			s.Ready++
		case release.Waits:
			s.Waits++
		case release.Blocked:
			s.Blocked++
		default:
			s.Unknown++
		}
		for _, b := range m.Blockers {
			if b.Kind == errorKind && !seen[b.Finding] {
				seen[b.Finding] = true
				s.Errors++
			}
		}
	}
}

// WriteRelease writes the report as "markdown" or "json".
func WriteRelease(w io.Writer, format string, r *Release, o Options) error {
	if err := checkFormat("report", format); err != nil {
		return err
	}
	if format == "json" {
		return writeJSON(w, r)
	}
	return writeReleaseMarkdown(w, r, o)
}
