package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/modgov/modgov/internal/policy"
)

// Suggestions are commands that clear findings, from the cheapest to the dearest. Lists are never nil.
type Suggestions struct {
	Schema   string `json:"schema"`   // "1"
	Document string `json:"document"` // "suggest"
	Tool     Tool   `json:"tool"`
	Root     string `json:"root"`
	// Complete is false if something could not be found out, so that more may be wrong than is shown.
	Complete    bool         `json:"complete"`
	Suggestions []Suggestion `json:"suggestions"`
	// Left are the warnings and errors, waived or not, that no command of modgov clears.
	Left []Finding `json:"left"`
	Gaps []Gap     `json:"gaps"`
}

// A Suggestion is a command and what it costs and brings.
type Suggestion struct {
	Command string `json:"command"`
	// Modules are those whose files change for the findings themselves; Distance is the longest way that a version goes in
	// them, "pseudo-version", "patch", "minor" or "major".
	Modules  []string  `json:"modules"`
	Distance string    `json:"distance,omitempty"`
	Findings []Finding `json:"findings"`
	// Exceptions are the ids of those that waive some of these findings.
	Exceptions []string `json:"exceptions"`
}

// NewSuggestions makes the document of what is suggested for a judgement.
func NewSuggestions(j *policy.Judgement, ranked []*policy.Suggestion, left []*policy.Finding, o Origin) *Suggestions {
	out := &Suggestions{
		Schema: Schema, Document: "suggest", Tool: Tool{"modgov", o.Version}, Root: o.Root, Complete: len(j.Gaps) == 0,
		Suggestions: []Suggestion{}, Left: findings(left), Gaps: []Gap{},
	}
	for _, s := range ranked {
		one := Suggestion{
			Command: s.Command, Modules: append([]string{}, s.Modules...), Distance: distanceWord(s.Distance),
			Findings: findings(s.Findings), Exceptions: []string{},
		}
		for _, e := range s.Exceptions {
			one.Exceptions = append(one.Exceptions, e.ID)
		}
		out.Suggestions = append(out.Suggestions, one)
	}
	out.Gaps = newGaps(j)
	return out
}

// maxSuggestions is how many suggestions the text shows.
const maxSuggestions = 10

// WriteSuggestions writes suggestions as "text" or "json".
func WriteSuggestions(w io.Writer, format string, s *Suggestions, o Options) error {
	if err := checkFormat("suggest", format); err != nil {
		return err
	}
	if format == "json" {
		return writeJSON(w, s)
	}
	p := newPage(o)
	if !o.Quiet {
		p.suggestions(s, o.Verbose)
	}
	p.suggestionsEnd(s)
	return p.writeTo(w)
}

func (p *page) suggestions(s *Suggestions, all bool) {
	shown := s.Suggestions
	if !all && len(shown) > maxSuggestions {
		shown = shown[:maxSuggestions]
	}
	for i := range shown {
		one := &shown[i]
		p.text("%s", one.Command)
		for _, line := range p.foldWords(one.cost(), p.width-2) {
			p.text("  %s", line)
		}
	}
	if n := len(s.Suggestions) - len(shown); n > 0 {
		p.text("and %d more (-v shows all)", n)
	}
	if len(s.Left) > 0 && all {
		p.blank()
		p.text("left to you:")
		for i := range s.Left {
			f := &s.Left[i]
			p.text("  %s[%s] %s: %s", severityWord(f.Severity), f.Rule, f.Subject, f.Message)
		}
	}
	p.blank()
}

// cost says what a command costs and brings.
func (s *Suggestion) cost() string {
	text := policy.Count(len(s.Modules), "module")
	if s.Distance != "" {
		text += ", " + s.Distance
	}
	var rules []string
	seen := map[string]bool{}
	for _, f := range s.Findings {
		if !seen[f.Rule] {
			seen[f.Rule] = true
			rules = append(rules, f.Rule)
		}
	}
	text += fmt.Sprintf("; clears %s (%s)", policy.Count(len(s.Findings), "finding"), strings.Join(rules, ", "))
	if len(s.Exceptions) > 0 {
		text += "; waived by " + strings.Join(s.Exceptions, ", ")
	}
	return text
}

// suggestionsEnd is the last line: how far the suggestions reach, and what to do after them.
func (p *page) suggestionsEnd(s *Suggestions) {
	cleared, waived := 0, false
	for i := range s.Suggestions {
		cleared += len(s.Suggestions[i].Findings)
		waived = waived || len(s.Suggestions[i].Exceptions) > 0
	}
	line := "nothing to suggest"
	if cleared > 0 {
		line = fmt.Sprintf("%s for %s", policy.Count(len(s.Suggestions), "command"), policy.Count(cleared, "finding"))
	}
	if n := len(s.Left); n > 0 {
		line += fmt.Sprintf("; %s left to you", policy.Count(n, "finding"))
	}
	if waived {
		line += ". Then: modgov exceptions prune"
	}
	if len(s.Gaps) > 0 {
		line += fmt.Sprintf(". incomplete: %s: %s", moduleName(s.Gaps[0].Module), s.Gaps[0].Message)
	}
	p.text("%s", line)
}
