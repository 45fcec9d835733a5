package policy

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Edits of the exceptions in a policy file. They are edits of its text: every byte that an edit is not about stays as
// it is, comments, order, quotes and line ends. The edited text is decoded again and held against what was meant; where
// the two differ, which only an unusual notation can bring about, nothing is edited.

// ExceptionEdits are changes to the exceptions of a policy file.
type ExceptionEdits struct {
	Remove []string  // ids
	Renew  []Renewal // none of those that are removed
	Add    []NewException
}

// A Renewal gives an exception new dates.
type Renewal struct {
	ID      string
	Created Date // zero: stays as it is
	Expires Date
}

// A NewException is an exception that a file does not have yet. What is empty is left out.
type NewException struct {
	ID, Policy, Rule     string
	Dep, Modules         []string // terms of selectors
	Reason, Owner, Issue string
	Created, Expires     Date
}

// ErrNotEditable is matched by the errors of EditExceptions for files that are valid, but written in a way that it does
// not know how to edit.
var ErrNotEditable = errors.New("edit it by hand")

// EditExceptions returns the text of a policy file after the edits. An exception that is removed goes with the comments
// inside it and those that stand directly above it at its own indentation. If the last one goes, "exceptions: []" is
// left. New ones come last, in the style of the one before them. The error is *FileErrors if the file, before or after,
// is no valid policy; it matches ErrNotEditable if the text cannot be edited.
func EditExceptions(file string, data []byte, e ExceptionEdits) ([]byte, error) {
	before, err := Parse(file, data)
	if err != nil {
		return nil, err
	}
	want, err := expected(before.Exceptions, e)
	if err != nil {
		return nil, err
	}
	text, err := removeAndRenew(before, data, e)
	if err != nil {
		return nil, err
	}
	if text, err = add(file, text, e.Add); err != nil {
		return nil, err
	}
	after, err := Parse(file, text)
	var invalid *FileErrors
	switch {
	case errors.As(err, &invalid) && len(e.Add)+len(e.Renew) == 0:
		return nil, notEditable("the text would not be valid without it: %s", invalid.Errors[0].Message)
	case err != nil:
		return nil, err
	}
	if where := differs(before, after, want); where != "" {
		return nil, notEditable("the text around %s is written in a way that modgov does not edit", where)
	}
	return text, nil
}

// notEditable is an error that matches ErrNotEditable and says why.
func notEditable(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), ErrNotEditable)
}

func removeAndRenew(p *Policy, data []byte, e ExceptionEdits) ([]byte, error) {
	if len(e.Remove) == 0 && len(e.Renew) == 0 {
		return data, nil
	}
	t, err := newPolicyText(p.File, data)
	if err != nil {
		return nil, err
	}
	remove := make([]bool, len(p.Exceptions))
	for i := range p.Exceptions {
		remove[i] = slices.Contains(e.Remove, p.Exceptions[i].ID)
	}
	if err := t.remove(remove); err != nil {
		return nil, err
	}
	for _, r := range e.Renew {
		i := slices.IndexFunc(p.Exceptions, func(x Exception) bool { return x.ID == r.ID })
		if err := t.renew(i, r); err != nil {
			return nil, err
		}
	}
	return t.edited(), nil
}

// A policyText is the text of a policy file, with what YAML makes of it and the changes that are to be made.
type policyText struct {
	src    *source
	bom    string
	text   string // without bom
	eol    string
	starts []int // offset of each line
	root   *yaml.Node
	key    *yaml.Node // "exceptions", nil if the file does not have it
	list   *yaml.Node // its value
	cuts   []cut
}

// A cut takes text out and puts other text in its place.
type cut struct {
	from, to int
	insert   string
}

func newPolicyText(file string, data []byte) (*policyText, error) {
	report := &FileErrors{}
	t := &policyText{src: newSource(file, data, report), eol: "\n"}
	if t.root = t.src.load(report); t.root == nil {
		return nil, report.err()
	}
	t.text = string(t.src.data)
	t.bom = strings.TrimSuffix(string(data), t.text)
	if i := strings.IndexByte(t.text, '\n'); i > 0 && t.text[i-1] == '\r' {
		t.eol = "\r\n"
	}
	t.index()
	for i := 0; i+1 < len(t.root.Content); i += 2 {
		if t.root.Content[i].Value == "exceptions" {
			t.key, t.list = t.root.Content[i], t.root.Content[i+1]
		}
	}
	return t, nil
}

// index notes where the lines begin.
func (t *policyText) index() {
	t.starts = []int{0}
	for i := range len(t.text) {
		if t.text[i] == '\n' {
			t.starts = append(t.starts, i+1)
		}
	}
}

// edited returns the text with all changes made.
func (t *policyText) edited() []byte {
	slices.SortStableFunc(t.cuts, func(a, b cut) int { return cmp.Compare(a.from, b.from) })
	var b strings.Builder
	b.WriteString(t.bom)
	at := 0
	for _, c := range t.cuts {
		b.WriteString(t.text[at:max(at, c.from)])
		b.WriteString(c.insert)
		at = max(at, c.to)
	}
	b.WriteString(t.text[at:])
	return []byte(b.String())
}

func (t *policyText) cut(from, to int, insert string) { t.cuts = append(t.cuts, cut{from, to, insert}) }

// offset is where a node begins.
func (t *policyText) offset(n *yaml.Node) int {
	pos := t.src.start(n)
	return t.starts[pos.Line-1] + pos.Col - 1
}

// lineStart is the offset of a line, counted from 1; the end of the text for those behind the last one.
func (t *policyText) lineStart(line int) int {
	if line > len(t.starts) {
		return len(t.text)
	}
	return t.starts[line-1]
}

func isFlow(n *yaml.Node) bool { return n.Style&yaml.FlowStyle != 0 }

// indentOf is the number of blanks before the first character of a line.
func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

func isBlank(line string) bool { return strings.TrimSpace(line) == "" }

func isComment(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " \t"), "#") }

// flowEnd returns the offset behind the [...] or {...} that begins at i, -1 if it does not end.
func flowEnd(text string, i int) int {
	depth, fresh := 0, true // fresh: a quote here begins quoted text
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case fresh && (c == '"' || c == '\''):
			i += quotedLength(text[i:]) - 1
			fresh = false
		case c == '#' && i > 0 && strings.IndexByte(" \t\n", text[i-1]) >= 0:
			end := strings.IndexByte(text[i:], '\n')
			if end < 0 {
				return -1
			}
			i += end
		case c == '[' || c == '{':
			depth, fresh = depth+1, true
		case c == ']' || c == '}':
			if depth--; depth == 0 {
				return i + 1
			}
			fresh = false
		case c == ',' || c == ':':
			fresh = true
		case c != ' ' && c != '\t' && c != '\r' && c != '\n':
			fresh = false
		}
	}
	return -1
}
