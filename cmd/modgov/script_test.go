package main

// The scripts in testdata/script show modgov as a user sees it. One file per command and topic:
// <command>_<topic>.txtar; app_*.txtar are about the command line as such. A script runs in an empty directory, $WORK,
// into which its files are unpacked, and starts there.
//
// Environment: no network and no one's settings. GOPROXY=off GOSUMDB=off GOENV=off GOWORK= GOFLAGS= GOTOOLCHAIN=local
// GOTELEMETRY=off; GOMODCACHE, GOPATH, HOME and TMPDIR inside the work directory (below $WORK/.home, so that snap and
// module walks of $WORK itself do not meet them: they begin with a dot); GOCACHE is the machine's, so that `go build`
// is bearable. Git has no configuration, and a fixed author and date. NO_COLOR=, TERM=dumb, TZ=UTC, COLUMNS=.
//
// Commands besides those of testscript (https://pkg.go.dev/github.com/rogpeppe/go-internal/testscript):
//
//	exec modgov ARGS…    modgov itself, in a child process; ! exec for any failure
//	code N CMD ARGS…     as exec, but the exit code is exactly N; stdout and stderr can be tested afterwards
//	snap PATH…           remembers every file below PATH: name, mode, bytes or link target
//	same PATH…           fails if anything below PATH is not as it was at the last snap of PATH
//	proxy [DIR]          makes a file proxy from the modules below DIR (default: proxy) and sets GOPROXY to it. A
//	                     module is a directory PATH@VERSION, as in proxy/example.com/a@v1.0.0/go.mod; its .info, .mod
//	                     and .zip are made from its files; without go.mod it gets one that says `module PATH`
//	fixture NAME         copies fixtures/NAME of this repository to $WORK/NAME
//	commit DIR [MSG]     makes DIR a git repository, if it is none, and commits all that is in it
//
// Programs beside modgov: `modgov-probe` is modgov with commands that misbehave on purpose (probe_test.go).

import (
	"archive/zip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	modzip "golang.org/x/mod/zip"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"modgov":       main,
		"modgov-probe": probe,
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		Setup:               setupScript,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code":    scriptCode,
			"snap":    scriptSnap,
			"same":    scriptSame,
			"proxy":   scriptProxy,
			"fixture": scriptFixture,
			"commit":  scriptCommit,
		},
	})
}

// snapshots is the key of what snap remembers, in the values of a script.
type snapshots struct{}

func setupScript(env *testscript.Env) error {
	env.Values[snapshots{}] = map[string]map[string]string{}
	home := filepath.Join(env.WorkDir, ".home")
	if err := os.MkdirAll(home, 0o777); err != nil {
		return err
	}
	gocache, err := hostGoCache()
	if err != nil {
		return err
	}
	for _, v := range []string{
		"HOME=" + home, "USERPROFILE=" + home, "XDG_CACHE_HOME=" + filepath.Join(home, "cache"),
		"GOENV=off", "GOWORK=", "GOFLAGS=", "GOPROXY=off", "GOSUMDB=off", "GONOSUMDB=", "GOPRIVATE=", "GONOPROXY=",
		"GOTOOLCHAIN=local", "GOTELEMETRY=off", "GO111MODULE=", "GOCACHE=" + gocache,
		"GOPATH=" + filepath.Join(home, "go"), "GOMODCACHE=" + filepath.Join(home, "go", "pkg", "mod"),
		"NO_COLOR=", "TERM=dumb", "COLUMNS=", "TZ=UTC", "LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=gopher", "GIT_AUTHOR_EMAIL=gopher@example.com", "GIT_AUTHOR_DATE=2026-01-02T03:04:05Z",
		"GIT_COMMITTER_NAME=gopher", "GIT_COMMITTER_EMAIL=gopher@example.com",
		"GIT_COMMITTER_DATE=2026-01-02T03:04:05Z",
	} {
		name, value, _ := strings.Cut(v, "=")
		env.Setenv(name, value)
	}
	return nil
}

// hostGoCache returns the build cache that `go test` itself uses.
func hostGoCache() (string, error) {
	if dir := os.Getenv("GOCACHE"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "go-build"), err
}

func scriptCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N CMD ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%s: %v", args[1], err)
	}
	if got != want {
		ts.Fatalf("%s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

func scriptSnap(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: snap PATH...")
	}
	for _, path := range args {
		files, err := snapshot(ts.MkAbs(path))
		ts.Check(err)
		ts.Value(snapshots{}).(map[string]map[string]string)[ts.MkAbs(path)] = files
	}
}

func scriptSame(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: same PATH...")
	}
	for _, path := range args {
		before, ok := ts.Value(snapshots{}).(map[string]map[string]string)[ts.MkAbs(path)]
		if !ok {
			ts.Fatalf("no snap of %s", path)
		}
		after, err := snapshot(ts.MkAbs(path))
		ts.Check(err)
		if changes := compareSnapshots(before, after); len(changes) > 0 {
			ts.Fatalf("%s is not the same:\n%s", path, strings.Join(changes, "\n"))
		}
	}
}

// snapshot returns a line about every file below path, or about path itself, by its name.
func snapshot(path string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		line := info.Mode().String()
		switch {
		case info.Mode().IsRegular():
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %d bytes %x", len(data), sha256.Sum256(data))
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(name)
			if err != nil {
				return err
			}
			line += " -> " + target
		}
		files[name] = line
		return nil
	})
	return files, err
}

func compareSnapshots(before, after map[string]string) []string {
	var changes []string
	for name, was := range before {
		switch is, ok := after[name]; {
		case !ok:
			changes = append(changes, "gone: "+name)
		case is != was:
			changes = append(changes, "changed: "+name+"\n\twas "+was+"\n\tis  "+is)
		}
	}
	for name := range after {
		if _, ok := before[name]; !ok {
			changes = append(changes, "new: "+name)
		}
	}
	slices.Sort(changes)
	return changes
}

func scriptFixture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: fixture NAME")
	}
	from, err := filepath.Abs(filepath.Join("..", "..", "fixtures", args[0]))
	ts.Check(err)
	ts.Check(os.CopyFS(filepath.Join(ts.Getenv("WORK"), args[0]), os.DirFS(from)))
}

func scriptCommit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: commit DIR [MSG]")
	}
	dir, message := ts.MkAbs(args[0]), "state"
	if len(args) == 2 {
		message = args[1]
	}
	if _, err := os.Stat(filepath.Join(dir, ".git")); err != nil {
		ts.Check(ts.Exec("git", "-C", dir, "init", "-q", "-b", "main"))
	}
	ts.Check(ts.Exec("git", "-C", dir, "add", "-A"))
	ts.Check(ts.Exec("git", "-C", dir, "commit", "-q", "--allow-empty", "-m", message))
}

func scriptProxy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: proxy [DIR]")
	}
	source := ts.MkAbs(append(args, "proxy")[0])
	target := filepath.Join(ts.Getenv("HOME"), "proxy")
	err := filepath.WalkDir(source, func(dir string, entry fs.DirEntry, err error) error {
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
	ts.Check(err)
	ts.Setenv("GOPROXY", fileURL(target))
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
	)
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
