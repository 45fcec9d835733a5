package workspace

import "strconv"

// A Position is a place in a file of the repository: what a diagnostic names and underlines.
//
// Line and Col count from 1, Col and End in bytes (not runes, not screen cells). End is the column after the last
// byte on the same line. A zero Line, Col or End means that the part is unknown and is to be ignored; the zero
// Position is no place at all.
type Position struct {
	File           string // relative to the root, with slashes: "services/pay/go.mod"
	Line, Col, End int
}

// String returns "file:line:col" without the parts that are unknown: "go.mod:7", "go.mod", "".
func (p Position) String() string {
	s := p.File
	if p.Line == 0 {
		return s
	}
	if s != "" {
		s += ":"
	}
	s += strconv.Itoa(p.Line)
	if p.Col != 0 {
		s += ":" + strconv.Itoa(p.Col)
	}
	return s
}

// A FileError is a line of a file that cannot be read, or a whole file (then Pos has no line).
type FileError struct {
	Pos Position
	Msg string // without the place, in the words of the go command where it has some
	// Late tells that in a workspace go looks at this only once it has read every member.
	Late bool
}

// Error returns "file:line:col: message".
func (e *FileError) Error() string { return e.Pos.String() + ": " + e.Msg }
