package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/modgov/modgov/internal/policy"
)

// writeText writes a report for people: a headline, the findings, a count, and a last line that always says the
// verdict, what was not asked, and what to do next.
func writeText(w io.Writer, r *Report, o Options) error {
	t := newText(r, o)
	if !o.Quiet {
		t.text("%s", t.headline())
		t.findings()
		t.gaps()
		if o.Verbose {
			t.excepted()
			t.asides()
		}
		t.blank()
		t.text("%s", t.count())
	}
	t.closing()
	return t.writeTo(w)
}

// A text is a report on its way to a page.
type text struct {
	quoter
	r    *Report
	o    Options
	keys int // columns of the names of the facts that are being shown
}

func newText(r *Report, o Options) *text {
	p := newPage(o)
	return &text{quoter: quoter{page: p, source: o.Source, files: map[string]quotedFile{}}, r: r, o: o, keys: narrowKeys}
}

// headline says what was looked at.
func (t *text) headline() string {
	governed, outside := 0, 0
	for _, m := range t.r.Modules {
		if m.Governed {
			governed++
		} else {
			outside++
		}
	}
	s := "modgov: " + policy.Count(governed, "module")
	if outside > 0 {
		s += fmt.Sprintf(" (%d more outside)", outside)
	}
	if t.r.Workspace == "" {
		s += ", no workspace"
	} else {
		s += ", workspace " + t.r.Workspace
	}
	s += ", " + policy.Count(t.r.Dependencies, "dependency")
	if t.r.Policy == "" {
		s += ", built-in policy"
	} else {
		s += ", policy " + t.r.Policy
	}
	if b := t.r.Base; b != nil {
		s += fmt.Sprintf(", %s with %s (%.12s)", b.how(), b.Revision, b.Commit)
	}
	return s
}

// findings shows what may fail a check with all its facts; information never fails one, and has a line each at the end.
func (t *text) findings() {
	var calm []*Finding
	for i := range t.r.Findings {
		switch f := &t.r.Findings[i]; {
		case f.Exception != nil || !t.r.counts(f) && !t.o.Verbose:
		case f.Severity == "info" && !t.o.Verbose:
			calm = append(calm, f)
		default:
			t.blank()
			t.finding(f, severityWord(f.Severity), severityStyle(f.Severity))
		}
	}
	t.information(calm)
}

// maxInformation is how many pieces of information are shown, a line each.
const maxInformation = 8

func (t *text) information(findings []*Finding) {
	t.blank()
	shown := findings
	if len(shown) > maxInformation {
		shown = shown[:maxInformation-1]
	}
	for _, f := range shown {
		t.heading(f.Severity, f.Rule, f.Subject, f.Message, infoStyle)
	}
	if n := len(findings) - len(shown); n > 0 {
		t.text("and %d more info (-v shows all, with their places)", n)
	}
}

func (t *text) excepted() {
	for i := range t.r.Findings {
		if f := &t.r.Findings[i]; f.Exception != nil {
			t.blank()
			t.finding(f, "excepted", plain)
		}
	}
}

// asides shows what -v adds: what had no effect, what is not judged, and how the report came to be.
func (t *text) asides() {
	if len(t.r.NotEvaluated) > 0 {
		t.blank()
		t.text("not evaluated (no effect yet, or not asked for)")
		var rows [][]string
		for _, n := range t.r.NotEvaluated {
			rows = append(rows, []string{place(n.Position), n.name()})
		}
		t.table("  ", rows)
	}
	var outside [][]string
	for _, m := range t.r.Modules {
		if !m.Governed {
			outside = append(outside, []string{m.Dir, m.Path})
		}
	}
	if len(outside) > 0 {
		t.blank()
		t.text("outside (seen, not judged)")
		t.table("  ", outside)
	}
	if len(t.r.Notes) > 0 {
		t.blank()
		t.notes(t.r.Notes)
	}
}

func (n *NotEvaluated) name() string {
	if n.Key == "" {
		return n.ID
	}
	return n.ID + ": " + n.Key
}

// count is the line before the last: how many findings in how many modules, and what is waived by whom.
func (t *text) count() string {
	s, line := t.r.Summary, t.found()
	if s.Excepted > 0 {
		line += fmt.Sprintf("; %d excepted (%s)", s.Excepted, strings.Join(t.exceptions(), "; "))
	}
	if s.Standing > 0 {
		line += fmt.Sprintf("; %d there before", s.Standing)
		if !t.o.Verbose {
			line += " (-v shows them)"
		}
	}
	if s.Fixed > 0 {
		line += fmt.Sprintf("; %d gone", s.Fixed)
	}
	if n := len(t.r.NotEvaluated); n > 0 && !t.o.Verbose {
		line += fmt.Sprintf("; %s of the policy not evaluated (-v lists them)", policy.Count(n, "part"))
	}
	return line
}

// found is how many findings that count are in how many modules.
func (t *text) found() string {
	s, governed := t.r.Summary, 0
	for _, m := range t.r.Modules {
		if m.Governed {
			governed++
		}
	}
	var parts []string
	if s.Error > 0 {
		parts = append(parts, policy.Count(s.Error, "error"))
	}
	if s.Warn > 0 {
		parts = append(parts, policy.Count(s.Warn, "warning"))
	}
	if s.Info > 0 {
		parts = append(parts, fmt.Sprintf("%d info", s.Info))
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, ", ") + fmt.Sprintf(" in %d of %s", s.Modules, policy.Count(governed, "module"))
	case t.r.Base != nil:
		return "no new findings in " + policy.Count(governed, "module")
	}
	return "no findings in " + policy.Count(governed, "module")
}

// maxExceptions is how many exceptions the count names.
const maxExceptions = 3

// exceptions names each exception that waives a finding, once, in the order of the findings.
func (t *text) exceptions() []string {
	var out []string
	seen := map[string]bool{}
	for _, f := range t.r.Findings {
		if e := f.Exception; e != nil && !seen[e.ID] {
			seen[e.ID] = true
			out = append(out, e.summary())
		}
	}
	if len(out) > maxExceptions && !t.o.Verbose {
		rest := len(out) - maxExceptions
		out = append(out[:maxExceptions], fmt.Sprintf("and %d more", rest))
	}
	return out
}

// summary is "EX-1, until 2026-12-31, owner payments".
func (e *Exception) summary() string {
	s := e.ID
	if e.Expires != "" {
		s += ", until " + e.Expires
	}
	if e.Owner != "" {
		s += ", owner " + e.Owner
	}
	return s
}

// closing writes the last line. It is one line whatever its length: -q shows nothing else, and logs are searched for
// it.
func (t *text) closing() {
	var next []string
	if s := t.clears(); s != "" {
		next = append(next, s)
	}
	if rule := t.rule(); rule != "" {
		next = append(next, "More: modgov explain "+rule)
	}
	tail, separator := "", ": "
	if t.clears() == "" {
		separator = ". "
	}
	if said := t.besides(); len(said) > 0 {
		tail = " (" + strings.Join(said, "; ") + ")"
	}
	if gap := t.firstGap(); gap != "" && t.r.Verdict == "incomplete" {
		tail, separator = ": "+gap+tail, ". "
	} else if gap != "" {
		next = append(next, "incomplete: "+gap)
	}
	if len(next) > 0 {
		tail += separator + strings.Join(next, ". ")
	}
	t.line(piece{t.r.Verdict, verdictStyle(t.r.Verdict)}, piece{text: tail})
}

// clears says how much modgov fix can do.
func (t *text) clears() string {
	s := t.r.Summary
	all := s.Error + s.Warn
	switch {
	case all == 0:
		return ""
	case s.Fixable == all && all == 1:
		return "modgov fix clears it"
	case s.Fixable == all:
		return fmt.Sprintf("modgov fix clears all %d", all)
	case s.Fixable == 0 && all == 1:
		return "modgov fix does not clear it"
	case s.Fixable == 0:
		return fmt.Sprintf("modgov fix clears none of the %d", all)
	}
	return fmt.Sprintf("modgov fix clears %d of %d", s.Fixable, all)
}

// rule names the rule that a reader should look up first: that of the first finding that modgov fix leaves to
// you, else that of the first finding.
func (t *text) rule() string {
	first := ""
	for _, f := range t.r.Findings {
		switch {
		case !t.r.counts(&f):
		case !f.Fixable:
			return f.Rule
		case first == "":
			first = f.Rule
		}
	}
	return first
}

// besides are the conditions of a verdict: the severities that are not the policy's, and what was not asked.
func (t *text) besides() []string {
	var out, weighed []string
	for _, o := range t.r.Overrides {
		weighed = append(weighed, o.Rule+" "+o.Severity)
	}
	if len(weighed) > 0 {
		out = append(out, "overridden: "+strings.Join(weighed, ", "))
	}
	if names := t.notAsked(); len(names) > 0 {
		out = append(out, "not asked: "+strings.Join(names, ", "))
	}
	return out
}

// notAsked names the layers that nobody asked for.
func (t *text) notAsked() []string {
	words := map[string]string{"selected": "build lists", "zips": "zip sums", "remote": "retractions"}
	var out []string
	for _, l := range t.r.Layers {
		if l.State != "not asked" {
			continue
		}
		word := words[l.Layer]
		if word == "" {
			word = l.Layer
		}
		out = append(out, word)
	}
	return out
}

func severityWord(severity string) string {
	if severity == "warn" {
		return "warning"
	}
	return severity
}

func severityStyle(severity string) style {
	switch severity {
	case "error":
		return errorStyle
	case "warn":
		return warnStyle
	}
	return infoStyle
}

func verdictStyle(verdict string) style {
	switch verdict {
	case "pass":
		return passStyle
	case "fail":
		return errorStyle
	}
	return warnStyle
}
