package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Suggest returns the word of known that was probably meant by word, "" if none is near: equal but for case, '-' and
// '_', at most a third of its letters wrong (rounded up, and never all), the same letters in another order, or the only
// one of which the one is the beginning of the other, or that ends in word after a '/' or '-'. Of equally near words the
// first in known wins.
func Suggest(word string, known []string) string {
	if len(word) > maxSuggest {
		return ""
	}
	plain := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "_", "-") }
	best, distance := "", min(len(word), 1+(len(word)+2)/3)
	for _, k := range known {
		d := levenshtein.ComputeDistance(plain(word), plain(k))
		if letters(plain(word)) == letters(plain(k)) {
			d = min(d, 1)
		}
		if d < distance {
			best, distance = k, d
		}
	}
	if best != "" || len(word) < 2 {
		return best
	}
	for _, k := range known {
		if strings.HasPrefix(plain(k), plain(word)) || len(k) > 2 && strings.HasPrefix(plain(word), plain(k)) ||
			endsIn(plain(k), plain(word)) {
			if best != "" && best != k {
				return ""
			}
			best = k
		}
	}
	return best
}

// endsIn tells a word of which the last elements are those of another one: "google/uuid" of "github.com/google/uuid".
func endsIn(word, end string) bool {
	return strings.HasSuffix(word, "/"+end) || strings.HasSuffix(word, "-"+end)
}

// maxSuggest bounds the words that are looked at: module paths are shorter, and what is longer costs time.
const maxSuggest = 256

// letters are the bytes of a word, sorted.
func letters(word string) string {
	b := []byte(word)
	slices.Sort(b)
	return string(b)
}

// didYouMean is the hint for an unknown word: the nearest known one, or all of them if they are few.
func didYouMean(word string, known []string) string {
	if s := Suggest(word, known); s != "" {
		return fmt.Sprintf("did you mean %q?", s)
	}
	if len(known) == 0 {
		return ""
	}
	const few = 24
	if len(known) > few {
		known = append(slices.Clone(known[:few]), "…")
	}
	return "known: " + strings.Join(known, ", ")
}
