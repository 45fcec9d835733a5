package main

import (
	"archive/zip"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/imports"
)

// hasPackage looks for packages in the module cache of the go command, in which nothing is written: in the directory
// where a module is extracted, else in its zip file. What is not there is not known.
func hasPackage(modCache string) imports.HasPackage {
	if !filepath.IsAbs(modCache) {
		return nil
	}
	return func(mod module.Version, dir string) (has, known bool) {
		escaped, err := module.EscapePath(mod.Path)
		if err != nil || !fs.ValidPath(dir) {
			return false, false
		}
		version, err := module.EscapeVersion(mod.Version)
		if err != nil {
			return false, false
		}
		download := filepath.Join(modCache, "cache", "download", filepath.FromSlash(escaped), "@v", version)
		extracted := filepath.Join(modCache, filepath.FromSlash(escaped)+"@"+version)
		if exists(extracted) && exists(download+".ziphash") && !exists(download+".partial") {
			return extractedHas(filepath.Join(extracted, filepath.FromSlash(dir)))
		}
		return zipHas(download+".zip", mod, dir)
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func extractedHas(dir string) (has, known bool) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, errors.Is(err, fs.ErrNotExist)
	}
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasSuffix(e.Name(), ".go") {
			return true, true
		}
	}
	return false, true
}

// zipHas looks at the names in a zip file: "path@version/dir/file.go".
func zipHas(name string, mod module.Version, dir string) (has, known bool) {
	z, err := zip.OpenReader(name)
	if err != nil {
		return false, false
	}
	defer z.Close() // it was only read
	want := path.Join(mod.String(), dir)
	for _, f := range z.File {
		if path.Dir(f.Name) == want && strings.HasSuffix(f.Name, ".go") {
			return true, true
		}
	}
	return false, true
}
