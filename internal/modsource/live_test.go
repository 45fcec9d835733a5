package modsource

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"
)

// TestGoProfits: after one walk over a file proxy the real go command loads the module graph from our module cache
// alone, with GOPROXY=off, and finds every hash in go.sum.
func TestGoProfits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	root := w.covered("example.com/a@v1.0.0", "example.com/B/v2@v2.1.0-RC1")
	w.covered("example.com/B/v2@v2.1.0-RC1", "example.com/c@v0.0.0-20200101000000-abcdefabcdef")
	w.covered("example.com/c@v0.0.0-20200101000000-abcdefabcdef", "gopkg.in/d.v1@v1.0.0")
	w.covered("gopkg.in/d.v1@v1.0.0")
	env := []string{goPath(t), "GOSUMDB=off", "GOPROXY=" + w.fileProxy()}
	s := w.source(env...)
	goSum, wave := "", []module.Version{root}
	for len(wave) > 0 {
		sums, errs := s.ModFiles(t.Context(), wave)
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		var next []module.Version
		for i, sum := range sums {
			goSum += wave[i].Path + " " + wave[i].Version + "/go.mod " + sum.Sum + "\n"
			next = append(next, sum.Requires...)
		}
		wave = next
	}
	w.write("main/go.mod", "module example.com/main\n\ngo 1.16\n\nrequire example.com/a v1.0.0\n")
	w.write("main/go.sum", goSum)

	out, err := w.goCommand("GOPROXY=off", "GOSUMDB=off", "mod", "graph")
	const wantGraph = `example.com/main example.com/a@v1.0.0
example.com/main go@1.16
example.com/a@v1.0.0 example.com/B/v2@v2.1.0-RC1
example.com/B/v2@v2.1.0-RC1 example.com/c@v0.0.0-20200101000000-abcdefabcdef
example.com/c@v0.0.0-20200101000000-abcdefabcdef gopkg.in/d.v1@v1.0.0
`
	if err != nil || out != wantGraph {
		t.Errorf("go mod graph: %v\n%s\nwant\n%s", err, out, wantGraph)
	}

	// A list wants .info files besides.
	if out, err := w.goCommand("GOPROXY=off", "GOSUMDB=off", "list", "-m", "all"); err == nil {
		t.Errorf("go list -m works without .info files:\n%s", out)
	}
	var mods []module.Version
	for mod := range w.modules {
		mods = append(mods, version(mod))
	}
	if err := errors.Join(s.Infos(t.Context(), mods)...); err != nil {
		t.Fatal(err)
	}
	if out, err := w.goCommand("GOPROXY=off", "GOSUMDB=off", "list", "-m", "all"); err != nil ||
		strings.Count(out, "\n") != 5 {
		t.Errorf("go list -m all: %v\n%s", err, out)
	}
}

// TestSameCacheAsGo: the files that we write are those that go writes for the same versions.
func TestSameCacheAsGo(t *testing.T) {
	t.Parallel()
	env := goPath(t)
	w := newWorld(t)
	mods := []module.Version{w.covered("example.com/Up@v1.0.0-RC1"), w.covered("example.com/a@v1.1.0"),
		w.covered("example.com/a@v1.0.0")}
	proxy := w.fileProxy()
	w.write("proxy/example.com/a/@v/v1.1.0.info", `{"Time":"2020-01-01T00:00:00.5+01:00","Version":"v1.1.0","Name":"x",
		"Origin":{"VCS":"git","URL":"https://a.example","Hash":"abc","TagSum":"t","TagPrefix":"a/",
		"Ref":"refs/tags/v1.1.0"}}`)
	s := w.source(env, "GOPROXY="+proxy)
	if _, errs := s.ModFiles(t.Context(), mods); errors.Join(errs...) != nil {
		t.Fatal(errs)
	}
	if errs := s.Infos(t.Context(), mods); errors.Join(errs...) != nil {
		t.Fatal(errs)
	}
	cmd := exec.Command("go", "list", "-m")
	for _, m := range mods {
		cmd.Args = append(cmd.Args, m.String())
	}
	cmd.Dir = t.TempDir()
	theirs := filepath.Join(w.dir, "theirs")
	cmd.Env = append(os.Environ(), "GOENV=off", "GOTOOLCHAIN=local", "GOSUMDB=off", "GOFLAGS=", "GOPROXY="+proxy,
		"GOWORK=off", "GOTELEMETRY=off", "GOMODCACHE="+theirs)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got, want := tree(t, w.cacheDir()), tree(t, theirs)
	if !slices.Equal(got, want) {
		t.Errorf("the cache holds\n%q\ngo's holds\n%q", got, want)
	}
}

// goCommand runs the real go in the directory main of the world: environment first, then arguments.
func (w *world) goCommand(args ...string) (string, error) {
	w.t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		w.t.Skip("no go command on PATH")
	}
	env := append(os.Environ(), "HOME="+w.dir, "GOENV=off", "GOTOOLCHAIN=local", "GOFLAGS=-modcacherw", "GOWORK=off",
		"GOTELEMETRY=off", "GOPATH="+filepath.Join(w.dir, "go"), "GOMODCACHE="+w.cacheDir(),
		"GOCACHE="+filepath.Join(w.dir, "gocache"))
	for strings.Contains(args[0], "=") {
		env, args = append(env, args[0]), args[1:]
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = filepath.Join(w.dir, "main")
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// tree returns name, mode and content of each file but the legacy side lock.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "lock" {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		files = append(files, fmt.Sprintf("%s %v %s", name[len(dir):], info.Mode(), data))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
