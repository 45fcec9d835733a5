package main

import (
	"archive/zip"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/mod/module"
)

func TestHasPackage(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(cache, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	// Extracted whole, with upper case in its path.
	write("example.com/!big@v1.0.0/x.go", "package big\n")
	write("example.com/!big@v1.0.0/sub/README", "")
	write("cache/download/example.com/!big/@v/v1.0.0.ziphash", "h1:x")
	// Somebody is about to extract it, or was.
	write("example.com/half@v1.0.0/x.go", "package half\n")
	write("cache/download/example.com/half/@v/v1.0.0.ziphash", "h1:x")
	write("cache/download/example.com/half/@v/v1.0.0.partial", "")
	// Only downloaded.
	write("cache/download/example.com/zipped/@v/v1.0.0.zip", "")
	file, err := os.Create(filepath.Join(cache, "cache/download/example.com/zipped/@v/v1.0.0.zip"))
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(file)
	for _, name := range []string{"example.com/zipped@v1.0.0/go.mod", "example.com/zipped@v1.0.0/a/b/x.go"} {
		if _, err := z.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	write("cache/download/example.com/garbage/@v/v1.0.0.zip", "no zip")

	look := hasPackage(cache)
	for _, test := range []struct {
		path, dir  string
		has, known bool
	}{
		{"example.com/Big", ".", true, true},
		{"example.com/Big", "sub", false, true},
		{"example.com/Big", "none/at/all", false, true},
		{"example.com/Big", "../half@v1.0.0", false, false},
		{"example.com/big", ".", false, false},
		{"example.com/half", ".", false, false},
		{"example.com/zipped", ".", false, true},
		{"example.com/zipped", "a", false, true},
		{"example.com/zipped", "a/b", true, true},
		{"example.com/garbage", ".", false, false},
		{"example.com/absent", ".", false, false},
		{"!", ".", false, false},
	} {
		has, known := look(module.Version{Path: test.path, Version: "v1.0.0"}, test.dir)
		if has != test.has || known != test.known {
			t.Errorf("%s %s: has %t, known %t", test.path, test.dir, has, known)
		}
	}
	if hasPackage("") != nil || hasPackage("relative") != nil {
		t.Error("no module cache, and yet it is asked")
	}
}
