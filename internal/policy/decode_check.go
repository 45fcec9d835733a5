package policy

import (
	"fmt"
	"slices"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/workspace"
)

// What is wrong with a policy item as such.

func (v *VersionItem) check(d *decoder) {
	if !v.Has("agree") && !v.Has("at-least") && !v.Has("follow") && !v.Has("together") {
		d.fail(v.Pos, "add agree, at-least, follow or together", "this item asks nothing of the versions")
	}
	if v.Together && v.Agree == "" {
		v.Agree = AgreeSame
	}
	if !v.Has("agree") && !v.Together && v.Has("prefer") {
		d.fail(v.keyPos("prefer"), "add agree: same", "prefer chooses between versions that must agree, and nothing says so")
	}
	if len(v.Follow.terms) > 0 && !v.Follow.isOneModule() {
		d.fail(v.keyPos("follow"), "write its directory, or path: and its module path", "follow names one module")
	}
	if v.In.isOneModule() && v.Follow.isOneModule() && v.In.terms[0].key() == v.Follow.terms[0].key() {
		d.contradict(v.keyPos("follow"), v.keyPos("in"), "name another one, or the modules that follow it",
			"a module does not follow itself")
	}
	d.noRanges(&v.Dep, v.keyPos("dep"))
	d.checkMajor(&v.Dep, v.AtLeast, v.keyPos("at-least"))
}

func (p *PinItem) check(d *decoder) {
	d.noRanges(&p.Dep, p.keyPos("dep"))
	d.checkMajor(&p.Dep, p.Version, p.keyPos("version"))
	for i := range p.Alternates {
		a := &p.Alternates[i]
		if a.Version == p.Version && a.Version != "" {
			d.contradict(a.keyPos("version"), p.keyPos("version"), "an alternate is another version",
				"%s is the pinned version itself (line %d)", a.Version, p.keyPos("version").Line)
			continue
		}
		d.checkMajor(&p.Dep, a.Version, a.keyPos("version"))
	}
}

func (a *Alternate) check(d *decoder)   { d.checkDates(&a.Place, a.Created, a.Expires) }
func (r *ReplaceItem) check(d *decoder) { d.checkDates(&r.Place, r.Created, r.Expires) }

func (e *Exception) check(d *decoder) {
	d.checkDates(&e.Place, e.Created, e.Expires)
	switch {
	case !e.Has("policy") && !e.Has("rule"):
		d.fail(e.Pos, "add policy: ID of an item, or rule: NAME of a rule", "this exception does not say what it waives")
	case e.Has("policy") && e.Has("rule"):
		d.contradict(e.keyPos("rule"), e.keyPos("policy"), "keep one of them",
			"an exception waives the findings of a policy item or of a rule, not of both")
	case e.Rule == "":
	case d.rules[e.Rule] != nil && d.rules[e.Rule].Unwaivable:
		d.fail(e.keyPos("rule"), "remove the exception", "%s can never be waived", e.Rule)
	case !slices.Contains(d.names, e.Rule):
		d.fail(e.keyPos("rule"), didYouMean(e.Rule, d.names), "there is no rule %q", clip(e.Rule))
	}
}

func (v *VendorSection) check(d *decoder) {
	root := slices.ContainsFunc(v.Modules.terms, func(t moduleTerm) bool { return !t.not && t.key() == "." })
	if v.Workspace && root {
		d.contradict(v.keyPos("workspace"), v.keyPos("modules"), "keep one: there is one vendor directory at the root",
			"the workspace and the root module cannot both be vendored")
	}
}

func (m *ModulesSection) check(d *decoder) {
	labels := func(t moduleTerm) bool { return t.kind == byTag || t.kind == byTeam }
	for _, name := range m.Tags.Names() {
		if t := m.Tags.Get(name); t != nil && slices.ContainsFunc(t.terms, labels) {
			d.fail(m.Tags.keyPos(name), "name directories or module paths", "a tag is not defined by tags or teams")
		}
	}
	other := func(t moduleTerm) bool { return t.kind != byDir }
	if slices.ContainsFunc(m.Include.terms, other) {
		d.fail(m.keyPos("include"), "name directories", "include is asked before more than the directory is known")
	}
	if slices.ContainsFunc(m.Exclude.terms, other) {
		d.fail(m.keyPos("exclude"), "name directories", "exclude is asked before more than the directory is known")
	}
}

func (o *OwnersSection) check(d *decoder) {
	for _, name := range o.Teams.Names() {
		t := o.Teams.Get(name)
		if t != nil && slices.ContainsFunc(t.Modules.terms, func(t moduleTerm) bool { return t.kind == byTeam }) {
			d.fail(o.Teams.keyPos(name), "name directories, module paths or tags", "a team is not defined by teams")
		}
	}
}

func (p *Policy) check(d *decoder) {
	for _, name := range p.Sets.Names() {
		s := p.Sets.Get(name)
		if s == nil {
			continue
		}
		if slices.ContainsFunc(s.terms, func(t depTerm) bool { return t.kind == bySet }) {
			d.fail(p.Sets.keyPos(name), "write its members out", "a set is not defined by sets")
		}
		d.noRanges(s, p.Sets.keyPos(name))
	}
}

// noRanges refuses @constraint where an item must not depend on the version that it judges.
func (d *decoder) noRanges(s *DepSelector, pos workspace.Position) {
	if slices.ContainsFunc(s.terms, func(t depTerm) bool { return t.constraint.ranges != nil }) {
		d.fail(pos, "leave out the @ and what follows; bans, boundaries and exceptions take it",
			"an @constraint makes no sense here")
	}
}

// checkMajor refuses a version that no module of an exactly named path can have (go-semantics 1.23).
func (d *decoder) checkMajor(s *DepSelector, v Version, pos workspace.Position) {
	if v == "" {
		return
	}
	for i := range s.terms {
		t := &s.terms[i]
		if t.not || t.kind != byModulePath || !t.glob.exact {
			continue
		}
		_, pathMajor, ok := module.SplitPathVersion(t.glob.pattern)
		if !ok || module.CheckPathMajor(string(v), pathMajor) == nil {
			continue
		}
		hint := "the major version of a path and of its versions are the same"
		if pathMajor == "" && semver.Build(string(v)) == "" {
			hint = fmt.Sprintf("the path is %s/%s, or the version %s+incompatible", t.glob.pattern, semver.Major(string(v)), v)
		}
		d.fail(pos, hint, "%s cannot be a version of %s", v, t.glob.pattern)
		return
	}
}

func (d *decoder) checkDates(at *Place, created, expires Date) {
	if !created.IsZero() && !expires.IsZero() && expires.Time().Before(created.Time()) {
		d.contradict(at.keyPos("expires"), at.keyPos("created"), "correct one of the two days",
			"it expires on %s, before it was created on %s", expires, created)
	}
}

// finishUses binds the sets and checks that the sets, tags and teams that selectors name exist.
func (d *decoder) finishUses(p *Policy) {
	for _, u := range d.uses {
		var err error
		switch s := u.selector.(type) {
		case *DepSelector:
			err = p.bind(s.terms[u.from:u.to])
			for _, t := range s.terms[u.from:u.to] {
				if t.kind == bySet {
					p.usedSets[t.name] = true
				}
			}
		case *ModuleSelector:
			err = p.checkNames(s.terms[u.from:u.to])
		}
		if v, ok := err.(*valueError); ok {
			d.fail(u.pos, v.hint, "%s", v.message)
		}
	}
}

// bind points the set terms to their sets. The error is a *valueError.
func (p *Policy) bind(terms []depTerm) error {
	for i := range terms {
		t := &terms[i]
		if t.kind != bySet {
			continue
		}
		if t.set = p.Sets.Get(t.name); t.set == nil {
			return unknownName("set", t.name, p.Sets.Names())
		}
	}
	return nil
}

// checkNames checks the tags and teams of terms. With CODEOWNERS any team may exist. The error is a *valueError.
func (p *Policy) checkNames(terms []moduleTerm) error {
	for i := range terms {
		t := &terms[i]
		if t.kind == byTag && p.Modules.Tags.Get(t.name) == nil {
			return unknownName("tag", t.name, p.Modules.Tags.Names())
		}
		if t.kind == byTeam && p.Owners.Teams.Get(t.name) == nil && !p.Owners.Codeowners {
			return unknownName("team", t.name, p.Owners.Teams.Names())
		}
	}
	return nil
}

func unknownName(kind, name string, known []string) error {
	hint := didYouMean(name, known)
	if hint == "" {
		hint = map[string]string{
			"set": "define it in sets", "tag": "define it in modules.tags", "team": "define it in owners.teams",
		}[kind]
	}
	return badValue(hint, "there is no %s %q", kind, clip(name))
}

// finishExceptions checks the policy ids that exceptions name, and notes exceptions from rules that have no effect
// yet: nothing could use them.
func (d *decoder) finishExceptions(p *Policy) {
	ids := []string{BuiltinID}
	for _, s := range d.seen {
		if s.section != "exceptions" {
			ids = append(ids, s.item.ID)
		}
	}
	slices.Sort(ids)
	for i := range p.Exceptions {
		e := &p.Exceptions[i]
		if _, known := slices.BinarySearch(ids, e.Policy); e.Policy != "" && !known {
			d.fail(e.keyPos("policy"), didYouMean(e.Policy, ids), "there is no policy item %q", clip(e.Policy))
		} else if d.rules[e.Rule] == nil && slices.Contains(d.names, e.Rule) {
			d.notes = append(d.notes, &noteSeen{Note: Note{Pos: e.Pos, ID: e.ID}})
		}
		d.checkException(&p.ExceptionPolicy, e)
	}
}

// checkException holds an exception against what exception_policy asks of all.
func (d *decoder) checkException(asked *ExceptionPolicySection, e *Exception) {
	for _, key := range asked.Require {
		if !e.Has(string(key)) {
			d.contradict(e.Pos, asked.keyPos("require"), "add "+string(key)+": …",
				"the exception has no %s, which exception_policy requires (line %d)", key, asked.keyPos("require").Line)
		}
	}
	if asked.MaxAge == 0 {
		return
	}
	for _, key := range [...]string{"created", "expires"} {
		if !e.Has(key) && !slices.Contains(asked.Require, ExceptionKey(key)) {
			d.contradict(e.Pos, asked.keyPos("max_age"), "add "+key+": YYYY-MM-DD",
				"the exception has no %s, and exception_policy limits the time between created and expires (line %d)",
				key, asked.keyPos("max_age").Line)
		}
	}
	if e.Created.IsZero() || e.Expires.IsZero() {
		return
	}
	if last := e.Created.AddDays(int(asked.MaxAge)); e.Expires.Time().After(last.Time()) {
		days, _ := e.DaysLeft(e.Created.Time())
		d.contradict(e.keyPos("expires"), asked.keyPos("max_age"), "the last day that it may name is "+last.String(),
			"it expires %s after it was created; exception_policy allows %s (line %d)",
			Count(days, "day"), Count(int(asked.MaxAge), "day"), asked.keyPos("max_age").Line)
	}
}
