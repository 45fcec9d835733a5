// Package modsource hands out the go.mod files of module versions outside the repository.
//
// A file is looked for where the go command looks, in its order: in the module cache, then along GOPROXY. Proxies
// (https, http, file) are asked natively and many at a time; what GOPROXY or GOPRIVATE leaves to version control goes
// through the go command, one `go list -m` for all such modules of a wave. Every file is hashed and compared with the
// go.sum lines that the caller knows. What was fetched and verified is written to the module cache as the go command
// would, so that it profits. Source: cmd/go/internal/modfetch; go-semantics 4.3, 4.4, 6.1 to 6.7.
package modsource

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/modgov/modgov/internal/gocmd"
	"github.com/modgov/modgov/internal/workspace"
	"golang.org/x/mod/module"
)

const (
	maxJobs        = 32
	defaultTimeout = time.Minute
	maxFile        = 16 << 20 // bytes; the limit of the go command for a go.mod file in a zip (go-semantics 1.36)
)

// Options say where go.mod files are looked for.
type Options struct {
	Settings *gocmd.Settings // required
	Offline  bool            // nothing but the module cache is asked, not even for private modules

	// Sums returns the hashes that the repository's go.sum files hold for PATH VERSION/go.mod ("h1:..."), nil if
	// none has a line. It is called from several goroutines at once. A nil function knows no line.
	Sums func(module.Version) []string

	// Progress, if not nil, hears how many versions are done of those asked for so far. Calls never overlap; it must
	// not call the Source.
	Progress func(done, total int)

	Jobs    int           // concurrent requests; 0 and more than 32 mean 32
	Timeout time.Duration // for one request, answer and all; 0 means a minute. The go command gets ten times as long

	// cacheDir is modgov's own cache directory, for what Latest remembers; "" is modgov below the user's cache directory.
	cacheDir string
}

// A Source hands out go.mod files and remembers them. It may be used by several goroutines at once.
type Source struct {
	o        Options
	proxies  []*proxy
	proxyErr error // why GOPROXY cannot be understood; only versions that need it fail
	cache    *modCache
	client   *client
	sumDB    *sumDB

	mu    sync.Mutex // guards memo and notes
	memo  map[module.Version]*entry
	notes notes

	progress    sync.Mutex // guards what follows, and is held while Options.Progress runs
	done, total int
}

// An entry is the answer for one version. Sum and err are set before ready is closed.
type entry struct {
	ready chan struct{}
	sum   *workspace.Summary
	err   error
}

// A job is the way of one version to its answer.
type job struct {
	mod      module.Version
	entry    *entry
	path     string // "github.com/!burnt!sushi/toml/@v/v1.0.0": where the cache and the proxies have it
	file     string // in the module cache, "" if there is none
	cacheErr error  // why that file cannot be used, if it is there
	handover string // GOPROXY for the go command, once only that can go on
	best     *Error // what the proxies before said, or what is wrong with the file in the module cache
	wantText bool
	text     []byte // the go.mod file itself, if wanted and there is an answer
	kept     bool   // it may be kept: something vouches for it, or it was in the module cache
}

// newJob makes a job whose answer is for its maker alone.
func newJob(mod module.Version) *job {
	return &job{mod: mod, entry: &entry{ready: make(chan struct{})}}
}

// New makes a Source. It reads no file and asks nobody; a GOPROXY or GOMODCACHE that is of no use shows in the
// errors and Notes of the versions that need it.
func New(o Options) (*Source, error) {
	if o.Settings == nil {
		return nil, errors.New("modsource: no settings of the go command")
	}
	if o.Jobs <= 0 || o.Jobs > maxJobs {
		o.Jobs = maxJobs
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	s := &Source{o: o, memo: make(map[module.Version]*entry), client: newClient(o.Jobs, o.Timeout)}
	s.proxies, s.proxyErr = parseProxies(o.Settings.Get("GOPROXY"))
	s.cache, s.notes.cache = openCache(o.Settings.Get("GOMODCACHE"))
	s.sumDB = newSumDB(s)
	return s, nil
}

// ModFiles returns the summaries of one breadth-first wave of module versions, which must be canonical. Both results
// are as long as mods and in its order; errs[i] is nil, or an *Error that says why the file of mods[i] cannot be
// had, or the error of ctx where that ended first. A version is fetched once in the life of a Source, whatever the
// outcome, unless ctx ended; asking again costs nothing. The summaries are shared: do not change them.
func (s *Source) ModFiles(ctx context.Context, mods []module.Version) (sums []*workspace.Summary, errs []error) {
	entries, own := s.claim(mods)
	s.load(ctx, own)
	s.publish(own)

	sums, errs = make([]*workspace.Summary, len(mods)), make([]error, len(mods))
	for i, e := range entries {
		switch {
		case e.wait(ctx):
			sums[i], errs[i] = e.sum, e.err
		case ctx.Err() != nil:
			errs[i] = ctx.Err()
		default: // another call had taken this version on and was cancelled, this one was not
			again, err := s.ModFiles(ctx, mods[i:i+1])
			sums[i], errs[i] = again[0], err[0]
		}
	}
	return sums, errs
}

// wait waits for the answer of a version until ctx ends, and reports whether there is one.
func (e *entry) wait(ctx context.Context) bool {
	select {
	case <-e.ready:
		return !e.open()
	default:
	}
	select {
	case <-e.ready:
		return !e.open()
	case <-ctx.Done():
		return false
	}
}

// open reports whether an entry has no answer yet or, once it is ready, was given up because a context ended.
func (e *entry) open() bool { return e.sum == nil && e.err == nil }

// Notes returns what a user should know about the files handed out so far, one sentence each, in a fixed order.
func (s *Source) Notes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.notes.list()
}

// claim returns the entry of each version, and the jobs for those that nobody has taken on yet.
func (s *Source) claim(mods []module.Version) (entries []*entry, own []*job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ready := make(chan struct{}) // one for the wave: it is published as a whole
	entries = make([]*entry, len(mods))
	for i, mod := range mods {
		e := s.memo[mod]
		if e == nil {
			e = &entry{ready: ready}
			s.memo[mod] = e
			own = append(own, &job{mod: mod, entry: e})
		}
		entries[i] = e
	}
	s.count(0, len(own))
	return entries, own
}

// publish makes the answers of the jobs known to all; jobs without one are forgotten.
func (s *Source) publish(own []*job) {
	if len(own) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	forgotten := unanswered(own)
	for _, j := range forgotten {
		delete(s.memo, j.mod)
	}
	s.count(0, -len(forgotten))
	close(own[0].entry.ready)
}

// load finds the answer of each job, unless ctx ends: first from the disk, as fast as it can be parsed, then from
// the proxies, then by one run of the go command.
func (s *Source) load(ctx context.Context, own []*job) {
	each(ctx, own, 2*runtime.GOMAXPROCS(0), s.fromCache)
	own = unanswered(own)
	each(ctx, own, s.o.Jobs, s.fromProxies)
	if own = unanswered(own); len(own) > 0 && ctx.Err() == nil {
		s.fromGo(ctx, own)
	}
	s.finishCache(context.WithoutCancel(ctx)) // the files are there, also when the run is over
}

// unanswered returns the jobs that have no answer yet.
func unanswered(jobs []*job) []*job {
	var left []*job
	for _, j := range jobs {
		if j.entry.open() {
			left = append(left, j)
		}
	}
	return left
}

// each calls f for the items, n at a time, until all are done or ctx has ended.
func each[T any](ctx context.Context, items []T, n int, f func(context.Context, T)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(n, len(items)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(items) {
					return
				}
				f(ctx, items[i])
			}
		})
	}
	wg.Wait()
}

// settle gives a job its answer; err may be nil. An error that only says that ctx ended is none.
func (s *Source) settle(ctx context.Context, j *job, sum *workspace.Summary, err *Error) {
	if err != nil {
		if ctx.Err() != nil {
			return
		}
		err.Mod = j.mod
		if j.cacheErr != nil && err.Kind != Checksum && err.Kind != Malformed {
			err.Hint = "the module cache has a file for it that cannot be used: " + j.cacheErr.Error()
		}
		j.entry.err = err
	} else {
		j.entry.sum = sum
	}
	s.count(1, 0)
}

// count adds to what Progress tells; it is told of answers only.
func (s *Source) count(done, total int) {
	s.progress.Lock()
	defer s.progress.Unlock()
	s.done += done
	s.total += total
	if done > 0 && s.o.Progress != nil {
		s.o.Progress(s.done, s.total)
	}
}
