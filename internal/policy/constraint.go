package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/Masterminds/semver/v3"
)

// A constraint is a range of versions as a policy writes it: "<1.30", ">=1.2 <2", "~1.4 || ^1.6", "v1.2.3". The zero
// constraint lets every version pass.
//
// Prereleases and pseudo-versions are versions like others: they are in a range if they are between its ends in
// semver order, so v1.30.0-rc.1 is in "<1.30", and v0.0.0-2026… is in "<1" but not in ">=0.0.0". Masterminds alone
// would leave them out of every range that does not name a prerelease, and a policy for "<1.30" would not see the
// modules that are furthest behind. "+incompatible" is no part of the order: v2.0.0+incompatible is in ">=2 <3".
type constraint struct {
	text   string
	ranges *semver.Constraints
	seen   *sync.Map // what match said of a version: it is asked about the same few by every module
}

func parseConstraint(text string) (constraint, error) {
	const hint = "write a range as @<1.30, @>=1.2 <2 or @v1.2.3"
	switch {
	case strings.TrimSpace(text) == "":
		return constraint{}, badValue(hint, "nothing follows the @")
	case slices.Contains([]string{"*", "x", "X"}, strings.TrimSpace(text)):
		return constraint{}, badValue("leave out the @ and what follows", "%q is no constraint", clip(text))
	case len(text) > 256:
		return constraint{}, badValue(hint, "%q is too long for a constraint", clip(text))
	}
	ranges, err := semver.NewConstraint(text)
	if err != nil {
		return constraint{}, badValue(hint, "%q is not a version constraint", clip(text))
	}
	if m := partialNot.FindStringSubmatch(text); m != nil {
		return constraint{}, badValue(wholeNot(m[1], m[2]), "%q does not say which versions it leaves out", clip(text))
	}
	ranges.IncludePrerelease = true
	if isEmpty(text, ranges) {
		return constraint{}, badValue("|| stands between alternatives: <1 || >=2", "no version is in %q", clip(text))
	}
	return constraint{text: strings.TrimSpace(text), ranges: ranges, seen: &sync.Map{}}, nil
}

// namedVersion finds the numbers of the versions that a range names; what follows them does not matter here.
var namedVersion = regexp.MustCompile(`(\d+)(?:\.(\d+))?(?:\.(\d+))?`)

// isEmpty says whether no version is in a range. Where a range begins and ends is told by the versions that it names, so
// one of these, or of those just before and after them and their minor and major, is in it if any is. A range with
// a hyphen, as prereleases have, is taken for one that has versions.
func isEmpty(text string, ranges *semver.Constraints) bool {
	if strings.Contains(text, "-") {
		return false
	}
	for _, m := range namedVersion.FindAllStringSubmatch(text, -1) {
		var n [3]uint64
		for i := range n {
			n[i], _ = strconv.ParseUint(m[i+1], 10, 32) // absent or too large: 0, which is only one more to try
		}
		for _, v := range []string{
			fmt.Sprintf("%d.%d.%d", n[0], n[1], n[2]), fmt.Sprintf("%d.%d.%d-zzz", n[0], n[1], n[2]),
			fmt.Sprintf("%d.%d.%d-0", n[0], n[1], n[2]+1), fmt.Sprintf("%d.%d.%d", n[0], n[1], n[2]+1),
			fmt.Sprintf("%d.%d.0", n[0], n[1]+1), fmt.Sprintf("%d.0.0", n[0]+1),
		} {
			if parsed, err := semver.NewVersion(v); err == nil && ranges.Check(parsed) {
				return false
			}
		}
	}
	return namedVersion.MatchString(text)
}

// partialNot finds "!=" before a version that is not written in full. Masterminds would leave out the releases that begin
// so, and let their prereleases and pseudo-versions pass.
var partialNot = regexp.MustCompile(`!=\s*v?(\d+)(?:\.(\d+))?(?:\.[xX*])*(?:[\s,|]|$)`)

// wholeNot is what to write in place of such a version.
func wholeNot(major, minor string) string {
	m, errMajor := strconv.Atoi(major)
	n, errMinor := strconv.Atoi(minor)
	switch {
	case errMajor == nil && minor == "":
		return fmt.Sprintf("write !=%d.0.0, or <%d || >=%d for all that begin so", m, m, m+1)
	case errMajor == nil && errMinor == nil:
		return fmt.Sprintf("write !=%d.%d.0, or <%d.%d || >=%d.%d for all that begin so", m, n, m, n, m, n+1)
	}
	return "write the version in full"
}

// match says whether a module version is in the range. What has no version (a directory, a main module) is in none.
func (c *constraint) match(version string) bool {
	if c.ranges == nil {
		return true
	}
	if said, ok := c.seen.Load(version); ok {
		return said.(bool)
	}
	v, err := semver.NewVersion(version)
	within := err == nil && c.ranges.Check(v)
	c.seen.Store(version, within)
	return within
}
