package policy

import (
	"slices"
	"strconv"
	"strings"
)

// A DepInfo is what a dependency selector can see of a dependency.
type DepInfo struct {
	Path    string // module path
	Version string // effective version; "" if it comes from a directory
	Dir     string // if it is a sibling: the directory of its go.mod, relative to the root; else ""
}

// A DepSelector names dependencies. It is a list of terms:
//
//	golang.org/x/**       a glob for the module path; x/** includes x itself, go's x/... says the same
//	set:otel              the dependencies of a set
//	module:services/**    siblings, by a glob for their directory; . is the root module
//	TERM@CONSTRAINT       only these versions of them
//	!TERM                 not these
//
// Globs match whole elements of a path: golang.org/x/net is not golang.org/x/nettest. A dependency is selected if any
// term without ! matches it and no term with ! does, whatever their order. A list of terms with ! only starts from
// all. The zero DepSelector selects nothing. It is immutable once its sets are bound, and then safe for concurrent
// use.
type DepSelector struct {
	terms []depTerm
}

type depKind int

const (
	byModulePath depKind = iota
	bySet
	bySibling
)

type depTerm struct {
	kind       depKind
	not        bool
	glob       glob         // of byModulePath and bySibling
	name       string       // of bySet
	set        *DepSelector // of bySet, once bound
	constraint constraint
}

// parseDepSelector reads a list of terms. Its sets are not bound and match nothing: Policy.DepSelector binds them. The
// error says what to do about it.
func parseDepSelector(texts []string) (DepSelector, error) {
	var s DepSelector
	for _, text := range texts {
		if err := s.addText(text); err != nil {
			return DepSelector{}, hinted(err)
		}
	}
	return s, nil
}

// addText adds one term; a text with braces adds several.
func (s *DepSelector) addText(text string) error { return s.add(text, parseConstraint) }

// add is addText, with what reads a constraint.
func (s *DepSelector) add(text string, parseConstraint func(string) (constraint, error)) error {
	rest, not, err := cutNot(text)
	if err != nil {
		return err
	}
	rest, limit, limited := strings.Cut(rest, "@")
	term := depTerm{not: not}
	if limited {
		if term.constraint, err = parseConstraint(limit); err != nil {
			return err
		}
	}
	if term.kind, rest, err = depKindOf(rest); err != nil {
		return err
	}
	if term.kind == bySet {
		if err := checkName(rest); err != nil {
			return err
		}
		term.name = rest
		s.terms = append(s.terms, term)
		return nil
	}
	parse := parsePathGlobs
	if term.kind == bySibling {
		parse = parseDirGlobs
	}
	globs, err := parse(rest)
	if err != nil {
		return err
	}
	for _, g := range globs {
		term.glob = g
		s.terms = append(s.terms, term)
	}
	return nil
}

// depKindOf takes the word before a colon from a term.
func depKindOf(text string) (depKind, string, error) {
	word, rest, found := strings.Cut(text, ":")
	switch {
	case !found:
		return byModulePath, text, nil
	case strings.HasPrefix(rest, "//"):
		return 0, "", badValue("write "+strings.TrimPrefix(rest, "//"), "%q is an address, not a module path", clip(text))
	case word == "set":
		return bySet, rest, nil
	case word == "module":
		return bySibling, rest, nil
	case word == "path" || word == "tag" || word == "team":
		return 0, "", badValue("dependencies are named by module path, set:NAME or module:DIRECTORY",
			"%q: %s: selects modules of the repository, this key takes dependencies", clip(text), word)
	}
	return 0, "", badValue(didYouMean(word, []string{"set", "module"}), "%q: unknown word %q before the colon",
		clip(text), clip(word))
}

// parsePathGlobs is parseGlobs for module paths.
func parsePathGlobs(text string) ([]glob, error) {
	switch {
	case strings.HasPrefix(text, ".") && text != "...":
		return nil, badValue("siblings are named by directory as module:services/**", "%q is not a module path", clip(text))
	case strings.ContainsAny(text, " \t"):
		return nil, badValue("each path is an element of a list", "%q has a blank in it", clip(text))
	}
	return parseGlobs(text)
}

// IsZero says that the selector has no terms: the key was not given.
func (s *DepSelector) IsZero() bool { return len(s.terms) == 0 }

// Match says whether the selector selects the dependency.
func (s *DepSelector) Match(d DepInfo) bool {
	_, ok := s.specificity(d)
	return ok
}

// specificity returns how narrowly the selector selects the dependency, and whether it does at all.
func (s *DepSelector) specificity(d DepInfo) (best specificity, ok bool) {
	if len(s.terms) == 0 {
		return 0, false
	}
	if !s.hasPositive() {
		best = rankEverything
	}
	for i := range s.terms {
		t := &s.terms[i]
		rank, match := t.match(d)
		switch {
		case match && t.not:
			return 0, false
		case match:
			best = max(best, rank)
		}
	}
	return best, best > 0
}

// mayMatch says whether the selector could select some version of the dependency.
func (s *DepSelector) mayMatch(d DepInfo) bool {
	if !s.hasPositive() {
		return true
	}
	return slices.ContainsFunc(s.terms, func(t depTerm) bool {
		_, ok := t.matchAny(d)
		return ok && !t.not
	})
}

func (s *DepSelector) hasPositive() bool {
	return slices.ContainsFunc(s.terms, func(t depTerm) bool { return !t.not })
}

func (t *depTerm) match(d DepInfo) (rank specificity, ok bool) {
	rank, ok = t.matchAny(d)
	switch {
	case !ok || !t.constraint.match(d.Version):
		return 0, false
	case t.constraint.ranges != nil:
		rank |= 1 << rankConstraint
	}
	return rank, true
}

// matchAny is match for any version.
func (t *depTerm) matchAny(d DepInfo) (rank specificity, ok bool) {
	switch t.kind {
	case bySet:
		if t.set != nil {
			rank, ok = t.set.specificity(d)
			rank &^= 1 << rankDirect
		}
	case bySibling:
		rank, ok = t.glob.rank, d.Dir != "" && t.glob.matchDir(d.Dir)
	default:
		rank, ok = t.glob.rank, t.glob.match(d.Path)
	}
	return rank, ok
}

// key is the term in a form in which equal terms are equal texts.
func (t *depTerm) key() string {
	text := t.glob.pattern
	switch t.kind {
	case bySet:
		text = "set:" + t.name
	case bySibling:
		text = "module:" + t.glob.pattern
	}
	if t.constraint.ranges != nil {
		text += "@" + t.constraint.text
	}
	return text
}

// Texts are the terms as texts, sorted, braces taken apart: equal for selectors that say the same in another order.
func (s *DepSelector) Texts() []string {
	texts := make([]string, len(s.terms))
	for i := range s.terms {
		texts[i] = signed(s.terms[i].not, s.terms[i].key())
	}
	slices.Sort(texts)
	return texts
}

// size is the number of terms, which braces may have multiplied.
func (s *DepSelector) size() int { return len(s.terms) }

// label is a short text for what the selector selects, part of the id of an item that has none.
func (s *DepSelector) label() string {
	keys := make([]string, len(s.terms))
	for i := range s.terms {
		keys[i] = signed(s.terms[i].not, s.terms[i].key())
	}
	return shortList(keys)
}

// signed puts the ! before the key of a term.
func signed(not bool, key string) string {
	if not {
		return "!" + key
	}
	return key
}

// shortList is the first text and how many follow: "a", "a+2".
func shortList(texts []string) string {
	if len(texts) < 2 {
		return strings.Join(texts, "")
	}
	return texts[0] + "+" + strconv.Itoa(len(texts)-1)
}
