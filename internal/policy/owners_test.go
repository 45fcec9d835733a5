package policy

import (
	"strings"
	"testing"
)

func TestCodeowners(t *testing.T) {
	t.Parallel()
	p, err := Parse("p.yaml", []byte(`version: 1
modules: {tags: {service: services/**, api: "**/api"}}
owners:
  codeowners: true
  teams:
    pay: {modules: "services/pay/**", contact: "#pay"}
    apis: {modules: "tag:api"}
    acme/security: {}
`))
	if err != nil {
		t.Fatal(err)
	}
	// The last rule that matches DIR/go.mod counts, whatever it says of the directory's other files.
	err = p.SetCodeowners("CODEOWNERS", []byte("\ufeff# owners\r\n"+`*                @acme/platform
go.mod           @acme/deps
/go.mod          @acme/root @alice
services/**      @acme/pay
/services/pay/api/*.go   @acme/writers
/libs/auth/      @acme/security bob@example.com
/tools/*/go.mod  @acme/tools # comment
/nobody/
`))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ dir, tags, teams string }{
		{".", "", "acme/root alice"},
		{"libs/other", "", "acme/deps"},
		{"libs/auth", "", "acme/security bob@example.com"},
		{"services/pay", "service", "pay"},
		{"services/pay/api", "api service", "apis pay"},
		{"services/orders", "service", "pay"},
		{"tools/gen", "", "acme/tools"},
		{"nobody", "", ""},
		{"nobody/x", "", ""},
	}
	for _, test := range tests {
		m := p.Info(test.dir, "x.org/"+test.dir)
		if got := strings.Join(m.Tags, " "); got != test.tags {
			t.Errorf("%s: tags %q, want %q", test.dir, got, test.tags)
		}
		if got := strings.Join(m.Teams, " "); got != test.teams {
			t.Errorf("%s: teams %q, want %q", test.dir, got, test.teams)
		}
	}
	root, err := p.ModuleSelector([]string{"team:root"})
	if err != nil || !root.Match(p.Info(".", "x")) {
		t.Errorf("team:root does not select what @acme/root owns: %v", err)
	}
}

// TestCodeownersBadLines: bad lines are named, the others count.
func TestCodeownersBadLines(t *testing.T) {
	t.Parallel()
	p, err := Parse("p.yaml", []byte("version: 1\nowners: {codeowners: true}\n"))
	if err != nil {
		t.Fatal(err)
	}
	data := "[Section] @acme/x\n* @acme/all\n/a/[bc] @acme/x\n/b/ not-an-owner\n/c/ @acme/c\n/d/ " +
		strings.Repeat("@a ", 40_000) + "\n/ @acme/root\n"
	err = p.SetCodeowners(".github/CODEOWNERS", []byte(data))
	got := shown(t, err)
	for _, want := range []string{
		".github/CODEOWNERS:1:1: not a CODEOWNERS line: unexpected character '['",
		".github/CODEOWNERS:3:1: not a CODEOWNERS line: unexpected character '['",
		".github/CODEOWNERS:4:1: not a CODEOWNERS line: invalid owner format 'not-an-owner'",
		".github/CODEOWNERS:6:1: not a CODEOWNERS line: it is too long",
		".github/CODEOWNERS:7:1: not a CODEOWNERS line: / matches nothing",
		"sections are not known here",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%.2000s", want, got)
		}
	}
	if got := strings.Join(p.Info("c", "").Teams, " "); got != "acme/c" {
		t.Errorf("c belongs to %q", got)
	}
	if got := strings.Join(p.Info("b", "").Teams, " "); got != "acme/all" {
		t.Errorf("b belongs to %q", got)
	}
}

// TestCodeownersUnasked: the file counts only where the policy says so.
func TestCodeownersUnasked(t *testing.T) {
	t.Parallel()
	p := Default()
	if err := p.SetCodeowners("CODEOWNERS", []byte("* @a\n[")); err != nil {
		t.Error(err)
	}
	if teams := p.Info("a", "").Teams; len(teams) > 0 {
		t.Errorf("teams are %q", teams)
	}
}

func TestGoverns(t *testing.T) {
	t.Parallel()
	p, err := Parse("p.yaml", []byte(`version: 1
modules:
  include: [tests/testdata/**, old/keep, "!**/never"]
  exclude: [old/**, "!old/keep", tests/testdata/broken]
`))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		dir             string
		byDefault, want bool
	}{
		{"services/a", true, true},
		{"testdata/a", false, false},
		{"tests/testdata/a", false, true},
		{"tests/testdata/never", false, false},
		{"services/never", true, true},
		{"tests/testdata/broken", false, false},
		{"old/a", true, false},
		{"old/keep", true, true},
	}
	for _, test := range tests {
		if got := p.Governs(test.dir, test.byDefault); got != test.want {
			t.Errorf("Governs(%s, %v) = %v", test.dir, test.byDefault, got)
		}
	}
}

func FuzzCodeowners(f *testing.F) {
	f.Add([]byte("/"), "a")
	f.Add([]byte("* @a/b\n/x/**/y?\\ z a@b.cc\n#\n[s]\n"), "x/y")
	f.Fuzz(func(t *testing.T, data []byte, dir string) {
		p, err := Parse("p.yaml", []byte("version: 1\nowners: {codeowners: true}\n"))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.SetCodeowners("CODEOWNERS", data); err != nil && err.Error() == "" {
			t.Fatal("an error without text")
		}
		p.Info(dir, dir)
	})
}
