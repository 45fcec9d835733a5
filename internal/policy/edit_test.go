package policy_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/modgov/modgov/internal/policy"
)

func date(t testing.TB, text string) policy.Date {
	t.Helper()
	d, err := policy.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// parseEdits reads lines: "remove ID", "renew ID DATE [CREATED]", "add ID RULE [DEP]".
func parseEdits(t *testing.T, text string) (e policy.ExceptionEdits) {
	t.Helper()
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		switch f[0] {
		case "remove":
			e.Remove = append(e.Remove, f[1])
		case "renew":
			r := policy.Renewal{ID: f[1], Expires: date(t, f[2])}
			if len(f) > 3 {
				r.Created = date(t, f[3])
			}
			e.Renew = append(e.Renew, r)
		case "add":
			e.Add = append(e.Add, policy.NewException{
				ID: f[1], Rule: f[2], Dep: f[3:], Reason: "because: it has to", Expires: date(t, "2027-01-31"),
			})
		default:
			t.Fatalf("unknown edit %q", line)
		}
	}
	return e
}

// Each case in testdata/edit shows what becomes of a file. What is said of it holds for every end of line, with and
// without a byte order mark, and where the last line has no end.
func TestEditExceptions(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/edit/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d cases: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			archive := txtar.Parse(data)
			section := func(name string) []byte {
				i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
				if i < 0 {
					archive.Files = append(archive.Files, txtar.File{Name: name})
					i = len(archive.Files) - 1
				}
				return archive.Files[i].Data
			}
			before, edits := section("before"), parseEdits(t, string(section("edits")))
			got := edited(before, edits)
			if want := section("want"); *update {
				archive.Files[len(archive.Files)-1].Data = got
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if !bytes.Equal(got, want) {
				t.Errorf("%s\ngot:\n%s\nwant:\n%s", archive.Comment, got, want)
			}
			if bytes.HasPrefix(got, []byte("error: ")) {
				return
			}
			crlf := func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }
			if again := edited(crlf(before), edits); !bytes.Equal(again, crlf(got)) {
				t.Errorf("with CRLF:\n%q", again)
			}
			bom := func(b []byte) []byte { return append([]byte("\ufeff"), b...) }
			if again := edited(bom(before), edits); !bytes.Equal(again, bom(got)) {
				t.Errorf("with a byte order mark:\n%q", again)
			}
			open := edited(bytes.TrimSuffix(before, []byte("\n")), edits)
			if !bytes.Equal(bytes.TrimRight(open, "\n"), bytes.TrimRight(got, "\n")) {
				t.Errorf("without a last newline:\n%q", open)
			}
		})
	}
}

func edited(before []byte, edits policy.ExceptionEdits) []byte {
	got, err := policy.EditExceptions("modgov.yaml", before, edits)
	if err != nil {
		return []byte("error: " + err.Error() + "\n")
	}
	return got
}

// What is no valid policy, before or after, is not edited, and the error says why.
func TestEditExceptionsRefuses(t *testing.T) {
	t.Parallel()
	good := "version: 1\nexceptions:\n  - {id: A, rule: version-skew}\n"
	for _, test := range []struct {
		name, before string
		edits        policy.ExceptionEdits
		want         string
	}{
		{"invalid before", "version: 2\n", policy.ExceptionEdits{}, "knows version 1"},
		{"unknown id", good, policy.ExceptionEdits{Remove: []string{"B"}}, `no exception "B"`},
		{"renewed and removed", good, policy.ExceptionEdits{
			Remove: []string{"A"}, Renew: []policy.Renewal{{ID: "A", Expires: date(t, "2027-01-01")}},
		}, `no exception "A"`},
		{"renewed twice", good, policy.ExceptionEdits{Renew: []policy.Renewal{{ID: "A"}, {ID: "A"}}}, "twice"},
		{"unknown rule", good, policy.ExceptionEdits{Add: []policy.NewException{{ID: "B", Rule: "no-rule"}}}, "no rule"},
		{"never waived", good, policy.ExceptionEdits{Add: []policy.NewException{{Rule: "sum-malformed"}}}, "never be waived"},
		{"taken id", good, policy.ExceptionEdits{Add: []policy.NewException{{ID: "A", Rule: "go-line"}}}, "already"},
		{"nothing waived", good, policy.ExceptionEdits{Add: []policy.NewException{{ID: "B"}}}, "what it waives"},
		{"unknown set", good, policy.ExceptionEdits{Add: []policy.NewException{
			{ID: "B", Rule: "go-line", Dep: []string{"set:none"}}}}, "no set"},
		{"bad selector", good, policy.ExceptionEdits{Add: []policy.NewException{
			{ID: "B", Rule: "go-line", Dep: []string{"a@x"}}}}, "constraint"},
		{"not text", good, policy.ExceptionEdits{Add: []policy.NewException{
			{ID: "B", Rule: "go-line", Reason: "a\xff"}}}, "edit it by hand"},
		{"control character", good, policy.ExceptionEdits{Add: []policy.NewException{
			{ID: "B", Rule: "go-line", Reason: "a\x1b"}}}, "control character"},
	} {
		got, err := policy.EditExceptions("modgov.yaml", []byte(test.before), test.edits)
		if err == nil || got != nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %q, %v; want an error about %q", test.name, got, err, test.want)
		}
	}
}

// Text of every kind comes back as it was given.
func TestAddedTextIsKept(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"plain", "1.20", "true", "No", "~", "null", "- a", "a: b", "a #b", "#b", `"quoted"`, "it's", "a, b", "[a]", "{a}",
		"*a", "&a", "!a", "%a", "@a", "`a", "ä ö", "日本", "a\nb", " a ", "0x1F", "2026-01-01", ".5", "-1", "\\", "a\tb", "=",
	} {
		for _, before := range []string{"version: 1\n", "version: 1\nexceptions: [{rule: go-line, reason: x}]\n"} {
			got, err := policy.EditExceptions("modgov.yaml", []byte(before), policy.ExceptionEdits{
				Add: []policy.NewException{{ID: "N", Rule: "version-skew", Reason: text, Owner: text, Issue: text}},
			})
			if err != nil {
				t.Errorf("%q: %v", text, err)
				continue
			}
			p, err := policy.Parse("modgov.yaml", got)
			if err != nil {
				t.Fatal(err)
			}
			if e := p.Exceptions[len(p.Exceptions)-1]; e.Reason != text || e.Owner != text || e.Issue != text {
				t.Errorf("%q became %q in\n%s", text, e.Reason, got)
			}
		}
	}
}

// FuzzEditExceptions edits any text: what comes out is valid, has the edit and nothing else; nothing panics.
func FuzzEditExceptions(f *testing.F) {
	files, err := filepath.Glob("testdata/edit/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data, uint(0), uint(0))
		f.Add(archive.Files[0].Data, uint(1), uint(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, kind, which uint) {
		before, err := policy.Parse("modgov.yaml", data)
		if err != nil {
			return
		}
		n := len(before.Exceptions)
		edits := policy.ExceptionEdits{Add: []policy.NewException{{ID: "FUZZ", Rule: "go-line", Reason: "x"}}}
		if kind %= 3; kind > 0 && n > 0 {
			id := before.Exceptions[which%uint(n)].ID
			edits = policy.ExceptionEdits{Remove: []string{id}}
			if kind == 2 {
				edits = policy.ExceptionEdits{Renew: []policy.Renewal{{ID: id, Expires: date(t, "2090-01-01")}}}
			}
		}
		got, err := policy.EditExceptions("modgov.yaml", data, edits)
		var invalid *policy.FileErrors
		if errors.Is(err, policy.ErrNotEditable) || errors.As(err, &invalid) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		after, err := policy.Parse("modgov.yaml", got)
		if err != nil {
			t.Fatal(err)
		}
		if want := n + len(edits.Add) - len(edits.Remove); len(after.Exceptions) != want {
			t.Fatalf("%d exceptions, want %d", len(after.Exceptions), want)
		}
		if kind == 0 && n > 0 && !isSubsequence(data, got) {
			t.Fatalf("adding changed something else:\n%q\n%q", data, got)
		}
		if len(edits.Remove) > 0 && n > 1 && !isSubsequence(got, data) {
			t.Fatalf("removing changed something else:\n%q\n%q", data, got)
		}
	})
}

// isSubsequence reports whether the bytes of a stand in b in that order.
func isSubsequence(a, b []byte) bool {
	for _, c := range a {
		i := bytes.IndexByte(b, c)
		if i < 0 {
			return false
		}
		b = b[i+1:]
	}
	return true
}
