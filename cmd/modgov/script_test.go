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
//	sums DIR…            writes go.sum files with the lines of all modules of the last proxy
//	server ANSWER M@V    makes a loopback server of the last file proxy, whose directory is $PROXY, and sets GOPROXY to
//	                     it. For one module version it gives a bad answer: an HTTP status such as 404, garbage (a web
//	                     page), forged (a go.mod file that go.sum does not know), cut (half of a file)
//	fixture NAME         copies fixtures/NAME of this repository to $WORK/NAME, and sets GOPROXY to a file proxy that has
//	                     the modules that it needs
//	patch FILE OLD NEW   replaces OLD, which must be in FILE exactly once, by NEW; \n and \t stand for what they do in Go
//	take NAME            sets an environment variable to what the last program printed
//	block HEAD LANG FILE takes the block of code out of the section HEAD of docs/ci.md
//	job SYSTEM FILE      runs the job of a CI system that FILE defines in a clone of $WORK/origin; the log is $WORK/job.log
//	commit DIR [MSG]     makes DIR a git repository, if it is none, and commits all that is in it
//
// Programs beside modgov: `modgov-probe` is modgov with commands that misbehave on purpose (probe_test.go).

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
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
			"patch":   scriptPatch,
			"proxy":   scriptProxy,
			"sums":    scriptSums,
			"server":  scriptServer,
			"fixture": scriptFixture,
			"commit":  scriptCommit,
			"take":    scriptTake,
			"job":     scriptJob,
			"block":   scriptBlock,
		},
	})
}

// snapshots is the key of what snap remembers, in the values of a script.
type snapshots struct{}

func setupScript(env *testscript.Env) error {
	env.Values[snapshots{}] = map[string]map[string]string{}
	settings, err := scriptEnviron(filepath.Join(env.WorkDir, ".home"))
	if err != nil {
		return err
	}
	for _, v := range settings {
		name, value, _ := strings.Cut(v, "=")
		env.Setenv(name, value)
	}
	return nil
}

// scriptEnviron is the environment of scripts, with a home directory that it makes.
func scriptEnviron(home string) ([]string, error) {
	if err := os.MkdirAll(home, 0o777); err != nil {
		return nil, err
	}
	gocache, err := hostGoCache()
	if err != nil {
		return nil, err
	}
	return []string{
		"HOME=" + home, "USERPROFILE=" + home, "XDG_CACHE_HOME=" + filepath.Join(home, "cache"),
		"GOENV=off", "GOWORK=", "GOFLAGS=", "GOPROXY=off", "GOSUMDB=off", "GONOSUMDB=", "GOPRIVATE=", "GONOPROXY=",
		"GOTOOLCHAIN=local", "GOTELEMETRY=off", "GO111MODULE=", "GOCACHE=" + gocache,
		"GOPATH=" + filepath.Join(home, "go"), "GOMODCACHE=" + filepath.Join(home, "go", "pkg", "mod"),
		"NO_COLOR=", "TERM=dumb", "COLUMNS=", "TZ=UTC", "LC_ALL=C",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=gopher", "GIT_AUTHOR_EMAIL=gopher@example.com", "GIT_AUTHOR_DATE=2026-01-02T03:04:05Z",
		"GIT_COMMITTER_NAME=gopher", "GIT_COMMITTER_EMAIL=gopher@example.com",
		"GIT_COMMITTER_DATE=2026-01-02T03:04:05Z",
		"GORACE=atexit_sleep_ms=10", // else each command that the race detector watches sleeps for a second in the end
		"REPOSITORY=" + repositoryRoot(),
	}, nil
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

func scriptTake(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: take NAME")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

func scriptPatch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: patch FILE OLD NEW")
	}
	unescape := strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r").Replace
	text, old := ts.ReadFile(args[0]), unescape(args[1])
	if n := strings.Count(text, old); n != 1 {
		ts.Fatalf("%s: %q is there %d times", args[0], old, n)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(text, old, unescape(args[2]), 1)), 0o666))
}
