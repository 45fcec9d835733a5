package modsource

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/workspace"
	"golang.org/x/mod/module"
)

var errTooLarge = errors.New("larger than 16 MiB")

// check verifies the bytes of a go.mod file that came from a file or URL and reads them. They are trusted, which is
// to say fit for the module cache, when a go.sum line has their hash, or when the go command would not ask a
// checksum database about them either.
func (s *Source) check(mod module.Version, data []byte, from string) (_ *workspace.Summary, trusted bool, _ *Error) {
	sum, parseErr := workspace.ParseSummary(from, data)
	hash := ""
	if parseErr == nil {
		hash = sum.Sum
	} else {
		var err error
		if hash, err = workspace.GoModSum(data); err != nil {
			return nil, false, &Error{Kind: Transport, From: from, Err: err}
		}
	}
	// The hash comes first, as for go: a page of a hotel's network is no bad go.mod file but a wrong one.
	trusted, err := s.verify(mod, hash, from)
	if err != nil {
		return nil, false, err
	}
	if parseErr != nil {
		return nil, false, &Error{Kind: Malformed, From: from, Err: firstError(parseErr)}
	}
	if sum.Path == "" { // the lax rules take many a web page for a file of unknown directives
		return nil, false, &Error{Kind: Malformed, From: from, Err: fmt.Errorf("missing module line (in %s)", from)}
	}
	return sum, trusted, nil
}

// verify compares the hash of a go.mod file with the repository's go.sum lines (go-semantics 4.3).
func (s *Source) verify(mod module.Version, hash, from string) (trusted bool, _ *Error) {
	known := s.sums(mod)
	switch {
	case slices.Contains(known, hash):
		return true, nil
	case len(known) > 0:
		return false, &Error{
			Kind: Checksum,
			From: from,
			Err:  fmt.Errorf("checksum mismatch: downloaded: %s, go.sum: %s", hash, strings.Join(known, ", ")),
			Hint: "the bits are not those that go.sum records: a moved tag, a proxy that serves other bits, or a " +
				"wrong go.sum line; find out which before you change go.sum",
		}
	}
	return !s.asksSumDB(mod.Path), nil
}

// sums returns the go.sum hashes of a version that can be checked: lines of another algorithm count as none.
func (s *Source) sums(mod module.Version) []string {
	if s.o.Sums == nil {
		return nil
	}
	var known []string
	for _, h := range s.o.Sums(mod) {
		if strings.HasPrefix(h, "h1:") {
			known = append(known, h)
		}
	}
	return known
}

// asksSumDB reports whether the go command would look a module that go.sum does not cover up in the checksum database
// (modfetch useSumDB). Toolchains are never exempt.
func (s *Source) asksSumDB(path string) bool {
	set := s.o.Settings
	return path == "golang.org/toolchain" ||
		set.Get("GOSUMDB") != "off" && !module.MatchPrefixPatterns(set.Get("GONOSUMDB"), path)
}

// received takes the bytes of a fetched go.mod file: verified, parsed, kept if trusted.
func (s *Source) received(j *job, data []byte, from string) (*workspace.Summary, *Error) {
	sum, trusted, err := s.check(j.mod, data, from)
	if err != nil {
		return nil, err
	}
	if trusted {
		s.keep(j, data)
	} else {
		s.note(func(n *notes) { n.loose++ })
	}
	return sum, nil
}

// notes collects what Source.Notes tells.
type notes struct {
	cache      error    // why there is no module cache
	unreadable []string // "FILE: reason"
	loose      int      // files that nothing vouches for
	unkept     int      // verified files that could not be written
	unkeptErr  error    // the first reason
	others     []string // what went wrong beside the files themselves
}

// note changes the notes.
func (s *Source) note(change func(*notes)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.notes)
}

// unwritten counts a file that the module cache did not take.
func (n *notes) unwritten(err error) {
	n.unkept++
	if n.unkeptErr == nil {
		n.unkeptErr = err
	}
}

func (n *notes) list() []string {
	var list []string
	if n.cache != nil {
		list = append(list, n.cache.Error()+": go.mod files are read from proxies and not kept")
	}
	if len(n.unreadable) > 0 {
		list = append(list, fmt.Sprintf("%s in the module cache cannot be read, the first: %s",
			count(len(n.unreadable)), slices.Min(n.unreadable)))
	}
	if n.unkept > 0 {
		list = append(list, fmt.Sprintf("%s served this run only, the module cache cannot be written: %v",
			count(n.unkept), n.unkeptErr))
	}
	if n.loose > 0 {
		list = append(list, fmt.Sprintf("%s without a go.sum line served this run only, not kept in the module cache",
			count(n.loose)))
	}
	return append(list, slices.Sorted(slices.Values(n.others))...)
}

func count(n int) string {
	if n == 1 {
		return "1 go.mod file"
	}
	return fmt.Sprintf("%d go.mod files", n)
}
