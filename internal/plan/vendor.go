package plan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/gocmd"
	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/workspace"
)

// A Vendor is a vendor directory that a plan makes anew, or takes away because nothing is left to vendor.
type Vendor struct {
	Dir     string // of the module or the workspace, relative to the root
	Modules int    // vendored modules
	Files   int
	// Gone tells that there is nothing to vendor: the directory goes.
	Gone bool

	staged string
}

// addVendors makes the snapshots: those that the policy names if they were asked for, and those of edited modules that
// have a vendor directory, which would not fit any more. Then it judges the tree with them.
func (p *Plan) addVendors(ctx context.Context, d *draft) error {
	due := d.dueVendors()
	if len(due) == 0 {
		return nil
	}
	for _, m := range due {
		if err := d.ownVendor(m); err != nil {
			return err
		}
	}
	if err := d.makeStage(); err != nil {
		return err
	}
	staged := make([]string, len(due))
	s := &step{name: "go vendors", total: len(due)}
	if err := d.each(ctx, s, len(due), func(ctx context.Context, i int) (err error) {
		staged[i], err = d.makeVendor(ctx, due[i])
		return err
	}); err != nil {
		return err
	}
	if d.workSum != nil {
		var err error
		d.files.set(d.now.Facts.Workspace.Work.File+".sum", d.workSum)
		if d.now, err = d.project.Judge(ctx, d.files); err != nil {
			return err
		}
	}
	for i, m := range due {
		if err := p.keepVendor(d, m, staged[i]); err != nil {
			return err
		}
	}
	var err error
	d.now, err = d.project.Judge(ctx, d.files)
	return err
}

// dueVendors returns the modules whose vendor directories have to be made, nil among them for the workspace. A module
// that stands beside go.work has one vendor directory with the workspace: it is made for the one that it was asked for,
// else for the one that it is of.
func (d *draft) dueVendors() []*workspace.Module {
	var out []*workspace.Module
	ws := d.now.Facts.Workspace
	asked := func(m *workspace.Module) bool { return d.options.Vendor != nil && d.options.Vendor(m) }
	anyEdited, taken := false, false
	for _, m := range ws.Governed() {
		anyEdited = anyEdited || d.edited(m)
		shared := ws.Work != nil && ws.Work.Dir == m.Dir
		if shared && asked(nil) {
			continue
		}
		if asked(m) || m.Vendor && (d.touched(m) || d.builtFromEdited(m, nil) != "") {
			out = append(out, m)
			taken = taken || shared
		}
	}
	workEdited := ws.Work != nil && d.files.changed[ws.Work.File] != nil
	if ws.Work != nil && !taken && (asked(nil) || ws.Work.Vendor && (anyEdited || workEdited)) {
		out = append(out, nil)
	}
	return out
}

// vendorDir is where a module's vendor directory stands, or, for nil, that of the workspace.
func (d *draft) vendorDir(m *workspace.Module) string {
	if m == nil {
		return d.now.Facts.Workspace.Work.Dir
	}
	return m.Dir
}

// ownVendor refuses to make a vendor directory anew that holds what somebody changed or put there by hand: it would be
// lost. What was changed only a manifest can tell; what go never put there shows without one.
func (d *draft) ownVendor(m *workspace.Module) error {
	if d.options.Force {
		return nil
	}
	dir := d.vendorDir(m)
	for _, v := range d.before.Facts.Vendors {
		if v.Dir != dir || v.Manifest == nil {
			continue
		}
		if foreign := slices.Concat(v.Changed, v.Extra); len(foreign) > 0 {
			return unproved("%s in %s was changed since its snapshot, and would be lost: keep it elsewhere, or say --force",
				firstOf(foreign), path.Join(dir, "vendor"))
		}
		return nil
	}
	foreign, err := foreignFiles(d.project.FS, path.Join(dir, "vendor"))
	if err != nil {
		return err
	}
	if len(foreign) > 0 {
		return unproved("%s in %s is of no module that its modules.txt has, and would be lost: keep it elsewhere, or say --force",
			firstOf(foreign), path.Join(dir, "vendor"))
	}
	return nil
}

// foreignFiles returns the files of a vendor directory that belong to no module of its modules.txt. Where that is not
// there, somebody uses the name for something else, and all are foreign.
func foreignFiles(files fs.FS, vendor string) ([]string, error) {
	if info, err := fs.Lstat(files, vendor); err != nil || !info.IsDir() {
		return nil, ignoreMissing(err)
	}
	data, err := fs.ReadFile(files, path.Join(vendor, "modules.txt"))
	if err := ignoreMissing(err); err != nil {
		return nil, err
	}
	listed := map[string]bool{}
	for _, m := range workspace.ParseVendorText("modules.txt", data).Modules {
		listed[m.Mod.Path] = true
	}
	var out []string
	err = fs.WalkDir(subFS(files, vendor), ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && listed[name]:
			return fs.SkipDir
		case !entry.IsDir() && name != "modules.txt":
			out = append(out, name)
		}
		return nil
	})
	return out, err
}

// firstOf names the first of some files and counts the others.
func firstOf(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return fmt.Sprintf("%s and %s more", names[0], policy.Count(len(names)-1, "file"))
}

// makeVendor lets go make one vendor directory aside from the tree, and returns where; m is nil for the workspace.
func (d *draft) makeVendor(ctx context.Context, m *workspace.Module) (string, error) {
	dir, command, work := d.vendorDir(m), "mod", ""
	if m == nil {
		command, work = "work", d.native(d.now.Facts.Workspace.Work.File)
	}
	stage, err := d.stageDir(dir)
	if err != nil {
		return "", err
	}
	flags, err := d.vendorFlags(stage, m)
	if err != nil {
		return "", err
	}
	staged := filepath.Join(stage, "vendor")
	args := slices.Concat([]string{command, "vendor"}, flags, []string{"-o", staged})
	run := func() error {
		_, err := d.project.Settings.Run(ctx, gocmd.Command{Dir: d.native(dir), Args: args, GOWORK: work, Env: d.project.goEnv()})
		if err != nil {
			return unproved("snapshot of %s: %v", dir, err)
		}
		return nil
	}
	if m != nil {
		return staged, run()
	}
	d.workSum, err = keepWorkSum(work+".sum", run)
	return staged, err
}

// keepWorkSum puts go.work.sum back as it was once the go command has run: in a workspace go writes sums that it misses
// there, whatever it was asked, and it has no flag that would name a copy. It returns what go made of the file, checked
// as go checks sums, nil if it left it alone: that is for the plan to write.
func keepWorkSum(name string, run func() error) (made []byte, err error) {
	before, err := os.ReadFile(name)
	absent := errors.Is(err, fs.ErrNotExist)
	if err := ignoreMissing(err); err != nil {
		return nil, err
	}
	ran := run()
	after, err := os.ReadFile(name)
	if err := ignoreMissing(err); err != nil || bytes.Equal(before, after) {
		return nil, errors.Join(ran, err)
	}
	if absent {
		return after, errors.Join(ran, os.Remove(name))
	}
	return after, errors.Join(ran, os.WriteFile(name, before, 0o644))
}

// vendorFlags shows go the edited files: by -modfile for the module itself, by an overlay for the others.
func (d *draft) vendorFlags(stage string, m *workspace.Module) ([]string, error) {
	if m == nil {
		return d.overlayFlags(stage, &workspace.Module{Sum: &workspace.SumFile{}})
	}
	base, err := d.stageCopy(m, stage, "vendor-of")
	if err != nil {
		return nil, err
	}
	flags, err := d.overlayFlags(stage, m)
	return append([]string{"-modfile=" + base + ".mod"}, flags...), err
}

// keepVendor takes a staged vendor directory into the plan if it differs from what stands in the tree, and its manifest.
func (p *Plan) keepVendor(d *draft, m *workspace.Module, staged string) error {
	dir := d.vendorDir(m)
	name, target := path.Join(dir, integrity.ManifestName), path.Join(dir, "vendor")
	old, err := fs.ReadFile(d.project.FS, name)
	if err := ignoreMissing(err); err != nil {
		return err
	}
	if info, err := fs.Lstat(d.project.FS, target); err == nil && !info.IsDir() {
		return unproved("%s is not a directory: what it is or leads to is left alone, so there can be no snapshot", target)
	}
	data, err := os.ReadFile(filepath.Join(staged, "modules.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return p.dropVendor(d, dir, name, old)
	} else if err != nil {
		return err
	}
	text := workspace.ParseVendorText("modules.txt", data)
	if err := d.patchVendor(dir, staged, text); err != nil {
		return err
	}
	files, err := integrity.HashTree(os.DirFS(staged))
	if err != nil {
		return err
	}
	manifest := integrity.NewManifest(d.vendoredModule(m), d.project.Settings.GoVersion(), text, files, d.vendorSums(m))
	encoded, err := manifest.Encode(old)
	if err != nil {
		return err
	}
	present, err := integrity.HashTree(subFS(d.project.FS, target))
	if err := ignoreMissing(err); err != nil {
		return err
	}
	if !slices.Equal(present, files) {
		p.Vendors = append(p.Vendors, Vendor{Dir: dir, Modules: len(manifest.Dependencies), Files: len(files), staged: staged})
		d.files.mount(target, os.DirFS(staged))
	}
	d.files.set(name, encoded)
	d.hintAttributes(target)
	return d.hintIgnored(dir, target, files)
}

func (d *draft) vendoredModule(m *workspace.Module) string {
	if m == nil {
		return ""
	}
	return m.Path
}

// vendorSums are the go.sum files from which vendored code was checked.
func (d *draft) vendorSums(m *workspace.Module) []*workspace.SumFile {
	if m != nil {
		return []*workspace.SumFile{m.Sum}
	}
	var out []*workspace.SumFile
	for _, member := range d.now.Facts.Workspace.Members() {
		out = append(out, member.Sum)
	}
	return append(out, d.now.Facts.Workspace.Work.Sum)
}

// hintAttributes says how to keep git from converting the line ends of vendored files, which nobody could then prove.
func (d *draft) hintAttributes(target string) {
	if !d.project.Git {
		return
	}
	data, err := fs.ReadFile(d.project.FS, ".gitattributes")
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if err == nil && len(f) > 1 && strings.Contains(f[0], "vendor/") && (slices.Contains(f, "-text") || slices.Contains(f, "binary")) {
			return
		}
	}
	d.addNote("git may convert line ends in " + target + ", and the snapshot then verifies nowhere else: a line \"**/vendor/** -text\" in " +
		".gitattributes keeps it from that")
}

// hintIgnored says which files of a snapshot no commit will have: the clone of somebody else lacks them.
func (d *draft) hintIgnored(dir, target string, files []integrity.ManifestFile) error {
	if d.project.Ignored == nil {
		return nil
	}
	names := []string{integrity.ManifestName}
	for _, f := range files {
		names = append(names, path.Join("vendor", f.Path))
	}
	ignored, err := d.project.Ignored(dir, names)
	switch {
	case err != nil:
		return fmt.Errorf("what git ignores of %s: %w", target, err)
	case len(ignored) == len(names), len(ignored) == len(names)-1 && ignored[0] != names[0]:
		d.addNote("git ignores " + target + ", so nobody else gets the snapshot: a line \"!vendor/\" in .gitignore, or git add --force, puts it into a commit")
	case len(ignored) > 0:
		d.addNote("git ignores " + firstOf(ignored) + " of the snapshot in " + dir +
			", and a clone without them fails vendor verify: git add --force puts them into a commit")
	}
	return nil
}

// patchVendor writes the edited go.mod and go.sum files of siblings into a staged vendor directory. Below go 1.17, go
// vendors these files, and it takes them from the disk, whatever the overlay says.
func (d *draft) patchVendor(dir, staged string, text *workspace.VendorText) error {
	for _, v := range text.Modules {
		if v.Packages == 0 || v.Replacement.Path == "" || v.Replacement.Version != "" {
			continue
		}
		for _, name := range []string{"go.mod", "go.sum"} {
			data, ok := d.files.changed[path.Join(dir, v.Replacement.Path, name)]
			copied := filepath.Join(staged, filepath.FromSlash(v.Mod.Path), name)
			if _, err := os.Stat(copied); !ok || err != nil {
				continue
			}
			if err := os.WriteFile(copied, data, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropVendor plans for a module that has nothing to vendor.
func (p *Plan) dropVendor(d *draft, dir, manifest string, old []byte) error {
	if _, err := fs.Stat(d.project.FS, path.Join(dir, "vendor")); err == nil {
		p.Vendors = append(p.Vendors, Vendor{Dir: dir, Gone: true})
		d.files.mount(path.Join(dir, "vendor"), nil)
	}
	if old != nil {
		d.notes = append(d.notes, manifest+" speaks of a vendor directory that is no longer needed: delete it")
	}
	d.notes = append(d.notes, dir+" has no dependencies to vendor")
	return nil
}

func subFS(fsys fs.FS, dir string) fs.FS {
	sub, err := fs.Sub(fsys, dir)
	if err != nil {
		return fsys // only for names that are no paths; dir is one
	}
	return sub
}
