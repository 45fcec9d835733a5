package universe

import (
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// anyReplace looks at the replace lines of the modules of the repository, with the directory of the file.
func anyReplace(has func(c *census, dir string, r *modfile.Replace) bool) func(*census) bool {
	return func(c *census) bool {
		for dir, f := range c.mains {
			for _, r := range f.Replace {
				if has(c, dir, r) {
					return true
				}
			}
		}
		return false
	}
}

// anyWorkReplace looks at those of go.work.
func anyWorkReplace(has func(c *census, r *modfile.Replace) bool) func(*census) bool {
	return func(c *census) bool {
		return c.work != nil && slices.ContainsFunc(c.work.Replace, func(r *modfile.Replace) bool { return has(c, r) })
	}
}

// target returns the file of a directory that a line replaces a module with, nil if there is none.
func (c *census) target(dir string, r *modfile.Replace) *modfile.File {
	to := path.Join(dir, r.New.Path)
	if after, ok := strings.CutPrefix(r.New.Path, memoryRoot+"/"); ok {
		to = after
	}
	if f := c.mains[to]; f != nil {
		return f
	}
	return c.beside[to]
}

func toDir(r *modfile.Replace) bool { return r.New.Version == "" }

func forAll(r *modfile.Replace) bool { return r.Old.Version == "" }

func replaceFeatures() []feature {
	return []feature{
		{"replace: sibling directory", anyReplace(func(c *census, dir string, r *modfile.Replace) bool {
			f := c.target(dir, r)
			return toDir(r) && f != nil && f.Module != nil && c.isMain(r.Old.Path) && f.Module.Mod.Path == r.Old.Path
		})},
		{"replace: other directory", anyReplace(func(c *census, dir string, r *modfile.Replace) bool {
			return toDir(r) && c.target(dir, r) != nil && !c.isMain(r.Old.Path)
		})},
		{"replace: directory outside the root", anyReplace(func(_ *census, dir string, r *modfile.Replace) bool {
			return toDir(r) && strings.HasPrefix(path.Join(dir, r.New.Path), "../")
		})},
		{"replace: absolute directory", anyReplace(func(_ *census, _ string, r *modfile.Replace) bool {
			return path.IsAbs(r.New.Path)
		})},
		{"replace: directory with another path", anyReplace(func(c *census, dir string, r *modfile.Replace) bool {
			f := c.target(dir, r)
			return toDir(r) && f != nil && f.Module != nil && f.Module.Mod.Path != r.Old.Path
		})},
		{"replace: directory without module line", anyReplace(func(c *census, dir string, r *modfile.Replace) bool {
			f := c.target(dir, r)
			return toDir(r) && f != nil && f.Module == nil
		})},
		{"replace: missing directory", anyReplace(func(c *census, dir string, r *modfile.Replace) bool {
			return toDir(r) && c.target(dir, r) == nil
		})},
		{"replace: other version", anyReplace(func(_ *census, _ string, r *modfile.Replace) bool {
			return !toDir(r) && r.New.Path == r.Old.Path
		})},
		{"replace: other module", anyReplace(func(_ *census, _ string, r *modfile.Replace) bool {
			return !toDir(r) && r.New.Path != r.Old.Path
		})},
		{"replace: all versions", anyReplace(func(_ *census, _ string, r *modfile.Replace) bool { return forAll(r) })},
		{"replace: one version", anyReplace(func(_ *census, _ string, r *modfile.Replace) bool { return !forAll(r) })},
		{"replace: all versions and one", anyMain(func(_ *census, f *modfile.File) bool { return wildAndExact(f) })},
		{"replace: chain", anyMain(func(_ *census, f *modfile.File) bool {
			return slices.ContainsFunc(f.Replace, func(r *modfile.Replace) bool {
				return slices.ContainsFunc(f.Replace, func(o *modfile.Replace) bool {
					return o.Old.Path == r.New.Path && (o.Old.Version == "" || o.Old.Version == r.New.Version)
				})
			})
		})},
		{"replace: the module itself", anyMain(func(_ *census, f *modfile.File) bool {
			return slices.ContainsFunc(f.Replace, func(r *modfile.Replace) bool { return r.Old.Path == f.Module.Mod.Path })
		})},
		{"replace in a dependency", func(c *census) bool {
			return c.inDependency(func(f *modfile.File) bool { return len(f.Replace) > 0 })
		}},
	}
}

// wildAndExact reports whether a file replaces a path at all versions and at one.
func wildAndExact(f *modfile.File) bool {
	wild := map[string]bool{}
	for _, r := range f.Replace {
		wild[r.Old.Path] = wild[r.Old.Path] || r.Old.Version == ""
	}
	return slices.ContainsFunc(f.Replace, func(r *modfile.Replace) bool { return r.Old.Version != "" && wild[r.Old.Path] })
}

// inDependency looks at the files on the proxy and beside the repository.
func (c *census) inDependency(has func(*modfile.File) bool) bool {
	for _, f := range c.outside {
		if has(f) {
			return true
		}
	}
	for _, f := range c.beside {
		if has(f) {
			return true
		}
	}
	return false
}

func excludeFeatures() []feature {
	required := func(c *census, m module.Version) bool {
		return c.inDependency(func(f *modfile.File) bool { return requires(f, m) })
	}
	return []feature{
		{"exclude of a required version", anyMain(func(c *census, f *modfile.File) bool {
			return slices.ContainsFunc(f.Exclude, func(x *modfile.Exclude) bool { return required(c, x.Mod) })
		})},
		{"exclude of an own requirement", anyMain(func(_ *census, f *modfile.File) bool {
			return slices.ContainsFunc(f.Exclude, func(x *modfile.Exclude) bool { return requires(f, x.Mod) })
		})},
		{"exclude of another member's requirement", func(c *census) bool {
			for _, f := range c.members {
				for _, x := range f.Exclude {
					for _, other := range c.members {
						if other != f && requires(other, x.Mod) {
							return true
						}
					}
				}
			}
			return false
		}},
		{"exclude in a dependency", func(c *census) bool {
			return c.inDependency(func(f *modfile.File) bool { return len(f.Exclude) > 0 })
		}},
	}
}

func requires(f *modfile.File, m module.Version) bool {
	return slices.ContainsFunc(f.Require, func(r *modfile.Require) bool { return r.Mod == m })
}

func workFeatures() []feature {
	return []feature{
		{"workspace", func(c *census) bool { return c.work != nil }},
		{"workspace without go line", func(c *census) bool { return c.work != nil && c.work.Go == nil }},
		{"workspace toolchain line", func(c *census) bool { return c.work != nil && c.work.Toolchain != nil }},
		{"member outside the root", func(c *census) bool {
			return c.work != nil && slices.ContainsFunc(c.work.Use, func(u *modfile.Use) bool {
				return strings.HasPrefix(path.Clean(u.Path), "../")
			})
		}},
		{"member by absolute path", func(c *census) bool {
			return c.work != nil && slices.ContainsFunc(c.work.Use, func(u *modfile.Use) bool { return path.IsAbs(u.Path) })
		}},
		{"module not in the workspace", func(c *census) bool { return c.work != nil && len(c.members) < len(c.mains) }},
		{"unpruned member", func(c *census) bool {
			for _, f := range c.members {
				if !atLeast(f, "1.17") {
					return true
				}
			}
			return false
		}},
		{"two members replace one path", (*census).sharedReplace},
		{"go.work replace: directory", anyWorkReplace(func(_ *census, r *modfile.Replace) bool { return toDir(r) })},
		{"go.work replace: module", anyWorkReplace(func(_ *census, r *modfile.Replace) bool { return !toDir(r) })},
		{"go.work replace: all versions", anyWorkReplace(func(_ *census, r *modfile.Replace) bool { return forAll(r) })},
		{"go.work replace: one version", anyWorkReplace(func(_ *census, r *modfile.Replace) bool { return !forAll(r) })},
		{"go.work replace: a member", anyWorkReplace(func(c *census, r *modfile.Replace) bool {
			return c.isMain(r.Old.Path)
		})},
		{"go.work replace beats a member's", anyWorkReplace(func(c *census, r *modfile.Replace) bool {
			for _, f := range c.members {
				if slices.ContainsFunc(f.Replace, func(o *modfile.Replace) bool { return o.Old.Path == r.Old.Path }) {
					return true
				}
			}
			return false
		})},
	}
}

// sharedReplace reports whether two members have replace lines for one path.
func (c *census) sharedReplace() bool {
	owner := map[string]*modfile.File{}
	for _, f := range c.members {
		for _, r := range f.Replace {
			if owner[r.Old.Path] != nil && owner[r.Old.Path] != f {
				return true
			}
			owner[r.Old.Path] = f
		}
	}
	return false
}

func goFeatures() []feature {
	out := []feature{{"go accepts all", (*census).accepted}}
	for _, k := range []Kind{NeedsUpdate, Conflict, Unloadable, BadFile, BadWork} {
		out = append(out, feature{"go refuses: " + string(k), func(c *census) bool { return c.refused(k) }})
	}
	return out
}
