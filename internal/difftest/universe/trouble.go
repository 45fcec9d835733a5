package universe

import (
	"slices"

	"golang.org/x/mod/module"
)

// trouble does one thing to the universe that go mostly refuses.
func (g *generator) trouble() {
	m := pick(g, g.mods)
	if g.work != nil && g.in(30) {
		g.workTrouble()
		return
	}
	all := []func(*modFile){
		g.loseVersion, g.loseVersion, g.duplicate, g.duplicate, g.requireItself, g.excludeOwn, g.excludeOwn, g.breakFile,
		g.loseReplacement,
		g.unfitToolchain, g.unfitToolchain, g.lowerRoot, g.lowerRoot, g.unpublish, g.wrongPath, g.contradict, g.breakOutside,
	}
	pick(g, all)(m)
}

// loseVersion takes a version from the proxy, read or not.
func (g *generator) loseVersion(*modFile) {
	o := pick(g, g.outs)
	g.drop(o.path + "@" + pick(g, o.versions))
}

func (g *generator) drop(key string) {
	delete(g.file, key)
	g.keys = slices.DeleteFunc(g.keys, func(k string) bool { return k == key })
}

// duplicate makes a module require a path a second time, at another version.
func (g *generator) duplicate(m *modFile) {
	if len(m.requires) == 0 {
		return
	}
	r := pick(g, m.requires)
	if o := g.outsideOf(r.mod.Path); o != nil {
		r.mod.Version = pick(g, o.versions)
		m.requires = append(m.requires, r)
	}
}

func (g *generator) requireItself(m *modFile) {
	v := "v1.7.0"
	if o := g.outsideOf(m.path); o != nil && g.in(80) {
		v = pick(g, o.versions)
	}
	m.requires = append(m.requires, require{module.Version{Path: m.path, Version: v}, g.in(30)})
}

func (g *generator) excludeOwn(m *modFile) {
	if len(m.requires) > 0 {
		m.excludes = append(m.excludes, pick(g, m.requires).mod)
	}
}

// breakFile writes a line that go does not take in a file of the repository.
func (g *generator) breakFile(m *modFile) {
	m.extra = append(m.extra, pick(g, []string{
		"frobnicate", "require ex.test/l00 v2.0.0", "require ex.test/l00 latest", "replace ex.test/l00 => nowhere",
		"require ex.test/l00 v1.0", "exclude ex.test/l00 v1", "<<<<<<< HEAD", "replace ex.test/l00 => ex.test/l01 v2.0.0",
		"go 1.20", "retract v9.0.0", "replace ex.test/l00 => ../x v1.0.0", "tool ./x", "require (",
	}))
}

// breakOutside writes such a line in a file on the proxy.
func (g *generator) breakOutside(*modFile) {
	o := pick(g, g.outs)
	if f := g.file[o.path+"@"+pick(g, o.versions)]; f != nil {
		f.extra = append(f.extra, pick(g, []string{
			"require ex.test/l00 v2.0.0", "require ex.test/l00 master", "require (", "go 1.20\ngo 1.21", "/* no */",
			"module again",
		}))
	}
}

func (g *generator) loseReplacement(m *modFile) {
	if len(m.requires) > 0 {
		g.replace(m, replace{module.Version{Path: pick(g, m.requires).mod.Path}, module.Version{Path: "./gone"}})
	}
}

func (g *generator) unfitToolchain(m *modFile) {
	m.tools = pick(g, []string{
		"go" + m.goLine, "default", "go1.20.5", "go1.21rc1", "go1.22.3", "go1.21.0", "go1.99.1", "go1.x",
	})
	if m.goLine == "" && m.tools == "go" {
		m.tools = "go1.16"
	}
}

func (g *generator) lowerRoot(m *modFile) {
	if len(m.requires) == 0 {
		return
	}
	i := g.IntN(len(m.requires))
	if o := g.outsideOf(m.requires[i].mod.Path); o != nil {
		m.requires[i].mod.Version = o.versions[0]
	}
}

// unpublish takes all versions of a module of the repository from the proxy.
func (g *generator) unpublish(m *modFile) {
	if o := g.outsideOf(m.path); o != nil {
		for _, v := range o.versions {
			g.drop(o.path + "@" + v)
		}
	}
}

// wrongPath makes a file on the proxy, or a module that replaces one, declare another path.
func (g *generator) wrongPath(m *modFile) {
	o := pick(g, g.outs)
	if g.in(50) && len(m.requires) > 0 {
		o2 := pick(g, m.requires).mod
		g.replace(m, replace{o2, module.Version{Path: o.path, Version: pick(g, o.versions)}})
		return
	}
	if f := g.file[o.path+"@"+pick(g, o.versions)]; f != nil {
		f.path = pick(g, []string{"ex.test/other", ""})
		f.extra = append(f.extra, "// of somebody else") // go.sum cannot have the hash of an empty file
	}
}

// contradict adds a replace line that another one of the file, or of another module, contradicts.
func (g *generator) contradict(m *modFile) {
	from := pick(g, g.mods)
	if len(from.replaces) == 0 {
		return
	}
	r := pick(g, from.replaces)
	if o := g.outsideOf(r.old.Path); o != nil && g.in(60) {
		r.old.Version = pick(g, []string{"", pick(g, o.versions)})
		r.new = module.Version{Path: o.path, Version: pick(g, o.versions)}
	}
	m.replaces = append(m.replaces, r)
}

// member chooses a member of the workspace that is there.
func (g *generator) member() *modFile {
	if m := g.file[pick(g, g.work.uses)]; m != nil {
		return m
	}
	return g.mods[0]
}

// workTrouble does one thing to the workspace.
func (g *generator) workTrouble() {
	w := g.work
	if len(w.uses) == 0 {
		return
	}
	switch g.IntN(8) {
	case 0:
		w.uses = append(w.uses, pick(g, w.uses))
	case 1:
		w.uses = append(w.uses, "nowhere")
	case 2:
		r := replace{module.Version{Path: pick(g, g.mods).path}, module.Version{Path: "./nowhere"}}
		w.replaces = append(w.replaces, r)
	case 3:
		w.goLine = pick(g, []string{"", "1.21", "1.22rc1", "1.20.1"})
	case 4:
		m := g.member()
		m.goLine = pick(g, []string{"1.25.5", "1.21", "1.22.7"})
	case 5:
		w.uses = nil
	case 6:
		w.replaces = append(w.replaces, g.someReplace("."), g.someReplace("."))
	case 7:
		a, b := g.member(), g.member()
		r := g.someReplace(a.dir)
		a.replaces = append(a.replaces, r)
		r2 := g.someReplace(b.dir)
		r2.old = module.Version{Path: r.old.Path, Version: pick(g, []string{r.old.Version, ""})}
		b.replaces = append(b.replaces, r2)
	}
}
