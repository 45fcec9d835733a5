package workspace

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/module"
)

// goReadSum is readGoSum of the go command (modfetch/fetch.go): what ParseSum must say too. bad holds "line:fields".
func goReadSum(data []byte) (sums map[module.Version][]string, bad []string) {
	sums = map[module.Version][]string{}
	for n := 1; len(data) > 0; n++ {
		var line []byte
		line, data, _ = bytes.Cut(data, []byte("\n"))
		f := strings.Fields(string(line))
		switch {
		case len(f) == 0:
		case len(f) != 3:
			bad = append(bad, fmt.Sprintf("%d:%d", n, len(f)))
		case f[2] == "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=":
		default:
			mod := module.Version{Path: f[0], Version: f[1]}
			sums[mod] = append(sums[mod], f[2])
		}
	}
	return sums, bad
}

func TestParseSum(t *testing.T) {
	t.Parallel()
	const a, b = "h1:aaaa=", "h1:bbbb="
	cases := []struct {
		name, data string
		lines      string // "line path version hash"
		bad        string // "line: message"
	}{
		{name: "empty"},
		{name: "blank lines", data: "\n  \n\t\r\n"},
		{
			name:  "as go writes it",
			data:  "a.b/c v1.0.0 " + a + "\na.b/c v1.0.0/go.mod " + b + "\n",
			lines: "1 a.b/c v1.0.0 " + a + "|2 a.b/c v1.0.0/go.mod " + b,
		},
		{name: "no end of the last line", data: "a v1 " + a, lines: "1 a v1 " + a},
		{name: "CRLF", data: "a v1 " + a + "\r\n\r\nb v1 " + b + "\r\n", lines: "1 a v1 " + a + "|3 b v1 " + b},
		{name: "tabs and spaces", data: "\t a\t\tv1  " + a + " \n", lines: "1 a v1 " + a},
		{name: "spaces of other scripts", data: "a\u00a0v1\u2003" + a, lines: "1 a v1 " + a},
		{
			name:  "duplicates and any order stay",
			data:  "b v1 " + b + "\na v1 " + a + "\nb v1 " + b + "\n",
			lines: "1 b v1 " + b + "|2 a v1 " + a + "|3 b v1 " + b,
		},
		{
			name:  "the hash of an empty go.mod is dropped",
			data:  "a v1/go.mod " + emptyGoModSum + "\nb v1 " + b + "\n",
			lines: "2 b v1 " + b,
		},
		{
			name:  "one bad line hides no other",
			data:  "a v1\nb v1 " + b + " x\nc v1 " + a + "\n",
			lines: "3 c v1 " + a,
			bad:   "1: malformed go.sum: wrong number of fields 2|2: malformed go.sum: wrong number of fields 4",
		},
		{
			name: "no comments", data: "# a b\n// c\n",
			lines: "1 # a b", bad: "2: malformed go.sum: wrong number of fields 2",
		},
		{
			name: "merge conflict",
			data: "<<<<<<< HEAD\na v1 " + a + "\n||||||| base\n=======\r\na v1 " + b + "\n>>>>>>> 1234567 (bump)\n",
			bad: `1: malformed go.sum: merge conflict marker "<<<<<<<"|3: malformed go.sum: merge conflict marker "|||||||"|` +
				`4: malformed go.sum: merge conflict marker "======="|6: malformed go.sum: merge conflict marker ">>>>>>>"`,
			lines: "2 a v1 " + a + "|5 a v1 " + b,
		},
		{name: "no marker", data: "<<<<<<<< v1 " + a + "\n", lines: "1 <<<<<<<< v1 " + a},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := ParseSum("x/go.sum", []byte(c.data))
			var lines, bad []string
			for _, l := range s.Lines {
				lines = append(lines, fmt.Sprintf("%d %s %s %s", l.Line, l.Mod.Path, l.Mod.Version, l.Hash))
			}
			for _, e := range s.Bad {
				bad = append(bad, fmt.Sprintf("%d: %s", e.Pos.Line, e.Msg))
			}
			if got := strings.Join(lines, "|"); got != c.lines {
				t.Errorf("lines:\n got %s\nwant %s", got, c.lines)
			}
			if got := strings.Join(bad, "|"); got != c.bad {
				t.Errorf("bad lines:\n got %s\nwant %s", got, c.bad)
			}
			if s.File != "x/go.sum" || !s.Exists {
				t.Errorf("File = %q, Exists = %v", s.File, s.Exists)
			}
		})
	}
}

func TestParseSumErrorNamesItsPlace(t *testing.T) {
	t.Parallel()
	s := ParseSum("x/go.sum", []byte("\na\n"))
	if got, want := s.Bad[0].Error(), "x/go.sum:2: malformed go.sum: wrong number of fields 1"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseSumTooLarge(t *testing.T) {
	t.Parallel()
	s := ParseSum("go.sum", make([]byte, maxSumFile+1))
	if len(s.Lines) != 0 || len(s.Bad) != 1 || s.Bad[0].Error() != "go.sum: file is larger than 64 MiB" {
		t.Errorf("lines %d, errors %v", len(s.Lines), s.Bad)
	}
}

func TestSumFileHashes(t *testing.T) {
	t.Parallel()
	sorted := "a v1 h1:1\na v1 h1:2\na v1/go.mod h1:3\nb v1 h1:4\nb v1 go:5\n"
	mixed := "b v1 h1:4\na v1 h1:1\na v1/go.mod h1:3\nb v1 go:5\na v1 h1:2\n"
	for _, data := range []string{sorted, mixed} {
		s := ParseSum("go.sum", []byte(data))
		for _, c := range []struct{ path, version, want string }{
			{"a", "v1", "h1:1 h1:2"},
			{"a", "v1/go.mod", "h1:3"},
			{"b", "v1", "h1:4 go:5"},
			{"b", "v1/go.mod", ""},
			{"aa", "v1", ""},
			{"", "", ""},
			{"c", "v1", ""},
		} {
			if got := strings.Join(s.Hashes(c.path, c.version), " "); got != c.want {
				t.Errorf("Hashes(%q, %q) = %q, want %q", c.path, c.version, got, c.want)
			}
		}
	}
	if got := (&SumFile{File: "go.sum"}).Hashes("a", "v1"); got != nil {
		t.Errorf("a file that does not exist has hashes: %q", got)
	}
}

func TestSumFileHashesConcurrently(t *testing.T) {
	t.Parallel()
	s := ParseSum("go.sum", []byte("b v1 h1:2\na v1 h1:1\n"))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got := s.Hashes("a", "v1"); !slices.Equal(got, []string{"h1:1"}) {
				t.Errorf("got %q", got)
			}
		})
	}
	wg.Wait()
}

func FuzzParseSum(f *testing.F) {
	for _, seed := range []string{
		"a v1.0.0 h1:x=\na v1.0.0/go.mod h1:y=\n", "b v1 h1:x\r\na v1 h1:y", "<<<<<<< HEAD\n=======\n>>>>>>> x y\n",
		"a\u0085b\u00a0c\n", "a v1/go.mod " + emptyGoModSum + "\n", "a  b c\n", " a b c\n", "a b c \n", "a b\tc d\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := ParseSum("go.sum", data)
		sums, bad := goReadSum(data)
		markers := 0
		for i, line := range bytes.Split(data, []byte("\n")) {
			if isMergeMarker(string(line)) {
				markers++
				bad = slices.DeleteFunc(bad, func(b string) bool { return strings.HasPrefix(b, fmt.Sprintf("%d:", i+1)) })
			}
		}
		if len(s.Bad) != len(bad)+markers {
			t.Fatalf("%d bad lines, go has %q and %d markers: %v", len(s.Bad), bad, markers, s.Bad)
		}
		if markers > 0 {
			return
		}
		n := 0
		for mod, want := range sums {
			if got := s.Hashes(mod.Path, mod.Version); !slices.Equal(got, want) {
				t.Fatalf("%v: got %q, go has %q", mod, got, want)
			}
			n += len(want)
		}
		if n != len(s.Lines) {
			t.Fatalf("%d lines, go has %d", len(s.Lines), n)
		}
	})
}

// BenchmarkParseSum reads all go.sum files below the directory that MODGOV_CORPUS names (a repository, or several);
// without it 70 made-up files of 180 lines.
func BenchmarkParseSum(b *testing.B) {
	var files [][]byte
	if dir := os.Getenv("MODGOV_CORPUS"); dir != "" {
		err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.Name() != "go.sum" {
				return err
			}
			data, err := os.ReadFile(name)
			files = append(files, data)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	} else {
		var text strings.Builder
		for i := range 90 {
			fmt.Fprintf(&text, "example.com/team/module%02d v1.%d.0 h1:%043d=\n", i, i, i)
			fmt.Fprintf(&text, "example.com/team/module%02d v1.%d.0/go.mod h1:%043d=\n", i, i, i)
		}
		files = slices.Repeat([][]byte{[]byte(text.String())}, 70)
	}
	size := 0
	for _, data := range files {
		size += len(data)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, data := range files {
			ParseSum("go.sum", data)
		}
	}
	b.ReportMetric(float64(len(files)), "files")
}

func BenchmarkSumFileHashes(b *testing.B) {
	var text strings.Builder
	for i := range 600 {
		fmt.Fprintf(&text, "github.com/example/module%04d v1.2.3 h1:%043d=\n", i, i)
	}
	s := ParseSum("go.sum", []byte(text.String()))
	b.ReportAllocs()
	for b.Loop() {
		s.Hashes("github.com/example/module0417", "v1.2.3")
	}
}
