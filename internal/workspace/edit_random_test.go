package workspace

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// A modWriter writes random go.mod files as people write them: comments anywhere, odd spacing, quotes, any order.
type modWriter struct {
	*rand.Rand
	strings.Builder
	tidy bool // one space, no quotes: what modfile.Format keeps
}

func (w *modWriter) chance(percent int) bool { return w.IntN(100) < percent }

func (w *modWriter) pick(words ...string) string { return words[w.IntN(len(words))] }

func (w *modWriter) path() string {
	return w.pick("example.com/", "example.com/x/", "other.org/") + string(rune('a'+w.IntN(8)))
}

func (w *modWriter) version() string {
	return fmt.Sprintf("v%d.%d.%d", w.IntN(2), w.IntN(4), w.IntN(3))
}

// word returns a token as the file may spell it.
func (w *modWriter) word(s string) string {
	if !w.tidy && w.chance(10) {
		return fmt.Sprintf("%q", s)
	}
	return s
}

func (w *modWriter) space() string {
	if w.tidy || w.chance(80) {
		return " "
	}
	return w.pick("  ", "\t", " \t ")
}

// words writes the words of one line, its comment and its end.
func (w *modWriter) words(indirect bool, words ...string) {
	w.WriteString(strings.Join(words, w.space()))
	switch {
	case indirect:
		w.WriteString(w.space() + w.pick("// indirect", "// indirect; why", "//indirect"))
	case w.chance(15):
		w.WriteString(w.space() + w.pick("// why", "//", "// modgov:old", "// indirectly", "// see https://a.b/c"))
	case !w.tidy && w.chance(5):
		w.WriteString("  ")
	}
	w.WriteString("\n")
}

// between writes what may stand before a line.
func (w *modWriter) between(indent string) {
	for w.chance(12) {
		w.WriteString(w.pick("\n", indent+"// note\n", indent+"// more\n\n", "\n"+indent+"//\n"))
	}
}

func (w *modWriter) item(verb string) (indirect bool, words []string) {
	switch verb {
	case "require":
		return w.chance(40), []string{w.word(w.path()), w.word(w.version())}
	case "replace":
		words = []string{w.word(w.path())}
		if w.chance(40) {
			words = append(words, w.version())
		}
		if words = append(words, "=>"); w.chance(50) {
			return false, append(words, w.word(w.pick("./a", "../b", "/c")))
		}
		return false, append(words, w.word(w.path()), w.version())
	case "exclude":
		return false, []string{w.path(), w.version()}
	case "use":
		return false, []string{w.word(w.pick(".", "./a", "./b", "./b/", "c", "../d"))}
	default: // retract
		return false, []string{w.version()}
	}
}

// statement writes a block or a single line.
func (w *modWriter) statement(verb string) {
	w.between("")
	if w.chance(40) {
		indirect, words := w.item(verb)
		w.words(indirect, append([]string{verb}, words...)...)
	} else if !w.tidy && w.chance(5) {
		w.WriteString(verb + " ()\n")
	} else {
		w.WriteString(verb + w.space() + w.pick("(", "(", "(", "( // open") + "\n")
		indent := "\t"
		if !w.tidy {
			indent = w.pick("\t", "\t", "    ", "")
		}
		for range w.IntN(6) {
			w.between(indent)
			indirect, words := w.item(verb)
			w.WriteString(indent)
			w.words(indirect, words...)
		}
		w.between(indent)
		w.WriteString(")" + w.pick("\n", "\n", "\n", " // close\n"))
	}
	if w.chance(70) {
		w.WriteString("\n")
	}
}

// randomFile returns the name and text of a file that parses.
func randomFile(r *rand.Rand) (string, []byte) {
	w := &modWriter{Rand: r, tidy: r.IntN(2) == 0}
	file, verbs := "go.mod", []string{"require", "require", "require", "replace", "exclude", "retract"}
	w.between("")
	if w.chance(15) {
		file, verbs = "go.work", []string{"use", "use", "replace"}
	} else if w.chance(10) {
		verbs = verbs[:5] // go refuses retract lines without a module line
	} else {
		w.WriteString(w.pick("module m\n\n", "module m // Deprecated: x\n", "module (\n\tm\n)\n\n",
			"// Deprecated: y\nmodule m\n\n"))
	}
	if w.chance(90) {
		w.WriteString("go " + w.pick("1.16", "1.21", "1.24.1") + w.pick("\n", "\n\n"))
	}
	if w.chance(30) {
		w.WriteString("toolchain go1.25.0" + w.pick("\n", "\n\n", " // t\n"))
	}
	for range w.IntN(5) {
		w.statement(verbs[w.IntN(len(verbs))])
	}
	w.between("")
	text := w.String()
	if w.chance(20) {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	if w.chance(20) {
		text = strings.TrimRight(text, "\r\n")
	}
	return file, []byte(text)
}

// settledFile returns a random file in the form in which the go command writes it.
func settledFile(t testing.TB, r *rand.Rand) (string, []byte) {
	t.Helper()
	for {
		file, data := randomFile(r)
		for range 4 { // removing blank lines and comments of parentheses takes go more than one pass
			data = goForm(t, file, data)
			if isSettled(file, data) {
				return file, data
			}
		}
	}
}

// goForm returns what go mod tidy or go work use would make of the form of a file.
func goForm(t testing.TB, file string, data []byte) []byte {
	t.Helper()
	if file == "go.work" {
		f, err := modfile.ParseWork(file, data, nil)
		if err != nil {
			t.Fatal(err)
		}
		f.SortBlocks()
		f.Cleanup()
		return modfile.Format(f.Syntax)
	}
	f, err := modfile.Parse(file, data, nil)
	if err != nil {
		t.Fatal(err)
	}
	var list []*modfile.Require
	for _, r := range f.Require {
		if !slices.ContainsFunc(list, func(o *modfile.Require) bool { return o.Mod.Path == r.Mod.Path }) {
			list = append(list, r)
		}
	}
	if f.Go != nil && f.Go.Version != "1.16" {
		f.SetRequireSeparateIndirect(list)
	} else {
		f.SetRequire(list)
	}
	f.Cleanup()
	return modfile.Format(f.Syntax)
}

// randomEdits returns edits that Apply accepts for the file: it keeps book of what is there.
func randomEdits(t testing.TB, r *rand.Rand, file string, data []byte) []Edit {
	t.Helper()
	w := &modWriter{Rand: r, tidy: true}
	m, _, err := readMeaning(file, data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	var edits []Edit
	for range 1 + w.IntN(6) {
		e := w.edit(m, file == "go.work")
		m.apply(e)
		edits = append(edits, e)
	}
	return edits
}

func (w *modWriter) edit(m *meaning, work bool) Edit {
	for {
		e := w.anyEdit(work)
		required := slices.ContainsFunc(m.requires, func(r requireFact) bool { return r.mod.Path == e.Mod.Path })
		i := slices.IndexFunc(m.replaces, func(r replaceFact) bool { return r.left == e.Mod })
		switch {
		case (e.Op == SetRequire || e.Op == SetIndirect) && !required:
		case e.Op == SetReplace && i < 0, e.Op == AddReplace && i >= 0:
		default:
			return e
		}
	}
}

func (w *modWriter) anyEdit(work bool) Edit {
	first := 1
	if work {
		first = int(AddReplace)
	}
	e := Edit{Op: Op(first + w.IntN(int(DropUse)-first+1)), Mod: module.Version{Path: w.path()}}
	switch e.Op {
	case SetRequire, AddRequire, SetIndirect:
		e.Mod.Version, e.Indirect = w.version(), w.chance(50)
	case AddReplace, SetReplace, DropReplace:
		if w.chance(40) {
			e.Mod.Version = w.version()
		}
		if e.New = (module.Version{Path: w.path(), Version: w.version()}); w.chance(50) {
			e.New = module.Version{Path: w.pick("./a", "../b c")}
		}
		if e.Op != DropReplace {
			e.Comment = w.pick("", "modgov:a", "modgov:b")
		}
	case SetGo:
		e.Arg = w.pick("1.21", "1.22.0")
	case SetToolchain:
		e.Arg = w.pick("go1.24.0", "go1.25.1")
	case AddUse, DropUse:
		if e.Arg = w.pick(".", "./a", "./b", "c", "./e f"); !work {
			return w.anyEdit(work)
		}
	}
	return e
}

// applyByModfile makes the edits with modfile's own setters and returns the parsed result: the independent answer.
func applyByModfile(t testing.TB, file string, data []byte, edits []Edit) *meaning {
	t.Helper()
	if file == "go.work" {
		f, err := modfile.ParseWork(file, data, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range edits {
			workByModfile(f, e)
		}
		f.Cleanup()
		return formatted(t, file, modfile.Format(f.Syntax))
	}
	f, err := modfile.Parse(file, data, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		modByModfile(f, e)
		f.Cleanup()
	}
	return formatted(t, file, modfile.Format(f.Syntax))
}

func formatted(t testing.TB, file string, data []byte) *meaning {
	t.Helper()
	m, _, err := readMeaning(file, data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return m
}

func modByModfile(f *modfile.File, e Edit) {
	switch e.Op {
	case SetRequire:
		_ = f.AddRequire(e.Mod.Path, e.Mod.Version)
	case AddRequire:
		_ = f.DropRequire(e.Mod.Path)
		f.AddNewRequire(e.Mod.Path, e.Mod.Version, e.Indirect)
	case DropRequire:
		_ = f.DropRequire(e.Mod.Path)
	case SetIndirect:
		var list []*modfile.Require
		for _, r := range f.Require {
			if r.Mod.Path == e.Mod.Path {
				list = append(list, &modfile.Require{Mod: r.Mod, Indirect: e.Indirect})
			}
		}
		_ = f.DropRequire(e.Mod.Path)
		for _, r := range list {
			f.AddNewRequire(r.Mod.Path, r.Mod.Version, r.Indirect)
		}
	case AddReplace, SetReplace, DropReplace:
		_ = f.DropReplace(e.Mod.Path, e.Mod.Version)
		if e.Op != DropReplace {
			// AddReplace without a version would drop the lines with one too (go-semantics 2.16).
			added := &modfile.File{Syntax: f.Syntax}
			_ = added.AddReplace(e.Mod.Path, e.Mod.Version, e.New.Path, e.New.Version)
			f.Replace = append(f.Replace, added.Replace...)
		}
	case SetGo:
		_ = f.AddGoStmt(e.Arg)
	case SetToolchain:
		_ = f.AddToolchainStmt(e.Arg)
	case DropToolchain:
		f.DropToolchainStmt()
	}
}

func workByModfile(f *modfile.WorkFile, e Edit) {
	switch e.Op {
	case AddUse, DropUse:
		same := slices.ContainsFunc(f.Use, func(u *modfile.Use) bool { return sameDir(u.Path, e.Arg) })
		if e.Op == AddUse && !same {
			_ = f.AddUse(e.Arg, "")
		}
		for _, u := range slices.Clone(f.Use) {
			if e.Op == DropUse && u.Path != "" && sameDir(u.Path, e.Arg) {
				_ = f.DropUse(u.Path)
			}
		}
	case AddReplace, SetReplace, DropReplace:
		m := &modfile.File{Replace: f.Replace, Syntax: f.Syntax}
		modByModfile(m, e)
		f.Replace = m.Replace
	case SetGo:
		_ = f.AddGoStmt(e.Arg)
	case SetToolchain:
		_ = f.AddToolchainStmt(e.Arg)
	case DropToolchain:
		f.DropToolchainStmt()
	}
	f.Cleanup()
}
