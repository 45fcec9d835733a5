package graph

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/workspace"
)

// A Replacement is a replace line that applies to a node of a view.
type Replacement struct {
	// New is the target as the go command prints it in this view: a directory of a member's go.mod is shown relative
	// to the go.work file (go-semantics 3.13).
	New module.Version
	// Line is the replace line; From is the file it stands in.
	Line *workspace.Replace
	From string

	file fileID
	raw  module.Version // the target as written
}

// replaceSet holds the replace lines of one file by path.
type replaceSet map[int32][]*Replacement

// find returns the line for a version: the exact one, else that for all versions (go-semantics 1.13).
func (s replaceSet) find(p int32, version string) *Replacement {
	var wild *Replacement
	for _, r := range s[p] {
		switch r.Line.Old.Version {
		case version:
			return r
		case "":
			wild = r
		}
	}
	return wild
}

// contradiction finds two lines of one file that replace the same with different targets, which go refuses
// (go-semantics 1.18).
func contradiction(lines []workspace.Replace) error {
	seen := map[module.Version]*workspace.Replace{}
	for i := range lines {
		l := &lines[i]
		if prev := seen[l.Old]; prev != nil && prev.New != l.New {
			return &ConflictError{Old: l.Old, Lines: []*workspace.Replace{prev, l}}
		}
		seen[l.Old] = l
	}
	return nil
}

// showTarget returns the target of a line as a view prints it.
type showTarget func(*workspace.Replace) module.Version

// newReplaceSet interns replace lines. show turns a relative target into what the view prints. Equal lines count once.
func newReplaceSet(u *universe, file string, lines []workspace.Replace, show showTarget) (replaceSet, error) {
	if err := contradiction(lines); err != nil {
		return nil, err
	}
	set := replaceSet{}
	seen := map[module.Version]bool{}
	for i := range lines {
		l := &lines[i]
		if seen[l.Old] {
			continue
		}
		seen[l.Old] = true
		r := &Replacement{New: show(l), Line: l, From: file, raw: l.New}
		if l.Dir != "" {
			r.file = u.dir(l.Dir)
		} else {
			r.file = u.own[u.node(l.New)]
		}
		p := u.path(l.Old.Path)
		set[p] = append(set[p], r)
	}
	return set, nil
}

// asWritten shows a target as the file has it.
func asWritten(l *workspace.Replace) module.Version { return l.New }

// A ConflictError tells that the go command refuses to load because replace lines contradict each other.
type ConflictError struct {
	Old   module.Version
	Lines []*workspace.Replace // at least two
}

// Error uses the go command's words.
func (e *ConflictError) Error() string {
	old := e.Old.Path
	if e.Old.Version != "" {
		old += "@" + e.Old.Version
	}
	var b strings.Builder
	fmt.Fprintf(&b, "conflicting replacements for %s:", old)
	for _, l := range e.Lines {
		fmt.Fprintf(&b, " %s (%s)", ModText(l.New), l.Pos)
	}
	return b.String()
}

// workReplaces are the replace lines of a workspace.
type workReplaces struct {
	work    replaceSet
	members []replaceSet // in use order
}

// find returns the line for a node: go.work's first, else the last member that offers one. A versioned line that
// comes after another target for the same node is a conflict: go then goes on with the first and exits with an error
// (go-semantics 3.14, 3.16; the asymmetry is the go command's).
func (w *workReplaces) find(p int32, mod module.Version) (*Replacement, error) {
	if r := w.work.find(p, mod.Version); r != nil {
		return r, nil
	}
	var found *Replacement
	for _, set := range w.members {
		r := set.find(p, mod.Version)
		if r == nil {
			continue
		}
		if found != nil && r.Line.Old.Version != "" && found.raw != r.raw {
			return found, &ConflictError{Old: mod, Lines: []*workspace.Replace{found.Line, r.Line}}
		}
		found = r
	}
	return found, nil
}

// newWorkReplaces collects the replace lines of go.work and its members, and checks what go checks at load time: no
// wildcard replacement of a member in go.work (go-semantics 3.12), and then, member by member, no other target for a
// module than that of a member before, unless go.work replaces that path at some version (3.15), and no bad tool line.
func newWorkReplaces(u *universe, w *workspace.Work, members []*workspace.Module) (*workReplaces, error) {
	out := &workReplaces{}
	var err error
	if out.work, err = newReplaceSet(u, w.File, w.Replaces, asWritten); err != nil {
		return nil, err
	}
	for _, m := range members {
		for _, r := range out.work[u.path(m.Path)] {
			if r.Line.Old.Version == "" {
				return nil, &WorkError{Pos: r.Line.Pos, Msg: fmt.Sprintf(
					"workspace module %s is replaced at all versions in the go.work file; to fix, remove the replacement "+
						"from the go.work file or specify the version at which to replace the module", m.Path)}
			}
		}
	}
	first := map[module.Version]*workspace.Replace{}
	for _, m := range members {
		set, err := newReplaceSet(u, m.File, m.Replaces, func(l *workspace.Replace) module.Version {
			return relativeTo(w.Dir, l)
		})
		if err != nil {
			return nil, err
		}
		out.members = append(out.members, set)
		for i := range m.Replaces {
			l := &m.Replaces[i]
			if len(out.work[u.path(l.Old.Path)]) > 0 {
				continue
			}
			if prev := first[l.Old]; prev == nil {
				first[l.Old] = l
			} else if prev.Target() != l.Target() {
				return nil, &ConflictError{Old: l.Old, Lines: []*workspace.Replace{prev, l}}
			}
		}
		if e := firstError(m, true); e != nil { // here go looks at the tool lines
			return nil, &BrokenError{e}
		}
	}
	return out, nil
}

// relativeTo shows the target of a member's replace line as go does in a workspace: relative to the go.work file.
func relativeTo(workDir string, l *workspace.Replace) module.Version {
	if l.Dir == "" || path.IsAbs(l.New.Path) || len(l.New.Path) > 1 && l.New.Path[1] == ':' {
		return l.New
	}
	return module.Version{Path: directoryPath(relative(workDir, l.Dir))}
}

// relative returns dir as seen from base; both are clean and relative to the root.
func relative(base, dir string) string {
	if base == "." {
		return dir
	}
	from, to := strings.Split(base, "/"), strings.Split(dir, "/")
	if dir == "." {
		to = nil
	}
	for len(from) > 0 && len(to) > 0 && from[0] == to[0] && from[0] != ".." {
		from, to = from[1:], to[1:]
	}
	return path.Clean(path.Join(strings.Repeat("../", len(from)), path.Join(to...)))
}

// directoryPath marks a relative path as a directory: go writes ./x, never x.
func directoryPath(rel string) string {
	if rel == "." || rel == ".." || strings.HasPrefix(rel, "../") || path.IsAbs(rel) {
		return rel
	}
	return "./" + rel
}
