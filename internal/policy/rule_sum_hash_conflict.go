package policy

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/workspace"
)

func sumHashConflict() *Rule {
	return &Rule{
		Name:       "sum-hash-conflict",
		Title:      "One module version has two hashes",
		Severity:   Error,
		Layer:      LayerSums,
		Since:      "0.1.0",
		Unwaivable: true,
		Doc: `The go.sum files of the repository do not agree on the hash of a module version, or one file has two hashes for
it. A module version never changes, so one of the hashes is wrong: a tag was moved, a proxy serves other bits than
another, a merge went wrong, or somebody put code in that is not what it says. Go does not compare the files of
modules; in one file it takes the first hash that fits.

It is reported once per module version, for zip files and go.mod files alike, with every line. If the go.mod file of
the version was read for the build lists, the finding says which line it agrees with. Hashes of other kinds than h1
are left out, as go leaves them out.

To clear it, find out which hash is right: remove all lines of the version, and let go ask the checksum database
again. Then ask why the other hash was there.

It can never be waived, and it fails a check whatever the base says.`,
		Bad: `Two modules have different hashes for the same version.
-- a/go.mod --
module example.com/a

go 1.24

require example.com/x v1.0.0
-- a/go.sum --
example.com/x v1.0.0/go.mod h1:cq1Wlc5Q/3TKMd9Nt+I/D/H5kAJrHbzSCzH20/f7O0w=
-- b/go.mod --
module example.com/b

go 1.24

require example.com/x v1.0.0
-- b/go.sum --
example.com/x v1.0.0/go.mod h1:AAAAdPBzDlPtXpJzLpJHLtVpnhYuvjQlNMSuxHEsyA4=
`,
		Good: `-- a/go.mod --
module example.com/a

go 1.24

require example.com/x v1.0.0
-- a/go.sum --
example.com/x v1.0.0/go.mod h1:cq1Wlc5Q/3TKMd9Nt+I/D/H5kAJrHbzSCzH20/f7O0w=
-- b/go.mod --
module example.com/b

go 1.24

require example.com/x v1.0.0
-- b/go.sum --
example.com/x v1.0.0/go.mod h1:cq1Wlc5Q/3TKMd9Nt+I/D/H5kAJrHbzSCzH20/f7O0w=
`,
		Check: checkSumHashConflict,
	}
}

func checkSumHashConflict(c *checker) []*Finding {
	byFile := map[string]*workspace.Module{}
	for _, m := range c.Workspace.Governed() {
		byFile[m.Sum.File] = m
	}
	var out []*Finding
	for _, conflict := range c.Sums.Conflicts {
		f := &Finding{Dep: conflict.Mod.Path, Subject: graph.ModText(conflict.Mod), Kind: conflict.Mod.Version}
		hashes := 0
		for i, p := range conflict.Places {
			if i == 0 || p.Hash != conflict.Places[i-1].Hash {
				hashes++
			}
			f.At = append(f.At, Span{workspace.Position{File: p.File, Line: p.Line}, p.Hash})
			if m := byFile[p.File]; m != nil {
				f.Modules = append(f.Modules, m.Dir)
				f.Measures = append(f.Measures, Measure{Module: m.Dir, Hash: p.Hash, At: f.At[i]})
			}
		}
		slices.Sort(f.Modules)
		f.Modules = slices.Compact(f.Modules)
		f.Message = fmt.Sprintf("has %d hashes", hashes)
		if read := c.loadedSum(conflict.Mod); read != "" {
			f.Notes = append(f.Notes, Remark{"cache", agreesWith(read, conflict.Places)})
		}
		f.Notes = append(f.Notes, Remark{"cause",
			"a moved tag, a proxy that serves other bits, or a bad merge; this is never waived"})
		out = append(out, f)
	}
	return out
}

// loadedSum returns the hash of the go.mod file of a module version as it was read for the build lists, "" if it was
// not, or if the key is that of a zip file.
func (c *checker) loadedSum(key module.Version) string {
	version, ok := strings.CutSuffix(key.Version, "/go.mod")
	if !ok {
		return ""
	}
	for _, v := range c.Graph.Views() {
		for _, f := range v.Loaded() {
			if f.Mod.Path == key.Path && f.Mod.Version == version {
				return f.Sum
			}
		}
	}
	return ""
}

// agreesWith says which files have the hash.
func agreesWith(hash string, places []integrity.SumPlace) string {
	var files []string
	for _, p := range places {
		if p.Hash == hash {
			files = append(files, path.Clean(p.File))
		}
	}
	if len(files) == 0 {
		return "agrees with none of them: " + hash
	}
	return "agrees with " + listed(files, 3)
}
