package change

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/modgov/modgov/internal/difftest/universe"
	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// Random repositories with random edits of their go.mod and go.work files: of a module that is not affected, nothing that
// go builds it from differs; and what is given as a reason is so.
func TestAffectedIsWhatDiffers(t *testing.T) {
	t.Parallel()
	const repositories = 400
	affected, spared := 0, 0
	for seed := range uint64(repositories) {
		u, err := universe.Generate(t.Context(), seed)
		if err != nil {
			t.Fatal(err)
		}
		edited := *u
		edited.Files = maps.Clone(u.Files)
		editAtRandom(&edited, rand.New(rand.NewPCG(seed, 1)))
		c := Change{Files: changedFiles(u, &edited)}
		if c.Base, err = u.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c.Head, err = edited.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		modules, _ := c.Affected()
		is := map[*workspace.Module][]Reason{}
		for _, a := range modules {
			is[a.Module] = a.Reasons
		}
		for _, m := range c.Head.Workspace().Governed() {
			if len(is[m]) > 0 {
				affected++
				checkReasons(t, seed, &c, m, is[m])
				continue
			}
			spared++
			if why := differs(&c, m); why != "" {
				t.Errorf("seed %d: %s is not affected by %v, but %s", seed, m.Dir, c.Files, why)
			}
		}
	}
	if affected < repositories || spared < repositories {
		t.Errorf("the edits are one-sided: %d modules affected, %d not", affected, spared)
	}
}

var versionNumber = regexp.MustCompile(`v(\d+)\.(\d+)\.0`)

// editAtRandom changes one line of one file: another version, no such line, or none of the file.
func editAtRandom(u *universe.Universe, random *rand.Rand) {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(u.Files)), func(name string) bool {
		return path.Ext(name) != ".mod" && path.Ext(name) != ".work"
	})
	name := names[random.IntN(len(names))]
	lines := strings.SplitAfter(u.Files[name], "\n")
	i := random.IntN(len(lines))
	switch {
	case random.IntN(15) == 0:
		delete(u.Files, name)
		return
	case versionNumber.MatchString(lines[i]) && random.IntN(3) > 0:
		lines[i] = versionNumber.ReplaceAllString(lines[i], fmt.Sprintf("v$1.%d.0", random.IntN(4)))
	case !strings.HasPrefix(lines[i], "module"):
		lines = slices.Delete(lines, i, i+1)
	}
	u.Files[name] = strings.Join(lines, "")
}

func changedFiles(was, is *universe.Universe) []string {
	all := maps.Clone(was.Files)
	maps.Copy(all, is.Files)
	return slices.DeleteFunc(slices.Sorted(maps.Keys(all)), func(name string) bool {
		before, there := was.Files[name]
		now, still := is.Files[name]
		return there == still && before == now
	})
}

// differs says what differs of that which go builds a module from, "" for nothing. It compares what is there, by other
// ways than Affected.
func differs(c *Change, m *workspace.Module) string {
	before := c.Base.Workspace().Module(m.Dir)
	was, is := c.Base.View(m.Dir), c.Head.View(m.Dir)
	switch {
	case before == nil || !before.Governed:
		return "it is new"
	case string(before.Data) != string(m.Data):
		return "its go.mod differs"
	case was.Err() != nil || is.Err() != nil:
		return "it has no build list"
	}
	if a, b := listText(was, was.BuildList()), listText(is, is.BuildList()); a != b {
		return "its build list differs:\n" + a + "\n" + b
	}
	for _, i := range is.BuildList() {
		if e, _ := is.Effective(i.Path); e.Dir != "" && slices.Contains(c.Files, path.Join(e.Dir, "go.mod")) {
			return "it takes " + i.Path + " from " + e.Dir
		}
	}
	return differsInWorkspace(c, before, m)
}

func differsInWorkspace(c *Change, before, m *workspace.Module) string {
	member := slices.Contains(c.Head.Workspace().Members(), m)
	if member != slices.Contains(c.Base.Workspace().Members(), before) {
		return "it joined or left the workspace"
	}
	if !member {
		return ""
	}
	was, is := c.Base.WorkspaceView(), c.Head.WorkspaceView()
	if was.Err() != nil || is.Err() != nil {
		return "the workspace has no build list"
	}
	needed := append(was.Below(before), is.Below(m)...) // or not any more: it may be there for others, and is the same then
	if a, b := listText(was, needed), listText(is, needed); a != b {
		return "the workspace gives it other versions:\n" + a + "\n" + b
	}
	for _, i := range is.Below(m) {
		if e, _ := is.Effective(i.Path); e.Dir != "" && slices.Contains(c.Files, path.Join(e.Dir, "go.mod")) {
			return "in the workspace it takes " + i.Path + " from " + e.Dir
		}
	}
	return ""
}

// listText shows lines of a build list with their effective versions.
func listText(v *graph.View, items []graph.Item) string {
	var out []string
	for _, i := range items {
		e, _ := v.Effective(i.Path)
		out = append(out, i.Path+" "+e.Text(i.Path))
	}
	goLine, _ := v.Selected("go")
	slices.Sort(out)
	return strings.Join(out, ", ") + " go " + goLine.Version
}

// checkReasons holds versions and files that are given as reasons against the graphs.
func checkReasons(t *testing.T, seed uint64, c *Change, m *workspace.Module, reasons []Reason) {
	t.Helper()
	var files []string
	for _, reason := range reasons {
		switch r := reason.(type) {
		case VersionDiffers:
			was, is := c.Base.View(m.Dir), c.Head.View(m.Dir)
			if r.InWorkspace {
				was, is = c.Base.WorkspaceView(), c.Head.WorkspaceView()
			}
			if r.Dep == "go" || r.Dep == "toolchain" {
				continue
			}
			from, _ := was.Effective(r.Dep)
			to, _ := is.Effective(r.Dep)
			// In the workspace, what a member does not need may be there all the same.
			if r.From == r.To || r.From != "" && r.From != from.Text(r.Dep) || r.To != "" && r.To != to.Text(r.Dep) {
				t.Errorf("seed %d: %s: %+v, but it is %s and %s", seed, m.Dir, r, from.Text(r.Dep), to.Text(r.Dep))
			}
		case FilesDiffer:
			files = append(files, r...)
		case DependencyDiffers:
			files = append(files, r.Files...)
		}
	}
	for _, file := range files {
		if !slices.Contains(c.Files, file) {
			t.Errorf("seed %d: %s: %s did not change", seed, m.Dir, file)
		}
	}
}
