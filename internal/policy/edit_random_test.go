package policy_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/modgov/modgov/internal/policy"
)

// TestRandomEdits makes files of items in all usual styles, edits them, and holds the result against the items: those
// that stay are there to the byte, with their comments, in their order, and those that go are gone to the last word.
func TestRandomEdits(t *testing.T) {
	t.Parallel()
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 4))
		items := make([]string, 1+r.IntN(6))
		for i := range items {
			items[i] = randomItem(r, i)
		}
		head, tail := pick(r, "", "# Ours.\n")+"version: 1\n"+pick(r, "", "\n")+"exceptions:"+pick(r, "", " # waivers")+"\n",
			pick(r, "", "\n", "# End.\n")+pick(r, "", "sums: {missing: error}\n")
		before := head + strings.Join(items, "") + tail
		var edits policy.ExceptionEdits
		want := slices.Clone(items)
		for i := range items {
			if r.IntN(3) == 0 {
				edits.Remove = append(edits.Remove, fmt.Sprintf("ID%d", i))
				want[i] = ""
			}
		}
		if len(edits.Remove) == len(items) {
			continue // the list is written anew: testdata/edit shows that
		}
		after, err := policy.EditExceptions("modgov.yaml", []byte(before), edits)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, before)
		}
		if got, wanted := squeeze(string(after)), squeeze(head+strings.Join(want, "")+tail); got != wanted {
			t.Fatalf("seed %d, without %v\ngot:\n%s\nwant:\n%s", seed, edits.Remove, got, wanted)
		}
	}
}

// squeeze takes the empty lines out: of those around an item that goes, one may go with it.
func squeeze(s string) string {
	lines := strings.Split(s, "\n")
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return l == "" }), "\n")
}

func pick(r *rand.Rand, texts ...string) string { return texts[r.IntN(len(texts))] }

// randomItem writes an item of a list, with an empty line or comments before it or not.
func randomItem(r *rand.Rand, i int) string {
	above := pick(r, "", "\n")
	for range r.IntN(3) {
		above += fmt.Sprintf("  # about %d: x\n", i)
	}
	rule := pick(r, "go-line", "version-skew", "work-uncovered")
	reason := pick(r, "plain", `"a: b # c"`, "'it''s'", `"} ] ,"`, "a # comment", "grüße")
	if r.IntN(2) == 0 {
		reason, _, _ = strings.Cut(reason, " #")
		return above + fmt.Sprintf("  - {id: ID%d, rule: %s, reason: %s}%s\n", i, rule, quoteIfOpen(reason), pick(r, "", " # ID"))
	}
	text := above + fmt.Sprintf("  - id: ID%d\n    rule: %s%s\n", i, rule, pick(r, "", " # why", "\n\n    # inside"))
	switch r.IntN(4) {
	case 0:
		return text + "    reason: |\n      several\n      # lines\n\n      of text\n"
	case 1:
		return text + "    modules:\n    - a\n    - b/**\n"
	case 2:
		return text + "    reason: " + reason + "\n    # at the end\n"
	}
	return text + "    expires: 2026-01-01\n"
}

// quoteIfOpen puts plain text that was cut inside its quotes back into some.
func quoteIfOpen(s string) string {
	if strings.HasPrefix(s, `"`) && !strings.HasSuffix(s, `"`) {
		return s + `"`
	}
	return s
}
