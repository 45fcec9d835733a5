package main

// Script commands about module proxies: made from a script's files, from the go command's cache, or misbehaving.

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"

	"github.com/modgov/modgov/internal/workspace"
)

func scriptFixture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fixture NAME")
	}
	from, err := filepath.Abs(filepath.Join("..", "..", "fixtures", args[0]))
	ts.Check(err)
	ts.Check(os.CopyFS(filepath.Join(ts.Getenv("WORK"), args[0]), os.DirFS(from)))
	cache, err := fixtureModules()
	ts.Check(err)
	setProxy(ts, filepath.Join(cache, "cache", "download"))
}

// besides are module versions that no fixture has in a go.sum file, but that scripts patch in or fix brings.
func besides() []string {
	return []string{"github.com/go-logr/logr@v1.2.0", "github.com/pkg/errors@v0.9.1"}
}

// fixtureModules returns the module cache of the go command, which then holds all modules that the fixtures name in
// their go.sum files. What it lacks it fetches with the settings of whoever runs the tests: once, and nothing later on.
var fixtureModules = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cache, err := hostGo(ctx, "env", "GOMODCACHE")
	if err != nil {
		return "", err
	}
	wanted := besides()
	err = filepath.WalkDir(filepath.Join("..", "..", "fixtures"), func(name string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Base(name) != "go.sum" {
			return err
		}
		data, err := os.ReadFile(name)
		for line := range strings.Lines(string(data)) {
			if f := strings.Fields(line); len(f) == 3 {
				wanted = append(wanted, f[0]+"@"+strings.TrimSuffix(f[1], "/go.mod"))
			}
		}
		return err
	})
	if err != nil {
		return "", err
	}
	slices.Sort(wanted)
	_, err = hostGo(ctx, append([]string{"mod", "download"}, slices.Compact(wanted)...)...)
	return strings.TrimSpace(cache), err
})

// hostGo runs go with the settings of whoever runs the tests, outside any module.
func hostGo(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = os.TempDir(), append(os.Environ(), "GOWORK=off")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("go %s: %w\n%s", args[0], err, stderr.String())
	}
	return string(out), err
}

func scriptProxy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: proxy [DIR]")
	}
	target := filepath.Join(ts.Getenv("HOME"), "proxy")
	ts.Check(makeProxy(ts.MkAbs(append(args, "proxy")[0]), target))
	setProxy(ts, target)
}

// makeProxy makes a file proxy of the modules that stand below source as PATH@VERSION.
func makeProxy(source, target string) error {
	return filepath.WalkDir(source, func(dir string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() || !strings.Contains(entry.Name(), "@") {
			return err
		}
		name, err := filepath.Rel(source, dir)
		if err != nil {
			return err
		}
		path, version, _ := strings.Cut(filepath.ToSlash(name), "@")
		if err := addToProxy(target, dir, module.Version{Path: path, Version: version}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return fs.SkipDir
	})
}

// setProxy makes a directory the proxy that the go command and modgov ask.
func setProxy(ts *testscript.TestScript, dir string) {
	ts.Setenv("PROXY", dir)
	ts.Setenv("GOPROXY", fileURL(dir))
}

// addToProxy puts the module in dir into the file proxy at target.
func addToProxy(target, dir string, mod module.Version) error {
	if err := module.Check(mod.Path, mod.Version); err != nil {
		return err
	}
	path, err := module.EscapePath(mod.Path)
	if err != nil {
		return err
	}
	version, err := module.EscapeVersion(mod.Version)
	if err != nil {
		return err
	}
	gomod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if errors.Is(err, fs.ErrNotExist) {
		gomod, err = []byte("module "+mod.Path+"\n"), nil
	}
	if err != nil {
		return err
	}
	base := filepath.Join(target, filepath.FromSlash(path), "@v")
	if err := os.MkdirAll(base, 0o777); err != nil {
		return err
	}
	info := fmt.Sprintf(`{"Version":%q,"Time":"2026-01-02T03:04:05Z"}`+"\n", mod.Version)
	return errors.Join(
		os.WriteFile(filepath.Join(base, version+".mod"), gomod, 0o666),
		os.WriteFile(filepath.Join(base, version+".info"), []byte(info), 0o666),
		writeModuleZip(filepath.Join(base, version+".zip"), dir, mod),
		addToList(filepath.Join(base, "list"), mod.Version),
		addToSums(filepath.Join(target, "go.sum"), filepath.Join(base, version+".zip"), gomod, mod),
	)
}

// addToSums adds the go.sum lines of a module to the file that the command sums copies.
func addToSums(name, zipFile string, gomod []byte, mod module.Version) error {
	zipSum, err := dirhash.HashZip(zipFile, dirhash.Hash1)
	if err != nil {
		return err
	}
	modSum, err := workspace.GoModSum(gomod)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "%s %s %s\n%[1]s %[2]s/go.mod %[4]s\n", mod.Path, mod.Version, zipSum, modSum)
	return errors.Join(err, file.Close())
}

func scriptSums(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: sums DIR...")
	}
	data, err := os.ReadFile(filepath.Join(ts.Getenv("HOME"), "proxy", "go.sum"))
	ts.Check(err)
	for _, dir := range args {
		ts.Check(os.WriteFile(filepath.Join(ts.MkAbs(dir), "go.sum"), data, 0o666))
	}
}

func writeModuleZip(name, dir string, mod module.Version) (err error) {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return zip.NewWriter(file).Close()
	}
	return modzip.CreateFromDir(file, mod, dir)
}

// addToList adds a version to a proxy's list, which names no pseudo-versions.
func addToList(name, version string) error {
	data, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	versions := strings.Fields(string(data))
	if !module.IsPseudoVersion(version) {
		versions = append(versions, version)
	}
	semver.Sort(versions)
	return os.WriteFile(name, []byte(strings.Join(append(slices.Compact(versions), ""), "\n")), 0o666)
}

func fileURL(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

func scriptServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: server ANSWER PATH@VERSION")
	}
	path, version, _ := strings.Cut(args[1], "@")
	bad, err := module.EscapePath(path)
	ts.Check(err)
	files := http.FileServer(http.Dir(ts.Getenv("PROXY")))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/"+bad+"/@v/"+version+".") {
			misbehave(w, args[0], path)
			return
		}
		files.ServeHTTP(w, r)
	}))
	ts.Defer(server.Close)
	ts.Setenv("GOPROXY", server.URL)
}

// misbehave answers a request for a file of a module as a proxy should not.
func misbehave(w http.ResponseWriter, answer, path string) {
	switch answer {
	case "garbage":
		fmt.Fprint(w, "<!DOCTYPE html>\n<html><body>Sign in to the guest network\x1b[2J</body></html>\n")
	case "forged":
		fmt.Fprintf(w, "module %s\n\n// not what it was\n", path)
	case "cut":
		w.Header().Set("Content-Length", "1000")
		fmt.Fprintf(w, "module %s\n", path)
	default:
		code, err := strconv.Atoi(answer)
		if err != nil {
			code = http.StatusTeapot
		}
		http.Error(w, "no such thing here", code)
	}
}
