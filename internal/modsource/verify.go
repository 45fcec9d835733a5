package modsource

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/workspace"
	"golang.org/x/mod/module"
)

var errTooLarge = errors.New("larger than 16 MiB")

// check verifies the bytes of a go.mod file that came from a file or URL and reads them. They are trusted, which is
// to say fit for the module cache, when a go.sum line has their hash, when the checksum database has it, or when the go
// command would not ask that about them. Bytes that nobody could be asked about are not trusted, and no error.
func (s *Source) check(ctx context.Context, j *job, data []byte, from string, cached bool) (
	_ *workspace.Summary, trusted bool, _ *Error,
) {
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
	trusted, err := s.verify(ctx, j.mod, hash, from, cached)
	if err != nil {
		return nil, false, err
	}
	if parseErr != nil {
		return nil, false, &Error{Kind: Malformed, From: from, Err: firstError(parseErr), final: true}
	}
	if sum.Path == "" { // the lax rules take many a web page for a file of unknown directives
		err := fmt.Errorf("missing module line (in %s)", from)
		return nil, false, &Error{Kind: Malformed, From: from, Err: err, final: true}
	}
	if j.wantText {
		j.text = data
	}
	return sum, trusted, nil
}

// verify compares the hash of a go.mod file with the repository's go.sum lines (go-semantics 4.3), and where they have
// none with the checksum database (4.17). It reports whether something vouches for the hash.
func (s *Source) verify(ctx context.Context, mod module.Version, hash, from string, cached bool) (bool, *Error) {
	known := s.sums(mod)
	switch {
	case slices.Contains(known, hash):
		return true, nil
	case len(known) > 0:
		return false, &Error{
			Kind: Checksum,
			From: from,
			Err: fmt.Errorf("checksum mismatch: downloaded: %s, go.sum: %s: SECURITY ERROR: This download does NOT match an "+
				"earlier download recorded in go.sum", hash, strings.Join(known, ", ")),
			Hint: "the bits are not those that go.sum records: a moved tag, a proxy that serves other bits, or a " +
				"wrong go.sum line; find out which before you change go.sum",
			final: true,
		}
	case !s.asksSumDB(mod.Path):
		return true, nil
	}
	err := s.sumDB.check(ctx, mod, hash, cached || s.o.Offline)
	switch {
	case err == nil:
		return true, nil
	case err.Kind == Checksum || ctx.Err() != nil:
		err.From = from
		return false, err
	case !cached:
		s.note(func(n *notes) { n.unvouched(err) })
	}
	return false, nil
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
func (s *Source) received(ctx context.Context, j *job, data []byte, from string) (*workspace.Summary, *Error) {
	sum, trusted, err := s.check(ctx, j, data, from, false)
	if err != nil {
		return nil, err
	}
	if j.kept = trusted; trusted {
		s.keep(j, data)
	}
	return sum, nil
}

// notes collects what Source.Notes tells.
type notes struct {
	cache      error    // why there is no module cache
	unreadable []string // "FILE: reason"
	loose      int      // files that nothing vouches for
	looseErr   *Error   // why the checksum database does not, for the first of them
	proofErr   error    // why its answers cannot be kept
	forgetErr  error    // why what was found out about newest versions cannot be kept
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

// unvouched counts a file that the checksum database could not be asked about.
func (n *notes) unvouched(err *Error) {
	n.loose++
	if n.looseErr == nil {
		n.looseErr = err
	}
}

func (n *notes) list() []string {
	var list []string
	if n.cache != nil {
		list = append(list, n.cache.Error()+": go.mod files are read from proxies and not kept")
	}
	if len(n.unreadable) > 0 {
		list = append(list, fmt.Sprintf("%s in the module cache cannot be used, the first: %s",
			count(len(n.unreadable)), slices.Min(n.unreadable)))
	}
	if n.unkept > 0 {
		list = append(list, fmt.Sprintf("%s served this run only, the module cache cannot be written: %v",
			count(n.unkept), n.unkeptErr))
	}
	if n.loose > 0 {
		list = append(list, fmt.Sprintf("%s without a go.sum line served this run only, not kept in the module cache, as "+
			"the checksum database cannot be asked: %s", count(n.loose), n.looseErr.reason()))
	}
	if n.proofErr != nil {
		list = append(list, "answers of the checksum database cannot be kept: "+n.proofErr.Error())
	}
	if n.forgetErr != nil {
		list = append(list, "newest versions cannot be remembered and will be asked for again: "+n.forgetErr.Error())
	}
	return append(list, slices.Sorted(slices.Values(n.others))...)
}

func count(n int) string {
	if n == 1 {
		return "1 go.mod file"
	}
	return fmt.Sprintf("%d go.mod files", n)
}
