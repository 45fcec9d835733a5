package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/modgov/modgov/internal/gocmd"
)

// try runs a soak of a few fixed seeds.
func try(t *testing.T, n int, seed uint64, corpus string, names ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("a minute of go commands")
	}
	var out bytes.Buffer
	s := &soak{names: names, n: n, jobs: 2, seed: seed, corpus: corpus, out: &out, counts: newCounts()}
	if err := s.run(t.Context()); errors.Is(err, gocmd.ErrNoGo) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	if s.counts.trials != n || s.counts.failed > 0 || s.counts.vacuous() {
		t.Errorf("it printed\n%s", out.String())
	}
}

// Trees of the corpus, where it is at hand.
func TestCorpus(t *testing.T) {
	t.Parallel()
	corpus := os.Getenv("MODGOV_CORPUS")
	if corpus == "" {
		corpus = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(filepath.Join(corpus, "corpus.tar.gz")); err != nil {
		t.Skip("no corpus here (MODGOV_CORPUS)")
	}
	try(t, 5, 1, corpus, corpusTrees()...)
}

// The fixture, and a repository with source that is made for the purpose.
func TestSource(t *testing.T) {
	t.Parallel()
	try(t, 5, 3, "", "generated", "teams")
}

func TestWithoutForm(t *testing.T) {
	got := withoutForm([]string{
		"-require (", "-	example.org/x00 v1.0.1 // indirect", "-	example.org/x01 v1.1.0 // indirect", "-)",
		"+require example.org/x00 v1.0.1 // indirect", "+require example.org/x02 v1.0.0",
	})
	want := []string{"-require (", "-	example.org/x01 v1.1.0 // indirect", "-)", "+require example.org/x02 v1.0.0"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
