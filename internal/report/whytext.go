package report

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
)

// writeWhyText lists the modules by the version that they have, the highest first, each with the reason.
func writeWhyText(w io.Writer, y *Why, o Options) error {
	t := whyText{newPage(o), y}
	t.text("%s", graph.ModText(module.Version{Path: y.Path, Version: y.Version}))
	t.uses()
	t.workspace()
	for _, gap := range y.Gaps {
		t.prose("  incomplete: ", "    ", moduleName(gap.Module)+": "+gap.Message)
	}
	return t.writeTo(w)
}

// A whyText is an answer on its way to a page.
type whyText struct {
	*page
	y *Why
}

// Columns of versions and of directories are at most this wide; what is longer has a line of its own.
const (
	whyVersionColumns = 16
	whyDirColumns     = 32
)

func (t *whyText) uses() {
	versions, dirs := 0, 0
	for _, u := range t.y.Uses {
		if n := t.cells(u.Effective); n <= whyVersionColumns {
			versions = max(versions, n)
		}
		if n := t.cells(u.Dir); n <= whyDirColumns {
			dirs = max(dirs, n)
		}
	}
	for _, g := range t.groups() {
		lead := "  " + t.pad(g[0].Effective, versions) + "  "
		if t.cells(g[0].Effective) > versions {
			t.text("  %s", g[0].Effective)
			lead = strings.Repeat(" ", versions+4)
		}
		for i := range g {
			t.use(lead, dirs, &g[i])
			lead = strings.Repeat(" ", versions+4)
		}
	}
	switch {
	case len(t.y.Uses) > 0:
	case t.y.Version != "":
		t.text("  no module asks for that version")
	default:
		t.text("  in no module's build list")
	}
}

// groups puts uses with the same effective version together: versions from the highest to the lowest, then forks and
// directories by name; modules by directory.
func (t *whyText) groups() [][]WhyUse {
	var out [][]WhyUse
	index := map[string]int{}
	for _, u := range t.y.Uses {
		i, ok := index[u.Effective]
		if !ok {
			i = len(out)
			index[u.Effective] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], u)
	}
	slices.SortStableFunc(out, func(a, b []WhyUse) int {
		if c := graph.Compare(t.y.Path, b[0].Effective, a[0].Effective); c != 0 {
			return c
		}
		return strings.Compare(a[0].Effective, b[0].Effective)
	})
	return out
}

// use shows a module and beside it, or below it, why it has its version.
func (t *whyText) use(lead string, dirs int, u *WhyUse) {
	margin := strings.Repeat(" ", t.cells(lead)+dirs+2)
	first := lead + t.pad(u.Dir, dirs) + "  "
	if t.cells(u.Dir) > dirs {
		t.text("%s%s", lead, u.Dir)
		first = margin
	}
	for _, l := range t.reasons(u, max(t.width-t.cells(margin), minWidth/2)) {
		t.text("%s%s", first, l)
		first = margin
	}
}

// reasons says where a module's version comes from: its own line, who raises that, or the chain that leads to it.
func (t *whyText) reasons(u *WhyUse, room int) []string {
	var out []string
	asked := t.y.Version != "" && u.Selected != t.y.Version
	switch d := u.Declared; {
	case d == nil || asked:
		out = t.fold(u.Chain.after(), " -> ", room)
	case u.Raised && u.Via != nil:
		out = t.foldWords(fmt.Sprintf("declared %s, %s, raised by", d.Version, lineOf(d.Position)), room)
		out = t.join(out, t.fold(u.Via.between(), " -> ", room-2), room)
	case !d.Indirect:
		out = t.foldWords("declared, "+lineOf(d.Position), room)
	case u.Via == nil:
		out = t.foldWords("indirect, "+lineOf(d.Position)+", nothing else asks for it", room)
	default:
		out = t.foldWords("indirect, "+lineOf(d.Position)+", asked for by", room)
		out = t.join(out, t.fold(u.Via.between(), " -> ", room-2), room)
	}
	if r := u.Replace; r != nil {
		target := "replaced by " + graph.ModText(module.Version(r.Target))
		out = append(out, t.foldWords(target+", "+lineOf(r.Position), room)...)
	}
	if asked {
		out = append(out, u.Selected+" is selected")
	}
	return out
}

// lineOf names a line of a file of the module whose directory stands before it: "go.mod:7".
func lineOf(p Position) string {
	return place(Position{File: path.Base(p.File), Line: p.Line})
}

// join puts the lines of a chain behind a text if that fits, else below it, set in.
func (t *whyText) join(text, chain []string, room int) []string {
	last := text[len(text)-1]
	if len(chain) == 1 && t.cells(last)+1+t.cells(chain[0]) <= room {
		text[len(text)-1] = last + " " + chain[0]
		return text
	}
	for _, l := range chain {
		text = append(text, "  "+l)
	}
	return text
}

// after are the links of a chain behind the module that it starts in, which stands before them already. What the last
// one is replaced by is said apart.
func (c *Chain) after() []string {
	if len(c.Steps) < 2 {
		return c.links()
	}
	rest := Chain{Steps: slices.Clone(c.Steps[1:])}
	rest.Steps[len(rest.Steps)-1].Note = ""
	links := rest.links()
	links[0] = "-> " + links[0]
	return links
}

// between are the links of a chain without its ends. A module of the repository that is used from its directory is
// called local.
func (c *Chain) between() []string {
	if len(c.Steps) < 3 {
		return c.links()
	}
	inner := Chain{Steps: slices.Clone(c.Steps[1 : len(c.Steps)-1])}
	for i := range inner.Steps {
		if s := &inner.Steps[i]; s.Note != "" && s.Dir != "" {
			s.Note = "local"
		}
	}
	return inner.links()
}

// workspace says what the workspace selects, and who gets other code there than alone.
func (t *whyText) workspace() {
	w := t.y.Workspace
	if w == nil {
		return
	}
	if t.y.Version != "" {
		for i, l := range t.fold(w.Chain.links(), " -> ", t.width-len("  in the workspace: ")) {
			t.text("  %s%s", [...]string{"in the workspace: ", "                  "}[min(i, 1)], l)
		}
	}
	differ := ""
	switch n := len(w.Differ); {
	case n == 1:
		differ = w.Differ[0] + " gets other code there than alone"
	case n > 1:
		differ = joinAnd(w.Differ) + " get other code there than alone"
	}
	switch {
	case w.Selected == "" && differ == "":
		t.text("  a module of the workspace: %s", w.Effective)
	case w.Selected == "":
		t.prose("  ", "  ", "a module of the workspace: "+w.Effective+"; "+differ)
	case differ == "":
		t.text("  the workspace selects %s", w.Effective)
	default:
		t.prose("  ", "  ", "the workspace selects "+w.Effective+": "+differ)
	}
}

// joinAnd writes a list of names as a sentence has it, and counts those after the first ones.
func joinAnd(names []string) string {
	const most = 5
	n := len(names)
	if n > most {
		return fmt.Sprintf("%s and %d more modules", strings.Join(names[:most-1], ", "), n-most+1)
	}
	return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
}
