// Package integrity computes facts about what proves that code is what it was: go.sum lines that are needed, missing, or
// in conflict, and vendor directories, held against what go.mod files say, their manifests, and the code that they are
// from.
package integrity

import (
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// Sums are the facts about all sums files of a repository. The sums of zip files are not looked at.
type Sums struct {
	// Missing are the /go.mod lines that loading the graph of a module alone needs and its go.sum lacks, sorted by
	// module directory, then path and version.
	Missing []MissingSum
	// Conflicts are the module versions with more than one hash, in one file or between files; sorted by path, version.
	Conflicts []SumConflict
}

// A MissingSum is a line that go asks for: "missing go.sum entry for go.mod file" (go-semantics 4.7).
type MissingSum struct {
	View *graph.View
	File graph.LoadedFile
	// InWork tells that go.work.sum has the line: the workspace builds and the module alone does not (go-semantics 3.19).
	InWork bool
}

// A SumConflict is a module version with more than one hash.
type SumConflict struct {
	Mod module.Version // Version ends in /go.mod if the hash is that of the go.mod file
	// Places are all lines with a hash of it, grouped by hash in the order of first appearance.
	Places []SumPlace
}

// A SumPlace is a line of a sums file.
type SumPlace struct {
	File string
	Line int
	Hash string
}

// CheckSums computes the facts for the governed modules and go.work.sum.
func CheckSums(g *graph.Graph) *Sums {
	s := &Sums{}
	ws := g.Workspace()
	for _, v := range g.Views() {
		if v.Module.Governed && v.Err() == nil {
			s.Missing = append(s.Missing, missing(v, ws.Work)...)
		}
	}
	s.Conflicts = conflicts(ws)
	return s
}

func missing(v *graph.View, work *workspace.Work) []MissingSum {
	var out []MissingSum
	seen := map[module.Version]bool{}
	for _, f := range v.Loaded() {
		version := f.Mod.Version + "/go.mod"
		if seen[f.Mod] || hasH1(v.Module.Sum.Hashes(f.Mod.Path, version)) {
			continue
		}
		seen[f.Mod] = true
		inWork := work != nil && hasH1(work.Sum.Hashes(f.Mod.Path, version))
		out = append(out, MissingSum{View: v, File: f, InWork: inWork})
	}
	slices.SortFunc(out, func(a, b MissingSum) int { return compareMod(a.File.Mod, b.File.Mod) })
	return out
}

// hasH1 reports whether a hash is one that go knows; with others alone it says that the entry is missing
// (go-semantics 4.3).
func hasH1(hashes []string) bool {
	return slices.ContainsFunc(hashes, func(h string) bool { return strings.HasPrefix(h, "h1:") })
}

func compareMod(a, b module.Version) int {
	if c := strings.Compare(a.Path, b.Path); c != 0 {
		return c
	}
	av, af, _ := strings.Cut(a.Version, "/")
	bv, bf, _ := strings.Cut(b.Version, "/")
	if c := semver.Compare(av, bv); c != 0 {
		return c
	}
	return strings.Compare(af, bf)
}

// conflicts collects the places of the module versions that have more than one hash. Lines are many and conflicts are
// rare, so the lines are read again only if there are some.
func conflicts(ws *workspace.Workspace) []SumConflict {
	bad := map[module.Version]bool{}
	for _, mod := range ws.SumConflicts() {
		bad[mod] = true
	}
	if len(bad) == 0 {
		return nil
	}
	places := map[module.Version][]SumPlace{}
	for _, f := range ws.SumFiles() {
		for _, l := range f.Lines {
			if bad[l.Mod] && strings.HasPrefix(l.Hash, "h1:") {
				places[l.Mod] = append(places[l.Mod], SumPlace{f.File, l.Line, l.Hash})
			}
		}
	}
	out := make([]SumConflict, 0, len(bad))
	for mod, p := range places {
		out = append(out, SumConflict{Mod: mod, Places: byHash(p)})
	}
	slices.SortFunc(out, func(a, b SumConflict) int { return compareMod(a.Mod, b.Mod) })
	return out
}

// byHash groups places by hash and keeps the order in which hashes and places came.
func byHash(places []SumPlace) []SumPlace {
	order := map[string]int{}
	for _, p := range places {
		if _, ok := order[p.Hash]; !ok {
			order[p.Hash] = len(order)
		}
	}
	slices.SortStableFunc(places, func(a, b SumPlace) int { return order[a.Hash] - order[b.Hash] })
	return places
}
