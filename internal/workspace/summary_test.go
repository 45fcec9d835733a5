package workspace

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// usual is a go.mod file with everything that scanSummary reads.
const usual = `// A comment. /* "
module example.com/Up/m/v2 // Deprecated: (no)

go 1.22.3

toolchain go1.23.0

require example.com/a v1.0.0
require	example.com/b	v0.0.0-20200101000000-abcdefabcdef	// indirect
require (
	gopkg.in/yaml.v2 v2.4.0 // indirect; )

	example.com/c v3.0.0+incompatible
	// example.com/d v1.0.0
	example.com/c v1.2.0+meta
)

retract [v1.0.0, v1.1.0] // broken
exclude example.com/a v1.1.0
replace (
	example.com/a => ../a
)
tool example.com/a/cmd
`

// summaryCases are files and whether scanSummary reads them, which says nothing of whether they are correct.
func summaryCases() map[string]bool {
	return map[string]bool{
		"":                                    true,
		usual:                                 true,
		strings.TrimSpace(usual):              true,
		"\n\n// x":                            true,
		"module a\r\n\r\ngo 1.20\r\n":         true,
		"module a\nrequire (\r\n)\r\n":        true,
		"module a\nrequire(\na.b v1.0.0\n)\n": true,
		"require a.b v1":                      true,
		"retract\nexclude x y z\n":            true,
		"module a//b":                         true,
		"require a.b v1.0.0 // indirect":      true,
		"require a.b v1.0.0 // indirect;":     true,
		"require a.b v1.0.0 // indirect; x":   true,
		"require a.b v1.0.0 // indirect x":    true,
		"require a.b v1.0.0 //\tindirect \r":  true,
		"require a.b v1.0.0 // indirect // x": true,
		"require a.b v1.0.0 //indirect\u00a0": true,

		"module \"a\"":               false,
		"module a\nmodule b":         false,
		"module a b":                 false,
		"module":                     false,
		"module (\na\n)":             false,
		"module a\nunknown x":        false,
		"module a\nignore ./x":       false,
		"module a,b":                 false,
		"module \u00e9":              false,
		"\ufeffmodule a":             false,
		"module a\x00":               false,
		"module a\rb":                false,
		"module a /* x */":           false,
		"go 1.20.x":                  false,
		"go v1.20-foo":               false,
		"go 1":                       false,
		"go 1.20\ngo 1.20":           false,
		"require a.b master":         false,
		"require a.b":                false,
		"require a.b v1.0.0 v2.0.0":  false,
		"require a.b v2.0.0":         false,
		"require gopkg.in/x v1.0.0":  false,
		"require a.b/v1 v1.0.0":      false,
		"require (\na.b v1.0.0":      false,
		"require (":                  false,
		"require ()":                 false,
		"require ( a.b v1.0.0 )":     false,
		"require (\na.b v1.0.0\n) x": false,
		"require x (\na.b v1.0.0\n)": false,
		"require (\nretract (\n)\n)": false,
		")":                          false,
		"(\n)":                       false,
		"replace a => \"b//c\"":      false,
		"replace a => `b":            false,
		"retract (\n\"v1.0.0\"\n)":   false,
	}
}

// same fails unless scanSummary, where it has an answer, says what modfile says.
func same(t *testing.T, text string) (scanned bool) {
	t.Helper()
	got, ok := scanSummary(text)
	if !ok {
		return false
	}
	want, err := parseSummary("go.mod", []byte(text))
	if err != nil {
		t.Errorf("%q: read, but modfile says %v", text, err)
	} else if !reflect.DeepEqual(got, want) {
		t.Errorf("%q:\n got %+v\nwant %+v", text, got, want)
	}
	return true
}

func TestSummary(t *testing.T) {
	t.Parallel()
	for text, scans := range summaryCases() {
		if got := same(t, text); got != scans {
			t.Errorf("%q: scanned %v, want %v", text, got, scans)
		}
	}
	s, err := ParseSummary("go.mod", []byte(usual))
	if want := []bool{false, true, true, false, false}; err == nil && !slices.Equal(s.Indirect, want) {
		t.Errorf("marked as indirect: %v, want %v", s.Indirect, want)
	}
	if err != nil || s.Path != "example.com/Up/m/v2" || s.Go != "1.22.3" || len(s.Requires) != 5 ||
		s.Requires[4].Version != "v1.2.0" || !strings.HasPrefix(s.Sum, "h1:") {
		t.Errorf("%+v, %v", s, err)
	}
	_, err = ParseSummary("dir/go.mod", []byte("require x"))
	if err == nil || !strings.Contains(err.Error(), "dir/go.mod:1") {
		t.Errorf("error %v", err)
	}
}

// TestSummaryCorpus compares both readers on all files that end in .mod below the directory that MODGOV_CORPUS names.
func TestSummaryCorpus(t *testing.T) {
	t.Parallel()
	files := corpusMods(t)
	scanned := 0
	for _, data := range files {
		if same(t, string(data)) {
			scanned++
		}
	}
	t.Logf("%d of %d files scanned", scanned, len(files))
	if scanned < len(files)*9/10 {
		t.Error("too few")
	}
}

func FuzzSummary(f *testing.F) {
	for _, text := range slices.Sorted(maps.Keys(summaryCases())) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { same(t, text) })
}

// BenchmarkSummary reads the go.mod files of the corpus, or one of the usual form if MODGOV_CORPUS is not set.
func BenchmarkSummary(b *testing.B) {
	files := [][]byte{[]byte(usual)}
	if os.Getenv("MODGOV_CORPUS") != "" {
		files = corpusMods(b)
	}
	readers := map[string]func([]byte) error{
		"ParseSummary": func(data []byte) error { _, err := ParseSummary("go.mod", data); return err },
		"modfile":      func(data []byte) error { _, err := parseSummary("go.mod", data); return err },
	}
	for name, read := range readers {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, data := range files {
					if err := read(data); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// corpusMods reads the files of MODGOV_CORPUS that modfile accepts.
func corpusMods(t testing.TB) (files [][]byte) {
	dir := os.Getenv("MODGOV_CORPUS")
	if dir == "" {
		t.Skip("MODGOV_CORPUS names no directory")
	}
	err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".mod" {
			return err
		}
		data, err := os.ReadFile(name)
		if _, parseErr := parseSummary(name, data); parseErr == nil {
			files = append(files, data)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
