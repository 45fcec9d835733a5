package change

import (
	"testing"

	"github.com/modgov/modgov/internal/difftest/universe"
)

// A submodule is one path, which touches who takes code from a directory in it.
func TestAffectedBySubmodule(t *testing.T) {
	t.Parallel()
	u := &universe.Universe{Files: map[string]string{
		"a/go.mod":          "module ex.test/a\ngo 1.24\nrequire ex.test/x v0.0.0\nreplace ex.test/x => ../sub/deep/x\n",
		"b/go.mod":          "module ex.test/b\ngo 1.24\n",
		"sub/deep/x/go.mod": "module ex.test/x\ngo 1.24\n",
	}}
	g, err := u.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"sub": "a sub/deep/x ", "sub/deep/x": "a sub/deep/x ", "su": "", "b": "b "} {
		modules, _ := (&Change{Base: g, Head: g, Files: []string{file}}).Affected()
		got := ""
		for _, m := range modules {
			got += m.Module.Dir + " "
		}
		if got != want {
			t.Errorf("%s: affected %q, want %q", file, got, want)
		}
	}
}
