package plan

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// carry takes over what go said of a module, as far as it follows from what modgov decided: require lines for versions
// that are in the module's build list already, and their sums. go also looks for modules that provide missing imports,
// and for a version beside an excluded one; these would be choices, and modgov makes none.
func (d *draft) carry(m *workspace.Module, c completion) (bool, error) {
	now := d.now.Facts.Graph.View(m.Dir)
	if now.Err() != nil {
		return false, unproved("with these edits %s cannot be judged: %v", m.Dir, now.Err())
	}
	changed, left, err := d.carryMod(m, now, c)
	if err != nil {
		return false, err
	}
	did, err := d.carrySums(m, now, c)
	if err != nil {
		return false, err
	}
	if changed && len(left) > 0 {
		return true, nil // go is asked again: what it requires now may ask for what nothing asked for before
	}
	for _, n := range slices.Concat(left, c.notes) {
		d.addNote(n)
	}
	d.done[m.Dir] = d.inputs(m)
	return changed || did, nil
}

// carrySums takes over lines of go.sum.
func (d *draft) carrySums(m *workspace.Module, now *graph.View, c completion) (bool, error) {
	if whole, err := d.isWhole(m, c); err != nil {
		return false, err
	} else if whole {
		d.untidy[m.Dir] = false
		return d.carryTidied(m, c.tidied)
	}
	did, err := d.sumLines(m, ownLines(now, c.lines))
	if err != nil {
		return false, err
	}
	if d.untidy[m.Dir] = c.refused; c.bare && !c.tidy {
		d.bare[m.Dir] = true // go mod tidy keeps nothing for it, which says nothing about the lines that are there
	} else if !c.refused && !c.bare {
		dropped, err := d.dropSums(m, now, c.tidied)
		if err != nil {
			return false, err
		}
		did = did || dropped
	}
	return did, nil
}

func (d *draft) addNote(note string) {
	if !slices.Contains(d.notes, note) {
		d.notes = append(d.notes, note)
	}
}

// carryMod takes over requirements and their marks. Left says what it leaves, in sentences.
func (d *draft) carryMod(m *workspace.Module, now *graph.View, c completion) (changed bool, left []string, err error) {
	data, err := d.files.ReadFile(m.File)
	if err != nil {
		return false, nil, err
	}
	edits, err := workspace.ModDiff(m.File, data, c.mod)
	if err != nil {
		return false, nil, err
	}
	reason := "completed by go"
	if c.tidy {
		reason, d.tidied[m.Dir] = "go mod tidy", true
	}
	var own []workspace.Edit
	for _, e := range edits {
		switch e.Op {
		case workspace.AddRequire, workspace.SetRequire:
			if item, ok := now.Selected(e.Mod.Path); !c.whole && (!ok || item.Version != e.Mod.Version) {
				left = append(left, fmt.Sprintf("go would require %s in %s, which nothing asks for: left as it is", e.Mod, m.Dir))
				continue
			}
		case workspace.DropRequire, workspace.SetIndirect:
		default:
			continue // go and toolchain lines are modgov's to decide
		}
		if len(d.why[line{m.File, e.Mod.Path}]) == 0 {
			d.note(m.File, e.Mod.Path, reason)
		}
		own = append(own, e)
	}
	own = slices.DeleteFunc(own, func(e workspace.Edit) bool { // a mark for a line that does not come
		return e.Op == workspace.SetIndirect && !slices.ContainsFunc(m.Requires, func(r workspace.Require) bool { return r.Mod.Path == e.Mod.Path })
	})
	changed, err = d.edit(m, own...)
	return changed, left, err
}

// ownLines leaves out the go.sum lines of modules whose code is not in the build list.
func ownLines(now *graph.View, lines []string) []string {
	foreign, code := map[string]bool{}, codeOf(now)
	for _, line := range lines {
		if f := strings.Fields(line); len(f) == 3 && !strings.HasSuffix(f[1], "/go.mod") && !code[module.Version{Path: f[0], Version: f[1]}] {
			foreign[f[0]+" "+f[1]] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		f := strings.Fields(line)
		return len(f) == 3 && foreign[f[0]+" "+strings.TrimSuffix(f[1], "/go.mod")]
	})
}

// dropSums removes the go.sum lines of versions that the plan moves the module away from, and of go.mod files that were
// read only for those, where go mod tidy says that nothing needs them any more. Lines that were superfluous before are
// not the plan's business, lines that loading the graph needs stay, whatever tidy says of a go.mod file that it has
// made smaller, and so do lines that contradict others: which of them is right is for a person to find out.
func (d *draft) dropSums(m *workspace.Module, now *graph.View, tidied []string) (bool, error) {
	before := d.before.Facts.Graph.View(m.Dir)
	data, err := d.files.ReadFile(m.Sum.File)
	if err != nil || before == nil {
		return false, ignoreMissing(err)
	}
	was, err := fs.ReadFile(d.project.FS, m.Sum.File)
	if err := ignoreMissing(err); err != nil {
		return false, err
	}
	keep := sumSet(strings.Join(tidied, "\n"))
	old := sumSet(string(was))
	sumLine := func(f graph.LoadedFile) string {
		return fmt.Sprintf("%s %s/go.mod %s", f.Mod.Path, f.Mod.Version, f.Sum)
	}
	needed := map[string]bool{}
	for _, f := range before.Loaded() {
		needed[sumLine(f)] = true
	}
	for _, f := range now.Loaded() {
		keep[sumLine(f)] = true
	}
	disputed := map[module.Version]bool{}
	for _, c := range d.before.Facts.Sums.Conflicts {
		disputed[c.Mod] = true
	}
	had, has := map[module.Version]bool{}, codeOf(now)
	if before.Err() == nil {
		had = codeOf(before)
	}
	for _, r := range d.before.Facts.Workspace.Module(m.Dir).Requires {
		had[r.Mod] = true // where a sibling asks for more, or cannot be had, the module's sums are about its own lines
	}
	left := workspace.SumDrop(data, func(path, version, hash string) bool {
		line := path + " " + version + " " + hash
		mod := module.Version{Path: path, Version: strings.TrimSuffix(version, "/go.mod")}
		gone := had[mod] && !has[mod] && !disputed[module.Version{Path: path, Version: version}]
		return !keep[line] && (gone || needed[line] || !old[line])
	})
	return d.files.set(m.Sum.File, left), nil
}

// sumSet is the set of the lines of a go.sum file.
func sumSet(text string) map[string]bool {
	out := map[string]bool{}
	for line := range strings.Lines(text) {
		out[strings.Join(strings.Fields(line), " ")] = true
	}
	return out
}

// codeOf returns the module versions whose code is in the build list, those of replaced modules by their targets.
func codeOf(v *graph.View) map[module.Version]bool {
	out := map[module.Version]bool{}
	for _, i := range v.BuildList() {
		mod := module.Version{Path: i.Path, Version: i.Version}
		if i.Replace != nil {
			mod = i.Replace.New
		}
		out[mod] = true
	}
	return out
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
