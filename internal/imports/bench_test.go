package imports_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/imports"
	"github.com/modgov/modgov/internal/workspace"
)

// BenchmarkLoad follows the imports of 20 services that replace 5 libraries: 2,000 Go files of the usual size in all,
// cold as at the start of a check.
func BenchmarkLoad(b *testing.B) {
	root := b.TempDir()
	write := func(name, text string) {
		b.Helper()
		name = filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			b.Fatal(err)
		}
	}
	const method = "// Work does what there is to do.\nfunc (t *T) Work(ctx context.Context) error { return nil }\n\n"
	source := func(imported string) string {
		return "// Package p is generated.\npackage p\n\nimport (\n\t\"context\"\n\t\"errors\"\n\t\"fmt\"\n\t\"" +
			imported + "\"\n)\n\n" + strings.Repeat(method, 80)
	}
	var src workspace.Source
	add := func(dir, gomod string) {
		write(dir+"/go.mod", gomod)
		src.Entries = append(src.Entries, workspace.Entry{Dir: dir})
	}
	for l := range 5 {
		dir := fmt.Sprintf("libs/l%d", l)
		add(dir, fmt.Sprintf("module example.com/l%d\n\ngo 1.24\n\nrequire example.com/x v1.0.0\n", l))
		for p := range 10 {
			for f := range 8 {
				write(fmt.Sprintf("%s/p%d/f%d.go", dir, p, f), source(fmt.Sprintf("example.com/x/p%d", f)))
			}
		}
	}
	for s := range 20 {
		dir := fmt.Sprintf("services/s%02d", s)
		gomod := fmt.Sprintf("module example.com/s%d\n\ngo 1.24\n", s)
		for l := range 5 {
			gomod += fmt.Sprintf("\nrequire example.com/l%d v0.0.0\nreplace example.com/l%[1]d => ../../libs/l%[1]d\n", l)
		}
		add(dir, gomod)
		for p := range 10 {
			for f := range 8 {
				write(fmt.Sprintf("%s/p%d/f%d.go", dir, p, f), source(fmt.Sprintf("example.com/l%d/p%d", f%5, p)))
			}
		}
	}
	fsys, err := os.OpenRoot(root)
	if err != nil {
		b.Fatal(err)
	}
	defer fsys.Close()
	src.FS = fsys.FS()
	ws, err := workspace.Load(b.Context(), src)
	if err != nil {
		b.Fatal(err)
	}
	g, err := graph.Load(b.Context(), ws, bareModules{}, graph.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		im, err := imports.Load(b.Context(), g, imports.NewReader(fsys.FS()), nil)
		if err != nil || len(im.Reach("services/s00")) != 8 || len(im.Problems()) != 0 {
			b.Fatal(err, len(im.Reach("services/s00")), im.Problems())
		}
	}
}

// bareModules hands out go.mod files that require nothing.
type bareModules struct{}

func (bareModules) ModFiles(_ context.Context, mods []module.Version) ([]*workspace.Summary, []error) {
	out := make([]*workspace.Summary, len(mods))
	for i, m := range mods {
		out[i] = &workspace.Summary{Path: m.Path, Go: "1.24"}
	}
	return out, make([]error, len(mods))
}
