package release

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
)

// A Difference is a dependency whose code comes from several places in the modules that list it, each built alone.
type Difference struct {
	Path string
	// Distance is the greatest between two of its versions; Other tells that forks or directories are among them.
	Distance graph.Distance
	Other    bool
	// Versions are the highest first, then other code.
	Versions []*Version
}

// A Version is one of the effective versions of a dependency.
type Version struct {
	Text string // "v1.2.3", "fork/path v1.2.3" or "./dir"
	// Direct and Indirect are the directories of the modules that have it, sorted, by how they list the dependency.
	Direct, Indirect []string
	version          string // "" for other code
}

// differences finds the dependencies that differ: most versions first, then the greatest distance, then most modules.
func differences(facts *policy.Facts) []*Difference {
	var out []*Difference
	for _, d := range facts.Dependencies {
		if diff := differenceOf(d); len(diff.Versions) > 1 {
			out = append(out, diff)
		}
	}
	slices.SortStableFunc(out, func(a, b *Difference) int {
		return cmp.Or(len(b.Versions)-len(a.Versions), int(b.Distance-a.Distance), b.modules()-a.modules())
	})
	return out
}

func (d *Difference) modules() int {
	n := 0
	for _, v := range d.Versions {
		n += len(v.Direct) + len(v.Indirect)
	}
	return n
}

func differenceOf(d *graph.Dependency) *Difference {
	out := &Difference{Path: d.Path}
	byText := map[string]*Version{}
	for _, u := range d.Uses {
		if u.How == graph.Transitive {
			continue
		}
		text := u.Effective.Text(d.Path)
		v := byText[text]
		if v == nil {
			v = &Version{Text: text}
			if semver.IsValid(text) {
				v.version = text
			}
			byText[text] = v
			out.Versions = append(out.Versions, v)
		}
		if u.How == graph.Direct {
			v.Direct = append(v.Direct, u.View.Dir())
		} else {
			v.Indirect = append(v.Indirect, u.View.Dir())
		}
	}
	slices.SortFunc(out.Versions, func(a, b *Version) int {
		switch {
		case a.version == "" || b.version == "":
			return cmp.Or(strings.Compare(b.version, a.version), strings.Compare(a.Text, b.Text))
		}
		return graph.Compare(d.Path, b.version, a.version)
	})
	for _, v := range out.Versions {
		if v.version == "" {
			out.Other = true
			continue
		}
		out.Distance = max(out.Distance, graph.DistanceOf(out.Versions[0].version, v.version))
	}
	return out
}
