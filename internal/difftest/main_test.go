package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/modgov/modgov/internal/difftest/universe"
	"github.com/modgov/modgov/internal/gocmd"
)

func newSoak(out *bytes.Buffer) *soak {
	c := counts{features: map[string]int{}, refusals: map[universe.Kind]int{}}
	return &soak{n: 3, jobs: 2, seed: 1, out: out, counts: c}
}

// A soak counts what it saw.
func TestSoak(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := newSoak(&out)
	if err := s.run(t.Context()); errors.Is(err, gocmd.ErrNoGo) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(out.String(), "3 universes in ") || s.counts.different != 0 {
		t.Errorf("it printed\n%s", out.String())
	}
	for _, f := range universe.FeatureNames() {
		if !strings.Contains(out.String(), "  "+f+"\n") {
			t.Errorf("no count for %q", f)
		}
	}
}

// With -show it prints universes that can be parsed, in the order of the seeds.
func TestShow(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := newSoak(&out)
	s.show, s.jobs = true, 1
	if err := s.run(t.Context()); errors.Is(err, gocmd.ErrNoGo) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	if _, err := universe.Parse(out.Bytes()); err != nil {
		t.Error(err)
	}
	if a, b := strings.Index(out.String(), "seed 1\n"), strings.Index(out.String(), "seed 3\n"); a != 0 || b < a {
		t.Errorf("seeds at %d and %d", a, b)
	}
}

// An interrupted soak ends with the error of its context.
func TestSoakStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if err := newSoak(&out).run(ctx); err == nil {
		t.Error("no error")
	}
}
