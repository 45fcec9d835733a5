package workspace

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/module"
)

// maxSumFile is the largest go.sum file that is read, in bytes.
const maxSumFile = 64 << 20

// emptyGoModSum is the hash of an empty go.mod file. An old bug wrote such lines for what is no module; go drops them
// wherever they stand (go-semantics 4.1).
const emptyGoModSum = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="

// A SumFile is what a go.sum or go.work.sum file says. It is immutable once ParseSum has returned and whoever called
// that has filled in Exists; Hashes is safe for concurrent use.
type SumFile struct {
	File string
	// Exists tells a file without lines from no file. ParseSum sets it; who knows that there is none takes it back.
	Exists bool
	// Lines are the lines in file order, for the order matters (go-semantics 4.3), duplicates included.
	Lines []SumLine
	// Bad are the lines that are none, in file order; go refuses the whole file for one of them.
	Bad []*FileError

	unordered bool // the paths of Lines do not ascend
	index     sync.Once
	byPath    []SumLine // Lines, stably sorted by path
}

// A SumLine is one line: a module version, or its go.mod file, and a hash. Nothing but their number is checked about
// its fields, as in go.
type SumLine struct {
	Mod  module.Version // Version ends in "/go.mod" for the hash of the go.mod file, as go has it
	Hash string         // "h1:…"
	Line int            // from 1
}

// ParseSum reads a go.sum or go.work.sum file with the grammar of the go command (go-semantics 4.1). It never fails:
// lines that go refuses are in Bad, merge conflict markers with a message of their own. A file of more than 64 MiB has
// no lines and one error. The result does not share memory with data.
func ParseSum(file string, data []byte) *SumFile {
	s := &SumFile{File: file, Exists: true}
	if len(data) > maxSumFile {
		s.bad(0, "file is larger than 64 MiB")
		return s
	}
	text := string(data)
	s.Lines = make([]SumLine, 0, strings.Count(text, "\n")+1)
	last := ""
	for n := 1; text != ""; n++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		path, version, hash, fields := sumFields(line)
		switch {
		case isMergeMarker(line):
			s.bad(n, fmt.Sprintf("malformed go.sum: merge conflict marker %.7q", line))
		case fields == 0 || hash == emptyGoModSum:
		case fields != 3:
			s.bad(n, fmt.Sprintf("malformed go.sum: wrong number of fields %d", fields))
		default:
			s.unordered = s.unordered || path < last
			last = path
			s.Lines = append(s.Lines, SumLine{module.Version{Path: path, Version: version}, hash, n})
		}
	}
	return s
}

func (s *SumFile) bad(line int, msg string) {
	s.Bad = append(s.Bad, &FileError{Pos: Position{File: s.File, Line: line}, Msg: msg})
}

// sumFields returns the first three fields of a line and how many there are. Nearly all lines are three words with one
// space between them; anything else is left to strings.Fields, which go uses.
func sumFields(line string) (path, version, hash string, n int) {
	path, rest, _ := strings.Cut(line, " ")
	version, hash, _ = strings.Cut(rest, " ")
	if isWord(path) && isWord(version) && isWord(hash) {
		return path, version, hash, 3
	}
	f := strings.Fields(line)
	if len(f) != 3 {
		return "", "", "", len(f)
	}
	return f[0], f[1], f[2], 3
}

// isWord reports whether a string is surely one field: not empty, printable ASCII without spaces.
func isWord(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != ""
}

// isMergeMarker reports whether git wrote the line between two sides of a conflict.
func isMergeMarker(line string) bool {
	if len(line) < 7 || strings.IndexByte("<=>|", line[0]) < 0 {
		return false
	}
	marker := strings.Repeat(line[:1], 7)
	return strings.TrimRight(line, "\r") == marker || strings.HasPrefix(line, marker+" ")
}

// Hashes returns the hashes of a module version in file order, duplicates included: of its zip, or with "/go.mod"
// behind the version, of its go.mod file. nil if there are none.
func (s *SumFile) Hashes(path, version string) []string {
	lines := s.Lines
	if s.unordered {
		s.index.Do(func() {
			s.byPath = slices.Clone(s.Lines)
			slices.SortStableFunc(s.byPath, func(a, b SumLine) int { return cmp.Compare(a.Mod.Path, b.Mod.Path) })
		})
		lines = s.byPath
	}
	i, _ := slices.BinarySearchFunc(lines, path, func(l SumLine, p string) int { return cmp.Compare(l.Mod.Path, p) })
	var out []string
	for ; i < len(lines) && lines[i].Mod.Path == path; i++ {
		if lines[i].Mod.Version == version {
			out = append(out, lines[i].Hash)
		}
	}
	return out
}
