package policy

import (
	"slices"
	"strings"
	"unicode"
)

// A ModuleInfo is what a module selector can see of a governed module. Policy.Info makes it.
type ModuleInfo struct {
	Dir   string   // of its go.mod, relative to the root, with slashes; "." is the root
	Path  string   // its module path, "" if go.mod does not say
	Tags  []string // the tags of modules.tags that it has, sorted
	Teams []string // its teams: those of owners.teams, sorted, then those of CODEOWNERS in its order
}

// A ModuleSelector names modules of the repository. It is a list of terms:
//
//	services/**       a glob for the directory, relative to the root; . is the root module, ** all
//	path:x.org/a/**   a glob for the module path
//	team:payments     modules of a team
//	tag:library       modules with a tag
//	!TERM             not these
//
// A module is selected if any term without ! matches it and no term with ! does, whatever their order. A list of
// terms with ! only starts from all modules. The zero ModuleSelector selects nothing. It is immutable and safe for
// concurrent use.
type ModuleSelector struct {
	terms []moduleTerm
}

type moduleKind int

const (
	byDir moduleKind = iota
	byPath
	byTeam
	byTag
)

type moduleTerm struct {
	kind moduleKind
	not  bool
	glob glob   // of byDir and byPath
	name string // of byTeam and byTag
}

// ParseModuleSelector reads a list of terms. Whether tags and teams exist is not its business:
// Policy.ModuleSelector checks that. The error says what to do about it.
func ParseModuleSelector(texts []string) (ModuleSelector, error) {
	var s ModuleSelector
	for _, text := range texts {
		if err := s.addText(text); err != nil {
			return ModuleSelector{}, hinted(err)
		}
	}
	return s, nil
}

// addText adds one term; a text with braces adds several.
func (s *ModuleSelector) addText(text string) error {
	rest, not, err := cutNot(text)
	if err != nil {
		return err
	}
	kind, rest, err := moduleKindOf(rest)
	if err != nil {
		return err
	}
	if kind == byTeam || kind == byTag {
		if err := checkName(rest); err != nil {
			return err
		}
		s.terms = append(s.terms, moduleTerm{kind: kind, not: not, name: rest})
		return nil
	}
	parse := parseGlobs
	if kind == byDir {
		parse = parseDirGlobs
	}
	globs, err := parse(rest)
	if err != nil {
		return err
	}
	for _, g := range globs {
		s.terms = append(s.terms, moduleTerm{kind: kind, not: not, glob: g})
	}
	return nil
}

// cutNot takes the ! from a term.
func cutNot(text string) (rest string, not bool, err error) {
	rest, not = strings.CutPrefix(text, "!")
	if strings.HasPrefix(rest, "!") {
		return "", false, badValue("one ! says not", "%q has more than one !", clip(text))
	}
	return rest, not, nil
}

// moduleKindOf takes the word before a colon from a term.
func moduleKindOf(text string) (moduleKind, string, error) {
	word, rest, found := strings.Cut(text, ":")
	if !found || strings.ContainsAny(word, `/\*?[{`) {
		return byDir, text, nil
	}
	switch word {
	case "path":
		return byPath, rest, nil
	case "team":
		return byTeam, strings.TrimPrefix(rest, "@"), nil
	case "tag":
		return byTag, rest, nil
	case "module":
		return 0, "", badValue("write the directory alone: "+rest, "%q: this key takes module selectors", clip(text))
	case "set":
		return 0, "", badValue("modules are named by directory, path:, team: or tag:",
			"%q: sets hold dependencies, this key takes modules of the repository", clip(text))
	}
	return 0, "", badValue(didYouMean(word, []string{"path", "team", "tag"}), "%q: unknown word %q before the colon",
		clip(text), clip(word))
}

// checkName checks the name of a set, a tag or a team where a selector uses it.
func checkName(name string) error {
	if name == "" || strings.ContainsAny(name, " \t*?[]{}!,") || strings.ContainsFunc(name, unicode.IsControl) {
		return badValue("write the name alone, without globs", "%q is not a name", clip(name))
	}
	return nil
}

// parseDirGlobs is parseGlobs for directories relative to the root; a leading ./ changes nothing.
func parseDirGlobs(text string) ([]glob, error) {
	if strings.HasPrefix(text, "/") {
		return nil, badValue("write it relative to the root: "+strings.TrimLeft(text, "/"), "%q is an absolute directory",
			clip(text))
	}
	if rest, ok := strings.CutPrefix(text, "./"); ok && rest == "" {
		text = "."
	} else if ok {
		text = rest
	}
	return parseGlobs(text)
}

// IsZero says that the selector has no terms: the key was not given.
func (s *ModuleSelector) IsZero() bool { return len(s.terms) == 0 }

// Match says whether the selector selects the module.
func (s *ModuleSelector) Match(m ModuleInfo) bool {
	_, ok := s.specificity(m)
	return ok
}

// specificity returns how narrowly the selector selects the module, and whether it does at all.
func (s *ModuleSelector) specificity(m ModuleInfo) (best specificity, ok bool) {
	if len(s.terms) == 0 {
		return 0, false
	}
	if onlyNots(s.terms) {
		best = rankEverything
	}
	for i := range s.terms {
		t := &s.terms[i]
		switch {
		case t.not && t.match(m):
			return 0, false
		case !t.not && t.rank() > best && t.match(m):
			best = t.rank()
		}
	}
	return best, best > 0
}

func onlyNots(terms []moduleTerm) bool {
	return !slices.ContainsFunc(terms, func(t moduleTerm) bool { return !t.not })
}

func (t *moduleTerm) match(m ModuleInfo) bool {
	switch t.kind {
	case byDir:
		return t.glob.matchDir(m.Dir)
	case byPath:
		return t.glob.match(m.Path)
	case byTag:
		return slices.Contains(m.Tags, t.name)
	default:
		return slices.ContainsFunc(m.Teams, func(team string) bool { return sameTeam(team, t.name) })
	}
}

func (t *moduleTerm) rank() specificity {
	if t.kind == byTeam || t.kind == byTag {
		return rankLabel << rankClass
	}
	return t.glob.rank
}

// key is the term in a form in which equal terms are equal texts.
func (t *moduleTerm) key() string {
	switch t.kind {
	case byPath:
		return "path:" + t.glob.pattern
	case byTeam:
		return "team:" + t.name
	case byTag:
		return "tag:" + t.name
	}
	return t.glob.pattern
}

// size is the number of terms, which braces may have multiplied.
func (s *ModuleSelector) size() int { return len(s.terms) }

// Texts are the terms as texts, sorted, braces taken apart: equal for selectors that say the same in another order.
func (s *ModuleSelector) Texts() []string { return s.keys() }

// keys are the terms as texts, sorted, each once.
func (s *ModuleSelector) keys() []string {
	keys := make([]string, len(s.terms))
	for i := range s.terms {
		keys[i] = signed(s.terms[i].not, s.terms[i].key())
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// label is a short text for what the selector selects, part of the id of an item that has none.
func (s *ModuleSelector) label() string { return shortList(s.keys()) }

// isOneModule says that the selector can match one module at most: it is one exact directory or path.
func (s *ModuleSelector) isOneModule() bool {
	return len(s.terms) == 1 && !s.terms[0].not && s.terms[0].glob.exact
}
