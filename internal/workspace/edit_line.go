package workspace

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// fact returns what an item of a verb without edits of its own says, as meaning has it: "exclude example.com/a v1.0.0",
// "retract v1.0.0 v1.2.0", "tool example.com/a/cmd", "godebug name value".
func (l *textLine) fact() string {
	words := []string{l.verb}
	for i := range l.args {
		word := l.arg(i)
		switch l.verb {
		case "retract":
			if strings.Trim(word, "[],") == "" {
				continue
			}
			word = canonicalVersion(word)
		case "exclude":
			if i == 1 {
				word = canonicalVersion(word)
			}
		case "godebug":
			if key, value, ok := strings.Cut(word, "="); ok {
				words, word = append(words, key), value
			}
		}
		words = append(words, word)
	}
	if l.verb == "retract" && len(words) == 2 {
		words = append(words, words[1])
	}
	return strings.Join(words, " ")
}

// checkLine accepts the lines that AddLine and DropLine know.
func checkLine(line string) error {
	words := strings.Split(line, " ")
	want := map[string]int{"exclude": 3, "retract": 3, "tool": 2, "ignore": 2, "godebug": 3}[words[0]]
	if want == 0 || len(words) < want || words[0] != "ignore" && words[0] != "godebug" && len(words) != want {
		return fmt.Errorf("no line that can be added or dropped: %q", line)
	}
	return nil
}

// addLine adds a line behind the last of its kind.
func (d *document) addLine(line string) {
	verb, rest, _ := strings.Cut(line, " ")
	if slices.ContainsFunc(d.items(verb), func(l *textLine) bool { return l.fact() == line }) {
		return
	}
	first, second, _ := strings.Cut(rest, " ")
	var body string
	switch verb {
	case "exclude":
		body = modfile.AutoQuote(first) + " " + second
	case "retract":
		if body = first; first != second {
			body = "[" + first + ", " + second + "]"
		}
	case "godebug":
		body = first + "=" + second
	default:
		body = modfile.AutoQuote(rest)
	}
	h := home{lastStmt(d.stmts(verb), func(stmt) bool { return true }), joinStmt}
	if h.stmt == nil {
		h = home{d.lastOf("require", "exclude", "replace"), afterStmt}
	}
	if h.stmt == nil {
		h = home{d.header(), afterStmt}
	}
	d.put(verb, body, h)
}

func (d *document) dropLine(line string) {
	verb, _, _ := strings.Cut(line, " ")
	lines := slices.DeleteFunc(d.items(verb), func(l *textLine) bool { return l.fact() != line })
	d.drop(lines)
}
