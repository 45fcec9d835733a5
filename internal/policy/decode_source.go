package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/modgov/modgov/internal/workspace"
)

// maxFileSize is the largest policy or CODEOWNERS file that is read, in bytes.
const maxFileSize = 1 << 20

// A source is the text of a file, cut into lines, from which positions and excerpts are made.
type source struct {
	file    string
	data    []byte
	lines   []string        // without line ends
	ascii   bool            // no line has other text
	columns map[int][]int32 // by line number, of lines with non-ASCII text: byte offset of each rune
}

// newSource checks that data is text that an editor would show as we count it: UTF-8 (a byte order mark is
// dropped), lines that end in LF or CRLF, no control characters, no merge markers. What is wrong goes to report.
func newSource(file string, data []byte, report *FileErrors) *source {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	s := &source{file: file, data: data, ascii: utf8.RuneCount(data) == len(data), columns: map[int][]int32{}}
	if len(data) > maxFileSize {
		report.add(FileError{
			Pos:     workspace.Position{File: file},
			Message: fmt.Sprintf("the file has %d bytes, more than the %d that are read", len(data), maxFileSize),
			Hint:    "globs and sets say more with less",
		})
		return s
	}
	s.lines = make([]string, 0, 1+bytes.Count(data, []byte("\n")))
	for line := range strings.SplitSeq(string(data), "\n") {
		s.lines = append(s.lines, strings.TrimSuffix(line, "\r"))
	}
	for i, line := range s.lines {
		s.checkLine(i+1, line, report)
	}
	return s
}

// checkLine reports the first thing in a line that makes the file something else than plain text.
func (s *source) checkLine(number int, line string, report *FileErrors) {
	for _, marker := range []string{"<<<<<<<", "|||||||", ">>>>>>>"} {
		if strings.HasPrefix(line, marker) {
			s.report(report, s.at(number, 1, len(marker)), "merge conflict marker",
				"settle the conflict, then remove the markers")
			return
		}
	}
	for i, r := range line {
		message, hint := "", ""
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(line[i:], "\ufffd"):
			message, hint = "not UTF-8 text", "save the file as UTF-8"
		case r == '\u0085' || r == '\u2028' || r == '\u2029' || r == '\r':
			message, hint = fmt.Sprintf("line break %U inside a line", r), "end lines with LF or CRLF"
		case r < ' ' && r != '\t', r >= 0x7f && r < 0xa0:
			message, hint = fmt.Sprintf("control character %U", r), "remove it"
		default:
			continue
		}
		s.report(report, s.at(number, i+1, 1), message, hint)
		return
	}
}

// at returns the position of n bytes at a line and byte column.
func (s *source) at(line, col, n int) workspace.Position {
	return workspace.Position{File: s.file, Line: line, Col: col, End: col + n}
}

// line returns the text of a line, "" if there is none.
func (s *source) line(number int) string {
	if number < 1 || number > len(s.lines) {
		return ""
	}
	return s.lines[number-1]
}

// report adds an error with the text of its line.
func (s *source) report(errs *FileErrors, pos workspace.Position, message, hint string) {
	errs.add(FileError{Pos: pos, Line: s.line(pos.Line), Message: message, Hint: hint})
}

// load parses the text as one YAML document. It returns nil after it reported why there is none.
func (s *source) load(report *FileErrors) *yaml.Node {
	loader, err := yaml.NewLoader(bytes.NewReader(s.data))
	if err != nil {
		s.syntax(err, report)
		return nil
	}
	var doc, second yaml.Node
	if err := loader.Load(&doc); err != nil && !errors.Is(err, io.EOF) {
		s.syntax(err, report)
		return nil
	}
	if len(doc.Content) != 1 || isNull(doc.Content[0]) {
		s.report(report, s.at(1, 1, 0), "the file says nothing", "the shortest policy is: version: 1")
		return nil
	}
	switch err := loader.Load(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		s.syntax(err, report)
		return nil
	default:
		s.report(report, s.at(second.Line, 1, 3), "a second document starts here",
			"a policy file holds one document: remove the --- line and what does not belong to it")
		return nil
	}
	return doc.Content[0]
}

// syntax reports an error of the YAML library. Its words are kept, its position is made ours, and where the usual
// slips of the pen are to be seen in the text, a hint is given.
func (s *source) syntax(err error, report *FileErrors) {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		s.report(report, workspace.Position{File: s.file}, "not YAML: "+err.Error(), "")
		return
	}
	mark, message := load.Mark, "not YAML: "+load.Message
	if load.ContextMsg != "" {
		message += " " + load.ContextMsg
	}
	if load.ContextMark.Line > 0 && mark.Line > load.ContextMark.Line && s.line(mark.Line) == "" {
		mark = load.ContextMark // the end of the file says nothing, where the open thing began does
	}
	pos := workspace.Position{File: s.file}
	if mark.Line > 0 {
		col := s.byteColumn(mark.Line, mark.Column)
		pos = s.at(mark.Line, col, 1)
	}
	hint := syntaxHint(s.line(pos.Line), pos.Col)
	switch {
	case hint != "":
	case load.ContextMark.Line > 0 && load.ContextMark.Line < pos.Line:
		hint = fmt.Sprintf("it began on line %d", load.ContextMark.Line)
	case strings.Contains(load.ContextMsg, "quoted"):
		hint = "close the quotation mark"
	case strings.Contains(load.ContextMsg, "flow"):
		hint = "close it with } or ]"
	default:
		hint = "see whether the brackets and quotation marks before it are closed, and the lines equally indented"
	}
	s.report(report, pos, message, hint)
}

// syntaxHint knows the usual reasons for which a line is no YAML; col is where the library stopped.
func syntaxHint(line string, col int) string {
	if col < 1 || col > len(line) {
		return ""
	}
	rest, indent := line[col-1:], line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	switch {
	case line[0] == '%':
		return "remove the line: YAML directives mean nothing here"
	case strings.Contains(indent, "\t"):
		return "this line is indented with a tab: YAML takes spaces only"
	case rest[0] == '*':
		return `text that begins with * stands in quotes: "**"`
	case strings.ContainsRune("!@%`&", rune(rest[0])):
		return fmt.Sprintf("text that begins with %c stands in quotes", rest[0])
	case rest[0] == ':':
		return `text that contains ": " stands in quotes; a new key begins on a line of its own, equally indented`
	}
	return ""
}

// byteColumn turns a column of the YAML library, which counts characters, into one that counts bytes.
func (s *source) byteColumn(line, column int) int {
	if s.ascii {
		return column
	}
	offsets, seen := s.columns[line]
	if !seen {
		text := s.line(line)
		if utf8.RuneCountInString(text) != len(text) {
			for i := range text {
				offsets = append(offsets, int32(i))
			}
			offsets = append(offsets, int32(len(text)))
		}
		s.columns[line] = offsets
	}
	if column < 1 || column > len(offsets) {
		return column
	}
	return int(offsets[column-1]) + 1
}

// span returns the place of a node: all of it if it stands on one line, else what is on its first line.
func (s *source) span(n *yaml.Node) workspace.Position {
	if n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle == 0 && len(n.Content) > 1 {
		return s.pair(n.Content[0], n.Content[1])
	}
	pos := s.start(n)
	pos.End = pos.Col + valueLength(s.line(pos.Line), pos.Col-1, n)
	return pos
}

// pair returns the place of a key and, if it ends on the key's line, of its value.
func (s *source) pair(key, value *yaml.Node) workspace.Position {
	pos := s.start(key)
	pos.End = pos.Col + valueLength(s.line(pos.Line), pos.Col-1, key)
	block := value.Style&yaml.FlowStyle == 0 && (value.Kind == yaml.MappingNode || value.Kind == yaml.SequenceNode)
	if v := s.start(value); v.Line == pos.Line && !block {
		if n := valueLength(s.line(v.Line), v.Col-1, value); n > 0 {
			pos.End = v.Col + n
		}
	}
	return pos
}

func (s *source) start(n *yaml.Node) workspace.Position {
	return s.at(n.Line, s.byteColumn(n.Line, n.Column), 0)
}

// valueLength returns how many bytes of the line, from byte i on, belong to the value n that begins there.
func valueLength(line string, i int, n *yaml.Node) int {
	if i < 0 || i >= len(line) {
		return 0
	}
	text := line[i:]
	if rest, ok := strings.CutPrefix(text, "&"+n.Anchor+" "); ok && n.Anchor != "" {
		rest = strings.TrimLeft(rest, " ")
		plain := *n
		plain.Anchor = ""
		return len(text) - len(rest) + valueLength(rest, 0, &plain)
	}
	switch {
	case n.Kind == yaml.AliasNode:
		return min(1+len(n.Value), len(text))
	case text[0] == '"' || text[0] == '\'':
		return quotedLength(text)
	case text[0] == '[' || text[0] == '{':
		if end := flowEnd(text, 0); end >= 0 {
			return end
		}
		return len(text)
	case n.Value != "" && strings.HasPrefix(text, n.Value):
		return len(n.Value)
	case n.Value == "" && n.Anchor == "" && n.Style&yaml.TaggedStyle == 0:
		return 0
	}
	if comment := strings.Index(text, " #"); comment >= 0 {
		text = text[:comment]
	}
	return len(strings.TrimRight(text, " \t"))
}

// quotedLength returns the length of the quoted text at the start of s, all of s if it does not end there.
func quotedLength(s string) int {
	quote := s[0]
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quote == '"':
			i++
		case s[i] == quote && quote == '\'' && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return len(s)
}
