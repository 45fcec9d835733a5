package workspace

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// A sumKey is what a go.sum line says.
type sumKey struct{ path, version, hash string }

// parseSumKey reports false for a line that is none.
func parseSumKey(line string) (sumKey, bool) {
	path, version, hash, n := sumFields(line)
	return sumKey{path, version, hash}, n == 3 && !isMergeMarker(path)
}

// compareSums is the order in which go writes go.sum (go-semantics 4.2): path, version, the zip's line before that of
// the go.mod file, hash.
func compareSums(a, b sumKey) int {
	va, fa, _ := strings.Cut(a.version, "/")
	vb, fb, _ := strings.Cut(b.version, "/")
	return cmp.Or(strings.Compare(a.path, b.path), semver.Compare(va, vb), strings.Compare(va, vb),
		strings.Compare(fa, fb), strings.Compare(a.hash, b.hash))
}

// SumAdd returns the text of a go.sum file with lines added ("path version hash", the version with "/go.mod" for the
// hash of a go.mod file). In a sorted file each takes its place, else they stand sorted at the end. The lines of data
// keep their bytes and order, new lines end as the first line does, and a missing end of the last line stays missing.
// What stands there already, and lines of other than three fields, are not added; with nothing to add the result is
// data.
func SumAdd(data []byte, lines []string) []byte {
	old := bytes.SplitAfter(data, []byte("\n"))
	if len(old[len(old)-1]) == 0 {
		old = old[:len(old)-1]
	}
	keys, sorted := make([]sumKey, len(old)), true
	have := make(map[sumKey]bool, len(old))
	var last *sumKey
	end := 0 // behind the last line that says something
	for i, line := range old {
		key, ok := parseSumKey(string(line))
		if strings.TrimSpace(string(line)) != "" {
			sorted = sorted && ok && (last == nil || compareSums(*last, key) <= 0)
			keys[i], last, end = key, &keys[i], i+1
			have[key] = true
		}
	}
	add := newSums(lines, have)
	if len(add) == 0 {
		return data
	}
	var out [][]byte
	for i, line := range old[:end] {
		for sorted && len(add) > 0 && keys[i].path != "" && compareSums(add[0], keys[i]) < 0 {
			out, add = append(out, add[0].line()), add[1:]
		}
		out = append(out, line)
	}
	for _, key := range add {
		out = append(out, key.line())
	}
	return joinLines(append(out, old[end:]...), data)
}

// newSums returns what lines say and have does not, sorted, without duplicates.
func newSums(lines []string, have map[sumKey]bool) []sumKey {
	var out []sumKey
	for _, line := range lines {
		if key, ok := parseSumKey(line); ok && !have[key] {
			out = append(out, key)
		}
	}
	slices.SortFunc(out, compareSums)
	return slices.Compact(out)
}

func (k sumKey) line() []byte { return []byte(k.path + " " + k.version + " " + k.hash) }

// joinLines joins lines of which some lack their end, with the ends that data has.
func joinLines(lines [][]byte, data []byte) []byte {
	eol := "\n"
	if i := bytes.IndexByte(data, '\n'); i > 0 && data[i-1] == '\r' {
		eol = "\r\n"
	}
	var out []byte
	for i, line := range lines {
		out = append(out, line...)
		final := i == len(lines)-1 && len(data) > 0 && data[len(data)-1] != '\n'
		if !bytes.HasSuffix(line, []byte("\n")) && !final {
			out = append(out, eol...)
		}
	}
	return out
}

// SumDrop returns the text of a go.sum file without the lines for which drop says so; version ends in "/go.mod" for
// the hash of a go.mod file. All other lines, and what is no line of three fields, keep their bytes and order.
func SumDrop(data []byte, drop func(path, version, hash string) bool) []byte {
	var out []byte
	dropped := false
	for line := range bytes.Lines(data) {
		if key, ok := parseSumKey(string(line)); ok && drop(key.path, key.version, key.hash) {
			dropped = true
			continue
		}
		out = append(out, line...)
	}
	if !dropped {
		return data
	}
	return out
}
