// Package release says in which order the modules of a repository can be released, what has to be done before each, and
// by whom. It knows neither tags nor output.
package release

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/workspace"
)

// An Order is what a release of the whole repository looks like.
type Order struct {
	// Modules are the governed modules, sorted by directory.
	Modules []*Module
	// Waves are the same, in the order in which they can be released: a module stands in the first wave that comes after
	// those of all siblings that it needs. Modules of a cycle share one.
	Waves [][]*Module
	// Cycles are groups of modules that need each other, for which there is no order.
	Cycles []Cycle
	// Errors are those of check that are about no module: about go.work or the policy.
	Errors []*policy.Finding
	// PublishedKnown tells whether the policy says which modules others import or install; if not, all are taken for such.
	PublishedKnown bool
	// Differences are the dependencies that modules have at several versions, the widest first.
	Differences []*Difference
}

// A State says whether a module can be released.
type State string

// The states of a module, the gravest first.
const (
	Unknown State = "unknown" // it has no build list that could be read
	Blocked State = "blocked" // something in it has to be done now
	Waits   State = "waits"   // siblings have to be released first, or those of its cycle are not ready
	Ready   State = "ready"
)

// A Module is a governed module in its place.
type Module struct {
	*workspace.Module
	Teams     []string
	Published bool // others import or install it, as far as is known
	Wave      int  // from 1
	State     State
	// Needs are the siblings that it builds on, by directory; NeededBy are those that build on it directly, and Later all
	// that do so directly or through others.
	Needs           []*Need
	NeededBy, Later []*Module
	// Cycle are the others of its cycle: all need each other, so they have to be released together.
	Cycle []*Module
	// Errors are those of check that are about it and that nothing waives.
	Errors []*policy.Finding
	// Hidden are its replace lines that change what it is built with, and that nobody sees who imports it; none for one
	// that is not published. Those that lead to siblings are in Needs.
	Hidden []Hidden
	// Err says why it has no build list.
	Err error
}

// A Need is a sibling that a module builds on.
type Need struct {
	*Module
	// Require is the module's own line for it, the highest of several; nil if it has it through others alone.
	Require *workspace.Require
	// Replace is the line of the module that leads to the sibling's directory, nil if there is none that applies.
	Replace *workspace.Replace
	// Hold is why the module has to wait for a release of the sibling.
	Hold Hold
}

// A Hold is why a module has to wait for a sibling.
type Hold string

// The holds. A module that nobody imports is built with what stands in the repository: it has none but the last.
const (
	NoHold      Hold = ""
	Placeholder Hold = "placeholder" // it requires a version that stands for none, such as v0.0.0
	Unpublished Hold = "unpublished" // it requires a version that nobody has published
	Directory   Hold = "directory"   // it is built with the sibling's directory: who imports it gets the required version
	Unready     Hold = "unready"     // it is built with the sibling's directory, and something has to be done there, or further down
)

// A Hidden is a replace line that nobody sees who imports the module.
type Hidden struct {
	Line    *workspace.Replace
	Version string // what they get instead, at least
}

// A Cycle is a group of modules that need each other.
type Cycle struct {
	Modules []*Module // by directory
	Ring    []*Module // a shortest ring: each needs the next, the last one the first
}

// NewOrder puts the modules of a judgement in order. Missing are versions of siblings that are known not to be published.
func NewOrder(j *policy.Judgement, missing map[module.Version]bool) *Order {
	o := &Order{PublishedKnown: !j.Policy.Modules.Published.IsZero()}
	s := siblings{byDir: map[string]*Module{}, byPath: map[string]*Module{}}
	members := j.Facts.Workspace.Members()
	for _, m := range j.Facts.Workspace.Governed() {
		info := j.Policy.Info(m.Dir, m.Path)
		module := &Module{Module: m, Teams: info.Teams}
		module.Published = !o.PublishedKnown || j.Policy.Modules.Published.Match(info)
		o.Modules = append(o.Modules, module)
		s.add(module, slices.Contains(members, m))
	}
	for _, m := range o.Modules {
		v := j.Facts.Graph.View(m.Dir)
		m.Err = v.Err()
		m.Needs = s.needs(m, v)
		for _, n := range m.Needs {
			n.Module.NeededBy = append(n.Module.NeededBy, m)
			n.Hold = hold(m, n, missing)
		}
		if m.Published {
			m.Hidden = s.hidden(v)
		}
	}
	o.sortErrors(j, s)
	o.arrange(s)
	for _, wave := range o.Waves {
		for _, m := range wave {
			m.State = m.state()
		}
		for _, m := range wave { // a cycle is as ready as the least ready of it
			if m.State == Ready && slices.ContainsFunc(m.Cycle, func(x *Module) bool { return x.State != Ready }) {
				m.State = Waits
			}
		}
	}
	o.Differences = differences(j.Facts)
	return o
}

// siblings are the governed modules by directory and path. Of several with one path that of the workspace counts.
type siblings struct{ byDir, byPath map[string]*Module }

func (s siblings) add(m *Module, member bool) {
	s.byDir[m.Dir] = m
	if s.byPath[m.Path] == nil || member {
		s.byPath[m.Path] = m
	}
}

// needs finds the siblings that a module requires, or has from their directories.
func (s siblings) needs(m *Module, v *graph.View) []*Need {
	found := map[*Module]*Need{}
	need := func(sibling *Module) *Need {
		if found[sibling] == nil {
			found[sibling] = &Need{Module: sibling}
		}
		return found[sibling]
	}
	for i := range m.Requires {
		r := &m.Requires[i]
		line := replacing(m.Module, v, r.Mod)
		sibling := s.byPath[r.Mod.Path]
		if line != nil {
			if sibling = s.byDir[line.Dir]; line.Dir == "" || sibling == nil {
				continue // another one's code, see hidden
			}
		}
		if sibling == nil || sibling == m {
			continue
		}
		n := need(sibling)
		if n.Require == nil || graph.Compare(r.Mod.Path, n.Require.Mod.Version, r.Mod.Version) < 0 {
			n.Require, n.Replace = r, line
		}
	}
	if v.Err() == nil {
		for _, item := range v.BuildList() {
			if item.Replace != nil && item.Replace.Line.Dir != "" {
				if sibling := s.byDir[item.Replace.Line.Dir]; sibling != nil && sibling != m {
					need(sibling).Replace = item.Replace.Line
				}
			}
		}
	}
	var out []*Need
	for _, n := range found {
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b *Need) int { return strings.Compare(a.Dir, b.Dir) })
	return out
}

// replacing returns the line of a module that replaces a version that it requires: as its build list has it, or where
// there is none, by the lines alone.
func replacing(m *workspace.Module, v *graph.View, mod module.Version) *workspace.Replace {
	if v.Err() == nil {
		if item, ok := v.Selected(mod.Path); ok {
			if item.Replace == nil {
				return nil
			}
			return item.Replace.Line
		}
	}
	var all *workspace.Replace
	for i := range m.Replaces {
		switch r := &m.Replaces[i]; {
		case r.Old == mod:
			return r
		case r.Old.Path == mod.Path && r.Old.Version == "":
			all = r
		}
	}
	return all
}

// hidden finds the replace lines in force that lead to something else than a sibling.
func (s siblings) hidden(v *graph.View) []Hidden {
	if v.Err() != nil {
		return nil
	}
	var out []Hidden
	for _, item := range v.BuildList() {
		if item.Replace == nil || s.byDir[item.Replace.Line.Dir] != nil && item.Replace.Line.Dir != "" {
			continue
		}
		out = append(out, Hidden{item.Replace.Line, item.Version})
	}
	return out
}

// hold says why a module has to wait for a sibling.
func hold(m *Module, n *Need, missing map[module.Version]bool) Hold {
	switch {
	case !m.Published || n.Require == nil:
		return NoHold
	case IsPlaceholder(n.Require.Mod.Version):
		return Placeholder
	case missing[n.Require.Mod]:
		return Unpublished
	case n.Replace != nil:
		return Directory
	}
	return NoHold
}

// IsPlaceholder reports whether a version is one that is written where there is none: v0.0.0, or a pseudo-version of no
// commit.
func IsPlaceholder(version string) bool {
	return version == "v0.0.0" || module.IsZeroPseudoVersion(version)
}

// sortErrors gives each module the errors that are about it.
func (o *Order) sortErrors(j *policy.Judgement, s siblings) {
	for _, f := range j.Apart().Findings {
		if f.Severity != policy.Error || f.Exception != nil {
			continue
		}
		hit := false
		for _, dir := range f.Modules {
			if m := s.byDir[dir]; m != nil {
				m.Errors = append(m.Errors, f)
				hit = true
			}
		}
		if !hit {
			o.Errors = append(o.Errors, f)
		}
	}
}

// arrange makes the waves and finds the cycles.
func (o *Order) arrange(s siblings) {
	next := func(m *workspace.Module) []*workspace.Module {
		var out []*workspace.Module
		for _, n := range s.byDir[m.Dir].Needs {
			out = append(out, n.Module.Module)
		}
		return out
	}
	var all []*workspace.Module
	for _, m := range o.Modules {
		all = append(all, m.Module)
	}
	ours := func(list []*workspace.Module) []*Module {
		var out []*Module
		for _, m := range list {
			out = append(out, s.byDir[m.Dir])
		}
		return out
	}
	for _, group := range graph.Components(all, next) {
		wave, modules := 1, ours(group)
		for _, m := range modules {
			for _, n := range m.Needs {
				wave = max(wave, n.Wave+1) // 0 within the group
			}
		}
		for _, m := range modules {
			m.Wave = wave
		}
		for len(o.Waves) < wave {
			o.Waves = append(o.Waves, nil)
		}
		o.Waves[wave-1] = append(o.Waves[wave-1], modules...)
		if len(group) == 1 {
			continue
		}
		for _, m := range modules {
			m.Cycle = slices.DeleteFunc(slices.Clone(modules), func(x *Module) bool { return x == m })
		}
		o.Cycles = append(o.Cycles, Cycle{modules, ours(graph.ShortestRing(group, next))})
	}
	for _, wave := range o.Waves {
		slices.SortFunc(wave, byDir)
	}
	slices.SortFunc(o.Cycles, func(a, b Cycle) int { return byDir(a.Modules[0], b.Modules[0]) })
	for _, m := range o.Modules {
		m.Later = later(m)
	}
}

func byDir(a, b *Module) int { return strings.Compare(a.Dir, b.Dir) }

// later returns all modules that build on one, directly or through others.
func later(m *Module) []*Module {
	seen := map[*Module]bool{m: true}
	var out []*Module
	for todo := slices.Clone(m.NeededBy); len(todo) > 0; todo = todo[1:] {
		if x := todo[0]; !seen[x] {
			seen[x] = true
			out = append(out, x)
			todo = append(todo, x.NeededBy...)
		}
	}
	slices.SortFunc(out, byDir)
	return out
}

// state says whether a module can be released, once that is known of all that it needs but for its cycle. What could
// not be read is no reason where it is a sibling's version that nobody has published: that is known.
func (m *Module) state() State {
	for _, n := range m.Needs {
		if n.Hold == NoHold && n.Replace != nil && n.unready() {
			n.Hold = Unready
		}
	}
	held := slices.ContainsFunc(m.Needs, func(n *Need) bool { return n.Hold != NoHold && !slices.Contains(m.Cycle, n.Module) })
	switch {
	case len(m.Errors)+len(m.Hidden) > 0:
		return Blocked
	case m.Err != nil && !m.failsAtHeld():
		return Unknown
	case held:
		return Waits
	}
	return Ready
}

// unready reports whether something has to be done in a module before others should build on it.
func (m *Module) unready() bool {
	return m.State == Blocked || m.State == Unknown ||
		slices.ContainsFunc(m.Needs, func(n *Need) bool { return n.Hold == Unready })
}

func (m *Module) failsAtHeld() bool {
	var load *graph.LoadError
	return errors.As(m.Err, &load) && load.Dir == "" && slices.ContainsFunc(m.Needs, func(n *Need) bool {
		return n.Hold != NoHold && n.Require != nil && n.Require.Mod == load.Mod
	})
}
