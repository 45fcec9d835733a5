package integrity

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/workspace"
)

// ManifestName is the name of the file beside a vendor directory that says what is in it.
const ManifestName = "modgov.vendor.json"

// manifestSchema is the version of the manifest's format.
const manifestSchema = "1"

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

// NewManifest describes a vendor directory: its modules.txt, its files, and the sums of the go.sum files from which its
// code was checked. Module is the path of the module, "" for a workspace.
func NewManifest(module, goVersion string, text *workspace.VendorText, files []ManifestFile, sums []*workspace.SumFile) *Manifest {
	m := &Manifest{
		Schema: manifestSchema, Module: module, Workspace: text.Workspace, Go: goVersion,
		Dependencies: []ManifestDependency{}, Files: files,
	}
	for _, v := range text.Modules {
		if v.Packages > 0 {
			m.Dependencies = append(m.Dependencies, vendored(v, sums))
		}
	}
	return m
}

func vendored(v *workspace.VendorModule, sums []*workspace.SumFile) ManifestDependency {
	d := ManifestDependency{Path: v.Mod.Path, Version: v.Mod.Version}
	if r := v.Replacement; r.Path != "" {
		d.Replace = &ManifestReplace{Path: r.Path, Version: r.Version}
	}
	code := d.code()
	for _, s := range sums {
		if code.Version == "" || d.H1 != "" {
			break
		}
		for _, h := range s.Hashes(code.Path, code.Version) {
			if strings.HasPrefix(h, "h1:") {
				d.H1 = h
				break
			}
		}
	}
	return d
}

// code names the module version whose zip the code is from; a directory has no version.
func (d *ManifestDependency) code() module.Version {
	if d.Replace != nil {
		return module.Version{Path: d.Replace.Path, Version: d.Replace.Version}
	}
	return module.Version{Path: d.Path, Version: d.Version}
}

// ParseManifest reads a manifest.
func ParseManifest(data []byte) (*Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, err
	}
	if m.Schema != manifestSchema {
		return nil, fmt.Errorf("it has schema %q, and this modgov knows %q", m.Schema, manifestSchema)
	}
	return &m, nil
}

// Encode returns the text of the manifest. The go version of an older one is kept if nothing else changed.
func (m *Manifest) Encode(old []byte) ([]byte, error) {
	if was, err := ParseManifest(old); err == nil {
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

// HashTree lists the files of a tree with their hashes, sorted by path. What is neither a file nor a directory, such as a
// link, is not read: it has no hash, as go vendors none. The error matches fs.ErrNotExist if there is no such tree.
func HashTree(fsys fs.FS) ([]ManifestFile, error) {
	out := []ManifestFile{}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		file := ManifestFile{Path: name}
		if !entry.Type().IsRegular() {
			out = append(out, file)
			return nil
		}
		file.SHA256, file.Size, err = hashFile(fsys, name)
		out = append(out, file)
		return err
	})
	slices.SortFunc(out, func(a, b ManifestFile) int { return strings.Compare(a.Path, b.Path) })
	return out, err
}

func hashFile(fsys fs.FS, name string) (hash string, size int64, err error) {
	file, err := fsys.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer file.Close()
	h := sha256.New()
	size, err = io.Copy(h, file)
	return hex.EncodeToString(h.Sum(nil)), size, err
}
