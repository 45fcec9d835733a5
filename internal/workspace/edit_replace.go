package workspace

import (
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// replaced returns both sides of a replace line, and the index of the first word of the right one.
func (l *textLine) replaced() (left, right module.Version, at int) {
	left.Path, at = l.arg(0), 2
	if l.arg(1) != "=>" {
		left.Version, at = l.arg(1), 3
	}
	return left, module.Version{Path: l.arg(at), Version: l.arg(at + 1)}, at
}

// replaces returns the replace lines for exactly mod in file order.
func (d *document) replaces(mod module.Version) []*textLine {
	var out []*textLine
	for _, l := range d.items("replace") {
		if left, _, _ := l.replaced(); left == mod {
			out = append(out, l)
		}
	}
	return out
}

func (d *document) addReplace(e Edit) error {
	if lines := d.replaces(e.Mod); len(lines) > 0 {
		for _, l := range lines {
			if _, right, _ := l.replaced(); right != e.New {
				return errOtherReplaced
			}
		}
		lines[0].setMark(e.Comment)
		return nil
	}
	words := []string{modfile.AutoQuote(e.Mod.Path), e.Mod.Version, "=>", modfile.AutoQuote(e.New.Path), e.New.Version}
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	if e.Comment != "" {
		words = append(words, "//", e.Comment)
	}
	d.put("replace", strings.Join(words, " "), d.replaceHome(e))
	return nil
}

// replaceHome finds the place of a new replace line: the block that replaces other versions of the module, else for a
// line with a mark the last block with such lines, else the last block, else the last line; else behind the require
// or use lines.
func (d *document) replaceHome(e Edit) home {
	list := d.stmts("replace")
	holds := func(ok func(*textLine) bool) func(stmt) bool {
		return func(s stmt) bool {
			return s.block && slices.ContainsFunc(s.items, func(i int) bool { return ok(d.lines[i]) })
		}
	}
	choices := []func(stmt) bool{
		holds(func(l *textLine) bool { return l.arg(0) == e.Mod.Path }),
		holds(func(l *textLine) bool { return e.Comment != "" && markOf(l.comment()) != "" }),
		func(s stmt) bool { return s.block },
		func(stmt) bool { return true },
	}
	for _, ok := range choices {
		if s := lastStmt(list, ok); s != nil {
			return home{s, joinStmt}
		}
	}
	if s := d.lastOf("require", "exclude", "use"); s != nil {
		return home{s, afterStmt}
	}
	return home{d.header(), afterStmt}
}

func (d *document) setReplace(e Edit) error {
	lines := d.replaces(e.Mod)
	if len(lines) == 0 {
		return errNotReplaced
	}
	l := lines[0]
	if _, right, at := l.replaced(); right != e.New {
		words := []string{e.New.Path}
		if e.New.Version != "" {
			words = append(words, e.New.Version)
		}
		l.setArgs(at, len(l.args)-1, words...)
	}
	l.setMark(e.Comment)
	d.drop(lines[1:])
	return nil
}

// setMark puts a mark at the end of the line; "" leaves the line as it is.
func (l *textLine) setMark(mark string) {
	if note := withMark(l.comment(), mark); note != l.comment() {
		l.setComment(note)
	}
}

// markOf returns the mark that ends a suffix comment: "modgov:uuid-pin", or "".
func markOf(note string) string {
	text := noteText(note[max(0, strings.LastIndex(note, "//")):])
	if strings.HasPrefix(text, "modgov:") {
		return text
	}
	return ""
}

// withMark returns a suffix comment that ends in the mark, in place of the mark that ended it; all else that it says
// stays.
func withMark(note, mark string) string {
	switch {
	case mark == "" || strings.HasSuffix(strings.TrimSpace(note), "// "+mark):
		return note
	case noteText(note) == "":
		return "// " + mark
	case markOf(note) != "":
		return note[:strings.LastIndex(note, "//")] + "// " + mark
	}
	return strings.TrimSpace(note) + " // " + mark
}

// setHeader changes the go or toolchain line, or adds it where the go command would: behind the module line, a
// toolchain line behind the go line; in a go.work file, or without a module line, before all statements.
func (d *document) setHeader(verb, arg string) {
	if lines := d.items(verb); len(lines) > 0 {
		if lines[0].arg(0) != arg {
			lines[0].setArgs(0, 0, arg)
		}
		return
	}
	for _, other := range []string{"go", "module"} {
		if s := d.lastOf(other); s != nil && other != verb {
			d.put(verb, arg, home{s, afterStmt})
			return
		}
	}
	if list := d.stmts(); len(list) > 0 {
		d.put(verb, arg, home{&list[0], beforeStmt})
		return
	}
	d.put(verb, arg, home{})
}

// uses returns the use lines that lead to the directory.
func (d *document) uses(dir string) []*textLine {
	var out []*textLine
	for _, l := range d.items("use") {
		if sameDir(l.arg(0), dir) {
			out = append(out, l)
		}
	}
	return out
}

func (d *document) addUse(dir string) {
	if len(d.uses(dir)) > 0 {
		return
	}
	h := home{lastStmt(d.stmts("use"), func(s stmt) bool { return s.block }), joinStmt}
	if h.stmt == nil {
		h.stmt = d.lastOf("use")
	}
	if h.stmt == nil {
		h = home{d.header(), afterStmt}
	}
	d.put("use", modfile.AutoQuote(dir), h)
}
