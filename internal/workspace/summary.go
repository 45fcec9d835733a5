package workspace

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
)

// A Summary is what version selection needs to know of the go.mod file of a module that is not the main module:
// a module version from outside the repository, or the target directory of a replace line. Replaces and excludes
// of such a file never count (go-semantics 1.11, 1.13), so they are not in it. It is immutable once made and safe
// to share between goroutines.
type Summary struct {
	// Path is the path of the module line, "" if the file has none.
	Path string
	// Go is the version of the go line after the repair that go makes in files that are not the main module's
	// (go-semantics 1.21), "" if there is none.
	Go string
	// Requires holds the require lines in file order, duplicates kept, versions canonical (go-semantics 1.3, 1.22).
	Requires []module.Version
	// Indirect tells for each of Requires whether its line is marked as // indirect.
	Indirect []bool
	// Sum is the h1 hash of the raw bytes, as a go.sum line for PATH VERSION/go.mod holds it.
	Sum string
}

// ParseSummary reads a go.mod file laxly, as go reads the files of dependencies (go-semantics 1.20 to 1.23): only
// the module, go and require lines count, unknown directives are skipped, syntax errors are not. The file name
// stands in the errors only.
func ParseSummary(file string, data []byte) (*Summary, error) {
	s, ok := scanSummary(string(data))
	if !ok {
		var err error
		if s, err = parseSummary(file, data); err != nil {
			return nil, err
		}
	}
	var err error
	s.Sum, err = GoModSum(data)
	return s, err
}

// parseSummary leaves the syntax to modfile: whatever the go command accepts, and what is wrong in its words.
func parseSummary(file string, data []byte) (*Summary, error) {
	f, err := modfile.ParseLax(file, data, nil)
	if err != nil {
		return nil, err
	}
	s := &Summary{}
	if f.Module != nil {
		s.Path = f.Module.Mod.Path
	}
	if f.Go != nil {
		s.Go = f.Go.Version
	}
	for _, r := range f.Require {
		s.Requires = append(s.Requires, r.Mod)
		s.Indirect = append(s.Indirect, r.Indirect)
	}
	return s, nil
}

// scanSummary reads a file in the form that the go command writes, which nearly all have, many times faster than
// modfile, as it builds no syntax tree. It gives up on the first thing that is unusual or wrong: parseSummary then says
// what it means. Both agree wherever scanSummary has an answer; FuzzSummary holds it to that.
func scanSummary(text string) (*Summary, bool) {
	s := &Summary{}
	for block := ""; text != "" || block != ""; {
		if text == "" {
			return nil, false // the block has no end
		}
		var line string
		line, text, _ = strings.Cut(text, "\n")
		line, comment, _ := strings.Cut(line, "//")
		line = strings.Trim(line, " \t\r")
		verb, args := block, line
		if block == "" {
			verb, args = cutWord(line)
		}
		switch head, opens := strings.CutSuffix(line, "("); {
		case line == "":
		case block != "" && line == ")":
			block = ""
		case block == "" && opens:
			if block = strings.TrimRight(head, " \t"); block != "require" && !skippedVerb(block) {
				return nil, false
			}
		case !isPlain(line) || !skippedVerb(verb) && !s.add(verb, args, marksIndirect(comment)):
			return nil, false
		}
	}
	return s, true
}

// skippedVerb reports whether lines of a directive mean nothing in the file of a dependency, however they read on.
func skippedVerb(verb string) bool {
	switch verb {
	case "exclude", "replace", "retract", "toolchain", "tool", "godebug":
		return true
	}
	return false
}

// marksIndirect reports whether the comment behind a require line says that the module imports no package of what it
// requires: "indirect", also with more after a semicolon.
func marksIndirect(comment string) bool {
	if !strings.Contains(comment, "indirect") {
		return false
	}
	words := strings.Fields(comment)
	return words[0] == "indirect" && len(words) == 1 || words[0] == "indirect;" && len(words) > 1
}

// add takes a line that counts, and reports whether it is in its usual form.
func (s *Summary) add(verb, args string, indirect bool) bool {
	word, more := cutWord(args)
	if word == "" || strings.ContainsAny(args, "[]{},") {
		return false
	}
	switch {
	case verb == "module" && more == "" && s.Path == "":
		s.Path = word
		return true
	case verb == "go" && more == "" && s.Go == "" && modfile.GoVersionRE.MatchString(word):
		s.Go = word
		return true
	case verb == "require" && !strings.ContainsAny(more, " \t"):
		version := module.CanonicalVersion(more)
		_, major, ok := module.SplitPathVersion(word)
		if version == "" || !ok || module.CheckPathMajor(version, major) != nil {
			return false
		}
		s.Requires = append(s.Requires, module.Version{Path: word, Version: version})
		s.Indirect = append(s.Indirect, indirect)
		return true
	}
	return false
}

// cutWord splits a line after its first word.
func cutWord(line string) (word, rest string) {
	i := strings.IndexAny(line, " \t")
	if i < 0 {
		return line, ""
	}
	return line[:i], strings.TrimLeft(line[i:], " \t")
}

// isPlain reports whether nothing in a line asks for more than splitting it at blanks: no quotes, no parentheses, no
// start of a comment that modfile refuses, nothing but printable ASCII.
func isPlain(line string) bool {
	for i := range len(line) {
		switch c := line[i]; {
		case c < ' ' && c != '\t', c > '~', c == '"', c == '\'', c == '`', c == '(', c == ')':
			return false
		case c == '*' && i > 0 && line[i-1] == '/':
			return false
		}
	}
	return true
}

// GoModSum returns the h1 hash of the raw bytes of a go.mod file, as go.sum has it (go-semantics 4.4).
func GoModSum(data []byte) (string, error) {
	sum, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	})
	if err != nil {
		return "", fmt.Errorf("hash go.mod: %w", err)
	}
	return sum, nil
}
