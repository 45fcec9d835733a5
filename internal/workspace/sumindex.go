package workspace

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/module"
)

// A sumIndex holds the h1 hashes of all sums files. Nearly every key has one hash, however many files have the line.
type sumIndex struct {
	once  sync.Once
	first map[module.Version]string
	more  map[module.Version][]string // hashes that differ from the first, in the order of the files
}

// SumFiles returns the go.sum files of the governed modules, by directory, and go.work.sum.
func (ws *Workspace) SumFiles() []*SumFile {
	var files []*SumFile
	for _, m := range ws.Modules {
		if m.Governed {
			files = append(files, m.Sum)
		}
	}
	if ws.Work != nil {
		files = append(files, ws.Work.Sum)
	}
	return files
}

// GoModSums returns the different h1 hashes that the sums files have for the go.mod file of a module version, nil if
// none has one.
func (ws *Workspace) GoModSums(mod module.Version) []string {
	x := ws.index()
	mod.Version += "/go.mod"
	first, ok := x.first[mod]
	if !ok {
		return nil
	}
	return append([]string{first}, x.more[mod]...)
}

// SumConflicts returns the module versions (with "/go.mod" for go.mod files) for which the sums files have more than
// one h1 hash, in no order.
func (ws *Workspace) SumConflicts() []module.Version {
	var out []module.Version
	for mod := range ws.index().more {
		out = append(out, mod)
	}
	return out
}

func (ws *Workspace) index() *sumIndex {
	x := &ws.sums
	x.once.Do(func() {
		x.first, x.more = map[module.Version]string{}, map[module.Version][]string{}
		for _, f := range ws.SumFiles() {
			for _, l := range f.Lines {
				if !strings.HasPrefix(l.Hash, "h1:") {
					continue
				}
				if first, ok := x.first[l.Mod]; !ok {
					x.first[l.Mod] = l.Hash
				} else if first != l.Hash && !slices.Contains(x.more[l.Mod], l.Hash) {
					x.more[l.Mod] = append(x.more[l.Mod], l.Hash)
				}
			}
		}
	})
	return x
}
