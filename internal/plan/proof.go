package plan

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/workspace"
)

// compare fills in what the plan clears, leaves, brings and moves.
func (p *Plan) compare(d *draft) {
	after := map[string]*policy.Finding{}
	for _, f := range d.now.Findings {
		after[f.ID()] = f
	}
	for _, f := range d.before.Findings {
		id := f.ID()
		now := after[id]
		switch {
		case now == nil && f.Exception == nil:
			p.Clears = append(p.Clears, f)
		case now != nil && d.targets[id] != nil:
			p.Left = append(p.Left, Left{now, d.leftReason(id, now)})
		}
	}
	for _, f := range d.drifts() {
		p.Left = append(p.Left, Left{f, d.leftReason(f.ID(), f)})
	}
	for _, f := range d.now.Findings {
		if !d.known[f.ID()] && f.Exception == nil {
			d.fresh = append(d.fresh, f)
		}
	}
	p.Clears, p.Left, p.New = policy.Together(p.Clears), leftTogether(p.Left), policy.Together(d.fresh)
	p.Asked, p.Moves = d.asked(), d.moves()
}

// leftTogether puts findings together again that are left for one reason.
func leftTogether(left []Left) []Left {
	var reasons []string
	of := map[string][]*policy.Finding{}
	for _, l := range left {
		if of[l.Reason] == nil {
			reasons = append(reasons, l.Reason)
		}
		of[l.Reason] = append(of[l.Reason], l.Finding)
	}
	var out []Left
	for _, reason := range reasons {
		for _, f := range policy.Together(of[reason]) {
			out = append(out, Left{f, reason})
		}
	}
	return out
}

// leftReason says why a finding stays.
func (d *draft) leftReason(id string, f *policy.Finding) string {
	var refusals []string
	for at, why := range d.blocked {
		if at.finding == id && slices.Contains(f.Modules, at.module) {
			refusals = append(refusals, why)
		}
	}
	slices.Sort(refusals)
	switch {
	case len(refusals) > 0:
		return strings.Join(slices.Compact(refusals), "; ")
	case !slices.ContainsFunc(f.Settle, func(s policy.Settlement) bool { return !isUse(s.Means) || d.options.Work }):
		return NoEdit
	}
	return "part of it stays"
}

// moves lists the effective versions that are others than before, sorted by module and dependency. Left out are those
// that Options.Get asks for, and, if it asks for none, those that an edit names.
func (d *draft) moves() []Move {
	var out []Move
	for _, before := range d.before.Facts.Graph.Views() {
		after := d.now.Facts.Graph.View(before.Dir())
		if before.Err() != nil || after == nil || after.Err() != nil {
			continue
		}
		for _, dep := range changedPaths(before, after) {
			edited := len(d.why[line{before.Module.File, dep}]) > 0
			if edited && len(d.options.Get) == 0 || d.asksFor(before.Dir(), dep) {
				continue
			}
			out = append(out, newMove(before, after, dep, edited))
		}
	}
	return out
}

func newMove(before, after *graph.View, dep string, edited bool) Move {
	return Move{
		Module: before.Dir(), Dep: dep, From: effective(before, dep), To: effective(after, dep), By: requirer(after, dep),
		Down: lower(before, after, dep), Edited: edited,
	}
}

// lower reports whether a dependency has a lower effective version after a change than before.
func lower(before, after *graph.View, dep string) bool {
	was, _ := before.Effective(dep)
	is, ok := after.Effective(dep)
	return ok && was.Version != "" && is.Version != "" && was.Path == is.Path && graph.Compare(dep, is.Version, was.Version) < 0
}

// changedPaths returns the paths whose effective version differs between two views, sorted.
func changedPaths(before, after *graph.View) []string {
	var out []string
	seen := map[string]bool{}
	for _, list := range [][]graph.Item{before.BuildList(), after.BuildList()} {
		for _, i := range list {
			if !seen[i.Path] && effective(before, i.Path) != effective(after, i.Path) {
				out = append(out, i.Path)
			}
			seen[i.Path] = true
		}
	}
	slices.Sort(out)
	return out
}

// effective shows the effective version of a dependency, "" if the view does not have it.
func effective(v *graph.View, dep string) string {
	e, _ := v.Effective(dep)
	return e.Text(dep)
}

// requirer names who asks for the selected version: the module itself if it says so directly, else the first that does
// and is not the module; one of the repository by its directory.
func requirer(v *graph.View, dep string) string {
	chain := v.Chain(dep)
	if len(chain) < 2 {
		return ""
	}
	asks := chain[len(chain)-2]
	own := slices.ContainsFunc(v.Module.Requires, func(r workspace.Require) bool { return r.Mod.Path == dep && !r.Indirect })
	for _, a := range v.Asks(dep) {
		if !own && len(chain) == 2 && a.To == chain[1] && v.Main(a.From.Path) == nil {
			asks = a.From
			break
		}
	}
	if m := v.ModuleOf(asks); m != nil {
		return m.Dir
	}
	return graph.ModText(asks)
}

// prove decides whether the plan may be written: nothing new is broken, nothing went down unasked, and all in all
// there is less to complain about.
func (p *Plan) prove(d *draft) error {
	if p.Empty() {
		return nil
	}
	if err := p.proveGaps(d); err != nil {
		return err
	}
	found := d.found(d.fresh)
	for _, f := range d.fresh {
		if f.Severity == policy.Error && !found[f] {
			return unproved("it would bring a new error: %s: %s: %s", reason(f), f.Subject, f.Message)
		}
	}
	if down := d.lowered(); down != "" {
		return unproved("it would lower a version that nobody asked to lower: %s", down)
	}
	if missing := d.missingSum(); missing != "" {
		return unproved("%s", missing)
	}
	if n := p.sources(); n > 0 && len(p.Clears) == 0 && !d.shrunk() && !p.gets() && !d.beyondFindings() {
		return unproved("it would change %d of the files and clear nothing", n)
	}
	if len(found) > 0 {
		p.Notes = append(p.Notes, "what could not be judged before has "+policy.Count(len(found), "finding")+" of its own")
	}
	if len(d.options.Get) > 0 {
		return d.disagreement(d.fresh)
	}
	if d.beyondFindings() {
		return nil // no error is new, and warnings are no reason to leave a module untidy, or out of step
	}
	before, after := weigh(d.before), weigh(d.now)
	for f := range found {
		after[f.Severity]--
	}
	if after[policy.Error] > before[policy.Error] || after[policy.Warn] > before[policy.Warn] && after[policy.Error] == before[policy.Error] {
		return unproved("it would leave more findings (%d errors, %d warnings) than there are (%d, %d)",
			after[policy.Error], after[policy.Warn], before[policy.Error], before[policy.Warn])
	}
	return nil
}

// beyondFindings reports whether the plan was asked for more than to clear findings.
func (d *draft) beyondFindings() bool {
	return d.options.Tidy != nil || d.options.Work || d.options.Sync
}

// found returns the new findings that are about what could not be judged before and can be now, modules that had no
// build list or the workspace, and otherwise about what the plan leaves as it was. The plan has not brought them, it
// has brought them to light.
func (d *draft) found(fresh []*policy.Finding) map[*policy.Finding]bool {
	loaded := map[string]bool{} // "" is the workspace
	for _, g := range d.before.Gaps {
		loaded[g.Module] = loaded[g.Module] || g.Layer == policy.LayerSelected
	}
	for _, g := range d.now.Gaps {
		delete(loaded, g.Module)
	}
	out := map[*policy.Finding]bool{}
	for _, f := range fresh {
		moved := slices.ContainsFunc(f.Modules, func(dir string) bool { return !loaded[dir] && !d.unmoved(dir, f.Dep) })
		some := slices.ContainsFunc(f.Modules, func(dir string) bool { return loaded[dir] })
		if some && !moved || loaded[""] && policy.Lookup(f.Rule).Workspace {
			out[f] = true
		}
	}
	return out
}

// unmoved reports whether a module has the version of a dependency that it had before.
func (d *draft) unmoved(dir, dep string) bool {
	before, now := d.before.Facts.Graph.View(dir), d.now.Facts.Graph.View(dir)
	if dep == "" || before == nil || before.Err() != nil || now == nil || now.Err() != nil {
		return false
	}
	return effective(before, dep) == effective(now, dep)
}

// missingSum tells of a version that the plan moves a module to, and of whose code go.sum has no sum although it had one
// of what was there before: the module would not build any more. Where go mod tidy had its say, nothing is missing.
func (d *draft) missingSum() string {
	for _, m := range d.now.Facts.Workspace.Governed() {
		before, after := d.before.Facts.Graph.View(m.Dir), d.now.Facts.Graph.View(m.Dir)
		if !d.untidy[m.Dir] || before == nil || before.Err() != nil || after.Err() != nil {
			continue
		}
		old := d.before.Facts.Workspace.Module(m.Dir)
		for _, dep := range changedPaths(before, after) {
			was, _ := before.Effective(dep)
			is, ok := after.Effective(dep)
			if ok && was.Version != "" && is.Version != "" && len(old.Sum.Hashes(was.Path, was.Version)) > 0 &&
				len(m.Sum.Hashes(is.Path, is.Version)) == 0 {
				return fmt.Sprintf("the sum of the code of %s %s, which %s needs, could not be had", is.Path, is.Version, m.Sum.File)
			}
		}
	}
	return ""
}

// sources counts the changed files but for those that snapshots bring, which are made because somebody asked for them:
// manifests, and the sums of the workspace.
func (p *Plan) sources() int {
	n := 0
	for _, f := range p.Files {
		if base := path.Base(f.Name); base != integrity.ManifestName && base != "go.work.sum" {
			n++
		}
	}
	return n
}

// shrunk reports whether a finding that was to be cleared has become smaller: fewer modules are left to settle.
func (d *draft) shrunk() bool {
	return slices.ContainsFunc(d.now.Findings, func(f *policy.Finding) bool {
		was := d.targets[f.ID()]
		return was != nil && len(f.Modules) < len(was.Modules)
	})
}

// proveGaps refuses a tree of which less is known than before, and edits whose effect on a module nobody can tell, as
// it could not be judged before either and is built from what they change.
func (p *Plan) proveGaps(d *draft) error {
	type part struct {
		layer  policy.Layer
		module string
	}
	had := map[part]bool{}
	for _, g := range d.before.Gaps {
		had[part{g.Layer, g.Module}] = true
	}
	for _, g := range d.now.Gaps {
		if !had[part{g.Layer, g.Module}] {
			return unproved("with these edits %s cannot be judged: %v", cmp.Or(g.Module, "the workspace"), g.Err)
		}
	}
	return p.proveUnknown(d)
}

// proveUnknown looks at the modules that have no build list.
func (p *Plan) proveUnknown(d *draft) error {
	for _, m := range d.now.Facts.Workspace.Governed() {
		v := d.now.Facts.Graph.View(m.Dir)
		if v == nil || v.Err() == nil {
			continue
		}
		if from := d.builtFromEdited(m, nil); from != "" {
			return unproved("%s cannot be judged, and the plan changes %s, from which it is built: %v", m.Dir, from, v.Err())
		}
		if len(m.Errors) > 0 && len(m.Requires)+len(m.Replaces) == 0 {
			p.Notes = append(p.Notes, m.File+" cannot be read, so nobody can tell whether the plan changes what it is built from")
		}
	}
	return nil
}

// builtFromEdited names an edited module among a module and the siblings that its replace lines lead to, "" if there is
// none. Seen are the modules that were looked at before.
func (d *draft) builtFromEdited(m *workspace.Module, seen []*workspace.Module) string {
	if m == nil || slices.Contains(seen, m) {
		return ""
	}
	if d.files.changed[m.File] != nil {
		return m.Dir
	}
	for _, r := range m.Replaces {
		if r.Dir == "" {
			continue
		}
		if from := d.builtFromEdited(d.now.Facts.Workspace.Module(r.Dir), append(seen, m)); from != "" {
			return from
		}
	}
	return ""
}

func weigh(j *policy.Judgement) map[policy.Severity]int {
	out := map[policy.Severity]int{}
	for _, f := range j.Findings {
		if f.Exception == nil {
			out[f.Severity]++
		}
	}
	return out
}

// lowered names the first effective version that went down without a settlement that asks for it, "" if none did. What a
// pruned module does not list, it builds with no package of: that goes up and down with what is
// listed, as it does when go raises a version; and so does what an unpruned one does not list where somebody asks for
// a lower version of something.
func (d *draft) lowered() string {
	asked := d.lowers()
	byHand := len(asked) > 0
	for _, f := range d.before.Findings {
		for _, s := range f.Settle {
			if s.Means == policy.Replace {
				asked[s.Mod.Path] = true
			}
		}
	}
	for _, before := range d.before.Facts.Graph.Views() {
		after := d.now.Facts.Graph.View(before.Dir())
		if before.Err() != nil || after == nil || after.Err() != nil {
			continue
		}
		listed := requires(before.Module)
		for _, dep := range changedPaths(before, after) {
			if _, ok := listed[dep]; !ok && (before.Pruned() || byHand) || d.vanished(before.Dir(), dep) {
				continue
			}
			if !asked[dep] && lower(before, after, dep) {
				return fmt.Sprintf("%s in %s from %s to %s", dep, before.Dir(), effective(before, dep), effective(after, dep))
			}
		}
	}
	return ""
}
