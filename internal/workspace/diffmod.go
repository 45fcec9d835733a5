package workspace

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/mod/module"
)

// ModDiff returns the edits that make the go.mod file from mean what to means, in the order go, toolchain, require
// lines by path: dropped, changed, added. It carries what the go command did to a staged and reformatted copy into the
// real file. That changes require, go and toolchain lines only; a difference in any other line that has an effect is an
// error, as is a go line that is gone. Comments besides "// indirect" are not compared, nor are repeated lines that say
// the same. Every error names the file.
func ModDiff(file string, from, to []byte) ([]Edit, error) {
	a, _, err := readMeaning(file, from)
	if err != nil {
		return nil, err
	}
	b, _, err := readMeaning(file, to)
	if err != nil {
		return nil, fmt.Errorf("changed copy: %w", err)
	}
	if err := sameBeyondRequires(a, b); err != nil {
		return nil, fmt.Errorf("%s: changed copy: %w", file, err)
	}
	var edits []Edit
	if a.goLine != b.goLine {
		edits = append(edits, Edit{Op: SetGo, Arg: b.goLine})
	}
	if a.toolchain != b.toolchain && b.toolchain == "" {
		edits = append(edits, Edit{Op: DropToolchain})
	} else if a.toolchain != b.toolchain {
		edits = append(edits, Edit{Op: SetToolchain, Arg: b.toolchain})
	}
	requires, err := requireDiff(a.requires, b.requires)
	if err != nil {
		return nil, fmt.Errorf("%s: changed copy: %w", file, err)
	}
	return append(edits, requires...), nil
}

// sameBeyondRequires reports the first line that one of the two has alone, among those that no go command changes.
func sameBeyondRequires(a, b *meaning) error {
	if a.goLine != "" && b.goLine == "" {
		return errors.New("the go line is gone")
	}
	have, want := otherLines(b), otherLines(a)
	for _, line := range slices.Sorted(maps.Keys(want)) {
		if !have[line] {
			return fmt.Errorf("a line is gone: %s", line)
		}
	}
	for _, line := range slices.Sorted(maps.Keys(have)) {
		if !want[line] {
			return fmt.Errorf("a line is new: %s", line)
		}
	}
	return nil
}

// otherLines returns what all lines but go, toolchain and require say.
func otherLines(m *meaning) map[string]bool {
	out := map[string]bool{}
	for _, f := range m.others {
		out[f.line] = true
	}
	for _, r := range m.replaces {
		r.left.Version, r.right.Version = canonicalVersion(r.left.Version), canonicalVersion(r.right.Version)
		out[fmt.Sprintf("replace %s => %s", r.left, r.right)] = true
	}
	for _, dir := range m.uses {
		out["use "+dir] = true
	}
	return out
}

// requireDiff returns the edits from the require lines a to b. Lines of one path in a may differ: the first stays.
func requireDiff(a, b []requireFact) ([]Edit, error) {
	have, want := map[string][]requireFact{}, map[string]requireFact{}
	for _, r := range a {
		have[r.mod.Path] = append(have[r.mod.Path], r)
	}
	for _, r := range b {
		r.mod.Version = canonicalVersion(r.mod.Version)
		if other, ok := want[r.mod.Path]; ok && other != r {
			return nil, fmt.Errorf("%s is required twice", r.mod.Path)
		}
		want[r.mod.Path] = r
	}
	var drops, sets, adds []Edit
	for _, path := range slices.Sorted(maps.Keys(have)) {
		if to, ok := want[path]; ok {
			sets = append(sets, changeRequire(have[path], to)...)
		} else {
			drops = append(drops, Edit{Op: DropRequire, Mod: module.Version{Path: path}})
		}
	}
	for _, path := range slices.Sorted(maps.Keys(want)) {
		if to := want[path]; have[path] == nil {
			adds = append(adds, Edit{Op: AddRequire, Mod: to.mod, Indirect: to.indirect})
		}
	}
	return slices.Concat(drops, sets, adds), nil
}

func changeRequire(lines []requireFact, to requireFact) []Edit {
	var edits []Edit
	if slices.ContainsFunc(lines, func(r requireFact) bool { return r.mod != to.mod }) {
		edits = append(edits, Edit{Op: SetRequire, Mod: to.mod})
		lines = lines[:1]
	}
	if slices.ContainsFunc(lines, func(r requireFact) bool { return r.indirect != to.indirect }) {
		edits = append(edits, Edit{Op: SetIndirect, Mod: module.Version{Path: to.mod.Path}, Indirect: to.indirect})
	}
	return edits
}
