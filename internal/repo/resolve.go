package repo

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
)

var (
	// ErrRevision is in the error for a name that names no commit.
	ErrRevision = errors.New("no such revision")
	// ErrNotFetched is in the error where the clone lacks what a name or a commit needs: it is shallow, partial, or of one
	// branch only. The message names the command that brings it.
	ErrNotFetched = errors.New("not in this clone")
	// ErrUnreadable is in the error for any name where the repository is in a form that only git reads.
	ErrUnreadable = errors.New("cannot be read")
)

// A lackError tells of a name that the clone may lack.
type lackError struct{ name, why string }

func (e *lackError) Error() string {
	return fmt.Sprintf("%v %q: %v: %s", ErrRevision, e.name, ErrNotFetched, e.why)
}

func (e *lackError) Is(target error) bool { return target == ErrRevision || target == ErrNotFetched }

func hexBytes(s string) ([]byte, error) { return hex.DecodeString(s) }

// resolve returns the commit that a name such as HEAD, main, origin/main, v1.2.3, 1234abc, HEAD~2 or main^ names, as
// git-rev-parse has it. Names that are no commit (REV:PATH) or that ask the reflog (REV@{1}) are refused.
func (o *objects) resolve(name string) (plumbing.Hash, error) {
	if strings.ContainsAny(name, ":\x00 ") || strings.Contains(name, "@{") || strings.Contains(name, "..") || strings.HasPrefix(name, "-") || name == "" {
		return plumbing.ZeroHash, fmt.Errorf("%w %q: name a branch, a tag or a commit, as in origin/main, v1.2.3 or HEAD~2",
			ErrRevision, name)
	}
	base, steps := name, ""
	if i := strings.IndexAny(name, "~^"); i >= 0 {
		base, steps = name[:i], name[i:]
	}
	hash, err := o.start(base)
	if err != nil {
		return hash, err
	}
	named := hash
	if hash, err = o.peel(hash); err != nil {
		var missing *missingError
		if plumbing.IsHash(base) && errors.As(err, &missing) && missing.hash == named && o.isWhole() {
			return hash, &lackError{name, "no object has that name; git fetch origin " + base + " may bring it"}
		}
		return hash, fmt.Errorf("%s: %w", name, err)
	}
	return o.walk(name, hash, steps)
}

// start finds what a name without ~ and ^ names, in the order of gitrevisions(7).
func (o *objects) start(name string) (plumbing.Hash, error) {
	if name == "@" {
		name = "HEAD"
	}
	if plumbing.IsHash(name) {
		return plumbing.NewHash(name), nil
	}
	for _, format := range []string{"%s", "refs/%s", "refs/tags/%s", "refs/heads/%s", "refs/remotes/%s", "refs/remotes/%s/HEAD"} {
		if format == "%s" && name != strings.ToUpper(name) && !strings.HasPrefix(name, "refs/") {
			continue // files of the git directory that are no refs: config, index
		}
		if hash, ok := o.ref(fmt.Sprintf(format, name)); ok {
			return hash, nil
		}
	}
	if _, isHead := o.ref("HEAD"); name == "HEAD" && !isHead {
		return plumbing.ZeroHash, fmt.Errorf("%w HEAD: there is no commit yet", ErrRevision)
	}
	if isAbbreviation(name) {
		found, err := o.abbreviated(strings.ToLower(name))
		switch {
		case err != nil:
			return plumbing.ZeroHash, err
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1:
			return o.onlyCommit(name, found)
		}
	}
	return plumbing.ZeroHash, o.unknown(name)
}

func isAbbreviation(name string) bool {
	return len(name) >= 4 && len(name) <= 40 && strings.Trim(strings.ToLower(name), "0123456789abcdef") == ""
}

// onlyCommit chooses, of objects whose names begin alike, the one that is a commit, if it is the only one.
func (o *objects) onlyCommit(name string, found []plumbing.Hash) (plumbing.Hash, error) {
	var commits []plumbing.Hash
	for _, h := range found {
		if c, err := o.peel(h); err == nil {
			commits = append(commits, c)
		}
	}
	if len(commits) == 1 {
		return commits[0], nil
	}
	return plumbing.ZeroHash, fmt.Errorf("%w %q: %d objects begin so", ErrRevision, name, len(found))
}

// unknown says what may be the reason that a name names nothing.
func (o *objects) unknown(name string) error {
	remote, branch, ok := strings.Cut(name, "/")
	switch {
	case ok && o.config.hasRemote(remote):
		return &lackError{name, fmt.Sprintf("git fetch %s %s:refs/remotes/%s/%[2]s brings it", remote, branch, remote)}
	case len(o.shallow) > 0:
		return &lackError{name, "it is shallow; git fetch --unshallow --tags brings the rest"}
	}
	return fmt.Errorf("%w %q", ErrRevision, name)
}

// walk goes from a commit along steps such as "~2", "^", "^2", "^{commit}".
func (o *objects) walk(name string, hash plumbing.Hash, steps string) (plumbing.Hash, error) {
	for steps != "" {
		op := steps[0]
		steps = steps[1:]
		if op == '^' && strings.HasPrefix(steps, "{") {
			kind, rest, ok := strings.Cut(steps[1:], "}")
			if !ok || kind != "" && kind != "commit" {
				return hash, fmt.Errorf("%w %q: only a commit is a revision here", ErrRevision, name)
			}
			steps = rest
			continue
		}
		digits := len(steps) - len(strings.TrimLeft(steps, "0123456789"))
		n := 1
		if digits > 0 {
			var err error
			if n, err = strconv.Atoi(steps[:digits]); err != nil {
				return hash, fmt.Errorf("%w %q", ErrRevision, name)
			}
			steps = steps[digits:]
		}
		if steps != "" && steps[0] != '~' && steps[0] != '^' {
			return hash, fmt.Errorf("%w %q", ErrRevision, name)
		}
		var err error
		if hash, err = o.step(name, hash, op, n); err != nil {
			return hash, err
		}
	}
	return hash, nil
}

// step goes to the n-th ancestor (~) or to the n-th parent (^).
func (o *objects) step(name string, hash plumbing.Hash, op byte, n int) (plumbing.Hash, error) {
	parent, times := 1, n
	if op == '^' {
		parent, times = n, min(n, 1)
	}
	for range times {
		c, err := o.commit(hash)
		switch {
		case err != nil:
			return hash, err
		case len(c.ParentHashes) >= parent:
			hash = c.ParentHashes[parent-1]
		case o.shallow[hash]:
			return hash, &lackError{name, o.whyMissing()}
		default:
			return hash, fmt.Errorf("%w %q: commit %s has %d parents", ErrRevision, name, hash.String()[:12], len(c.ParentHashes))
		}
	}
	return hash, nil
}
