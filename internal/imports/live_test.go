package imports_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/dirhash"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/imports"
	"github.com/modgov/modgov/internal/workspace"
)

// The packages of outside modules that are reached are those that "go mod vendor" would copy, with files of every kind
// that the go command treats in its own way (go-semantics 5.10, 5.11). Each file imports a package of its own.
func TestAsGoModWhy(t *testing.T) {
	t.Parallel()
	goCommand, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go command")
	}
	var names []string
	root, files := t.TempDir(), oddFiles(&names)
	write := func(name string, data []byte) {
		t.Helper()
		name = filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range files {
		write("repo/"+name, []byte(text))
	}
	if err := os.Symlink("../shared/link.src", filepath.Join(root, "repo", "lib", "link.go")); err != nil {
		t.Skip(err)
	}
	writeModule(t, write, names)
	zipSum, err := dirhash.HashZip(filepath.Join(root, "proxy", "example.com", "x", "@v", "v1.0.0.zip"), dirhash.Hash1)
	if err != nil {
		t.Fatal(err)
	}
	modSum, err := workspace.GoModSum([]byte(outsideMod))
	if err != nil {
		t.Fatal(err)
	}
	sums := fmt.Appendf(nil, "example.com/x v1.0.0 %s\nexample.com/x v1.0.0/go.mod %s\n", zipSum, modSum)
	write("repo/app/go.sum", sums)

	src := workspace.Source{FS: os.DirFS(filepath.Join(root, "repo")), Entries: []workspace.Entry{
		{Dir: "app"}, {Dir: "app/nested"}, {Dir: "base"}, {Dir: "lib"}, {Dir: "lib/inner"},
	}}
	ws, err := workspace.Load(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.Load(t.Context(), ws, bareModules{}, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	im, err := imports.Load(t.Context(), g, imports.NewReader(src.FS), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range im.Reach("app") {
		got = append(got, i.Package)
		if i.Unlisted {
			t.Errorf("%s is not listed", i.Package)
		}
	}
	args := append([]string{"mod", "why", "-vendor"}, packages(names)...)
	cmd := exec.CommandContext(t.Context(), goCommand, args...)
	cmd.Dir = filepath.Join(root, "repo", "app")
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GO") }),
		"GOENV=off", "GOTOOLCHAIN=local", "GOSUMDB=off", "GOFLAGS=-modcacherw", "GOTELEMETRY=off", "GOWORK=off",
		"GOPROXY=file://"+filepath.ToSlash(filepath.Join(root, "proxy")), "GOMODCACHE="+filepath.Join(root, "modcache"),
		"GOPATH="+filepath.Join(root, "gopath"), "GOCACHE="+filepath.Join(root, "cache"))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	needed := 0
	for block := range strings.SplitSeq(strings.TrimPrefix(string(out), "# "), "\n# ") {
		pkg, why, _ := strings.Cut(block, "\n")
		needs := !strings.Contains(why, "does not need to vendor package")
		if needs {
			needed++
		}
		if slices.Contains(got, pkg) != needs {
			t.Errorf("%s: reached %t, but go says\n%s", pkg, slices.Contains(got, pkg), why)
		}
	}
	if needed < 25 || needed == len(names) {
		t.Errorf("%d packages of %d are needed", needed, len(names))
	}
}

// packages returns the packages of the outside module with these names.
func packages(names []string) []string {
	var out []string
	for _, name := range names {
		out = append(out, "example.com/x/"+name)
	}
	return out
}

// oddFiles returns the files of a repository. Where a text says X, it imports a package of the outside module named
// after the file; those names are appended.
func oddFiles(names *[]string) map[string]string {
	files := map[string]string{
		"app/go.mod": `module example.com/app
go 1.25
ignore (
	./anchored
	anywhere
	a/b
)
tool example.com/lib/cmd/tool
require (
	example.com/base v0.0.0
	example.com/lib v0.0.0
	example.com/x v1.0.0
)
replace (
	example.com/base => ../base
	example.com/lib => ../lib
)
`,
		"app/nested/go.mod": "module example.com/app/nested\n",
		"lib/go.mod":        "module example.com/lib\ngo 1.24\nrequire example.com/x v1.0.0\nrequire example.com/base v0.0.0\n",
		"lib/inner/go.mod":  "module example.com/lib/inner\n",
		"base/go.mod":       "module example.com/base\ngo 1.24\nrequire example.com/x v1.0.0\n",
		"app/use.go": "package app\nimport (\n_ \"example.com/lib\"\n_ \"example.com/lib/testdata/t\"\n" +
			"_ \"example.com/app/anchored/explicit\"\n_ \"example.com/lib/tests\"\n_ \"example.com/lib/inner\"\n)\n",
		"app/use_test.go": "package app_test\nimport _ \"example.com/lib/fake\"\n",
	}
	add := func(name, text string) {
		pkg := strings.NewReplacer("/", "-", ".", "-").Replace(name)
		pkg = "p" + strings.ToLower(strings.NewReplacer("_", "-u-", " ", "-").Replace(pkg))
		*names = append(*names, pkg)
		files[name] = strings.ReplaceAll(text, "X", fmt.Sprintf("import _ %q", "example.com/x/"+pkg))
	}
	const plain = "package p\nX\n"
	for _, name := range []string{
		"lib/plain.go", "lib/a_windows.go", "lib/b_plan9_arm.go", "lib/linux.go", "lib/_under.go", "lib/.dot.go",
		"lib/x.go.txt", "lib/own_test.go", "lib/tests/only_test.go", "lib/fake/fake.go", "lib/unused/a.go",
		"lib/inner/a.go", "lib/testdata/t/a.go", "lib/cmd/tool/main.go", "app/in_test.go", "app/sub/a.go",
		"app/testdata/a.go", "app/sub/testdata/a.go", "app/_x/a.go", "app/.x/a.go", "app/nested/a.go",
		"app/anchored/a.go", "app/anchored/explicit/a.go", "app/sub/anchored/a.go", "app/sub/anywhere/a.go",
		"app/anywhere2/a.go", "app/c/a/b/a.go", "app/a/bb/a.go", "app/sub/vendor/a.go", "app/sub/vendor/deep/a.go",
		"app/internal/a.go",
	} {
		add(name, plain)
	}
	for name, text := range map[string]string{
		"lib/c_ignore.go":    "//go:build ignore\n\npackage p\nX\n",
		"lib/c_not.go":       "//go:build !ignore\n\npackage p\nX\n",
		"lib/c_both.go":      "//go:build linux && !linux\n\npackage p\nX\n",
		"lib/c_or.go":        "//go:build ignore || foo\n\npackage p\nX\n",
		"lib/c_and.go":       "//go:build foo && (ignore || !bar)\n\npackage p\nX\n",
		"lib/c_odd.go":       "//go:build ||\n\npackage p\nX\n",
		"lib/c_two.go":       "//go:build foo\n//go:build bar\n\npackage p\nX\n",
		"lib/s_nul.go":       "package p\nX\nvar x = \"\x00\"\n",
		"lib/s_html.go":      "<html>\nX\n",
		"lib/c_plus.go":      "// +build ignore\n\npackage p\nX\n",
		"lib/c_plusdoc.go":   "// +build ignore\npackage p\nX\n",
		"lib/c_pluslate.go":  "/* x */\n// +build ignore\n\npackage p\nX\n",
		"lib/c_plustwo.go":   "// +build foo,!bar baz\n// +build !ignore\n\npackage p\nX\n",
		"lib/c_both2.go":     "// +build ignore\n\n//go:build foo\n\npackage p\nX\n",
		"lib/c_block.go":     "/*\n//go:build ignore\n*/\npackage p\nX\n",
		"lib/c_doc.go":       "//go:build ignore\n// Package p.\npackage p\nX\n",
		"lib/c_crlf.go":      "//go:build ignore\r\n\r\npackage p\r\nX\r\n",
		"lib/c_bom.go":       "\ufeff//go:build ignore\n\npackage p\nX\n",
		"lib/s_cgo.go":       "package p\n\n// int x;\nimport \"C\"\nX\n",
		"lib/s_bom.go":       "\ufeffpackage p; X; var x int\n",
		"lib/s_crlf.go":      "package p\r\nX\r\n",
		"lib/s_semicolon.go": "package p;;\n/*c*/X//c\n",
		"lib/s_doc.go":       "package documentation\nX\n",
		"lib/s_broken.go":    "package p\nX\nfunc {\n",
		"lib/s_brokenimp.go": "package p\nX\nimport \"\nfunc f() {}\n",
		"lib/s_engine.go":    "package p\nimport (\n_ \"appengine\"\n_ \"appengine/user\"\n)\nX\n",
	} {
		add(name, text)
	}
	pkg := "plink"
	*names = append(*names, pkg)
	files["shared/link.src"] = fmt.Sprintf("package p\nimport _ %q\n", "example.com/x/"+pkg)
	return files
}

// outsideMod is the go.mod file of the one outside module.
const outsideMod = "module example.com/x\n"

// writeModule puts the outside module into the proxy, with an empty package of each name.
func writeModule(t *testing.T, write func(string, []byte), names []string) {
	t.Helper()
	var data bytes.Buffer
	z := zip.NewWriter(&data)
	for _, name := range names {
		w, err := z.Create("example.com/x@v1.0.0/" + name + "/p.go")
		if err == nil {
			_, err = w.Write([]byte("package p\n"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write("proxy/example.com/x/@v/v1.0.0.zip", data.Bytes())
	write("proxy/example.com/x/@v/v1.0.0.mod", []byte(outsideMod))
	write("proxy/example.com/x/@v/v1.0.0.info", []byte(`{"Version":"v1.0.0"}`))
}
