package policy_test

import (
	"strings"
	"testing"

	"github.com/modgov/modgov/internal/policy"
)

const mergeBase = `# What holds.
version: 1
versions:
  - {id: one, dep: "**", agree: same, severity: warn}
  - {id: two, dep: example.com/x, at-least: v1.0.0}
sets:
  s: [example.com/a, example.com/b]
`

// variant replaces pairs in the base.
func variant(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(mergeBase) }

func TestMergePolicy(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, ours, theirs string
		want, lacks        []string // of the result, without blanks and quotes
		conflict           string
	}{
		{"each another item", variant("same", "same-minor"), variant("v1.0.0", "v1.1.0"),
			[]string{"agree:same-minor", "at-least:v1.1.0", "#Whatholds."}, nil, ""},
		{"each another key of one item", variant("same", "same-minor"), variant("warn", "error"),
			[]string{"agree:same-minor,severity:error"}, nil, ""},
		{"each adds an item at the end", variant("sets", "  - {id: ours, dep: example.com/o, at-least: v1.0.0}\nsets"),
			variant("sets", "  - {id: theirs, dep: example.com/t, at-least: v1.0.0}\nsets"), []string{"id:ours", "id:theirs"}, nil, ""},
		{"lists are sets", variant("example.com/a, ", ""), variant("example.com/b", "example.com/b, example.com/c"),
			[]string{"s:[example.com/b,example.com/c]"}, nil, ""},
		{"dropped and left alone", variant("  - {id: two, dep: example.com/x, at-least: v1.0.0}\n", ""), variant("warn", "error"),
			[]string{"severity:error"}, []string{"id:two"}, ""},
		{"both alike", variant("v1.0.0", "v1.1.0"), variant("v1.0.0", "v1.1.0", "warn", "error"), []string{"at-least:v1.1.0"}, nil, ""},
		{"both differently", variant("v1.0.0", "v1.1.0"), variant("v1.0.0", "v1.2.0"), []string{"at-least:v1.1.0"}, nil,
			"versions.two.at-least: v1.1.0 (line 5) here, v1.2.0 (line 5) there"},
		{"dropped and changed", variant("  - {id: two, dep: example.com/x, at-least: v1.0.0}\n", ""), variant("v1.0.0", "v1.1.0"), nil,
			[]string{"id:two"}, "versions.two: dropped here, changed (line 5) there"},
		{"another kind of value", variant("[example.com/a, example.com/b]", "example.com/a"), variant("example.com/b", "example.com/c"), nil, nil,
			"sets.s: example.com/a (line 7) here, changed (line 7) there"},
		{"one is invalid", variant("v1.0.0", "v1.1.0"), "<<<<<<< ours\n" + mergeBase, []string{"<<<<<<<ours"}, nil, ""},
		{"aliases are merged by lines", variant("[example.com/a", "&l [example.com/a", "warn", "error"), variant("v1.0.0", "v1.1.0"), nil, nil,
			"both sides changed what was line 5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, conflicts := policy.Merge("modgov.yaml", []byte(mergeBase), []byte(tt.ours), []byte(tt.theirs))
			text := strings.NewReplacer(" ", "", `"`, "").Replace(string(got))
			for _, w := range tt.want {
				if !strings.Contains(text, w) {
					t.Errorf("%s is not in\n%s", w, got)
				}
			}
			for _, w := range tt.lacks {
				if strings.Contains(text, w) {
					t.Errorf("%s is in\n%s", w, got)
				}
			}
			said := ""
			if len(conflicts) > 0 {
				said = conflicts[0].Text
			}
			if said != tt.conflict || len(conflicts) > 1 {
				t.Errorf("conflicts %v, want %q", conflicts, tt.conflict)
			}
			for _, side := range []string{tt.ours, tt.theirs} {
				left, _ := policy.Merge("modgov.yaml", []byte(mergeBase), []byte(mergeBase), []byte(side))
				right, _ := policy.Merge("modgov.yaml", []byte(mergeBase), []byte(side), []byte(mergeBase))
				if string(left) != side || string(right) != side {
					t.Errorf("one side left it alone, and it is not that of the other:\n%s\n%s", left, right)
				}
			}
			if _, err := policy.Parse("modgov.yaml", got); err != nil && !strings.Contains(string(got), "<<<") {
				t.Errorf("the result is not valid: %v\n%s", err, got)
			}
		})
	}
}
