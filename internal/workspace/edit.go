package workspace

import (
	"fmt"
	"path"
	"strings"
	"unicode"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// An Op is a kind of Edit.
type Op int

// The kinds of edits. Each says which fields of the Edit it reads, and what it does where the line is there or not.
const (
	// SetRequire (Mod) changes the version of the first require line of the path and drops further ones, as go mod
	// edit does (go-semantics 2.16). A path that is not required is an error.
	SetRequire Op = iota + 1
	// AddRequire (Mod, Indirect) adds a require line. Where there is one, it gets the version and the mark.
	AddRequire
	// DropRequire (Mod.Path) drops all require lines of the path.
	DropRequire
	// SetIndirect (Mod.Path, Indirect) gives all require lines of the path the mark "// indirect" or takes it away;
	// what the comment says besides stays. A path that is not required is an error.
	SetIndirect
	// AddReplace (Mod, New, Comment) adds a replace line. A line for the same Mod with the same target gets the comment
	// only; one with another target is an error.
	AddReplace
	// SetReplace (Mod, New, Comment) changes the target of the first replace line for exactly Mod and drops further
	// ones. No such line is an error.
	SetReplace
	// DropReplace (Mod) drops the replace lines for exactly Mod.
	DropReplace
	// SetGo (Arg) changes or adds the go line.
	SetGo
	// SetToolchain (Arg) changes or adds the toolchain line.
	SetToolchain
	// DropToolchain drops the toolchain line.
	DropToolchain
	// AddUse (Arg) adds a use line, unless one leads to the same directory.
	AddUse
	// DropUse (Arg) drops the use lines that lead to the directory.
	DropUse
	// DropGo drops the go line.
	DropGo
	// AddLine (Arg: "exclude example.com/a v1.0.0", "retract v1.0.0 v1.2.0", "tool PATH", "ignore PATH", "godebug KEY
	// VALUE") adds a line, unless one says the same.
	AddLine
	// DropLine (Arg as for AddLine) drops the lines that say so.
	DropLine
)

// String returns the words for the op in messages: "set require".
func (op Op) String() string {
	names := [...]string{
		SetRequire: "set require", AddRequire: "add require", DropRequire: "drop require", SetIndirect: "mark require",
		AddReplace: "add replace", SetReplace: "set replace", DropReplace: "drop replace", SetGo: "set go", DropGo: "drop go",
		SetToolchain: "set toolchain", DropToolchain: "drop toolchain", AddUse: "add use", DropUse: "drop use",
		AddLine: "add", DropLine: "drop",
	}
	if op <= 0 || int(op) >= len(names) {
		return fmt.Sprintf("edit %d", int(op))
	}
	return names[op]
}

// An Edit is one change of meaning to a go.mod or go.work file.
type Edit struct {
	Op  Op
	Mod module.Version // require lines: path and new version; replace lines: the left side (Version "": all versions)
	New module.Version // replace lines: the right side (Version "": a directory)
	// Indirect is the mark of AddRequire and SetIndirect.
	Indirect bool
	// Comment ends a replace line, without the "//": "modgov:uuid-pin". It takes the place of another such mark and
	// stands behind any other text of the line's comment. "" leaves the comment as it is.
	Comment string
	Arg     string // go or toolchain version; directory of a use line
}

// String returns the edit in words: "set require example.com/a@v1.2.3".
func (e Edit) String() string {
	switch e.Op {
	case SetRequire, AddRequire, DropRequire, SetIndirect:
		return e.Op.String() + " " + e.Mod.String()
	case AddReplace, SetReplace:
		return e.Op.String() + " " + e.Mod.String() + " => " + e.New.String()
	case DropReplace:
		return e.Op.String() + " " + e.Mod.String()
	}
	return strings.TrimSpace(e.Op.String() + " " + e.Arg)
}

// isWorkFile reports whether a file name is that of a go.work file and not of a go.mod file.
func isWorkFile(file string) bool { return strings.HasSuffix(file, ".work") }

// Apply returns data, the text of a go.mod file (or of a go.work file, if the name ends in ".work"), with the edits
// made in order and everything else byte for byte as it was: comments, order, spacing, line ends, a missing end of the
// last line. A suffix comment and the comment lines directly above a line go with it; a block goes with its last line
// unless other comments stand in it. A new line takes its sorted place if its block is sorted, else the last place.
//
// A file that stands as the go command would write it stays so: a block that keeps one line becomes a single line,
// and a require line that changes sides moves between the direct and the indirect block. So go mod tidy -diff has
// nothing to say about the form of an edited file that it had nothing to say about before.
//
// Edits that ask for what is there return the bytes of data; applying edits twice changes nothing more. The result
// is parsed and means exactly what was asked, else there is an error and no result. Every error names the file.
func Apply(file string, data []byte, edits []Edit) ([]byte, error) {
	want, syntax, err := readMeaning(file, data)
	if err != nil {
		return nil, err
	}
	d := newDocument(data, syntax)
	d.settled = isSettled(file, data)
	for _, e := range edits {
		err := e.check(isWorkFile(file))
		if err == nil {
			err = d.apply(e)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file, e, err)
		}
		want.apply(e)
	}
	if d.settled {
		d.settle()
	}
	out := d.bytes()
	got, _, err := readMeaning(file, out)
	if err != nil {
		return nil, fmt.Errorf("the edits make a file that cannot be read: %w", err)
	}
	if diff := want.difference(got); diff != "" {
		return nil, fmt.Errorf("%s: internal error: the edited file does not mean what was asked: %s", file, diff)
	}
	return out, nil
}

// apply makes one edit that was checked.
func (d *document) apply(e Edit) error {
	switch e.Op {
	case SetRequire:
		return d.setRequire(e.Mod)
	case AddRequire:
		return d.addRequire(e.Mod, e.Indirect)
	case DropRequire:
		d.drop(d.requires(e.Mod.Path))
	case SetIndirect:
		return d.setIndirect(e.Mod.Path, e.Indirect)
	case AddReplace:
		return d.addReplace(e)
	case SetReplace:
		return d.setReplace(e)
	case DropReplace:
		d.drop(d.replaces(e.Mod))
	case SetGo:
		d.setHeader("go", e.Arg)
	case SetToolchain:
		d.setHeader("toolchain", e.Arg)
	case DropGo:
		d.drop(d.items("go"))
	case DropToolchain:
		d.drop(d.items("toolchain"))
	case AddUse:
		d.addUse(e.Arg)
	case DropUse:
		d.drop(d.uses(e.Arg))
	case AddLine:
		d.addLine(e.Arg)
	case DropLine:
		d.dropLine(e.Arg)
	}
	return nil
}

// check says what is wrong with an edit before any file is looked at.
func (e Edit) check(work bool) error {
	if e.Comment != "" && e.Op != AddReplace && e.Op != SetReplace {
		return fmt.Errorf("only replace lines take a comment")
	}
	if strings.TrimSpace(e.Comment) != e.Comment || strings.ContainsFunc(e.Comment, unicode.IsControl) {
		return fmt.Errorf("comment %q does not fit on a line", e.Comment)
	}
	switch e.Op {
	case SetRequire, AddRequire, DropRequire, SetIndirect:
		if work {
			return fmt.Errorf("a go.work file has no require lines")
		}
		return e.checkRequire()
	case AddReplace, SetReplace, DropReplace:
		return e.checkReplace()
	case SetGo:
		if !modfile.GoVersionRE.MatchString(e.Arg) {
			return fmt.Errorf("invalid go version %q: must match format 1.23.0", e.Arg)
		}
	case SetToolchain:
		if !modfile.ToolchainRE.MatchString(e.Arg) || modfile.MustQuote(e.Arg) {
			return fmt.Errorf("invalid toolchain version %q: must match format go1.23.0 or default", e.Arg)
		}
	case AddUse, DropUse:
		if !work {
			return fmt.Errorf("a go.mod file has no use lines")
		}
		if e.Arg == "" {
			return fmt.Errorf("no directory")
		}
	case AddLine, DropLine:
		return checkLine(e.Arg)
	case DropGo, DropToolchain:
	default:
		return fmt.Errorf("unknown edit")
	}
	return nil
}

func (e Edit) checkRequire() error {
	if e.Op == DropRequire || e.Op == SetIndirect {
		return nil
	}
	return checkModVersion(e.Mod)
}

func (e Edit) checkReplace() error {
	if e.Op == DropReplace {
		return nil
	}
	if e.Mod.Version != "" {
		if err := checkModVersion(e.Mod); err != nil {
			return err
		}
	}
	if _, _, ok := module.SplitPathVersion(e.Mod.Path); !ok || e.Mod.Path == "" {
		return fmt.Errorf("invalid module path %q", e.Mod.Path)
	}
	directory := modfile.IsDirectoryPath(e.New.Path)
	switch {
	case e.New.Version == "" && !directory:
		return fmt.Errorf("target %q has no version and is no directory path (rooted or starting with ./ or ../)",
			e.New.Path)
	case e.New.Version != "" && directory:
		return fmt.Errorf("target directory %q cannot have a version", e.New.Path)
	case e.New.Version != "" && module.CanonicalVersion(e.New.Version) != e.New.Version:
		return fmt.Errorf("target version %q is not canonical", e.New.Version)
	}
	return nil
}

// checkModVersion accepts what go accepts on a require line: go is lenient about the path (it may lack a dot), but not
// about its major version.
func checkModVersion(m module.Version) error {
	_, major, ok := module.SplitPathVersion(m.Path)
	if !ok || m.Path == "" {
		return fmt.Errorf("invalid module path %q", m.Path)
	}
	if m.Version == "" || module.CanonicalVersion(m.Version) != m.Version {
		return fmt.Errorf("version %q is not canonical", m.Version)
	}
	return module.CheckPathMajor(m.Version, major)
}

// sameDir reports whether two use lines lead to the same directory as far as their text tells.
func sameDir(a, b string) bool { return path.Clean(a) == path.Clean(b) }
