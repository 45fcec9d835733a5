package imports

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/modgov/modgov/internal/workspace"
)

// Imports stand at the head of a file. Of a Go file that much is read at once, which is nearly always enough, and no
// more than maxHead, in bytes.
const (
	usualHead = 16 << 10
	maxHead   = 1 << 20
)

// maxPath is how long an import path may be, in bytes. Each of its prefixes is looked up.
const maxPath = 1 << 10

// readFile returns the imports of a Go file, in order, and the first error of syntax before their end. The file is
// opened as target; name is what positions say. buf is at hand for its bytes.
func readFile(fsys fs.FS, target, name string, buf []byte) (specs []spec, bad *workspace.FileError, err error) {
	f, err := fsys.Open(target)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close() // it was only read
	n, err := f.Read(buf)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	head := buf[:n]
	s := scanImports(head)
	if s.cut {
		rest, err := io.ReadAll(io.LimitReader(f, int64(maxHead-n)))
		if err != nil {
			return nil, nil, err
		}
		head = append(bytes.Clone(head), rest...)
		s = scanImports(head)
	}
	specs, bad = s.specs(name)
	return specs, bad, nil
}

// specs turns what was scanned into imports. A file that no build uses has none. The name says what the head does not:
// whether it is a test, and its platform.
func (s *scan) specs(name string) (specs []spec, bad *workspace.FileError) {
	used, constrained := constraints(s.src)
	if !used {
		return nil, nil
	}
	base := strings.TrimSuffix(path.Base(name), ".go")
	when := Always
	isC := func(l literal) bool { return l.text == `"C"` || l.text == "`C`" }
	switch {
	case strings.HasSuffix(base, "_test"):
		when = InTests
	case constrained || namesPlatform(base) || slices.ContainsFunc(s.literals, isC):
		when = Sometimes
	}
	at := places{file: name, src: s.src}
	for _, l := range s.literals {
		p, err := strconv.Unquote(l.text)
		if err != nil || len(p) > maxPath || p == "C" || underAny(p, "appengine", "appengine_internal") {
			continue // go knows these without looking, or finds nothing
		}
		pos := at.of(l.off)
		pos.End = pos.Col + len(l.text)
		specs = append(specs, spec{path: p, when: when, std: mayBeStandard(p), pos: pos})
	}
	if s.err != "" {
		bad = &workspace.FileError{Pos: at.of(min(s.off, len(s.src))), Msg: s.err}
	}
	return specs, bad
}

// places finds lines and columns in a file for offsets that ascend.
type places struct {
	file       string
	src        []byte
	line, head int // the lines before the last place, and where its line begins
	off        int
}

func (p *places) of(off int) workspace.Position {
	passed := p.src[p.off:off]
	p.line += bytes.Count(passed, []byte("\n"))
	if i := bytes.LastIndexByte(passed, '\n'); i >= 0 {
		p.head = p.off + i + 1
	}
	p.off = off
	return workspace.Position{File: p.file, Line: p.line + 1, Col: off - p.head + 1}
}

// underAny reports whether a package is one of these or below. cmd/go as well leaves out the names of old App Engine.
func underAny(p string, dirs ...string) bool {
	for _, dir := range dirs {
		if p == dir || strings.HasPrefix(p, dir+"/") {
			return true
		}
	}
	return false
}

// mayBeStandard reports whether a package or module path may belong to the standard library: nothing else is meant to
// have a first element without a dot, and there is no list of the standard library to ask, since nobody knows which
// version of Go will build this.
func mayBeStandard(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return !strings.Contains(first, ".")
}
