package plan

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/workspace"
)

// A draft is a plan in the making: the edited tree and what the policy says of it.
type draft struct {
	project *Project
	options Options
	before  *policy.Judgement // of the tree as it is
	now     *policy.Judgement // of the edited tree
	fresh   []*policy.Finding // that the edits bring
	files   *overlay
	known   map[string]bool            // identities of the findings before
	targets map[string]*policy.Finding // findings to clear, by identity
	why     map[line][]string          // rules for which it changes
	blocked map[attempt]string         // why it cannot be made
	refused map[request]string         // why what Options.Get asks for cannot be done
	untidy  map[string]bool            // directories of modules of which go mod tidy could not say what sums they need
	bare    map[string]bool            // directories of edited modules without packages
	tidied  map[string]bool            // directories of modules of which go mod tidy had its way
	notes   []string
	stage   string            // temporary directory, "" until it is needed
	workSum []byte            // what go made of go.work.sum, nil if it left it alone
	done    map[string]string // module directory → fingerprint of what go completed it from
	asksGo  map[string]bool   // module directory → go has to vouch for /go.mod lines
}

// An attempt is what was to settle a finding in a module.
type attempt struct {
	finding, module string // the finding's identity, the module's directory
	mod             module.Version
}

// A line names what an edit changes: what a file says of a dependency, or of go or toolchain.
type line struct{ file, dep string }

func newDraft(p *Project, before *policy.Judgement, o Options) *draft {
	before = before.Apart()
	d := &draft{
		project: p, options: o, before: before, now: before, files: newOverlay(p.FS),
		known: map[string]bool{}, targets: map[string]*policy.Finding{}, why: map[line][]string{},
		blocked: map[attempt]string{}, refused: map[request]string{}, done: map[string]string{}, asksGo: map[string]bool{},
		untidy: map[string]bool{}, bare: map[string]bool{}, tidied: map[string]bool{},
	}
	for _, f := range before.Findings {
		d.known[f.ID()] = true
		if f.Exception == nil && (o.Target == nil || o.Target(f)) {
			d.targets[f.ID()] = f
		}
	}
	return d
}

// settle turns settlements into edits until no finding that is to be cleared asks for one: those that were asked for,
// and those that the edits themselves brought.
func (d *draft) settle(ctx context.Context) error {
	seen := map[[sha256.Size]byte]bool{d.fingerprint(): true}
	for range maxRounds {
		todo := d.todo()
		if len(todo) == 0 {
			return nil
		}
		changed, err := d.apply(todo)
		if err != nil {
			return err
		}
		if !changed {
			return nil
		}
		if err := d.judge(ctx); err != nil {
			return err
		}
		if f := d.fingerprint(); seen[f] {
			return unproved("no end: %s undo each other", names(todo))
		} else {
			seen[f] = true
		}
	}
	return unproved("no end after %d rounds: %s ask for ever more edits", maxRounds, names(d.todo()))
}

// judge judges the edited files. What one cause brings to several modules is one finding to people, and one for each of
// the modules here: edits, and what they bring, are told module by module.
func (d *draft) judge(ctx context.Context) error {
	j, err := d.project.Judge(ctx, d.files)
	if err != nil {
		return err
	}
	d.now = j.Apart()
	return nil
}

// names lists the policy items or rules behind findings.
func names(findings []*policy.Finding) string {
	var out []string
	for _, f := range findings {
		out = append(out, reason(f))
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), " and ")
}

// reason names a finding's rule and policy item: "version-pin (uuid)".
func reason(f *policy.Finding) string {
	if f.Item != nil && f.Item.ID != policy.BuiltinID {
		return fmt.Sprintf("%s (%s)", f.Rule, f.Item.ID)
	}
	return f.Rule
}

// todo returns the findings of the edited tree that are to be settled.
func (d *draft) todo() []*policy.Finding {
	var out []*policy.Finding
	for _, f := range d.drifts() {
		if len(d.settlements(f)) > 0 {
			out = append(out, f)
		}
	}
	for _, f := range d.now.Findings {
		id := f.ID()
		if f.Exception != nil || len(d.settlements(f)) == 0 {
			continue
		}
		if d.targets[id] != nil || !d.known[id] {
			out = append(out, f)
		}
	}
	return out
}

// fingerprint identifies the state of the edited files.
func (d *draft) fingerprint() [sha256.Size]byte {
	h := sha256.New()
	files := make([]string, 0, len(d.files.changed))
	for name := range d.files.changed {
		files = append(files, name)
	}
	slices.Sort(files)
	for _, name := range files {
		fmt.Fprintf(h, "%s %d\n", name, len(d.files.changed[name]))
		h.Write(d.files.changed[name])
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// A change is what one settlement asks of a module, with the finding that it comes from.
type change struct {
	policy.Settlement
	finding *policy.Finding
	lower   bool // also if the version that is selected now is higher
}

// apply edits the files as the findings ask, and reports whether anything changed.
func (d *draft) apply(findings []*policy.Finding) (bool, error) {
	changed := false
	for _, c := range d.choose(findings) {
		m := d.now.Facts.Workspace.Module(c.Module)
		if m == nil && c.Means != policy.DropUse {
			continue
		}
		did, err := d.change(m, c)
		if err != nil {
			var refused *refusal
			if errors.As(err, &refused) {
				d.blocked[attempt{c.finding.ID(), c.Module, c.Mod}] = refused.Error()
				continue
			}
			return changed, err
		}
		if did {
			d.because(m, c)
			changed = true
		}
	}
	return changed, nil
}

// choose orders the changes and keeps one for each module and dependency: of two required versions the higher.
func (d *draft) choose(findings []*policy.Finding) []change {
	type key struct {
		module, dep string
		means       policy.Means
	}
	best := map[key]change{}
	for _, f := range findings {
		for _, s := range d.settlements(f) {
			c := change{Settlement: s, finding: f}
			k := key{s.Module, s.Mod.Path, c.Means}
			if c.Means == policy.Update || c.Means == policy.Sums {
				k.dep = ""
			}
			if old, ok := best[k]; !ok || graph.Compare(c.Mod.Path, old.Mod.Version, c.Mod.Version) < 0 {
				best[k] = c
			}
		}
	}
	out := make([]change, 0, len(best))
	for k, c := range best {
		k.means = policy.Replace
		if _, replaced := best[k]; replaced && c.Means == policy.Require {
			continue // the line would have no effect
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b change) int {
		for _, o := range [...]int{
			strings.Compare(a.Module, b.Module), strings.Compare(string(a.Means), string(b.Means)),
			strings.Compare(a.Mod.Path, b.Mod.Path),
		} {
			if o != 0 {
				return o
			}
		}
		return 0
	})
	return out
}

// settlements returns how a finding is to be settled: in the modules that were asked for, unless the plan itself has
// brought the finding, by the means that were asked for, and where that has not been refused before: one module that
// refuses keeps no other from following. What follows from an edit has to follow everywhere.
func (d *draft) settlements(f *policy.Finding) []policy.Settlement {
	var out []policy.Settlement
	asked := d.targets[f.ID()] != nil
	limited, free := asked, false
	if len(d.options.Get) > 0 {
		free = optional(f)
		limited = free
	}
	for _, s := range f.Settle {
		if free && d.asksFor(s.Module, s.Mod.Path) {
			continue // somebody has chosen another version
		}
		if limited && d.options.Module != nil && !d.options.Module(s.Module) || d.blocked[attempt{f.ID(), s.Module, s.Mod}] != "" {
			continue
		}
		switch {
		case isUse(s.Means) && !d.options.Work, d.options.Work && !isUse(s.Means) && s.Means != policy.RaiseWork:
			continue
		case d.options.Means == policy.Replace && s.Means == policy.Require && s.Item != nil:
			s.Means, s.New = policy.Replace, s.Mod
		case d.options.Means == policy.Replace && s.Means == policy.Require && asked:
			continue // nothing says what the line should be; raising is what was not asked for
		case d.options.Means == policy.Require && s.Means == policy.Replace && s.New.Version != "":
			s.Means, s.New = policy.Require, module.Version{}
		case s.Means == policy.Replace && s.IfAsked && d.options.Means != policy.Replace:
			continue
		}
		out = append(out, s)
	}
	return out
}

// isUse reports whether means are about the use lines of go.work.
func isUse(means policy.Means) bool { return means == policy.AddUse || means == policy.DropUse }

// A refusal says why a settlement cannot be made; the finding is left.
type refusal struct{ reason string }

func (e *refusal) Error() string { return e.reason }

func refuse(format string, args ...any) error { return &refusal{fmt.Sprintf(format, args...)} }

func (d *draft) change(m *workspace.Module, c change) (bool, error) {
	switch c.Means {
	case policy.Require:
		return d.require(m, c)
	case policy.Update:
		return d.update(m, c)
	case policy.Replace:
		return d.replace(m, c)
	case policy.Unreplace:
		return d.edit(m, workspace.Edit{Op: workspace.DropReplace, Mod: c.Mod})
	case policy.Sums:
		return d.addSums(m)
	case policy.RaiseWork:
		return d.raiseWork(m, c.Mod.Version, c)
	case policy.AddUse:
		return d.use(workspace.Edit{Op: workspace.AddUse, Arg: c.New.Path}, c)
	case policy.DropUse:
		return d.use(workspace.Edit{Op: workspace.DropUse, Arg: c.New.Path}, c)
	}
	return false, fmt.Errorf("settle %s: unknown means %q", c.finding.Rule, c.Means)
}

// edit applies edits to a module's go.mod file.
func (d *draft) edit(m *workspace.Module, edits ...workspace.Edit) (bool, error) {
	data, err := d.files.ReadFile(m.File)
	if err != nil {
		return false, err
	}
	after, err := workspace.Apply(m.File, data, edits)
	if err != nil {
		return false, err
	}
	return d.files.set(m.File, after), nil
}

// require raises a requirement, or adds one. It lowers only what was asked for: what selects a higher version would win
// anyway. What is
// replaced gets a line only where there is none, since a pruned module has to list what it builds with.
func (d *draft) require(m *workspace.Module, c change) (bool, error) {
	v := d.now.Facts.Graph.View(m.Dir)
	if v == nil || v.Err() != nil {
		return false, refuse("%s has no build list", m.Dir)
	}
	item, ok := v.Selected(c.Mod.Path)
	listed := slices.ContainsFunc(m.Requires, func(r workspace.Require) bool { return r.Mod.Path == c.Mod.Path })
	switch {
	case ok && item.Replace != nil && (listed || item.Version != c.Mod.Version):
		return false, refuse("%s is replaced in %s: raising the requirement changes nothing", c.Mod.Path, item.Replace.Line.Pos)
	case slices.ContainsFunc(m.Excludes, func(x workspace.Exclude) bool { return x.Mod == c.Mod }):
		return false, refuse("%s excludes %s %s", m.File, c.Mod.Path, c.Mod.Version)
	case !c.lower && ok && graph.Compare(c.Mod.Path, item.Version, c.Mod.Version) > 0:
		return false, refuse("%s already selects %s %s: a requirement cannot lower it", m.Dir, c.Mod.Path, item.Version)
	}
	if listed {
		return d.edit(m, workspace.Edit{Op: workspace.SetRequire, Mod: c.Mod})
	}
	return d.edit(m, workspace.Edit{Op: workspace.AddRequire, Mod: c.Mod, Indirect: true})
}

// update gives the module's roots the versions that selection gives: what go writes where it says that updates to
// go.mod are needed.
func (d *draft) update(m *workspace.Module, c change) (bool, error) {
	v := d.now.Facts.Graph.View(m.Dir)
	if v == nil || v.Err() != nil {
		return false, refuse("%s has no build list", m.Dir)
	}
	var edits []workspace.Edit
	for _, s := range v.NeedsUpdate() {
		e := workspace.Edit{Op: workspace.SetRequire, Mod: module.Version{Path: s.Root.Path, Version: s.Selected}}
		switch {
		case s.Root.Path == "go":
			e = workspace.Edit{Op: workspace.SetGo, Arg: s.Selected}
		case s.Root.Path == "toolchain" && s.Selected == "":
			e = workspace.Edit{Op: workspace.DropToolchain}
		case s.Root.Path == "toolchain":
			e = workspace.Edit{Op: workspace.SetToolchain, Arg: s.Selected}
		case s.Selected == "":
			e.Op = workspace.DropRequire
		}
		edits = append(edits, e)
		d.note(m.File, s.Root.Path, reason(c.finding))
		if e.Op == workspace.SetGo {
			if _, err := d.raiseWork(m, s.Selected, c); err != nil {
				return false, err
			}
		}
	}
	return d.edit(m, edits...)
}

// raiseWork raises the go line of go.work to that of a member: go refuses a workspace whose line is lower (go-semantics
// 3.5).
func (d *draft) raiseWork(m *workspace.Module, goLine string, c change) (bool, error) {
	ws := d.now.Facts.Workspace
	if ws.Work == nil || !slices.Contains(ws.Members(), m) || !graph.WorkTooLow(ws.Work, goLine) {
		return false, nil
	}
	return d.editWork(workspace.Edit{Op: workspace.SetGo, Arg: goLine}, "go", reason(c.finding))
}

// use adds or drops a use line of go.work.
func (d *draft) use(edit workspace.Edit, c change) (bool, error) {
	return d.editWork(edit, c.Module, reason(c.finding))
}

// editWork edits go.work, for a reason that it remembers.
func (d *draft) editWork(edit workspace.Edit, about, reason string) (bool, error) {
	name := d.now.Facts.Workspace.Work.File
	data, err := d.files.ReadFile(name)
	if err != nil {
		return false, err
	}
	after, err := workspace.Apply(name, data, []workspace.Edit{edit})
	if err != nil {
		return false, err
	}
	d.note(name, about, reason)
	return d.files.set(name, after), nil
}

// addSums adds the /go.mod lines that loading the graph needs. A hash that another go.sum file of the repository has, or
// that go would not ask a checksum database about, is taken from the file that the graph was built from; the others
// are left to go, which asks when it completes the module.
func (d *draft) addSums(m *workspace.Module) (bool, error) {
	var lines []string
	for _, s := range d.now.Facts.Sums.Missing {
		switch mod := s.File.Mod; {
		case s.View.Module != m || s.File.Sum == "":
		case d.trusted(mod, s.File.Sum):
			lines = append(lines, fmt.Sprintf("%s %s/go.mod %s", mod.Path, mod.Version, s.File.Sum))
		default:
			d.asksGo[m.Dir] = true
		}
	}
	return d.sumLines(m, lines)
}

// trusted reports whether a go.mod file needs no further proof.
func (d *draft) trusted(mod module.Version, sum string) bool {
	if slices.Contains(d.before.Facts.Workspace.GoModSums(mod), sum) {
		return true
	}
	db := d.project.Settings.Get("GOSUMDB")
	return db == "" || db == "off" || module.MatchPrefixPatterns(d.project.Settings.Get("GONOSUMDB"), mod.Path)
}

func (d *draft) sumLines(m *workspace.Module, lines []string) (bool, error) {
	if len(lines) == 0 {
		return false, nil
	}
	data, err := d.files.ReadFile(m.Sum.File)
	if err != nil && m.Sum.Exists {
		return false, err
	}
	return d.files.set(m.Sum.File, workspace.SumAdd(data, lines)), nil
}

// because remembers for which finding a line of a go.mod file changed. The lines of an update and those of go.work are
// noted where they are made, and sums need no reason of their own: they belong to the lines of go.mod.
func (d *draft) because(m *workspace.Module, c change) {
	switch c.Means {
	case policy.Update, policy.Sums, policy.RaiseWork, policy.AddUse, policy.DropUse:
	default:
		d.note(m.File, c.Mod.Path, reason(c.finding))
	}
}

func (d *draft) note(file, dep, reason string) {
	if l := (line{file, dep}); !slices.Contains(d.why[l], reason) {
		d.why[l] = append(d.why[l], reason)
	}
}

// reasons returns for what a dependency changed in a file, sorted.
func (d *draft) reasons(file, dep string) []string {
	out := slices.Clone(d.why[line{file, dep}])
	slices.Sort(out)
	return out
}

// module returns what a go.mod file says in a judgement.
func (d *draft) module(j *policy.Judgement, file string) *workspace.Module {
	return j.Facts.Workspace.Module(path.Dir(file))
}
