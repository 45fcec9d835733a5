package integrity

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/sync/errgroup"

	"github.com/modgov/modgov/internal/workspace"
)

// VendoredCode returns the module versions that a vendor directory has code of, sorted as in modules.txt. What a
// directory replaces is not among them.
func (v *Vendor) VendoredCode() []module.Version {
	var out []module.Version
	for _, m := range v.Text.Modules {
		if mod := codeOf(m); m.Packages > 0 && mod.Version != "" {
			out = append(out, mod)
		}
	}
	return out
}

// codeOf names what the code of a vendored module is from; a directory has no version.
func codeOf(m *workspace.VendorModule) module.Version {
	if m.Replacement.Path != "" {
		return m.Replacement
	}
	return m.Mod
}

// Prove holds every vendored file against the code that it is from: of a module version as code has it, or, of a module
// that a directory replaces, what is in that directory of files now. It fills Altered, Foreign and Unproved, and needs
// no manifest. Which files are missing it cannot tell. The error is that of the context.
func Prove(
	ctx context.Context, files fs.FS, vendors []*Vendor, code func(*Vendor, module.Version) (fs.FS, error),
) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, v := range vendors {
		v.Proved = true
		if v.Gone || v.Err != nil {
			continue
		}
		group.Go(func() error {
			v.prove(files, code)
			return ctx.Err()
		})
	}
	return group.Wait()
}

func (v *Vendor) prove(files fs.FS, code func(*Vendor, module.Version) (fs.FS, error)) {
	tree, err := fs.Sub(files, path.Join(v.Dir, "vendor"))
	if err != nil {
		v.Unproved = append(v.Unproved, err)
		return
	}
	present, err := HashTree(tree)
	if err != nil {
		v.Unproved = append(v.Unproved, err)
		return
	}
	owners := map[string]*workspace.VendorModule{}
	for _, m := range v.Text.Modules {
		if m.Packages > 0 {
			owners[m.Mod.Path] = m
		}
	}
	byOwner := map[*workspace.VendorModule][]ManifestFile{}
	for _, f := range present {
		if m := ownerOf(owners, f.Path); m != nil {
			byOwner[m] = append(byOwner[m], f)
		} else if f.Path != "modules.txt" { // which is held against go.mod, and has no other source
			v.Foreign = append(v.Foreign, f.Path)
		}
	}
	for _, m := range v.Text.Modules {
		if byOwner[m] == nil {
			continue
		}
		if err := v.proveModule(files, m, byOwner[m], code); err != nil {
			v.Unproved = append(v.Unproved, err)
		}
	}
	slices.Sort(v.Foreign)
	slices.Sort(v.Altered)
}

// ownerOf finds the module that a vendored file is from: the one with the longest path.
func ownerOf(owners map[string]*workspace.VendorModule, name string) *workspace.VendorModule {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if m := owners[dir]; m != nil {
			return m
		}
	}
	return nil
}

func (v *Vendor) proveModule(
	files fs.FS, m *workspace.VendorModule, present []ManifestFile, code func(*Vendor, module.Version) (fs.FS, error),
) error {
	source, err := v.sourceOf(files, m, code)
	if err != nil {
		return err
	}
	buffer := make([]byte, 32<<10)
	for _, f := range present {
		name := strings.TrimPrefix(f.Path, m.Mod.Path+"/")
		hash, _, err := hashFile(source, name, buffer)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			v.Foreign = append(v.Foreign, f.Path)
		case err != nil:
			return fmt.Errorf("the code of %s: %w", m.Mod.Path, err)
		case hash != f.SHA256:
			v.Altered = append(v.Altered, f.Path)
		}
	}
	return nil
}

func (v *Vendor) sourceOf(
	files fs.FS, m *workspace.VendorModule, code func(*Vendor, module.Version) (fs.FS, error),
) (fs.FS, error) {
	mod := codeOf(m)
	if mod.Version != "" {
		return code(v, mod)
	}
	dir := path.Join(v.Dir, mod.Path)
	if path.IsAbs(mod.Path) || !fs.ValidPath(dir) {
		return nil, fmt.Errorf("the code of %s is in %s, outside the repository: it is not read", m.Mod.Path, mod.Path)
	}
	return fs.Sub(files, dir)
}
