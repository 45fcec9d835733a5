package policy

import (
	"slices"
	"strings"
	"testing"
)

// TestModuleSelector says what lists of terms select.
func TestModuleSelector(t *testing.T) {
	t.Parallel()
	modules := []ModuleInfo{
		{Dir: ".", Path: "x.org/repo"},
		{Dir: "libs", Path: "x.org/repo/libs"},
		{Dir: "libs/auth", Path: "x.org/auth/v2", Tags: []string{"library"}, Teams: []string{"platform"}},
		{Dir: "libs/auth/api", Path: "x.org/auth/api", Tags: []string{"library"}, Teams: []string{"acme/platform"}},
		{Dir: "libs/authz", Path: "x.org/authz", Teams: []string{"security", "platform"}},
		{Dir: "services/pay", Path: "x.org/repo/services/pay", Tags: []string{"prod"}, Teams: []string{"payments"}},
		{Dir: "services/pay/tools", Path: "tools"},
		{Dir: "!odd", Path: "x.org/odd"},
		{Dir: "a:b", Path: "x.org/ab"},
	}
	tests := []struct {
		terms string // separated by blanks
		want  string
	}{
		{".", "."},
		{"./", "."},
		{"**", ". libs libs/auth libs/auth/api libs/authz services/pay services/pay/tools !odd a:b"},
		{"./...", ". libs libs/auth libs/auth/api libs/authz services/pay services/pay/tools !odd a:b"},
		{"*", "libs !odd a:b"},
		{"*/*", "libs/auth libs/authz services/pay"},
		{"**/*", "libs libs/auth libs/auth/api libs/authz services/pay services/pay/tools !odd a:b"},
		{"libs", "libs"},
		{"libs/", "libs"},
		{"./libs", "libs"},
		{"libs/**", "libs libs/auth libs/auth/api libs/authz"},
		{"libs/...", "libs libs/auth libs/auth/api libs/authz"},
		{"libs/*", "libs/auth libs/authz"},
		{"libs/auth/**", "libs/auth libs/auth/api"},
		{"libs/auth*", "libs/auth libs/authz"},
		{"libs/aut?", "libs/auth"},
		{"libs/auth[z]", "libs/authz"},
		{"**/tools", "services/pay/tools"},
		{"services/**/tools", "services/pay/tools"},
		{"{libs,services}/*", "libs/auth libs/authz services/pay"},
		{"libs/auth{,/api}", "libs/auth libs/auth/api"},
		{"Libs/**", ""},
		{"path:x.org/auth/**", "libs/auth libs/auth/api"},
		{"path:tools", "services/pay/tools"},
		{"path:x.org/repo", "."},
		{"path:x.org/repo/**", ". libs services/pay"},
		{"tag:library", "libs/auth libs/auth/api"},
		{"tag:prod", "services/pay"},
		{"team:platform", "libs/auth libs/auth/api libs/authz"},
		{"team:@acme/platform", "libs/auth/api"},
		{"team:other/platform", ""},
		{"libs/** !libs/auth/**", "libs libs/authz"},
		{"!libs/auth/** libs/**", "libs libs/authz"},
		{"!libs/** !services/** !.", "!odd a:b"},
		{"** !tag:library !team:security !*", ". services/pay services/pay/tools"},
		{`\!odd a\:b`, "!odd a:b"},
		{"./a:b", "a:b"},
		{"", ""},
	}
	for _, test := range tests {
		s, err := ParseModuleSelector(strings.Fields(test.terms))
		if err != nil {
			t.Errorf("ParseModuleSelector(%q): %v", test.terms, err)
			continue
		}
		var got []string
		for _, m := range modules {
			if s.Match(m) {
				got = append(got, m.Dir)
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%q selects %q, want %q", test.terms, strings.Join(got, " "), test.want)
		}
	}
}

// TestDepSelector says what lists of terms select; @constraint is in TestConstraint.
func TestDepSelector(t *testing.T) {
	t.Parallel()
	deps := []DepInfo{
		{Path: "golang.org/x/net", Version: "v0.57.0"},
		{Path: "golang.org/x/nettest", Version: "v0.1.0"},
		{Path: "golang.org/x/net/v2", Version: "v2.1.0"},
		{Path: "golang.org/x", Version: "v0.0.0-20260102030405-0123456789ab"},
		{Path: "go.opentelemetry.io/otel", Version: "v1.30.0"},
		{Path: "go.opentelemetry.io/otel/sdk", Version: "v1.30.0"},
		{Path: "gopkg.in/yaml.v3", Version: "v3.0.1"},
		{Path: "x.org/auth", Dir: "libs/auth"},
		{Path: "x.org/repo", Dir: "."},
		{Path: "github.com/acme-inc/x", Version: "v1.0.0"},
		{Path: "github.com/acme/x", Version: "v1.0.0"},
		{Path: "github.com/Acme/x", Version: "v1.0.0"},
	}
	tests := []struct {
		terms string // separated by blanks
		want  string
	}{
		{"golang.org/x/net", "golang.org/x/net"},
		{"golang.org/x/net/**", "golang.org/x/net golang.org/x/net/v2"},
		{"golang.org/x/net/...", "golang.org/x/net golang.org/x/net/v2"},
		{"golang.org/x/*", "golang.org/x/net golang.org/x/nettest"},
		{"golang.org/x/net*", "golang.org/x/net golang.org/x/nettest"},
		{"golang.org/x/**", "golang.org/x/net golang.org/x/nettest golang.org/x/net/v2 golang.org/x"},
		{"golang.org", ""},
		{"github.com/acme/**", "github.com/acme/x"},
		{"github.com/acme/*", "github.com/acme/x"},
		{"github.com/acme", ""},
		{"github.com/acme*/**", "github.com/acme-inc/x github.com/acme/x"},
		{"gopkg.in/yaml", ""},
		{"gopkg.in/yaml/**", ""},
		{"module:libs/au", ""},
		{"github.com/** !github.com/acme/**", "github.com/acme-inc/x github.com/Acme/x"},
		{"github.com/*/x@>=1.0 !github.com/acme/x@<2", "github.com/acme-inc/x github.com/Acme/x"},
		{"golang.org/x/ne", ""},
		{"**/v2", "golang.org/x/net/v2"},
		{"*.org/**", "golang.org/x/net golang.org/x/nettest golang.org/x/net/v2 golang.org/x x.org/auth x.org/repo"},
		{"go.opentelemetry.io/otel{,/sdk}", "go.opentelemetry.io/otel go.opentelemetry.io/otel/sdk"},
		{"gopkg.in/yaml.v?", "gopkg.in/yaml.v3"},
		{"set:otel", "go.opentelemetry.io/otel go.opentelemetry.io/otel/sdk"},
		{"set:otel !**/sdk", "go.opentelemetry.io/otel"},
		{"module:**", "x.org/auth x.org/repo"},
		{"module:.", "x.org/repo"},
		{"module:libs/**", "x.org/auth"},
		{"module:*", ""},
		{"x.org/**", "x.org/auth x.org/repo"},
		{"x.org/** !module:libs/**", "x.org/repo"},
		{"!golang.org/** !set:otel !module:** !github.com/**", "gopkg.in/yaml.v3"},
		{"...", "golang.org/x/net golang.org/x/nettest golang.org/x/net/v2 golang.org/x go.opentelemetry.io/otel " +
			"go.opentelemetry.io/otel/sdk gopkg.in/yaml.v3 x.org/auth x.org/repo github.com/acme-inc/x github.com/acme/x " +
			"github.com/Acme/x"},
		{"", ""},
	}
	p, err := Parse("p.yaml", []byte("version: 1\nsets: {otel: 'go.opentelemetry.io/otel/**'}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		s, err := p.DepSelector(strings.Fields(test.terms))
		if err != nil {
			t.Errorf("DepSelector(%q): %v", test.terms, err)
			continue
		}
		var got []string
		for _, d := range deps {
			if s.Match(d) {
				got = append(got, d.Path)
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%q selects %q, want %q", test.terms, strings.Join(got, " "), test.want)
		}
	}
}

// TestSpecificity holds the order of terms that match the same thing, from narrow to wide; terms in one line are
// equally narrow.
func TestSpecificity(t *testing.T) {
	t.Parallel()
	m := ModuleInfo{Dir: "services/pay/api", Path: "x.org/services/pay/api", Tags: []string{"t"}, Teams: []string{"m"}}
	order := [][]string{
		{"path:x.org/services/pay/api"},
		{"services/pay/api", "./services/pay/api", "services/pay/{api,tools}"},
		{"services/pay/ap?", "services/pay/ap*"},
		{"services/pay/*"},
		{"services/pay/**"},
		{"services/*/api"},
		{"services/**/api"},
		{"services/*/*"},
		{"services/**"},
		{"*/pay/api"},
		{"*/*/api"},
		{"**/api"},
		{"tag:t", "team:m"},
		{"**", "!libs/**", "..."},
	}
	rank := func(term string) specificity {
		s, err := ParseModuleSelector([]string{term})
		if err != nil {
			t.Fatal(err)
		}
		got, ok := s.specificity(m)
		if !ok {
			t.Fatalf("%q does not match", term)
		}
		return got
	}
	last := specificity(0)
	for i, line := range slices.Backward(order) {
		for _, term := range line {
			got := rank(term)
			if i == len(order)-1 && got != rankEverything || got <= last || got != rank(line[0]) {
				t.Errorf("%q has the rank %x, %q %x", term, got, line[0], rank(line[0]))
			}
		}
		last = rank(line[0])
	}
	both, err := ParseModuleSelector([]string{"**", "services/**", "libs/**"})
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := both.specificity(m); got != rank("services/**") {
		t.Errorf("of a list the narrowest term that matches counts: %x, want %x", got, rank("services/**"))
	}
}

func TestDepSpecificity(t *testing.T) {
	t.Parallel()
	p, err := Parse("p.yaml", []byte("version: 1\nsets: {exact: golang.org/x/net, wide: 'golang.org/x/**'}\n"))
	if err != nil {
		t.Fatal(err)
	}
	order := []string{
		"golang.org/x/net@<1", "golang.org/x/net", "set:exact", "golang.org/x/*", "golang.org/x/**", "set:wide",
		"golang.org/**", "**/net", "**@<1", "**",
	}
	last := specificity(0)
	for _, term := range slices.Backward(order) {
		s, err := p.DepSelector([]string{term})
		if err != nil {
			t.Fatal(err)
		}
		got, ok := s.specificity(DepInfo{Path: "golang.org/x/net", Version: "v0.57.0"})
		if !ok || got <= last {
			t.Errorf("%q has the rank %x, not more than %x", term, got, last)
		}
		last = got
	}
}

// TestSelectorNames says what --module and --dep refuse.
func TestSelectorNames(t *testing.T) {
	t.Parallel()
	p, err := Parse("p.yaml", []byte(`version: 1
modules: {tags: {library: libs}}
owners: {teams: {pay: {}}}
sets: {otel: a.org}
`))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		dep        bool
		term, want string
	}{
		{false, "tag:library", ""},
		{false, "team:pay", ""},
		{false, "tag:libary", `there is no tag "libary" (did you mean "library"?)`},
		{false, "team:nobody", `there is no team "nobody" (known: pay)`},
		{true, "set:otel", ""},
		{true, "!set:otle", `there is no set "otle" (did you mean "otel"?)`},
		{true, "", `an empty pattern (** stands for everything)`},
		{true, "a.org/\x1b[31m", `"a.org/\x1b[31m" has characters that no path has (remove them)`},
		{false, "tag:a\x1b", `"a\x1b" is not a name (write the name alone, without globs)`},
	}
	for _, test := range tests {
		if test.dep {
			_, err = p.DepSelector([]string{test.term})
		} else {
			_, err = p.ModuleSelector([]string{test.term})
		}
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%q: error %q, want %q", test.term, got, test.want)
		}
	}
}

func FuzzModuleSelector(f *testing.F) {
	for _, s := range []string{
		"**", ".", "./a/...", "!a/{b,c}/**", "path:x.org/*", "tag:a", "team:@b/c", `\!a[b-c]?`, "a{,b{c,}}", "{", "!!a",
	} {
		f.Add(s, "a/b/c")
	}
	f.Fuzz(func(t *testing.T, term, dir string) {
		s, err := ParseModuleSelector([]string{term})
		if err != nil {
			if s.size() != 0 {
				t.Fatal("a selector beside an error")
			}
			return
		}
		m := ModuleInfo{Dir: dir, Path: dir, Tags: []string{dir}, Teams: []string{dir}}
		rank, ok := s.specificity(m)
		if ok != (rank > 0) || ok != s.Match(m) || s.size() > maxAlternatives {
			t.Fatalf("%q on %q: %x, %v, %d terms", term, dir, rank, ok, s.size())
		}
		not, err := ParseModuleSelector([]string{"**", "!" + term}) // of a term with ! that is an error
		if err == nil && not.Match(m) == ok {
			t.Fatalf("%q on %q is %v, and so is its negation", term, dir, ok)
		}
	})
}

func FuzzDepSelector(f *testing.F) {
	for _, s := range []string{
		"**", "golang.org/x/...", "!a.org/{b,c}/**@<1", "set:a@>=1 <2", "module:./a/**", "a@v1.2.3", "a[]b",
	} {
		f.Add(s, "golang.org/x/net", "v1.2.3")
	}
	f.Fuzz(func(t *testing.T, term, path, version string) {
		s, err := parseDepSelector([]string{term})
		if err != nil {
			if s.size() != 0 {
				t.Fatal("a selector beside an error")
			}
			return
		}
		d := DepInfo{Path: path, Version: version, Dir: path}
		rank, ok := s.specificity(d)
		if ok != (rank > 0) || ok != s.Match(d) || s.size() > maxAlternatives {
			t.Fatalf("%q on %q: %x, %v, %d terms", term, path, rank, ok, s.size())
		}
		x := depIndex{}
		x.add(0, &s)
		if ok && len(x.candidates(path)) == 0 {
			t.Fatalf("%q matches %q, and the index does not find it", term, path)
		}
	})
}
