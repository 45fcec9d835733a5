package repo

import (
	"bytes"
	"strings"
)

const (
	ignoreFile = ".gitignore"
	specials   = `*?[\` // what makes a pattern a glob
)

// ignoreRules are the patterns of one ignore file and, through up, of those that count less. The zero pointer has no
// rules. Rules do not change once made; they are shared between directories and goroutines.
//
// go-git's own matcher is not used: it lets a pattern for a directory speak for the files below it, so the common
// "ignore all but" list (*, !*/, !*.go) hides nothing there, and it answers differently from git on "**" and
// on bracket expressions.
type ignoreRules struct {
	up       *ignoreRules
	base     string // directory of the ignore file, relative to the base of the walk: "" or "a/b"
	patterns []ignorePattern
	fold     bool // core.ignoreCase
	all      bool // everything here is ignored: the directory lies below an ignored one
}

// ignorePattern is one line. A name that starts with literal and goes on as rest says is meant.
type ignorePattern struct {
	literal string   // the text before the first special character
	rest    []string // the glob after it, in segments; nil if there is none
	suffix  string   // the rest is a star and this text: "*.o", the one kind of glob that is common
	negated bool     // a leading "!": not ignored after all
	dirOnly bool     // a trailing "/": directories only
	whole   bool     // a "/" inside: matched against the path from base, else against the last element
}

// with adds the lines of an ignore file of directory base, which count more than those of r.
func (r *ignoreRules) with(base string, data []byte, fold bool) *ignoreRules {
	patterns := parseIgnore(data, fold)
	if len(patterns) == 0 {
		return r
	}
	return &ignoreRules{up: r, base: base, patterns: patterns, fold: fold}
}

// ignoresAll reports whether nothing that is not tracked counts.
func (r *ignoreRules) ignoresAll() bool { return r != nil && r.all }

// ignores reports whether the rules hide name, a slash path relative to the base of the walk. Its parents are taken
// as not ignored: below an ignored directory nothing is asked.
func (r *ignoreRules) ignores(name string, isDir bool) bool {
	if r == nil {
		return false
	}
	if r.fold {
		name = lowerASCII(name)
	}
	last := name[strings.LastIndexByte(name, '/')+1:]
	for ; r != nil; r = r.up {
		if r.all {
			return true
		}
		rel := name
		if r.base != "" {
			rel = name[len(r.base)+1:] // rules are only asked about what lies below them
		}
		for i := len(r.patterns) - 1; i >= 0; i-- {
			if p := &r.patterns[i]; p.matches(rel, last, isDir) {
				return !p.negated
			}
		}
	}
	return false
}

func (p *ignorePattern) matches(rel, last string, isDir bool) bool {
	if p.dirOnly && !isDir {
		return false
	}
	name := last
	if p.whole {
		name = rel
	}
	tail, ok := strings.CutPrefix(name, p.literal)
	if !ok {
		return false
	}
	switch {
	case p.rest == nil:
		return tail == ""
	case p.suffix != "":
		return strings.HasSuffix(tail, p.suffix)
	case p.whole:
		return matchPath(p.rest, tail)
	}
	return matchName(p.rest[0], tail)
}

// parseIgnore reads the lines of an ignore file as git's dir.c does: a byte order mark and a carriage return at the
// end of a line are dropped, and so are spaces at the end unless escaped. There are no errors: a line that makes no
// sense matches nothing.
func parseIgnore(data []byte, fold bool) []ignorePattern {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var patterns []ignorePattern
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		line = bytes.TrimSuffix(line, []byte("\r"))
		if i := bytes.IndexByte(line, 0); i >= 0 {
			line = line[:i]
		}
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		text := trimSpaces(string(line))
		if fold {
			text = lowerASCII(text)
		}
		if p, ok := parsePattern(text); ok {
			patterns = append(patterns, p)
		}
	}
	return patterns
}

func parsePattern(text string) (ignorePattern, bool) {
	var p ignorePattern
	text, p.negated = strings.CutPrefix(text, "!")
	text, p.dirOnly = strings.CutSuffix(text, "/")
	p.whole = strings.Contains(text, "/")
	text = strings.TrimPrefix(text, "/")
	if text == "" {
		return p, false
	}
	// Git compares the literal start by itself and globs the rest, so that in "a**/b" the stars count as if a
	// slash stood before them. Cutting here gives the same answers.
	special := strings.IndexAny(text, specials)
	if special < 0 {
		p.literal = text
		return p, true
	}
	p.literal, text = text[:special], text[special:]
	if p.whole {
		p.rest = splitGlob(text)
		return p, true
	}
	p.rest = []string{text}
	if text[0] == '*' && !strings.ContainsAny(text[1:], specials) {
		p.suffix = text[1:]
	}
	return p, true
}

// trimSpaces drops trailing spaces that no backslash protects.
func trimSpaces(s string) string {
	end := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case ' ':
			continue
		case '\\':
			if i+1 == len(s) {
				return s
			}
			i++
		}
		end = i + 1
	}
	return s[:end]
}

// lowerASCII folds case as git does with core.ignoreCase: ASCII letters only.
func lowerASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
