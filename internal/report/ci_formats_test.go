package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/modgov/modgov/internal/ci"
)

// GitHub shows ten annotations of a kind: more are put together by rule and file, and what is still too much is counted.
func TestGitHubAnnotationLimit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		findings, files int
		lines           int
		last            string
	}{
		{10, 10, 10, "example.com/9"},
		{11, 1, 1, "and 6 more"},
		{30, 10, 10, "and 25 more"},
		{40, 20, 10, "::error title=modgov%3A and 22 more::22 more than GitHub shows of a step"},
	} {
		r := &Report{Verdict: "fail", Threshold: "error", Complete: true}
		for i := range test.findings {
			r.Findings = append(r.Findings, Finding{
				Rule: "version-pin", Severity: "error", Subject: fmt.Sprintf("example.com/%d", i), Message: "m",
				At: []Span{{Position: Position{File: fmt.Sprintf("m%d/go.mod", i%test.files), Line: i + 1}}},
			})
		}
		var out bytes.Buffer
		if err := Write(&out, "github", r, Options{Quiet: true}); err != nil {
			t.Fatal(err)
		}
		checkCommands(t, out.String())
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		lines = lines[:len(lines)-1] // the verdict
		if len(lines) != test.lines {
			t.Errorf("%d findings in %d files: %d annotations, want %d\n%s", test.findings, test.files, len(lines), test.lines, &out)
		}
		if last := lines[len(lines)-1]; !strings.Contains(last, test.last) && test.findings != 30 {
			t.Errorf("%d findings in %d files: the last one is %q, want %q", test.findings, test.files, last, test.last)
		}
	}
}

// Markdown has room for so much, whatever the repository; what was cut is counted.
func TestMarkdownRoom(t *testing.T) {
	t.Parallel()
	for _, room := range []int{0, 30_000, 1} {
		r := manyFindings(6000)
		for i := range 2000 {
			r.Findings[i].Owners = []string{fmt.Sprintf("team-%d", i)}
			r.Findings[i+3000].Exception = &Exception{ID: "EX"}
			r.Gaps = append(r.Gaps, Gap{Module: r.Findings[i].ID, Message: strings.Repeat("gone ", 400)})
		}
		r.Complete = false
		var out bytes.Buffer
		if err := Write(&out, "markdown", r, Options{Room: room}); err != nil {
			t.Fatal(err)
		}
		most := max(room, roomForEnds)
		if room == 0 {
			most = markdownRoom
		}
		if out.Len() > most {
			t.Errorf("room %d: it has %d bytes", room, out.Len())
		}
		checkMarkdown(t, out.String())
		rows := strings.Count(out.String(), "\n| **error** ") + strings.Count(out.String(), "\n| `EX` ")
		rows += strings.Count(out.String(), "\n- `")
		for _, match := range regexp.MustCompile(`and (\d+) more`).FindAllStringSubmatch(out.String(), -1) {
			var n int
			if _, err := fmt.Sscan(match[1], &n); err != nil {
				t.Fatal(err)
			}
			rows += n
		}
		if rows != 8000 && rows != 8001 { // 8001: the module that is affected had no room
			t.Errorf("room %d: %d rows are shown or counted, want 8000", room, rows)
		}
	}
}

// hostileNames are what file and module names, owners and reasons may be made of.
func hostileNames() []string {
	return []string{
		"a|b", "`", "``x`", "a\nb", "<script>alert(1)</script>", "</details>", "<!-- x", "@everyone", "@acme/team", "#1",
		"GH-12", "acme/repo#3", "https://evil.example", "www.evil.example", "a@b.example", "[x](https://evil.example)",
		"![x](y)", "**b**", "_i_", "~~s~~", "$x$", ":smile:", "\\", "\\|", "a\\", "&lt;", "1.", "- x", "# h", "> q",
		"\u202etxt", "\x1b[31m", "::error::x", "##[error]x", "%0A::error::x", "\xff", "", " ", "deadbeefcafe", "]", "](x)",
		"]]>", "\x00", "a\r\nb", "\u2028", "<a href=x>", "'\"", "{{x}}", "${{ x }}", "a,b:c",
	}
}

// TestHostileNames writes a report that is full of hostile names in each format.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	r := hostileReport("a|b", "<!-- x")
	names := hostileNames()
	for i, name := range names {
		more := hostileReport(name, names[len(names)-1-i])
		r.Findings, r.Fixed = append(r.Findings, more.Findings...), append(r.Fixed, more.Fixed...)
		r.Gaps, r.Modules = append(r.Gaps, more.Gaps...), append(r.Modules, more.Modules...)
	}
	checkHostile(t, r, Formats("check"))
}

func FuzzHostileNames(f *testing.F) {
	f.Add("a|b", "``x`")
	f.Add("https://evil.example", "@everyone")
	fast := []string{"github", "markdown", "gitlab", "junit", "checkstyle"} // SARIF is held against its schema, which takes long
	f.Fuzz(func(t *testing.T, a, b string) { checkHostile(t, hostileReport(a, b), fast) })
}

// hostileReport has each of two texts wherever one from a file may stand.
func hostileReport(a, b string) *Report {
	text := a + " " + b + a
	at := Position{File: a + "/" + b, Line: 3, Col: 2, End: 5}
	f := Finding{
		ID: text, Rule: "version-pin", Severity: "error", Subject: a, Message: text, Modules: []string{a, b}, Dep: b, Kind: a,
		At: []Span{{at, text}, {at, b}}, Because: []Span{{at, b}}, Owners: []string{a, b}, Fix: text,
		Groups: []Group{{Version: b, Modules: []string{"other"}}, {Version: a, Modules: []string{a}}},
		Policy: &PolicyItem{ID: a, Position: at, Owner: b, Reason: text},
	}
	alone, waived, other := f, f, f
	alone.Groups, alone.Owners = nil, nil
	waived.Exception = &Exception{ID: b, Position: at, Expires: a, Owner: a, Reason: text}
	other.Rule, other.State, other.Severity = a, "standing", "warn"
	return &Report{
		Schema: Schema, Document: "check", Tool: Tool{a, b}, Verdict: "fail", Threshold: "error", Policy: a, Workspace: b,
		Modules: []Module{{Dir: a, Path: b, Governed: true}}, Findings: []Finding{f, alone, waived, other},
		Gaps: []Gap{{Layer: "selected", Module: a, Message: text}}, NotEvaluated: []NotEvaluated{{ID: a, Key: b, Position: at}},
		Base: &Base{Revision: a, Commit: b, Scope: "new"},
		Versions: []VersionChange{{Path: a, WasPath: b, Kind: "up", Moves: []VersionMove{
			{Kind: "up", From: a, To: b, Modules: []string{a, b}, How: "direct", Causes: []LineChange{{Position: at, Text: text}}},
		}}},
		Fixed: []Finding{f}, Overrides: []Override{{a, b}}, Layers: []Layer{{a, "checked"}, {b, "not asked"}},
	}
}

func checkHostile(t *testing.T, r *Report, formats []string) {
	t.Helper()
	o := Options{Checkout: ci.Checkout{Blob: "https://git.example/o/r/blob/0123/"}}
	for _, format := range formats {
		var out bytes.Buffer
		if err := Write(&out, format, r, o); err != nil {
			t.Fatal(err)
		}
		switch format {
		case "github":
			checkCommands(t, out.String())
			continue
		case "markdown":
			checkMarkdown(t, out.String())
		case "junit", "checkstyle":
			checkXML(t, out.Bytes())
		case "sarif", "github-sarif", "gitlab":
			checkUnique(t, format, out.Bytes())
		}
		checkShown(t, out.String(), false)
	}
}

// checkMarkdown fails if anything from a file could mean something: outside of code spans there are words, the marks
// that the report itself makes, and nothing else; and every row of a table has as many cells as its head.
func checkMarkdown(t *testing.T, s string) {
	t.Helper()
	cells := 0
	for line := range strings.Lines(s) {
		bare := withoutCode(strings.TrimSuffix(line, "\n"))
		if n := strings.Count(bare, "|"); n == 0 {
			cells = 0
		} else if cells == 0 {
			cells = n
		} else if n != cells {
			t.Fatalf("a row has %d bars, not %d: %q", n, cells, line)
		}
		if n := strings.Count(line, "|"); cells > 0 && n != cells {
			t.Fatalf("a row has %d bars with those in code, not %d: %q", n, cells, line)
		}
		bare = ownMarks.ReplaceAllString(bare, "")
		if i := strings.IndexAny(bare, "<>@#`*_[]\\~&$!{}=^%"); i >= 0 {
			t.Fatalf("%q comes through in %q", bare[i:], line)
		}
		if strings.Contains(bare, "www.") || strings.Contains(bare, "://") {
			t.Fatalf("a link comes through in %q", line)
		}
	}
}

// ownMarks are what a report writes for itself, once code is out of the way; a link leads to the page of a rule, or to
// a file of the checkout.
var ownMarks = regexp.MustCompile(`^#{1,4} |^ *- \[ \] |</?(details|summary)>|<br>|\*\*|^\|[-:|]+\|$` +
	`|\[[a-z-]*\]\(https://github\.com/modgov/modgov/blob/main/docs/rules/[a-z-]+\.md\)` +
	`|\[(?:"")?\]\(<https://git\.example/o/r/blob/0123/[A-Za-z0-9/%.,;@$&+='()*!~_-]*(#L\d+)?>\)`)

// withoutCode takes code spans out of a line, as CommonMark finds them: a run of backticks to the next run of as many.
// A run without a match would stay.
func withoutCode(line string) string {
	var out strings.Builder
	for line != "" {
		i := strings.IndexByte(line, '`')
		if i < 0 {
			break
		}
		run := len(line[i:]) - len(strings.TrimLeft(line[i:], "`"))
		end := -1
		for j := i + run; j < len(line); {
			if line[j] != '`' {
				j++
				continue
			}
			n := len(line[j:]) - len(strings.TrimLeft(line[j:], "`"))
			if n == run {
				end = j + n
				break
			}
			j += n
		}
		out.WriteString(line[:i])
		if end < 0 {
			out.WriteString(line[i : i+run])
			line = line[i+run:]
			continue
		}
		line = line[end:]
	}
	out.WriteString(line)
	return out.String()
}

func checkXML(t *testing.T, data []byte) {
	t.Helper()
	dec := xml.NewDecoder(bytes.NewReader(data))
	for {
		_, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("it is no XML: %v\n%q", err, data)
		}
	}
}

// checkUnique fails if two entries of a document have the same fingerprint.
func checkUnique(t *testing.T, format string, data []byte) {
	t.Helper()
	var prints []string
	if format == "gitlab" {
		var entries []codeQuality
		if err := json.Unmarshal(data, &entries); err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.Location.Path == "" || e.Location.Lines.Begin < 1 || e.Description == "" || e.Check == "" && e.Fingerprint == "" {
				t.Errorf("an entry lacks something: %+v", e)
			}
			prints = append(prints, e.Fingerprint)
		}
	} else {
		for _, result := range checkSARIF(t, data).Results {
			prints = append(prints, result.PartialFingerprints["modgovFinding/v1"])
		}
	}
	seen := map[string]bool{}
	for _, p := range prints {
		if seen[p] {
			t.Errorf("%s: two entries have the fingerprint %s", format, p)
		}
		seen[p] = true
	}
}

// No format shows an incomplete verdict as if all were well.
func TestIncompleteIsSeen(t *testing.T) {
	t.Parallel()
	r := &Report{Verdict: "incomplete", Threshold: "error", Layers: []Layer{{"selected", "failed"}}, Modules: []Module{{Dir: "a"}}}
	for _, gaps := range [][]Gap{nil, {{Layer: "selected", Module: "a", Message: "no proxy has it"}}} {
		r.Gaps = gaps
		for format, want := range map[string]string{
			"sarif": `"executionSuccessful": false`, "github-sarif": `"ruleId": "incomplete"`, "github": "::error ",
			"markdown": "### modgov: incomplete", "gitlab": `"severity": "critical"`, "junit": `errors="1"`,
			"checkstyle": `severity="error"`, "text": "incomplete", "json": `"verdict": "incomplete"`,
		} {
			var out bytes.Buffer
			if err := Write(&out, format, r, Options{}); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s with %d gaps: no %s in\n%s", format, len(gaps), want, &out)
			}
		}
	}
}

func TestMarkdownText(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"v1.0.0": "`v1.0.0`", "a`b": "``a`b``", "`": "`` ` ``", "a|b": "`a|b`", "": `""`, " ": `""`,
		"a\nb": "`a\\nb`", "``": "``` `` ```",
	} {
		if got := mdCode(s); got != want {
			t.Errorf("mdCode(%q) = %s, want %s", s, got, want)
		}
	}
	if got, want := mdRow("a", mdCode("b|c"), ""), "| a | `b\\x7cc` |  |"; got != want {
		t.Errorf("got the row %s, want %s", got, want)
	}
	for s, want := range map[string]string{
		"v1.0.0 in payments/api (and 3 more), pinned": "`v1.0.0` in `payments/api` (and 3 more), pinned",
		`"go mod tidy" says: don't`:                   `"go mod tidy" says: don't`,
		`the line "a => ../b", in x "y`:               "the line `a => ../b`, in x \"y",
		"1. x":                                        "`1`. x",
		"deadbeef cafe":                               "`deadbeef` cafe",
		"- a":                                         "`-` a",
	} {
		if got := mdText(s); got != want {
			t.Errorf("mdText(%q) = %s, want %s", s, got, want)
		}
	}
}
