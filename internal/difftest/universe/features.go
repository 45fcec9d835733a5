package universe

import (
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// A census is what Features looks at.
type census struct {
	mains    map[string]*modfile.File         // directory → module of the repository that can be parsed
	beside   map[string]*modfile.File         // directory → file beside the repository
	outside  map[module.Version]*modfile.File // parsed strictly where that goes, else laxly
	work     *modfile.WorkFile
	members  map[string]*modfile.File
	u        *Universe
	verdicts []Verdict
}

// A feature is something that universes should have now and then.
type feature struct {
	name string
	has  func(*census) bool
}

// FeatureNames lists what Features may find, in its order.
func FeatureNames() []string {
	var out []string
	for _, f := range features() {
		out = append(out, f.name)
	}
	return out
}

// Features tells what a universe has that matters for version selection, given what go said of it.
func Features(u *Universe, verdicts []Verdict) []string {
	c := newCensus(u, verdicts)
	var out []string
	for _, f := range features() {
		if f.has(c) {
			out = append(out, f.name)
		}
	}
	return out
}

func newCensus(u *Universe, verdicts []Verdict) *census {
	c := &census{
		mains: map[string]*modfile.File{}, beside: map[string]*modfile.File{}, members: map[string]*modfile.File{},
		outside: map[module.Version]*modfile.File{}, u: u, verdicts: verdicts,
	}
	for name, text := range u.Files {
		if path.Base(name) != "go.mod" {
			continue
		}
		f, err := modfile.Parse(name, []byte(strings.ReplaceAll(text, rootVar, memoryRoot)), nil)
		switch {
		case err != nil:
		case workspace.IsOutside(name) || f.Module == nil:
			c.beside[path.Dir(name)] = f
		default:
			c.mains[path.Dir(name)] = f
		}
	}
	for m, text := range u.Outside {
		f, err := modfile.Parse("go.mod", []byte(text), nil)
		if err != nil {
			f, err = modfile.ParseLax("go.mod", []byte(text), nil)
		}
		if err == nil {
			c.outside[m] = f
		}
	}
	text := strings.ReplaceAll(u.Files[u.WorkFile()], rootVar, memoryRoot)
	if w, err := modfile.ParseWork("go.work", []byte(text), nil); err == nil && u.WorkFile() != "" {
		c.work = w
		for _, use := range w.Use {
			if f := c.mains[path.Clean(use.Path)]; f != nil {
				c.members[path.Clean(use.Path)] = f
			}
		}
	}
	return c
}

// features lists the features: of modules, of outside modules, of replace and exclude lines, of workspaces, of what go
// says.
func features() []feature {
	return slices.Concat(moduleFeatures(), outsideFeatures(), replaceFeatures(), excludeFeatures(), workFeatures(),
		goFeatures())
}

func moduleFeatures() []feature {
	return []feature{
		{"pruned module", anyMain(func(_ *census, f *modfile.File) bool { return atLeast(f, "1.17") })},
		{"unpruned module", anyMain(func(_ *census, f *modfile.File) bool { return f.Go != nil && !atLeast(f, "1.17") })},
		{"module without go line", anyMain(func(_ *census, f *modfile.File) bool { return f.Go == nil })},
		{"toolchain line", anyMain(func(_ *census, f *modfile.File) bool { return f.Toolchain != nil })},
		{"several modules", func(c *census) bool { return len(c.mains) > 1 }},
		{"requires sibling", anyMain(func(c *census, f *modfile.File) bool {
			return slices.ContainsFunc(f.Require, func(r *modfile.Require) bool {
				return r.Mod.Path != f.Module.Mod.Path && c.isMain(r.Mod.Path)
			})
		})},
		{"requires itself", anyMain(func(_ *census, f *modfile.File) bool {
			return slices.ContainsFunc(f.Require, func(r *modfile.Require) bool { return r.Mod.Path == f.Module.Mod.Path })
		})},
		{"equal duplicate", anyMain(func(_ *census, f *modfile.File) bool { equal, _ := duplicates(f); return equal })},
		{"duplicate at two versions", anyMain(differingDuplicate)},
	}
}

func outsideFeatures() []feature {
	anyVersion := func(has func(module.Version) bool) func(*census) bool {
		return func(c *census) bool {
			for m := range c.outside {
				if has(m) {
					return true
				}
			}
			return false
		}
	}
	return []feature{
		{"outside pruned", anyOutside(func(_ *census, f *modfile.File) bool { return atLeast(f, "1.17") })},
		{"outside unpruned", anyOutside(func(_ *census, f *modfile.File) bool { return f.Go != nil && !atLeast(f, "1.17") })},
		{"outside without go line", anyOutside(func(_ *census, f *modfile.File) bool { return f.Go == nil })},
		{"outside go line counts", anyOutside(func(_ *census, f *modfile.File) bool { return atLeast(f, "1.21") })},
		{"outside go release candidate", anyOutside(func(_ *census, f *modfile.File) bool {
			return f.Go != nil && strings.Contains(f.Go.Version, "rc")
		})},
		{"cycle through a module", anyOutside(func(c *census, f *modfile.File) bool {
			return slices.ContainsFunc(f.Require, func(r *modfile.Require) bool { return c.isMain(r.Mod.Path) })
		})},
		{"outside duplicate", anyOutside(differingDuplicate)},
		{"outside skipped lines", func(c *census) bool {
			for m := range c.u.Outside {
				if _, err := modfile.Parse("go.mod", []byte(c.u.Outside[m]), nil); err != nil && c.outside[m] != nil {
					return true
				}
			}
			return false
		}},
		{"two majors", func(c *census) bool {
			return anyVersion(func(m module.Version) bool {
				base, major, ok := module.SplitPathVersion(m.Path)
				return ok && major == "/v2" && c.serves(base)
			})(c)
		}},
		{"gopkg.in", anyVersion(func(m module.Version) bool { return strings.HasPrefix(m.Path, "gopkg.in/") })},
		{"incompatible", anyVersion(func(m module.Version) bool { return strings.HasSuffix(m.Version, "+incompatible") })},
		{"pseudo-version", anyVersion(func(m module.Version) bool { return module.IsPseudoVersion(m.Version) })},
		{"prerelease", anyVersion(func(m module.Version) bool {
			return strings.Contains(m.Version, "-") && !module.IsPseudoVersion(m.Version)
		})},
		{"upper-case path", anyVersion(func(m module.Version) bool { return strings.ToLower(m.Path) != m.Path })},
		{"CRLF", func(c *census) bool { return strings.Contains(string(c.u.Format()), "%crlf ") }},
		{"absent version, pruned out", func(c *census) bool { return c.absent() && c.accepted() }},
		{"absent version, refused", func(c *census) bool { return c.absent() && c.refused(Unloadable) }},
	}
}

func anyMain(has func(*census, *modfile.File) bool) func(*census) bool {
	return func(c *census) bool {
		for _, f := range c.mains {
			if has(c, f) {
				return true
			}
		}
		return false
	}
}

func anyOutside(has func(*census, *modfile.File) bool) func(*census) bool {
	return func(c *census) bool {
		for _, f := range c.outside {
			if has(c, f) {
				return true
			}
		}
		return false
	}
}

func atLeast(f *modfile.File, v string) bool {
	return f.Go != nil && graph.CompareGo(f.Go.Version, v) >= 0
}

// duplicates reports whether a file requires a path twice, at one version or at several.
func duplicates(f *modfile.File) (equal, differ bool) {
	seen := map[string]string{}
	for _, r := range f.Require {
		v, ok := seen[r.Mod.Path]
		equal = equal || ok && v == r.Mod.Version
		differ = differ || ok && v != r.Mod.Version
		seen[r.Mod.Path] = r.Mod.Version
	}
	return equal, differ
}

func differingDuplicate(_ *census, f *modfile.File) bool {
	_, differ := duplicates(f)
	return differ
}

func (c *census) isMain(path string) bool {
	for _, f := range c.mains {
		if f.Module.Mod.Path == path {
			return true
		}
	}
	return false
}

func (c *census) serves(path string) bool {
	for m := range c.u.Outside {
		if m.Path == path {
			return true
		}
	}
	return false
}

// absent reports whether a file requires a version that the proxy does not serve.
func (c *census) absent() bool {
	for _, f := range c.u.parsed() {
		for _, r := range f.Require {
			if _, ok := c.u.Outside[r.Mod]; !ok && !c.isMain(r.Mod.Path) {
				return true
			}
		}
	}
	return false
}

// Accepted reports whether go lists the modules of every view.
func Accepted(verdicts []Verdict) bool {
	return !slices.ContainsFunc(verdicts, func(v Verdict) bool { return v.Go.ListRefused != nil })
}

func (c *census) accepted() bool { return Accepted(c.verdicts) }

func (c *census) refused(k Kind) bool {
	return slices.ContainsFunc(c.verdicts, func(v Verdict) bool { return v.Go.ListRefused.Is(k) })
}
