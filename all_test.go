// Package modgov_test holds the repository against what docs/architecture.md says of it.
package modgov_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

const modulePath = "github.com/modgov/modgov"

// mayImport is the table of docs/architecture.md: what each package may import of our own. cmd/modgov may import all,
// and difftest and fixtest, which are no part of the product, whatever they compare.
func mayImport() map[string][]string {
	facts := []string{"graph", "workspace"}
	judged := append([]string{"integrity", "imports"}, facts...)
	planned := append([]string{"policy", "gocmd"}, judged...)
	return map[string][]string{
		"repo":      nil,
		"ci":        nil,
		"workspace": nil,
		"gocmd":     nil,
		"runner":    nil,
		"modsource": {"gocmd", "workspace"},
		"graph":     {"workspace"},
		"integrity": facts,
		"imports":   facts,
		"policy":    judged,
		"change":    append([]string{"policy"}, facts...),
		"plan":      planned,
		"release":   append([]string{"policy"}, facts...),
		"oracle":    append([]string{"gocmd", "modsource"}, facts...),
		"report":    append([]string{"ci", "release", "plan", "oracle", "change"}, planned...),
	}
}

// homes says which packages alone may import a library: one door for each.
func homes() map[string]string {
	return map[string]string{
		"github.com/urfave/cli/v2":         "cmd/modgov",
		"github.com/go-git/":               "internal/repo",
		"github.com/Masterminds/semver/v3": "internal/policy",
		"go.yaml.in/yaml/":                 "internal/policy",
		"github.com/hmarr/codeowners":      "internal/policy",
		"github.com/agnivade/levenshtein":  "internal/policy",
		"os/exec":                          "internal/gocmd internal/runner",
		"net/http":                         "internal/modsource",
	}
}

// A source is a Go file of the product.
type source struct {
	name string // from the root
	file *ast.File
}

// sources parses the product's files: no tests, no tools, no fixtures.
func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if slices.Contains([]string{".git", "fixtures", "testdata", "tools", "bench"}, entry.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err == nil {
			out = append(out, source{name, f})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (s *source) imports(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, spec := range s.file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// Imports point one way, and each library has one home.
func TestImports(t *testing.T) {
	t.Parallel()
	allowed := mayImport()
	for _, s := range sources(t) {
		dir := path.Dir(s.name)
		if strings.HasPrefix(dir, "internal/difftest") || dir == "internal/fixtest" {
			continue
		}
		name, internal := strings.CutPrefix(dir, "internal/")
		if internal {
			if _, ok := allowed[name]; !ok {
				t.Errorf("%s: package %s is not in the table", s.name, dir)
			}
		}
		for _, p := range s.imports(t) {
			ours, isOurs := strings.CutPrefix(p, modulePath+"/internal/")
			if isOurs && internal && !slices.Contains(allowed[name], ours) {
				t.Errorf("%s imports %s, which its package may not", s.name, p)
			}
			for library, home := range homes() {
				if strings.HasPrefix(p, library) && !slices.Contains(strings.Fields(home), dir) {
					t.Errorf("%s imports %s, whose home is %s", s.name, p, home)
				}
			}
		}
	}
}

// Only main exits, nothing is set up behind the back of a caller, and no package holds state.
func TestHabits(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := call.X.(*ast.Ident)
			if ok && pkg.Name == "os" && call.Sel.Name == "Exit" && path.Base(s.name) != "main.go" {
				t.Errorf("%s calls os.Exit", s.name)
			}
			if ok && pkg.Name == "log" {
				t.Errorf("%s uses log", s.name)
			}
			return true
		})
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init function", s.name)
			}
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
				for _, spec := range g.Specs {
					checkVariable(t, s.name, g, spec.(*ast.ValueSpec))
				}
			}
		}
	}
}

// checkVariable allows a package no variables but those that nobody changes: errors, regular expressions, embedded
// files and assertions that a type has methods.
func checkVariable(t *testing.T, file string, decl *ast.GenDecl, spec *ast.ValueSpec) {
	t.Helper()
	embeds := func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//go:embed ") }
	for _, doc := range []*ast.CommentGroup{decl.Doc, spec.Doc} {
		if doc != nil && slices.ContainsFunc(doc.List, embeds) {
			return
		}
	}
	for i, name := range spec.Names {
		if name.Name == "_" || i < len(spec.Values) && isConstant(spec.Values[i]) {
			continue
		}
		t.Errorf("%s: the variable %s is state of its package", file, name.Name)
	}
}

// isConstant reports whether a value is made by a call whose result nobody changes.
func isConstant(value ast.Expr) bool {
	call, ok := value.(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := f.X.(*ast.Ident)
	return ok && slices.Contains([]string{"errors.New", "fmt.Errorf", "regexp.MustCompile"}, pkg.Name+"."+f.Sel.Name)
}

// Every direct dependency has its line in docs/dependencies.md, and no line is without one.
func TestDependencies(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	direct := map[string]bool{}
	for _, r := range mod.Require {
		if !r.Indirect {
			direct[r.Mod.Path] = true
			if !strings.Contains(string(doc), "\n| "+r.Mod.Path+" |") {
				t.Errorf("docs/dependencies.md has no line for %s", r.Mod.Path)
			}
		}
	}
	for line := range strings.Lines(string(doc)) {
		cell, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " |")
		if ok && strings.HasPrefix(line, "| ") && strings.Contains(cell, ".") && strings.Contains(cell, "/") && !direct[cell] {
			t.Errorf("docs/dependencies.md has a line for %s, which go.mod does not require directly", cell)
		}
	}
}

// The table in docs/architecture.md names every package.
func TestArchitecture(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, s := range sources(t) {
		dir := path.Dir(s.name)
		if strings.HasPrefix(dir, "internal/difftest/") || seen[dir] {
			continue
		}
		seen[dir] = true
		if !strings.Contains(string(doc), "`"+dir+"`") {
			t.Errorf("docs/architecture.md does not name %s", dir)
		}
	}
}
