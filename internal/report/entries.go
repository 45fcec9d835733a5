package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/modgov/modgov/internal/policy"
)

// incompleteRule is what stands in place of a rule where CI systems are told of a gap.
const incompleteRule = "incomplete"

// A lister is a report on its way to a CI system, which lists lines, each with one place in the checkout. Its places are
// files by their path from git's top level, lines, and columns that count characters, not bytes.
type lister struct {
	quoter
	r     *Report
	rules map[string]*policy.Rule // those of this modgov, by name
	seen  map[string]int          // identities that were given out, and how often
}

func newLister(r *Report, o Options) *lister {
	l := &lister{
		quoter: quoter{source: o.Source, files: map[string]quotedFile{}}, r: r,
		rules: map[string]*policy.Rule{}, seen: map[string]int{},
	}
	for _, rule := range policy.Rules() {
		l.rules[rule.Name] = rule
	}
	return l
}

// An entry is a line for a CI system: a finding, or a gap, which is an error.
type entry struct {
	finding *Finding // nil: a gap
	rule    string   // its name, or "incomplete"
	module  string   // directory of the first module that is hit, "" for none
	subject string
	message string // one line, without the subject
	next    string // what clears it, or may help, "" for nothing that is known
	// severity is "error", "warn" or "info".
	severity string
	// identity is no other entry's, and the same in another run.
	identity string
	at       Position
}

// text is subject and message, fit for a log.
func (e *entry) text() string { return Escape(headline(e.subject, e.message)) }

// fails reports whether an entry can fail the check.
func (e *entry) fails(r *Report) bool {
	return e.finding == nil || r.counts(e.finding) && severityRank(e.severity) >= severityRank(r.Threshold)
}

func severityRank(severity string) policy.Severity {
	s, ok := policy.ParseSeverity(severity)
	if !ok {
		return policy.Error
	}
	return s
}

func headline(subject, message string) string {
	if subject == "" {
		return message
	}
	return subject + ": " + message
}

// entries are the gaps, then the findings that are shown, in the order of the report.
func (l *lister) entries(shown func(*Finding) bool) []entry {
	var out []entry
	for i := range l.r.Gaps {
		g := &l.r.Gaps[i]
		out = append(out, entry{
			rule: incompleteRule, module: g.Module, subject: moduleName(g.Module), message: "could not be judged: " + g.Message,
			severity: policy.Error.String(), identity: l.identity(incompleteRule, g.Layer, g.Module), at: l.home(g.Module),
			next: g.Way,
		})
	}
	if len(out) == 0 && !l.r.Complete {
		out = append(out, entry{
			rule: incompleteRule, message: "something could not be found out",
			severity: policy.Error.String(), identity: l.identity(incompleteRule), at: l.home(""),
		})
	}
	for i := range l.r.Findings {
		if f := &l.r.Findings[i]; shown(f) {
			out = append(out, l.entry(f))
		}
	}
	return out
}

func (l *lister) entry(f *Finding) entry {
	e := entry{
		finding: f, rule: f.Rule, subject: f.Subject, message: f.Message, severity: f.Severity,
		identity: l.identity(f.ID), at: l.at(f), next: f.Fix,
	}
	if len(f.Modules) > 0 {
		e.module = f.Modules[0]
	}
	return e
}

// identity makes of what something is a text that no other entry has.
func (l *lister) identity(parts ...string) string {
	id := strings.Join(parts, "|")
	l.seen[id]++
	if n := l.seen[id]; n > 1 {
		id += fmt.Sprintf("#%d", n)
	}
	return id
}

// fingerprint is the identity of an entry as CI systems take it: hexadecimal digits.
func fingerprint(identity string) string {
	sum := sha256.Sum256([]byte(identity))
	return hex.EncodeToString(sum[:])
}

// at is the place where a finding is shown: the first of its places that is in the checkout, else the file that governs.
func (l *lister) at(f *Finding) Position {
	for _, s := range f.At {
		if p, ok := l.place(s.Position); ok {
			return p
		}
	}
	if len(f.Modules) > 0 {
		return l.home(f.Modules[0])
	}
	return l.home("")
}

// place is a place as a CI system wants it, its line at least 1; false if its file is not in the checkout, as one
// that --policy or a replace line names outside of it.
func (l *lister) place(p Position) (Position, bool) {
	file, ok := l.fromTop(p.File)
	if !ok {
		return Position{}, false
	}
	out := l.characters(p)
	out.File, out.Line = file, max(p.Line, 1)
	if out.Col < 1 || out.End <= out.Col {
		out.End = 0
	}
	out.Col = max(out.Col, 0)
	return out, true
}

// named is place(p), from git's top level where the file is below it.
func (l *lister) named(p Position) string {
	if name, ok := l.fromTop(p.File); ok {
		p.File = name
	}
	return place(p)
}

// fromTop returns the path of a file from git's top level.
func (l *lister) fromTop(file string) (string, bool) {
	if file == "" || path.IsAbs(file) {
		return "", false
	}
	name := path.Join(l.r.Below, file)
	return name, filepath.IsLocal(filepath.FromSlash(name))
}

// characters counts the columns of a place in characters. Where the line cannot be had they stay bytes, which is the
// same in all lines but those with letters beyond ASCII.
func (l *lister) characters(p Position) Position {
	if l.source == nil || p.Line < 1 || p.Col < 1 {
		return p
	}
	line, err := l.lineOf(p.File, p.Line)
	if err != nil {
		return p
	}
	count := func(column int) int {
		if column < 1 || column-1 > len(line) {
			return column
		}
		return utf8.RuneCountInString(line[:column-1]) + 1
	}
	p.Col, p.End = count(p.Col), count(p.End)
	return p
}

// home is the place of what has none: the go.mod file of a module, else the file that governs all of them.
func (l *lister) home(module string) Position {
	files := []string{l.r.Workspace, l.r.Policy}
	if module != "" {
		files = []string{path.Join(module, "go.mod")}
	}
	for _, m := range l.r.Modules {
		files = append(files, path.Join(m.Dir, "go.mod"))
	}
	for _, file := range files {
		if name, ok := l.fromTop(file); ok {
			return Position{File: name, Line: 1}
		}
	}
	return Position{File: "go.mod", Line: 1}
}
