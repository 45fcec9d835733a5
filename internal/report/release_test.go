package report

import (
	"bytes"
	"strings"
	"testing"
)

// releaseDocument has every key, and the texts wherever one from a file may stand.
func releaseDocument(a, b string) *Release {
	at := []Span{{Position{File: a + "/go.mod", Line: 3, Col: 2, End: 5}, b}, {Position{File: b, Line: 4}, a}, {Position{File: a}, ""}}
	module := func(dir, state string, wave int, blockers ...Blocker) ReleaseModule {
		return ReleaseModule{
			Dir: dir, Path: b, Teams: []string{a, b}, Published: wave == 1, Wave: wave, State: state, NeededBy: []string{a}, Later: []string{a, b},
			Needs:    []ReleaseNeed{{b, a, true, "directory"}, {a, b, false, "placeholder"}, {Dir: "x", Version: a}},
			Blockers: append([]Blocker{}, blockers...),
		}
	}
	days := 3
	return &Release{
		Schema: Schema, Document: "report", Tool: Tool{"modgov", "v0"}, Root: "/" + a, Policy: a, Workspace: b,
		Summary: ReleaseSummary{Modules: 4, Ready: 1, Waits: 1, Blocked: 1, Unknown: 1, Errors: 1},
		Waves:   [][]string{{a, "x"}, {b, "y"}}, Cycles: []ReleaseCycle{{[]string{a, b, "x"}, []string{a, b}}},
		Blockers: []Blocker{{Kind: "error", Message: a + b, At: at, After: []string{}, Fix: a, Rule: b, Finding: a}},
		Teams:    []ReleaseTeam{{a, b, []string{a, b}, 2}, {Modules: []string{"x"}}},
		Modules: []ReleaseModule{
			module(a, "blocked", 1, Blocker{Kind: "error", Message: b + " " + a, At: at, After: []string{}, Rule: a, Finding: b},
				Blocker{Kind: "replace", Message: a, At: at, After: []string{}}),
			module(b, "waits", 2, Blocker{Kind: "directory", Message: a, At: at, After: []string{b}},
				Blocker{Kind: "placeholder", Message: a, At: at, After: []string{a, "z"}}, Blocker{Kind: "unpublished", Message: b, At: at, After: []string{a}},
				Blocker{Kind: "unready", Message: b, At: at, After: []string{a}}),
			module("x", "ready", 1, Blocker{Kind: "together", Message: a, At: at, After: []string{}, With: []string{a, b}}),
			module("y", "unknown", 2, Blocker{Kind: "unread", Message: b, At: []Span{}, After: []string{}}),
		},
		Differences: []Difference{
			{a, "minor", true, []VersionUse{{b, []string{a}, []string{b}}, {a, []string{"x"}, []string{}}}},
			{b, "equal", true, []VersionUse{{b, []string{a}, []string{}}, {a, []string{}, []string{"x", b}}}},
		},
		Exceptions: []ExceptionUse{{ID: a, State: "expired", Position: at[0].Position, Item: b, Dep: []string{a}, In: []string{b}, Owner: a,
			Owners: []string{a}, Reason: b, Expires: "2026-06-30", DaysLeft: &days, Findings: []string{a}, Modules: []string{b}}},
		Gaps:  []Gap{{Layer: "selected", Module: a, Message: b, Way: a}},
		Notes: []string{a},
	}
}

func TestReleaseSchema(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := WriteRelease(&out, "json", releaseDocument("a", "b"), Options{}); err != nil {
		t.Fatal(err)
	}
	validate(t, "report", out.Bytes())
	if err := WriteRelease(&out, "text", releaseDocument("a", "b"), Options{}); err == nil {
		t.Error("the report is written as text")
	}
}

// Whatever things are called, nothing means anything to Markdown; with a matrix and with a list of versions.
func TestReleaseMarkdownOfHostileNames(t *testing.T) {
	t.Parallel()
	names := hostileNames()
	for i, name := range names {
		r := releaseDocument(name, names[len(names)-1-i])
		for _, more := range [][]string{nil, {"1", "2", "3", "4", "5", "6", "7"}} {
			for j := range r.Differences {
				r.Differences[j].Versions[0].Direct = append(r.Differences[j].Versions[0].Direct, more...)
			}
			var out bytes.Buffer
			if err := WriteRelease(&out, "markdown", r, Options{}); err != nil {
				t.Fatal(err)
			}
			checkMarkdown(t, out.String())
			checkShown(t, out.String(), false)
		}
	}
}

// What is cut is counted, and -v cuts nothing.
func TestReleaseMarkdownCuts(t *testing.T) {
	t.Parallel()
	r := releaseDocument("a", "b")
	for range maxReleaseRows {
		r.Differences = append(r.Differences, r.Differences[0])
	}
	for range maxReleaseNames {
		r.Modules[0].Later = append(r.Modules[0].Later, "z")
		r.Modules[0].NeededBy = append(r.Modules[0].NeededBy, "z")
	}
	for _, verbose := range []bool{false, true} {
		var out bytes.Buffer
		if err := WriteRelease(&out, "markdown", r, Options{Verbose: verbose}); err != nil {
			t.Fatal(err)
		}
		if cut := strings.Contains(out.String(), "and 1 more: `modgov report -v` shows all"); cut == verbose {
			t.Errorf("verbose %t:\n%s", verbose, out.String())
		}
		if n := strings.Count(out.String(), "`z`"); (n == maxReleaseNames+2) != verbose {
			t.Errorf("verbose %t: %d names", verbose, n)
		}
	}
}

// The first lines alone say how it stands.
func TestReleaseMarkdownQuiet(t *testing.T) {
	t.Parallel()
	const want = "# Release report: `a`\n\n**4 modules in 2 waves: 1 blocked, 1 unknown, 1 waiting for others, 1 ready.**\n" +
		"Besides: 1 error of `modgov check`, 1 cycle, 2 dependencies at several versions, 1 exception that expired.\n" +
		"**Incomplete**: 1 thing could not be found out.\n\n" +
		"The policy does not say which modules others import or install (`modules.published`): all are taken for such.\n"
	var out bytes.Buffer
	if err := WriteRelease(&out, "markdown", releaseDocument("a", "b"), Options{Quiet: true}); err != nil {
		t.Fatal(err)
	}
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
