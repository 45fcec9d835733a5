package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/modgov/modgov/internal/policy"
)

// A doctorText is what modgov sees on its way to a page.
type doctorText struct {
	*page
	d *Doctor
	o Options
}

// unfolded is a width that no line reaches.
const unfolded = 1 << 20

func writeDoctorText(w io.Writer, d *Doctor, o Options) error {
	t := doctorText{newPage(o), d, o}
	if o.Width == 0 {
		t.width = unfolded // so that a log can be searched for it
	}
	if !o.Quiet && (d.Oracle == nil || o.Verbose) {
		t.text("modgov %s", d.Tool.Version)
		t.section("repository", t.repository())
		t.table("    ", t.places())
		t.section("go", t.goCommand())
		t.section("settings of the go command", t.settings())
		t.notes()
	}
	if o.Quiet && d.Oracle == nil {
		t.text("%s", d.headline())
	}
	for _, g := range d.Gaps {
		t.prose("incomplete: ", "    ", moduleName(g.Module)+": "+g.Message)
	}
	if d.Oracle != nil {
		t.oracle()
	}
	return t.writeTo(w)
}

// headline is all in one line, for -q.
func (d *Doctor) headline() string {
	governed := 0
	for _, m := range d.Modules {
		if m.Governed {
			governed++
		}
	}
	s := fmt.Sprintf("root %s, %s", d.Root, policy.Count(governed, "module"))
	if n := len(d.Modules) - governed; n > 0 {
		s += fmt.Sprintf(" (%d more outside)", n)
	}
	if d.Workspace != nil {
		s += ", workspace " + d.Workspace.File
	}
	return s + ", policy " + cmp.Or(d.Policy, "built-in") + ", " + cmp.Or(d.Go.Version, "no go command")
}

// section writes rows below a heading.
func (t *doctorText) section(heading string, rows [][]string) {
	t.blank()
	t.text("%s", heading)
	t.table("  ", rows)
}

func (t *doctorText) repository() [][]string {
	d := t.d
	rows := [][]string{{"root", d.Root + origin(d.RootFrom)}}
	if d.Git == nil {
		rows = append(rows, []string{"git", "none"})
	} else {
		s := d.Git.Dir
		if d.Git.Top != d.Root {
			s += ", top level " + d.Git.Top
		}
		rows = append(rows, []string{"git", s})
	}
	if d.Workspace == nil {
		rows = append(rows, []string{"workspace", "none"})
	} else {
		rows = append(rows, []string{"workspace", d.Workspace.File + ", uses " + policy.Count(d.Workspace.Members, "module")})
	}
	if w := d.IgnoredWorkspace; w != "" {
		rows = append(rows, []string{"ignored", w + ", by git: --workspace-file " + w + " governs it"})
	}
	rows = append(rows, t.policy()...)
	return append(rows, t.governed()...)
}

// policy says which file holds, and with -v which parts of it have no effect.
func (t *doctorText) policy() [][]string {
	d := t.d
	s := "none, the built-in policy holds"
	if d.Policy != "" {
		s = d.Policy
	}
	if n := len(d.NotEvaluated); n > 0 && !t.o.Verbose {
		s += fmt.Sprintf("; %s not evaluated (-v lists them)", policy.Count(n, "part"))
	}
	rows := [][]string{{"policy", s}}
	if d.CodeOwners != "" {
		rows = append(rows, []string{"owners", d.CodeOwners})
	}
	for i, n := range d.NotEvaluated {
		if !t.o.Verbose {
			break
		}
		key := ""
		if i == 0 {
			key = "no effect"
		}
		rows = append(rows, []string{key, place(n.Position) + " " + n.name()})
	}
	return rows
}

// governed counts the modules and names those that are judged.
func (t *doctorText) governed() [][]string {
	var names []string
	outside := 0
	for _, m := range t.d.Modules {
		if m.Governed {
			names = append(names, m.Dir)
		} else {
			outside++
		}
	}
	rows := [][]string{{"modules", fmt.Sprintf("%d governed, %d outside", len(names), outside)}}
	if len(names) == 0 {
		return rows
	}
	for _, l := range t.list(names, min(t.width, defaultWidth)-len("  workspace  "), t.o.Verbose) {
		rows = append(rows, []string{"", l})
	}
	return rows
}

// maxDoctorPlaces is how many directories are named one a line.
const maxDoctorPlaces = 20

// places are the directories that there is something to say about, with the reason.
func (t *doctorText) places() [][]string {
	var rows [][]string
	for _, m := range t.d.Modules {
		switch {
		case !m.Governed:
			rows = append(rows, []string{m.Dir, "outside: " + m.Reason})
		case m.Reason != "":
			rows = append(rows, []string{m.Dir, m.Reason})
		}
	}
	for _, l := range t.d.LeftOut {
		rows = append(rows, []string{l.Dir, "left out: " + l.Reason})
	}
	if n := len(rows) - maxDoctorPlaces; n > 1 && !t.o.Verbose {
		rows = append(rows[:maxDoctorPlaces], []string{fmt.Sprintf("and %d more (-v shows all)", n)})
	}
	return rows
}

func (t *doctorText) goCommand() [][]string {
	g, c := t.d.Go, t.d.ModuleCache
	rows := [][]string{{"command", "none found: put go on PATH or set GOROOT"}}
	if g.Command != "" {
		rows[0][1] = g.Command + origin(g.From)
	}
	version := "not known"
	if g.Version != "" {
		version = g.Version
	}
	cache := c.State
	if c.Dir != "" {
		cache = c.Dir + ", " + c.State
	}
	if c.Reason != "" {
		cache += ": " + c.Reason
	}
	return append(rows, []string{"version", version}, []string{"module cache", cache})
}

// settings are those that are set, with their origins; the names of the others come last.
func (t *doctorText) settings() [][]string {
	var rows [][]string
	var unset []string
	for _, s := range t.d.Settings {
		switch {
		case s.Value == "" && s.Note == "":
			unset = append(unset, s.Name)
		case s.Note != "":
			rows = append(rows, []string{s.Name, s.Value + origin(s.Origin+"; "+s.Note)})
		default:
			rows = append(rows, []string{s.Name, s.Value + origin(s.Origin)})
		}
	}
	if len(unset) > 0 {
		rows = append(rows, []string{"not set", strings.Join(unset, ", ")})
	}
	return rows
}

// origin stands behind a value.
func origin(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func (t *doctorText) notes() {
	t.blank()
	t.page.notes(t.d.Notes)
}
