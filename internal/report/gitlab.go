package report

import (
	"io"

	"github.com/modgov/modgov/internal/policy"
)

// A codeQuality is an entry of GitLab's Code Quality report.
type codeQuality struct {
	Description string              `json:"description"`
	Check       string              `json:"check_name"`
	Fingerprint string              `json:"fingerprint"` // unique in the report, and the same in that of another commit
	Severity    string              `json:"severity"`    // info, minor, major, critical or blocker
	Location    codeQualityLocation `json:"location"`
}

type codeQualityLocation struct {
	Path  string           `json:"path"`
	Lines codeQualityLines `json:"lines"`
}

type codeQualityLines struct {
	Begin int `json:"begin"`
}

// writeGitLab writes GitLab's Code Quality report. GitLab holds that of a merge request against that of its target, so
// what was there before is in it; what is excepted is not.
func writeGitLab(w io.Writer, r *Report, o Options) error {
	out := []codeQuality{}
	l := newLister(r, o)
	for _, e := range l.entries(func(f *Finding) bool { return f.Exception == nil }) {
		out = append(out, codeQuality{
			Description: e.text(), Check: e.rule, Fingerprint: fingerprint(e.identity), Severity: l.codeQualitySeverity(&e),
			Location: codeQualityLocation{e.at.File, codeQualityLines{e.at.Line}},
		})
	}
	return writeJSON(w, out)
}

// codeQualitySeverity says how much an entry weighs: what can never be waived the most, then what fails the check.
func (l *lister) codeQualitySeverity(e *entry) string {
	rule := l.rules[e.rule]
	switch {
	case rule != nil && rule.Unwaivable:
		return "blocker"
	case e.severity == policy.Error.String():
		return "critical"
	case e.severity == policy.Info.String():
		return "info"
	case e.fails(l.r):
		return "major"
	}
	return "minor"
}
