package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	owners "github.com/hmarr/codeowners"
)

// codeowners is what a CODEOWNERS file says.
type codeowners struct {
	rules owners.Ruleset
}

// CodeownersFiles are the places where a CODEOWNERS file is looked for, the first that is there counts, as on GitHub
// and GitLab. It is to be handed to SetCodeowners if Owners.Codeowners is set.
func CodeownersFiles() []string {
	return []string{".github/CODEOWNERS", "CODEOWNERS", ".gitlab/CODEOWNERS", "docs/CODEOWNERS"}
}

// SetCodeowners hands in the CODEOWNERS file, from which Info then takes teams if the policy says `codeowners: true`;
// otherwise nothing is read. It must not be called while others use the policy.
//
// Lines that cannot be read are left out, as GitHub does, and named by the error, a *FileErrors: the policy can be
// used all the same.
func (p *Policy) SetCodeowners(file string, data []byte) error {
	if !p.Owners.Codeowners {
		return nil
	}
	report := &FileErrors{}
	src := newSource(file, data, report)
	if len(src.lines) == 0 {
		return report.err()
	}
	p.codeowners = &codeowners{}
	for i, line := range src.lines {
		rule, err := parseOwnersLine(line)
		if err != nil {
			src.report(report, src.at(i+1, 1, len(line)), err.Error(), ownersHint(line))
		} else if rule != nil {
			rule.LineNumber = i + 1
			p.codeowners.rules = append(p.codeowners.rules, *rule)
		}
	}
	return report.err()
}

// parseOwnersLine reads one line; it returns nil for blank lines and comments. The library is given single lines
// because of a file with one bad line it reads nothing, and past an overlong line it stops without an error.
func parseOwnersLine(line string) (*owners.Rule, error) {
	trimmed := strings.TrimSpace(line)
	if trimmed == "" || trimmed[0] == '#' {
		return nil, nil
	}
	rules, err := owners.ParseFile(strings.NewReader(trimmed))
	if err != nil {
		if cause := errors.Unwrap(err); cause != nil {
			err = cause // "line 1: " is not the number of this line
		}
		return nil, fmt.Errorf("not a CODEOWNERS line: %w", err)
	}
	if len(rules) != 1 {
		return nil, errors.New("not a CODEOWNERS line: it is too long")
	}
	if rules[0].RawPattern() == "/" {
		return nil, errors.New("not a CODEOWNERS line: / matches nothing") // and the library panics when it is asked
	}
	return &rules[0], nil
}

func ownersHint(line string) string {
	if strings.HasPrefix(line, "[") || strings.HasPrefix(line, "^[") {
		return "sections are not known here: their rules count as if the header were not there"
	}
	return "the line is left out"
}

// owners returns the owners of a directory's go.mod, by the last rule that matches DIR/go.mod: a team of owners.teams
// if its name is that of the owner, with or without the organisation; else what CODEOWNERS has, without the @.
func (c *codeowners) owners(dir string, teams *Table[Team]) []string {
	file := "go.mod"
	if dir != "." {
		file = dir + "/go.mod"
	}
	for i := len(c.rules) - 1; i >= 0; i-- {
		if match, err := c.rules[i].Match(file); err != nil || !match {
			continue // patterns were compiled when the line was read: no error is left for here
		}
		var names []string
		for _, o := range c.rules[i].Owners {
			name := o.Value
			if _, short, ok := strings.Cut(name, "/"); ok && teams.Get(name) == nil && teams.Get(short) != nil {
				name = short
			}
			names = append(names, name)
		}
		return names
	}
	return nil
}

// sameTeam says whether a team of a module is the one that a selector names: "acme/payments" is also "payments".
func sameTeam(team, name string) bool {
	if team == name {
		return true
	}
	_, short, ok := strings.Cut(team, "/")
	return ok && short == name
}

// Contact returns where to ask a team, "" if the policy does not say.
func (p *Policy) Contact(team string) string {
	for _, name := range p.Owners.Teams.Names() {
		if sameTeam(team, name) {
			return p.Owners.Teams.Get(name).Contact
		}
	}
	return ""
}

// Info returns what selectors can see of the module in directory dir (relative to the root, with slashes, "." for the
// root) with that module path: its tags and its teams. Ask once per module and keep the answer.
func (p *Policy) Info(dir, path string) ModuleInfo {
	m := ModuleInfo{Dir: dir, Path: path}
	for _, name := range p.Modules.Tags.Names() {
		if t := p.Modules.Tags.Get(name); t.Match(m) {
			m.Tags = append(m.Tags, name)
		}
	}
	slices.Sort(m.Tags)
	for _, name := range p.Owners.Teams.Names() {
		if t := p.Owners.Teams.Get(name); t.Modules.Match(m) {
			m.Teams = append(m.Teams, name)
		}
	}
	slices.Sort(m.Teams)
	if p.codeowners != nil {
		for _, name := range p.codeowners.owners(dir, &p.Owners.Teams) {
			if !slices.Contains(m.Teams, name) {
				m.Teams = append(m.Teams, name)
			}
		}
	}
	return m
}

// Governs says whether the module in directory dir is governed: not if modules.exclude selects it, else if
// modules.include does, else byDefault, which is what its place says (below testdata, for example, it is outside).
func (p *Policy) Governs(dir string, byDefault bool) bool {
	m := ModuleInfo{Dir: dir}
	switch {
	case p.Modules.Exclude.Match(m):
		return false
	case p.Modules.Include.Match(m):
		return true
	}
	return byDefault
}

// ModuleSelector reads a module selector that stands outside the file, of --module, and checks that its tags and
// teams exist. The error says what to do about it.
func (p *Policy) ModuleSelector(texts []string) (ModuleSelector, error) {
	s, err := ParseModuleSelector(texts)
	if err == nil {
		err = p.checkNames(s.terms)
	}
	return s, hinted(err)
}

// DepSelector reads a dependency selector that stands outside the file, of --dep, and binds its sets.
func (p *Policy) DepSelector(texts []string) (DepSelector, error) {
	s, err := parseDepSelector(texts)
	if err == nil {
		err = p.bind(s.terms)
	}
	return s, hinted(err)
}

// hinted puts the hint of a valueError into its text, for where there is no second line for it.
func hinted(err error) error {
	if v, ok := err.(*valueError); ok && v.hint != "" {
		return fmt.Errorf("%w (%s)", err, v.hint)
	}
	return err
}
