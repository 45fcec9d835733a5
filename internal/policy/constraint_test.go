package policy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/Masterminds/semver/v3"
)

// TestConstraint is where it is decided what a range means for the kinds of version that Go has.
func TestConstraint(t *testing.T) {
	t.Parallel()
	const (
		zero   = "v0.0.0-20260102030405-0123456789ab"    // pseudo-version without a tag before it
		pseudo = "v1.29.1-0.20260102030405-0123456789ab" // pseudo-version after v1.29.0
		rc     = "v1.30.0-rc.1"
		incomp = "v2.0.0+incompatible"
	)
	versions := []string{
		zero, "v0.9.0", "v1.2.3", "v1.29.0", pseudo, rc, "v1.30.0", "v1.31.4", "v2.0.0-beta.1", incomp, "v2.1.0",
	}
	all := strings.Join(versions, " ")
	tests := []struct{ constraint, want string }{
		{"<1.30", strings.Join(versions[:6], " ")},
		{"<1.30.0", strings.Join(versions[:6], " ")},
		{"<v1.30.0", strings.Join(versions[:6], " ")},
		{"<=1.30.0", strings.Join(versions[:7], " ")},
		{">=1.30", "v1.30.0 v1.31.4 v2.0.0-beta.1 " + incomp + " v2.1.0"},
		{">=1.30.0-0", rc + " v1.30.0 v1.31.4 v2.0.0-beta.1 " + incomp + " v2.1.0"},
		{">1.30.0", "v1.31.4 v2.0.0-beta.1 " + incomp + " v2.1.0"},
		{">=1.2 <2", "v1.2.3 v1.29.0 " + pseudo + " " + rc + " v1.30.0 v1.31.4 v2.0.0-beta.1"},
		{">=1.2, <1.30", "v1.2.3 v1.29.0 " + pseudo + " " + rc},
		{"~1.29", "v1.29.0 " + pseudo},
		{"~1.29.0", "v1.29.0 " + pseudo},
		{"1.29", "v1.29.0 " + pseudo},
		{"1.29.x", "v1.29.0 " + pseudo},
		{"=1.29.0", "v1.29.0"},
		{"v1.2.3", "v1.2.3"},
		{"^1.30", "v1.30.0 v1.31.4"},
		{"^0.9", "v0.9.0"},
		{"^2", incomp + " v2.1.0"},
		{"=2.0.0", incomp},
		{"v2.0.0+incompatible", incomp},
		{zero, zero},
		{">=0", strings.Join(versions[1:], " ")}, // a pseudo-version of v0.0.0 is before v0.0.0
		{">=0.0.0-0", all},
		{"<0.1 || >=2", zero + " " + incomp + " v2.1.0"},
		{"!=1.2.3", strings.ReplaceAll(all, " v1.2.3", "")},
		{"1.2 - 1.29", "v1.2.3 v1.29.0 " + pseudo},
		// A version that is not written in full stands for all that begin so.
		{">1.29", rc + " v1.30.0 v1.31.4 v2.0.0-beta.1 " + incomp + " v2.1.0"},
		{"<=1.29", strings.Join(versions[:5], " ")},
		{"^1", strings.Join(versions[2:8], " ")},
		{"~1", strings.Join(versions[2:8], " ")},
		{"1", strings.Join(versions[2:8], " ")},
		// Pseudo-versions are where semver has them: after the tag that they come after, before the next.
		{">1.29.0 <1.29.1", pseudo},
		{"<=1.29.0", strings.Join(versions[:4], " ")},
		{">=" + pseudo, strings.Join(versions[4:], " ")},
		{"<" + zero, ""},
		{"=" + pseudo, pseudo},
		// Prereleases are before their release.
		{">=1.30.0-rc.1 <1.30.0", rc},
		{">1.30.0-rc.1", strings.Join(versions[6:], " ")},
		{"=1.30.0-rc.1", rc},
		{"<2", strings.Join(versions[:9], " ")},
		{">=2.0.0-0", strings.Join(versions[8:], " ")},
		// What is behind a + counts in no comparison.
		{">2.0.0", "v2.1.0"},
		{"<=2.0.0+incompatible", strings.Join(versions[:10], " ")},
		{"2.0.0+other", incomp},
	}
	for _, test := range tests {
		c, err := parseConstraint(test.constraint)
		if err != nil {
			t.Errorf("parseConstraint(%q): %v", test.constraint, err)
			continue
		}
		var got []string
		for _, v := range versions {
			if c.match(v) {
				got = append(got, v)
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%q has\n\t%s, want\n\t%s", test.constraint, strings.Join(got, " "), test.want)
		}
		if c.match("") {
			t.Errorf("%q has what has no version", test.constraint)
		}
	}
}

// TestConstraintErrors says which texts are no range, and what to write in their place.
func TestConstraintErrors(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":         `nothing follows the @ (write a range as @<1.30, @>=1.2 <2 or @v1.2.3)`,
		" ":        `nothing follows the @ (write a range as @<1.30, @>=1.2 <2 or @v1.2.3)`,
		"*":        `"*" is no constraint (leave out the @ and what follows)`,
		"latest":   `"latest" is not a version constraint (write a range as @<1.30, @>=1.2 <2 or @v1.2.3)`,
		">=":       `">=" is not a version constraint (write a range as @<1.30, @>=1.2 <2 or @v1.2.3)`,
		"1.2.3.4":  `"1.2.3.4" is not a version constraint (write a range as @<1.30, @>=1.2 <2 or @v1.2.3)`,
		"<1.30;":   `"<1.30;" is not a version constraint (write a range as @<1.30, @>=1.2 <2 or @v1.2.3)`,
		"!=1.29":   `"!=1.29" does not say which versions it leaves out (write !=1.29.0, or <1.29 || >=1.30 for all that begin so)`,
		"!= v1":    `"!= v1" does not say which versions it leaves out (write !=1.0.0, or <1 || >=2 for all that begin so)`,
		">2 <1":    `no version is in ">2 <1" (|| stands between alternatives: <1 || >=2)`,
		"1.29 1.3": `no version is in "1.29 1.3" (|| stands between alternatives: <1 || >=2)`,
		"<2 !=1.x": `"<2 !=1.x" does not say which versions it leaves out (write !=1.0.0, or <1 || >=2 for all that begin so)`,
	} {
		_, err := parseConstraint(text)
		if got := fmt.Sprint(hinted(err)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// A range is refused as empty if and only if none of many versions is in it.
func TestConstraintEmpty(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var versions []*semver.Version
	for i := range 6 * 6 * 6 {
		v := fmt.Sprintf("%d.%d.%d", i/36, i/6%6, i%6)
		versions = append(versions, semver.MustParse(v), semver.MustParse(v+"-0"), semver.MustParse(v+"-rc.1"))
	}
	empty := 0
	for range 5000 {
		var parts []string
		for range 1 + r.IntN(3) {
			v := fmt.Sprint(r.IntN(4))
			for range r.IntN(3) {
				v += fmt.Sprintf(".%d", r.IntN(4))
			}
			op := []string{"<", "<=", ">", ">=", "~", "^", "=", "", "!="}[r.IntN(9)]
			if op == "!=" {
				v = "1.1.1"
			}
			parts = append(parts, op+v)
		}
		text := strings.Join(parts, []string{" ", ", ", " || "}[r.IntN(3)])
		ranges, err := semver.NewConstraint(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		ranges.IncludePrerelease = true
		got, want := isEmpty(text, ranges), !slices.ContainsFunc(versions, ranges.Check)
		if got != want {
			t.Errorf("%q: empty %t, want %t", text, got, want)
		}
		if want {
			empty++
		}
	}
	if empty < 100 {
		t.Errorf("only %d ranges are empty", empty)
	}
}
