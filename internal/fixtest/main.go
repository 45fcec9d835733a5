// Fixtest breaks repositories on purpose and holds modgov fix to what it promises of them.
//
//	go run ./internal/fixtest -corpus DIR -n 200
//	go run ./internal/fixtest -subjects teams,generated -n 100
//
// The repositories are trees of the corpus (-corpus names the directory with corpus.tar.gz, or where it was unpacked),
// fixtures/teams as fix leaves it, and generated ones with source. Each seed draws a policy that the healthy repository
// keeps, and breaks a copy: requirements are lowered, siblings raised without those that depend on them, /go.mod sums
// and replace lines lost. After fix (where a replace line was dropped, after fix --replace --rule
// replace-missing-sibling; where there is source, every other time fix --tidy)
//
//   - check passes: no error is there that was not there before the breaking,
//   - go accepts every module that it accepted before the breaking,
//   - nothing that the policy names has a lower version than before the breaking, and nothing at all a lower one than
//     after it,
//   - where there is source, each module builds alone and in the workspace, and go mod tidy asks for nothing new but,
//     without --tidy, to drop indirect requirements that became superfluous, and their sums,
//   - a second fix changes nothing; and a plan that is refused has changed nothing either.
//
// To look at one again: -subjects NAME -seed SEED -n 1 -keep DIR.
//
// It prints what does not hold, with the breakages, and counts in the end. It exits 1 if something does not hold, or
// fewer than four of five broken repositories got a plan that was written.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s := soak{out: os.Stdout, counts: newCounts()}
	names := flag.String("subjects", strings.Join(corpusTrees(), ","), "trees of the corpus, teams, generated")
	flag.IntVar(&s.n, "n", 30, "number of breakings, in turn of each subject")
	flag.Uint64Var(&s.seed, "seed", 1, "seed of the first; each next one has the next seed")
	flag.IntVar(&s.jobs, "jobs", runtime.GOMAXPROCS(0), "breakings at a time")
	flag.StringVar(&s.corpus, "corpus", os.Getenv("MODGOV_CORPUS"), "directory of the corpus")
	flag.StringVar(&s.modgov, "modgov", "", "the command (default: built from the source here)")
	flag.StringVar(&s.keep, "keep", "", "directory where the fixed repositories stay")
	flag.Parse()
	s.names = strings.Split(*names, ",")
	err := s.run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "fixtest:", err)
	}
	if err != nil || s.counts.failed > 0 || s.counts.vacuous() {
		os.Exit(1)
	}
}

// A soak tries a range of seeds.
type soak struct {
	names   []string // of subjects
	n, jobs int
	seed    uint64
	corpus  string
	modgov  string
	keep    string
	out     io.Writer

	mu     sync.Mutex
	counts counts
}

func (s *soak) run(ctx context.Context) (err error) {
	l, err := newLab(ctx, s.modgov, s.corpus)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	began := time.Now()
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(max(s.jobs, 1))
	for i := range s.n {
		seed := s.seed + uint64(i)
		var subject *subject
		if subject, err = l.subject(ctx, s.names[i%len(s.names)], seed); err != nil {
			break
		}
		group.Go(func() error { return s.one(gctx, l, subject, seed) })
	}
	err = errors.Join(err, group.Wait())
	s.counts.print(s.out, time.Since(began))
	return err
}

func (s *soak) one(ctx context.Context, l *lab, subject *subject, seed uint64) error {
	dir := s.keep
	if dir == "" {
		dir = filepath.Join(l.tmp, "trials")
	}
	t, err := subject.try(ctx, dir, seed)
	if err != nil {
		return fmt.Errorf("%s, seed %d: %w", subject.name, seed, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts.add(t)
	s.show(t)
	if s.keep == "" {
		return os.RemoveAll(t.root)
	}
	return nil
}

// show prints a trial that did not end well.
func (s *soak) show(t *trial) {
	if len(t.problems)+len(t.refused) == 0 {
		return
	}
	fmt.Fprintf(s.out, "%s, seed %d:\n", t.name, t.seed)
	for _, b := range t.did {
		fmt.Fprintf(s.out, "  %s\n", b)
	}
	for _, r := range t.refused {
		fmt.Fprintf(s.out, "  REFUSED %s\n", strings.Join(strings.Fields(r), " "))
	}
	for _, p := range t.problems {
		fmt.Fprintf(s.out, "  WRONG %s\n", p)
	}
}
