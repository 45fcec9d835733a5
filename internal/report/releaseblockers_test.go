package report

import "testing"

// What a module waits for is said of one sibling and of several, at one version and at two.
func TestAdvice(t *testing.T) {
	t.Parallel()
	needs := []ReleaseNeed{{Dir: "a", Version: "v1.0.0"}, {Dir: "b", Version: "v1.0.0"}, {Dir: "c", Version: "v2.0.0"}}
	for _, test := range []struct {
		kind  string
		after []string
		want  string
	}{
		{
			"placeholder", []string{"a"},
			"when `a` is released, require the new version: the module requires `v1.0.0`, which stands for no version",
		},
		{
			"unpublished", []string{"a", "b"},
			"when `a`, `b` are released, require the new versions: the module requires `v1.0.0`, which nobody has published",
		},
		{
			"directory", []string{"a"},
			"when `a` is released, require the new version: the module takes the code from the directory here, and who imports " +
				"it gets `v1.0.0`",
		},
		{
			"directory", []string{"a", "b", "c"},
			"when `a`, `b`, `c` are released, require the new versions: the module takes the code from the directories here, " +
				"and who imports it gets `v1.0.0` of `a`, `b`, `v2.0.0` of `c`",
		},
		{"unready", []string{"a", "c"}, "wait for `a`, `c`: the module is built with what stands there"},
	} {
		b := Blocker{Kind: test.kind, After: test.after}
		if got := b.advice(needs, func(names []string) string { return mdNames(names, 9, ", ") }); got != test.want {
			t.Errorf("%s %v:\n got %s\nwant %s", test.kind, test.after, got, test.want)
		}
	}
}
