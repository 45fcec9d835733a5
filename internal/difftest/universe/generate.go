package universe

import (
	"context"
	"fmt"
	"math/rand/v2"

	"golang.org/x/mod/module"
)

// Generate makes a random universe; the same seed makes the same one. Three quarters are meant to be accepted by go:
// their require lines are raised until the roots are consistent. The others get one to three troubles, most of which
// go refuses.
func Generate(ctx context.Context, seed uint64) (*Universe, error) {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0x6d6f64676f76)), file: map[string]*modFile{}}
	g.era = pick(g, []era{mixed, mixed, mixed, old, old, recent})
	g.repository()
	g.outsidePaths()
	g.requireOutside()
	for _, m := range g.mods {
		g.requireFrom(m)
		g.replaceIn(m)
		g.excludeIn(m)
	}
	if len(g.mods) > 1 && g.in(75) || g.in(15) {
		g.workspace()
	}
	troubled := g.in(27)
	if !troubled || g.in(50) {
		if err := g.settle(ctx); err != nil {
			return nil, err
		}
	}
	if troubled {
		for range 1 + g.IntN(3) {
			g.trouble()
		}
	}
	u := g.universe()
	if err := g.prune(ctx, u); err != nil {
		return nil, err
	}
	u.Note = fmt.Sprintf("seed %d\n", seed)
	return u, nil
}

// A generator holds a universe while it is made.
type generator struct {
	*rand.Rand
	mods []*modFile          // of the repository, that stand for themselves
	file map[string]*modFile // by key: directory, or path@version on the proxy
	keys []string            // of file, in the order in which they came
	outs []outside
	work *workFile
	era  era
}

// An era tells which go lines a universe has. Where many are from 1.21 on, they raise those of the modules that
// require them, and few modules stay unpruned.
type era int

const (
	mixed  era = iota
	old        // none from 1.21 on
	recent     // all pruned
)

// An outside is a module path that the proxy serves.
type outside struct {
	path     string
	versions []string // ascending
}

// A modFile is a go.mod file in parts.
type modFile struct {
	dir                 string // "" for a file on the proxy
	path, goLine, tools string
	requires            []require
	replaces            []replace
	excludes            []module.Version
	extra               []string // lines, as they are
	raw                 string   // beats all the others
	crlf                bool     // the line ending
}

type require struct {
	mod      module.Version
	indirect bool
}

type replace struct{ old, new module.Version }

type workFile struct {
	goLine, tools string
	uses          []string
	absolute      bool // the first use line has an absolute path
	replaces      []replace
}

// in reports true in so many of a hundred cases.
func (g *generator) in(percent int) bool { return g.IntN(100) < percent }

func pick[T any](g *generator, list []T) T { return list[g.IntN(len(list))] }

// add registers a file under its key.
func (g *generator) add(key string, m *modFile) *modFile {
	if g.file[key] == nil {
		g.keys = append(g.keys, key)
	}
	g.file[key] = m
	return m
}

// outsidePaths chooses the modules on the proxy and their versions, at most 60 in all.
func (g *generator) outsidePaths() {
	room := 5 + g.IntN(31)
	if g.in(15) {
		room = 60
		for _, o := range g.outs {
			room -= len(o.versions) // the repository's own modules
		}
	}
	for i := 0; room > 0; i++ {
		o := g.outsidePath(i)
		o.versions = o.versions[:min(len(o.versions), room)]
		room -= len(o.versions)
		g.outs = append(g.outs, o)
	}
}

// outsidePath chooses a path of some kind and versions that fit it.
func (g *generator) outsidePath(i int) outside {
	plain := []string{
		"v0.0.0-20200101000000-aaaaaaaaaaaa", "v0.1.0", "v0.2.0", "v1.0.0-rc.1", "v1.0.0",
		"v1.0.1-0.20210101000000-bbbbbbbbbbbb", "v1.0.1", "v1.1.0-alpha.0.20210601000000-cccccccccccc", "v1.1.0", "v1.2.0",
	}
	o := outside{path: plainPath(i)}
	var ladder []string
	switch k := g.IntN(100); {
	case k < 56:
		ladder = plain
	case k < 66 && i > 0 && g.hasPlain(i-1):
		o.path, ladder = plainPath(i-1)+"/v2", []string{"v2.0.0-beta.1", "v2.0.0", "v2.1.0", "v2.1.1"}
	case k < 74:
		o.path, ladder = fmt.Sprintf("gopkg.in/g%02d.v2", i), []string{"v2.0.0", "v2.0.1", "v2.3.0"}
	case k < 82:
		o.path, ladder = fmt.Sprintf("ex.test/Up%02d/PKG", i), append([]string{"v1.0.0-RC1"}, plain[4:]...)
	case k < 90:
		ladder = []string{
			"v1.0.0", "v1.4.0", "v2.0.0+incompatible", "v2.0.1-0.20210101000000-dddddddddddd+incompatible",
			"v3.1.0+incompatible",
		}
	case k < 95 && i > 0:
		o.path, ladder = plainPath(g.IntN(i))+"/sub", plain
	default:
		o.path, ladder = fmt.Sprintf("an.example/x%02d", i), plain
	}
	if g.outsideOf(o.path) != nil {
		o.path, ladder = plainPath(i), plain
	}
	n := min(1+g.IntN(4), len(ladder))
	for j, v := range ladder {
		if left := len(ladder) - j; g.IntN(left) < n {
			o.versions = append(o.versions, v)
			n--
		}
	}
	return o
}

func plainPath(i int) string { return fmt.Sprintf("ex.test/l%02d", i) }

// hasPlain reports whether the i-th path is a plain one.
func (g *generator) hasPlain(i int) bool { return g.outsideOf(plainPath(i)) != nil }

// goLine chooses the go line of a file.
func (g *generator) goLine() string {
	early := []string{"1.11", "1.12", "1.14", "1.15", "1.16"}
	lazy := []string{"1.17", "1.18", "1.19", "1.20"}
	strict := []string{
		"1.21", "1.21rc2", "1.21.0", "1.22", "1.22.3", "1.22.9", "1.23rc1", "1.23.0", "1.24", "1.24.1", "1.25.0",
	}
	k := g.IntN(100)
	switch {
	case g.era == recent:
		k = 40 + k*60/100
	case g.era == old:
		k = k * 70 / 100
	}
	switch {
	case k < 8:
		return ""
	case k < 30:
		return pick(g, early)
	case k < 70:
		return pick(g, lazy)
	}
	return pick(g, strict)
}

// requireOutside fills the files on the proxy. Most requirements lead to later paths; the others close cycles.
func (g *generator) requireOutside() {
	for i, o := range g.outs {
		for _, v := range o.versions {
			m := &modFile{path: o.path, goLine: g.goLine()}
			g.add(o.path+"@"+v, m)
			for range g.IntN(4) {
				from := i + 1
				if g.in(15) {
					from = 0
				}
				if from < len(g.outs) {
					to := g.outs[from+g.IntN(len(g.outs)-from)]
					g.need(m, module.Version{Path: to.path, Version: pick(g, to.versions)})
				}
			}
			if g.in(6) {
				g.requireMain(m)
			}
			g.oddities(m)
		}
	}
}

// need adds a require line unless the file has one for that path.
func (g *generator) need(m *modFile, mod module.Version) {
	for _, r := range m.requires {
		if r.mod.Path == mod.Path {
			return
		}
	}
	if mod.Path != m.path {
		m.requires = append(m.requires, require{mod, g.in(35)})
	}
}

// oddities adds what go skips in the file of a dependency, and what it repairs there.
func (g *generator) oddities(m *modFile) {
	for _, x := range m.requires {
		o := g.outsideOf(x.mod.Path)
		if o != nil && g.in(3) {
			m.requires = append(m.requires, require{module.Version{Path: o.path, Version: pick(g, o.versions)}, false})
			break
		}
	}
	lines := []string{
		"frobnicate everything", "replace nonsense", "tool ex.test/tool", "godebug x=y", "toolchain go1.99.9",
		"retract [v1.0.0, v1.9.9] // broken", "retract nonsense", "ignore ./x", "exclude ex.test/l00 v1.0.0",
		"replace ex.test/l00 => ../nowhere", "require ex.test/l00 v1.0.0+meta", "frob (\n\tx y\n)", "// a comment",
	}
	if g.in(8) {
		m.extra = append(m.extra, pick(g, lines))
	}
	m.crlf = g.in(3)
	if m.goLine != "" && g.in(2) {
		m.goLine = pick(g, []string{"v1.20-foo", "1.20.x", "1.16.x", "v1.22.1-dev"})
	}
}

func (g *generator) outsideOf(path string) *outside {
	for i := range g.outs {
		if g.outs[i].path == path {
			return &g.outs[i]
		}
	}
	return nil
}
