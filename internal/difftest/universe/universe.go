// Package universe holds small worlds of modules, and compares what the go command and modgov's engine say of them.
//
// A universe is a repository of a few modules, perhaps with a go.work file, and the module versions outside of it that
// a proxy serves. Cases are written by hand as txtar text (Parse), random ones come from Generate, and Compare is the
// judge: it writes a universe to disk, asks the go command in every place, and reports each line in which the engine
// differs. Shrink makes the smallest universe that still differs.
package universe

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing/fstest"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// A Universe is a repository and the module versions that a proxy serves.
type Universe struct {
	// Note is prose: what the universe shows.
	Note string
	// Files are the files of the repository by slash-separated path relative to its root; "../x" stands beside the
	// root. The text $ROOT in a file means the absolute path of the root, $H1{PATH@V} the hash of a go.mod file on
	// the proxy.
	Files map[string]string
	// Links are symbolic links in the repository: path → target, as for os.Symlink.
	Links map[string]string
	// Outside are the go.mod files that the proxy serves. It serves the .info file of every version that any file
	// requires, except those in NoInfo: a version that is not in Outside can be listed but not read.
	Outside map[module.Version]string
	NoInfo  map[module.Version]bool
	// Work is the path of the go.work file in Files; "" means go.work if that is there.
	Work string
	// Only are the views that are compared, all if it is empty.
	Only []string
	// Want are the sections of a case that say what is expected, by name.
	Want map[string]string
}

// rootVar stands for the absolute path of the repository in the text of files.
const rootVar = "$ROOT"

// memoryRoot is the absolute path of a repository that is in memory only.
const memoryRoot = "/universe/repo"

// WorkFile returns the path of the go.work file, "" if there is none.
func (u *Universe) WorkFile() string {
	if u.Work != "" {
		return u.Work
	}
	if _, ok := u.Files["go.work"]; ok {
		return "go.work"
	}
	return ""
}

// Dirs returns the directories of the repository that hold a go.mod file, sorted.
func (u *Universe) Dirs() []string {
	var out []string
	for name := range u.Files {
		if path.Base(name) == "go.mod" && !workspace.IsOutside(name) {
			out = append(out, path.Dir(name))
		}
	}
	slices.Sort(out)
	return out
}

// Mods returns the versions on the proxy, sorted by path and version.
func (u *Universe) Mods() []module.Version {
	out := slices.Collect(maps.Keys(u.Outside))
	module.Sort(out)
	return out
}

// Clone returns a copy that shares nothing with u.
func (u *Universe) Clone() *Universe {
	c := *u
	c.Files, c.Links, c.Want = maps.Clone(u.Files), maps.Clone(u.Links), maps.Clone(u.Want)
	c.Outside, c.NoInfo = maps.Clone(u.Outside), maps.Clone(u.NoInfo)
	return &c
}

// source offers the repository to the engine as it is at root.
func (u *Universe) source(root string) workspace.Source {
	files := fstest.MapFS{}
	for name, text := range u.Files {
		if !workspace.IsOutside(name) {
			files[name] = &fstest.MapFile{Data: []byte(u.expand(text, root)), Mode: 0o644}
		}
	}
	for name, target := range u.Links {
		files[name] = &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink | 0o777}
	}
	src := workspace.Source{FS: files, Root: root, Work: u.WorkFile(), Outside: func(dir string) ([]byte, error) {
		if path.IsAbs(dir) {
			if rel, err := filepath.Rel(root, dir); err == nil {
				dir = filepath.ToSlash(rel)
			}
		}
		text, ok := u.Files[path.Join(dir, "go.mod")]
		if !ok {
			return nil, &fs.PathError{Op: "open", Path: path.Join(dir, "go.mod"), Err: fs.ErrNotExist}
		}
		return []byte(u.expand(text, root)), nil
	}}
	for _, dir := range u.Dirs() {
		src.Entries = append(src.Entries, workspace.Entry{Dir: dir})
	}
	return src
}

// hashVar stands for the hash of a go.mod file on the proxy.
var hashVar = regexp.MustCompile(`\$H1\{([^@}]+)@([^}]+)\}`)

// expand puts in what the variables of a text stand for.
func (u *Universe) expand(text, root string) string {
	text = strings.ReplaceAll(text, rootVar, root)
	return hashVar.ReplaceAllStringFunc(text, func(v string) string {
		m := hashVar.FindStringSubmatch(v)
		return u.goModSum(module.Version{Path: m[1], Version: m[2]})
	})
}

// proxy answers the engine's questions for go.mod files from outside.
type proxy map[module.Version]string

var errNotServed = errors.New("not found: the proxy does not serve it")

// ModFiles implements graph.ModFiles.
func (p proxy) ModFiles(_ context.Context, mods []module.Version) ([]*workspace.Summary, []error) {
	sums, errs := make([]*workspace.Summary, len(mods)), make([]error, len(mods))
	for i, m := range mods {
		text, ok := p[m]
		if !ok {
			errs[i] = errNotServed
			continue
		}
		sums[i], errs[i] = workspace.ParseSummary("go.mod", []byte(text))
	}
	return sums, errs
}

// Load computes all build lists of the universe in memory.
func (u *Universe) Load(ctx context.Context) (*graph.Graph, error) { return u.load(ctx, memoryRoot) }

func (u *Universe) load(ctx context.Context, root string) (*graph.Graph, error) {
	ws, err := workspace.Load(ctx, u.source(root))
	if err != nil {
		return nil, err
	}
	every := func(m *workspace.Module) bool { return !m.Marker }
	return graph.Load(ctx, ws, proxy(u.Outside), graph.Options{Modules: every, Workspace: true})
}

// A place is a universe on disk.
type place struct {
	root  string // of the repository
	cache string // GOMODCACHE; its download directory is the proxy as well
}

// write puts the universe below a directory that exists. sums are the lines of the go.sum files, by directory; a file
// of the universe beats them.
func (u *Universe) write(dir string, sums map[string]string) (place, error) {
	p := place{root: filepath.Join(dir, "repo"), cache: filepath.Join(dir, "cache")}
	if err := os.MkdirAll(p.root, 0o777); err != nil {
		return p, err
	}
	for name, text := range u.Files {
		if err := writeFile(p.native(name), u.expand(text, p.root)); err != nil {
			return p, err
		}
	}
	for name, target := range u.Links {
		if err := os.MkdirAll(filepath.Dir(p.native(name)), 0o777); err != nil {
			return p, err
		}
		if err := os.Symlink(target, p.native(name)); err != nil {
			return p, err
		}
	}
	for dir, text := range sums {
		name := path.Join(dir, "go.sum")
		if _, own := u.Files[name]; own {
			continue
		}
		if err := writeFile(p.native(name), text); err != nil {
			return p, err
		}
	}
	return p, u.writeProxy(filepath.Join(p.cache, "cache", "download"))
}

// native returns the path of a file of the repository.
func (p place) native(name string) string { return filepath.Join(p.root, filepath.FromSlash(name)) }

// writeProxy writes the versions in the layout that a file proxy and the module cache share.
func (u *Universe) writeProxy(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	name := func(m module.Version) string {
		escPath, err := module.EscapePath(m.Path)
		version, err2 := module.EscapeVersion(m.Version)
		if err != nil || err2 != nil {
			return "" // no proxy can serve it
		}
		return filepath.Join(dir, filepath.FromSlash(escPath), "@v", version)
	}
	lists := map[string]string{}
	for m, text := range u.Outside {
		if err := writeFile(name(m)+".mod", text); err != nil {
			return err
		}
		lists[filepath.Join(filepath.Dir(name(m)), "list")] += m.Version + "\n"
	}
	for name, text := range lists {
		if err := writeFile(name, text); err != nil {
			return err
		}
	}
	for m := range u.mentioned() {
		if name := name(m); name != "" && !u.NoInfo[m] {
			info := fmt.Sprintf(`{"Version":%q,"Time":"2020-01-02T03:04:05Z"}`, m.Version)
			if err := writeFile(name+".info", info); err != nil {
				return err
			}
		}
	}
	return nil
}

// mentioned returns every version that some file requires or replaces another with, or that is on the proxy.
func (u *Universe) mentioned() map[module.Version]bool {
	out := map[module.Version]bool{}
	add := func(m module.Version) {
		if m.Version != "" {
			out[m] = true
		}
	}
	for m := range u.Outside {
		add(m)
	}
	for _, f := range u.parsed() {
		for _, r := range f.Require {
			add(r.Mod)
		}
		for _, r := range f.Replace {
			add(r.New)
		}
	}
	return out
}

// parsed returns the files that can be parsed at least laxly, in no order; of go.work files the replace lines.
func (u *Universe) parsed() []*modfile.File {
	var out []*modfile.File
	for name, text := range u.Files {
		text = strings.ReplaceAll(text, rootVar, memoryRoot)
		if w, err := modfile.ParseWork(name, []byte(text), nil); err == nil && path.Ext(name) == ".work" {
			out = append(out, &modfile.File{Replace: w.Replace})
		} else if f, err := modfile.Parse(name, []byte(text), nil); err == nil {
			out = append(out, f)
		} else if f, err := modfile.ParseLax(name, []byte(text), nil); err == nil {
			out = append(out, f)
		}
	}
	for _, text := range u.Outside {
		if f, err := modfile.ParseLax("go.mod", []byte(text), nil); err == nil {
			out = append(out, f)
		}
	}
	return out
}

func writeFile(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text), 0o666)
}

// goModSum returns the hash of a go.mod file on the proxy, and one that fits nothing if the proxy has no such file.
func (u *Universe) goModSum(m module.Version) string {
	sum, err := workspace.GoModSum([]byte(u.Outside[m]))
	if _, ok := u.Outside[m]; !ok || err != nil {
		return "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	}
	return sum
}
