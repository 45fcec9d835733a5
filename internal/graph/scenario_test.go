package graph_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modgov/modgov/internal/difftest/universe"
	"github.com/modgov/modgov/internal/gocmd"
)

var update = flag.Bool("update", false, "write what the go command says into the scenarios")

// TestScenarios holds the engine to the scenarios of go-semantics section 7 (docs/exactness.md has the table). Each is
// a repository, a proxy, and what the go command says in every module and in the workspace; without a go command that
// is compared with the engine, in memory. With one, go is asked again.
func TestScenarios(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/scenario/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no scenarios:", err)
	}
	judge, err := universe.NewJudge(t.Context(), t.TempDir())
	if err != nil && !errors.Is(err, gocmd.ErrNoGo) {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			u, err := universe.Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			if judge != nil {
				askGo(t, judge, u, name)
			}
			diffs, err := u.CheckWant(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range diffs {
				t.Error("in memory:", d)
			}
		})
	}
}

// askGo compares a scenario with the go command: what that says, and what the file says that it says.
func askGo(t *testing.T, judge *universe.Judge, u *universe.Universe, name string) {
	t.Helper()
	verdicts, err := judge.Compare(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range verdicts {
		for _, d := range v.Diffs {
			t.Errorf("%s: %s", v.View, d)
		}
		stated, err := universe.ParseAnswer(u.Want[v.View])
		if err != nil {
			t.Errorf("%s: %v", v.View, err)
		}
		if v.Go.EqualTo(stated) && u.Want[v.View] != "" {
			continue
		}
		if !*update {
			t.Errorf("%s: go says\n%s\nthe scenario says that go says\n%s", v.View, v.Go.Format(), u.Want[v.View])
		}
		u.Want[v.View] = v.Go.Format()
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(name, u.Format(), 0o666); err != nil {
			t.Fatal(fmt.Errorf("update: %w", err))
		}
	}
}
