// Command cold measures a cold start: an empty module cache, and a proxy that takes its time for every answer, as in a
// CI job that no cache was restored for. It prints how long modgov list takes for all modules of a tree of the corpus,
// and how long the loop that people write, "for each module: GOWORK=off go list -m all"; each run starts from an empty
// cache. Afterwards it proves that what modgov left in its module cache is all that go needs: GOPROXY=off go mod graph
// must work in every module.
//
//	go run ./bench/cold -corpus DIR [-tree etcd] [-latency 20ms] [-procs 2] [-runs 3] [-timeout 15m]
//
// DIR is an unpacked corpus: trees/NAME and proxy/. The proxy is part of the command: it listens on the loopback
// interface and ends with it. Both sides run with GOSUMDB=off and GOMAXPROCS as -procs says.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

func main() {
	var b bench
	flag.StringVar(&b.corpus, "corpus", "", "unpacked corpus directory")
	flag.StringVar(&b.tree, "tree", "etcd", "tree of the corpus")
	flag.DurationVar(&b.latency, "latency", 20*time.Millisecond, "time that the proxy takes for an answer")
	flag.IntVar(&b.procs, "procs", 2, "GOMAXPROCS of both sides")
	flag.IntVar(&b.runs, "runs", 3, "interleaved runs of each side")
	timeout := flag.Duration("timeout", 15*time.Minute, "give up after that")
	flag.Parse()
	ctx, cancel := context.WithTimeout(context.Background(), *timeout)
	defer cancel()
	if err := b.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "cold:", err)
		os.Exit(1)
	}
}

// A bench is one comparison.
type bench struct {
	corpus, tree string
	latency      time.Duration
	procs, runs  int

	root     string   // of the tree
	dirs     []string // its modules
	work     string   // everything that is written stands below
	modgov   string   // the command
	proxy    string   // its URL
	requests atomic.Int64
}

func (b *bench) run(ctx context.Context) (err error) {
	if b.corpus == "" {
		return errors.New("-corpus DIR is needed")
	}
	if b.corpus, err = filepath.Abs(b.corpus); err != nil {
		return err
	}
	b.root = filepath.Join(b.corpus, "trees", b.tree)
	if b.dirs, err = modules(b.root); err != nil {
		return err
	}
	if b.work, err = os.MkdirTemp("", "modgov-cold-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.work)) }()
	b.modgov = filepath.Join(b.work, "modgov")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", b.modgov, "./cmd/modgov").CombinedOutput(); err != nil {
		return fmt.Errorf("build modgov: %w\n%s", err, out)
	}
	stop, err := b.serve(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	return b.compare(ctx)
}

// serve starts the proxy and returns what stops it.
func (b *bench) serve(ctx context.Context) (stop func() error, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	files := http.FileServer(http.Dir(filepath.Join(b.corpus, "proxy")))
	server := &http.Server{
		ReadHeaderTimeout: time.Minute,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b.requests.Add(1)
			time.Sleep(b.latency)
			files.ServeHTTP(w, r)
		}),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	b.proxy = "http://" + listener.Addr().String()
	return func() error {
		closeErr := server.Close()
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			return errors.Join(closeErr, err)
		}
		return closeErr
	}, nil
}

// A side is one way to do the job, and how long it took each time.
type side struct {
	name     string
	args     []string
	took     []time.Duration
	requests int64 // of the last run
}

// compare runs both sides in turn, each time with caches of its own, and prints the result. Nothing is removed before
// the end: some file systems are slow to make files for a while after many were removed.
func (b *bench) compare(ctx context.Context) error {
	loop := "for d in \"$@\"; do (cd \"$d\" && go list -m all) >/dev/null || exit 1; done"
	ours := &side{name: "modgov list", args: []string{b.modgov, "--root", b.root, "list", "--json"}}
	theirs := &side{name: "loop of go list -m all", args: append([]string{"sh", "-c", loop, "loop"}, b.dirs...)}
	files := 0
	for i := range b.runs {
		for _, s := range []*side{ours, theirs} {
			cache := filepath.Join(b.work, fmt.Sprintf("%d-%s", i, strings.Fields(s.name)[0]))
			if err := b.once(ctx, s, cache); err != nil {
				return err
			}
			if s == ours {
				if err := b.prove(ctx, cache); err != nil {
					return err
				}
				files = count(cache, ".mod")
			}
		}
	}
	fmt.Printf("%s: %d modules, %d go.mod files, empty caches, %v per answer, GOMAXPROCS=%d, medians of %d runs\n",
		b.tree, len(b.dirs), files, b.latency, b.procs, b.runs)
	for _, s := range []*side{ours, theirs} {
		fmt.Printf("  %-24s %7.2f s  %6d requests\n", s.name, s.median().Seconds(), s.requests)
	}
	fmt.Printf("  modgov is %.1f times as fast; GOPROXY=off go mod graph works in all modules with its cache\n",
		theirs.median().Seconds()/ours.median().Seconds())
	return nil
}

// once runs one side with caches below a new directory.
func (b *bench) once(ctx context.Context, s *side, cache string) error {
	cmd := exec.CommandContext(ctx, s.args[0], s.args[1:]...)
	cmd.Env = b.env(cache, b.proxy)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	before, began := b.requests.Load(), time.Now()
	err := cmd.Run()
	s.took = append(s.took, time.Since(began))
	s.requests = b.requests.Load() - before
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", s.name, err, stderr.String())
	}
	return nil
}

// prove lets go load the graph of every module from the module cache alone.
func (b *bench) prove(ctx context.Context, cache string) error {
	for _, dir := range b.dirs {
		cmd := exec.CommandContext(ctx, "go", "mod", "graph")
		cmd.Dir, cmd.Env = dir, b.env(cache, "off")
		var stderr strings.Builder
		cmd.Stderr = &stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("GOPROXY=off go mod graph in %s: %w\n%s", dir, err, stderr.String())
		}
	}
	return nil
}

func (b *bench) env(cache, proxy string) []string {
	return append(os.Environ(), "GOPROXY="+proxy, "GOMODCACHE="+filepath.Join(cache, "mod"),
		"XDG_CACHE_HOME="+filepath.Join(cache, "user"), "GOFLAGS=-modcacherw", "GOSUMDB=off", "GOWORK=off", "GOENV=off",
		"GOTOOLCHAIN=local", "GOTELEMETRY=off", fmt.Sprint("GOMAXPROCS=", b.procs))
}

func (s *side) median() time.Duration {
	slices.Sort(s.took)
	return s.took[len(s.took)/2]
}

// modules lists the directories of a tree that hold a go.mod file.
func modules(root string) ([]string, error) {
	var dirs []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == "go.mod" {
			dirs = append(dirs, filepath.Dir(path))
		}
		return err
	})
	return dirs, err
}

// count counts the files below a directory that have an extension.
func count(dir, ext string) int {
	n := 0
	_ = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ext {
			n++
		}
		return nil
	})
	return n
}
