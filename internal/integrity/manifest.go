package integrity

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/module"
	"golang.org/x/sync/errgroup"

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

// parseManifest reads a manifest.
func parseManifest(data []byte) (*Manifest, error) {
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
	if was, err := parseManifest(old); err == nil {
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
	h := treeHasher{files: []ManifestFile{}}
	h.group.SetLimit(runtime.GOMAXPROCS(0))
	err := h.dir(fsys, "")
	err = errors.Join(err, h.group.Wait())
	slices.SortFunc(h.files, func(a, b ManifestFile) int { return strings.Compare(a.Path, b.Path) })
	return h.files, err
}

// treeHasher hashes several directories at a time. A large snapshot has 20,000 files, so each directory is opened once
// and what it holds is read from there, without the way to it.
type treeHasher struct {
	group errgroup.Group
	mu    sync.Mutex
	files []ManifestFile
}

// dir hashes what lies in a directory; name is its path in the tree, "" or with a slash at the end.
func (h *treeHasher) dir(fsys fs.FS, name string) error {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return err
	}
	var found []ManifestFile
	buffer := make([]byte, 32<<10)
	for _, entry := range entries {
		if entry.IsDir() {
			if err := h.enter(fsys, entry.Name(), name); err != nil {
				return err
			}
			continue
		}
		file := ManifestFile{Path: name + entry.Name()}
		if entry.Type().IsRegular() {
			if file.SHA256, file.Size, err = hashFile(fsys, entry.Name(), buffer); err != nil {
				return err
			}
		}
		found = append(found, file)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.files = append(h.files, found...)
	return nil
}

// enter hashes a directory beside the others if there is a free place, else at once.
func (h *treeHasher) enter(fsys fs.FS, dir, parent string) error {
	sub, err := fs.Sub(fsys, dir)
	if err != nil {
		return err
	}
	do := func() error {
		err := h.dir(sub, parent+dir+"/")
		if c, ok := sub.(io.Closer); ok {
			err = errors.Join(err, c.Close())
		}
		return err
	}
	if h.group.TryGo(do) {
		return nil
	}
	return do()
}

func hashFile(fsys fs.FS, name string, buffer []byte) (hash string, size int64, err error) {
	file, err := fsys.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer file.Close()
	h := sha256.New()
	size, err = io.CopyBuffer(h, struct{ io.Reader }{file}, buffer) // a file would copy itself, by a buffer of its own
	return hex.EncodeToString(h.Sum(nil)), size, err
}
