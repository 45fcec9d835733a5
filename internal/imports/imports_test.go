package imports_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/imports"
	"github.com/modgov/modgov/internal/workspace"
)

// tree makes the files of an archive. A file whose text begins with "-> " is a link.
func tree(text string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, f := range txtar.Parse([]byte(text)).Files {
		fsys[f.Name] = &fstest.MapFile{Data: slices.Clone(f.Data), Mode: 0o644}
		if target, ok := strings.CutPrefix(string(f.Data), "-> "); ok {
			fsys[f.Name] = &fstest.MapFile{Data: []byte(strings.TrimSpace(target)), Mode: fs.ModeSymlink | 0o777}
		}
	}
	return fsys
}

// load computes the graph of the modules in a file system. Outside versions require nothing.
func load(t *testing.T, fsys fs.FS) *graph.Graph {
	t.Helper()
	src := workspace.Source{FS: fsys}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && path.Base(name) == "go.mod" {
			src.Entries = append(src.Entries, workspace.Entry{Dir: path.Dir(name)})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(src.Entries, func(a, b workspace.Entry) int { return cmp.Compare(a.Dir, b.Dir) })
	ws, err := workspace.Load(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.Load(t.Context(), ws, bareModules{}, graph.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func follow(t *testing.T, fsys fs.FS, has imports.HasPackage) *imports.Imports {
	t.Helper()
	im, err := imports.Load(t.Context(), load(t, fsys), imports.NewReader(fsys), has)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

// shown writes a line for each import: "PACKAGE: place, how often, way; what is not listed".
func shown(list []imports.Import) string {
	var b strings.Builder
	for _, i := range list {
		var way []string
		for _, p := range i.Chain() {
			way = append(way, p.Dir)
		}
		when := []string{"always", "sometimes", "in tests", "for tools"}[i.When]
		fmt.Fprintf(&b, "%s: %s, %s, %s", i.Package, i.Pos, when, strings.Join(way, " -> "))
		if i.Unlisted {
			fmt.Fprintf(&b, "; %s is not listed", i.Mod)
		}
		b.WriteString("\n")
	}
	return b.String()
}

const twoApps = `
-- app/go.mod --
module example.com/app
go 1.24
require example.com/lib v0.0.0
replace example.com/lib => ../lib
-- app/a.go --
package app
import _ "example.com/lib"
-- two/go.mod --
module example.com/two
go 1.24
require example.com/lib v0.0.0
replace example.com/lib => ../lib
-- two/a.go --
package two
import _ "example.com/lib"
-- alone/go.mod --
module example.com/alone
go 1.24
-- alone/a.go --
package alone
-- lib/go.mod --
module example.com/lib
go 1.24
require example.com/x v1.0.0
-- lib/a.go --
package lib
import _ "example.com/x"
-- lib/other/a.go --
package other
`

// A listed module that may have a package is asked for only where another one may have it too.
func TestHasPackage(t *testing.T) {
	t.Parallel()
	fsys := tree(twoApps)
	delete(fsys, "two/go.mod")
	fsys["app/go.mod"].Data = append(fsys["app/go.mod"].Data, "require example.com/x v1.0.0\n"...)
	fsys["lib/go.mod"].Data = append(fsys["lib/go.mod"].Data, "require example.com/x/sub v1.0.0\n"...)
	fsys["lib/a.go"].Data = append(fsys["lib/a.go"].Data, "import _ \"example.com/x/sub/p\"\n"...)
	var mu sync.Mutex
	for _, test := range []struct {
		has, known bool
		unlisted   module.Version
	}{
		{true, true, module.Version{}},
		{false, false, module.Version{}},
		{false, true, module.Version{Path: "example.com/x/sub", Version: "v1.0.0"}},
	} {
		asked := map[string]bool{}
		im := follow(t, fsys, func(mod module.Version, dir string) (has, known bool) {
			mu.Lock()
			defer mu.Unlock()
			asked[mod.String()+" "+dir] = true
			if mod.Path == "example.com/x" {
				return test.has, test.known
			}
			return true, true
		})
		list := im.Reach("app")
		if got := list[len(list)-1].Mod; got != test.unlisted {
			t.Errorf("has %t, known %t: %v is not listed, want %v", test.has, test.known, got, test.unlisted)
		}
		if !asked["example.com/x@v1.0.0 sub/p"] || asked["example.com/x@v1.0.0 ."] {
			t.Errorf("asked for %v", asked)
		}
	}
}

// countingFS counts what is opened.
type countingFS struct {
	fs.FS
	mu     sync.Mutex
	opened map[string]int
}

func (c *countingFS) Open(name string) (fs.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened[name]++
	return c.FS.Open(name)
}

// Of the Go files only those are read that a module concerned reaches, each once.
func TestReadsEachFileOnce(t *testing.T) {
	t.Parallel()
	files := &countingFS{FS: tree(twoApps), opened: map[string]int{}}
	g := load(t, files.FS)
	reader := imports.NewReader(files)
	for range 2 {
		im, err := imports.Load(t.Context(), g, reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(im.Reach("app")) != 1 || len(im.Reach("two")) != 1 || im.Reach("alone") != nil || im.Reach("lib") != nil {
			t.Error("the answers are others")
		}
	}
	want := map[string]int{"app": 1, "app/a.go": 1, "two": 1, "two/a.go": 1, "lib": 1, "lib/a.go": 1}
	for name, n := range files.opened {
		if want[name] != n {
			t.Errorf("%s was opened %d times", name, n)
		}
	}
	for name := range want {
		if files.opened[name] == 0 {
			t.Errorf("%s was not opened", name)
		}
	}

	files.opened = map[string]int{}
	delete(files.FS.(fstest.MapFS), "app/go.mod")
	delete(files.FS.(fstest.MapFS), "two/go.mod")
	if _, err := imports.Load(t.Context(), load(t, files.FS), imports.NewReader(files), nil); err != nil {
		t.Fatal(err)
	}
	if len(files.opened) > 0 {
		t.Errorf("nothing concerns anybody, and %v were opened", files.opened)
	}
}

// brokenFS fails for some names.
type brokenFS struct {
	fstest.MapFS
	broken map[string]error
}

func (b brokenFS) Open(name string) (fs.File, error) {
	if err := b.broken[name]; err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return b.MapFS.Open(name)
}

func (b brokenFS) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := b.broken[name]; err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return b.MapFS.ReadDir(name)
}

func (b brokenFS) Sub(dir string) (fs.FS, error) { return fs.Sub(struct{ fs.FS }{b}, dir) }

// What cannot be read is told, and hides nothing else. Nobody is told of what nobody reaches.
func TestProblems(t *testing.T) {
	t.Parallel()
	fsys := tree(twoApps + `
-- app/bad.go --
package app
import _ "example.com/lib/late"
import "
-- app/ignored.go --
//go:build ignore

no Go at all
-- app/out.go --
-> ../../etc/x.go
-- app/abs.go --
-> /etc/x.go
-- app/loop.go --
-> loop.go
-- app/locked.go --
package app
-- app/sub/a.go --
package sub
-- lib/late/a.go --
package late
import _ "example.com/x/late"
-- lib/other/bad.go --
no Go at all
-- alone/bad.go --
no Go at all
`)
	broken := brokenFS{fsys, map[string]error{"app/locked.go": fs.ErrPermission, "app/sub": fs.ErrPermission}}
	im, err := imports.Load(t.Context(), load(t, fsys), imports.NewReader(broken), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range im.Problems() {
		got = append(got, fmt.Sprintf("%v (syntax: %t)", p, p.Syntax))
	}
	want := []string{
		"app/abs.go: cannot be read: the link leads out of the repository (syntax: false)",
		"app/bad.go:3:8: expected the end of a string (syntax: true)",
		"app/locked.go: cannot be read: permission denied (syntax: false)",
		"app/loop.go: cannot be read: too many links (syntax: false)",
		"app/out.go: cannot be read: the link leads out of the repository (syntax: false)",
		"app/sub: cannot be read: permission denied (syntax: false)",
	}
	for i := range got {
		got[i] = strings.Replace(got[i], fs.ErrPermission.Error(), "permission denied", 1)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	list := shown(im.Reach("app"))
	if !strings.Contains(list, "example.com/x/late: ") || !strings.Contains(list, "example.com/x: ") {
		t.Errorf("an import is lost:\n%s", list)
	}
}

// Imports stand at the head of a file, be the file large and its head too.
func TestLargeFiles(t *testing.T) {
	t.Parallel()
	fsys := tree(twoApps)
	comment := strings.Repeat("// Licence.\n", 10_000)
	const code = "package lib\n\nimport _ \"example.com/x\"\n"
	fsys["lib/a.go"].Data = []byte(comment + code + strings.Repeat("var x int\n", 500_000))
	im := follow(t, fsys, nil)
	want := "example.com/x: lib/a.go:10003:10, always, app -> lib; example.com/x@v1.0.0 is not listed\n"
	if got := shown(im.Reach("app")); got != want {
		t.Error(got)
	}
	fsys["lib/a.go"].Data = []byte(strings.Repeat(comment, 10) + code)
	im = follow(t, fsys, nil)
	if p := im.Problems(); len(im.Reach("app")) != 0 || len(p) != 1 || !p[0].Syntax {
		t.Errorf("a head of more than 1 MiB: %v", p)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	fsys := tree(twoApps)
	g := load(t, fsys)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := imports.Load(ctx, g, imports.NewReader(fsys), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
