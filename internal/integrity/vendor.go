package integrity

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	"golang.org/x/sync/errgroup"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// A Vendor is what can be told of a vendor directory without the code that it was made from.
type Vendor struct {
	Dir string // of the module or the workspace, relative to the root
	// Module is the module whose directory it is, nil for the workspace.
	Module *workspace.Module
	// Text is what modules.txt says; empty if there is none.
	Text *workspace.VendorText
	// Stale is what go refuses ("inconsistent vendoring", go-semantics 5.4 to 5.6), in its words and order.
	Stale []VendorFault
	// Refusal is what go calls that.
	Refusal string
	// Unnoticed are modules that modules.txt has as required and no go.mod file requires any more; as none of their
	// packages is vendored, go does not notice (go-semantics 5.4c).
	Unnoticed []VendorFault
	// Gone tells that there is a manifest and no directory.
	Gone bool
	// Manifest is the one beside it, nil if there is none.
	Manifest *Manifest
	// Changed, Extra and Missing are files that are not as the manifest has them, that it does not have, and that are not
	// there; sorted.
	Changed, Extra, Missing []string
	// Proved tells that the files were held against the modules that they are from (Prove). Altered are those that differ,
	// Foreign those that no module has, both sorted; Unproved says what could not be looked at.
	Proved           bool
	Altered, Foreign []string
	Unproved         []error
	// Drift are the modules whose code is not at the version that the go.mod file now selects; sorted by path. Nothing is
	// known of them where there is no build list.
	Drift []VendorDrift
	// Err says why the directory or its manifest could not be read.
	Err error
}

// A VendorFault is a line that go.mod and modules.txt do not agree about.
type VendorFault struct {
	Mod  module.Version
	Text string             // in the words of go: "is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt"
	Pos  workspace.Position // of the line that has no counterpart
}

// A VendorDrift is a dependency whose snapshot is another one than what go.mod says.
type VendorDrift struct {
	Path              string
	Vendored, Current string // effective versions as shown; Current is "" if the dependency is gone
}

// Whole reports whether a manifest vouches for every file, and go.mod for every version.
func (v *Vendor) Whole() bool {
	faults := len(v.Stale) + len(v.Unnoticed) + len(v.Changed) + len(v.Extra) + len(v.Missing) + len(v.Drift) + len(v.Altered) + len(v.Foreign)
	return v.Manifest != nil && v.Err == nil && faults == 0
}

// CheckVendors computes the facts for the vendor directories of the governed modules and the workspace, also for one that
// has left only its manifest, sorted by directory, the workspace last; never nil without an error. It reads every file
// beside which there is a manifest. The error is that of the context.
func CheckVendors(ctx context.Context, g *graph.Graph, files fs.FS) ([]*Vendor, error) {
	out := []*Vendor{}
	ws := g.Workspace()
	owned := map[string]bool{} // directories: a module beside go.work and the workspace share one
	add := func(dir string, m *workspace.Module, there bool) {
		if name := path.Join(dir, ManifestName); !there {
			// One that cannot be looked at is not taken for absent: reading it says why.
			_, err := fs.Stat(files, name)
			if owned[dir] || !fs.ValidPath(name) || errors.Is(err, fs.ErrNotExist) {
				return
			}
		}
		owned[dir] = true
		out = append(out, &Vendor{Dir: dir, Module: m, Gone: !there})
	}
	for _, m := range ws.Governed() {
		if w := ws.Work; m.Vendor || w == nil || w.Dir != m.Dir {
			add(m.Dir, m, m.Vendor)
		}
	}
	if w := ws.Work; w != nil {
		add(w.Dir, nil, w.Vendor)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, v := range out {
		group.Go(func() error {
			v.check(g, files)
			return ctx.Err()
		})
	}
	return out, group.Wait()
}

func (v *Vendor) check(g *graph.Graph, files fs.FS) {
	dir := path.Join(v.Dir, "vendor")
	if v.Gone { // go does not build from it, so it cannot be stale
		v.Text = &workspace.VendorText{}
		v.checkManifest(files, dir)
		return
	}
	name := path.Join(dir, "modules.txt")
	data, err := fs.ReadFile(files, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		v.Err = err
	}
	v.Text = workspace.ParseVendorText(name, data)
	view := g.WorkspaceView()
	if v.Module != nil {
		view = g.View(v.Dir)
	}
	var load *graph.LoadError // what the files themselves say is known all the same
	if view != nil && (view.Err() == nil || errors.As(view.Err(), &load)) {
		c := consistency{Vendor: v, view: view, pinned: pinned(v.Text)}
		c.check()
	}
	v.checkManifest(files, dir)
}

// checkManifest holds the files against the manifest.
func (v *Vendor) checkManifest(files fs.FS, dir string) {
	name := path.Join(v.Dir, ManifestName)
	data, err := fs.ReadFile(files, name)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		v.Manifest, err = parseManifest(data)
	}
	if err != nil {
		v.Err = cmp.Or(v.Err, fmt.Errorf("%s: %w", name, err))
		return
	}
	if v.Gone {
		v.compare(nil)
		return
	}
	sub, err := fs.Sub(files, dir)
	if err == nil {
		var present []ManifestFile
		if present, err = HashTree(sub); err == nil {
			v.compare(present)
		}
	}
	if err != nil {
		v.Err = cmp.Or(v.Err, err)
	}
}

func (v *Vendor) compare(present []ManifestFile) {
	want := map[string]ManifestFile{}
	for _, f := range v.Manifest.Files {
		want[f.Path] = f
	}
	for _, f := range present {
		switch was, ok := want[f.Path]; {
		case !ok:
			v.Extra = append(v.Extra, f.Path)
		case was != f:
			v.Changed = append(v.Changed, f.Path)
		}
		delete(want, f.Path)
	}
	for name := range want {
		v.Missing = append(v.Missing, name)
	}
	slices.Sort(v.Missing)
}

// pinned returns the version of each path that has packages, the highest if there are several (go-semantics 5.2).
func pinned(t *workspace.VendorText) map[string]string {
	out := map[string]string{}
	for _, m := range t.Modules {
		if was, ok := out[m.Mod.Path]; m.Packages > 0 && (!ok || semver.Compare(was, m.Mod.Version) < 0) {
			out[m.Mod.Path] = m.Mod.Version
		}
	}
	return out
}

// A consistency holds modules.txt against the go.mod and go.work files, as go does before it builds (modload,
// checkVendorConsistency), and beyond.
type consistency struct {
	*Vendor
	view   *graph.View
	pinned map[string]string
	meta   map[module.Version]*workspace.VendorModule
}

// before114 reports whether go goes by the rules from before go 1.14, when modules.txt said less; a missing go line counts
// as one of those here.
func (c *consistency) before114() bool {
	return c.Module != nil && (c.Module.Go.Text == "" || graph.CompareGo(c.Module.Go.Text, "1.14") < 0)
}

// source names the file of a replace line as go does, seen from the module or the workspace.
func (c *consistency) source(r *graph.Replacement) string {
	if c.Module != nil {
		return path.Base(r.From)
	}
	return r.From
}

func (c *consistency) check() {
	c.meta = map[module.Version]*workspace.VendorModule{}
	for _, m := range c.Text.Modules {
		c.meta[m.Mod] = m
	}
	required := map[module.Version]bool{}
	for _, m := range c.view.Mains {
		for i := range m.Requires {
			required[m.Requires[i].Mod] = true
			c.require(&m.Requires[i])
		}
	}
	c.replaces()
	for _, m := range c.Text.Modules {
		c.recorded(m, required)
	}
	c.replacedNoMore()
	c.Refusal = "inconsistent vendoring"
	if len(c.Stale) == 0 {
		c.Refusal = "should be required explicitly in go.mod"
		c.roots()
	}
	if c.view.Err() == nil {
		c.drift()
	}
}

func (c *consistency) fault(mod module.Version, pos workspace.Position, format string, args ...any) {
	c.Stale = append(c.Stale, VendorFault{Mod: mod, Text: fmt.Sprintf(format, args...), Pos: pos})
}

// line is the place of a module in modules.txt.
func (c *consistency) line(m *workspace.VendorModule) workspace.Position {
	return workspace.Position{File: c.Text.File, Line: m.Line}
}

func (c *consistency) require(r *workspace.Require) {
	if m := c.meta[r.Mod]; m != nil && m.Explicit {
		return
	}
	if !c.before114() {
		c.fault(r.Mod, r.Pos, "is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt")
	} else if v, ok := c.pinned[r.Mod.Path]; ok && v != r.Mod.Version {
		c.fault(r.Mod, r.Pos, "is explicitly required in go.mod, but vendor/modules.txt indicates %s@%s", r.Mod.Path, v)
	}
}

// replaces looks at every replace line, also of what is not vendored: it may change what is selected.
func (c *consistency) replaces() {
	seen := map[module.Version]bool{}
	check := func(lines []workspace.Replace) {
		for i := range lines {
			old := lines[i].Old
			if seen[old] {
				continue
			}
			seen[old] = true
			c.replaced(old)
		}
	}
	for _, m := range c.view.Mains {
		check(m.Replaces)
	}
	if w := c.view.Workspace().Work; c.Module == nil && w != nil {
		check(w.Replaces)
	}
}

func (c *consistency) replaced(old module.Version) {
	r := c.view.Replaces(old)
	var was module.Version
	if m := c.meta[old]; m != nil {
		was = m.Replacement
	}
	switch {
	case r == nil:
	case was == module.Version{}:
		if !c.before114() || old.Version != "" && c.pinned[old.Path] == old.Version {
			c.fault(old, r.Line.Pos, "is replaced in %s, but not marked as replaced in vendor/modules.txt", c.source(r))
		}
	case was != r.New:
		c.fault(old, r.Line.Pos, "is replaced by %s in %s, but marked as replaced by %s in vendor/modules.txt",
			atVersion(r.New), c.source(r), atVersion(was))
	}
}

// recorded looks at a module that modules.txt has as required.
func (c *consistency) recorded(m *workspace.VendorModule, required map[module.Version]bool) {
	if !m.Explicit || required[m.Mod] {
		return
	}
	article := ""
	if c.Module == nil {
		article = "a "
	}
	text := fmt.Sprintf("is marked as explicit in vendor/modules.txt, but not explicitly required in %sgo.mod", article)
	f := VendorFault{Mod: m.Mod, Text: text, Pos: c.line(m)}
	if m.Packages > 0 {
		c.Stale = append(c.Stale, f)
	} else {
		c.Unnoticed = append(c.Unnoticed, f)
	}
}

func (c *consistency) replacedNoMore() {
	source := "go.mod"
	if c.Module == nil {
		source = "the workspace"
	}
	for _, m := range c.Text.Modules {
		if m.Replacement != (module.Version{}) && c.view.Replaces(m.Mod) == nil {
			c.fault(m.Mod, c.line(m), "is marked as replaced in vendor/modules.txt, but not replaced in %s", source)
		}
	}
}

// roots holds the vendored modules against the requirements of a pruned module, which have to name each of them
// (go-semantics 5.5). go comes to that only where it has nothing else to say.
func (c *consistency) roots() {
	if c.Module == nil || !c.view.Pruned() {
		return
	}
	listed := map[string]string{}
	for _, r := range c.Module.Requires {
		if was, ok := listed[r.Mod.Path]; !ok || graph.Compare(r.Mod.Path, was, r.Mod.Version) < 0 {
			listed[r.Mod.Path] = r.Mod.Version
		}
	}
	for _, m := range c.Text.Modules {
		if m.Packages > 0 && c.pinned[m.Mod.Path] == m.Mod.Version && listed[m.Mod.Path] != m.Mod.Version {
			c.fault(m.Mod, c.line(m), "is vendored and should be required explicitly in go.mod")
		}
	}
}

// drift compares the code that is vendored with the code that a build without the vendor directory would take.
func (c *consistency) drift() {
	for _, m := range c.Text.Modules {
		if m.Packages == 0 || c.pinned[m.Mod.Path] != m.Mod.Version {
			continue
		}
		vendored := m.Mod
		if m.Replacement != (module.Version{}) {
			vendored = m.Replacement
		} else if wild := c.meta[module.Version{Path: m.Mod.Path}]; wild != nil && wild.Replacement != (module.Version{}) {
			vendored = wild.Replacement
		}
		item, ok := c.view.Selected(m.Mod.Path)
		current := module.Version{Path: item.Path, Version: item.Version}
		if ok && item.Replace != nil {
			current = item.Replace.New
		}
		if ok && current == vendored {
			continue
		}
		d := VendorDrift{Path: m.Mod.Path, Vendored: effectiveText(m.Mod.Path, vendored)}
		if ok {
			d.Current = effectiveText(m.Mod.Path, current)
		}
		c.Drift = append(c.Drift, d)
	}
	slices.SortFunc(c.Drift, func(a, b VendorDrift) int { return cmp.Compare(a.Path, b.Path) })
}

// effectiveText shows where code comes from: a version, a fork with its version, or a directory.
func effectiveText(dep string, mod module.Version) string {
	if mod.Path == dep {
		return mod.Version
	}
	return graph.ModText(mod)
}

// atVersion shows a module version as go does in messages.
func atVersion(m module.Version) string {
	if m.Version == "" {
		return m.Path
	}
	return m.Path + "@" + m.Version
}
