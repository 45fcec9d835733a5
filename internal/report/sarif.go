package report

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/modgov/modgov/internal/policy"
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	sourceRoot  = "%SRCROOT%"
	homeURL     = "https://github.com/modgov/modgov"
)

// The limits of GitHub code scanning. It refuses a file with more results or bytes; of more than maxAlerts results it
// keeps some of its own choice, so the gravest are chosen here, and it shows maxLocations of a result.
const (
	maxResults    = 25000
	maxAlerts     = 5000
	maxLocations  = 100
	maxCompressed = 10 << 20
)

// writeSARIF writes all of a report: with what is excepted, as suppressed, and what a change has fixed, as absent.
func writeSARIF(w io.Writer, r *Report, o Options) error {
	s := &sarif{lister: newLister(r, o), o: o, results: maxResults, bytes: maxCompressed, all: true}
	return s.write(w)
}

// writeGitHubSARIF writes a report for GitHub code scanning, which knows neither suppressed nor absent results and
// would show both as open.
func writeGitHubSARIF(w io.Writer, r *Report, o Options) error {
	s := &sarif{lister: newLister(r, o), o: o, results: maxAlerts, bytes: maxCompressed}
	return s.write(w)
}

// A sarif is a report on its way to SARIF 2.1.0.
type sarif struct {
	*lister
	o         Options
	results   int            // how many there may be
	bytes     int            // how many it may take, compressed
	all       bool           // what is excepted and fixed, too
	described []sarifRule    // in the order of their indexes
	index     map[string]int // of rules, by name
}

// write writes as many results as the limits allow, the gravest first, and says how many were left out.
func (s *sarif) write(w io.Writer) error {
	s.addRules()
	results := s.listed()
	for kept := min(len(results), s.results); ; kept /= 2 {
		var out bytes.Buffer
		if err := writeJSON(&out, s.log(results[:kept], len(results)-kept)); err != nil {
			return err
		}
		if small, err := fits(out.Bytes(), s.bytes); err != nil {
			return err
		} else if small || kept == 0 {
			_, err = w.Write(out.Bytes())
			return err
		}
	}
}

// fits reports whether data, compressed, takes less than a number of bytes.
func fits(data []byte, most int) (bool, error) {
	if len(data) < most {
		return true, nil
	}
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	if _, err := zip.Write(data); err != nil {
		return false, err
	}
	if err := zip.Close(); err != nil {
		return false, err
	}
	return out.Len() < most, nil
}

func (s *sarif) log(results []sarifResult, cut int) *sarifLog {
	run := sarifRun{
		Tool: sarifTool{sarifDriver{
			Name: s.r.Tool.Name, Version: s.r.Tool.Version, InformationURI: homeURL, Rules: s.described,
		}},
		Invocations: []sarifInvocation{s.invocation(cut)},
		BaseIDs:     map[string]sarifArtifact{sourceRoot: {Description: &sarifText{Text: "the top of the checkout"}}},
		ColumnKind:  "unicodeCodePoints",
		Results:     results,
	}
	if c := s.o.Checkout; c.Repository != "" {
		run.Provenance = []sarifProvenance{{c.Repository, c.Commit}}
	}
	return &sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}}
}

// invocation says what could not be found out, what was cut, and what of the policy had no effect.
func (s *sarif) invocation(cut int) sarifInvocation {
	out := sarifInvocation{Successful: s.r.Complete}
	for i := range s.r.Gaps {
		g := &s.r.Gaps[i]
		out.Execution = append(out.Execution, sarifNotification{
			Level: "error", Message: sarifMessage(headline(moduleName(g.Module), g.Message)),
			Locations: []sarifLocation{s.location(s.home(g.Module))},
		})
	}
	if cut > 0 {
		out.Execution = append(out.Execution, sarifNotification{Level: "warning", Message: sarifMessage(fmt.Sprintf(
			"%s more than code scanning takes were left out, the least grave ones", policy.Count(cut, "result")))})
	}
	for i := range s.r.NotEvaluated {
		n := &s.r.NotEvaluated[i]
		note := sarifNotification{Level: "note", Message: sarifMessage(n.name() + ": not evaluated")}
		if p, ok := s.place(n.Position); ok {
			note.Locations = []sarifLocation{s.location(p)}
		}
		out.Configuration = append(out.Configuration, note)
	}
	return out
}

// listed are all results that are to be shown, the gaps first.
func (s *sarif) listed() []sarifResult {
	out := []sarifResult{}
	entries := s.entries(func(f *Finding) bool { return s.all || f.Exception == nil })
	for i := range entries {
		out = append(out, s.result(&entries[i]))
	}
	if !s.all {
		return out
	}
	for i := range s.r.Fixed {
		e := s.entry(&s.r.Fixed[i])
		result := s.result(&e)
		result.Baseline = "absent"
		out = append(out, result)
	}
	return out
}

func (s *sarif) result(e *entry) sarifResult {
	out := sarifResult{
		RuleID: e.rule, RuleIndex: s.ruleIndex(e.rule), Level: sarifLevelOf(e.severity),
		Locations:    []sarifLocation{s.location(e.at)},
		Fingerprints: map[string]string{"modgovFinding/v1": fingerprint(e.identity)},
	}
	text := headline(e.subject, e.message)
	if s.r.Base != nil {
		out.Baseline = "new"
	}
	f := e.finding
	if f == nil {
		if e.next != "" {
			text += ". " + e.next
		}
		out.Message = sarifMessage(text)
		return out
	}
	if s.r.Base != nil {
		out.Baseline = baselineState(f.State)
	}
	out.Related = s.related(f, e.at)
	if len(out.Related) > 0 && f.Policy != nil && len(f.Because) > 0 {
		text += ". The policy item is " + f.Policy.ID
	}
	if f.Fix != "" {
		text += ". To clear it: " + f.Fix
	}
	out.Message = sarifMessage(text)
	if x := f.Exception; x != nil {
		out.Suppressions = []sarifSuppression{s.suppression(x)}
	}
	out.Properties = &sarifDetails{Modules: f.Modules, Dependency: f.Dep, Owners: f.Owners, Fix: f.Fix}
	return out
}

// baselineState is the word of the standard for what a change did to a finding.
func baselineState(state string) string {
	switch policy.State(state) {
	case policy.Standing:
		return "unchanged"
	case policy.Worse:
		return "updated"
	}
	return "new"
}

// related are the places in the policy file, then the other places of a finding.
func (s *sarif) related(f *Finding, shown Position) []sarifLocation {
	var out []sarifLocation
	add := func(spans []Span, prefix string) {
		for i := range spans {
			p, ok := s.place(spans[i].Position)
			if !ok || p == shown || len(out) == maxLocations {
				continue
			}
			l := s.location(p)
			l.ID = len(out) + 1
			if text := prefix + spans[i].Label; text != "" {
				m := sarifMessage(text)
				l.Message = &m
			}
			out = append(out, l)
		}
	}
	add(f.Because, "policy: ")
	add(f.At, "")
	return out
}

// suppression says who waived a finding: the policy file does, apart from what it is about.
func (s *sarif) suppression(x *Exception) sarifSuppression {
	text := "exception " + x.summary()
	if x.Reason != "" {
		text += ": " + x.Reason
	}
	out := sarifSuppression{Kind: "external", Status: "accepted", Justification: Escape(text)}
	if p, ok := s.place(x.Position); ok {
		l := s.location(p)
		out.Location = &l
	}
	return out
}

func (s *sarif) location(p Position) sarifLocation {
	return sarifLocation{Physical: sarifPhysical{
		Artifact: sarifArtifact{URI: relativeURI(p.File), BaseID: sourceRoot},
		Region:   sarifRegion{Line: p.Line, Col: p.Col, End: p.End},
	}}
}

// relativeURI is a path as a relative reference: a colon would begin a scheme.
func relativeURI(name string) string {
	segments := strings.Split(name, "/")
	for i, segment := range segments {
		segments[i] = strings.ReplaceAll(url.PathEscape(segment), ":", "%3A")
	}
	return strings.Join(segments, "/")
}

// sarifMessage is a text as a message. What would be a link in it is none.
func sarifMessage(s string) sarifText {
	return sarifText{Text: strings.ReplaceAll(Escape(s), "](", "] (")}
}

func sarifLevelOf(severity string) string {
	switch severity {
	case policy.Error.String():
		return "error"
	case policy.Warn.String():
		return "warning"
	}
	return "note"
}

// addRules lists all rules that there are, so that a reader knows what was looked for.
func (s *sarif) addRules() {
	s.index = map[string]int{}
	s.addRule(sarifRule{
		ID:               incompleteRule,
		ShortDescription: &sarifText{Text: "Something could not be found out, so the verdict is not whole"},
		Default:          &sarifLevel{"error"},
	})
	for _, r := range policy.Rules() {
		title := strings.TrimSuffix(r.Title, ".")
		level := sarifLevelOf(r.Severity.String())
		s.addRule(sarifRule{
			ID: r.Name, ShortDescription: &sarifText{Text: title}, FullDescription: &sarifText{Text: title + "."},
			Help:       &sarifText{Text: strings.TrimSpace(r.Doc), Markdown: ruleText(r)},
			HelpURI:    pagesURL + r.Name + ".md",
			Default:    &sarifLevel{level},
			Properties: &sarifRuleDetails{[]string{"dependencies", "go"}, "very-high", problemSeverity(level)},
		})
	}
}

// problemSeverity is a level in the words of code scanning.
func problemSeverity(level string) string {
	if level == "note" {
		return "recommendation"
	}
	return level
}

func (s *sarif) addRule(r sarifRule) {
	s.index[r.ID] = len(s.described)
	s.described = append(s.described, r)
}

// ruleIndex finds a rule; one that this modgov does not have comes from a recorded report of another.
func (s *sarif) ruleIndex(name string) int {
	if _, ok := s.index[name]; !ok {
		s.addRule(sarifRule{ID: name})
	}
	return s.index[name]
}
