package workspace

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"
)

func TestSumAdd(t *testing.T) {
	t.Parallel()
	const sorted = "a v1.2.0 h1:a=\na v1.2.0/go.mod h1:am=\na v1.10.0/go.mod h1:b=\nc v1.0.0 h1:c=\n"
	cases := []struct{ name, data, lines, want string }{
		{name: "nothing", data: sorted, want: sorted},
		{name: "what is there", data: sorted, lines: "c v1.0.0 h1:c=\na v1.2.0/go.mod\th1:am=", want: sorted},
		{
			name: "each in its place", data: sorted,
			lines: "d v1.0.0 h1:d=\na v1.9.0 h1:x=\na v1.10.0 h1:y=\nb v1.0.0/go.mod h1:z=\na v1.2.0-pre h1:p=\n",
			want: "a v1.2.0-pre h1:p=\na v1.2.0 h1:a=\na v1.2.0/go.mod h1:am=\na v1.9.0 h1:x=\na v1.10.0 h1:y=\n" +
				"a v1.10.0/go.mod h1:b=\nb v1.0.0/go.mod h1:z=\nc v1.0.0 h1:c=\nd v1.0.0 h1:d=\n",
		},
		{name: "twice the same", data: "b v1 h1:b=\n", lines: "a v1 h1:a=\na v1 h1:a=", want: "a v1 h1:a=\nb v1 h1:b=\n"},
		{
			name: "another hash", data: "a v1.0.0 h1:b=\n", lines: "a v1.0.0 h1:c=\na v1.0.0 h1:a=",
			want: "a v1.0.0 h1:a=\na v1.0.0 h1:b=\na v1.0.0 h1:c=\n",
		},
		{name: "empty file", lines: "b v1 h1:b=\na v1 h1:a=", want: "a v1 h1:a=\nb v1 h1:b=\n"},
		{
			name: "unsorted file", data: "c v1 h1:c=\na v1 h1:a=\n", lines: "d v1 h1:d=\nb v1 h1:b=",
			want: "c v1 h1:c=\na v1 h1:a=\nb v1 h1:b=\nd v1 h1:d=\n",
		},
		{
			name: "malformed file", data: "a v1 h1:a=\nc\nd v1 h1:d=\n", lines: "b v1 h1:b=",
			want: "a v1 h1:a=\nc\nd v1 h1:d=\nb v1 h1:b=\n",
		},
		{
			name: "CRLF", data: "a v1 h1:a=\r\nc v1 h1:c=\r\n", lines: "b v1 h1:b=\nd v1 h1:d=",
			want: "a v1 h1:a=\r\nb v1 h1:b=\r\nc v1 h1:c=\r\nd v1 h1:d=\r\n",
		},
		{name: "no end", data: "a v1 h1:a=\nc v1 h1:c=", lines: "b v1 h1:b=", want: "a v1 h1:a=\nb v1 h1:b=\nc v1 h1:c="},
		{name: "behind no end", data: "a v1 h1:a=", lines: "b v1 h1:b=", want: "a v1 h1:a=\nb v1 h1:b="},
		{
			name: "blank lines and odd spaces stay", data: "\na  v1\th1:a= \n\nc v1 h1:c=\n\n",
			lines: "b v1 h1:b=\nd v1 h1:d=",
			want:  "\na  v1\th1:a= \n\nb v1 h1:b=\nc v1 h1:c=\nd v1 h1:d=\n\n",
		},
		{name: "no lines", data: sorted, lines: "a v1\n\n# a comment line\n>>>>>>> main x", want: sorted},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lines := strings.Split(c.lines, "\n")
			got := string(SumAdd([]byte(c.data), lines))
			if got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", showEnds(got), showEnds(c.want))
			}
			if again := string(SumAdd([]byte(got), lines)); again != got {
				t.Errorf("a second time:\n%s", showEnds(again))
			}
		})
	}
}

// The order of a file that SumAdd made from nothing is that of the go command.
func TestSumAddOrder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 1))
	w := &modWriter{Rand: r}
	var mods []module.Version
	for range 300 {
		mods = append(mods, module.Version{Path: w.path(), Version: w.version() + w.pick("", "/go.mod")})
	}
	module.Sort(mods)
	mods = slices.Compact(mods)
	var want, lines []string
	for _, m := range mods {
		want = append(want, m.Path+" "+m.Version+" h1:x=\n")
	}
	for _, i := range r.Perm(len(want)) {
		lines = append(lines, want[i])
	}
	half := SumAdd(nil, lines[:len(lines)/2])
	if got := string(SumAdd(half, lines)); got != strings.Join(want, "") {
		t.Errorf("got:\n%s", got)
	}
}

func FuzzSumAdd(f *testing.F) {
	f.Add([]byte("a v1.0.0 h1:a=\nb v1.0.0 h1:b=\n"), "a v1.1.0 h1:x=\nb v0.1.0/go.mod h1:y=")
	f.Add([]byte("b v1 h1:b\r\n\r\na v1 h1:a"), "c v1 h1:c=\nbad")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		lines := strings.Split(text, "\n")
		got := SumAdd(data, lines)
		if again := SumAdd(got, lines); string(again) != string(got) {
			t.Fatalf("a second time: %q became %q", got, again)
		}
		before, after := ParseSum("go.sum", data), ParseSum("go.sum", got)
		if len(after.Bad) != len(before.Bad) {
			t.Fatalf("malformed lines: %v before, %v after", before.Bad, after.Bad)
		}
		rest := strings.Split(string(got), "\n")
		for line := range strings.SplitSeq(string(data), "\n") {
			line = strings.TrimRight(line, "\r")
			i := slices.IndexFunc(rest, func(s string) bool { return strings.TrimRight(s, "\r") == line })
			if i < 0 && line != "" {
				t.Fatalf("%q is gone or moved", line)
			}
			rest = rest[max(i, 0):]
		}
		for _, line := range lines {
			key, ok := parseSumKey(line)
			if ok && key.hash != emptyGoModSum &&
				!slices.Contains(after.Hashes(key.path, key.version), key.hash) {
				t.Fatalf("%q was not added", line)
			}
		}
	})
}
