package policy

import (
	"strings"
	"testing"
)

func TestSuggest(t *testing.T) {
	t.Parallel()
	commands := []string{"check", "fix", "list", "graph", "why", "explain", "completion", "help"}
	keys := []string{"at-least", "agree", "version", "versions", "vendor", "C"}
	paths := []string{"golang.org/x/text", "golang.org/x/time", "example.com/" + strings.Repeat("long/", 20) + "path"}
	rules := []string{"replace-conflict", "policy-conflict", "version-skew"}
	for _, test := range []struct {
		known      []string
		word, want string
	}{
		{commands, "chekc", "check"},
		{commands, "Check", "check"},
		{commands, "complete", "completion"},
		{commands, "exp", "explain"},
		{commands, "lst", "list"},
		{commands, "fx", "fix"},
		{commands, "graf", "graph"},
		{commands, "hel", "help"},
		{commands, "x", ""},
		{commands, "", ""},
		{commands, "frobnicate", ""},
		{keys, "at_least", "at-least"},
		{keys, "AtLeast", "at-least"},
		{keys, "agere", "agree"},
		{keys, "vers", ""}, // version or versions: who knows
		{keys, "vend", "vendor"},
		{keys, "c", "C"},
		{keys, "d", ""},
		{paths, "golang.org/x/txet", "golang.org/x/text"},
		{paths, strings.TrimSuffix(paths[2], "h"), paths[2]},
		{paths, strings.Repeat("x", 1000), ""},
		{paths, "x/text", "golang.org/x/text"},
		{paths, "ext", ""},
		{rules, "skew", "version-skew"},
		{rules, "conflict", ""}, // two end so
		{nil, "check", ""},
	} {
		if got := Suggest(test.word, test.known); got != test.want {
			t.Errorf("Suggest(%q) = %q, want %q", test.word, got, test.want)
		}
	}
}
