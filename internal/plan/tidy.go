package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// tidies reports whether all that go mod tidy says of a module is taken, and not only what its edits need.
func (d *draft) tidies(m *workspace.Module) bool {
	return d.options.Tidy != nil && d.options.Tidy(m, d.touched(m))
}

// tidyModule runs go mod tidy on copies of a module's files, in which go must not have done anything before: what it
// adds for missing imports it would add otherwise.
func (d *draft) tidyModule(m *workspace.Module, dir string, run goRun) (completion, error) {
	base, err := d.stageCopy(m, dir, "tidy")
	if err != nil {
		return completion{}, err
	}
	out := completion{tidy: true, whole: true}
	if _, err := run(base, []string{"mod", "tidy"}); err != nil {
		out.failed = fmt.Sprintf("go mod tidy refuses %s: %s", m.Dir, lastWords(err))
		return out, nil
	}
	if out.mod, out.tidied, err = readStaged(base); err != nil {
		return out, err
	}
	if len(out.tidied) == 0 && len(m.Requires) > 0 {
		return d.withoutPackages(m, dir, run, out)
	}
	return d.noGoLine(m, out), nil
}

// withoutPackages leaves a module that has no package as it is: go mod tidy would take all that it requires, and whoever
// wrote that, or generates the packages, means something by it.
func (d *draft) withoutPackages(m *workspace.Module, dir string, run goRun, out completion) (completion, error) {
	base, err := d.stageCopy(m, dir, "packages")
	if err != nil {
		return completion{}, err
	}
	packages, err := run(base, []string{"list", "-e", "-mod=mod", "-f", isPackage}, "./...")
	if err != nil {
		return completion{}, unproved("%s: %v", m.Dir, err)
	}
	if len(packages) > 0 {
		return d.noGoLine(m, out), nil
	}
	out = completion{tidy: true, bare: true}
	out.notes = append(out.notes, "no package in "+m.Dir+": left as it is, as go mod tidy would drop all that it requires")
	out.mod, err = d.files.ReadFile(m.File)
	return out, err
}

// noGoLine says that a tidied module has no go line.
func (d *draft) noGoLine(m *workspace.Module, out completion) completion {
	if m.Go.Text == "" {
		out.notes = append(out.notes, fmt.Sprintf("%s has no go line and was tidied as for go %s: the one that go mod tidy "+
			"adds is for you to choose", m.File, graph.GoOf(m)))
	}
	return out
}

// isWhole reports whether go.mod now requires what go mod tidy says, so that its go.sum is the right one.
func (d *draft) isWhole(m *workspace.Module, c completion) (bool, error) {
	if !c.tidy || c.bare {
		return false, nil
	}
	data, err := d.files.ReadFile(m.File)
	if err != nil {
		return false, err
	}
	rest, err := workspace.ModDiff(m.File, data, c.mod)
	return !slices.ContainsFunc(rest, func(e workspace.Edit) bool { return e.Mod.Path != "" }), err
}

// carryTidied takes over go.sum as go mod tidy leaves it: its lines, those that stay in their order.
func (d *draft) carryTidied(m *workspace.Module, lines []string) (bool, error) {
	data, err := d.files.ReadFile(m.Sum.File)
	if err := ignoreMissing(err); err != nil {
		return false, err
	}
	if len(data) == 0 && len(lines) == 0 {
		return false, nil
	}
	keep := sumSet(strings.Join(lines, "\n"))
	left := workspace.SumDrop(data, func(path, version, hash string) bool { return !keep[path+" "+version+" "+hash] })
	if after := workspace.SumAdd(left, lines); after != nil {
		return d.files.set(m.Sum.File, after), nil
	}
	return d.files.set(m.Sum.File, []byte{}), nil
}

// refusals joins what go said of the modules that it would not tidy: one failure hides no other.
func refusals(results []completion) error {
	var failed []string
	for _, c := range results {
		if c.failed != "" {
			failed = append(failed, c.failed)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return unproved("%s", strings.Join(failed, "; "))
}

// vanished reports whether a module was tidied and does not require a dependency any more: it builds no package of it,
// and what version is left in its graph is nobody's loss.
func (d *draft) vanished(dir, dep string) bool {
	_, listed := requires(d.now.Facts.Workspace.Module(dir))[dep]
	return d.tidied[dir] && !listed
}
