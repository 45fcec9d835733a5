package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestEscape(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                         "",
		"github.com/a/b v1.2.3":    "github.com/a/b v1.2.3",
		"日本語 café":                 "日本語 café",
		"\x1b[31mred\x1b[0m":       `\x1b[31mred\x1b[0m`,
		"\u009b31m":                `\u009b31m`, // the one-character form of the escape sequence
		"a\tb\nc\rd\x00e\x7f":      `a\tb\nc\rd\x00e\x7f`,
		"\xff\xc3":                 `\xff\xc3`,
		"txt.\u202egpj":            `txt.\u202egpj`,
		"\u2066x\u2069 \u200e":     `\u2066x\u2069 \u200e`,
		"zero\u200bwidth\ufeff":    `zero\u200bwidth\ufeff`,
		"\U000e0041 tag":           `\U000e0041 tag`,
		"no\u00a0break\u2028":      `no\u00a0break\u2028`,
		"::error::x":               `\x3a:error::x`,
		"a ::set-output name=b::c": `a \x3a:set-output name=b::c`,
		"a::b":                     "a::b",
		"##vso[task.complete]":     `#\x23vso[task.complete]`,
		"x##[group]y":              `x#\x23[group]y`,
		"###teamcity[a]":           `##\x23teamcity[a]`,
		"## heading":               "## heading",
		`back\slash`:               `back\slash`,
	} {
		got := Escape(in)
		if got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
		if again := Escape(got); again != got {
			t.Errorf("escaped twice, %q is %q", in, again)
		}
	}
}

// TestEscapeJSON shows that JSON stays the same document and has nothing that acts on a terminal.
func TestEscapeJSON(t *testing.T) {
	t.Parallel()
	in := "\x1b \u009b \u202e \U000e0041 \x7f 日本語 \U0001f600 ##vso[x] ## <a> & \"q\" \\ \n"
	var out bytes.Buffer
	if err := writeJSONLine(&out, map[string]string{"k": in}); err != nil {
		t.Fatal(err)
	}
	checkShown(t, out.String(), false)
	if !strings.Contains(out.String(), "日本語") || !strings.Contains(out.String(), "<a>") {
		t.Errorf("more is escaped than need be: %s", out.String())
	}
	var back map[string]string
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back["k"] != in {
		t.Errorf("read again it is %q, %v; want %q", back["k"], err, in)
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := Printable(&out)
	for _, part := range []string{"+\tone\x1b", "[31m\r\n-two\n", "rest\x07"} {
		if n, err := w.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if want := "+\tone\\x1b[31m\\r\n-two\nrest\\x07"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

// TestWriteErrors shows that no writer's error is lost.
func TestWriteErrors(t *testing.T) {
	t.Parallel()
	_, r, _ := recorded(t, "testdata/check/teams.txtar")
	full := failing{}
	p := Printable(full)
	_, printed := p.Write([]byte("line\n"))
	for name, err := range map[string]error{
		"text":      Write(full, "text", r, Options{}),
		"json":      Write(full, "json", r, Options{}),
		"why":       WriteWhy(full, "text", &Why{}, Options{}),
		"graph":     WriteGraph(full, "dot", nil, Selection{}),
		"printable": printed,
		"rule":      WriteRule(full, exampleRule(), Options{}),
	} {
		if !errors.Is(err, errFull) {
			t.Errorf("%s: got %v, want the error of the writer", name, err)
		}
	}
}

var errFull = errors.New("no space left on device")

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errFull }
