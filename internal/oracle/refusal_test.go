package oracle

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// TestReadRefusal reads what the go command says, word for word.
func TestReadRefusal(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text     string
		kinds    []kind
		culprits string // "mod" or "mod<file"
		short    string
	}{
		{
			"go: updates to go.mod needed, disabled by -mod=readonly; to update it:\n\tgo mod tidy", []kind{needsUpdate},
			"", "updates to go.mod needed, disabled by -mod=readonly; to update it: go mod tidy",
		}, {
			"go: downloading ex.test/a v1.0.0\ngo: ex.test/a@v1.0.0: missing go.sum entry for go.mod file; to add it:\n" +
				"\tgo mod download ex.test/a", []kind{missingSum}, "ex.test/a@v1.0.0",
			"ex.test/a@v1.0.0: missing go.sum entry for go.mod file; to add it: go mod download ex.test/a",
		}, {
			"go: ex.test/a@v1.0.0 requires\n\tex.test/b@v1.1.0 (replaced by ex.test/c@v1.2.0): missing go.sum entry for " +
				"go.mod file; to add it:\n\tgo mod download ex.test/c", []kind{missingSum},
			"ex.test/b@v1.1.0<ex.test/c@v1.2.0",
			"ex.test/b@v1.1.0 (replaced by ex.test/c@v1.2.0): missing go.sum entry for go.mod file; to add it: " +
				"go mod download ex.test/c",
		}, {
			"go: ex.test/a@v1.0.0 requires\n\tex.test/b@v1.1.0+incompatible: reading file:///p/ex.test/b/@v/v1.mod: " +
				"no such file or directory", []kind{unloadable}, "ex.test/b@v1.1.0+incompatible",
			"ex.test/b@v1.1.0+incompatible: reading file:///p/ex.test/b/@v/v1.mod: no such file or directory",
		}, {
			"go: ex.test/a@v1.0.0: reading file:///p/a.info: no such file\ngo: ex.test/b@v1.0.0: module lookup disabled by " +
				"GOPROXY=off", []kind{unloadable}, "ex.test/a@v1.0.0 ex.test/b@v1.0.0",
			"ex.test/a@v1.0.0: reading file:///p/a.info: no such file",
		}, {
			"verifying ex.test/a@v1.0.0/go.mod: checksum mismatch\n\tdownloaded: h1:x=\n\tgo.sum:     h1:y=\n\n" +
				"SECURITY ERROR\nThis download does NOT match an earlier download recorded in go.sum.", []kind{wrongSum},
			"ex.test/a@v1.0.0", "verifying ex.test/a@v1.0.0/go.mod: checksum mismatch",
		}, {
			"go: conflicting replacements for ex.test/a:\n\t./x\n\t./y\nuse \"go work edit -replace ex.test/a=[override]\" " +
				"to resolve", []kind{conflict}, "", "conflicting replacements for ex.test/a: ./x",
		}, {
			"go: errors parsing go.mod:\ngo.mod:5: unknown directive: frobnicate", []kind{badFile}, "",
			"errors parsing go.mod: go.mod:5: unknown directive: frobnicate",
		}, {
			"go: go.mod requires go >= 1.99 (running go 1.26.1; GOTOOLCHAIN=local)", []kind{tooNew}, "",
			"go.mod requires go >= 1.99 (running go 1.26.1; GOTOOLCHAIN=local)",
		}, {
			"go: download go1.99 for linux/amd64: toolchain not available", []kind{tooNew}, "",
			"download go1.99 for linux/amd64: toolchain not available",
		}, {
			"go: module ./b listed in go.work file requires go >= 1.25, but go.work lists go 1.24; to update it:\n" +
				"\tgo work use", []kind{badWorkspace}, "",
			"module ./b listed in go.work file requires go >= 1.25, but go.work lists go 1.24; to update it: go work use",
		}, {
			"malformed go.sum:\n/r/go.sum:2: wrong number of fields 2", []kind{badSum}, "",
			"malformed go.sum: /r/go.sum:2: wrong number of fields 2",
		},
		{
			"go: module lookup disabled by GOPROXY=off", []kind{unloadable}, "", "module lookup disabled by GOPROXY=off",
		},
		{"exit status 1", []kind{other}, "", "exit status 1"},
		{"", []kind{other}, "", ""},
	} {
		r := readRefusal(test.text)
		var culprits []string
		for _, c := range r.culprits {
			name := c.mod.String()
			if c.file != c.mod {
				name += "<" + c.file.String()
			}
			culprits = append(culprits, name)
		}
		if !slices.Equal(r.kinds, test.kinds) || strings.Join(culprits, " ") != test.culprits || r.short() != test.short {
			t.Errorf("%q:\ngot  %q %q %q\nwant %q %q %q",
				test.text, r.kinds, culprits, r.short(), test.kinds, test.culprits, test.short)
		}
	}
}

// TestNotHad tells what go could not get from what it got and did not like.
func TestNotHad(t *testing.T) {
	t.Parallel()
	known := func(m module.Version) bool { return m.Path == "ex.test/a" }
	for text, want := range map[string]bool{
		"go: ex.test/a@v1.0.0: module lookup disabled by GOPROXY=off":                                       true,
		"go: ex.test/a@v1.0.0: Get \"https://proxy\": dial tcp: no such host":                               true,
		"go: module lookup disabled by GOPROXY=off":                                                         true,
		"go: ex.test/b@v1.0.0: module lookup disabled by GOPROXY=off":                                       false,
		"go: ex.test/a@v1.0.0: parsing go.mod:\n\tmodule declares its path as: b\n\tbut was required as: a": false,
		"go: updates to go.mod needed":                                                                      false,
	} {
		if got := readRefusal(text).notHad(known); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

func FuzzReadRefusal(f *testing.F) {
	f.Add("go: ex.test/a@v1.0.0 requires\n\tex.test/b@v1.1.0 (replaced by ex.test/c@v1.2.0): missing go.sum entry")
	f.Add("verifying a@v1/go.mod: checksum mismatch\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		r := readRefusal(text)
		if len(r.kinds) == 0 {
			t.Error("no kind")
		}
		if strings.Contains(r.short(), "\n") {
			t.Errorf("more than a line: %q", r.short())
		}
	})
}

// TestMoveWork moves a go.work file: the directories in it stay what they were.
func TestMoveWork(t *testing.T) {
	t.Parallel()
	const text = `go 1.26.0

use (
	./a // the first
	.
	../b
)

replace ex.test/x => ./my fork

replace (
	ex.test/y v1.0.0 => ./y1
	ex.test/y => ../y
	ex.test/z => ex.test/q v1.2
)
`
	dir := filepath.FromSlash("/repo/team")
	got, err := moveWork([]byte(strings.Replace(text, "./my fork", `"./my fork"`, 1)), dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\t/repo/team/a // the first\n\t/repo/team\n\t/repo/b\n", `ex.test/x => "/repo/team/my fork"`,
		"ex.test/y v1.0.0 => /repo/team/y1\n\tex.test/y => /repo/y\n\tex.test/z => ex.test/q v1.2\n",
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
	if _, err := moveWork([]byte("use ("), dir); err == nil {
		t.Error("no error for a file that is none")
	}
}

func FuzzMoveWork(f *testing.F) {
	f.Add("go 1.26\nuse ./a\nreplace (\n\ta => ../b\n\tc v1.0.0 => \"./d e\"\n)\n")
	f.Fuzz(func(t *testing.T, text string) {
		keep := func(_, version string) (string, error) { return version, nil }
		before, err := modfile.ParseWork("go.work", []byte(text), keep)
		if err != nil {
			return
		}
		moved, err := moveWork([]byte(text), filepath.FromSlash("/repo/team"))
		if err != nil {
			t.Fatal(err)
		}
		after, err := modfile.ParseWork("go.work", moved, keep)
		if err != nil {
			t.Fatalf("%v in\n%s", err, moved)
		}
		if len(after.Use) != len(before.Use) || len(after.Replace) != len(before.Replace) {
			t.Errorf("%s became %s", text, moved)
		}
		for i, r := range after.Replace {
			if was := before.Replace[i]; r.Old != was.Old || r.New.Version != was.New.Version {
				t.Errorf("%v became %v", was, r)
			}
		}
	})
}
