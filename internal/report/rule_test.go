package report

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/modgov/modgov/internal/policy"
)

// TestRulePages holds docs/rules against the rules: a page for each, an index, and nothing else.
func TestRulePages(t *testing.T) {
	t.Parallel()
	const dir = "../../docs/rules"
	want := map[string]string{"README.md": ruleIndex(policy.Rules())}
	for _, r := range policy.Rules() {
		want[r.Name+".md"] = rulePage(r)
	}
	for name, page := range want {
		file := filepath.Join(dir, name)
		if *update {
			writeFile(t, file, []byte(page))
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != page {
			t.Errorf("docs/rules/%s is not what the rule says (%v): go test ./internal/report -update", name, err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := want[e.Name()]; !ok {
			t.Errorf("docs/rules/%s is the page of no rule", e.Name())
		}
	}
}

// rulePage is the page of a rule in docs/rules. All of it comes from the rule.
func rulePage(r *policy.Rule) string {
	return ruleText(r) +
		fmt.Sprintf("\n`modgov explain %s` shows this page on a terminal. All rules: [README.md](README.md).\n", r.Name)
}

// ruleIndex is the page of docs/rules that lists all rules.
func ruleIndex(rules []*policy.Rule) string {
	var b strings.Builder
	b.WriteString("# Rules\n\nThe pages here are made from the rules themselves: `go test ./internal/report -update`.\n\n")
	b.WriteString("| rule | default severity | |\n|---|---|---|\n")
	for _, r := range rules {
		fmt.Fprintf(&b, "| [%s](%s.md) | %s | %s |\n", r.Name, r.Name, r.Severity, strings.TrimSuffix(r.Title, "."))
	}
	return b.String()
}

// exampleRule has everything that the text of a rule may have.
func exampleRule() *policy.Rule {
	return &policy.Rule{
		Name: "example-rule", Title: "An example of a rule", Severity: policy.Warn, Layer: policy.LayerSelected,
		Since: "0.1.0",
		Doc: "A paragraph that is longer than a line of the terminal, so that it has to be folded\n" +
			"wherever its own lines end, with `code` in it.\n\n- one item\n- another item, which goes on\n" +
			"  on the next line\n\n" +
			"```yaml\npins:\n  - {id: x}\n```\n\n    code that is set in\n\nThe end.",
		Bad: "What it shows.\n-- go.mod --\nmodule x\n\nrequire (\n\tacme.com/y v1.0.0\n)\n" +
			"-- README.md --\n```\nfenced\n```\n",
		Good: "-- go.mod --\nmodule x\n",
	}
}

const exampleText = `example-rule: An example of a rule
warn by default; needs the layer selected; since 0.1.0

A paragraph that is longer than a line of the terminal, so
that it has to be folded wherever its own lines end, with
` + "`code`" + ` in it.

- one item
- another item, which goes on on the next line

pins:
  - {id: x}

    code that is set in

The end.

Reported: What it shows.
  -- go.mod --
  module x

  require (
      acme.com/y v1.0.0
  )
  -- README.md --
  ` + "```" + `
  fenced
  ` + "```" + `

Not reported:
  -- go.mod --
  module x

https://github.com/modgov/modgov/blob/main/docs/rules/example-rule.md
`

func TestWriteRule(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := WriteRule(&out, exampleRule(), Options{Width: 60}); err != nil {
		t.Fatal(err)
	}
	if out.String() != exampleText {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), exampleText)
	}
}

func TestRulePageFences(t *testing.T) {
	t.Parallel()
	page := rulePage(exampleRule())
	if !strings.Contains(page, "````\n-- go.mod --\nmodule x\n") {
		t.Errorf("the example is not fenced by more backquotes than it has:\n%s", page)
	}
}

// TestWriteRules shows that the list has a line for each rule, with its severity and title.
func TestWriteRules(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := WriteRules(&out, policy.Rules(), Options{Width: 200}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	for i, r := range policy.Rules() {
		if want := []string{r.Name, r.Severity.String()}; !slices.Equal(strings.Fields(lines[i])[:2], want) ||
			!strings.HasSuffix(lines[i], r.Title) {
			t.Errorf("line %d: %q, want %q and the title", i+1, lines[i], want)
		}
	}
}

// TestRulesOnTerminal shows that no explanation breaks a line that is meant to be wider than the terminal, or shows
// anything but text.
func TestRulesOnTerminal(t *testing.T) {
	t.Parallel()
	for _, r := range policy.Rules() {
		var out bytes.Buffer
		if err := WriteRule(&out, r, Options{Width: 100}); err != nil {
			t.Fatal(err)
		}
		checkShown(t, out.String(), false)
	}
}
