package universe

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/mod/module"
)

// repository chooses the modules of the repository, some of which the proxy serves too.
func (g *generator) repository() {
	n := pick(g, []int{1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 7, 8})
	dirs := []string{".", "api", "lib/auth", "lib/log", "svc/a", "svc/b", "svc/c", "tools", "Web"}
	first := g.IntN(2)
	if n > 7 {
		first = 0
	}
	same := g.goLine()
	for _, dir := range dirs[first : first+n] {
		m := &modFile{dir: dir, path: path.Join("ex.test/repo", dir), goLine: g.goLine()}
		if g.in(50) {
			m.goLine = same
		}
		if g.in(6) {
			m.path = "aa.example/" + path.Base(m.path) // sorts before go, toolchain and all others
		}
		g.mods = append(g.mods, g.add(dir, m))
		if g.in(60) {
			o := outside{path: m.path, versions: []string{"v0.3.0", "v1.0.0", "v1.1.0"}[:1+g.IntN(3)]}
			g.outs = append(g.outs, o)
		}
	}
}

// requireMain makes a file on the proxy require a module of the repository at a published version: a cycle.
func (g *generator) requireMain(m *modFile) {
	if o := g.outsideOf(pick(g, g.mods).path); o != nil {
		g.need(m, module.Version{Path: o.path, Version: pick(g, o.versions)})
	}
}

// requireFrom chooses the require lines of a module of the repository.
func (g *generator) requireFrom(m *modFile) {
	for range g.IntN(6) {
		o := pick(g, g.outs)
		g.need(m, module.Version{Path: o.path, Version: pick(g, o.versions)})
	}
	if len(g.mods) > 1 && g.in(45) {
		g.requireSibling(m, pick(g, g.mods))
	}
	switch strict := m.goLine >= "1.21"; {
	case strict && g.in(20):
		m.tools = pick(g, []string{"go1.25.1", "go1.25.3-custom", "go1.26rc1"})
	case g.in(3):
		m.tools = "go1.23.4"
	}
	if g.in(4) && len(m.requires) > 0 {
		m.requires = append(m.requires, pick(g, m.requires))
	}
	if o := g.outsideOf(m.path); o != nil && g.in(2) {
		m.requires = append(m.requires, require{module.Version{Path: m.path, Version: pick(g, o.versions)}, false})
	}
	if g.in(8) {
		m.extra = append(m.extra, pick(g, []string{
			"retract v1.0.0 // no", "tool ex.test/tool", "ignore ./x", "godebug panicnil=1", "// a comment",
		}))
	}
}

// requireSibling makes m require s as monorepos do: at a published version, or at a version that does not exist with
// a replace line in every module.
func (g *generator) requireSibling(m, s *modFile) {
	if o := g.outsideOf(s.path); o != nil && g.in(50) {
		g.need(m, module.Version{Path: s.path, Version: pick(g, o.versions)})
		return
	}
	g.need(m, module.Version{Path: s.path, Version: "v0.0.0-00010101000000-000000000000"})
	for _, from := range g.mods {
		g.replace(from, replace{module.Version{Path: s.path}, module.Version{Path: relativeDir(from.dir, s.dir)}})
	}
}

// relativeDir returns the directory to as a replace line in the directory from has it.
func relativeDir(from, to string) string {
	up := ""
	if from != "." {
		up = strings.Repeat("../", strings.Count(from, "/")+1)
	}
	switch rel := path.Clean(up + to); {
	case rel == ".":
		return "./"
	case strings.HasPrefix(rel, "../") || rel == "..":
		return rel
	default:
		return "./" + rel
	}
}

// replace adds a replace line unless there is one for the same module version.
func (g *generator) replace(m *modFile, r replace) {
	for _, have := range m.replaces {
		if have.old == r.old {
			return
		}
	}
	m.replaces = append(m.replaces, r)
}

// replaceIn adds replace lines of all kinds to a module.
func (g *generator) replaceIn(m *modFile) {
	if g.in(45) {
		return
	}
	for range 1 + g.IntN(2) {
		g.replace(m, g.someReplace(m.dir))
	}
	if g.in(8) {
		g.replace(m, replace{module.Version{Path: m.path}, module.Version{Path: "./"}})
	}
	if g.in(6) {
		g.replace(m, replace{module.Version{Path: "ex.test/unknown"}, module.Version{Path: "./gone"}})
	}
}

// someReplace makes a replace line for a file in the directory from.
func (g *generator) someReplace(from string) replace {
	o := pick(g, g.outs)
	old := module.Version{Path: o.path}
	if g.in(40) {
		old.Version = pick(g, o.versions)
	}
	other := pick(g, g.outs)
	switch k := g.IntN(100); {
	case k < 25:
		return replace{old, module.Version{Path: o.path, Version: pick(g, o.versions)}}
	case k < 50:
		// go accepts another path only if its go.mod declares the one that was asked for
		fork := module.Version{Path: "fork.example/" + path.Base(other.path), Version: "v0.9.1"}
		if module.CheckPath(fork.Path) != nil || strings.HasSuffix(fork.Path, ".v2") || strings.HasSuffix(fork.Path, "/v2") {
			fork.Path = "fork.example/f"
		}
		key := fork.String()
		if g.file[key] == nil {
			g.fork(g.add(key, &modFile{path: pick(g, []string{fork.Path, fork.Path, o.path})}))
		}
		if p := g.file[key].path; p != fork.Path && p != o.path {
			return replace{old, module.Version{Path: o.path, Version: pick(g, o.versions)}}
		}
		return replace{old, fork}
	}
	dir := g.forkDir(o.path)
	if g.in(10) {
		return replace{old, module.Version{Path: rootVar + "/" + dir}}
	}
	return replace{old, module.Version{Path: relativeDir(from, dir)}}
}

// forkDir makes a directory with a go.mod file to replace a module with, in the repository or beside it.
func (g *generator) forkDir(modPath string) string {
	dir := pick(g, []string{"third_party/", "../beside/", "../beside/", "../beside/"})
	dir += strings.ToLower(path.Base(modPath)) + fmt.Sprint(g.IntN(2))
	if g.file[dir] != nil {
		return dir
	}
	m := g.add(dir, &modFile{dir: dir, path: modPath})
	switch g.IntN(12) {
	case 0:
		m.path = "" // no module line
	case 1:
		m.raw = "// empty\n"
	case 2, 3:
		m.path = "any.example/other"
	}
	if m.raw == "" {
		g.fork(m)
	}
	m.crlf = g.in(3)
	return dir
}

// fork fills the file of a replacement.
func (g *generator) fork(m *modFile) {
	m.goLine = g.goLine()
	for range g.IntN(4) {
		o := pick(g, g.outs)
		g.need(m, module.Version{Path: o.path, Version: pick(g, o.versions)})
	}
	if g.in(15) {
		o := pick(g, g.outs)
		m.excludes = append(m.excludes, module.Version{Path: o.path, Version: pick(g, o.versions)})
	}
	if g.in(15) {
		g.replace(m, replace{module.Version{Path: pick(g, g.outs).path}, module.Version{Path: "./deeper"}})
	}
}

// excludeIn adds exclude lines to a module, for versions that some file requires.
func (g *generator) excludeIn(m *modFile) {
	if !g.in(25) {
		return
	}
	for range 1 + g.IntN(2) {
		f := g.file[pick(g, g.keys)]
		if len(f.requires) == 0 || f == m {
			continue
		}
		x := pick(g, f.requires).mod
		own := false
		for _, r := range m.requires {
			own = own || r.mod == x
		}
		if !own {
			m.excludes = append(m.excludes, x)
		}
	}
}

// workspace makes a go.work file of most modules.
func (g *generator) workspace() {
	w := &workFile{goLine: pick(g, []string{"", "1.18", "1.20", "1.21", "1.22.5", "1.25.0", "1.25.0"}), absolute: g.in(8)}
	for _, m := range g.mods {
		if g.in(88) || len(w.uses) == 0 && m == g.mods[len(g.mods)-1] {
			w.uses = append(w.uses, m.dir)
		}
	}
	for _, key := range g.keys {
		if m := g.file[key]; strings.HasPrefix(key, "../") && m.path != "" && !g.isMember(w, m.path) && g.in(6) {
			w.uses = append(w.uses, key)
		}
	}
	g.Shuffle(len(w.uses), func(i, j int) { w.uses[i], w.uses[j] = w.uses[j], w.uses[i] })
	if g.in(15) {
		w.tools = pick(g, []string{"go1.25.4", "default", "go1.22.5", "go1.18.3"})
	}
	for range g.IntN(3) {
		r := g.someReplace(".")
		if g.file[pick(g, w.uses)].path == r.old.Path || g.isMember(w, r.old.Path) {
			r.old.Version = "v1.0.0"
		}
		dup := false
		for _, have := range w.replaces {
			dup = dup || have.old == r.old
		}
		if !dup {
			w.replaces = append(w.replaces, r)
		}
	}
	g.work = w
}

func (g *generator) isMember(w *workFile, path string) bool {
	for _, dir := range w.uses {
		if g.file[dir].path == path {
			return true
		}
	}
	return false
}
