package modsource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/sync/errgroup"

	"github.com/modgov/modgov/internal/gocmd"
)

// A Zip is the file in the module cache that has the code of a module version.
type Zip struct {
	File string // absolute, in the form of the operating system
	H1   string // hash of what is in it, as go.sum has it: for the caller to compare
	Err  error  // why it cannot be had
}

// Zips returns the zip files of module versions, in their order. Those that are not in the module cache the go command
// fetches into it, with one process for all, and checks them by the checksum database where the environment asks for it;
// hashes are what the repository's go.sum files say of them, by which go checks first. With Options.Offline nothing is
// fetched.
func (s *Source) Zips(ctx context.Context, mods []module.Version, hashes func(module.Version) []string) []Zip {
	zips := make([]Zip, len(mods))
	var missing []*job
	at := map[module.Version]int{}
	for i, mod := range mods {
		j := newJob(mod)
		if j.path, zips[i].Err = cachePath(mod); zips[i].Err != nil {
			continue
		}
		zips[i].File = zipFile(s.cache.dir, j.path)
		if _, err := os.Stat(zips[i].File); err == nil && s.cache.dir != "" {
			continue
		}
		at[mod] = i
		missing = append(missing, j)
	}
	if len(missing) > 0 {
		s.download(ctx, missing, hashes, func(mod module.Version, err error) { zips[at[mod]].Err = err })
	}
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range zips {
		group.Go(func() error {
			if z := &zips[i]; z.Err == nil {
				z.H1, z.Err = dirhash.HashZip(z.File, dirhash.Hash1)
			}
			return nil
		})
	}
	_ = group.Wait() // each has its own error
	return zips
}

func zipFile(dir, path string) string {
	return filepath.Join(dir, "cache", "download", filepath.FromSlash(path)+".zip")
}

// download lets the go command fetch zip files, and tells of those that it cannot have.
func (s *Source) download(
	ctx context.Context, jobs []*job, hashes func(module.Version) []string, fail func(module.Version, error),
) {
	failAll := func(jobs []*job, err error) {
		for _, j := range jobs {
			fail(j.mod, fmt.Errorf("the code of %s: %w", j.mod, err))
		}
	}
	switch {
	case s.cache.dir == "":
		failAll(jobs, errNoCache)
		return
	case s.o.Offline:
		failAll(jobs, errors.New("it is not in the module cache, and --offline forbids to fetch it"))
		return
	case s.o.Settings.GoCommand() == "":
		failAll(jobs, errors.New("it is not in the module cache, and there is no go command to fetch it"))
		return
	}
	dir, err := os.MkdirTemp("", "modgov-")
	if err != nil {
		failAll(jobs, err)
		return
	}
	defer os.RemoveAll(dir) // nothing of worth is in it
	var sums strings.Builder
	for _, j := range jobs {
		for _, h := range hashes(j.mod) {
			fmt.Fprintf(&sums, "%s %s %s\n", j.mod.Path, j.mod.Version, h)
		}
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module modgov.invalid/download\n\ngo 1.17\n"), 0o666),
		os.WriteFile(filepath.Join(dir, "go.sum"), []byte(sums.String()), 0o666))
	if err != nil {
		failAll(jobs, err)
		return
	}
	for len(jobs) > 0 && ctx.Err() == nil {
		n := fitting(jobs, func(j *job) int { return len(j.mod.Path) + len(j.mod.Version) })
		s.runDownload(ctx, dir, jobs[:n], failAll)
		jobs = jobs[n:]
	}
	if ctx.Err() != nil {
		failAll(jobs, ctx.Err())
	}
}

// runDownload is one run of go mod download. It tells of each version in a document of its own, and goes on after one
// that it cannot have.
func (s *Source) runDownload(ctx context.Context, dir string, jobs []*job, failAll func([]*job, error)) {
	args := []string{"mod", "download", "-json", "--"}
	for _, j := range jobs {
		args = append(args, j.mod.String())
	}
	limited, cancel := context.WithTimeout(ctx, goTimeouts*s.o.Timeout)
	defer cancel()
	out, runErr := s.o.Settings.Run(limited, gocmd.Command{Dir: dir, Args: args})
	said := map[module.Version]string{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var answer struct{ Path, Version, Error, Zip string }
		if err := dec.Decode(&answer); err != nil {
			break // the end, or where go stopped
		}
		mod := module.Version{Path: answer.Path, Version: answer.Version}
		if said[mod] = answer.Error; answer.Error == "" && answer.Zip == "" {
			said[mod] = "go mod download names no file"
		}
	}
	for _, j := range jobs {
		switch text, known := said[j.mod]; {
		case known && text != "":
			failAll([]*job{j}, errors.New(text))
		case !known && runErr != nil:
			failAll([]*job{j}, runErr)
		case !known:
			failAll([]*job{j}, errors.New("go mod download says nothing of it"))
		}
	}
}
