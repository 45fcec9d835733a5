package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"

	"github.com/modgov/modgov/internal/gocmd"
)

const (
	generatedFor     = 50 // seeds that share a generated repository
	generatedModules = 30
	outsideModules   = 12
	outsideVersions  = 5
)

// A generator makes a repository with source, and the outside modules that it needs in a file proxy.
type generator struct {
	rng   *rand.Rand
	dir   string // of the repository
	proxy string
	tmp   string
	used  map[int]int // the version of each outside module that most modules use
}

// generated makes a repository of 30 modules in a workspace. They import outside modules and each other, siblings by
// their directories. Two are older than graph pruning.
func (l *lab) generated(ctx context.Context, name string, seed uint64) (*subject, error) {
	g := &generator{
		rng: rand.New(rand.NewPCG(seed, 30)), used: map[int]int{},
		dir: filepath.Join(l.tmp, name), proxy: filepath.Join(l.tmp, name+"-proxy"), tmp: filepath.Join(l.tmp, name+"-parts"),
	}
	for i := range outsideModules {
		g.used[i] = 1 + g.rng.IntN(outsideVersions-2)
		for v := range outsideVersions {
			if err := g.outside(i, v); err != nil {
				return nil, err
			}
		}
	}
	work := "go 1.24\n\nuse (\n"
	var reached [][]int // siblings that each module reaches
	for i := range generatedModules {
		deps := g.some(i, 3)
		all := slices.Clone(deps)
		for _, d := range deps {
			all = append(all, reached[d]...)
		}
		slices.Sort(all)
		reached = append(reached, slices.Compact(all))
		if err := g.module(i, deps, reached[i]); err != nil {
			return nil, err
		}
		work += "\t./" + place(i) + "\n"
	}
	if err := write(filepath.Join(g.dir, "go.work"), work+")\n"); err != nil {
		return nil, err
	}
	s, err := newSubject(ctx, l, name, g.dir, g.proxy, true)
	if err != nil {
		return nil, err
	}
	for i := range generatedModules { // siblings come first
		c := gocmd.Command{Dir: filepath.Join(g.dir, filepath.FromSlash(place(i))), Args: []string{"mod", "tidy"}}
		if _, err := s.settings.Run(ctx, c); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// some draws up to n numbers below limit, sorted.
func (g *generator) some(limit, n int) []int {
	var out []int
	for range min(limit, g.rng.IntN(n+1)) {
		out = append(out, g.rng.IntN(limit))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func place(i int) string       { return fmt.Sprintf("group%d/m%02d", i%4, i) }
func modulePath(i int) string  { return "example.com/gen/" + place(i) }
func outsidePath(i int) string { return fmt.Sprintf("example.org/x%02d", i) }

// version is the name of an outside version: some are patches, some new features.
func version(v int) string { return fmt.Sprintf("v1.%d.%d", v/2, v%2) }

// outside puts a version of an outside module into the proxy. It may import modules of lower number, at versions that
// grow with its own; what one version imports, another may do without.
func (g *generator) outside(i, v int) error {
	mod := module.Version{Path: outsidePath(i), Version: version(v)}
	dir := filepath.Join(g.tmp, fmt.Sprintf("x%02d-%d", i, v))
	gomod, imports := "module "+mod.Path+"\n\ngo 1."+pick(g.rng, []string{"16", "21", "24"})+"\n", []string{}
	for _, d := range g.some(i, 2) {
		gomod += fmt.Sprintf("\nrequire %s %s\n", outsidePath(d), version(min(v, g.used[d])))
		imports = append(imports, outsidePath(d))
	}
	base := filepath.Join(g.proxy, filepath.FromSlash(mod.Path), "@v", mod.Version)
	err := write(filepath.Join(dir, "x.go"), source(path.Base(mod.Path), imports))
	for _, f := range [][2]string{
		{filepath.Join(dir, "go.mod"), gomod}, {base + ".mod", gomod},
		{base + ".info", fmt.Sprintf("{\"Version\":%q}\n", mod.Version)},
	} {
		if err == nil {
			err = write(f[0], f[1])
		}
	}
	if err != nil {
		return err
	}
	zip, err := os.Create(base + ".zip")
	if err != nil {
		return err
	}
	if err := modzip.CreateFromDir(zip, mod, dir); err != nil {
		return err
	}
	return zip.Close()
}

// module writes a module of the repository.
func (g *generator) module(i int, siblings, reached []int) error {
	line := "1.24"
	if i%15 == 7 {
		line = "1.16"
	}
	gomod := fmt.Sprintf("module %s\n\ngo %s\n", modulePath(i), line)
	var imports []string
	for _, d := range g.some(outsideModules, 4) {
		v := g.used[d]
		if g.rng.IntN(8) == 0 {
			v--
		}
		gomod += fmt.Sprintf("\nrequire %s %s\n", outsidePath(d), version(v))
		imports = append(imports, outsidePath(d))
	}
	for _, d := range siblings {
		gomod += fmt.Sprintf("\nrequire %s v0.0.0\n", modulePath(d))
		imports = append(imports, modulePath(d))
	}
	for _, d := range reached {
		gomod += fmt.Sprintf("\nreplace %s => ../../%s\n", modulePath(d), place(d))
	}
	dir := filepath.Join(g.dir, filepath.FromSlash(place(i)))
	if err := write(filepath.Join(dir, "go.mod"), gomod); err != nil {
		return err
	}
	name := path.Base(place(i))
	if err := write(filepath.Join(dir, name+".go"), source(name, imports)); err != nil {
		return err
	}
	return write(filepath.Join(dir, name+"_test.go"), "package "+name+"\n\nimport \"testing\"\n\n"+
		"func TestN(t *testing.T) {\n\tif N() == 0 {\n\t\tt.Fatal()\n\t}\n}\n")
}

// source is the package NAME, with a function N that calls those of the imported packages.
func source(name string, imports []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "package %s\n\n", name)
	for i, p := range imports {
		fmt.Fprintf(&b, "import p%d %q\n", i, p)
	}
	b.WriteString("\nfunc N() int {\n\tn := 1\n")
	for i := range imports {
		fmt.Fprintf(&b, "\tn += p%d.N()\n", i)
	}
	b.WriteString("\treturn n\n}\n")
	return b.String()
}

func write(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text), 0o666)
}
