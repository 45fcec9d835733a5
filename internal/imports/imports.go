// Package imports says which packages the modules of a repository need beyond their own: the imports of their packages,
// and of the packages of siblings that they reach through directory replaces, mapped to the modules that provide them.
//
// It sees what "go mod tidy" sees: all platforms and build tags but ignore, tests of the main module's own packages and
// of no others. It reads Go files of the repository only, of these the imports only, each file once however many
// modules reach it. Packages from outside the repository are not read.
//
// The question behind it: a pruned module must list every module that provides a package to its build ("import
// invariant" of cmd/go/internal/modload; go-semantics 4.8). If a sibling begins to import something, that is a line in
// the go.mod file of each of its dependents, which the requirement graph alone cannot tell.
package imports

import (
	"context"
	"runtime"
	"slices"

	"golang.org/x/mod/module"
	"golang.org/x/sync/errgroup"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// Imports are the imports of those modules of a repository for which they can matter: pruned modules without a vendor
// directory in whose build list a sibling is replaced by its directory. It is immutable and safe for concurrent use.
type Imports struct {
	problems []Problem
	reached  map[string][]Import // by directory of the main module
}

// An Import is a package from outside that is imported by a package of the main module, or by one of the repository
// that the main module reaches; or such a package of the repository itself if its module is not listed.
type Import struct {
	Package string
	// When tells in which builds, Pos where it stands: the first place of the most frequent.
	When When
	Pos  workspace.Position
	// Own tells that the importing package is the main module's. From is the directory of the importing package's
	// module as the build list has it.
	Own  bool
	From string
	// Unlisted tells that no module that go.mod lists provides the package, and that Mod, which is the selected version
	// of a module in the full graph, is the one that does. Mod is zero otherwise.
	Unlisted bool
	Mod      module.Version

	way *step
}

// Chain returns the packages on the shortest way from one of the main module to the importing one. It has one package if
// the import is the main module's own; a way that begins at a tool line begins with the tool.
func (i *Import) Chain() []Package {
	var out []Package
	for s := i.way; s != nil; s = s.from {
		out = append(out, s.Package)
	}
	slices.Reverse(out)
	return out
}

// A Package is a package of the repository.
type Package struct{ Path, Dir string }

// When tells in which builds an import counts.
type When int

// From the most frequent to the rarest.
const (
	Always    When = iota
	Sometimes      // a build constraint, the name of the file, or cgo decides
	InTests        // of the main module's own packages
	ForTools       // of the main module's tool lines, which "go mod tidy" and "go mod vendor" look at
)

// A Problem is a Go file or directory that was not read to the end of its imports.
type Problem struct {
	*workspace.FileError
	// Syntax tells that the file was read and is not Go; the imports before that place are known.
	Syntax bool
}

// HasPackage reports whether a module version from outside the repository has Go files in a directory, "." for its
// root; known is false if that cannot be found out. It must be safe for concurrent use.
type HasPackage func(mod module.Version, dir string) (has, known bool)

// Load follows the imports of all modules for which they can matter; if there are none, it reads nothing. Where several
// listed modules may provide a package, has decides; nil knows nothing. What cannot be read is a Problem; the error is
// the context's only.
func Load(ctx context.Context, g *graph.Graph, files *Reader, has HasPackage) (*Imports, error) {
	im := &Imports{reached: map[string][]Import{}}
	var walks []*walk
	for _, v := range g.Views() {
		if w := newWalk(v, files, has); w != nil {
			walks = append(walks, w)
		}
	}
	if len(walks) == 0 {
		return im, nil
	}
	c := newClosure(files, walks)
	if err := c.read(ctx); err != nil {
		return nil, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, w := range walks {
		group.Go(func() error {
			w.run()
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for _, w := range walks {
		im.reached[w.view.Dir()] = w.imports()
	}
	im.problems = c.problems()
	return im, nil
}

// Reach returns the imports of the module in a directory, sorted by package, own ones first; nil if they cannot matter
// there. What an import of the standard library and of "C" needs is not in it.
func (im *Imports) Reach(dir string) []Import { return im.reached[dir] }

// Problems returns what could not be read, sorted by file.
func (im *Imports) Problems() []Problem { return im.problems }
