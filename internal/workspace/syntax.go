package workspace

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// A source is the text of a file, for positions: x/mod keeps where a line starts, not where its words do.
type source struct {
	file string
	data []byte
}

func newSource(file string, data []byte) *source { return &source{file, data} }

// position returns the place of data[from:to].
func (s *source) position(line, from, to int) Position {
	start := bytes.LastIndexByte(s.data[:from], '\n') + 1
	return Position{File: s.file, Line: line, Col: from - start + 1, End: to - start + 1}
}

// token returns the place of the n-th word of a line, counted from the end if n is negative.
func (s *source) token(l *modfile.Line, n int) Position {
	if n < 0 {
		n += len(l.Token)
	}
	return s.span(l, n, n)
}

// line returns the place of all words of a line.
func (s *source) line(l *modfile.Line) Position { return s.span(l, 0, len(l.Token)-1) }

// target returns the place of what stands after the arrow of a replace line.
func (s *source) target(l *modfile.Line) Position {
	for i, t := range l.Token {
		if t == "=>" && i+1 < len(l.Token) {
			return s.span(l, i+1, len(l.Token)-1)
		}
	}
	return s.line(l)
}

func (s *source) span(l *modfile.Line, first, last int) Position {
	off, from := l.Start.Byte, l.Start.Byte
	for i, t := range l.Token {
		k := bytes.Index(s.data[off:max(off, l.End.Byte)], []byte(t)) // the parser may have written it in another way
		if k < 0 || i > last {
			break
		}
		off += k
		if i == first {
			from = off
		}
		off += len(t)
	}
	return s.position(l.Start.Line, from, off)
}

// keepVersion keeps what is written, so that one version that only the network can resolve hides no other line. Of a
// canonical version it checks, as go does, that it fits the path: the target of a replace line too (go-semantics 1.23).
func keepVersion(path, version string) (string, error) {
	_, major, ok := module.SplitPathVersion(path)
	if !ok {
		return "", &module.ModuleError{Path: path, Err: &module.InvalidVersionError{
			Version: version, Err: fmt.Errorf("malformed module path %q", path),
		}}
	}
	if i := strings.Index(version, "-gopkgin-"); i >= 0 && strings.HasPrefix(path, "gopkg.in/") {
		version = version[i+len("-gopkgin-"):] // as early drafts of modules wrote it; go takes it silently
	}
	switch module.CanonicalVersion(version) {
	case version:
	case "":
		return "", errNotCanonical(version) // a branch, a commit, a word such as latest
	default:
		return version, nil // Module.check reports it
	}
	if err := module.CheckPathMajor(version, major); err != nil {
		return "", module.VersionError(module.Version{Path: path, Version: version}, err)
	}
	return version, nil
}

// errNotCanonical tells that go would have to look a version up in the network, and then rewrite the line
// (go-semantics 1.22).
func errNotCanonical(version string) error {
	return fmt.Errorf("version %q is not canonical: go must ask the network which version it means, and rewrite the line",
		version)
}

// checkModulePath says what go has against the path of a main module (go-semantics 1.34).
func checkModulePath(path string) error {
	if path == "go" || path == "toolchain" {
		return fmt.Errorf("invalid module path: %q", path)
	}
	return checkImportPath("module", path)
}

// checkImportPath checks the path of a module or a tool; kind stands in the error.
func checkImportPath(kind, path string) error {
	err := module.CheckImportPath(path)
	var invalid *module.InvalidPathError
	if errors.As(err, &invalid) {
		invalid.Kind = kind
	}
	return err
}

// fileErrors turns the parser's error list into ours.
func fileErrors(file string, err error) []*FileError {
	var list modfile.ErrorList
	if !errors.As(err, &list) {
		return []*FileError{{Pos: Position{File: file}, Msg: err.Error()}}
	}
	var out []*FileError
	for _, e := range list {
		msg := e.Err.Error()
		if e.Verb != "" {
			msg = e.Verb + ": " + msg
			if e.ModPath != "" {
				msg = e.Verb + " " + e.ModPath + ": " + e.Err.Error()
			}
		}
		out = append(out, &FileError{Pos: Position{File: file, Line: e.Pos.Line, Col: e.Pos.LineRune}, Msg: msg})
	}
	return out
}

// unreadable is the error of a file that exists and cannot be read; the path in err would name the file twice.
func unreadable(file string, err error) *FileError {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return &FileError{Pos: Position{File: file}, Msg: err.Error()}
}

// resolveDir returns the directory that a use or replace line means, relative to the root; base is the directory of the
// file with the line. Paths are joined by their text, as go joins them: links are not resolved (go-semantics 3.4).
func resolveDir(root, base, text string) string {
	text = filepath.ToSlash(text)
	if !path.IsAbs(text) && !filepath.IsAbs(text) {
		return path.Join(base, text)
	}
	if root == "" {
		return path.Clean(text)
	}
	rel, err := filepath.Rel(filepath.FromSlash(root), filepath.FromSlash(text))
	if err != nil {
		return path.Clean(text)
	}
	return strings.TrimSuffix(filepath.ToSlash(rel), "/")
}
