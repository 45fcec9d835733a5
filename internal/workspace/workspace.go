// Package workspace says what the go.work, go.mod, go.sum and go.work.sum files of a repository say, with positions,
// and edits them so that everything that was not asked to change stays byte for byte.
//
// It holds no opinion and knows no version selection: a replace line whose directory is absent, or a use line that
// leads nowhere, is a fact here. Files are read through io/fs, so a working tree and a git revision are alike.
package workspace

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"sync"

	"golang.org/x/mod/module"
)

// A Source is where the files of a repository come from.
type Source struct {
	// FS holds the repository, rooted at its root.
	FS fs.FS
	// Root is the absolute slash-separated path of the root, by which absolute paths in use and replace lines are
	// recognised as places in the repository. It may be empty: then they are outside.
	Root string
	// Entries are the directories that hold a go.mod file, sorted by Dir.
	Entries []Entry
	// Work is the path of the go.work file relative to the root, "" if none governs.
	Work string
	// Outside reads the go.mod file of a directory outside the root: a replace line or a use line leads there. The
	// directory is relative to the root ("../lib") where that can be said, else absolute. Nil: nothing outside is
	// read.
	Outside func(dir string) ([]byte, error)
	// Governs, called once all files are read, says whether the module in a directory is governed; byDefault is what Entry.Hidden makes it. A module for
	// which it says no even if byDefault is true stays outside whatever uses it. Nil: the default holds.
	Governs func(dir string, byDefault bool) bool
}

// An Entry is a directory with a go.mod file.
type Entry struct {
	Dir string // relative to the root, "." for the root itself
	// Hidden is the path element that puts the module outside unless something uses it: "testdata", "_x", ".x".
	Hidden string
}

// A Workspace is what the files of a repository say. It is immutable; its methods are safe for concurrent use.
type Workspace struct {
	// Modules are all modules found, governed and outside, sorted by Dir.
	Modules []*Module
	// Work is the go.work file, nil if none governs.
	Work *Work

	byDir map[string]*Module
	src   Source
	sums  sumIndex

	mu   sync.Mutex
	dirs map[string]dirSummary // go.mod files read as those of replacement directories
}

// A Module is one go.mod file of the repository.
type Module struct {
	// Dir is the directory relative to the root, "." for the root itself; File is its go.mod.
	Dir, File string
	// Path is the module path; where the file cannot be parsed it is what its module line seems to say, or "".
	Path    string
	PathPos Position
	// Governed modules are judged; the others are outside: seen, and used where a replace leads to them.
	Governed bool
	// Marker tells a go.mod file without a module line: it hides a directory from the module around it and is no
	// module. It is never governed.
	Marker bool
	// Errors are the lines that cannot be read, in file order. A module with errors has no build list.
	Errors []*FileError

	Go, Toolchain Line // the lines of that name; zero if absent
	Requires      []Require
	Replaces      []Replace
	Excludes      []Exclude
	// Sum is the go.sum file beside it, never nil.
	Sum *SumFile
	// Vendor tells that its vendor directory stands beside it, which is not that of the workspace.
	Vendor bool
	// Data is the text of the go.mod file.
	Data []byte
}

// A Line is a go or toolchain line.
type Line struct {
	Text string // "1.26.0", "go1.26.2"; "" if there is no such line
	Pos  Position
}

// A Require is a require line.
type Require struct {
	Mod      module.Version
	Indirect bool
	Pos      Position // of the version
}

// A Replace is a replace line of a go.mod or go.work file.
type Replace struct {
	Old, New module.Version // Old.Version is "" for all versions, New.Version is "" for a directory
	// Dir is the directory of the target relative to the root (it may begin with "../"), "" if it is a module version.
	Dir     string
	Comment string // the text after the line's "//", trimmed
	Pos     Position
	NewPos  Position // of the target
}

// Outside reports whether the target is a directory outside the root.
func (r *Replace) Outside() bool { return r.Dir != "" && IsOutside(r.Dir) }

// Target names what the line leads to, whatever file it stands in: two lines of a workspace lead to the same if these
// are equal. Go cleans relative directories when it makes them absolute, and takes absolute ones as they are written
// (go-semantics 3.15).
func (r *Replace) Target() module.Version {
	if r.Dir == "" || path.IsAbs(r.New.Path) && path.Clean(r.New.Path) != r.New.Path {
		return r.New
	}
	return module.Version{Path: r.Dir}
}

// An Exclude is an exclude line.
type Exclude struct {
	Mod module.Version
	Pos Position
}

// A Work is a go.work file.
type Work struct {
	File, Dir     string // relative to the root
	Go, Toolchain Line
	Uses          []Use
	Replaces      []Replace
	Errors        []*FileError
	// Sum is the go.work.sum file beside it, never nil.
	Sum *SumFile
	// Vendor tells that the workspace's vendor directory stands beside it.
	Vendor bool
	Data   []byte
}

// A Use is a use line.
type Use struct {
	Text string // as written
	Dir  string // relative to the root; it may begin with "../"
	Pos  Position
	// Module is what stands there, nil if there is no go.mod file.
	Module *Module
}

// Module returns the module in the directory, nil if there is none.
func (ws *Workspace) Module(dir string) *Module { return ws.byDir[dir] }

// Governed returns the modules that are judged, sorted by Dir.
func (ws *Workspace) Governed() []*Module {
	var out []*Module
	for _, m := range ws.Modules {
		if m.Governed {
			out = append(out, m)
		}
	}
	return out
}

// Members returns the modules that go.work uses, in the order of its use lines; lines that lead nowhere are left out.
func (ws *Workspace) Members() []*Module {
	if ws.Work == nil {
		return nil
	}
	var out []*Module
	for _, u := range ws.Work.Uses {
		if u.Module != nil {
			out = append(out, u.Module)
		}
	}
	return out
}

// DirExists reports whether the directory (relative to the root) exists. Outside the root it reports whether a go.mod
// file can be read there.
func (ws *Workspace) DirExists(dir string) bool {
	if IsOutside(dir) {
		_, err := ws.DirSummary(dir)
		return err == nil || !errors.Is(err, fs.ErrNotExist)
	}
	info, err := fs.Stat(ws.src.FS, dir)
	return err == nil && info.IsDir()
}

type dirSummary struct {
	sum *Summary
	err error
}

// DirSummary returns what the go.mod file of a directory says when a replace line leads there: it is read laxly, as go
// reads it (go-semantics 1.17). The error names the file; it matches fs.ErrNotExist if there is none.
func (ws *Workspace) DirSummary(dir string) (*Summary, error) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if s, ok := ws.dirs[dir]; ok {
		return s.sum, s.err
	}
	var s dirSummary
	data, err := ws.readGoMod(dir)
	if err == nil {
		s.sum, err = ParseSummary(path.Join(dir, "go.mod"), data)
	}
	s.err = err
	ws.dirs[dir] = s
	return s.sum, s.err
}

// readGoMod reads the go.mod file of a directory that may lie outside the root.
func (ws *Workspace) readGoMod(dir string) ([]byte, error) {
	if m := ws.byDir[dir]; m != nil && m.Data != nil {
		return m.Data, nil
	}
	if IsOutside(dir) {
		if ws.src.Outside == nil {
			return nil, &fs.PathError{Op: "open", Path: path.Join(dir, "go.mod"), Err: errOutside}
		}
		return ws.src.Outside(dir)
	}
	return fs.ReadFile(ws.src.FS, path.Join(dir, "go.mod"))
}

var errOutside = errors.New("outside the repository")

// isDrive reports whether a path begins with the letter of a Windows drive.
func isDrive(dir string) bool {
	return len(dir) > 1 && dir[1] == ':' && ('a' <= dir[0]|0x20 && dir[0]|0x20 <= 'z')
}

// IsOutside reports whether a directory, relative to the root or absolute, lies outside the root.
func IsOutside(dir string) bool {
	return dir == ".." || strings.HasPrefix(dir, "../") || path.IsAbs(dir) || isDrive(dir)
}
