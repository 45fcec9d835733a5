package imports

import (
	"bytes"
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/modgov/modgov/internal/workspace"
)

// A closure reads all directories that any walk may come to, wave by wave: what the packages of one wave import is the
// next. It goes by names only and may read a little more than walks then use.
type closure struct {
	files   *Reader
	walks   []*walk
	modules map[string][]string // module path → directories that it may stand for in some walk
	seen    map[string]bool     // directories that were reached
	walked  map[string]bool     // directories whose sub-directories were reached
	paths   map[string]bool     // imports that were followed
	wave    []place
}

// A place is a directory to look at.
type place struct {
	dir string
	in  *walk // the walk whose main module is listed and has it; nil if only an import leads there
}

func newClosure(files *Reader, walks []*walk) *closure {
	c := &closure{
		files: files, walks: walks,
		modules: map[string][]string{}, seen: map[string]bool{}, walked: map[string]bool{}, paths: map[string]bool{},
	}
	for _, w := range walks {
		for p, dir := range w.local {
			if !slices.Contains(c.modules[p], dir) {
				c.modules[p] = append(c.modules[p], dir)
			}
		}
	}
	return c
}

func (c *closure) read(ctx context.Context) error {
	for _, w := range c.walks {
		w.readMod()
		c.list(place{w.view.Dir(), w})
		for _, tool := range w.tools {
			c.follow(tool.path)
		}
	}
	for len(c.wave) > 0 {
		wave := c.wave
		c.wave = nil
		dirs := make([]string, 0, len(wave))
		for _, p := range wave {
			dirs = append(dirs, p.dir)
		}
		slices.Sort(dirs)
		if err := c.files.read(ctx, slices.Compact(dirs)); err != nil {
			return err
		}
		for _, p := range wave {
			c.look(p)
		}
	}
	for _, w := range c.walks {
		slices.Sort(w.own)
	}
	return nil
}

// list queues a directory of a main module to be listed with what is below.
func (c *closure) list(p place) {
	if !c.walked[p.dir] {
		c.walked[p.dir] = true
		c.wave = append(c.wave, p)
	}
}

// follow queues the directories where an imported package may stand.
func (c *closure) follow(pkg string) {
	if c.paths[pkg] {
		return
	}
	c.paths[pkg] = true
	for p := range prefixes(pkg) {
		for _, dir := range c.modules[p] {
			dir = path.Join(dir, pkg[len(p):])
			if !c.seen[dir] && !workspace.IsOutside(dir) { // a bad path may have ".." in it
				c.seen[dir] = true
				c.wave = append(c.wave, place{dir: dir})
			}
		}
	}
}

// look goes on from a directory that was read.
func (c *closure) look(p place) {
	d := c.files.dir(p.dir)
	if p.in != nil {
		if d.goMod && p.dir != p.in.view.Dir() {
			return // another module
		}
		if d.goFiles {
			p.in.own = append(p.in.own, p.dir)
			c.seen[p.dir] = true
		}
		for _, name := range d.subdirs {
			if sub := path.Join(p.dir, name); !p.in.skips(sub) && path.Base(p.dir) != "vendor" {
				c.list(place{sub, p.in})
			}
		}
	}
	for _, s := range d.imports {
		c.follow(s.path)
	}
}

// problems returns those of all directories that hold a package that was reached.
func (c *closure) problems() []Problem {
	var out []Problem
	for dir := range c.seen {
		out = append(out, c.files.dir(dir).problems...)
	}
	for dir := range c.walked {
		if !c.seen[dir] {
			out = append(out, c.files.dir(dir).problems...)
		}
	}
	slices.SortFunc(out, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line))
	})
	return out
}

// readMod takes from the go.mod file of the main module what only this package asks for: tool and ignore lines. Few
// files have any, so that most need not be parsed a second time.
func (w *walk) readMod() {
	m := w.view.Module
	if !hasLine(m.Data, "tool") && !hasLine(m.Data, "ignore") {
		return
	}
	f, err := modfile.Parse(m.File, m.Data, func(_, version string) (string, error) { return version, nil })
	if err != nil {
		return // there is a build list, so it was parsed before
	}
	for _, i := range f.Ignore {
		w.ignores = append(w.ignores, i.Path)
	}
	for _, t := range f.Tool {
		line := t.Syntax.Start.Line
		w.tools = append(w.tools, spec{path: t.Path, when: ForTools, pos: workspace.Position{File: m.File, Line: line}})
	}
}

// hasLine reports whether a line of a go.mod file may begin with a word.
func hasLine(data []byte, word string) bool {
	for line := range bytes.Lines(data) {
		rest, ok := bytes.CutPrefix(bytes.TrimLeft(line, " \t"), []byte(word))
		if ok && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n("), rest[0]) >= 0) {
			return true
		}
	}
	return false
}

// skips reports whether "go mod tidy" does not look for packages in a directory of the main module, nor below. A
// directory with a go.mod file is left out by who lists it. node_modules is left out as well, where no package of a Go
// module is to be found and very many directories are.
func (w *walk) skips(dir string) bool {
	name := path.Base(dir)
	if name[0] == '.' || name[0] == '_' || name == "testdata" || name == "node_modules" {
		return true
	}
	if m := w.view.Workspace().Module(dir); m != nil {
		return true
	}
	rel := "/" + below(w.view.Dir(), dir) + "/"
	for _, pattern := range w.ignores {
		anchored, isAnchored := strings.CutPrefix(pattern, "./")
		anchored = "/" + strings.Trim(anchored, "/") + "/"
		if isAnchored && strings.HasPrefix(rel, anchored) || !isAnchored && strings.Contains(rel, anchored) {
			return true
		}
	}
	return false
}
