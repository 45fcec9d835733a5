package report

import (
	"encoding/xml"
	"io"
	"strings"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr,omitempty"` // in seconds
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string       `xml:"name,attr"`
	Class   string       `xml:"classname,attr"`
	File    string       `xml:"file,attr,omitempty"`
	Time    string       `xml:"time,attr,omitempty"`
	Failure *junitResult `xml:"failure"`
	Error   *junitResult `xml:"error"`
	Skipped *junitResult `xml:"skipped"`
	Output  string       `xml:"system-out,omitempty"`
}

type junitResult struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// writeJUnit writes a report as test results. There is a suite for each rule that has a finding, for a finding may be
// about many modules and is one thing to do: a suite for each module would list and count it many times. What fails
// the check is a failure, what does not yet is a test that passes and says something, and what is excepted or was there
// before is skipped. A last suite has the layers, so that it is never empty, and a gap is an error in it.
func writeJUnit(w io.Writer, r *Report, o Options) error {
	out := junitSuites{Name: "modgov"}
	suites := map[string]int{}
	l := newLister(r, o)
	entries := l.entries(func(*Finding) bool { return true })
	for i := range entries {
		e := &entries[i]
		if e.finding == nil {
			continue
		}
		at, ok := suites[e.rule]
		if !ok {
			at = len(out.Suites)
			suites[e.rule] = at
			out.Suites = append(out.Suites, junitSuite{Name: xmlText(e.rule)})
		}
		out.Suites[at].add(junitFinding(l, e))
	}
	out.Suites = append(out.Suites, junitLayers(r, entries))
	for _, s := range out.Suites {
		out.Tests, out.Failures, out.Errors = out.Tests+s.Tests, out.Failures+s.Failures, out.Errors+s.Errors
	}
	return writeXML(w, out)
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

// junitFinding is a finding as a test, whose name is the same whatever the versions are: systems show its history by it.
func junitFinding(l *lister, e *entry) junitCase {
	f, r := e.finding, l.r
	name := f.Subject
	for _, part := range []string{f.Dep, f.Kind} {
		if !strings.Contains(name, part) {
			name += " " + part
		}
	}
	if f.Policy != nil && f.Policy.ID != "" && f.Policy.ID != f.Rule {
		name += " (" + f.Policy.ID + ")"
	}
	name = strings.TrimPrefix(l.identity("test", f.Rule, name), "test|"+f.Rule+"|")
	c := junitCase{Name: xmlText(name), Class: xmlText("modgov." + f.Rule), File: xmlText(e.at.File)}
	lines := []string{e.severity + ": " + headline(e.subject, e.message)}
	for _, s := range f.At {
		lines = append(lines, strings.TrimSuffix(l.named(s.Position)+": "+s.Label, ": "))
	}
	for _, s := range f.Because {
		lines = append(lines, "policy "+l.named(s.Position)+": "+s.Label)
	}
	if len(f.Owners) > 0 {
		lines = append(lines, "owner: "+strings.Join(f.Owners, ", "))
	}
	if f.Fix != "" {
		lines = append(lines, "fix: "+f.Fix)
	}
	switch {
	case f.Exception != nil:
		c.Skipped = &junitResult{Message: xmlText("exception " + f.Exception.summary())}
	case !r.counts(f):
		c.Skipped = &junitResult{Message: "was there before"}
	case e.fails(r):
		c.Failure = &junitResult{Message: xmlText(e.message), Type: xmlText(f.Rule), Text: xmlLines(lines)}
		return c
	}
	c.Output = xmlLines(lines)
	return c
}

// junitLayers has a test for each kind of knowledge and for each gap.
func junitLayers(r *Report, entries []entry) junitSuite {
	s := junitSuite{Name: "layers"}
	for _, l := range r.Layers {
		c := junitCase{Name: xmlText(l.Layer), Class: "modgov.layers"}
		if l.State == "not asked" {
			c.Skipped = &junitResult{Message: l.State}
		}
		if l.State != "failed" { // the gaps say how
			s.add(c)
		}
	}
	for i := range entries {
		if e := &entries[i]; e.finding == nil {
			s.add(junitCase{
				Name: xmlText(strings.TrimSpace(incompleteRule + " " + e.subject)), Class: "modgov.layers", File: xmlText(e.at.File),
				Error: &junitResult{Message: xmlText(e.message), Type: incompleteRule, Text: xmlText(e.next)},
			})
		}
	}
	return s
}
