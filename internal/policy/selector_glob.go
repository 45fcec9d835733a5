package policy

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
)

// maxAlternatives is how many patterns one text with braces may stand for.
const maxAlternatives = 256

// A specificity tells how narrowly a selector speaks of the thing that it matched: of two items that match, the one
// with the greater specificity wins. From narrow to wide:
//
//  1. an exact directory or path
//  2. a glob that begins with literal text, by the length of that text; of equally long ones the glob with more
//     literal text in all, then the one without **
//  3. a glob that begins with * or ?
//  4. tag: or team:
//  5. ** alone
//
// set: ranks as the member that matched, but just below a pattern that says the same without a set; @constraint
// ranks just above the same pattern without one. Of the terms of a list the narrowest that matches counts.
type specificity uint64

// The fields of a specificity, as shifts.
const (
	rankClass      = 56 // rankAll to rankExact
	rankPrefix     = 32 // length of the literal text at the beginning
	rankLiteral    = 8  // length of all literal text
	rankNoStars    = 2  // no **
	rankDirect     = 1  // not through a set
	rankConstraint = 0
)

// The classes of a specificity.
const (
	rankAll specificity = iota + 1
	rankLabel
	rankGlob
	rankPrefixed
	rankExact
)

// rankEverything is the specificity of **, of a list of exclusions only, and of a key that is not given and means all.
const rankEverything = rankAll<<rankClass | 1<<rankDirect

// A glob is a pattern without braces over elements that are separated by slashes: * and ? stay inside an element, **
// stands for any number of elements, also none.
type glob struct {
	pattern string
	exact   bool   // no special character in it
	prefix  string // all that it matches begins with this text
	suffix  string // and ends with this one
	rank    specificity
}

// parseGlobs reads a text with braces into the globs that it stands for. Go's "x/..." is read as "x/**".
func parseGlobs(text string) ([]glob, error) {
	if err := checkGlobText(text); err != nil {
		return nil, err
	}
	patterns, err := expandBraces(text)
	if err != nil {
		return nil, err
	}
	globs := make([]glob, 0, len(patterns))
	for _, p := range patterns {
		g, err := newGlob(p)
		if err != nil {
			return nil, err
		}
		globs = append(globs, g)
	}
	return globs, nil
}

func checkGlobText(text string) error {
	switch {
	case text == "":
		return badValue("** stands for everything", "an empty pattern")
	case len(text) > 1024:
		return badValue("write a shorter glob: ** stands for any elements", "%q is too long for a pattern", clip(text))
	case strings.TrimSpace(text) != text:
		return badValue("remove them", "%q has blanks around it", clip(text))
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return badValue("remove them", "%q has characters that no path has", clip(text))
	}
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		if i++; i == len(text) || !strings.ContainsRune(`\*?[]{}!:,-^`, rune(text[i])) {
			return badValue(`use / between elements; \ only takes the meaning from *, ? and their like`,
				`%q has a \ in it`, clip(text))
		}
	}
	return nil
}

// newGlob reads one pattern without braces.
func newGlob(pattern string) (glob, error) {
	pattern = plainGlob(pattern)
	bad, mixed, stars := false, false, false
	for e := range strings.SplitSeq(pattern, "/") {
		bad = bad || e == "" || e == ".." || e == "." && pattern != "."
		stars = stars || e == "**"
		mixed = mixed || e != "**" && strings.Contains(e, "**")
	}
	switch {
	case bad:
		return glob{}, badValue("write elements separated by single slashes",
			"%q has an empty element, . or ..", clip(pattern))
	case strings.Contains(pattern, "..."):
		return glob{}, badValue("write x/** for x and all below it", "%q: ... stands alone or after a slash", clip(pattern))
	case !doublestar.ValidatePattern(pattern):
		return glob{}, badValue("close each [ with ], write \\[ and \\} for the characters themselves",
			"%q is not a glob", clip(pattern))
	case mixed:
		return glob{}, badValue("** stands alone between slashes: a/**/b", "%q mixes ** with other text", clip(pattern))
	}
	literal, meta := literalText(pattern)
	g := glob{pattern: pattern, exact: meta < 0}
	if g.exact {
		g.pattern, g.prefix = literal, literal // without the backslashes
	} else {
		prefix, _ := literalText(pattern[:meta])
		g.prefix = strings.TrimSuffix(prefix, "/")
		g.suffix = literalSuffix(pattern)
	}
	g.rank = rankOf(g, len(literal), stars)
	return g, nil
}

// plainGlob takes from a pattern what says the same in other words: x/... for x/**, a trailing slash, **/**.
func plainGlob(pattern string) string {
	if pattern == "..." {
		return "**"
	}
	if head, ok := strings.CutSuffix(pattern, "/..."); ok {
		pattern = head + "/**"
	}
	if len(pattern) > 1 && !strings.HasSuffix(pattern, "//") {
		pattern = strings.TrimSuffix(pattern, "/")
	}
	for strings.Contains(pattern, "**/**") {
		pattern = strings.ReplaceAll(pattern, "**/**", "**")
	}
	return pattern
}

// literalText returns the text of a pattern without its special characters, and where the first of them stands, -1
// if there is none.
func literalText(pattern string) (text string, meta int) {
	if !strings.ContainsAny(pattern, `\*?[`) {
		return pattern, -1
	}
	var b strings.Builder
	meta = -1
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			i++
			b.WriteByte(pattern[i])
		case c == '*' || c == '?' || c == '[':
			if meta < 0 {
				meta = i
			}
			if end := classEnd(pattern, i); end > 0 {
				i = end
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), meta
}

// literalSuffix returns a text that all that a pattern matches ends with. It gives up on backslashes and classes.
func literalSuffix(pattern string) string {
	if strings.ContainsAny(pattern, `\[`) {
		return ""
	}
	return strings.TrimPrefix(pattern[strings.LastIndexAny(pattern, "*?")+1:], "/") // **/a matches a
}

// classEnd returns where the character class that begins at i ends, 0 if none begins there.
func classEnd(pattern string, i int) int {
	if pattern[i] != '[' {
		return 0
	}
	for j := i + 1; j < len(pattern); j++ {
		if pattern[j] == '\\' {
			j++
		} else if pattern[j] == ']' {
			return j
		}
	}
	return 0
}

// rankOf ranks a glob by the length of its literal text and whether it has an element **.
func rankOf(g glob, literal int, stars bool) specificity {
	class := rankPrefixed
	switch {
	case g.pattern == "**":
		return rankEverything
	case g.exact:
		class = rankExact
	case g.prefix == "":
		class = rankGlob
	}
	rank := class<<rankClass | specificity(len(g.prefix))<<rankPrefix | specificity(literal)<<rankLiteral | 1<<rankDirect
	if !stars {
		rank |= 1 << rankNoStars
	}
	return rank
}

// match says whether a name, of a module or (by siblings) of a directory, matches.
func (g *glob) match(name string) bool {
	switch {
	case g.exact:
		return g.pattern == name
	case g.pattern == "**":
		return true
	case !strings.HasPrefix(name, g.prefix) || !strings.HasSuffix(name, g.suffix):
		return false // said quickly, for the many that do not match
	}
	return doublestar.MatchUnvalidated(g.pattern, name)
}

// matchDir is match for a directory relative to the root: the root itself, ".", is matched by "." and "**" only, not
// by other globs, for which it would be a name of one letter.
func (g *glob) matchDir(dir string) bool {
	if dir == "." {
		return g.pattern == "." || g.pattern == "**"
	}
	return g.match(dir)
}

// elements returns the longest prefix of whole elements that everything matched by the glob begins with.
func (g *glob) elements() string {
	if g.exact || strings.HasPrefix(g.pattern, g.prefix+"/") {
		return g.prefix
	}
	cut := max(strings.LastIndexByte(g.prefix, '/'), 0)
	return g.prefix[:cut]
}

// expandBraces returns the patterns that a{b,c} stands for, in order. Braces nest; an empty alternative is one too.
func expandBraces(text string) ([]string, error) {
	open, shut, commas := firstBraces(text)
	switch {
	case open < 0:
		return []string{text}, nil
	case shut < 0:
		return nil, badValue("close it with }, or write \\{", "%q has an open {", clip(text))
	}
	var all []string
	for i, from := 0, open+1; i <= len(commas); i++ {
		to := shut
		if i < len(commas) {
			to = commas[i]
		}
		one, err := expandBraces(text[:open] + text[from:to] + text[shut+1:])
		if err != nil {
			return nil, err
		}
		if all = append(all, one...); len(all) > maxAlternatives {
			return nil, badValue("write a glob instead", "%q stands for more than %d patterns", clip(text), maxAlternatives)
		}
		from = to + 1
	}
	return all, nil
}

// firstBraces finds the first {...}: where it opens and shuts and the commas between its alternatives; -1 if absent.
func firstBraces(text string) (open, shut int, commas []int) {
	open, depth := -1, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '[' && classEnd(text, i) > 0:
			i = classEnd(text, i)
		case c == '{':
			if depth++; depth == 1 {
				open = i
			}
		case c == ',' && depth == 1:
			commas = append(commas, i)
		case c == '}' && depth > 0:
			if depth--; depth == 0 {
				return open, i, commas
			}
		}
	}
	return open, -1, nil
}
