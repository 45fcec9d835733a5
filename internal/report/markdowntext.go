package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarkdownLines is how many lines of one kind Markdown shows: comments and step summaries have limits.
const maxMarkdownLines = 200

// An mdPage is Markdown on its way; items are cut where a heading has too many.
type mdPage struct {
	b     strings.Builder
	items int
}

func (m *mdPage) line(format string, args ...any) { fmt.Fprintf(&m.b, format+"\n", args...) }

func (m *mdPage) heading(text string) {
	m.end()
	m.line("")
	m.line("### %s", text)
	m.line("")
}

func (m *mdPage) item(format string, args ...any) {
	if m.items++; m.items <= maxMarkdownLines {
		m.line("- "+format, args...)
	}
}

// end counts what was left out under the last heading.
func (m *mdPage) end() {
	if n := m.items - maxMarkdownLines; n > 0 {
		m.line("- %s", countMore(n))
	}
	m.items = 0
}

// mdRow is a row of a table. A bar, which would end a cell even in code, is shown as Go writes it in a string.
func mdRow(cells ...string) string {
	var out strings.Builder
	for _, cell := range cells {
		out.WriteString("| " + strings.ReplaceAll(cell, "|", `\x7c`) + " ")
	}
	return out.String() + "|"
}

// mdCode shows a text from a file as code, in which Markdown has no marks, no HTML, no mentions and no links.
func mdCode(s string) string {
	s = Escape(s)
	if strings.TrimSpace(s) == "" {
		return `""`
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// mdText shows prose that may quote files. Words of letters stay as they are, and so do numbers; whatever else could
// mean something to Markdown, HTML or the server that shows it, such as a path, a version or a name with an @, is code,
// and what stands in quotes and has such a word is code as a whole.
func mdText(s string) string {
	parts := strings.Split(s, `"`)
	var out strings.Builder
	for i, part := range parts {
		words := mdWords(part)
		switch quoted := i%2 == 1 && i < len(parts)-1; {
		case quoted && strings.Contains(words, "`"):
			out.WriteString(mdCode(part))
		case quoted:
			out.WriteString(`"` + words + `"`)
		default:
			if i%2 == 1 { // a quote without its end
				out.WriteString(`"`)
			}
			out.WriteString(words)
		}
	}
	return strings.TrimSpace(out.String())
}

// mdWords is mdText where there are no quotes; a space at either end stays one.
func mdWords(s string) string {
	words := strings.Fields(s)
	for i, word := range words {
		core := strings.TrimLeft(word, "(")
		before := word[:len(word)-len(core)]
		core = strings.TrimRight(core, ".,;:)")
		after := word[len(before)+len(core):]
		switch {
		case core == "" && len(word) > 1:
			words[i] = mdCode(word) // punctuation that may be a mark
		case core != "" && !isPlain(core, after):
			words[i] = before + mdCode(core) + after
		}
	}
	text := strings.Join(words, " ")
	if strings.TrimLeftFunc(s, unicode.IsSpace) != s {
		text = " " + text
	}
	if strings.TrimRightFunc(s, unicode.IsSpace) != s && len(words) > 0 {
		text += " "
	}
	return text
}

// isPlain reports whether a word means nothing but itself. A number with a period could begin a list.
func isPlain(word, after string) bool {
	if strings.Trim(word, "0123456789") == "" {
		return !strings.HasPrefix(after, ".") && !strings.HasPrefix(after, ")")
	}
	hexadecimal := true
	for i, r := range word {
		inner := i > 0 && i+utf8.RuneLen(r) < len(word)
		if !unicode.IsLetter(r) && !(inner && (r == '-' || r == '\'')) {
			return false
		}
		hexadecimal = hexadecimal && strings.ContainsRune("abcdefABCDEF", r)
	}
	return !hexadecimal || len(word) < 7 // a commit, else
}

// mdNames shows names as code, the first few of them, with a separator between them.
func mdNames(names []string, most int, separator string) string {
	var out []string
	for i, name := range names {
		if i == most-1 && len(names) > most {
			out = append(out, countMore(len(names)-i))
			break
		}
		out = append(out, mdCode(clipped(name)))
	}
	return strings.Join(out, separator)
}

// clipped shortens a text that no cell can hold.
func clipped(s string) string {
	const most = 300
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + cutMark
}
