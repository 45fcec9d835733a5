package policy

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// renew changes the dates of an exception, or gives it such.
func (t *policyText) renew(i int, r Renewal) error {
	if t.list.Kind != yaml.SequenceNode || t.list.Content[i].Kind != yaml.MappingNode {
		return notEditable("the exception %s is an alias", r.ID)
	}
	n := t.list.Content[i]
	for _, d := range []struct {
		key  string
		date Date
	}{{"created", r.Created}, {"expires", r.Expires}} {
		if d.date.IsZero() {
			continue
		}
		if v := valueOf(n, d.key); v != nil {
			if err := t.setDate(v, d.date); err != nil {
				return err
			}
		} else if err := t.addKey(i, d.key, d.date.String()); err != nil {
			return err
		}
	}
	return nil
}

// valueOf returns the value of a key, nil if there is no such key.
func valueOf(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// setDate replaces a date, inside its quotes if it has some.
func (t *policyText) setDate(v *yaml.Node, d Date) error {
	from := t.offset(v)
	if strings.IndexByte(`"'`, t.text[from]) >= 0 {
		from++
	}
	if v.Kind != yaml.ScalarNode || !strings.HasPrefix(t.text[from:], v.Value) {
		return notEditable("line %d: the date does not stand there in plain text", v.Line)
	}
	t.cut(from, from+len(v.Value), d.String())
	return nil
}

// addKey adds a key to an exception, as its last one.
func (t *policyText) addKey(i int, key, value string) error {
	n := t.list.Content[i]
	if isFlow(n) {
		from := t.offset(n)
		to := flowEnd(t.text, from)
		if to < 0 || t.text[from] != '{' {
			return notEditable("line %d: the exception is not plain {...}", n.Line)
		}
		at := len(strings.TrimRight(t.text[:to-1], " \t\r\n"))
		comma := ","
		if t.text[at-1] == ',' {
			comma = ""
		}
		t.cut(at, at, comma+" "+key+": "+value)
		return nil
	}
	_, last, err := t.itemLines(i)
	if err != nil {
		return err
	}
	for isComment(t.src.line(last)) {
		last--
	}
	t.insertLines(last, strings.Repeat(" ", n.Content[0].Column-1)+key+": "+value)
	return nil
}

// insertLines puts lines behind a line.
func (t *policyText) insertLines(after int, lines ...string) {
	at, text := t.lineStart(after+1), strings.Join(lines, t.eol)
	if at == len(t.text) && !strings.HasSuffix(t.text, "\n") { // the last line has no end, and keeps none
		t.cut(at, at, t.eol+text)
		return
	}
	t.cut(at, at, text+t.eol)
}

// add appends exceptions to a file.
func add(file string, data []byte, list []NewException) ([]byte, error) {
	for _, e := range list {
		t, err := newPolicyText(file, data)
		if err != nil {
			return nil, err
		}
		if err := t.add(e); err != nil {
			return nil, err
		}
		data = t.edited()
	}
	return data, nil
}

func (t *policyText) add(e NewException) error {
	indent := strings.Repeat(" ", t.root.Column-1)
	switch {
	case isFlow(t.root):
		return t.addToFlowFile(e)
	case t.key == nil:
		t.addSection(indent, e)
	case isNull(t.list):
		if t.list.Value != "" {
			from := t.offset(t.list)
			t.cut(from, from+len(t.list.Value), "")
		}
		t.insertLines(t.key.Line, e.block(indent+"  ", false)...)
	case t.list.Kind != yaml.SequenceNode:
		return notEditable("the list of exceptions is an alias")
	case isFlow(t.list):
		return t.addToFlow(indent, e)
	default:
		return t.addToBlock(e)
	}
	return nil
}

// addSection writes a new section at the end of the file.
func (t *policyText) addSection(indent string, e NewException) {
	last := t.documentEnd()
	for last > 1 && isBlank(t.src.line(last)) {
		last--
	}
	lines := append([]string{"", indent + "exceptions:"}, e.block(indent+"  ", false)...)
	t.insertLines(last, lines...)
}

// addToBlock writes a new item behind the last one, in the style of that.
func (t *policyText) addToBlock(e NewException) error {
	n := len(t.list.Content)
	first, last, err := t.itemLines(n - 1)
	if err != nil {
		return err
	}
	lines := e.block(strings.Repeat(" ", t.list.Column-1), isFlow(t.list.Content[n-1]))
	first = t.commentsAbove(first, t.key.Line, t.list.Column-1)
	if n > 1 && isBlank(t.src.line(first-1)) {
		lines = append([]string{""}, lines...)
	}
	t.insertLines(last, lines...)
	return nil
}

// addToFlow writes a new item into brackets; empty ones on one line become a list with dashes.
func (t *policyText) addToFlow(indent string, e NewException) error {
	from := t.offset(t.list)
	to := flowEnd(t.text, from)
	if to < 0 || t.text[from] != '[' {
		return notEditable("the list of exceptions is not a plain one")
	}
	n := len(t.list.Content)
	if n == 0 && !strings.Contains(t.text[from:to], "\n") {
		cutFrom := len(strings.TrimRight(t.text[:from], " "))
		t.cut(cutFrom, to, "")
		t.insertLines(t.list.Line, e.block(indent+"  ", false)...)
		return nil
	}
	if n == 0 {
		t.cut(from+1, from+1, e.flow())
		return nil
	}
	start, end := t.flowSpan(t.list.Content[n-1])
	if end < 0 {
		return notEditable("line %d: an exception in brackets is not {...}", t.list.Content[n-1].Line)
	}
	item := e.flow()
	if _, last, own := t.ownLines(cut{from: start, to: end}); own && last < len(t.starts) && t.starts[last] <= to {
		if rest := strings.TrimLeft(t.text[end:], " \t"); !strings.HasPrefix(rest, ",") {
			t.cut(end, end, ",")
		}
		t.insertLines(last, strings.Repeat(" ", t.list.Content[n-1].Column-1)+item+",")
		return nil
	}
	t.cut(end, end, ", "+item)
	return nil
}

// addToFlowFile writes into a file that is one {...}.
func (t *policyText) addToFlowFile(e NewException) error {
	if t.key != nil && t.list.Kind == yaml.SequenceNode && len(t.list.Content) > 0 {
		return t.addToFlow("", e)
	}
	if t.key != nil {
		if from := t.offset(t.list); t.list.Kind == yaml.SequenceNode && t.text[from] == '[' {
			t.cut(from+1, from+1, e.flow())
			return nil
		}
		return notEditable("the list of exceptions is not a plain one")
	}
	from := t.offset(t.root)
	to := flowEnd(t.text, from)
	if to < 0 || t.text[from] != '{' {
		return notEditable("the file is not a plain one")
	}
	at := len(strings.TrimRight(t.text[:to-1], " \t\r\n"))
	comma := ","
	if t.text[at-1] == ',' {
		comma = ""
	}
	t.cut(at, at, comma+` "exceptions": [`+e.flow()+"]")
	return nil
}

// pairs are the keys that the exception has, with their values as YAML, in the usual order.
func (e *NewException) pairs() [][2]string {
	var out [][2]string
	pair := func(key, value string) {
		if value != "" {
			out = append(out, [2]string{key, value})
		}
	}
	pair("id", scalar(e.ID))
	pair("policy", scalar(e.Policy))
	pair("rule", scalar(e.Rule))
	pair("dep", scalars(e.Dep))
	pair("modules", scalars(e.Modules))
	pair("reason", scalar(e.Reason))
	pair("owner", scalar(e.Owner))
	pair("issue", scalar(e.Issue))
	pair("created", e.Created.String())
	pair("expires", e.Expires.String())
	return out
}

// block writes the exception as an item with a dash: with a line for each key, or on one line.
func (e *NewException) block(indent string, oneLine bool) []string {
	if oneLine {
		return []string{indent + "- " + e.flow()}
	}
	var lines []string
	for i, p := range e.pairs() {
		mark := "  "
		if i == 0 {
			mark = "- "
		}
		lines = append(lines, indent+mark+p[0]+": "+p[1])
	}
	return lines
}

func (e *NewException) flow() string {
	var parts []string
	for _, p := range e.pairs() {
		parts = append(parts, p[0]+": "+p[1])
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// plainScalar matches text that means itself in YAML without quotes, wherever it stands.
var plainScalar = regexp.MustCompile(`^[A-Za-z0-9./][A-Za-z0-9_./@<>=~^+-]*$`)

// scalar writes text as YAML; what is not plainly text stands in quotes.
func scalar(text string) string {
	switch {
	case text == "":
		return ""
	case plainScalar.MatchString(text) && !isWord(text):
		return text
	case !utf8.ValidString(text):
		return strconv.QuoteToASCII(text) // what comes of it is not the text, and that is found out
	}
	return strconv.Quote(text)
}

// isWord reports whether YAML, of whatever version, could take a text for something else.
func isWord(text string) bool {
	switch strings.ToLower(text) {
	case "null", "true", "false", "yes", "no", "on", "off", "y", "n":
		return true
	}
	_, err := strconv.ParseFloat(text, 64)
	return err == nil || text[0] == '.' || '0' <= text[0] && text[0] <= '9'
}

// scalars writes a list; one value stands for a list of one.
func scalars(texts []string) string {
	if len(texts) == 1 {
		return scalar(texts[0])
	}
	var parts []string
	for _, s := range texts {
		parts = append(parts, scalar(s))
	}
	if parts == nil {
		return ""
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// exceptionNumber matches the ids that NextExceptionID counts.
var exceptionNumber = regexp.MustCompile(`^EX-([0-9]{1,6})$`)

// NextExceptionID returns an id for a new exception: EX-1, or what follows the highest of these that is taken.
func (p *Policy) NextExceptionID() string {
	highest := 0
	for id := range p.items {
		if m := exceptionNumber.FindStringSubmatch(id); m != nil {
			n, _ := strconv.Atoi(m[1]) // six digits are a number
			highest = max(highest, n)
		}
	}
	return "EX-" + strconv.Itoa(highest+1)
}
