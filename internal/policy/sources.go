package policy

import (
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/graph"
)

// What the rules share that the section sources of the policy speaks of.

// itemFor returns the item behind the findings of a key of the section that is a severity: the section's, with that
// severity; nil if the policy does not have the key.
func (s *SourcesSection) itemFor(severity *Severity) *Item {
	if severity == nil {
		return nil
	}
	item := s.Item
	item.Severity = severity
	return &item
}

// notAsked are the keys of the section that only --remote can answer, if that was not asked for.
func (c *checker) notAsked() []Note {
	var out []Note
	s := &c.policy.Sources
	for _, key := range []string{"retracted", "deprecated"} {
		if c.Remote == nil && s.Has(key) {
			out = append(out, Note{Pos: s.keyPos(key), ID: s.ID, Key: key})
		}
	}
	return out
}

// A versionKind is a kind of version that the policy may not welcome.
type versionKind struct {
	rule, key string
	severity  *Severity // of the key in the policy; nil if it is not there
	is        func(version string) bool
	words     string // behind the versions
}

// ofKind returns the uses of a dependency whose version is of a kind: those of modules that require it directly, by the
// effective version. Modules of the repository are no dependencies in this sense, and a directory has no version.
func (c *checker) ofKind(d *graph.Dependency, k *versionKind) []judgedUse {
	if d.Sibling != nil {
		return nil
	}
	var out []judgedUse
	for _, u := range c.uses(d, AmongDirect) {
		if u.Effective.Dir == "" && k.is(u.Effective.Version) {
			u.waiver = c.waiver(k.rule, c.policy.Sources.itemFor(k.severity), d, &u)
			out = append(out, u)
		}
	}
	return out
}

// versionKinds reports each dependency that has versions of a kind, if the policy, or somebody who runs modgov, asks
// about it.
func (c *checker) versionKinds(k versionKind) []*Finding {
	if _, asked := c.asked.raised(k.rule); k.severity == nil && !asked {
		return nil
	}
	item := c.policy.Sources.itemFor(k.severity)
	var out []*Finding
	for _, d := range c.Dependencies {
		bad := c.ofKind(d, &k)
		if len(bad) == 0 {
			continue
		}
		f := fault{
			dep: d, item: item, all: bad, label: "declared here", asked: k.words,
			because: policySpan(item, k.key, "asked for here"), notes: reasonNote(item),
		}
		f.settle = func(*judgedUse) *Settlement { return nil }
		f.message = func(bad []judgedUse) string { return versionList(groups(d.Path, bad, "")) + ", " + k.words }
		out = append(out, c.faults(f, bad)...)
	}
	return out
}

func isPrerelease(v string) bool {
	return semver.Prerelease(v) != "" && !module.IsPseudoVersion(v)
}

func isZero(v string) bool { return semver.Major(v) == "v0" }

func isIncompatible(v string) bool { return semver.Build(v) == "+incompatible" }
