package modsource

import (
	"errors"
	"strings"
	"time"
	"unicode"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// A Kind says in one word why a go.mod file cannot be had.
type Kind string

// The kinds of Error.
const (
	NotFound  Kind = "not-found" // no source has it: 404, 410, a missing file, an unknown revision
	Off       Kind = "off"       // GOPROXY=off, or Options.Offline
	Checksum  Kind = "checksum"  // its hash is not the one in go.sum, or the checksum database does not vouch for it
	TooLarge  Kind = "too-large" // more than 16 MiB
	Timeout   Kind = "timeout"   // no whole answer in time
	Transport Kind = "transport" // anything else on the way: no connection, status 500, a disk error
	Malformed Kind = "malformed" // what came is not a go.mod file
	NoGo      Kind = "no-go"     // only the go command could fetch it, and there is none
	Invalid   Kind = "invalid"   // a path or version that no module can have
	Setting   Kind = "setting"   // GOPROXY cannot be understood
)

// An Error says why the go.mod file of one module version cannot be had.
type Error struct {
	Mod  module.Version
	Kind Kind
	From string // where it was asked: a URL without credentials or a file; "" where nothing was asked
	Err  error  // what came back
	Hint string // what the user can do, "" if nothing but trying again

	// Report is the evidence against a checksum database that contradicts itself, several lines as the go command
	// prints them, fit to be sent to others; "" for all other errors.
	Report string

	status  int           // of the HTTP answer, 0 if none came
	passing bool          // the same request may have an answer the next time
	wait    time.Duration // how long the server asks to wait before that, 0 if it does not
	final   bool          // go asks no other proxy after it
}

// Error is one line, in the go command's words where it has some.
func (e *Error) Error() string {
	text := e.Err.Error()
	switch {
	case e.Kind == Checksum:
		text = "verifying " + e.Mod.String() + "/go.mod: " + text
		if e.From != "" {
			text += " (read from " + e.From + ")"
		}
	case e.Kind == Malformed:
		text = e.Mod.String() + ": parsing go.mod: " + text // positions name the file
	case e.From != "":
		text = e.Mod.String() + ": reading " + e.From + ": " + text
	default:
		text = e.Mod.String() + ": " + text
	}
	return oneLine(text)
}

// reason is the error without the module version.
func (e *Error) reason() string {
	if e.From == "" {
		return oneLine(e.Err.Error())
	}
	return oneLine("reading " + e.From + ": " + e.Err.Error())
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// missing reports whether the error lets GOPROXY go on after a comma: go counts "off" among the not-found ones.
func (e *Error) missing() bool { return e.Kind == NotFound || e.Kind == Off }

// firstError returns the first of the errors of a go.mod file, with how many more there are left out: one bad line
// is enough to show that the file is none.
func firstError(err error) error {
	var list modfile.ErrorList
	if errors.As(err, &list) && len(list) > 0 {
		return &list[0]
	}
	return err
}

// oneLine makes text from servers and files safe to show: no line ends, no control characters.
func oneLine(text string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, strings.TrimSpace(text))
	for strings.Contains(clean, "  ") {
		clean = strings.ReplaceAll(clean, "  ", " ")
	}
	return clean
}
