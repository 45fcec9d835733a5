// Difftest compares modgov's engine with the go command on random universes of modules.
//
//	go run ./internal/difftest -n 10000 -seed 1
//
// It prints each universe on which the two differ, made as small as it goes, as txtar text that can stand as a case in
// internal/graph/testdata/scenario; then what go accepted and refused, and how often each feature occurred. It exits 1
// if there was a difference. The go command runs offline in a temporary directory.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/modgov/modgov/internal/difftest/universe"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s := soak{out: os.Stdout, counts: counts{features: map[string]int{}, refusals: map[universe.Kind]int{}}}
	flag.IntVar(&s.n, "n", 1000, "number of universes")
	flag.Uint64Var(&s.seed, "seed", 1, "seed of the first; each next one has the next seed")
	flag.IntVar(&s.jobs, "jobs", runtime.GOMAXPROCS(0), "universes at a time")
	flag.BoolVar(&s.show, "show", false, "print the universes and ask nobody")
	flag.Parse()
	err := s.run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "difftest:", err)
	}
	if err != nil || s.counts.different > 0 {
		os.Exit(1)
	}
}

// A soak compares a range of seeds.
type soak struct {
	n, jobs int
	seed    uint64
	show    bool
	out     io.Writer
	counts  counts
}

// A result is the comparison of one universe.
type result struct {
	seed     uint64
	u        *universe.Universe
	verdicts []universe.Verdict
}

func (s *soak) run(ctx context.Context) (err error) {
	tmp, err := os.MkdirTemp("", "difftest-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	judge, err := universe.NewJudge(ctx, tmp)
	if err != nil {
		return err
	}
	began := time.Now()
	results := make(chan result)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(max(s.jobs, 1))
	done := make(chan error, 1)
	go func() {
		defer close(results)
		for i := range uint64(s.n) {
			if gctx.Err() != nil {
				break
			}
			group.Go(func() error { return s.one(gctx, judge, s.seed+i, results) })
		}
		done <- group.Wait()
	}()
	for r := range results {
		if err == nil {
			err = s.take(ctx, judge, r)
		}
		if err != nil {
			cancel() // and wait for those that run: they have files open
		}
	}
	s.counts.print(s.out, time.Since(began))
	return errors.Join(err, <-done)
}

// one makes and compares one universe.
func (s *soak) one(ctx context.Context, judge *universe.Judge, seed uint64, results chan<- result) error {
	u, err := universe.Generate(ctx, seed)
	if err != nil {
		return err
	}
	r := result{seed: seed, u: u}
	if !s.show {
		if r.verdicts, err = judge.Compare(ctx, u); err != nil {
			return fmt.Errorf("seed %d: %w", seed, err)
		}
	}
	select {
	case results <- r:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// take counts a result, and shrinks and prints it if go and the engine differ.
func (s *soak) take(ctx context.Context, judge *universe.Judge, r result) error {
	if s.show {
		_, err := s.out.Write(r.u.Format())
		return err
	}
	s.counts.add(r)
	if !differs(r.verdicts) {
		return nil
	}
	s.counts.different++
	small, err := universe.Shrink(r.u, func(u *universe.Universe) (bool, error) {
		verdicts, err := judge.Compare(ctx, u)
		return differs(verdicts), err
	})
	if err != nil {
		return err
	}
	verdicts, err := judge.Compare(ctx, small)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "seed %d differs:\n", r.seed)
	for _, v := range verdicts {
		for _, d := range v.Diffs {
			fmt.Fprintf(s.out, "  %s: %s\n", v.View, d)
		}
	}
	_, err = fmt.Fprintf(s.out, "made small:\n%s\n", small.Format())
	return err
}

func differs(verdicts []universe.Verdict) bool {
	for _, v := range verdicts {
		if len(v.Diffs) > 0 {
			return true
		}
	}
	return false
}
