package oracle

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/modgov/modgov/internal/gocmd"
	"github.com/modgov/modgov/internal/graph"
)

// TestLive asks the go command about a repository that needs nothing from outside.
func TestLive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	archive := txtar.Parse([]byte(`
-- team/go.work --
go 1.21

use (
	./a
	"./b c"
)
-- team/a/go.mod --
module ex.test/a

go 1.21

require ex.test/b v1.0.0

replace ex.test/b => "../b c"
-- team/b c/go.mod --
module ex.test/b

go 1.21

require ex.test/d v1.0.0

replace ex.test/d => ../../d
-- d/go.mod --
module ex.test/d
-- stale/go.mod --
module ex.test/stale

go 1.21

require ex.test/d v1.0.0

toolchain go1.21

replace ex.test/d => ../d
`))
	for _, f := range archive.Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, f.Data, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	settings, err := gocmd.ReadSettings(t.Context(), []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GOPATH=" + filepath.Join(dir, "gopath"), "GOENV=off",
		"GOCACHE=" + filepath.Join(dir, "gocache"), "GOTOOLCHAIN=local", "GOSUMDB=off", "GOPROXY=off", "GOTELEMETRY=off",
		"GOFLAGS=-modcacherw -mod=mod",
	})
	if err != nil {
		t.Fatal(err)
	}
	if settings.GoCommand() == "" {
		t.Skip("no go command")
	}
	g := load(t, archive)
	views := append(slices.Clone(g.Views()), g.WorkspaceView())
	last := 0
	progress := func(done, total int) {
		if done != last+1 || total != len(views) {
			t.Errorf("%d of %d after %d", done, total, last)
		}
		last = done
	}
	got, err := Compare(t.Context(), views, Options{Settings: settings, Root: dir, Jobs: 2, Progress: progress})
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range got {
		want := map[string]Result{
			"stale":  BothRefuse,    // for a toolchain line that says nothing
			"team/a": NotComparable, // a sibling's replace line does not count, and nobody has what it replaces
		}[c.View.Dir()]
		if want == "" {
			want = Agree
		}
		if c.Result != want || c.View != views[i] {
			t.Errorf("%q: got %s", c.View.Dir(), show(c))
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "team", "go.work.sum")); err == nil {
		t.Error("go.work.sum was written")
	}
}

func TestNoGo(t *testing.T) {
	t.Parallel()
	settings, err := gocmd.ReadSettings(t.Context(), []string{"GOENV=off", "PATH=" + t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Compare(t.Context(), []*graph.View{}, Options{Settings: settings}); !errors.Is(err, gocmd.ErrNoGo) {
		t.Errorf("got %v", err)
	}
}
