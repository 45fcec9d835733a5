package imports

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// A literal is the quoted path of an import.
type literal struct {
	text string // with its quotes
	off  int
}

// A scan reads the imports of a Go file as the go command does before it parses anything (cmd/go/internal/imports,
// ReadImports): semicolons are spaces, and the imports before an error of syntax count. It takes a tenth of the time of
// go/parser; where that finds no error, both find the same.
type scan struct {
	src      []byte
	off      int
	literals []literal
	err      string // the first error of syntax, at off
	cut      bool   // src ended before it was sure that no import follows
}

// bom may stand before all else.
const bom = "\ufeff"

// scanImports reads the imports at the head of a Go file.
func scanImports(src []byte) *scan {
	s := &scan{src: src, cut: len(src) < len(bom)}
	if bytes.HasPrefix(src, []byte(bom)) {
		s.off = len(bom)
	}
	s.keyword("package")
	s.skip()
	s.name()
	for s.skip() == 'i' {
		s.keyword("import")
		if s.skip() != '(' {
			s.one()
			continue
		}
		s.off++
		for c := s.skip(); c != ')' && s.err == ""; c = s.skip() {
			s.one()
		}
		s.off++
	}
	return s
}

// fail records the first error.
func (s *scan) fail(expected string) {
	if s.err == "" {
		s.err = "expected " + expected
	}
}

// skip goes to the next byte that belongs to neither space nor comment and returns it, 0 if there is none or there was
// an error.
func (s *scan) skip() byte {
	for s.err == "" && s.off < len(s.src) {
		switch c := s.src[s.off]; c {
		case ' ', '\t', '\n', '\r', '\f', ';':
			s.off++
		case '/':
			s.comment()
		default:
			return c
		}
	}
	s.cut = s.cut || s.err == ""
	return 0
}

// comment goes behind a comment.
func (s *scan) comment() {
	rest, open, end := s.src[s.off:], "//", "\n"
	switch {
	case bytes.HasPrefix(rest, []byte("/*")):
		open, end = "/*", "*/"
	case !bytes.HasPrefix(rest, []byte("//")):
		s.cut = s.cut || len(rest) == 1
		s.fail("a declaration")
		return
	}
	i := bytes.Index(rest[len(open):], []byte(end))
	if i >= 0 {
		s.off += len(open) + i + len(end)
		return
	}
	s.cut = true
	if open == "/*" {
		s.fail("the end of a comment")
		return
	}
	s.off = len(s.src)
}

// keyword goes behind a word that has to stand next.
func (s *scan) keyword(word string) {
	s.skip()
	if s.err != "" {
		return
	}
	rest := s.src[s.off:]
	if !bytes.HasPrefix(rest, []byte(word)) || len(rest) > len(word) && inName(rest[len(word)]) {
		s.cut = s.cut || strings.HasPrefix(word, string(rest))
		s.fail(word)
		return
	}
	s.off += len(word)
}

// name goes behind an identifier.
func (s *scan) name() {
	start := s.off
	for s.off < len(s.src) && inName(s.src[s.off]) {
		s.off++
	}
	if s.off == start {
		s.fail("a name")
	}
}

func inName(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c >= utf8.RuneSelf
}

// one reads an import: a name or a dot if there is one, and a string.
func (s *scan) one() {
	switch c := s.skip(); {
	case c == '.':
		s.off++
	case c != 0 && inName(c):
		s.name()
	}
	quote := s.skip()
	if s.err != "" {
		return
	}
	if quote != '"' && quote != '`' {
		s.fail("the path of an import")
		return
	}
	for i := s.off + 1; i < len(s.src); i++ {
		switch c := s.src[i]; {
		case c == quote:
			s.literals = append(s.literals, literal{string(s.src[s.off : i+1]), s.off})
			s.off = i + 1
			return
		case quote == '"' && c == '\n':
			s.fail("the end of a string")
			return
		case quote == '"' && c == '\\':
			i++
		}
	}
	s.cut = true
	s.fail("the end of a string")
}
