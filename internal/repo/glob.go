package repo

import "strings"

// Globs as git's ignore files have them (gitignore(5), wildmatch.c). Both loops keep only the last star to come back
// to, which is enough for stars and makes the worst case quadratic: patterns come from the repository and may be
// hostile.

// splitGlob cuts a glob at its slashes, those inside of brackets excepted. Runs of stars that fill a segment become
// one "**".
func splitGlob(glob string) []string {
	var segs []string
	start := 0
	for i := 0; i < len(glob); i++ {
		switch {
		case glob[i] == '/':
			segs = append(segs, segment(glob[start:i]))
			start = i + 1
		case glob[i] == '[':
			if width, _ := matchClass(glob[i:], 0); width > 0 {
				i += width - 1
			}
		case glob[i] == '\\' && i+1 < len(glob):
			i++
			if glob[i] == '/' {
				last := segment(glob[start : i-1])
				if last == "**" { // not before a plain slash: for git this one is at least one segment
					segs = append(segs, "*")
				}
				segs = append(segs, last)
				start = i + 1
			}
		}
	}
	return append(segs, segment(glob[start:]))
}

func segment(s string) string {
	if len(s) >= 2 && strings.Trim(s, "*") == "" {
		return "**"
	}
	return s
}

// matchPath reports whether the segments match the whole of a slash path. "**" stands for any number of segments,
// at the end for at least one.
func matchPath(segs []string, path string) bool {
	si, pos := 0, 0        // next segment of the glob, start of the next one of the path
	star, mark := -1, 0    // the last "**", and where it stopped
	for pos <= len(path) { // len(path)+1 is behind the last segment
		end := segEnd(path, pos)
		switch {
		case si < len(segs) && segs[si] == "**":
			if si == len(segs)-1 {
				return true
			}
			star, mark = si, pos
			si++
		case si < len(segs) && matchName(segs[si], path[pos:end]):
			si, pos = si+1, end+1
		case star >= 0:
			mark = segEnd(path, mark) + 1
			si, pos = star+1, mark
		default:
			return false
		}
	}
	return si == len(segs)
}

func segEnd(path string, pos int) int {
	if pos > len(path) {
		return len(path)
	}
	if i := strings.IndexByte(path[pos:], '/'); i >= 0 {
		return pos + i
	}
	return len(path)
}

// matchName reports whether the glob matches the whole of a name without slashes, byte by byte as git does.
func matchName(glob, name string) bool {
	gi, ni := 0, 0
	star, mark := -1, 0
	for ni < len(name) {
		if gi < len(glob) && glob[gi] == '*' {
			star, mark = gi, ni
			gi++
			continue
		}
		if width, ok := matchByte(glob[gi:], name[ni]); ok {
			gi, ni = gi+width, ni+1
			continue
		}
		if star < 0 {
			return false
		}
		mark++
		gi, ni = star+1, mark
	}
	return strings.Trim(glob[gi:], "*") == ""
}

// matchByte matches the first element of a glob (a byte, ?, an escape, a class) and says how long that element is.
func matchByte(glob string, c byte) (width int, ok bool) {
	if glob == "" {
		return 0, false
	}
	switch glob[0] {
	case '?':
		return 1, true
	case '[':
		return matchClass(glob, c)
	case '\\':
		return 2, len(glob) > 1 && glob[1] == c
	}
	return 1, glob[0] == c
}

// matchClass matches a bracket expression. Its width is 0 if it is malformed: then the glob matches nothing.
func matchClass(glob string, c byte) (width int, ok bool) {
	i := 1
	negated := i < len(glob) && (glob[i] == '!' || glob[i] == '^')
	if negated {
		i++
	}
	var last byte // the start of a range, 0 if none can start
	for first := true; ; first = false {
		if i >= len(glob) {
			return 0, false
		}
		b := glob[i]
		switch {
		case b == ']' && !first:
			return i + 1, ok != negated
		case b == '-' && last != 0 && i+1 < len(glob) && glob[i+1] != ']':
			high, n := classByte(glob[i+1:])
			if n == 0 {
				return 0, false
			}
			ok = ok || last <= c && c <= high
			i, last = i+1+n, 0
		case b == '[' && i+1 < len(glob) && glob[i+1] == ':' && namedEnd(glob, i) > 0:
			end := namedEnd(glob, i)
			in, known := namedClass(glob[i+2:end-2], c)
			if !known {
				return 0, false
			}
			ok = ok || in
			i, last = end, 0
		default:
			single, n := classByte(glob[i:])
			if n == 0 {
				return 0, false
			}
			ok = ok || single == c
			i, last = i+n, single
		}
	}
}

// classByte is the byte at the start of s, which may be escaped; n is 0 at the end of the glob.
func classByte(s string) (b byte, n int) {
	switch {
	case s == "" || s == `\`:
		return 0, 0
	case s[0] == '\\':
		return s[1], 2
	}
	return s[0], 1
}

// namedEnd is where the [:name:] that starts at i ends; 0 if no ":]" ends it, then the bracket is a plain one.
func namedEnd(glob string, i int) int {
	end := strings.IndexByte(glob[i+2:], ']')
	if end < 1 || glob[i+2+end-1] != ':' {
		return 0
	}
	return i + 2 + end + 1
}

// namedClass reports whether c is in the POSIX class, in the C locale.
func namedClass(name string, c byte) (in, known bool) {
	lower, upper, digit := 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9'
	alpha, graph := lower || upper, '!' <= c && c <= '~'
	switch name {
	case "alnum":
		return alpha || digit, true
	case "alpha":
		return alpha, true
	case "blank":
		return c == ' ' || c == '\t', true
	case "cntrl":
		return c < ' ' || c == 0x7f, true
	case "digit":
		return digit, true
	case "graph":
		return graph, true
	case "lower":
		return lower, true
	case "print":
		return graph || c == ' ', true
	case "punct":
		return graph && !alpha && !digit, true
	case "space":
		return c == ' ' || '\t' <= c && c <= '\r', true
	case "upper":
		return upper, true
	case "xdigit":
		return digit || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F', true
	}
	return false, false
}
