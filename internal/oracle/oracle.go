// Package oracle holds what the engine computes against what the go command says of the same files: the build list and
// the requirement graph of each module alone and of the workspace, line by line and in order. Where go refuses, the
// engine has to refuse for the same reason.
//
// The go command is asked where the files are, with the environment that the settings were read from, and writes
// nothing but its caches: "go list -m -mod=readonly all", which answers in vendored modules too, and "go mod graph",
// which shows the graph that an update of go.mod gives and never makes that update (go-semantics 2.1 to 2.15). In a
// workspace "go list" would write go.work.sum, so it works on a copy of that file (3.18).
package oracle

import (
	"context"
	"os"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/modgov/modgov/internal/gocmd"
	"github.com/modgov/modgov/internal/graph"
)

// A Result says how the go command and the engine stand to each other.
type Result string

// The results, from the best to the worst.
const (
	Agree         Result = "agree"          // the same list, and the same graph
	BothRefuse    Result = "both-refuse"    // go has no list, and the engine says the same reason
	NotComparable Result = "not-comparable" // one of the two could not read what the other read
	Differ        Result = "differ"
)

// A Comparison is what became of one view.
type Comparison struct {
	View   *graph.View
	Result Result
	// Reason says why both refuse, or why there is nothing to compare; "" otherwise.
	Reason string
	// TooNew tells that there is nothing to compare because a go line is above the version of the go command.
	TooNew bool
	// Modules and Edges are how many lines the list and the graph of go have, 0 where it refuses.
	Modules, Edges int
	// Differences are one for the list and one for the graph, where they differ.
	Differences []Difference
}

// A Difference is where two answers part.
type Difference struct {
	Command string // "go list -m all" or "go mod graph"
	// Line is the first line that is not the same, from 1; 0 if one of the two refuses, or both for other reasons.
	Line int
	// Go and Engine are a few lines of each from there on, none where it has no more; or what a refusal says.
	Go, Engine []string
	// GoLines and EngineLines are how many lines each answer has.
	GoLines, EngineLines int
}

// Options say how the go command is asked.
type Options struct {
	Settings *gocmd.Settings
	Root     string // absolute directory of the repository, with the separators of the system
	Jobs     int    // how many processes at once, at least 1
	// Progress hears how many views are done; nil for nobody. Calls do not overlap.
	Progress func(done, total int)
}

// Compare asks the go command about each view. The results have the order of the views. The error is gocmd.ErrNoGo if
// there is no go command, that it could not be started, or that of ctx: what go refuses is a result.
func Compare(ctx context.Context, views []*graph.View, o Options) (_ []Comparison, err error) {
	if o.Settings.GoCommand() == "" {
		return nil, gocmd.ErrNoGo
	}
	tmp, err := os.MkdirTemp("", "modgov-oracle-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if removeErr := os.RemoveAll(tmp); err == nil {
			err = removeErr
		}
	}()
	out := make([]Comparison, len(views))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(max(o.Jobs, 1))
	progress := o.counter(len(views))
	for i, v := range views {
		group.Go(func() error {
			said, err := (&asker{o, v, tmp}).ask(gctx)
			if err != nil {
				return err
			}
			out[i] = compare(v, said, newEngine(v))
			progress()
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return out, nil
}

// counter returns the function that tells that one more view is done.
func (o *Options) counter(total int) func() {
	var mu sync.Mutex
	done := 0
	return func() {
		mu.Lock()
		defer mu.Unlock()
		done++
		if o.Progress != nil {
			o.Progress(done, total)
		}
	}
}
