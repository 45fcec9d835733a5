package change

import (
	"path"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// assignFiles gives each file to the nearest module around it, as the modules stand before and after the change: a
// go.mod file that comes or goes moves a boundary. A module that is not governed is, for whoever has it in testdata or
// beside its code, one more file: the governed module around it gets its files, too. They are none of its packages,
// though, and tests are compiled for their own package alone: neither reaches those that take its code.
func (a *affection) assignFiles() {
	a.touched, a.reaching = map[string][]string{}, map[string][]string{}
	after := a.places(a.Head, a.locals)
	before := a.places(a.Base, a.Base.Locals())
	for _, file := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(a.Files, a.Links)))) {
		_, differs := slices.BinarySearch(a.Files, file)
		owned := false
		for _, places := range []places{before, after} {
			if differs { // of what only leads to such files, the directories are known by their own names
				a.assignBelow(file, places)
			}
			owned = a.assign(file, places) || owned
		}
		if differs && !owned {
			a.unowned = append(a.unowned, file)
		}
	}
}

// assignBelow gives a file to the directories that somebody replaces to and that it is, or has below it: a submodule or a
// link is one path.
func (a *affection) assignBelow(file string, p places) {
	for _, dir := range p.below[file] {
		add(a.touched, a.real(dir), file)
		add(a.reaching, a.real(dir), file)
	}
}

// assign gives a file to the modules around it, up to the first that is governed, and reports whether there is one.
func (a *affection) assign(file string, p places) (owned bool) {
	nearest := true
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		m := a.head.Module(dir)
		if owned = m != nil && m.Governed; owned || p.at[dir] {
			add(a.touched, dir, file)
			if nearest && !strings.HasSuffix(file, "_test.go") {
				add(a.reaching, dir, file)
			}
			nearest = false
		}
		if owned || dir == "." || path.Base(dir) == ".." {
			return owned
		}
	}
}

// add adds a file to the list of a directory, unless it came last.
func add(files map[string][]string, dir, file string) {
	if list := files[dir]; len(list) == 0 || list[len(list)-1] != file {
		files[dir] = append(list, file)
	}
}

// places are the directories of modules, and those outside that replace lines lead to.
type places struct {
	at    map[string]bool
	below map[string][]string // those that are, or lie below, a path
}

func (c *Change) places(g *graph.Graph, locals map[*workspace.Module][]graph.Local) places {
	p := places{map[string]bool{}, map[string][]string{}}
	for _, m := range g.Workspace().Modules {
		p.add(m.Dir)
	}
	for _, list := range locals {
		for _, l := range list {
			p.add(l.Dir) // what a link is, is a file of its own
			p.add(c.real(l.Dir))
		}
	}
	return p
}

func (c *Change) real(dir string) string {
	if c.Real == nil {
		return dir
	}
	return c.Real(dir)
}

func (p *places) add(place string) {
	if p.at[place] {
		return
	}
	p.at[place] = true
	for dir := place; dir != "." && dir != "/" && path.Base(dir) != ".."; dir = path.Dir(dir) {
		p.below[dir] = append(p.below[dir], place)
	}
}
