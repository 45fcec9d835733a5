package universe

import (
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/module"
)

// Shrink returns a universe from which nothing can be taken, neither a file nor a line, without it ceasing to fail.
// It asks fails for every candidate, and fails(u) must hold. The error is that of fails.
func Shrink(u *Universe, fails func(*Universe) (bool, error)) (*Universe, error) {
	for _, split := range []func(*Universe) []part{files, lines} {
		for {
			smaller, err := shrinkParts(u, split(u), fails)
			if err != nil {
				return nil, err
			}
			if smaller == u {
				break
			}
			u = smaller
		}
	}
	return u, nil
}

// A part is something that can be taken from a universe.
type part struct {
	file    string
	outside module.Version
	line    int // -1 for the whole file
}

// files lists the files of a universe.
func files(u *Universe) []part {
	var out []part
	for _, m := range u.Mods() {
		out = append(out, part{outside: m, line: -1})
	}
	for _, name := range slices.Sorted(maps.Keys(u.Files)) {
		out = append(out, part{file: name, line: -1})
	}
	return out
}

// lines lists the lines of all files.
func lines(u *Universe) []part {
	var out []part
	for _, p := range files(u) {
		for i := range strings.Count(u.text(p), "\n") {
			p.line = i
			out = append(out, p)
		}
	}
	return out
}

func (u *Universe) text(p part) string {
	if p.file != "" {
		return u.Files[p.file]
	}
	return u.Outside[p.outside]
}

// without returns the universe without some parts of one kind.
func (u *Universe) without(parts []part) *Universe {
	c := u.Clone()
	drop := map[part]bool{}
	for _, p := range parts {
		drop[p] = true
	}
	for _, p := range files(u) {
		if drop[p] {
			delete(c.Files, p.file)
			delete(c.Outside, p.outside)
			continue
		}
		var b strings.Builder
		for line := range strings.Lines(u.text(p)) {
			p.line++
			if !drop[p] {
				b.WriteString(line)
			}
		}
		switch {
		case b.Len() == 0:
			delete(c.Files, p.file)
			delete(c.Outside, p.outside)
		case p.file != "":
			c.Files[p.file] = b.String()
		default:
			c.Outside[p.outside] = b.String()
		}
	}
	return c
}

// shrinkParts takes away ever smaller groups of parts. It returns u itself if nothing could be taken.
func shrinkParts(u *Universe, parts []part, fails func(*Universe) (bool, error)) (*Universe, error) {
	for size := (len(parts) + 1) / 2; size > 0; size /= 2 {
		for i := 0; i < len(parts); i += size {
			candidate := u.without(parts[i:min(i+size, len(parts))])
			ok, err := fails(candidate)
			if err != nil {
				return nil, err
			}
			if ok {
				return candidate, nil // parts are of u: begin again with those of the candidate
			}
		}
	}
	return u, nil
}
