package graph_test

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/difftest/universe"
	"github.com/modgov/modgov/internal/gocmd"
	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// The cases in testdata/small are written in a language of their own, as those of the go command's mvs package are. A
// case is a paragraph; its first line says what it shows.
//
//	a1 1.17: b2 c1~     module ex.test/a at v1.1.0, go 1.17, requires b v1.2.0, and c v1.1.0 with an indirect mark
//	m 1.21: a1          module ex.test/m in directory m of the repository; no number, no go line
//	./x: b1             a directory x with module ex.test/x
//	replace m: a=b1 a2=./x
//	exclude m: a1
//	toolchain m: go1.22.1
//	work 1.21: m n      go.work, with the members in this order; replace and toolchain lines as for a module
//
// What is expected of the module m, or of work:
//
//	list m: a1=./x b2         the build list without m itself, where go needs no update of go.mod
//	update m: a1 b2           the list after the update that go asks for
//	stale m: a1>a2 b1>-       the roots that the update moves or drops
//	edges m: m>a1 m>go1.21    the lines of go mod graph
//	error m: load b1          why there is no list
//
// And of the repository:
//
//	dependents m: n o         the modules that take m from its directory
//	locals m: n ./x/work      the directories that m takes code from; with /work where only the workspace makes it so, /both where it does too
//	order: n<m o<m            which modules come directly after which, all selected; "order mo" those of these letters
//	cycles: m n o (m o), p q (p q)   the modules in rings, and the shortest ring of each group
//
// Each case is compared with the go command too, where there is one.
func TestSmall(t *testing.T) {
	t.Parallel()
	judge, err := universe.NewJudge(t.Context(), t.TempDir())
	if err != nil && !errors.Is(err, gocmd.ErrNoGo) {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/small/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases:", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, paragraph := range strings.Split(strings.TrimSpace(string(data)), "\n\n") {
			title, text, _ := strings.Cut(paragraph, "\n")
			t.Run(fmt.Sprintf("%s/%d", strings.TrimSuffix(filepath.Base(file), ".txt"), i+1), func(t *testing.T) {
				t.Parallel()
				t.Log(title)
				s := parseSmall(t, text)
				s.check(t)
				if judge != nil {
					compareWithGo(t, judge, s.universe())
				}
			})
		}
	}
}

func compareWithGo(t *testing.T, judge *universe.Judge, u *universe.Universe) {
	t.Helper()
	verdicts, err := judge.Compare(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range verdicts {
		for _, d := range v.Diffs {
			t.Errorf("%s: %s", v.View, d)
		}
	}
}

// A small is a case in parts.
type small struct {
	names  []string          // in the order of their first lines
	lines  map[string]string // name → lines of its file
	expect [][3]string       // verb, name, words
}

func parseSmall(t *testing.T, text string) *small {
	t.Helper()
	s := &small{lines: map[string]string{}}
	for line := range strings.Lines(text) {
		head, words, ok := strings.Cut(strings.TrimSpace(line), ":")
		field := strings.Fields(head)
		if !ok || len(field) == 0 || len(field) > 2 {
			t.Fatalf("cannot read %q", line)
		}
		verb, name := field[0], field[len(field)-1]
		switch verb {
		case "list", "update", "stale", "edges", "error", "dependents", "locals", "order", "cycles":
			s.expect = append(s.expect, [3]string{verb, name, strings.Join(strings.Fields(words), " ")})
		case "replace", "exclude", "toolchain":
			for word := range strings.FieldsSeq(words) {
				s.lines[name] += s.directive(verb, name, word)
			}
		default:
			s.define(verb, field[1:], strings.Fields(words))
		}
	}
	return s
}

// define begins the file of a module or of go.work.
func (s *small) define(name string, goLine, words []string) {
	s.names = append(s.names, name)
	text := ""
	if name != "work" {
		text = "module " + mod(strings.TrimPrefix(name, "./")).Path + "\n"
	}
	for _, v := range goLine {
		text += "go " + v + "\n"
	}
	for _, word := range words {
		if name == "work" {
			text += "use ./" + word + "\n"
			continue
		}
		required, indirect := strings.CutSuffix(word, "~")
		text += "require " + spaced(mod(required))
		if indirect {
			text += " // indirect"
		}
		text += "\n"
	}
	s.lines[name] = text
}

func (s *small) directive(verb, name, word string) string {
	switch verb {
	case "toolchain":
		return "toolchain " + word + "\n"
	case "exclude":
		return "exclude " + spaced(mod(word)) + "\n"
	}
	from, to, _ := strings.Cut(word, "=")
	target := spaced(mod(to))
	if dir, ok := strings.CutPrefix(to, "./"); ok {
		target = "./" + dir
		if name != "work" {
			target = path.Join("..", dir)
		}
	}
	return "replace " + spaced(mod(from)) + " => " + target + "\n"
}

// mod reads a12 as ex.test/a at v1.12.0.
func mod(word string) module.Version {
	letters := strings.TrimRight(word, "0123456789")
	m := module.Version{Path: "ex.test/" + letters}
	if minor := word[len(letters):]; minor != "" {
		m.Version = "v1." + minor + ".0"
	}
	return m
}

func spaced(m module.Version) string { return strings.TrimSpace(m.Path + " " + m.Version) }

// word writes a module version as mod reads it; go versions as go1.21, toolchains as tc1.21.
func word(m module.Version) string {
	switch m.Path {
	case "go":
		return "go" + m.Version
	case "toolchain":
		return "tc" + strings.TrimPrefix(m.Version, "go")
	}
	minor := strings.TrimSuffix(strings.TrimPrefix(m.Version, "v1."), ".0")
	return strings.TrimPrefix(m.Path, "ex.test/") + minor
}

func (s *small) universe() *universe.Universe {
	u := &universe.Universe{Files: map[string]string{}, Outside: map[module.Version]string{}}
	for name, text := range s.lines {
		switch m := mod(name); {
		case name == "work":
			u.Files["go.work"] = text
		case m.Version != "":
			u.Outside[m] = text
		default:
			u.Files[path.Join(name, "go.mod")] = text
		}
	}
	return u
}

func (s *small) check(t *testing.T) {
	t.Helper()
	g, err := s.universe().Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(s.expect) == 0 {
		t.Error("the case expects nothing")
	}
	for _, e := range s.expect {
		if slices.Contains([]string{"dependents", "locals", "order", "cycles"}, e[0]) {
			if got := shownSiblings(g, e[0], e[1]); got != e[2] {
				t.Errorf("%s %s:\n got %s\nwant %s", e[0], e[1], got, e[2])
			}
			continue
		}
		v := g.View(e[1])
		if e[1] == "work" {
			v = g.WorkspaceView()
		}
		if v == nil {
			t.Errorf("no view %q", e[1])
			continue
		}
		if got := shown(v, e[0]); got != e[2] {
			t.Errorf("%s %s:\n got %s\nwant %s", e[0], e[1], got, e[2])
		}
	}
}

// shown writes what a view says as an expectation does.
func shown(v *graph.View, verb string) string {
	var out []string
	switch stale := v.NeedsUpdate(); {
	case verb == "error":
		return shownError(v.Err())
	case v.Err() != nil:
		return "error: " + v.Err().Error()
	case verb == "edges":
		v.WalkEdges(func(from, to module.Version) { out = append(out, word(from)+">"+word(to)) })
	case verb == "stale":
		for _, s := range stale {
			to := "-"
			if s.Selected != "" {
				to = word(module.Version{Path: s.Root.Path, Version: s.Selected})
			}
			out = append(out, word(s.Root)+">"+to)
		}
	case (verb == "update") != (len(stale) > 0):
		return fmt.Sprintf("%d roots need an update", len(stale))
	default:
		for _, item := range v.BuildList() {
			if slices.Contains(v.Mains, v.Module) && item.Path == v.Module.Path {
				continue
			}
			w := word(module.Version{Path: item.Path, Version: item.Version})
			if r := item.Replace; r != nil && r.Line.Dir != "" {
				w += "=./" + r.Line.Dir
			} else if r != nil {
				w += "=" + word(r.New)
			}
			out = append(out, w)
		}
	}
	return strings.Join(out, " ")
}

// shownSiblings writes what the graph says of the modules of the repository.
func shownSiblings(g *graph.Graph, verb, dir string) string {
	if verb == "locals" {
		var out []string
		for _, l := range g.Locals()[g.Workspace().Module(dir)] {
			word := l.Dir
			if l.Replace == nil {
				word += "/work"
			} else if l.Workspace {
				word += "/both"
			}
			out = append(out, word)
		}
		return strings.Join(out, " ")
	}
	if verb == "order" {
		return shownOrder(g, dir)
	}
	var rings []string
	for _, ring := range g.Cycles() {
		rings = append(rings, dirs(ring.Modules)+" ("+dirs(ring.Ring)+")")
	}
	return strings.Join(rings, ", ")
}

// shownOrder writes the order of all modules, or of those that the letters of a name select.
func shownOrder(g *graph.Graph, selected string) string {
	var out []string
	order := g.Order(func(m *workspace.Module) bool { return selected == "order" || strings.Contains(selected, m.Dir) })
	for _, m := range g.Workspace().Modules {
		for _, before := range order[m] {
			out = append(out, before.Dir+"<"+m.Dir)
		}
	}
	return strings.Join(out, " ")
}

func dirs(modules []*workspace.Module) string {
	var out []string
	for _, m := range modules {
		out = append(out, m.Dir)
	}
	return strings.Join(out, " ")
}

func shownError(err error) string {
	var load *graph.LoadError
	switch {
	case err == nil:
		return "none"
	case errors.As(err, &load):
		return "load " + word(load.Mod)
	case errors.As(err, new(*graph.ConflictError)):
		return "conflict"
	case errors.As(err, new(*graph.WorkError)):
		return "workspace"
	}
	return "file"
}
