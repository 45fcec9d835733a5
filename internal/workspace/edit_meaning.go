package workspace

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// A meaning is what a go.mod or go.work file says, without its form. It is the second opinion on every edit: edits are
// made to the text and to the meaning, by code that has nothing in common, and must agree.
type meaning struct {
	goLine, toolchain string
	requires          []requireFact
	replaces          []replaceFact
	uses              []string
	others            []otherFact // everything else; edits add and drop such lines as a whole, if at all
}

type requireFact struct {
	mod      module.Version
	indirect bool
}

type replaceFact struct {
	left, right module.Version
	note        string // the suffix comment: it says who owns the line
}

// An otherFact is a line of another kind, and what its comments say where that has a meaning.
type otherFact struct{ line, note string }

// readMeaning parses a file strictly. Versions that are not canonical are kept as they are, so that such a line can be
// edited.
func readMeaning(file string, data []byte) (*meaning, *modfile.FileSyntax, error) {
	if isWorkFile(file) {
		f, err := modfile.ParseWork(file, data, keepVersion)
		if err != nil {
			return nil, nil, err
		}
		return workMeaning(f), f.Syntax, nil
	}
	f, err := modfile.Parse(file, data, keepVersion)
	if err != nil {
		return nil, nil, err
	}
	return modMeaning(f), f.Syntax, nil
}

func modMeaning(f *modfile.File) *meaning {
	m := &meaning{}
	m.header(f.Go, f.Toolchain, f.Godebug)
	if f.Module != nil {
		m.other(f.Module.Deprecated, "module", f.Module.Mod.Path)
	}
	for _, r := range f.Require {
		m.requires = append(m.requires, requireFact{r.Mod, r.Indirect})
	}
	m.addReplaces(f.Replace)
	for _, x := range f.Exclude {
		m.other("", "exclude", x.Mod.Path, canonicalVersion(x.Mod.Version))
	}
	for _, r := range f.Retract {
		m.other(r.Rationale, "retract", canonicalVersion(r.Low), canonicalVersion(r.High))
	}
	for _, t := range f.Tool {
		m.other("", "tool", t.Path)
	}
	for _, i := range f.Ignore {
		m.other("", "ignore", i.Path)
	}
	return m
}

func workMeaning(f *modfile.WorkFile) *meaning {
	m := &meaning{}
	m.header(f.Go, f.Toolchain, f.Godebug)
	m.addReplaces(f.Replace)
	for _, u := range f.Use {
		m.uses = append(m.uses, u.Path)
	}
	return m
}

func (m *meaning) header(goLine *modfile.Go, toolchain *modfile.Toolchain, godebug []*modfile.Godebug) {
	if goLine != nil {
		m.goLine = goLine.Version
	}
	if toolchain != nil {
		m.toolchain = toolchain.Name
	}
	for _, g := range godebug {
		m.other("", "godebug", g.Key, g.Value)
	}
}

func (m *meaning) addReplaces(list []*modfile.Replace) {
	for _, r := range list {
		fact := replaceFact{left: r.Old, right: r.New}
		for _, c := range r.Syntax.Suffix {
			fact.note = strings.TrimSpace(c.Token)
		}
		m.replaces = append(m.replaces, fact)
	}
}

func (m *meaning) other(note string, words ...string) {
	m.others = append(m.others, otherFact{strings.Join(words, " "), note})
}

// canonicalVersion returns the version as the go command would write it if it can tell without the network.
func canonicalVersion(v string) string {
	if c := module.CanonicalVersion(v); c != "" {
		return c
	}
	return v
}

// apply makes an edit that the text has accepted.
func (m *meaning) apply(e Edit) {
	isPath := func(r requireFact) bool { return r.mod.Path == e.Mod.Path }
	switch e.Op {
	case SetRequire, AddRequire:
		fact := requireFact{e.Mod, e.Indirect}
		if i := slices.IndexFunc(m.requires, isPath); i >= 0 && e.Op == SetRequire {
			fact.indirect = m.requires[i].indirect
		}
		m.requires = append(slices.DeleteFunc(m.requires, isPath), fact)
	case DropRequire:
		m.requires = slices.DeleteFunc(m.requires, isPath)
	case SetIndirect:
		for i := range m.requires {
			if isPath(m.requires[i]) {
				m.requires[i].indirect = e.Indirect
			}
		}
	case AddReplace, SetReplace, DropReplace:
		m.replace(e)
	case SetGo:
		m.goLine = e.Arg
	case SetToolchain:
		m.toolchain = e.Arg
	case DropGo:
		m.goLine = ""
	case DropToolchain:
		m.toolchain = ""
	case AddUse, DropUse:
		isDir := func(dir string) bool { return sameDir(dir, e.Arg) }
		if e.Op == DropUse {
			m.uses = slices.DeleteFunc(m.uses, isDir)
		} else if !slices.ContainsFunc(m.uses, isDir) {
			m.uses = append(m.uses, e.Arg)
		}
	case AddLine, DropLine:
		isLine := func(f otherFact) bool { return f.line == e.Arg }
		if e.Op == DropLine {
			m.others = slices.DeleteFunc(m.others, isLine)
		} else if !slices.ContainsFunc(m.others, isLine) {
			m.others = append(m.others, otherFact{line: e.Arg})
		}
	}
}

func (m *meaning) replace(e Edit) {
	isLeft := func(r replaceFact) bool { return r.left == e.Mod }
	i := slices.IndexFunc(m.replaces, isLeft)
	switch {
	case e.Op == DropReplace:
		m.replaces = slices.DeleteFunc(m.replaces, isLeft)
	case i < 0:
		m.replaces = append(m.replaces, replaceFact{e.Mod, e.New, withMark("", e.Comment)})
	case e.Op == AddReplace:
		m.replaces[i].note = withMark(m.replaces[i].note, e.Comment)
	default:
		fact := replaceFact{e.Mod, e.New, withMark(m.replaces[i].note, e.Comment)}
		m.replaces = append(slices.DeleteFunc(m.replaces, isLeft), fact)
	}
}

// difference returns in words the first thing that the two say differently, "" if they mean the same. The order of
// lines is no part of the meaning.
func (m *meaning) difference(n *meaning) string {
	switch {
	case m.goLine != n.goLine:
		return fmt.Sprintf("go line: want %q, have %q", m.goLine, n.goLine)
	case m.toolchain != n.toolchain:
		return fmt.Sprintf("toolchain line: want %q, have %q", m.toolchain, n.toolchain)
	}
	return cmp.Or(factDifference("other", m.others, n.others), factDifference("require", m.requires, n.requires),
		factDifference("replace", m.replaces, n.replaces), factDifference("use", m.uses, n.uses))
}

func factDifference[T comparable](verb string, want, have []T) string {
	count := map[T]int{}
	for _, f := range want {
		count[f]++
	}
	for _, f := range have {
		if count[f] == 0 {
			return fmt.Sprintf("%s lines: unwanted: %v", verb, f)
		}
		count[f]--
	}
	for _, f := range want {
		if count[f] > 0 {
			return fmt.Sprintf("%s lines: missing: %v", verb, f)
		}
	}
	return ""
}

// isSettled reports whether a file stands as the go command would write it: rewriting it, as go mod tidy and go work
// use do with every file, changes nothing but line ends.
func isSettled(file string, data []byte) bool {
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	if !bytes.HasSuffix(data, []byte("\n")) {
		data = slices.Concat(data, []byte("\n"))
	}
	if isWorkFile(file) {
		f, err := modfile.ParseWork(file, data, nil)
		if err != nil {
			return false
		}
		f.SortBlocks()
		f.Cleanup()
		return bytes.Equal(modfile.Format(f.Syntax), data)
	}
	f, err := modfile.Parse(file, data, nil)
	if err != nil || len(f.Syntax.Stmt) == 0 {
		return false
	}
	seen := map[string]bool{}
	for _, r := range f.Require {
		if seen[r.Mod.Path] {
			return false
		}
		seen[r.Mod.Path] = true
	}
	if f.Go != nil && separatesIndirect(f.Go.Version) {
		f.SetRequireSeparateIndirect(f.Require)
	} else {
		f.SetRequire(f.Require)
	}
	f.Cleanup()
	return bytes.Equal(modfile.Format(f.Syntax), data)
}
