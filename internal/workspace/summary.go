package workspace

import (
	"fmt"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"

	"bytes"
	"io"
)

// A Summary is what version selection needs to know of the go.mod file of a module that is not the main module:
// a module version from outside the repository, or the target directory of a replace line. Replaces and excludes
// of such a file never count (go-semantics 1.11, 1.13), so they are not in it. It is immutable once made and safe
// to share between goroutines.
type Summary struct {
	// Path is the path of the module line, "" if the file has none.
	Path string
	// Go is the version of the go line after the repair that go makes in files that are not the main module's
	// (go-semantics 1.21), "" if there is none.
	Go string
	// Requires holds the require lines in file order, duplicates kept, versions canonical (go-semantics 1.3, 1.22).
	Requires []module.Version
	// Sum is the h1 hash of the raw bytes, as a go.sum line for PATH VERSION/go.mod holds it.
	Sum string
}

// ParseSummary reads a go.mod file laxly, as go reads the files of dependencies (go-semantics 1.20 to 1.23): only
// the module, go and require lines count, unknown directives are skipped, syntax errors are not. The file name
// stands in the errors only.
func ParseSummary(file string, data []byte) (*Summary, error) {
	f, err := modfile.ParseLax(file, data, nil)
	if err != nil {
		return nil, err
	}
	sum, err := GoModSum(data)
	if err != nil {
		return nil, err
	}
	s := &Summary{Sum: sum}
	if f.Module != nil {
		s.Path = f.Module.Mod.Path
	}
	if f.Go != nil {
		s.Go = f.Go.Version
	}
	if len(f.Require) > 0 {
		s.Requires = make([]module.Version, len(f.Require))
		for i, r := range f.Require {
			s.Requires[i] = r.Mod
		}
	}
	return s, nil
}

// GoModSum returns the h1 hash of the raw bytes of a go.mod file, as go.sum has it (go-semantics 4.4).
func GoModSum(data []byte) (string, error) {
	sum, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	})
	if err != nil {
		return "", fmt.Errorf("hash go.mod: %w", err)
	}
	return sum, nil
}
