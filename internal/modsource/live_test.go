package modsource

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

	cmd := exec.Command("go", "mod", "graph")
	cmd.Dir = filepath.Join(w.dir, "main")
	cmd.Env = append(os.Environ(), "GOENV=off", "GOTOOLCHAIN=local", "GOSUMDB=off", "GOFLAGS=-modcacherw", "GOPROXY=off",
		"GOWORK=off", "GOTELEMETRY=off", "GOMODCACHE="+w.cacheDir())
	out, err := cmd.CombinedOutput()
	const wantGraph = `example.com/main example.com/a@v1.0.0
example.com/main go@1.16
example.com/a@v1.0.0 example.com/B/v2@v2.1.0-RC1
example.com/B/v2@v2.1.0-RC1 example.com/c@v0.0.0-20200101000000-abcdefabcdef
example.com/c@v0.0.0-20200101000000-abcdefabcdef gopkg.in/d.v1@v1.0.0
`
	if err != nil || string(out) != wantGraph {
		t.Errorf("go mod graph: %v\n%s\nwant\n%s", err, out, wantGraph)
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
	if _, errs := w.source(env, "GOPROXY="+proxy).ModFiles(t.Context(), mods); errors.Join(errs...) != nil {
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

// tree returns name, mode and content of each file but .info, which only go fetches, and the legacy side lock.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) == ".info" || d.Name() == "lock" {
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
