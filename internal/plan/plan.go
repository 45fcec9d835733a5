// Package plan turns findings into the smallest change that clears them, proves it, and writes it. It is the only
// package that writes governed files.
//
// A plan is made in steps, none of which touches the tree: settlements of findings become edits, and what follows from
// them becomes edits too, until nothing moves; the go command completes copies of the edited files (indirect marks,
// requirements that pruning needs, sums); the edited tree is judged as a whole. Only a plan that is proved to make
// things better, and nothing worse, can be written: all of it or none.
package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/gocmd"
	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/workspace"
)

// A Project is the repository that a plan is for.
type Project struct {
	Root string // absolute, in the form of the operating system
	FS   fs.FS  // its files
	Git  bool   // git keeps them
	// Ignored returns those of names, files below a directory, that git would leave out of a commit; nil: nobody knows.
	Ignored func(dir string, names []string) ([]string, error)
	// Journal is where Write remembers what it does until it is done. The zero one is none.
	Journal Journal
	// Judge loads a tree and judges it; plans ask it of edited trees. It fetches what it needs.
	Judge func(ctx context.Context, files fs.FS) (*policy.Judgement, error)
	// PolicyAtHead returns the policy of the last commit, nil if there is none that can be read; a nil function knows none.
	// It is asked only where a marked replace line is not what the policy says now.
	PolicyAtHead func() *policy.Policy
	// Settings are those of the go command, by which edited files are completed.
	Settings *gocmd.Settings
	Offline  bool // go may ask nothing of the network
	Jobs     int  // go processes at a time
	// Progress is told what is being done, one call at a time; nil: nobody is.
	Progress func(step string, done, total int)
}

// Options say what a plan is to do.
type Options struct {
	// Target says which findings to clear; nil means all that can be.
	Target func(*policy.Finding) bool
	// Means is policy.Require or policy.Replace to settle versions by these means alone, "" to leave it to the policy.
	Means policy.Means
	// Module says to which modules, by directory, the edits for Target's findings are limited; what follows from these
	// edits follows elsewhere too. With Get it limits what follows without being demanded by the policy or by go. Nil: all.
	Module func(dir string) bool
	// Vendor says of which modules snapshots are to be made, and, asked for nil, whether of the workspace. Nil: of none but
	// those that would not fit the edited files any more.
	Vendor func(*workspace.Module) bool
	// Tidy says of which modules all that go mod tidy says is taken, told whether the plan touches them otherwise. Nil: of
	// none, and only what the edits need is taken.
	Tidy func(m *workspace.Module, touched bool) bool
	// Work edits go.work and nothing else: use lines are added and dropped, and its go line is raised.
	Work bool
	// Sync raises what the members of the workspace require to what the workspace selects, besides the findings, and tidies
	// the members that this changes.
	Sync bool
	// Verify has go build and vet what the plan touches, alone and in the workspace, before anything may be written.
	Verify bool
	// Get asks for versions whatever the findings say: by Require, which may also lower one, or by Replace with a directory.
	// There is at most one for a module and a dependency. What the policy says must agree follows.
	Get []policy.Settlement
	// Notes are what is worth knowing of how Get came about, in sentences.
	Notes []string
	// Force makes vendor directories anew that somebody has changed by hand.
	Force bool
}

// A Plan is a change to a repository that has been proved and not yet been written.
type Plan struct {
	// Files are the changed files, sorted by name.
	Files []File
	// Edits tell what changes, in words, sorted by file.
	Edits []Edit
	// Clears are the findings that go, Left those that were asked for and stay, New those that come; new errors never do.
	Clears []*policy.Finding
	Left   []Left
	New    []*policy.Finding
	// Asked tells what becomes of what Options.Get asks for, in its order.
	Asked []Asked
	// Moves are changes of effective versions that no edit asked for by name; where Options.Get asks for something, all
	// changes but those in Asked.
	Moves []Move
	// Vendors are the vendor directories that are made anew.
	Vendors []Vendor
	// After is the judgement of the edited tree.
	After *policy.Judgement
	// Notes say in sentences what was not proved or done, and what was proved besides.
	Notes []string

	project *Project
	stage   string // temporary directory, "" once closed
}

// A File is a governed file before and after.
type File struct {
	Name          string // relative to the root
	Before, After []byte // Before is nil if there was no such file
}

// An Edit is a change of meaning to a file.
type Edit struct {
	File string
	Text string   // "require golang.org/x/text v0.21.0 -> v0.28.0"
	For  []string // rules, or rule and policy item: "version-pin (uuid)"
}

// A Left is a finding that the plan does not clear, and why.
type Left struct {
	Finding *policy.Finding
	Reason  string
}

// NoEdit is the reason why a finding is left where no edit that modgov could make settles it.
const NoEdit = "no edit settles it"

// A Move is a change of the effective version of a dependency in a module.
type Move struct {
	Module, Dep, From, To string // From or To is "" where the module is new or gone
	By                    string // who requires it: "golang.org/x/text v0.28.0", or the directory "libs/auth"
	Down                  bool   // To is a lower version than From
	Edited                bool   // an edit asks for it by name
}

// ErrNotProved is matched by the errors of New for plans that may not be written.
var ErrNotProved = errors.New("the plan is not proved")

// notProved is an error with a reason that matches ErrNotProved.
type notProved struct{ reason string }

func (e *notProved) Error() string        { return e.reason }
func (e *notProved) Is(target error) bool { return target == ErrNotProved }

func unproved(format string, args ...any) error { return &notProved{fmt.Sprintf(format, args...)} }

// maxRounds bounds how often edits may cause further edits.
const maxRounds = 10

// New makes and proves a plan. Before is the judgement of the tree as it is. The plan is not nil even with an error, if
// there is something to show of it; an error that matches ErrNotProved says why it cannot be written. Close must be
// called in the end.
func New(ctx context.Context, project *Project, before *policy.Judgement, o Options) (*Plan, error) {
	d := newDraft(project, before, o)
	d.ungovernedMembers()
	p := &Plan{project: project}
	err := d.get(ctx)
	if err == nil {
		err = d.settleAll(ctx)
	}
	if err == nil {
		err = d.forgetSums(ctx)
	}
	if err == nil {
		err = p.addVendors(ctx, d)
	}
	p.stage = d.stage
	p.describe(d)
	if err != nil {
		return p, err
	}
	if err := p.prove(d); err != nil || !o.Verify || p.Empty() {
		return p, err
	}
	err = p.verify(ctx, d)
	p.stage = d.stage
	return p, err
}

// settleAll alternates between modgov's edits and the go command's completion of them until both are content.
func (d *draft) settleAll(ctx context.Context) error {
	for range maxRounds {
		if err := d.settle(ctx); err != nil {
			return err
		}
		again, err := d.complete(ctx)
		if err != nil {
			return err
		}
		if !again {
			return nil
		}
	}
	return unproved("no end after %d rounds: completing the edited files with the go command asks for ever more edits", maxRounds)
}

// Empty reports whether the plan changes nothing.
func (p *Plan) Empty() bool { return len(p.Files) == 0 && len(p.Vendors) == 0 }

// Leaves reports whether something that was asked for stays as it is.
func (p *Plan) Leaves() bool {
	return len(p.Left) > 0 || slices.ContainsFunc(p.Asked, func(a Asked) bool { return a.Reason != "" })
}

// describe fills in what the plan does from the draft.
func (p *Plan) describe(d *draft) {
	p.Notes, p.After = slices.Concat(d.options.Notes, d.notes, d.bareNote()), d.now
	for name, after := range d.files.changed {
		before, err := fs.ReadFile(d.project.FS, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			p.Notes = append(p.Notes, err.Error())
		}
		if string(before) != string(after) || before == nil {
			p.Files = append(p.Files, File{Name: name, Before: before, After: after})
		}
	}
	slices.SortFunc(p.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	p.Edits = d.describeEdits(p.Files)
	p.compare(d)
}

// bareNote says where no sums of code were asked for.
func (d *draft) bareNote() []string {
	dirs := slices.Sorted(maps.Keys(d.bare))
	if len(dirs) == 0 {
		return nil
	}
	where := dirs[0]
	if len(dirs) > 1 {
		where = policy.Count(len(dirs), "module")
	}
	return []string{"no package in " + where + ": nothing tells which sums of code go.sum needs there"}
}

// describeEdits says in words what is different in each file.
func (d *draft) describeEdits(files []File) []Edit {
	var out []Edit
	for _, f := range files {
		switch path.Base(f.Name) {
		case "go.mod":
			out = append(out, d.describeMod(f)...)
		case "go.sum", "go.work.sum":
			out = append(out, Edit{File: f.Name, Text: describeSum(f)})
		case "go.work":
			out = append(out, d.describeWork(f.Name)...)
		default:
			out = append(out, Edit{File: f.Name, Text: map[bool]string{true: "new", false: "rewritten"}[f.Before == nil]})
		}
	}
	return out
}

// describeWork says what is different in go.work.
func (d *draft) describeWork(file string) []Edit {
	var out []Edit
	add := func(about, format string, args ...any) {
		out = append(out, Edit{File: file, Text: fmt.Sprintf(format, args...), For: d.reasons(file, about)})
	}
	before, after := d.before.Facts.Workspace.Work, d.now.Facts.Workspace.Work
	if before.Go.Text != after.Go.Text {
		add("go", "go %s -> %s", cmp.Or(before.Go.Text, graph.GoOfWork(before)+" (no line)"), after.Go.Text)
	}
	uses := func(w *workspace.Work, text string) bool {
		return slices.ContainsFunc(w.Uses, func(u workspace.Use) bool { return u.Text == text })
	}
	for _, u := range after.Uses {
		if !uses(before, u.Text) {
			add(u.Dir, "use %s (new)", u.Text)
		}
	}
	for _, u := range before.Uses {
		if !uses(after, u.Text) {
			add(u.Dir, "use %s (dropped)", u.Text)
		}
	}
	return out
}

// describeSum counts the lines that come and go.
func describeSum(f File) string {
	before, after := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(string(f.Before)) {
		before[strings.TrimSpace(line)] = true
	}
	added, dropped := 0, 0
	for line := range strings.Lines(string(f.After)) {
		after[strings.TrimSpace(line)] = true
		if !before[strings.TrimSpace(line)] {
			added++
		}
	}
	for line := range before {
		if !after[line] {
			dropped++
		}
	}
	var parts []string
	if added > 0 {
		parts = append(parts, policy.Count(added, "line")+" added")
	}
	if dropped > 0 {
		parts = append(parts, policy.Count(dropped, "line")+" dropped")
	}
	return strings.Join(parts, ", ")
}

func (d *draft) describeMod(f File) []Edit {
	var out []Edit
	add := func(dep, format string, args ...any) {
		out = append(out, Edit{File: f.Name, Text: fmt.Sprintf(format, args...), For: d.reasons(f.Name, dep)})
	}
	before, after := d.module(d.before, f.Name), d.module(d.now, f.Name)
	if before == nil || after == nil {
		add("", "rewritten")
		return out
	}
	if before.Go.Text != after.Go.Text {
		add("go", "go %s -> %s", before.Go.Text, after.Go.Text)
	}
	if before.Toolchain.Text != after.Toolchain.Text {
		add("toolchain", "toolchain %s -> %s", cmp.Or(before.Toolchain.Text, "none"), cmp.Or(after.Toolchain.Text, "none"))
	}
	old := requires(before)
	for _, r := range after.Requires {
		was, ok := old[r.Mod.Path]
		delete(old, r.Mod.Path)
		switch {
		case !ok:
			add(r.Mod.Path, "require %s %s%s (new)", r.Mod.Path, r.Mod.Version, mark(r.Indirect))
		case was.Mod.Version != r.Mod.Version:
			add(r.Mod.Path, "require %s %s -> %s", r.Mod.Path, was.Mod.Version, r.Mod.Version)
		case was.Indirect != r.Indirect:
			add(r.Mod.Path, "require %s %s: %s", r.Mod.Path, r.Mod.Version, map[bool]string{true: "now indirect", false: "now direct"}[r.Indirect])
		}
	}
	for _, r := range before.Requires {
		if was, gone := old[r.Mod.Path]; gone && was.Mod == r.Mod || !slices.ContainsFunc(after.Requires, sameLine(r)) && repeated(before, r) {
			add(r.Mod.Path, "require %s %s (dropped)", r.Mod.Path, r.Mod.Version)
		}
	}
	out = append(out, d.describeReplaces(f.Name, before, after)...)
	return out
}

func (d *draft) describeReplaces(file string, before, after *workspace.Module) []Edit {
	var out []Edit
	old := map[module.Version]workspace.Replace{}
	for _, r := range before.Replaces {
		old[r.Old] = r
	}
	for _, r := range after.Replaces {
		was, ok := old[r.Old]
		delete(old, r.Old)
		if ok && was.New == r.New {
			continue
		}
		text := fmt.Sprintf("replace %s => %s", graph.ModText(r.Old), graph.ModText(r.New))
		if !ok {
			text += " (new)"
		}
		out = append(out, Edit{File: file, Text: text, For: d.reasons(file, r.Old.Path)})
	}
	for _, r := range before.Replaces {
		if _, gone := old[r.Old]; gone {
			delete(old, r.Old) // equal lines are one
			text := fmt.Sprintf("replace %s => %s (dropped)", graph.ModText(r.Old), graph.ModText(r.New))
			out = append(out, Edit{File: file, Text: text, For: d.reasons(file, r.Old.Path)})
		}
	}
	return out
}

func requires(m *workspace.Module) map[string]workspace.Require {
	out := map[string]workspace.Require{}
	for _, r := range m.Requires {
		out[r.Mod.Path] = r
	}
	return out
}

func sameLine(r workspace.Require) func(workspace.Require) bool {
	return func(o workspace.Require) bool { return o.Mod == r.Mod }
}

// repeated reports whether the module requires the path on another line too.
func repeated(m *workspace.Module, r workspace.Require) bool {
	return slices.ContainsFunc(m.Requires, func(o workspace.Require) bool { return o.Mod.Path == r.Mod.Path && o.Pos != r.Pos })
}

func mark(indirect bool) string {
	if indirect {
		return " // indirect"
	}
	return ""
}
