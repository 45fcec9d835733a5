package workspace

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// A Conflict is something that two sides of a merge made different of, so that somebody has to choose.
type Conflict struct {
	File string
	Text string // what it is about, and what each side says: "here" is ours, "there" theirs, with their lines
}

// Error is "file: text".
func (c *Conflict) Error() string { return c.File + ": " + c.Text }

// Merge returns what a file becomes when two sides have changed it since base; nil stands for no file, as argument and
// as result. A file that one side left alone is that of the other, byte for byte. What both changed is merged by meaning
// if it is a go.mod, go.work, go.sum or go.work.sum file, and line by line, as git does it, if it is another:
//
//   - A requirement that both changed gets the higher version, which go would select; one that is indirect on both sides
//     stays if one of them dropped it. A direct one that one side dropped and the other changed is a conflict.
//   - A replace line that both changed in different ways, or one dropped and the other changed, is a conflict.
//   - The go and toolchain lines get the higher version.
//   - Use, exclude, tool, ignore and retract lines, and the lines of go.sum, are sets: what one side added is added,
//     what one dropped is dropped, as git merges lines that stand apart. So a sum that one side dropped, and that only
//     what the other brought would have needed, is missing, as it would be after git's merge.
//   - A side that cannot be read, or a go.sum with lines that are none (conflict markers), is the result as it stands:
//     whoever reads it refuses it, as it would have to.
//
// The result is the text of ours with the fewest edits (see [Apply]), or of theirs where that changed what no edit can
// express; comments of the other side that mean nothing to go are not taken over. Where there is a conflict the result
// holds what ours says, but for a file that one side deleted: that is gone. All else does not depend on which side is
// ours, but for its form.
func Merge(file string, base, ours, theirs []byte) ([]byte, []Conflict) {
	same := func(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }
	switch {
	case same(ours, theirs), same(base, theirs):
		return ours, nil
	case same(base, ours):
		return theirs, nil
	case ours == nil:
		return nil, []Conflict{{file, "deleted here, changed there"}}
	case theirs == nil:
		return nil, []Conflict{{file, "changed here, deleted there"}}
	}
	switch name := path.Base(file); {
	case name == "go.sum" || name == "go.work.sum":
		return mergeSums(file, base, ours, theirs), nil
	case name == "go.mod" || isWorkFile(name):
		return mergeMeanings(file, base, ours, theirs)
	}
	return mergeText(file, base, ours, theirs)
}

// mergeText merges line by line. Changes that touch each other are a conflict, as in git.
func mergeText(file string, base, ours, theirs []byte) ([]byte, []Conflict) {
	if slices.ContainsFunc([][]byte{base, ours, theirs}, func(b []byte) bool { return bytes.IndexByte(b, 0) >= 0 }) {
		return ours, []Conflict{{file, "both sides changed it, and it is no text"}}
	}
	text := string(base)
	mine, others := udiff.Lines(text, string(ours)), udiff.Lines(text, string(theirs))
	for _, x := range mine {
		for _, y := range others {
			if x != y && max(x.Start, y.Start) <= min(x.End, y.End) {
				line := strings.Count(text[:max(x.Start, y.Start)], "\n") + 1
				return ours, []Conflict{{file, fmt.Sprintf("both sides changed what was line %d", line)}}
			}
		}
	}
	edits, ok := udiff.Merge(mine, others)
	if !ok {
		return ours, []Conflict{{file, "both sides changed the same lines"}}
	}
	merged, err := udiff.Apply(text, edits)
	if err != nil {
		return ours, []Conflict{{file, "merging its lines: " + err.Error()}}
	}
	return []byte(merged), nil
}

// mergeSums merges the lines of go.sum files as a set.
func mergeSums(file string, base, ours, theirs []byte) []byte {
	b, o, t := sumSet(file, base), sumSet(file, ours), sumSet(file, theirs)
	switch {
	case o == nil:
		return ours
	case t == nil:
		return theirs
	}
	var add []string
	for key := range t {
		if !o[key] && !b[key] {
			add = append(add, string(key.line()))
		}
	}
	kept := SumDrop(ours, func(path, version, hash string) bool {
		key := sumKey{path, version, hash}
		return b[key] && !t[key]
	})
	return append([]byte{}, SumAdd(kept, add)...) // not nil: a file without lines is one
}

// sumSet is what the lines of a go.sum file say, nil if some are none.
func sumSet(file string, data []byte) map[sumKey]bool {
	s := ParseSum(file, data)
	if len(s.Bad) > 0 {
		return nil
	}
	out := map[sumKey]bool{}
	for _, l := range s.Lines {
		out[sumKey{l.Mod.Path, l.Mod.Version, l.Hash}] = true
	}
	return out
}
