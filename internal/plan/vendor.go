package plan

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/gocmd"
	"github.com/modgov/modgov/internal/workspace"
)

// ManifestName is the name of the file beside a vendor directory that says what is in it.
const ManifestName = "modgov.vendor.json"

// A Vendor is a vendor directory that a plan makes anew, or takes away because nothing is left to vendor.
type Vendor struct {
	Dir     string // of the module or the workspace, relative to the root
	Modules int    // vendored modules
	Files   int
	// Gone tells that there is nothing to vendor: the directory goes.
	Gone bool

	staged string
}

// A Manifest says what is in a vendor directory. It is byte-stable: the same content gives the same text.
type Manifest struct {
	Schema    string `json:"schema"`
	Module    string `json:"module,omitempty"`
	Workspace bool   `json:"workspace,omitempty"`
	// Go is the version of go that made the snapshot; it changes only when something else does.
	Go           string               `json:"go"`
	Dependencies []ManifestDependency `json:"dependencies"`
	Files        []ManifestFile       `json:"files"`
}

// A ManifestDependency is a vendored module.
type ManifestDependency struct {
	Path    string           `json:"path"`
	Version string           `json:"version"`
	H1      string           `json:"h1,omitempty"` // of the zip that the code is from, as go.sum has it
	Replace *ManifestReplace `json:"replace,omitempty"`
}

// A ManifestReplace is where the code of a vendored module is from, if a replace line applies to it.
type ManifestReplace struct {
	Path    string `json:"path"`
	Version string `json:"version,omitempty"`
}

// A ManifestFile is a file of the vendor directory.
type ManifestFile struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// addVendors makes the snapshots: those that the policy names if they were asked for, and those of edited modules that
// have a vendor directory, which would not fit any more.
func (p *Plan) addVendors(ctx context.Context, d *draft) error {
	ws, pol := d.now.Facts.Workspace, d.now.Policy
	anyEdited := false
	for _, m := range ws.Governed() {
		anyEdited = anyEdited || d.edited(m)
		named := d.options.Vendor && !pol.Vendor.Modules.IsZero() && pol.Vendor.Modules.Match(pol.Info(m.Dir, m.Path)) &&
			(d.options.Module == nil || d.options.Module(m.Dir))
		if named || m.Vendor && (d.touched(m) || d.builtFromEdited(m, nil) != "") {
			if err := p.addVendor(ctx, d, m); err != nil {
				return err
			}
		}
	}
	if ws.Work != nil && (d.options.Vendor && pol.Vendor.Workspace || ws.Work.Vendor && anyEdited) {
		return p.addVendor(ctx, d, nil)
	}
	return nil
}

// addVendor lets go make one vendor directory aside from the tree; m is nil for the workspace.
func (p *Plan) addVendor(ctx context.Context, d *draft, m *workspace.Module) error {
	var dir, command, work string
	if m != nil {
		dir, command = m.Dir, "mod"
	} else {
		w := d.now.Facts.Workspace.Work
		dir, command, work = w.Dir, "work", d.native(w.File)
	}
	d.progress("go vendors "+dir, 0, 1)
	if err := d.makeStage(); err != nil {
		return err
	}
	stage, err := d.stageDir(dir)
	if err != nil {
		return err
	}
	flags, err := d.vendorFlags(stage, m)
	if err != nil {
		return err
	}
	staged := filepath.Join(stage, "vendor")
	args := slices.Concat([]string{command, "vendor"}, flags, []string{"-o", staged})
	_, err = d.project.Settings.Run(ctx, gocmd.Command{Dir: d.native(dir), Args: args, GOWORK: work, Env: d.project.goEnv()})
	if err != nil {
		return unproved("snapshot of %s: %v", dir, err)
	}
	return p.keepVendor(d, m, dir, staged)
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

// keepVendor takes a staged vendor directory into the plan if it differs from what stands in the tree.
func (p *Plan) keepVendor(d *draft, m *workspace.Module, dir, staged string) error {
	name := path.Join(dir, ManifestName)
	old, err := fs.ReadFile(d.project.FS, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	target := path.Join(dir, "vendor")
	if info, err := fs.Lstat(d.project.FS, target); err == nil && !info.IsDir() {
		return unproved("%s is not a directory: what it is or leads to is left alone, so there can be no snapshot", target)
	}
	text, err := os.ReadFile(filepath.Join(staged, "modules.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return p.dropVendor(d, dir, name, old)
	} else if err != nil {
		return err
	}
	if err := d.patchVendor(dir, staged, vendored(string(text), nil)); err != nil {
		return err
	}
	files, err := hashTree(os.DirFS(staged))
	if err != nil {
		return err
	}
	manifest := &Manifest{Schema: "1", Go: d.project.Settings.GoVersion(), Files: files, Workspace: m == nil}
	sums := []*workspace.SumFile{}
	if m != nil {
		manifest.Module = m.Path
		sums = append(sums, m.Sum)
	} else {
		for _, member := range d.now.Facts.Workspace.Members() {
			sums = append(sums, member.Sum)
		}
		sums = append(sums, d.now.Facts.Workspace.Work.Sum)
	}
	manifest.Dependencies = vendored(string(text), sums)
	data, err := manifest.encode(old)
	if err != nil {
		return err
	}
	present, err := hashTree(subFS(d.project.FS, target))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if !slices.Equal(present, files) {
		p.Vendors = append(p.Vendors, Vendor{Dir: dir, Modules: len(manifest.Dependencies), Files: len(files), staged: staged})
	}
	d.files.set(name, data)
	return nil
}

// patchVendor writes the edited go.mod and go.sum files of siblings into a staged vendor directory. Below go 1.17, go
// vendors these files, and it takes them from the disk, whatever the overlay says.
func (d *draft) patchVendor(dir, staged string, deps []ManifestDependency) error {
	for _, dep := range deps {
		if dep.Replace == nil || dep.Replace.Version != "" {
			continue
		}
		for _, name := range []string{"go.mod", "go.sum"} {
			data, ok := d.files.changed[path.Join(dir, dep.Replace.Path, name)]
			copied := filepath.Join(staged, filepath.FromSlash(dep.Path), name)
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

// hashTree lists the regular files of a tree with their hashes, sorted by path. The error matches fs.ErrNotExist if
// there is no such tree.
func hashTree(fsys fs.FS) ([]ManifestFile, error) {
	out := []ManifestFile{}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		file, err := fsys.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		h := sha256.New()
		size, err := io.Copy(h, file)
		out = append(out, ManifestFile{Path: name, SHA256: hex.EncodeToString(h.Sum(nil)), Size: size})
		return err
	})
	slices.SortFunc(out, func(a, b ManifestFile) int { return strings.Compare(a.Path, b.Path) })
	return out, err
}

// vendored reads the vendored modules from modules.txt: those with packages (go-semantics 5.1, 5.2).
func vendored(text string, sums []*workspace.SumFile) []ManifestDependency {
	out := []ManifestDependency{}
	var current *ManifestDependency
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "# "):
			current = parseVendored(strings.Fields(line[2:]))
		case strings.HasPrefix(line, "#") || line == "" || current == nil:
		default: // a package
			if n := len(out); n == 0 || out[n-1].Path != current.Path || out[n-1].Version != current.Version {
				current.H1 = zipSum(current, sums)
				out = append(out, *current)
			}
		}
	}
	return out
}

// parseVendored reads "path version [=> target [version]]", nil if the line is another.
func parseVendored(f []string) *ManifestDependency {
	if len(f) != 2 && (len(f) < 4 || f[2] != "=>") {
		return nil
	}
	d := &ManifestDependency{Path: f[0], Version: f[1]}
	if len(f) > 3 {
		d.Replace = &ManifestReplace{Path: f[3]}
		if len(f) > 4 {
			d.Replace.Version = f[4]
		}
	}
	return d
}

// zipSum returns the hash of the zip that vendored code is from, "" if it is from a directory.
func zipSum(d *ManifestDependency, sums []*workspace.SumFile) string {
	mod := module.Version{Path: d.Path, Version: d.Version}
	if d.Replace != nil {
		mod = module.Version{Path: d.Replace.Path, Version: d.Replace.Version}
	}
	for _, s := range sums {
		if mod.Version == "" {
			return ""
		}
		for _, h := range s.Hashes(mod.Path, mod.Version) {
			if strings.HasPrefix(h, "h1:") {
				return h
			}
		}
	}
	return ""
}

// encode returns the text of the manifest. The go version of an older one is kept if nothing else changed.
func (m *Manifest) encode(old []byte) ([]byte, error) {
	var was Manifest
	if json.Unmarshal(old, &was) == nil {
		now := *m
		now.Go = was.Go
		if data, err := now.text(); err == nil && string(data) == string(old) {
			return old, nil
		}
	}
	return m.text()
}

func (m *Manifest) text() ([]byte, error) {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", ManifestName, err)
	}
	return append(data, '\n'), nil
}
