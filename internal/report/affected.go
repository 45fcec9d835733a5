package report

import (
	"cmp"
	"fmt"
	"io"

	"github.com/modgov/modgov/internal/change"
	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
)

// An Affected tells which modules a change touches, and why.
type Affected struct {
	Schema   string `json:"schema"`   // "1"
	Document string `json:"document"` // "affected"
	Tool     Tool   `json:"tool"`
	Root     string `json:"root"`
	// Base is what is compared with; nil if there is nothing, and then all modules are touched.
	Base *Revision `json:"base,omitempty"`
	// Complete is false if a module, or the workspace, has no build list.
	Complete bool `json:"complete"`
	Governed int  `json:"governed"`      // number of governed modules
	Files    int  `json:"changed_files"` // number of files that differ
	// Modules are those that are touched, sorted by directory. Unowned are the files that lie in no governed module.
	Modules []AffectedModule `json:"modules"`
	Unowned []string         `json:"unowned"`
	Gaps    []Gap            `json:"gaps"`
	Notes   []string         `json:"notes,omitempty"`
}

// A Revision is a commit by the name that somebody gave it.
type Revision struct {
	Revision string `json:"revision"`
	Commit   string `json:"commit"`
}

// An AffectedModule is a module that is touched.
type AffectedModule struct {
	Dir    string `json:"dir"`
	Path   string `json:"path"`
	Weight int64  `json:"weight"` // number of Go files, by which work is shared out
	// Reasons are in the order: the module itself, its files, directories that it depends on, versions, workspace, policy.
	Reasons []AffectedReason `json:"reasons"`
}

// An AffectedReason is a reason in words, and in parts as far as its kind has them.
type AffectedReason struct {
	Kind  string   `json:"kind"` // "whole", "new" and others: docs/report.md lists them
	Text  string   `json:"text"` // one line
	Files []string `json:"files,omitempty"`
	Dir   string   `json:"dir,omitempty"`
	Dep   string   `json:"dep,omitempty"`
	From  string   `json:"from,omitempty"`
	To    string   `json:"to,omitempty"`
	// Workspace tells that it is so in the workspace only.
	Workspace bool `json:"workspace,omitempty"`
}

// NewAffected makes the document of touched modules; base is nil if there was nothing to compare with. Weight returns the
// weight of the module in a directory.
func NewAffected(
	g *graph.Graph, modules []change.Affected, base *Revision, weight func(dir string) int64, o Origin,
) *Affected {
	a := &Affected{
		Schema: Schema, Document: "affected", Tool: Tool{"modgov", o.Version}, Root: o.Root, Base: base, Complete: true,
		Governed: len(g.Workspace().Governed()), Modules: []AffectedModule{}, Unowned: []string{}, Gaps: []Gap{}, Notes: o.Notes,
	}
	for _, m := range modules {
		out := AffectedModule{Dir: m.Module.Dir, Path: m.Module.Path, Weight: weight(m.Module.Dir)}
		for _, r := range m.Reasons {
			out.Reasons = append(out.Reasons, newAffectedReason(r))
		}
		a.Modules = append(a.Modules, out)
	}
	views := g.Views()
	if w := g.WorkspaceView(); w != nil {
		views = append(views[:len(views):len(views)], w)
	}
	for _, v := range views {
		if v.Err() != nil {
			gap := newGap(g, v.Dir(), v.Err())
			gap.Layer = string(policy.LayerSelected)
			a.Gaps, a.Complete = append(a.Gaps, gap), false
		}
	}
	return a
}

// newAffectedReason says a reason in words, and in parts.
func newAffectedReason(reason change.Reason) AffectedReason {
	switch r := reason.(type) {
	case change.NoBase:
		return AffectedReason{Kind: "whole", Text: "there is nothing to compare with"}
	case change.NewModule:
		return AffectedReason{Kind: "new", Text: "new module"}
	case change.NewlyGoverned:
		return AffectedReason{Kind: "governed", Text: "was not governed before"}
	case change.NoBuildList:
		return AffectedReason{Kind: "unknown", Text: unknownText(r), Workspace: r.InWorkspace}
	case change.FilesDiffer:
		return AffectedReason{Kind: "files", Text: policy.Count(len(r), "file") + " changed", Files: r}
	case change.DependencyDiffers:
		text := fmt.Sprintf("depends on %s (%s), where %s changed", r.Dir, wayText(r.Local), policy.Count(len(r.Files), "file"))
		return AffectedReason{Kind: "depends", Text: text, Dir: r.Dir, Dep: r.Path, Workspace: r.Replace == nil}
	case change.DependencyUnseen:
		text := fmt.Sprintf("depends on %s (%s), and git does not tell what changes there", r.Dir, wayText(r.Local))
		return AffectedReason{Kind: "unseen", Text: text, Dir: r.Dir, Dep: r.Path, Workspace: r.Replace == nil}
	case change.VersionDiffers:
		text := fmt.Sprintf("%s %s -> %s", r.Dep, cmp.Or(r.From, "none"), cmp.Or(r.To, "gone"))
		if r.InWorkspace {
			text += " in the workspace"
		}
		return AffectedReason{Kind: "selection", Text: text, Dep: r.Dep, From: r.From, To: r.To, Workspace: r.InWorkspace}
	case change.WorkspaceDiffers:
		return AffectedReason{Kind: "workspace", Text: map[change.WorkspaceDiffers]string{
			change.Joined: "joined the workspace", change.Left: "left the workspace",
			change.GodebugDiffers: "the godebug lines of go.work differ",
			change.VendorDiffers:  "the vendor directory of the workspace differs",
		}[r]}
	case change.SumsDiffer:
		text := "go.work.sum has lines that go refuses"
		if r != "" {
			text = fmt.Sprintf("the sums of %s in go.work.sum differ", r)
		}
		return AffectedReason{Kind: "sums", Text: text, Dep: string(r)}
	case change.PolicyDiffers:
		return AffectedReason{Kind: "policy", Text: "the policy finds other things: " + policy.Count(int(r), "finding")}
	case change.NeededByOther:
		text := fmt.Sprintf("%s depends on it (%s)", r.Module.Dir, wayText(r.By))
		return AffectedReason{Kind: "needed", Text: text, Dir: r.Module.Dir, Workspace: r.By.Replace == nil}
	}
	panic(fmt.Sprintf("report: a reason of type %T has no words", reason))
}

// wayText says by what a module comes to the code of another.
func wayText(l graph.Local) string {
	if l.Replace == nil {
		return "in the workspace"
	}
	return "replaced by " + graph.ModText(l.Replace.New)
}

func unknownText(r change.NoBuildList) string {
	text := "its build list is not known"
	if r.InWorkspace {
		text = "the build list of the workspace is not known"
	}
	if r.Before {
		text += " from before"
	}
	if r.Err != nil {
		text += ": " + r.Err.Error()
	}
	return text
}

// Jobs say what the jobs of a CI system do.
type Jobs struct {
	// Step is a line for a shell, which each job runs in the directory of its module. A matrix has no commands.
	Step string
	// Below is the root relative to git's top level, where jobs start; "" if it is that.
	Below string
}

// WriteAffected writes touched modules: as "text" with the reasons, as "plain" their directories, a line each, as "json",
// or as jobs for a CI system: "github-matrix", "gitlab", "buildkite".
func WriteAffected(w io.Writer, format string, a *Affected, jobs Jobs, o Options) error {
	if err := checkFormat("affected", format); err != nil {
		return err
	}
	switch format {
	case "json":
		return writeJSON(w, a)
	case "plain":
		pg := newPage(o)
		for _, m := range a.Modules {
			pg.text("%s", m.Dir)
		}
		return pg.writeTo(w)
	case "github-matrix":
		return a.writeMatrix(w, jobs)
	case "gitlab":
		return a.writeGitLab(w, jobs)
	case "buildkite":
		return a.writeBuildkite(w, jobs)
	}
	return a.writeText(w, o)
}

// maxReasons is how many reasons of a module are shown.
const maxReasons = 6

func (a *Affected) writeText(w io.Writer, o Options) error {
	pg := newPage(o)
	if !o.Quiet {
		for _, m := range a.Modules {
			pg.affectedModule(&m, o.Verbose)
		}
		for _, g := range a.Gaps {
			pg.incomplete(moduleName(g.Module) + ": " + g.Message)
		}
		pg.unowned(a.Unowned, o.Verbose)
		if o.Verbose {
			pg.notes(a.Notes)
		}
		pg.blank()
	}
	pg.text("%s", a.Count())
	return pg.writeTo(w)
}

// Count says in a line how many modules are touched by what.
func (a *Affected) Count() string {
	s := fmt.Sprintf("%d of %s affected", len(a.Modules), policy.Count(a.Governed, "module"))
	if a.Base == nil {
		return s + ": there is nothing to compare with"
	}
	return s + fmt.Sprintf(" by %s since %s (%.12s)", policy.Count(a.Files, "changed file"), a.Base.Revision, a.Base.Commit)
}

func (p *page) affectedModule(m *AffectedModule, all bool) {
	p.text("%s", m.Dir)
	shown := m.Reasons
	if !all && len(shown) > maxReasons {
		shown = shown[:maxReasons-1]
	}
	for _, r := range shown {
		p.text("  %s", r.Text)
		if all {
			for _, file := range r.Files {
				p.text("    %s", file)
			}
		}
	}
	if n := len(m.Reasons) - len(shown); n > 0 {
		p.text("  and %d more reasons (-v shows all)", n)
	}
}

// unowned says which files touch no module.
func (p *page) unowned(files []string, all bool) {
	if len(files) == 0 {
		return
	}
	p.blank()
	p.text("%s in no governed module%s", policy.Count(len(files), "changed file"), map[bool]string{false: " (-v shows them)"}[all])
	if all {
		for _, file := range files {
			p.text("  %s", file)
		}
	}
}
