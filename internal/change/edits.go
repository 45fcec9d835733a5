package change

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// An Edit is a line that the change added, dropped or gave another meaning.
type Edit struct {
	Verb     string // "require", "replace", "exclude", "go", "toolchain" or "use"
	Subject  string // what it is about: "example.com/x", "example.com/x v1.0.0" (replaced), "./dir" (used); "" for go lines
	From, To string // what it said and says: a version, a replacement; "" if it was, or is, not there
	// Pos is where it stands, or stood: Before tells that only the state before has it.
	Pos    workspace.Position
	Before bool
	// Indirect tells of a require line that the go command keeps by itself.
	Indirect bool
}

// Text says in words what happened: "require example.com/x v1.0.0 -> v1.1.0", "new use ./a", "dropped exclude
// example.com/x v1.0.0", "replace example.com/x => ../y (was ../x)".
func (e *Edit) Text() string {
	arrow, subject := " ", strings.TrimSpace(e.Verb+" "+e.Subject)
	if e.Verb == "replace" {
		arrow = " => "
	}
	join := func(value string) string { return strings.TrimSuffix(subject+arrow+value, arrow) }
	switch {
	case e.From != "" && e.To != "" && e.Verb == "replace":
		return join(e.To) + " (was " + e.From + ")"
	case e.From != "" && e.To != "":
		return join(e.From) + " -> " + e.To
	case e.Before:
		return "dropped " + join(e.From)
	}
	return "new " + join(e.To)
}

func compareEdits(a, b Edit) int {
	return cmp.Or(strings.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line), strings.Compare(a.Text(), b.Text()))
}

// A statement is one line of a file: what it is about and what it says.
type statement struct {
	verb, subject string
	value         string
	indirect      bool
	pos           workspace.Position
}

type statementKey struct{ verb, subject string }

// statements are what the lines of a module say, without its require lines.
func statements(m *workspace.Module) []statement {
	out := headers(m.Go, m.Toolchain)
	for i := range m.Replaces {
		out = append(out, replaceStatement(&m.Replaces[i]))
	}
	for _, x := range m.Excludes {
		out = append(out, statement{verb: "exclude", subject: graph.ModText(x.Mod), pos: x.Pos})
	}
	return out
}

func workStatements(w *workspace.Work) []statement {
	if w == nil {
		return nil
	}
	out := headers(w.Go, w.Toolchain)
	for i := range w.Replaces {
		out = append(out, replaceStatement(&w.Replaces[i]))
	}
	for _, u := range w.Uses {
		out = append(out, statement{verb: "use", subject: u.Text, pos: u.Pos})
	}
	return out
}

func headers(goLine, toolchain workspace.Line) []statement {
	var out []statement
	if goLine.Text != "" {
		out = append(out, statement{verb: "go", value: goLine.Text, pos: goLine.Pos})
	}
	if toolchain.Text != "" {
		out = append(out, statement{verb: "toolchain", value: toolchain.Text, pos: toolchain.Pos})
	}
	return out
}

func replaceStatement(r *workspace.Replace) statement {
	return statement{verb: "replace", subject: graph.ModText(r.Old), value: graph.ModText(r.New), pos: r.Pos}
}

func requireStatement(r *workspace.Require) statement {
	return statement{verb: "require", subject: r.Mod.Path, value: r.Mod.Version, indirect: r.Indirect, pos: r.Pos}
}

// edit is the difference of two statements about the same, nil if there is none; each may be nil.
func edit(was, is *statement) *Edit {
	switch {
	case was == nil && is == nil, was != nil && is != nil && was.value == is.value:
		return nil
	case is == nil:
		return &Edit{Verb: was.verb, Subject: was.subject, From: was.value, Pos: was.pos, Before: true, Indirect: was.indirect}
	}
	e := &Edit{Verb: is.verb, Subject: is.subject, To: is.value, Pos: is.pos, Indirect: is.indirect}
	if was != nil {
		e.From = was.value
	}
	return e
}

// edits are the differences of two lists of statements. Of lines that repeat themselves the last counts.
func edits(was, is []statement) []Edit {
	index := func(list []statement) map[statementKey]*statement {
		out := map[statementKey]*statement{}
		for i := range list {
			out[statementKey{list[i].verb, list[i].subject}] = &list[i]
		}
		return out
	}
	had, have := index(was), index(is)
	keys := maps.Clone(had)
	maps.Copy(keys, have)
	var out []Edit
	for key := range keys {
		if e := edit(had[key], have[key]); e != nil {
			out = append(out, *e)
		}
	}
	slices.SortFunc(out, compareEdits)
	return out
}

// lines takes up the lines of a module that changed. Of a module that is new or gone the replace lines count, of one that
// cannot be read nothing is known.
func (d *differ) lines(p pair) {
	var was, is []statement
	if p.was != nil && len(p.was.Module.Errors) > 0 || p.is != nil && len(p.is.Module.Errors) > 0 {
		return
	}
	if p.was != nil {
		was = statements(p.was.Module)
	}
	if p.is != nil {
		is = statements(p.is.Module)
	}
	for _, e := range edits(was, is) {
		if p.was != nil && p.is != nil || e.Verb == "replace" {
			d.out.Lines = append(d.out.Lines, e)
		}
	}
}

func (d *differ) workLines() {
	was, is := d.before.Workspace().Work, d.after.Workspace().Work
	d.out.Lines = append(d.out.Lines, edits(workStatements(was), workStatements(is))...)
}

// causes finds out which edit is behind a move of one build list.
type causes struct {
	*differ
	pair
	seen map[string]bool // paths on the way
}

// of returns the edit behind the move of a path, nil if none is found. A version that falls is explained by what asked
// for it before and does not any more; all others by what asks for it now.
func (c *causes) of(path string, falls bool) *Edit {
	if c.was == nil || c.is == nil {
		return nil // the module itself is what came or went
	}
	if e := c.replaced(path); e != nil {
		return e
	}
	c.seen = map[string]bool{}
	first, second := c.is, c.was
	if falls {
		first, second = second, first
	}
	if e := c.asked(first, path); e != nil {
		return e
	}
	c.seen = map[string]bool{}
	if e := c.asked(second, path); e != nil {
		return e
	}
	return c.around(first, path)
}

// replaced is the replace line by which the code of a path comes from elsewhere now.
func (c *causes) replaced(path string) *Edit {
	line := func(v *graph.View) *statement {
		item, _ := v.Selected(path)
		r := item.Replace
		if r == nil {
			return nil
		}
		s := replaceStatement(r.Line)
		return &s
	}
	was, is := line(c.was), line(c.is)
	if was != nil && is != nil && was.subject != is.subject {
		return edit(nil, is)
	}
	return edit(was, is)
}

// asked follows the requirements to a path in one of the two views, from the path backwards, to a line of the
// repository that the other state does not have. A line that the go command keeps by itself (indirect) is asked in turn
// why it changed, and is the answer only if nothing else is.
func (c *causes) asked(v *graph.View, path string) *Edit {
	if c.seen[path] {
		return nil
	}
	c.seen[path] = true
	var weak *Edit
	for _, chain := range [][]module.Version{own(v, path), v.Via(path)} {
		for i := len(chain) - 1; i > 0; i-- {
			e := c.line(v, chain[i-1], chain[i])
			switch {
			case e == nil:
			case !e.Indirect:
				return e
			case chain[i].Path != path:
				if deeper := c.asked(v, chain[i].Path); deeper != nil && !deeper.Indirect {
					return deeper
				}
			}
			if weak == nil {
				weak = e
			}
		}
	}
	return weak
}

// own is the chain of a module's own line, nil if it has none.
func own(v *graph.View, path string) []module.Version {
	if v.Module == nil {
		return v.Chain(path)
	}
	var out []module.Version
	for i := range v.Module.Requires {
		if r := &v.Module.Requires[i]; r.Mod.Path == path {
			out = []module.Version{{Path: v.Module.Path}, r.Mod}
		}
	}
	return out
}

// line is what happened to the require line behind a link of a chain, nil if it stands in no module of the repository or
// did not change.
func (c *causes) line(v *graph.View, from, to module.Version) *Edit {
	m := v.ModuleOf(from)
	if m == nil {
		return nil
	}
	other := c.twin(v, m)
	mine := require(m, to.Path)
	var theirs *statement
	if other != nil {
		theirs = require(other, to.Path)
	}
	if v == c.was {
		return edit(mine, theirs)
	}
	return edit(theirs, mine)
}

// require is the highest require line of a module for a path.
func require(m *workspace.Module, path string) *statement {
	var best *workspace.Require
	for i := range m.Requires {
		r := &m.Requires[i]
		if r.Mod.Path == path && (best == nil || graph.Compare(path, best.Mod.Version, r.Mod.Version) < 0) {
			best = r
		}
	}
	if best == nil {
		return nil
	}
	s := requireStatement(best)
	return &s
}

// twin is the same module in the other state.
func (c *causes) twin(v *graph.View, m *workspace.Module) *workspace.Module {
	if v == c.was {
		return c.after.Workspace().Module(renamed(c.moved.dirs, m.Dir))
	}
	return c.before.Workspace().Module(renamed(c.movedFrom, m.Dir))
}

// around looks for what changes selection from the side: lines that replace or exclude something on the way, a use line,
// a go line from which on graphs are pruned.
func (c *causes) around(v *graph.View, path string) *Edit {
	onTheWay := map[string]bool{}
	for _, mod := range slices.Concat(v.Chain(path), v.Via(path)) {
		onTheWay[mod.Path] = true
	}
	lines := c.out.Lines
	if c.is.Module != nil {
		lines = edits(statements(c.was.Module), statements(c.is.Module))
	}
	var last *Edit
	for i := range lines {
		e := &lines[i]
		about, _, _ := strings.Cut(e.Subject, " ")
		switch {
		case (e.Verb == "replace" || e.Verb == "exclude") && onTheWay[about]:
			return e
		case e.Verb == "go" || e.Verb == "use":
			last = e
		}
	}
	return last
}
