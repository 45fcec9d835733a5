package report

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Escape makes a text from a file fit to stand in the output of a terminal or of a CI log, on one line. What cannot be
// seen is shown as Go writes it in a string: control characters and the escape sequences of terminals, characters
// that change the direction of text or have no width, spaces other than the common one, bytes that are no UTF-8. So is
// the first character of what CI systems take for a command: "::" at the start of a word (GitHub), "##[", "##vso["
// and "##teamcity[" anywhere (Azure, TeamCity). All else stays. Escaping twice changes nothing.
func Escape(s string) string {
	for i := 0; i < len(s); {
		text, size := escapeNext(s, i)
		if text == s[i:i+size] {
			i += size
			continue
		}
		var b strings.Builder
		b.WriteString(s[:i])
		for i < len(s) {
			text, size := escapeNext(s, i)
			b.WriteString(text)
			i += size
		}
		return b.String()
	}
	return s
}

// escapeNext returns what stands for the character at s[i] and how many bytes of s that is.
func escapeNext(s string, i int) (text string, size int) {
	c := s[i]
	switch {
	case c == ':' && strings.HasPrefix(s[i:], "::") && (i == 0 || s[i-1] == ' ' || s[i-1] == '\t'):
		return `\x3a`, 1
	case c == '#' && i > 0 && s[i-1] == '#' && isCommand(s[i+1:]):
		return `\x23`, 1
	case ' ' <= c && c <= '~':
		return s[i : i+1], 1
	case c == '\t':
		return `\t`, 1
	case c == '\n':
		return `\n`, 1
	case c == '\r':
		return `\r`, 1
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	switch {
	case r == utf8.RuneError && size == 1, r < 0x80:
		return fmt.Sprintf(`\x%02x`, c), 1
	case strconv.IsPrint(r):
		return s[i : i+size], size
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r), size
	}
	return fmt.Sprintf(`\U%08x`, r), size
}

// isCommand reports whether what follows "##" makes it a command: letters and a bracket.
func isCommand(rest string) bool {
	rest = strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	return strings.HasPrefix(rest, "[")
}

// Printable returns a writer that passes text on to w with each line escaped, tabs excepted. It holds back an
// unfinished line until that is finished or the writer is closed; closing does not close w. It is for what must keep
// its bytes in a file and must not reach a terminal with them: a diff.
func Printable(w io.Writer) io.WriteCloser { return &printable{w: w} }

type printable struct {
	w    io.Writer
	rest []byte
}

func (p *printable) Write(data []byte) (int, error) {
	p.rest = append(p.rest, data...)
	for {
		i := bytes.IndexByte(p.rest, '\n')
		if i < 0 {
			return len(data), nil
		}
		line := p.rest[:i]
		p.rest = p.rest[i+1:]
		if _, err := io.WriteString(p.w, escapeLine(string(line))+"\n"); err != nil {
			return 0, err
		}
	}
}

func (p *printable) Close() error {
	_, err := io.WriteString(p.w, escapeLine(string(p.rest)))
	p.rest = nil
	return err
}

func escapeLine(line string) string {
	fields := strings.Split(line, "\t")
	for i, f := range fields {
		fields[i] = Escape(f)
	}
	return strings.Join(fields, "\t")
}

// escapeJSON rewrites a JSON text so that it has none of the characters that Escape does not let through. They stand
// in strings only, where \u means the same; encoding/json escapes those below U+0020 itself.
func escapeJSON(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); {
		c := data[i]
		if c == '#' && i > 0 && data[i-1] == '#' && isCommand(string(data[i+1:min(len(data), i+32)])) {
			out = append(out, `\u0023`...)
			i++
			continue
		}
		if c < 0x7f {
			out = append(out, c)
			i++
			continue
		}
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case strconv.IsPrint(r):
			out = append(out, data[i:i+size]...)
		case r <= 0xffff:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
		i += size
	}
	return out
}
