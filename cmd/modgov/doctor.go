package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/gocmd"
	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/modsource"
	"github.com/modgov/modgov/internal/oracle"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
	"github.com/modgov/modgov/internal/workspace"
)

func doctorCommand() *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "show what modgov sees, and compare it with the go command",
		Description: `Prints what modgov goes by: the root and how it was found, the workspace file, the modules and
those that are left out, the policy file, the go command, its settings with the place where each was found, and the
module cache, in which it makes a file and removes it. Passwords are not shown.

With --oracle, the build list and the graph of every module alone and of the workspace are compared, line by line, with
what the go command says: "go list -m all" and "go mod graph". Where go refuses, modgov has to refuse for the same
reason. Nothing of the repository is written. With --module, the selected modules are compared, and not the workspace.
The text is then the comparison alone; -v shows all.

Exit code 0, and 3 if something could not be read. With --oracle 0: no difference. 1: a difference. 3: no go command, or
something could not be compared.

EXAMPLES
   modgov doctor
   modgov doctor --oracle
   modgov doctor --json | jq -r '.settings[] | .name + "=" + .value'`,
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "oracle", Usage: "compare build lists and graphs with those of the go command"},
			workFileFlag(),
			timeoutFlag(),
		}, formatFlags(report.Formats("doctor")...)...),
		Action: action(doctor),
	}
}

func doctor(inv *invocation, c *cli.Context) error {
	p, err := openProject(inv, c.String("workspace-file"))
	if err != nil {
		return err
	}
	defer p.close()
	ws, err := p.load(inv.ctx, p.tree.FS)
	if err != nil {
		return err
	}
	if c.Bool("oracle") || !p.selected.IsZero() {
		if err := p.checkSelection(ws); err != nil {
			return err
		}
	}
	var compared *report.Oracle
	if c.Bool("oracle") {
		if compared, err = p.askOracle(ws); err != nil {
			return err
		}
	}
	d := p.examine(ws)
	d.Oracle = compared
	d.Judge()
	if err := report.WriteDoctor(inv.stdout, inv.format, d, p.reportOptions()); err != nil {
		return err
	}
	return exitWith(verdictCode(policy.Verdict(d.Verdict)))
}

// askOracle compares the build lists and graphs of the selected modules, or of all and of the workspace, with those of
// the go command.
func (p *project) askOracle(ws *workspace.Workspace) (*report.Oracle, error) {
	if p.settings.GoCommand() == "" { // before anything is fetched
		return nil, gocmd.ErrNoGo
	}
	g, err := p.graph(p.inv.ctx, ws, graph.Options{Modules: p.selectsListed, Workspace: p.selected.IsZero()})
	if err != nil {
		return nil, err
	}
	views := slices.Clone(g.Views())
	if w := g.WorkspaceView(); w != nil {
		views = append(views, w)
	}
	comparisons, err := oracle.Compare(p.inv.ctx, views, oracle.Options{
		Settings: p.settings, Root: p.repo.Root, Jobs: p.inv.jobs, Progress: p.inv.progress("answers of go"),
	})
	if err != nil {
		return nil, err
	}
	return report.NewOracle(comparisons), nil
}

// examine collects what modgov goes by.
func (p *project) examine(ws *workspace.Workspace) *report.Doctor {
	d := &report.Doctor{
		Schema: report.Schema, Document: "doctor", Tool: report.Tool{Name: "modgov", Version: modgovVersion()},
		Root: p.repo.Root, Policy: p.policy.File, CodeOwners: p.codeowners(),
		IgnoredWorkspace: p.tree.IgnoredWork, LeftOut: []report.DoctorLeftOut{},
		NotEvaluated: []report.NotEvaluated{}, Go: p.goCommand(), ModuleCache: moduleCache(p.settings.Get("GOMODCACHE")),
		Settings: p.goSettings(), Gaps: unreadFiles(ws),
	}
	d.RootFrom, d.Notes = p.rootFrom()
	if p.repo.GitDir != "" {
		d.Git = &report.DoctorGit{Dir: p.repo.GitDir, Top: p.repo.Top}
	}
	if ws.Work != nil {
		d.Workspace = &report.DoctorWorkspace{File: ws.Work.File, Members: len(ws.Members())}
	}
	d.Modules = p.modules(ws)
	for _, dir := range p.tree.Nested {
		d.LeftOut = append(d.LeftOut, report.DoctorLeftOut{Dir: dir, Reason: "it has a go.work file of its own"})
	}
	for _, dir := range p.tree.Checkouts {
		d.LeftOut = append(d.LeftOut, report.DoctorLeftOut{Dir: dir, Reason: "it belongs to another repository"})
	}
	slices.SortFunc(d.LeftOut, func(a, b report.DoctorLeftOut) int { return strings.Compare(a.Dir, b.Dir) })
	for _, n := range p.policy.NotEvaluated() {
		at := report.Position{File: n.Pos.File, Line: n.Pos.Line, Col: n.Pos.Col, End: n.Pos.End}
		d.NotEvaluated = append(d.NotEvaluated, report.NotEvaluated{ID: n.ID, Key: n.Key, Position: at})
	}
	return d
}

// rootFrom says how the root was found, and returns the notes without the one that says so.
func (p *project) rootFrom() (from string, notes []string) {
	if p.inv.root != "" {
		from = "--root"
	}
	for _, n := range p.allNotes() {
		if why, ok := strings.CutPrefix(n, "root "+p.repo.Root+": "); ok && from == "" {
			from = why
			continue
		}
		notes = append(notes, n)
	}
	return from, append([]string{}, notes...)
}

// codeowners returns the file that says who owns what, "" if there is none or the policy does not ask for it.
func (p *project) codeowners() string {
	for _, file := range policy.CodeownersFiles() {
		if _, err := fs.Stat(p.tree.FS, file); err == nil && p.policy.Owners.Codeowners {
			return file
		}
	}
	return ""
}

// modules are the selected modules, or all.
func (p *project) modules(ws *workspace.Workspace) []report.DoctorModule {
	hidden, used := map[string]string{}, map[*workspace.Module]bool{}
	for _, e := range p.tree.Modules {
		hidden[e.Dir] = e.Hidden
	}
	for _, m := range ws.Members() {
		used[m] = true
	}
	out := []report.DoctorModule{}
	for _, m := range ws.Modules {
		if !p.selected.IsZero() && !p.selects(m) {
			continue
		}
		out = append(out, report.DoctorModule{
			Module: report.Module{Dir: m.Dir, Path: m.Path, Governed: m.Governed, InWorkspace: used[m]},
			Reason: p.reason(m, hidden[m.Dir], used[m]),
		})
	}
	return out
}

// reason says why a module is outside, or governed all the same, or what is wrong with its file. Hidden is the element
// of its directory that makes it outside by default, used whether go.work uses it.
func (p *project) reason(m *workspace.Module, hidden string, used bool) string {
	switch {
	case len(m.Errors) > 0:
		return m.Errors[0].Error()
	case m.Marker:
		return "its go.mod has no module line"
	case workspace.IsOutside(m.Dir):
		return "not below the root, but used by " + p.tree.Work
	case !p.policy.Governs(m.Dir, true):
		return "excluded by " + p.policy.File
	case hidden == "":
		return ""
	case !m.Governed:
		return "below " + hidden
	case p.policy.Governs(m.Dir, false):
		return "below " + hidden + ", but included by " + p.policy.File
	case used:
		return "below " + hidden + ", but used by " + p.tree.Work
	}
	return "below " + hidden + ", but a replace line leads to it"
}

// unreadFiles are the files of the repository that could not be read at all. Lines that are wrong are findings of
// check.
func unreadFiles(ws *workspace.Workspace) []report.Gap {
	gaps := []report.Gap{}
	add := func(layer policy.Layer, dir string, errs []*workspace.FileError) {
		for _, e := range errs {
			gaps = append(gaps, report.Gap{Layer: string(layer), Module: dir, Message: e.Error()})
		}
	}
	wholeFile := func(errs []*workspace.FileError) []*workspace.FileError {
		return slices.DeleteFunc(slices.Clone(errs), func(e *workspace.FileError) bool { return e.Pos.Line > 0 })
	}
	for _, m := range ws.Modules {
		if m.Data == nil {
			add(policy.LayerDeclared, m.Dir, m.Errors)
		}
		add(policy.LayerSums, m.Dir, wholeFile(m.Sum.Bad))
	}
	if w := ws.Work; w != nil {
		if w.Data == nil {
			add(policy.LayerDeclared, "", w.Errors)
		}
		add(policy.LayerSums, "", wholeFile(w.Sum.Bad))
	}
	return gaps
}

// goCommand says which go command modgov would run.
func (p *project) goCommand() report.DoctorGo {
	g := report.DoctorGo{Command: p.settings.GoCommand(), Version: p.settings.GoVersion()}
	_, g.DroppedFlags = p.settings.GoFlags()
	switch {
	case g.Command == "":
	case slices.Contains(filepath.SplitList(p.inv.getenv("PATH")), filepath.Dir(g.Command)):
		g.From = "PATH"
	default:
		g.From = "GOROOT"
	}
	return g
}

// goSettings are the settings of the go command that modgov heeds, without secrets.
func (p *project) goSettings() []report.DoctorSetting {
	var out []report.DoctorSetting
	for _, name := range []string{
		"GOROOT", "GOTOOLCHAIN", "GOENV", "GOFLAGS", "GOWORK", "GOPATH", "GOMODCACHE", "GOCACHE",
		"GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE", "GOVCS", "GOAUTH",
	} {
		s := report.DoctorSetting{Name: name, Value: p.settings.Get(name), Origin: p.settings.Origin(name)}
		p.remark(&s)
		out = append(out, s)
	}
	return out
}

// remark says what modgov does with a setting or what is wrong with it, and hides what is secret in it.
func (p *project) remark(s *report.DoctorSetting) {
	_, dropped := p.settings.GoFlags()
	switch s.Name {
	case "GOFLAGS":
		if len(dropped) > 0 {
			s.Note = "not passed on to go: " + strings.Join(dropped, " ")
		}
	case "GOWORK":
		if s.Value != "" {
			s.Note = "not heeded: --workspace-file chooses a workspace"
		}
	case "GOPROXY":
		if p.inv.offline {
			s.Origin = "--offline"
		}
		if err := modsource.CheckProxies(s.Value); err != nil {
			s.Note = err.Error()
		}
		s.Value = modsource.Redact(s.Value)
	case "GOSUMDB":
		s.Value = modsource.Redact(s.Value)
	case "GOAUTH": // a command may have a token among its arguments
		methods := strings.Split(s.Value, ";")
		for i, m := range methods {
			if f := strings.Fields(m); len(f) > 1 {
				methods[i] = f[0] + " …"
			}
		}
		s.Value = strings.Join(methods, "; ")
	}
}

// moduleCache looks at the directory of the module cache, and tries whether a file can be made in it.
func moduleCache(dir string) report.DoctorCache {
	c := report.DoctorCache{Dir: dir, State: "unusable"}
	switch {
	case dir == "":
		c.Reason = "neither GOMODCACHE nor GOPATH is set"
		return c
	case !filepath.IsAbs(dir):
		c.Reason = "GOMODCACHE is not an absolute path"
		return c
	}
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.State = "absent"
		return c
	case err != nil:
		c.Reason = err.Error()
		return c
	case !info.IsDir():
		c.Reason = "not a directory"
		return c
	}
	if err := tryWrite(dir); err != nil {
		c.State, c.Reason = "read-only", err.Error()
		return c
	}
	c.State = "writable"
	return c
}

// tryWrite makes a file in a module cache, where go.mod files go as far as that is there, and removes it.
func tryWrite(cache string) error {
	dir := filepath.Join(cache, "cache", "download")
	for ; dir != cache; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			break
		}
	}
	f, err := os.CreateTemp(dir, ".modgov-doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
