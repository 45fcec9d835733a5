package workspace

import (
	"context"
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"sort"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/sync/errgroup"
)

// Load reads every go.mod, go.sum, go.work and go.work.sum file of the source. What cannot be read or parsed is a
// fact of the file it stands in (Module.Errors, Work.Errors) and hides nothing else; the error is the context's only.
func Load(ctx context.Context, src Source) (*Workspace, error) {
	ws := &Workspace{src: src, byDir: map[string]*Module{}, dirs: map[string]dirSummary{}}
	for _, e := range src.Entries {
		ws.add(e.Dir)
	}
	if src.Work != "" {
		ws.Work = loadWork(src)
		for _, u := range ws.Work.Uses {
			if ws.byDir[u.Dir] == nil && ws.hasGoMod(u.Dir) {
				ws.add(u.Dir)
			}
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, m := range ws.byDir {
		group.Go(func() error {
			ws.loadModule(m)
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, e := range src.Entries { // not before: whoever says may still be reading what it goes by
		ws.byDir[e.Dir].Governed = src.governs(e.Dir, e.Hidden == "")
	}
	for _, m := range ws.byDir {
		ws.Modules = append(ws.Modules, m)
	}
	sort.Slice(ws.Modules, func(i, j int) bool { return ws.Modules[i].Dir < ws.Modules[j].Dir })
	ws.govern()
	return ws, nil
}

func (s *Source) governs(dir string, byDefault bool) bool {
	if s.Governs == nil {
		return byDefault
	}
	return s.Governs(dir, byDefault)
}

func (ws *Workspace) add(dir string) *Module {
	m := &Module{Dir: dir, File: path.Join(dir, "go.mod")}
	ws.byDir[dir] = m
	return m
}

// govern ties use lines to their modules and governs the hidden modules that the workspace or a governed module uses.
func (ws *Workspace) govern() {
	var queue []*Module
	if ws.Work != nil {
		for i := range ws.Work.Uses {
			u := &ws.Work.Uses[i]
			if u.Module = ws.byDir[u.Dir]; u.Module != nil && !IsOutside(u.Dir) {
				u.Module.Governed = ws.src.governs(u.Dir, true)
			}
		}
		queue = append(queue, ws.targets(ws.Work.Replaces)...)
	}
	for _, m := range ws.Modules {
		if m.Marker {
			m.Governed = false
		}
		if m.Governed {
			queue = append(queue, ws.targets(m.Replaces)...)
		}
	}
	for len(queue) > 0 {
		m := queue[0]
		queue = queue[1:]
		if !m.Governed && !m.Marker && ws.src.governs(m.Dir, true) {
			m.Governed = true
			queue = append(queue, ws.targets(m.Replaces)...)
		}
	}
}

func (ws *Workspace) targets(replaces []Replace) []*Module {
	var out []*Module
	for _, r := range replaces {
		if m := ws.byDir[r.Dir]; r.Dir != "" && m != nil {
			out = append(out, m)
		}
	}
	return out
}

func (ws *Workspace) hasGoMod(dir string) bool {
	if IsOutside(dir) {
		_, err := ws.readGoMod(dir)
		return err == nil
	}
	info, err := fs.Stat(ws.src.FS, path.Join(dir, "go.mod"))
	return err == nil && !info.IsDir()
}

func (ws *Workspace) loadModule(m *Module) {
	data, err := ws.readGoMod(m.Dir)
	if err != nil {
		m.Errors = []*FileError{unreadable(m.File, err)}
		m.Sum = ParseSum(path.Join(m.Dir, "go.sum"), nil)
		return
	}
	m.Data = data
	m.parse(ws.src.Root)
	if IsOutside(m.Dir) {
		m.Sum = ParseSum(path.Join(m.Dir, "go.sum"), nil)
		return
	}
	m.Sum = loadSum(ws.src.FS, path.Join(m.Dir, "go.sum"))
	m.Vendor = vendorOf(ws.src.FS, m.Dir) == vendorOfModule
}

// Whose vendor directory a directory has.
const (
	noVendor = iota
	vendorOfModule
	vendorOfWorkspace
)

// vendorOf looks for a vendor directory. There is one where both a go.mod and a go.work file stand, and it says whose it
// is; one without modules.txt is for go the module's.
func vendorOf(fsys fs.FS, dir string) int {
	if info, err := fs.Stat(fsys, path.Join(dir, "vendor")); err != nil || !info.IsDir() {
		return noVendor
	}
	data, err := fs.ReadFile(fsys, path.Join(dir, "vendor", "modules.txt"))
	if err == nil && IsWorkspaceVendor(data) {
		return vendorOfWorkspace
	}
	return vendorOfModule
}

// parse reads the go.mod text strictly, as go reads the main module's.
func (m *Module) parse(root string) {
	f, err := modfile.Parse(m.File, m.Data, keepVersion)
	if err != nil {
		m.Errors = fileErrors(m.File, err)
		m.Path = modfile.ModulePath(m.Data)
		return
	}
	src := newSource(m.File, m.Data)
	if f.Module == nil {
		if m.Marker = !slices.ContainsFunc(f.Syntax.Stmt, isDirective); !m.Marker {
			m.Errors = []*FileError{{Pos: Position{File: m.File}, Msg: "missing module declaration"}}
		}
		return
	}
	for _, r := range f.Retract {
		pos := src.line(r.Syntax)
		m.checkVersion("retract", module.Version{Version: r.Low}, pos)
		if r.High != r.Low {
			m.checkVersion("retract", module.Version{Version: r.High}, pos)
		}
	}
	m.Path, m.PathPos = f.Module.Mod.Path, src.token(f.Module.Syntax, -1)
	if f.Go != nil {
		m.Go = Line{f.Go.Version, src.token(f.Go.Syntax, -1)}
	}
	if f.Toolchain != nil {
		m.Toolchain = Line{f.Toolchain.Name, src.token(f.Toolchain.Syntax, -1)}
	}
	for _, r := range f.Require {
		m.Requires = append(m.Requires, Require{Mod: r.Mod, Indirect: r.Indirect, Pos: src.token(r.Syntax, -1)})
	}
	for _, x := range f.Exclude {
		m.Excludes = append(m.Excludes, Exclude{Mod: x.Mod, Pos: src.token(x.Syntax, -1)})
	}
	m.Replaces = replaces(src, root, m.Dir, f.Replace)
	m.check()
	for _, tool := range f.Tool {
		if err := checkImportPath("tool", tool.Path); err != nil {
			m.Errors = append(m.Errors, &FileError{Pos: src.token(tool.Syntax, -1), Msg: err.Error(), Late: true})
		}
	}
	slices.SortStableFunc(m.Errors, func(a, b *FileError) int { return a.Pos.Line - b.Pos.Line })
}

// fail records an error of the file.
func (m *Module) fail(pos Position, err error) {
	m.Errors = append(m.Errors, &FileError{Pos: pos, Msg: err.Error()})
}

// check finds what go refuses in a main module though its grammar lets it through.
func (m *Module) check() {
	if err := checkModulePath(m.Path); err != nil {
		m.fail(m.PathPos, err)
	}
	if m.Go.Text != "" && !version.IsValid("go"+m.Go.Text) { // such as 1.21.0rc1 (go-semantics 1.27)
		m.fail(m.Go.Pos, fmt.Errorf("go %s is no version of Go", m.Go.Text))
	}
	for _, r := range m.Requires {
		m.checkVersion("require", r.Mod, r.Pos)
	}
	for _, x := range m.Excludes {
		m.checkVersion("exclude", x.Mod, x.Pos)
	}
	for _, r := range m.Replaces {
		m.checkVersion("replace", r.Old, r.Pos)
		m.checkVersion("replace", r.New, r.NewPos)
	}
}

// isDirective tells statements from comments that stand alone.
func isDirective(stmt modfile.Expr) bool {
	_, comment := stmt.(*modfile.CommentBlock)
	return !comment
}

// checkVersion records a version that is not canonical.
func (m *Module) checkVersion(verb string, mod module.Version, pos Position) {
	if module.CanonicalVersion(mod.Version) != mod.Version {
		m.fail(pos, fmt.Errorf("%s %s: %w", verb, mod.Path, errNotCanonical(mod.Version)))
	}
}

// replaces turns parsed replace lines into ours; dir is the directory that relative targets start from.
func replaces(src *source, root, dir string, lines []*modfile.Replace) []Replace {
	var out []Replace
	for _, r := range lines {
		rep := Replace{Old: r.Old, New: r.New, Pos: src.line(r.Syntax), NewPos: src.target(r.Syntax)}
		if r.New.Version == "" {
			rep.Dir = resolveDir(root, dir, r.New.Path)
		}
		for _, c := range r.Syntax.Suffix {
			rep.Comment = strings.TrimSpace(strings.TrimPrefix(c.Token, "//"))
		}
		out = append(out, rep)
	}
	return out
}

func loadWork(src Source) *Work {
	w := &Work{File: src.Work, Dir: path.Dir(src.Work)}
	w.Sum = loadSum(src.FS, src.Work+".sum")
	w.Vendor = vendorOf(src.FS, w.Dir) == vendorOfWorkspace
	data, err := fs.ReadFile(src.FS, src.Work)
	if err != nil {
		w.Errors = []*FileError{unreadable(src.Work, err)}
		return w
	}
	w.Data = data
	f, err := modfile.ParseWork(src.Work, data, nil) // here go asks nobody: v1.2 is v1.2.0, and main is an error
	if err != nil {
		w.Errors = fileErrors(src.Work, err)
		return w
	}
	text := newSource(src.Work, data)
	if f.Go != nil {
		w.Go = Line{f.Go.Version, text.token(f.Go.Syntax, -1)}
	}
	if f.Toolchain != nil {
		w.Toolchain = Line{f.Toolchain.Name, text.token(f.Toolchain.Syntax, -1)}
	}
	for _, u := range f.Use {
		w.Uses = append(w.Uses, Use{Text: u.Path, Dir: resolveDir(src.Root, w.Dir, u.Path), Pos: text.token(u.Syntax, -1)})
	}
	w.Replaces = replaces(text, src.Root, w.Dir, f.Replace)
	return w
}

func loadSum(fsys fs.FS, name string) *SumFile {
	data, err := fs.ReadFile(fsys, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s := ParseSum(name, nil)
		s.Exists = true
		s.Bad = []*FileError{unreadable(name, err)}
		return s
	}
	s := ParseSum(name, data)
	s.Exists = err == nil
	return s
}
