package oracle

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/modsource"
	"github.com/modgov/modgov/internal/workspace"
)

// An engine is what modgov says of a view.
type engine struct {
	list, graph []string
	// reasons are why go refuses the list; those with graph set, why it refuses the graph too.
	reasons []reason
	// unread tells that modgov itself could not read a file that go may read well.
	unread bool
	view   *graph.View
}

// A reason is why modgov says that go refuses.
type reason struct {
	kind kind
	// mods are the module versions of which go may name one, as they stand in the graph. Nil: it need not name any.
	mods  []module.Version
	graph bool
	// perhaps marks what explains a refusal but does not foretell one.
	perhaps bool
	text    string
}

// names reports whether a culprit is one of those that the engine finds.
func (r *reason) names(c culprit) bool { return slices.Contains(r.mods, c.mod) }

func newEngine(v *graph.View) *engine {
	e := &engine{view: v}
	if err := v.Err(); err != nil {
		e.broken(err)
		return e
	}
	for _, i := range v.BuildList() {
		line := graph.ModText(module.Version{Path: i.Path, Version: i.Version})
		if i.Replace != nil {
			line += " => " + graph.ModText(i.Replace.New)
		}
		e.list = append(e.list, line)
	}
	v.WalkEdges(func(from, to module.Version) { e.graph = append(e.graph, from.String()+" "+to.String()) })
	if stale := v.NeedsUpdate(); len(stale) > 0 {
		e.because(reason{kind: needsUpdate, text: "updates to go.mod needed"})
	}
	e.sums()
	return e
}

func (e *engine) because(r reason) { e.reasons = append(e.reasons, r) }

// broken says why there is no list.
func (e *engine) broken(err error) {
	r := reason{graph: true, text: err.Error()}
	var load *graph.LoadError
	var file *graph.BrokenError
	switch {
	case errors.As(err, &load):
		r.kind, r.mods = unloadable, []module.Version{load.Mod}
		var source *modsource.Error
		if errors.As(load.Err, &source) {
			e.unread = notRead(source.Kind)
			if source.Kind == modsource.Checksum {
				r.kind, r.mods = wrongSum, append(r.mods, source.Mod)
			}
		} else if load.Dir != "" {
			e.unread = !errors.Is(load.Err, fs.ErrNotExist) && errors.As(load.Err, new(*fs.PathError))
		}
	case errors.As(err, new(*graph.ConflictError)):
		r.kind = conflict
	case errors.As(err, new(*graph.WorkError)):
		r.kind = badWorkspace
	case errors.As(err, &file):
		r.kind, e.unread = badFile, e.unreadFile(file.First.Pos.File)
		// Where a version is not canonical, go asks the network which one it means.
		e.because(reason{kind: needsUpdate, perhaps: true, text: r.text})
		e.because(reason{kind: badWorkspace, graph: true, perhaps: true, text: r.text})
	default:
		r.kind = other
	}
	e.because(r)
	e.malformed()
}

// unreadFile reports whether a go.mod or go.work file of the view could not be read at all.
func (e *engine) unreadFile(name string) bool {
	if w := e.view.Workspace().Work; e.view.Module == nil && w.File == name {
		return w.Data == nil
	}
	return slices.ContainsFunc(e.view.Mains, func(m *workspace.Module) bool { return m.File == name && m.Data == nil })
}

// notRead reports whether an error is modgov's own trouble with a file that go may read well: no network, no answer in
// time, a limit.
func notRead(k modsource.Kind) bool {
	switch k {
	case modsource.NotFound, modsource.Checksum, modsource.Malformed, modsource.Invalid:
		return false
	}
	return true
}

// sums finds what of the sums files keeps go from an answer.
func (e *engine) sums() {
	e.malformed()
	switch {
	case e.view.Module == nil:
		e.workSums()
		return
	case e.sumsUnread():
		return
	}
	missing := reason{kind: missingSum}
	wrong := reason{kind: wrongSum, graph: true}
	for _, f := range e.view.Loaded() {
		switch hash := firstSum(e.view.Module.Sum, f.Mod); hash {
		case "":
			missing.mods = append(missing.mods, f.For)
		case f.Sum:
		default:
			wrong.mods = append(wrong.mods, f.For, f.Mod)
		}
	}
	for _, r := range []reason{missing, wrong} {
		if len(r.mods) > 0 {
			r.text = sumText(r.kind, r.mods[0])
			e.because(r)
		}
	}
}

func sumText(k kind, mod module.Version) string {
	return string(k) + " for the go.mod file of " + mod.String()
}

// firstSum returns the hash of a go.mod file that counts in a go.sum file: the first one that go knows, "" if none
// (go-semantics 4.3). A second one only matters where the first is the right one already.
func firstSum(s *workspace.SumFile, mod module.Version) string {
	hashes := s.Hashes(mod.Path, mod.Version+"/go.mod")
	i := slices.IndexFunc(hashes, func(h string) bool { return strings.HasPrefix(h, "h1:") })
	if i < 0 {
		return ""
	}
	return hashes[i]
}

// sumFiles are the sums files that go reads for the view.
func (e *engine) sumFiles() []*workspace.SumFile {
	if e.view.Module != nil {
		return []*workspace.SumFile{e.view.Module.Sum}
	}
	work := e.view.Workspace().Work
	out := []*workspace.SumFile{work.Sum}
	for _, m := range e.view.Mains {
		out = append(out, m.Sum)
	}
	return out
}

// malformed explains a refusal by lines that are none. Go sees them when it first needs a sum.
func (e *engine) malformed() {
	for _, s := range e.sumFiles() {
		if len(s.Bad) > 0 {
			e.because(reason{
				kind: badSum, graph: true, text: s.Bad[0].Error(), perhaps: e.view.Module == nil || len(e.view.Loaded()) == 0,
			})
			return
		}
	}
}

// workSums explains a refusal of the workspace by a hash that differs in one of its sums files; a missing line is no
// reason there (go-semantics 3.18).
func (e *engine) workSums() {
	wrong := reason{kind: wrongSum, graph: true, perhaps: true}
	for _, f := range e.view.Loaded() {
		for _, s := range e.sumFiles() {
			if hash := firstSum(s, f.Mod); hash != "" && hash != f.Sum {
				wrong.mods = append(wrong.mods, f.For, f.Mod)
			}
		}
	}
	if len(wrong.mods) > 0 {
		wrong.text = sumText(wrongSum, wrong.mods[0])
		e.because(wrong)
	}
}

// sumsUnread reports whether modgov does not look at the module's go.sum file: it lies outside the root.
func (e *engine) sumsUnread() bool {
	return e.view.Module != nil && workspace.IsOutside(e.view.Module.Dir)
}

// knows reports whether the engine reads the go.mod file of a module version, or lists it: then go may ask for it.
func (e *engine) knows(mod module.Version) bool {
	for _, f := range e.view.Loaded() {
		if f.For == mod || f.Mod == mod {
			return true
		}
	}
	for _, i := range e.view.BuildList() {
		if i.Path == mod.Path && i.Version == mod.Version || i.Replace != nil && i.Replace.New == mod {
			return true
		}
	}
	return false
}
