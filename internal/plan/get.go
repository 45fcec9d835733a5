package plan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
)

// An Asked is what becomes of a version that somebody asks for, in one module.
type Asked struct {
	Move
	Want   string // the version or the directory that was asked for
	Reason string // why To is not Want; "" if it is
}

// getting stands for the wish of a person where findings stand otherwise.
const getting = "get"

// A request is a dependency in a module for which somebody asks for a version.
type request struct{ module, dep string }

// get makes the edits that Options.Get asks for, once: what follows from them is for the findings to say.
func (d *draft) get(ctx context.Context) error {
	if len(d.options.Get) == 0 {
		return nil
	}
	if err := d.objections(); err != nil {
		return err
	}
	for _, s := range d.options.Get {
		if d.has(d.before, s) {
			continue
		}
		c := change{Settlement: s, finding: &policy.Finding{Rule: getting}, lower: true}
		m := d.now.Facts.Workspace.Module(s.Module)
		var refused *refusal
		switch did, err := d.change(m, c); {
		case errors.As(err, &refused):
			d.refused[request{s.Module, s.Mod.Path}] = refused.Error()
		case err != nil:
			return err
		case did:
			d.because(m, c)
		}
	}
	return d.judge(ctx)
}

// objections refuses versions that the policy does not let a module have, unless it has them already.
func (d *draft) objections() error {
	where, rules := map[string][]string{}, d.before.VersionRules()
	for _, s := range d.options.Get {
		if s.Means != policy.Require || d.has(d.before, s) {
			continue
		}
		for _, o := range rules.Objections(d.before.Facts.Workspace.Module(s.Module), s.Mod) {
			text := fmt.Sprintf("%s: %s", graph.ModText(s.Mod), o.String())
			where[text] = append(where[text], s.Module)
		}
	}
	var out []string
	for _, text := range slices.Sorted(maps.Keys(where)) {
		out = append(out, fmt.Sprintf("%s, in %s", text, strings.Join(where[text], ", ")))
	}
	if len(out) == 0 {
		return nil
	}
	return unproved("the policy does not allow %s", strings.Join(out, "; "))
}

// forgetSums takes back go.sum lines that were for a version which a module could not be given: it is what it was before.
func (d *draft) forgetSums(ctx context.Context) error {
	if len(d.options.Get) == 0 {
		return nil
	}
	forgotten := false
	for _, m := range d.now.Facts.Workspace.Governed() {
		before, now := d.before.Facts.Graph.View(m.Dir), d.now.Facts.Graph.View(m.Dir)
		if d.files.changed[m.Sum.File] == nil || before == nil || before.Err() != nil || now.Err() != nil {
			continue
		}
		was, err := fs.ReadFile(d.project.FS, m.File)
		if err != nil {
			return err
		}
		is, err := d.files.ReadFile(m.File)
		if err != nil {
			return err
		}
		if bytes.Equal(was, is) && maps.Equal(loaded(before), loaded(now)) {
			delete(d.files.changed, m.Sum.File)
			forgotten = true
		}
	}
	if !forgotten {
		return nil
	}
	return d.judge(ctx)
}

// loaded is the set of the go.mod files whose sums a view needs.
func loaded(v *graph.View) map[module.Version]bool {
	out := map[module.Version]bool{}
	for _, f := range v.Loaded() {
		out[f.Mod] = true
	}
	return out
}

// optional tells of what follows a version only in the modules in which somebody asks for it: modules differ, and neither
// a line of the policy nor the go command says that they must not.
func optional(f *policy.Finding) bool {
	byPolicy := f.Item != nil && f.Item.ID != policy.BuiltinID
	return !byPolicy && (agreement(f) || f.Rule == "workspace-drift" && f.Severity < policy.Error)
}

// agreement reports whether a finding says that versions should agree.
func agreement(f *policy.Finding) bool { return f.Rule == "version-skew" || f.Rule == "version-family" }

// disagreement refuses what breaks an agreement that the policy names and that nothing has settled. Other warnings
// that come with a version are shown and left to whoever asks for it.
func (d *draft) disagreement(brought []*policy.Finding) error {
	for _, f := range brought {
		if agreement(f) && f.Item != nil && f.Item.ID != policy.BuiltinID {
			hint := ""
			if f.Rule == "version-family" {
				hint = "; ask for all of them at once"
			}
			return unproved("it would break what the policy says: %s: %s: %s (%s)%s",
				reason(f), f.Subject, f.Message, f.Item.Pos, hint)
		}
	}
	return nil
}

// has reports whether a module has what a settlement asks for.
func (d *draft) has(j *policy.Judgement, s policy.Settlement) bool {
	v := j.Facts.Graph.View(s.Module)
	if v == nil || v.Err() != nil {
		return false
	}
	e, ok := v.Effective(s.Mod.Path)
	if s.Means == policy.Replace {
		return ok && e.Dir == path.Join(s.Module, s.New.Path)
	}
	return ok && e.Path == s.Mod.Path && e.Version == s.Mod.Version
}

// asksFor reports whether Options.Get asks for a version of a dependency in a module.
func (d *draft) asksFor(dir, dep string) bool {
	return slices.ContainsFunc(d.options.Get, func(s policy.Settlement) bool { return s.Module == dir && s.Mod.Path == dep })
}

// lowers returns the dependencies of which somebody asks for a lower version than a module has.
func (d *draft) lowers() map[string]bool {
	out := map[string]bool{}
	for _, s := range d.options.Get {
		v := d.before.Facts.Graph.View(s.Module)
		if v == nil || v.Err() != nil || s.Means != policy.Require {
			continue
		}
		if e, ok := v.Effective(s.Mod.Path); ok && e.Version != "" && graph.Compare(s.Mod.Path, e.Version, s.Mod.Version) > 0 {
			out[s.Mod.Path] = true
		}
	}
	return out
}

// asked says what becomes of what Options.Get asks for.
func (d *draft) asked() []Asked {
	var out []Asked
	for _, s := range d.options.Get {
		a := Asked{Move: Move{Module: s.Module, Dep: s.Mod.Path}, Want: s.Mod.Version}
		if s.Means == policy.Replace {
			a.Want = graph.Effective{Dir: path.Join(s.Module, s.New.Path)}.Text(s.Mod.Path)
		}
		before, after := d.before.Facts.Graph.View(s.Module), d.now.Facts.Graph.View(s.Module)
		if before.Err() == nil && after.Err() == nil {
			a.Move = newMove(before, after, s.Mod.Path, len(d.why[line{before.Module.File, s.Mod.Path}]) > 0)
		}
		if !d.has(d.now, s) {
			a.Reason = d.unmet(s, after)
		}
		out = append(out, a)
	}
	return out
}

// unmet says why a module does not have what was asked for.
func (d *draft) unmet(s policy.Settlement, v *graph.View) string {
	if refused := d.refused[request{s.Module, s.Mod.Path}]; refused != "" {
		return refused
	}
	if v.Err() != nil {
		return v.Err().Error()
	}
	item, _ := v.Selected(s.Mod.Path)
	if a := d.asksMore(v, item); a != nil {
		return fmt.Sprintf("%s, and a requirement cannot hold it down; a replace line can, or a pin with resolve: replace",
			chainText(v, append(v.ChainTo(a.From), a.To)))
	}
	var rules []string
	for _, r := range d.reasons(d.moduleFile(s.Module), s.Mod.Path) {
		if r != getting {
			rules = append(rules, r)
		}
	}
	if len(rules) > 0 {
		return fmt.Sprintf("%s asks for %s", strings.Join(rules, " and "), item.Version)
	}
	return "not changed"
}

// asksMore returns who asks for the selected version besides the module itself: rather an outside module than one of the
// repository, which may do so only because of others.
func (d *draft) asksMore(v *graph.View, selected graph.Item) *graph.Ask {
	var found *graph.Ask
	for _, a := range v.Asks(selected.Path) {
		if a.To.Version != selected.Version || v.Main(a.From.Path) != nil {
			continue
		}
		if v.ModuleOf(a.From) == nil {
			return &a
		}
		if found == nil {
			found = &a
		}
	}
	return found
}

func (d *draft) moduleFile(dir string) string { return d.now.Facts.Workspace.Module(dir).File }

// chainText shows a requirement chain.
func chainText(v *graph.View, chain []module.Version) string {
	var steps []string
	for _, mod := range chain {
		text := graph.ModText(mod)
		if m := v.ModuleOf(mod); m != nil {
			text = m.Dir
		}
		steps = append(steps, text)
	}
	return strings.Join(steps, " -> ")
}

// gets reports whether the plan gives a module what was asked for and it does not have yet.
func (p *Plan) gets() bool {
	return slices.ContainsFunc(p.Asked, func(a Asked) bool { return a.Reason == "" && a.From != a.To })
}
