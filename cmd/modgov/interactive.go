package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
)

// A question is what --interactive asks about: the findings of one dependency, or, where a rule is about none, of one rule.
type question struct {
	name     string
	findings []*policy.Finding
}

// questions groups the targeted findings that an edit could settle, in the order in which check shows them.
// means are those that were asked for, "" for none.
func questions(j *policy.Judgement, target func(*policy.Finding) bool, means policy.Means) []*question {
	settles := func(s policy.Settlement) bool { return !s.IfAsked || s.Means == means }
	var out []*question
	byName := map[string]*question{}
	for _, f := range j.Findings {
		if f.Exception != nil || !target(f) || !slices.ContainsFunc(f.Settle, settles) {
			continue
		}
		name := f.Dep
		if name == "" {
			name = f.Rule
		}
		q := byName[name]
		if q == nil {
			q = &question{name: name}
			byName[name] = q
			out = append(out, q)
		}
		q.findings = append(q.findings, f)
	}
	return out
}

// errNoAnswer is the end of the answers before that of the questions.
var errNoAnswer = errors.New("no answer: nothing was written")

// ask puts the questions and returns the names to which the answer was yes.
func ask(in io.Reader, out io.Writer, list []*question) (map[string]bool, error) {
	yes, all := map[string]bool{}, false
	answers := bufio.NewReader(in)
	for i, q := range list {
		if all {
			yes[q.name] = true
			continue
		}
		answer, err := q.ask(answers, out, i+1, len(list))
		if err != nil {
			return nil, err
		}
		switch answer {
		case "q":
			return yes, nil
		case "a":
			all = true
		}
		yes[q.name] = answer != "n"
	}
	return yes, nil
}

// ask puts one question until it is answered.
func (q *question) ask(answers *bufio.Reader, out io.Writer, n, total int) (string, error) {
	for _, f := range q.findings {
		line := fmt.Sprintf("%s[%s] %s: %s", f.Severity, f.Rule, f.Subject, f.Message)
		if _, err := fmt.Fprintln(out, report.Escape(line)); err != nil {
			return "", err
		}
	}
	for {
		if _, err := fmt.Fprintf(out, "fix %s (%d of %d)? [y]es, [n]o, [a]ll that follow, [q]uit: ", q.name, n, total); err != nil {
			return "", err
		}
		line, err := answers.ReadString('\n')
		if err != nil {
			_, _ = fmt.Fprintln(out) // the error says more than a line end that cannot be written
			return "", withCode(exitIncomplete, errors.Join(errNoAnswer, notEOF(err)))
		}
		switch answer := strings.ToLower(strings.TrimSpace(line)); answer {
		case "y", "yes", "n", "no", "a", "all", "q", "quit":
			return answer[:1], nil
		}
	}
}

func notEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// interactive lets somebody at a terminal choose what is to be fixed.
func (p *project) interactive(j *policy.Judgement, o fixing) (func(*policy.Finding) bool, error) {
	target := o.Target
	yes, err := ask(p.inv.stdin, p.inv.stderr, questions(j, target, o.Means))
	if err != nil {
		return nil, err
	}
	return func(f *policy.Finding) bool { return (yes[f.Dep] || f.Dep == "" && yes[f.Rule]) && target(f) }, nil
}
