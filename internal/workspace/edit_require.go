package workspace

import (
	"errors"
	"go/version"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

var (
	errNotRequired   = errors.New("there is no such require line")
	errNotReplaced   = errors.New("there is no such replace line")
	errOtherReplaced = errors.New("there is a replace line with another target")
)

// requires returns the require lines of the path in file order.
func (d *document) requires(path string) []*textLine {
	var out []*textLine
	for _, l := range d.items("require") {
		if l.arg(0) == path {
			out = append(out, l)
		}
	}
	return out
}

func (d *document) setRequire(mod module.Version) error {
	lines := d.requires(mod.Path)
	if len(lines) == 0 {
		return errNotRequired
	}
	if lines[0].arg(1) != mod.Version {
		lines[0].setArgs(1, 1, mod.Version)
	}
	d.drop(lines[1:])
	return nil
}

func (d *document) addRequire(mod module.Version, indirect bool) error {
	if d.setRequire(mod) == nil {
		return d.setIndirect(mod.Path, indirect)
	}
	body := modfile.AutoQuote(mod.Path) + " " + mod.Version
	if indirect {
		body += " // indirect"
	}
	d.put("require", body, d.requireHome(indirect))
	return nil
}

// separate reports whether the go command keeps direct and indirect requirements of this file apart.
func (d *document) separate() bool {
	lines := d.items("go")
	return len(lines) > 0 && separatesIndirect(lines[0].arg(0))
}

func separatesIndirect(goLine string) bool { return version.Compare("go"+goLine, "go1.17") >= 0 }

// requireHome finds the place of a new require line: where the go command would put it (modfile,
// SetRequireSeparateIndirect) if there is a block or line without comments that holds only its kind; else with the
// last of its kind; else in a place of its own on the right side of the other kind.
func (d *document) requireHome(indirect bool) home {
	list := d.stmts("require")
	if s := d.lastPlain(list, indirect); s != nil {
		return home{s, joinStmt}
	}
	only := lastStmt(list, func(s stmt) bool { return s.block && d.isOnly(s, indirect) })
	some := lastStmt(list, func(s stmt) bool { return s.block && d.count(s, indirect) > 0 })
	if indirect && only != nil {
		return home{only, joinStmt}
	}
	if some != nil {
		return home{some, joinStmt}
	}
	if s := lastStmt(list, func(s stmt) bool { return d.count(s, indirect) > 0 }); s != nil {
		return home{s, joinStmt}
	}
	if d.separate() {
		if s := d.lastPlain(list, !indirect); s != nil && indirect {
			return home{s, afterStmt}
		} else if s != nil {
			return home{s, beforeStmt}
		}
	}
	if s := lastStmt(list, func(s stmt) bool { return s.block && (!d.separate() || len(s.items) == 0) }); s != nil {
		return home{s, joinStmt}
	}
	if len(list) > 0 {
		return home{&list[len(list)-1], afterStmt}
	}
	return home{d.header(), afterStmt}
}

// count returns the number of items with or without the mark.
func (d *document) count(s stmt, indirect bool) int {
	n := 0
	for _, i := range s.items {
		if d.lines[i].isIndirect() == indirect {
			n++
		}
	}
	return n
}

// lastPlain returns the last statement without comments whose items are all of one kind: the one to which the go
// command adds.
func (d *document) lastPlain(list []stmt, indirect bool) *stmt {
	return lastStmt(list, func(s stmt) bool {
		return d.isOnly(s, indirect) && d.isPlain(s)
	})
}

// isOnly reports whether the statement has items and all are of one kind.
func (d *document) isOnly(s stmt, indirect bool) bool {
	return len(s.items) > 0 && d.count(s, indirect) == len(s.items)
}

// isPlain reports whether neither the statement, which has items, nor they have comments besides the mark. As in
// modfile, a blank line before an item counts as one, and comments beside the parentheses or behind the last item do
// not.
func (d *document) isPlain(s stmt) bool {
	isComment := func(l *textLine) bool { return l.kind == lineComment }
	if d.head(s.first) != s.first || slices.ContainsFunc(d.lines[s.first:s.items[0]], isComment) {
		return false
	}
	for n, i := range s.items {
		if note := d.lines[i].comment(); note != "" && noteText(note) != "indirect" {
			return false
		}
		if n > 0 && i != s.items[n-1]+1 {
			return false
		}
	}
	return true
}

func (d *document) setIndirect(path string, indirect bool) error {
	lines := d.requires(path)
	if len(lines) == 0 {
		return errNotRequired
	}
	for _, l := range lines {
		if l.isIndirect() == indirect {
			continue
		}
		move := d.changesSides(l)
		l.setComment(withIndirect(l.comment(), indirect))
		if move {
			body := l.body()
			d.drop([]*textLine{l})
			d.put("require", body, d.requireHome(indirect))
		}
	}
	return nil
}

// changesSides reports whether a line whose mark changes is to move to the other block, as the go command would move
// it: only in a file in the go command's form, out of the block to which it adds, and not if that was all the block
// held and there is no other block yet.
func (d *document) changesSides(l *textLine) bool {
	if !d.settled || !d.separate() || !l.block {
		return false
	}
	list, s := d.stmts("require"), d.stmtOf(l)
	from := d.lastPlain(list, l.isIndirect())
	return from != nil && from.first == s.first && (len(s.items) > 1 || d.lastPlain(list, !l.isIndirect()) != nil)
}

// isIndirect reports whether the line has the mark "// indirect" (go-semantics 1.26).
func (l *textLine) isIndirect() bool {
	f := strings.Fields(noteText(l.comment()))
	return len(f) == 1 && f[0] == "indirect" || len(f) > 1 && f[0] == "indirect;"
}

// noteText returns what a comment says.
func noteText(note string) string { return strings.TrimSpace(strings.TrimPrefix(note, "//")) }

// withIndirect returns a suffix comment with or without the mark; the rest of it stays (modfile, setIndirect).
func withIndirect(note string, indirect bool) string {
	switch text := noteText(note); {
	case indirect && text == "":
		return "// indirect"
	case indirect:
		return "// indirect; " + strings.TrimLeft(strings.TrimPrefix(note, "//"), " \t")
	case text == "indirect":
		return ""
	default:
		_, rest, _ := strings.Cut(note, "indirect;")
		return "//" + rest
	}
}
