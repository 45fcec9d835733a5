package imports

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// scanned shows imports and their places: "line:col path".
func scanned(src []byte) (list []string, s *scan) {
	s = scanImports(src)
	at := places{src: src}
	for _, l := range s.literals {
		p, err := strconv.Unquote(l.text)
		if err != nil {
			p = "invalid"
		}
		list = append(list, at.of(l.off).String()+" "+p)
	}
	return list, s
}

func TestScan(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		src, want, err string
		cut            bool
	}{
		{"", "", "expected package", true},
		{"// no code\n", "", "expected package", true},
		{"package p", "", "", true},
		{"package p\n\nvar x = 1\n", "", "", false},
		{"\ufeffpackage p; import \"a\"; func f() {}", "1:22 a", "", false},
		{"/* import \"no\" */ package /**/ p // x\nimport `a`\nimport(\"b\";. \"c\"\n_ \"d\")\ntype T int",
			"2:8 a, 3:8 b, 3:14 c, 4:3 d", "", false},
		{"package p\nimport \"a\" + \"b\"\n", "2:8 a", "", false}, // go finds more errors later on
		{"package p\nimport \"a\nvar x = 1\n", "", "expected the end of a string", false},
		{"package p\nimport \"a\\\"b\"\nvar x = 1\n", `2:8 a"b`, "", false},
		{"package p\nimport \"a\"\nimport x\nvar y\n", "2:8 a", "expected the path of an import", false},
		{"package p\nimport (\n\t\"a\"\n\t/* never ends", "3:2 a", "expected the end of a comment", true},
		{"package p\nimporting \"a\"\n", "", "expected import", false},
		{"package p\nimport \"a\"\nim", "2:8 a", "expected import", true},
		{"package\n", "", "expected a name", true},
		{"packages p\nimport \"a\"\n", "", "expected package", false},
		{"package p\n/ x", "", "expected a declaration", false},
		{"<html>\n", "", "expected package", false},
	} {
		got, s := scanned([]byte(test.src))
		if list := strings.Join(got, ", "); list != test.want || s.err != test.err || s.cut != test.cut {
			t.Errorf("%q: %s, error %q, cut %t, want %s, error %q, cut %t",
				test.src, list, s.err, s.cut, test.want, test.err, test.cut)
		}
	}
}

// Whatever go/parser takes for Go, the scan reads in the same way; a file cut short is known to be.
func FuzzScan(f *testing.F) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, 100)
	}
	f.Add([]byte("package p;import(\"a\";`b`;c \"d\");import . \"e\"\nvar x = `import \"f\"`"), 20)
	f.Add([]byte("\ufeff//go:build x\r\n\r\npackage p\r\nimport \"a\"\r\n"), 30)
	f.Fuzz(func(t *testing.T, src []byte, cut int) {
		got, s := scanned(src)
		constraints(src) // does not panic
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, "", src, parser.ImportsOnly|parser.SkipObjectResolution)
		if err != nil {
			return
		}
		var want []string
		for _, i := range file.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return
			}
			at := files.PositionFor(i.Path.Pos(), false)
			want = append(want, strconv.Itoa(at.Line)+":"+strconv.Itoa(at.Column)+" "+p)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q\nscan:   %v (%s)\nparser: %v", src, got, s.err, want)
		}
		if cut > 0 && cut < len(src) {
			if head, h := scanned(src[:cut]); !h.cut && !slices.Equal(head, want) {
				t.Fatalf("%q cut at %d\nscan: %v\nwant: %v", src, cut, head, want)
			}
		}
	})
}

func TestConstraints(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		src               string
		used, constrained bool
	}{
		{"package p\n", true, false},
		{"//go:build ignore\n\npackage p\n", false, true},
		{"//go:build !ignore\n\npackage p\n", true, true},
		{"//go:build linux && !linux\n\npackage p\n", true, true},
		{"//go:build ignore || linux\n\npackage p\n", true, true},
		{"//go:build ignore && linux\n\npackage p\n", false, true},
		{"//go:build go1.99\npackage p\n", true, true},
		{"// +build ignore\n\npackage p\n", false, true},
		{"// +build ignore\npackage p\n", true, false}, // it is the package's comment
		{"// +build linux darwin\n// +build !cgo\n\npackage p\n", true, true},
		{"// +build ignore\n\n//go:build linux\n\npackage p\n", true, true},
		{"/* x */\n\n// +build ignore\n\npackage p\n", true, false},
		{"/* x\n//go:build ignore\n*/\npackage p\n", true, false},
		{"/* x */ //go:build ignore\npackage p\n", true, false},
		{"//go:build linux\n//go:build linux\n\npackage p\n", false, true},
		{"//go:build ||\n\npackage p\n", false, true},
		{"//go:build\n\npackage p\n", false, true},
		{"//go:buildx ignore\n\npackage p\n", true, false},
		{"package p\n//go:build ignore\n", true, false},
		{"\ufeff//go:build ignore\r\n\r\npackage p\r\n", false, true},
		{"// Copyright\n\n//go:build ignore\n// +build ignore\n\n// Package p.\npackage p\n", false, true},
	} {
		if used, constrained := constraints([]byte(test.src)); used != test.used || constrained != test.constrained {
			t.Errorf("%q: used %t, constrained %t", test.src, used, constrained)
		}
	}
	for base, want := range map[string]bool{
		"x_linux": true, "x_linux_amd64": true, "x_amd64": true, "x_windows.pb": true,
		"linux": false, "x_unix": false, "x_foo": false, "_": false,
	} {
		if namesPlatform(base) != want {
			t.Errorf("%s: %t", base, !want)
		}
	}
}
