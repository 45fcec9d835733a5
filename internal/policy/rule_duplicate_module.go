package policy

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/modgov/modgov/internal/workspace"
)

func duplicateModule() *Rule {
	return &Rule{
		Name:     "duplicate-module",
		Title:    "One module path in two directories",
		Severity: Warn,
		Layer:    LayerDeclared,
		Since:    "0.1.0",
		Sides:    sidesByModule,
		Doc: `Two go.mod files of the repository declare the same module path. Only one of them can be the module that others
get by this path; which one a replace line or a reader means is anybody's guess, and the two can never be members of
one workspace: go refuses that. It is what copying a directory leaves behind.

It is reported once per path, if at least one of the modules is governed; modules below testdata and the like count as
the other. It is a warning, and an error where go.work uses two of them, or uses one directory twice.

To clear it, give the copy a module path of its own, or delete it.`,
		Bad: `The copy kept the module path.
-- pay/go.mod --
module example.com/pay

go 1.25.0
-- pay-old/go.mod --
module example.com/pay

go 1.25.0
`,
		Good: `-- pay/go.mod --
module example.com/pay

go 1.25.0
-- pay-old/go.mod --
module example.com/pay-old

go 1.25.0
`,
		Check: checkDuplicateModule,
	}
}

func checkDuplicateModule(c *checker) []*Finding {
	byPath := map[string][]*workspace.Module{}
	for _, m := range c.Workspace.Modules {
		if m.Path != "" && !m.Marker {
			byPath[m.Path] = append(byPath[m.Path], m)
		}
	}
	var out []*Finding
	for p, modules := range byPath {
		if len(modules) > 1 && slices.ContainsFunc(modules, func(m *workspace.Module) bool { return m.Governed }) {
			out = append(out, c.duplicate(p, modules))
		}
	}
	slices.SortFunc(out, func(a, b *Finding) int { return cmp.Compare(a.Dep, b.Dep) })
	return append(out, c.usedTwice()...)
}

func (c *checker) duplicate(modulePath string, modules []*workspace.Module) *Finding {
	f := &Finding{Dep: modulePath}
	all, members := dirs(modules), 0
	for _, m := range modules {
		pos := m.PathPos
		if pos.Line == 0 {
			pos.File = m.File
		}
		f.At = append(f.At, Span{pos, "declared here"})
		if m.Governed {
			f.Modules = append(f.Modules, m.Dir)
		}
		if c.member(m) {
			members++
		}
	}
	f.Subject = f.Modules[0]
	all = slices.DeleteFunc(all, func(dir string) bool { return dir == f.Subject })
	f.Message = fmt.Sprintf("%s is the module path of %s too", modulePath, listed(all, 3))
	if members > 1 {
		f.Severity = Error
		f.Notes = []Remark{goSays(fmt.Sprintf("module %s appears multiple times in workspace", modulePath), inWork)}
	}
	return f
}

// usedTwice reports directories with more than one use line: the module is there twice as well, by go.work alone.
func (c *checker) usedTwice() []*Finding {
	w := c.Workspace.Work
	if w == nil {
		return nil
	}
	var out []*Finding
	seen := map[string]workspace.Use{}
	for _, u := range w.Uses {
		first, twice := seen[u.Dir]
		if !twice {
			seen[u.Dir] = u
			continue
		}
		out = append(out, &Finding{
			Severity: Error, Kind: "use:" + u.Dir, Subject: w.File, Message: fmt.Sprintf("uses %s twice", u.Text),
			At:    []Span{{u.Pos, "used again here"}, {first.Pos, "used here"}},
			Notes: []Remark{goSays("appears multiple times in workspace", inWork)},
		})
	}
	return out
}
