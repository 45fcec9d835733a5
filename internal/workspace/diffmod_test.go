package workspace

import (
	"strings"
	"testing"
)

// modDiffFrom is the file that the copies of TestModDiff were made from, unless they say another one.
const modDiffFrom = `module m

go 1.21

require (
	example.com/a v1.0.0 // why
	example.com/b   v1.0.0
)

require (
	example.com/c v1.0.0 // indirect
	example.com/d v1.0.0 // indirect; see #4
)

replace "example.com/a" => ../a // modgov:local
exclude example.com/x v1.0.0
`

type modDiffCase struct{ name, from, to, want, err string }

func modDiffCases() []modDiffCase {
	from := modDiffFrom
	return []modDiffCase{
		{name: "the same", to: from},
		{name: "another form", to: strings.ReplaceAll(strings.ReplaceAll(from, "\n)", "\n\n)"), " // why", "")},
		{name: "a version", to: strings.Replace(from, "a v1.0.0", "a v1.1.0", 1), want: "set require example.com/a@v1.1.0"},
		{
			name: "added and dropped",
			to:   strings.Replace(from, "b   v1.0.0", "e v1.0.0\n\texample.com/b2 v1.0.0 // indirect", 1),
			want: "drop require example.com/b; add require example.com/b2@v1.0.0 indirect; add require example.com/e@v1.0.0",
		},
		{
			name: "marks",
			to: strings.NewReplacer("// why", "// indirect; why", "d v1.0.0 // indirect;", "d v1.1.0 //").
				Replace(from),
			want: "mark require example.com/a indirect; set require example.com/d@v1.1.0; mark require example.com/d",
		},
		{
			name: "go and toolchain", to: strings.Replace(from, "go 1.21", "go 1.23.0\n\ntoolchain go1.24.0", 1),
			want: "set go 1.23.0; set toolchain go1.24.0",
		},
		{
			name: "no toolchain", from: strings.Replace(from, "go 1.21", "go 1.21\ntoolchain go1.24.0", 1), to: from,
			want: "drop toolchain",
		},
		{
			name: "duplicates",
			from: from + "require example.com/a v1.2.0 // indirect\nrequire example.com/b v1.0.0\n",
			to:   strings.Replace(from, "a v1.0.0", "a v1.2.0", 1),
			want: "set require example.com/a@v1.2.0",
		},
		{
			name: "canonical versions", from: strings.ReplaceAll(from, "v1.0.0", "v1.0"), to: from,
			want: "set require example.com/a@v1.0.0; set require example.com/b@v1.0.0; " +
				"set require example.com/c@v1.0.0; set require example.com/d@v1.0.0",
		},
		{
			name: "another replace", to: strings.Replace(from, "../a", "../b", 1),
			err: "go.mod: changed copy: a line is gone: replace example.com/a => ../a",
		},
		{name: "an exclude more", to: from + "exclude example.com/x v1.1.0\n",
			err: "go.mod: changed copy: a line is new: exclude example.com/x v1.1.0"},
		{name: "another module", to: strings.Replace(from, "module m", "module n", 1),
			err: "go.mod: changed copy: a line is gone: module m"},
		{name: "no go line", to: strings.Replace(from, "go 1.21\n", "", 1),
			err: "go.mod: changed copy: the go line is gone"},
		{name: "twice", to: from + "require example.com/a v1.1.0\n",
			err: "go.mod: changed copy: example.com/a is required twice"},
		{name: "does not parse", to: "module m\n}\n", err: "changed copy: go.mod:2: unknown directive: }"},
		{name: "does not parse before", from: "module m\n}\n", to: from, err: "go.mod:2: unknown directive: }"},
	}
}

func TestModDiff(t *testing.T) {
	t.Parallel()
	for _, c := range modDiffCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.from == "" {
				c.from = modDiffFrom
			}
			edits, err := ModDiff("go.mod", []byte(c.from), []byte(c.to))
			if err != nil || c.err != "" {
				if err == nil || err.Error() != c.err || edits != nil {
					t.Fatalf("error:\n got %v\nwant %s", err, c.err)
				}
				return
			}
			var words []string
			for _, e := range edits {
				word := e.String()
				if e.Indirect {
					word += " indirect"
				}
				words = append(words, word)
			}
			if got := strings.Join(words, "; "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			got, err := Apply("go.mod", []byte(c.from), edits)
			if err != nil {
				t.Fatal(err)
			}
			if left, err := ModDiff("go.mod", got, []byte(c.to)); err != nil || len(left) > 0 {
				t.Errorf("left after the edits: %v, %v", left, err)
			}
		})
	}
}
