package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/modsource"
	"github.com/modgov/modgov/internal/workspace"
)

// prove holds vendored files against the modules that they are from.
func (p *project) prove(ctx context.Context, vendors []*integrity.Vendor, files fs.FS) (err error) {
	c := code{project: p, zips: map[module.Version]modsource.Zip{}, open: map[module.Version]*zip.ReadCloser{}}
	defer func() { err = errors.Join(err, c.close()) }()
	asked := slices.DeleteFunc(slices.Clone(vendors), func(v *integrity.Vendor) bool {
		return v.Module != nil && !p.selects(v.Module)
	})
	sums := map[module.Version][]string{}
	for _, v := range asked {
		for _, mod := range v.VendoredCode() {
			sums[mod] = append(sums[mod], p.codeSums(v, mod)...)
		}
	}
	mods := slices.Collect(maps.Keys(sums))
	module.Sort(mods)
	for i, z := range p.source.Zips(ctx, mods, func(mod module.Version) []string { return sums[mod] }) {
		c.zips[mods[i]] = z
	}
	return integrity.Prove(ctx, files, asked, c.of)
}

// codeSums are the hashes that go.sum has of the code of a module version: that of the module, or in a workspace those of
// all members, and go.work.sum.
func (p *project) codeSums(v *integrity.Vendor, mod module.Version) []string {
	ws := p.sums.Load()
	files := []*workspace.SumFile{}
	if v.Module != nil {
		files = append(files, v.Module.Sum)
	} else {
		for _, m := range ws.Members() {
			files = append(files, m.Sum)
		}
		files = append(files, ws.Work.Sum)
	}
	var out []string
	for _, f := range files {
		for _, h := range f.Hashes(mod.Path, mod.Version) {
			if strings.HasPrefix(h, "h1:") && !slices.Contains(out, h) {
				out = append(out, h)
			}
		}
	}
	return out
}

// code opens the zip files of module versions, each once.
type code struct {
	project *project
	zips    map[module.Version]modsource.Zip

	mu   sync.Mutex
	open map[module.Version]*zip.ReadCloser
}

// of returns the files of a module version if they are what the go.sum file of a vendor directory's module says.
func (c *code) of(v *integrity.Vendor, mod module.Version) (fs.FS, error) {
	z := c.zips[mod]
	if z.Err != nil {
		return nil, z.Err
	}
	switch sums := c.project.codeSums(v, mod); {
	case len(sums) == 0:
		return nil, fmt.Errorf("go.sum has no hash of the code of %s: nothing says what it should be", mod)
	case !slices.Contains(sums, z.H1):
		return nil, fmt.Errorf("the code of %s in the module cache has the hash %s, and go.sum has %s", mod, z.H1, sums[0])
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.open[mod]
	if r == nil {
		var err error
		if r, err = zip.OpenReader(z.File); err != nil {
			return nil, err
		}
		c.open[mod] = r
	}
	return fs.Sub(r, mod.String())
}

func (c *code) close() error {
	var errs []error
	for _, r := range c.open {
		errs = append(errs, r.Close())
	}
	return errors.Join(errs...)
}
