package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/policy"
)

// Exceptions are what the policy waives, and until when. Lists are never nil.
type Exceptions struct {
	Schema   string `json:"schema"`   // "1"
	Document string `json:"document"` // "exceptions"
	Tool     Tool   `json:"tool"`
	Root     string `json:"root"`
	// Complete is false if something could not be found out, so that more may be waived than is shown.
	Complete bool   `json:"complete"`
	Policy   string `json:"policy,omitempty"`
	// Exceptions are sorted: what expires first, then in file order. Those without an end come last.
	Exceptions []ExceptionUse `json:"exceptions"`
	Gaps       []Gap          `json:"gaps"`
}

// An ExceptionUse is an exception and what it does.
type ExceptionUse struct {
	ID    string `json:"id"`
	State string `json:"state"` // "active", "expiring", "expired", "unused", "too wide" or "unknown"
	// Wide says why it is too wide, in whatever state it is.
	Wide string `json:"wide,omitempty"`
	Position
	// Item is the id of the policy item whose findings it waives, or Rule the name of the rule.
	Item string `json:"item,omitempty"`
	Rule string `json:"rule,omitempty"`
	// Dep and In are the terms of its selectors of dependencies and modules, sorted; empty for all.
	Dep   []string `json:"dep"`
	In    []string `json:"in"`
	Owner string   `json:"owner,omitempty"`
	// Owners are those of the exception, or else of the modules that it speaks of; sorted.
	Owners  []string `json:"owners"`
	Reason  string   `json:"reason,omitempty"`
	Issue   string   `json:"issue,omitempty"`
	Created string   `json:"created,omitempty"`
	Expires string   `json:"expires,omitempty"`
	// DaysLeft is 0 on the last day and negative after it; absent without an end.
	DaysLeft *int `json:"days_left,omitempty"`
	// Findings are the ids of those that match; Waived counts those that it waives. Modules are those that they hit.
	Findings []string `json:"findings"`
	Waived   int      `json:"waived"`
	Modules  []string `json:"modules"`

	open int // how many of Findings no exception waives
}

// NewExceptions makes the document of the exceptions that are shown, of a judgement.
func NewExceptions(j *policy.Judgement, uses []policy.ExceptionUse, o Origin) *Exceptions {
	out := &Exceptions{
		Schema: Schema, Document: "exceptions", Tool: Tool{"modgov", o.Version}, Root: o.Root, Complete: len(j.Gaps) == 0,
		Policy: j.Policy.File, Exceptions: []ExceptionUse{}, Gaps: []Gap{},
	}
	for _, use := range uses {
		out.Exceptions = append(out.Exceptions, newExceptionUse(j, use))
	}
	slices.SortStableFunc(out.Exceptions, func(a, b ExceptionUse) int {
		return cmp.Or(cmp.Compare(endOf(a), endOf(b)), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	out.Gaps = newGaps(j)
	return out
}

// endOf sorts exceptions by their last day, those without one behind all others.
func endOf(e ExceptionUse) string { return cmp.Or(e.Expires, "9999-99-99") }

func newExceptionUse(j *policy.Judgement, use policy.ExceptionUse) ExceptionUse {
	e := use.Exception
	out := ExceptionUse{
		ID: e.ID, State: string(use.State), Wide: use.Wide, Position: newPosition(e.Pos), Item: e.Policy, Rule: e.Rule,
		Dep: append([]string{}, e.Dep.Texts()...), In: append([]string{}, e.Modules.Texts()...),
		Owner: e.Owner, Owners: []string{}, Reason: e.Reason, Issue: e.Issue,
		Created: e.Created.String(), Expires: e.Expires.String(), Findings: []string{}, Modules: []string{},
	}
	if days, ok := e.DaysLeft(j.Facts.Today); ok {
		out.DaysLeft = &days
	}
	for _, f := range use.Findings {
		out.Findings = append(out.Findings, f.ID())
		switch f.Exception {
		case e:
			out.Waived++
		case nil:
			out.open++
		}
		for _, dir := range f.Modules {
			if out.speaksOf(j, e, dir) {
				out.Modules = append(out.Modules, dir)
			}
		}
	}
	slices.Sort(out.Modules)
	out.Modules = slices.Compact(out.Modules)
	out.own(j)
	return out
}

// speaksOf reports whether the exception selects a module.
func (e *ExceptionUse) speaksOf(j *policy.Judgement, x *policy.Exception, dir string) bool {
	m := j.Facts.Workspace.Module(dir)
	return m != nil && (x.Modules.IsZero() || x.Modules.Match(j.Policy.Info(m.Dir, m.Path)))
}

// own names the owners.
func (e *ExceptionUse) own(j *policy.Judgement) {
	if e.Owner != "" {
		e.Owners = append(e.Owners, e.Owner)
		return
	}
	for _, dir := range e.Modules {
		if m := j.Facts.Workspace.Module(dir); m != nil {
			e.Owners = append(e.Owners, j.Policy.Info(m.Dir, m.Path).Teams...)
		}
	}
	slices.Sort(e.Owners)
	e.Owners = slices.Compact(e.Owners)
}

// WriteExceptions writes exceptions as "text", grouped by owner, or as "json".
func WriteExceptions(w io.Writer, format string, e *Exceptions, o Options) error {
	if err := checkFormat("exceptions", format); err != nil {
		return err
	}
	if format == "json" {
		return writeJSON(w, e)
	}
	p := newPage(o)
	if !o.Quiet {
		p.exceptions(e, o.Verbose)
	}
	p.exceptionsEnd(e)
	return p.writeTo(w)
}

// exceptions writes the groups, the one first in which something expires first.
func (p *page) exceptions(e *Exceptions, all bool) {
	var owners []string
	groups := map[string][]*ExceptionUse{}
	for i := range e.Exceptions {
		x := &e.Exceptions[i]
		owner := cmp.Or(strings.Join(x.Owners, ", "), "no owner")
		if groups[owner] == nil {
			owners = append(owners, owner)
		}
		groups[owner] = append(groups[owner], x)
	}
	for _, owner := range owners {
		p.blank()
		p.text("%s: %s", owner, policy.Count(len(groups[owner]), "exception"))
		for _, x := range groups[owner] {
			p.exception(x, all)
		}
	}
	p.blank()
}

func (p *page) exception(x *ExceptionUse, all bool) {
	p.line(piece{text: "  "}, piece{x.State, stateStyle(x.State)}, piece{text: " " + x.ID + ", " + x.until()})
	rows := []row{{"for", p.foldBeside(x.scope())}}
	if s := x.effect(); s != "" {
		rows = append(rows, row{"waives", p.foldBeside(s)})
	}
	if len(x.Modules) > 0 {
		rows = append(rows, row{"modules", p.list(x.Modules, p.width-exceptionKeys, all)})
	}
	if x.Wide != "" {
		rows = append(rows, row{"wide", p.foldBeside(x.Wide)})
	}
	if x.Reason != "" {
		rows = append(rows, row{"reason", p.foldBeside(x.Reason)})
	}
	if x.Issue != "" {
		rows = append(rows, row{"issue", []string{x.Issue}})
	}
	if all {
		rows = append(rows, row{"at", []string{place(x.Position)}})
	}
	for _, r := range rows {
		prefix := "    " + p.pad(r.key, len("modules")) + "  "
		for _, line := range r.lines {
			p.text("%s%s", prefix, line)
			prefix = strings.Repeat(" ", exceptionKeys)
		}
	}
}

// exceptionKeys is how many columns the names of the facts about an exception take.
const exceptionKeys = len("    modules  ")

func (p *page) foldBeside(s string) []string { return p.foldWords(s, p.width-exceptionKeys) }

func stateStyle(state string) style {
	switch state {
	case string(policy.ExceptionActive):
		return passStyle
	case string(policy.ExceptionExpired):
		return errorStyle
	}
	return warnStyle
}

// until says when the exception ends or ended.
func (e *ExceptionUse) until() string {
	switch {
	case e.DaysLeft == nil:
		return "without an end"
	case *e.DaysLeft < 0:
		return fmt.Sprintf("until %s, %s ago", e.Expires, policy.Count(-*e.DaysLeft, "day"))
	case *e.DaysLeft == 0:
		return fmt.Sprintf("until %s, today", e.Expires)
	}
	return fmt.Sprintf("until %s, %s left", e.Expires, policy.Count(*e.DaysLeft, "day"))
}

// scope says what the exception speaks of.
func (e *ExceptionUse) scope() string {
	s := "rule " + e.Rule
	if e.Item != "" {
		s = "item " + e.Item
	}
	if len(e.Dep) > 0 {
		s += ", " + strings.Join(e.Dep, " ")
	}
	if len(e.In) > 0 {
		s += " in " + strings.Join(e.In, " ")
	}
	return s
}

// effect says what the exception does.
func (e *ExceptionUse) effect() string {
	n := len(e.Findings)
	switch {
	case e.State == string(policy.ExceptionUnused):
		return "nothing: no finding matches"
	case n == 0 && e.State == string(policy.ExceptionExpired):
		return "nothing any more, and no finding matches"
	case n == 0:
		return "nothing that was looked at"
	case e.State == string(policy.ExceptionExpired):
		return "nothing any more: " + policy.Count(n, "finding") + " that it covered"
	case e.Waived == 0 && e.open == 0:
		return "nothing by itself: narrower ones, or ones before it, waive " + policy.Count(n, "finding") + " that it matches"
	case e.Waived == 0:
		return "nothing: other modules of " + policy.Count(n, "finding") + " are not covered"
	}
	return policy.Count(e.Waived, "finding")
}

// exceptionsEnd is the last line: how many there are of each state, and what to do.
func (p *page) exceptionsEnd(e *Exceptions) {
	var parts []string
	gone := 0
	for _, state := range []policy.ExceptionState{
		policy.ExceptionExpired, policy.ExceptionExpiring, policy.ExceptionUnused, policy.ExceptionTooWide,
		policy.ExceptionUnknown, policy.ExceptionActive,
	} {
		n := 0
		for _, x := range e.Exceptions {
			if x.State == string(state) {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
		if state == policy.ExceptionExpired || state == policy.ExceptionUnused {
			gone += n
		}
	}
	line := policy.Count(len(e.Exceptions), "exception")
	if len(parts) > 0 {
		line += ": " + strings.Join(parts, ", ")
	}
	if gone > 0 {
		line += fmt.Sprintf(". modgov exceptions prune removes %d", gone)
	}
	if len(e.Gaps) > 0 {
		line += fmt.Sprintf(". incomplete: %s: %s", moduleName(e.Gaps[0].Module), e.Gaps[0].Message)
	}
	p.text("%s", line)
}
