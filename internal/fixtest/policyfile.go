package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// A policyFile is a policy that the healthy repository keeps.
type policyFile struct {
	text  string
	named map[string]*namedItem // by dependency
}

// A namedItem is what the policy says of a dependency.
type namedItem struct {
	version string
	pin     bool // this version; else at least
}

// writePolicy draws pins and floors from the versions of the healthy state.
func writePolicy(s *subject, rng *rand.Rand) *policyFile {
	p := &policyFile{named: map[string]*namedItem{}}
	candidates := s.agreed()
	rng.Shuffle(len(candidates), func(i, j int) { candidates[i], candidates[j] = candidates[j], candidates[i] })
	var pins, versions strings.Builder
	for i, c := range candidates[:min(len(candidates), 3+rng.IntN(6))] {
		item := &namedItem{version: c.version, pin: rng.IntN(2) == 0}
		p.named[c.dep] = item
		if item.pin {
			resolve := "require"
			if rng.IntN(4) == 0 {
				resolve = "replace"
			}
			fmt.Fprintf(&pins, "  - {id: pin-%d, dep: %q, version: %s, resolve: %s}\n", i, c.dep, c.version, resolve)
		} else {
			fmt.Fprintf(&versions, "  - {id: floor-%d, dep: %q, at-least: %s, severity: error}\n", i, c.dep, c.version)
		}
	}
	if rng.IntN(2) == 0 {
		versions.WriteString("  - {id: rest, dep: \"**\", agree: any}\n")
	}
	p.text = "version: 1\nreplaces: {local: workspace-only}\n"
	if pins.Len() > 0 {
		p.text += "pins:\n" + pins.String()
	}
	if versions.Len() > 0 {
		p.text += "versions:\n" + versions.String()
	}
	return p
}

// A candidate is a dependency for a pin or a floor.
type candidate struct{ dep, version string }

// agreed returns the outside dependencies that have one version, a release, wherever they are listed, and lower ones
// in the proxy, sorted.
func (s *subject) agreed() []candidate {
	versions := map[string]map[string]bool{}
	for _, dir := range s.healthy.governed() {
		for _, r := range s.healthy.mods[dir].Require {
			v, ok := s.healthy.lists[dir][r.Mod.Path]
			if versions[r.Mod.Path] == nil {
				versions[r.Mod.Path] = map[string]bool{}
			}
			if !ok || modfile.IsDirectoryPath(v) || s.healthy.replaced(dir, r.Mod.Path) != nil {
				v = "replaced"
			}
			versions[r.Mod.Path][v] = true
		}
	}
	var out []candidate
	for _, dep := range sortedKeys(versions) {
		for v := range versions[dep] {
			known := s.versions(dep)
			if len(versions[dep]) == 1 && semver.IsValid(v) && semver.Prerelease(v) == "" &&
				len(known) > 0 && semver.Compare(known[0], v) < 0 {
				out = append(out, candidate{dep, v})
			}
		}
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
