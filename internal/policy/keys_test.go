package policy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v4"

	"github.com/modgov/modgov/internal/policy"
)

// TestKeys shows that each key of the policy file that has an effect has one. The archives in testdata/keys are small
// repositories with a policy. Of each policy one key after the other is taken away, and the repository is judged again:
// a key has an effect if what is left is a valid policy and the result is another one. Where a key cannot be missing it
// gets a value that means something else. The keys without effect are those that docs/policy.md calls "later".
func TestKeys(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/keys/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	effective := map[string]bool{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		archive := txtar.Parse(data)
		i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "modgov.yaml" })
		text := archive.Files[i].Data
		archive.Files[i].Name = "none"
		r := parseRepository(t, string(txtar.Format(archive)))
		before, _ := r.resultOf(t, text)
		for _, m := range mutations(t, text) {
			if after, valid := r.resultOf(t, m.text); valid && after != before {
				effective[m.key] = true
			}
		}
	}
	keys, later := policy.PolicyKeys()
	for _, key := range keys {
		switch {
		case later[key] && effective[key]:
			t.Errorf("%s is said to have no effect yet, and has one", key)
		case !later[key] && !effective[key] && key != "version": // it takes one value
			t.Errorf("no case in testdata/keys shows that %s has an effect", key)
		}
	}
}

// resultOf judges the repository by a policy and writes all that comes of it, without places in the policy file. Valid
// tells that the policy is; else the result is what is wrong with it.
func (r *repository) resultOf(t *testing.T, text []byte) (result string, valid bool) {
	t.Helper()
	p, err := policy.Parse("modgov.yaml", text)
	if err != nil {
		return err.Error(), false
	}
	if f := r.files["CODEOWNERS"]; f != nil {
		if err := p.SetCodeowners("CODEOWNERS", f.Data); err != nil {
			t.Fatal(err)
		}
	}
	r.policy = p
	j := r.judge(t)
	threshold, _ := policy.ParseSeverity(string(p.Gate.Threshold))
	var b strings.Builder
	fmt.Fprintln(&b, j.Verdict(threshold), p.JudgedBy(r.base))
	for _, f := range j.Findings {
		f.State = policy.Standing // as if a change had brought nothing
	}
	j.OnlyNew = p.Gate.Scope == policy.GateNew
	fmt.Fprintln(&b, j.Verdict(threshold))
	for _, rule := range policy.Rules() {
		b.WriteString(shown(j, rule.Name))
	}
	for _, f := range j.Findings {
		fmt.Fprintln(&b, f.ID(), f.Owners)
		if f.Item != nil {
			fmt.Fprintln(&b, f.Item.Reason)
		}
		if e := f.Exception; e != nil {
			fmt.Fprintln(&b, e.ID, e.Owner, e.Reason, e.Issue, e.Expires)
		}
	}
	for _, m := range j.Matches() {
		fmt.Fprintln(&b, m.Section, m.ID, m.State, m.Contact)
	}
	return regexp.MustCompile(`modgov\.yaml:\d+:\d+`).ReplaceAllString(b.String(), "modgov.yaml"), true
}

// A mutation is a policy without one key, or with another value for it.
type mutation struct {
	key  string // "pins.alternates.in"
	text []byte
}

// otherValue is a value that means something else than those of the cases, for keys that cannot be missing.
func otherValue(key string) string {
	last := key[strings.LastIndexByte(key, '.')+1:]
	switch {
	case key == "sources.hosts":
		return "z.org"
	case key == "exceptions.rule":
		return "duplicate-module"
	case key == "exceptions.policy":
		return "default"
	case key == "sets":
		return "{other: z.org/none, set: z.org/none}"
	case key == "modules.tags":
		return "{tag: none}"
	}
	return map[string]string{
		"dep": "z.org/none", "deny": "z.org/none", "from": "none", "in": "none", "modules": "none", "version": "v0.9.9",
	}[last]
}

// mutations makes two of each key wherever it stands: without it, and with another value if there is one for it.
func mutations(t *testing.T, text []byte) []mutation {
	t.Helper()
	var out []mutation
	for n := 0; ; n++ {
		found := false
		for _, value := range []bool{false, true} {
			var root yaml.Node
			if err := yaml.Unmarshal(text, &root); err != nil {
				t.Fatal(err)
			}
			key, ok := mutate(t, root.Content[0], "", n, value)
			if found = found || ok; key == "" {
				continue
			}
			mutated, err := yaml.Marshal(&root)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, mutation{key, mutated})
		}
		if !found {
			return out
		}
	}
}

// mutate changes the nth key of a mapping and what is below it, in the order of the file: it removes it, or gives it
// its other value. It returns the key, "" if there is no other value, and whether there are so many keys.
func mutate(t *testing.T, n *yaml.Node, path string, nth int, value bool) (key string, ok bool) {
	t.Helper()
	var walk func(n *yaml.Node, path string) bool
	walk = func(n *yaml.Node, path string) bool {
		if n.Kind == yaml.SequenceNode {
			return slices.ContainsFunc(n.Content, func(e *yaml.Node) bool { return walk(e, path) })
		}
		for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
			at := strings.TrimPrefix(path+"."+n.Content[i].Value, ".")
			if path == "owners.teams" { // its keys are names
				at = path + "*"
			} else if nth--; nth < 0 {
				if key = strings.ReplaceAll(at, "*", ""); !value {
					n.Content = slices.Delete(n.Content, i, i+2)
				} else if other := otherValue(key); other == "" {
					key = ""
				} else {
					var doc yaml.Node
					if err := yaml.Unmarshal([]byte(other), &doc); err != nil {
						t.Fatal(err)
					}
					n.Content[i+1] = doc.Content[0]
				}
				return true
			}
			if at != "sets" && at != "modules.tags" && walk(n.Content[i+1], at) {
				return true
			}
		}
		return false
	}
	ok = walk(n, path)
	return key, ok
}
