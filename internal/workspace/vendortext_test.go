package workspace

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/module"
)

func TestParseVendorText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{
			"packages", "# a.com/x v1.0.0\n## explicit; go 1.24\na.com/x\na.com/x/y\n# a.com/z v1.0.0\n",
			"1 a.com/x@v1.0.0 explicit 2; 5 a.com/z@v1.0.0 0",
		},
		{"line ends", "# a.com/x v1.0.0\r\n## explicit\r\na.com/x\r\n", "1 a.com/x@v1.0.0 explicit 1"},
		{"no final line end", "# a.com/x v1.0.0\na.com/x", "1 a.com/x@v1.0.0 1"},
		{
			"replacements", "# a.com/x v1.0.0 => ../x\na.com/x\n# a.com/y => a.com/z v1.2.0\n# a.com/x => ../x\n",
			"1 a.com/x@v1.0.0 => ../x 1; 3 a.com/y => a.com/z@v1.2.0 0; 4 a.com/x => ../x 0",
		},
		{"a module twice", "# a.com/x v1.0.0\na.com/x\n# a.com/x v1.0.0\n## explicit\na.com/x/y\n", "1 a.com/x@v1.0.0 explicit 2"},
		{"annotations in several lines", "# a.com/x v1.0.0\n## go 1.24\n## what; explicit ;\n", "1 a.com/x@v1.0.0 explicit 0"},
		{"unknown module line", "# a.com/x v1.0.0\n# a.com/y main\na.com/y\n## explicit\n", "1 a.com/x@v1.0.0 0"},
		{"short line", "# a.com/x v1.0.0\n# what\na.com/x\n", "1 a.com/x@v1.0.0 1"},
		{"replacement that go does not know", "# a.com/x v1.0.0 => a.com/y main\n", "1 a.com/x@v1.0.0 0"},
		{"no package", "# a.com/x v1.0.0\na.com/x and more\n../x\n/x\n", "1 a.com/x@v1.0.0 0"},
		{"package without module", "a.com/x\n## explicit\n", ""},
		{"workspace", "## workspace\n# a.com/x v1.0.0\n", "workspace; 2 a.com/x@v1.0.0 0"},
		{"workspace, in a list", "## go 1.24; workspace\n", "workspace"},
		{"workspace, too late", "# a.com/x v1.0.0\n## workspace\n", "1 a.com/x@v1.0.0 0"},
		{"workspace, too far", "## " + strings.Repeat(" ", 600) + "workspace\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := shownVendor(ParseVendorText("vendor/modules.txt", []byte(tt.text))); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func shownVendor(v *VendorText) string {
	var parts []string
	if v.Workspace {
		parts = append(parts, "workspace")
	}
	show := func(m module.Version) string { return strings.TrimSuffix(m.Path+"@"+m.Version, "@") }
	for _, m := range v.Modules {
		s := fmt.Sprintf("%d %s", m.Line, show(m.Mod))
		if m.Replacement.Path != "" {
			s += " => " + show(m.Replacement)
		}
		if m.Explicit {
			s += " explicit"
		}
		parts = append(parts, fmt.Sprintf("%s %d", s, m.Packages))
	}
	return strings.Join(parts, "; ")
}

func FuzzParseVendorText(f *testing.F) {
	f.Add("## workspace\n# a.com/x v1.0.0 => ../x\n## explicit\na.com/x\n")
	f.Add("# a => b\n# a v1.0.0 => b v1.0.0\n")
	f.Fuzz(func(t *testing.T, text string) {
		v := ParseVendorText("vendor/modules.txt", []byte(text))
		seen := map[module.Version]bool{}
		lines := strings.Count(text, "\n") + 1
		for _, m := range v.Modules {
			if seen[m.Mod] || m.Mod.Path == "" || m.Line < 1 || m.Line > lines {
				t.Errorf("%+v", m)
			}
			seen[m.Mod] = true
		}
	})
}
