package modsource

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/gocmd"
	"golang.org/x/mod/module"
)

const (
	goTimeouts = 10     // the go command may take so many request time limits: it clones repositories
	maxArgs    = 24_000 // bytes of module versions on one command line; Windows allows 32 KiB
)

var errNoGo = errors.New("fetching it directly needs the go command, and none was found")

// fromGo answers the jobs that were handed over, by one run of the go command for all that have the same GOPROXY,
// which is nearly always "direct".
func (s *Source) fromGo(ctx context.Context, jobs []*job) {
	if s.o.Settings.GoCommand() == "" {
		for _, j := range jobs {
			s.settle(ctx, j, nil, s.noGo(j))
		}
		return
	}
	handOver(jobs, func(j *job) (string, int) { return j.handover, len(j.mod.Path) + len(j.mod.Version) },
		func(goproxy string, group []*job) {
			if ctx.Err() == nil {
				s.runGo(ctx, goproxy, group)
			}
		})
}

// handOver runs the go command for groups of items that have the same GOPROXY, and that one command line can name. Of
// says what GOPROXY an item has and how long its name is.
func handOver[T any](items []T, of func(T) (goproxy string, length int), run func(goproxy string, group []T)) {
	groups := map[string][]T{}
	for _, item := range items {
		goproxy, _ := of(item)
		groups[goproxy] = append(groups[goproxy], item)
	}
	for _, goproxy := range slices.Sorted(maps.Keys(groups)) {
		for group := groups[goproxy]; len(group) > 0; {
			n := fitting(group, func(item T) int { _, length := of(item); return length })
			run(goproxy, group[:n])
			group = group[n:]
		}
	}
}

// fitting returns how many of the items a command line can name.
func fitting[T any](items []T, length func(T) int) int {
	size := 0
	for i, item := range items {
		size += length(item) + 2
		if size > maxArgs && i > 0 {
			return i
		}
	}
	return len(items)
}

// noGo is the error where only the go command could go on. What a proxy said before is not lost.
func (s *Source) noGo(j *job) *Error {
	e := &Error{
		Kind: NoGo,
		Err:  errNoGo,
		Hint: "put go on PATH, or run go mod download where it is, or name a proxy in GOPROXY that has the module",
	}
	if s.private(j.mod.Path) {
		e.Err = fmt.Errorf("GOPRIVATE or GONOPROXY keeps it from the proxies: %w", errNoGo)
	} else if j.best != nil {
		e.From = j.best.From
		e.Err = fmt.Errorf("%v; GOPROXY goes on with direct: %w", j.best.Err, errNoGo)
	}
	return e
}

// runGo lets the go command fetch the .info and .mod files of the jobs' versions (not their zips), then reads these
// from the module cache.
func (s *Source) runGo(ctx context.Context, goproxy string, jobs []*job) {
	err := s.besideGo(goproxy, jobs, func(work string, env []string) { s.listModules(ctx, work, env, jobs) })
	if err != nil {
		s.failAll(ctx, jobs, err)
	}
}

// besideGo prepares a directory and an environment for runs of the go command outside the repository, in a module made
// up for them: its go.sum has the lines that the repository has for the jobs' versions, so that go verifies before it
// keeps anything, by them or by the checksum database. If the module cache cannot be written, go gets a temporary one.
func (s *Source) besideGo(goproxy string, jobs []*job, run func(work string, env []string)) error {
	dir, err := os.MkdirTemp("", "modgov-")
	if err != nil {
		return err
	}
	defer func() {
		if err := os.RemoveAll(dir); err != nil {
			s.note(func(n *notes) { n.others = append(n.others, "a temporary directory is left: "+err.Error()) })
		}
	}()
	work, env, err := s.prepare(dir, goproxy, jobs)
	if err != nil {
		return err
	}
	run(work, env)
	return nil
}

// prepare fills the temporary directory of a run. Jobs get another cache file where go cannot write to the real one.
func (s *Source) prepare(dir, goproxy string, jobs []*job) (work string, env []string, err error) {
	work = filepath.Join(dir, "m")
	if err := os.Mkdir(work, 0o777); err != nil {
		return "", nil, err
	}
	var sums strings.Builder
	for _, j := range jobs {
		for _, h := range s.sums(j.mod) {
			fmt.Fprintf(&sums, "%s %s/go.mod %s\n", j.mod.Path, j.mod.Version, h)
		}
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(work, "go.mod"), []byte("module modgov.invalid/list\n\ngo 1.17\n"), 0o666),
		os.WriteFile(filepath.Join(work, "go.sum"), []byte(sums.String()), 0o666))
	if err != nil {
		return "", nil, err
	}
	cache := s.cache.dir
	if err := s.cache.writable(); err != nil {
		if cache != "" && len(jobs) > 0 {
			s.note(func(n *notes) {
				n.unkept += len(jobs) - 1
				n.unwritten(err)
			})
		}
		cache = filepath.Join(dir, "modcache")
		for _, j := range jobs {
			j.file = modFile(cache, j.path)
		}
	}
	return work, []string{"GOPROXY=" + goproxy, "GOMODCACHE=" + cache}, nil
}

// writable reports why the go command could not add a file to the module cache, nil if it can.
func (c *modCache) writable() error {
	if c.dir == "" {
		return errors.New("there is none")
	}
	dir := filepath.Join(c.dir, "cache", "download")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "modgov-*.tmp")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// listModules runs the go command for the jobs. It tells of each version that it cannot find, but stops at the first
// that go.sum or the checksum database refuses; the run is then made again in halves, which find what is there in the
// cache, until that version stands alone.
func (s *Source) listModules(ctx context.Context, work string, env []string, jobs []*job) {
	args := []string{"list", "-m", "-e", "-json", "--"}
	for _, j := range jobs {
		args = append(args, j.mod.String())
	}
	limited, cancel := context.WithTimeout(ctx, goTimeouts*s.o.Timeout)
	defer cancel()
	out, runErr := s.o.Settings.Run(limited, gocmd.Command{Dir: work, Args: args, Env: env})
	refused := refusedSum(runErr)
	if refused && len(jobs) > 1 {
		s.listModules(ctx, work, env, jobs[:len(jobs)/2])
		s.listModules(ctx, work, env, jobs[len(jobs)/2:])
		return
	}
	said := make(map[module.Version]string)
	for _, m := range listAnswers(out) {
		if m.Error != nil {
			said[module.Version{Path: m.Path, Version: m.Version}] = m.Error.Err
		}
	}
	for _, j := range jobs {
		if !refused {
			if s.readCached(ctx, j); !j.entry.open() {
				continue
			}
		}
		s.settle(ctx, j, nil, s.goError(j, said[j.mod], runErr))
	}
}

// refusedSum reports whether go stopped because a hash was wrong.
func refusedSum(err error) bool {
	var goErr *gocmd.Error
	return errors.As(err, &goErr) && strings.Contains(goErr.Stderr, "SECURITY ERROR")
}

// A listAnswer is what `go list -m -json` says of one module.
type listAnswer struct {
	Path, Version string
	Versions      []string
	Error         *struct{ Err string }
}

// listAnswers reads the output of go list, as far as it goes.
func listAnswers(out []byte) (said []listAnswer) {
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var m listAnswer
		if err := dec.Decode(&m); err != nil {
			return said // the end, or output cut short: go's exit tells why
		}
		said = append(said, m)
	}
}

// goError is the error of a version that the go command could not fetch: what it said of that version, else why it
// failed as a whole.
func (s *Source) goError(j *job, said string, runErr error) *Error {
	e := &Error{Kind: Transport, Hint: "see what go list -m -json " + j.mod.String() + " says outside the repository"}
	var goErr *gocmd.Error
	if said == "" && refusedSum(runErr) && errors.As(runErr, &goErr) {
		said = goErr.Stderr
	}
	switch {
	case strings.Contains(said, "checksum mismatch"):
		e.Kind = Checksum
		e.Err = errors.New(mismatch(said))
		e.Hint = "the bits are not those that go.sum or the checksum database records; do not use them"
	case said != "":
		e.Err = errors.New(strings.TrimPrefix(said, j.mod.String()+": "))
		if saysNotFound(said) {
			e.Kind = NotFound
		}
	case errors.Is(runErr, context.DeadlineExceeded):
		e.Kind = Timeout
		e.Err = fmt.Errorf("the go command was stopped after %v", goTimeouts*s.o.Timeout)
	case runErr != nil:
		e.Err = runErr
	default:
		e.Err = errors.New("the go command reported no error and fetched no go.mod file")
	}
	return e
}

// saysNotFound reports whether go's words mean that a version does not exist; there is no other sign of it.
func saysNotFound(said string) bool {
	return slices.ContainsFunc(
		[]string{"unknown revision", "not found", "404 Not Found", "410 Gone", "no matching versions"},
		func(sign string) bool { return strings.Contains(said, sign) })
}

// mismatch cuts "checksum mismatch" and the two hashes out of what go says.
func mismatch(said string) string {
	text, _, _ := strings.Cut(said, "SECURITY ERROR")
	return text[max(0, strings.Index(text, "checksum mismatch")):]
}

// failAll gives all jobs one error.
func (s *Source) failAll(ctx context.Context, jobs []*job, err error) {
	for _, j := range jobs {
		s.settle(ctx, j, nil, &Error{Kind: Transport, Err: err})
	}
}
