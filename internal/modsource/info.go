package modsource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/module"
)

// An infoFile is what a .info file says, field by field as the go command writes it (modfetch writeDiskStat).
type infoFile struct {
	Version string
	Time    time.Time
	Origin  *infoOrigin `json:",omitempty"`
}

// An infoOrigin is what go keeps of codehost.Origin: what would only say that a tag may move is left out.
type infoOrigin struct {
	VCS    string `json:",omitempty"`
	URL    string `json:",omitempty"`
	Subdir string `json:",omitempty"`
	Hash   string `json:",omitempty"`
	Ref    string `json:",omitempty"`
}

// Infos brings the .info files of module versions into the module cache. Nothing in modgov needs them: they are what
// `go list -m` wants besides go.mod files, for each version that it lists, before it works without a network. errs is
// as long as mods and in its order; errs[i] is nil if the file is there, or was fetched along GOPROXY as ModFiles
// would, else an *Error or the error of ctx. A .info file only says when a version was made: no sum covers it.
func (s *Source) Infos(ctx context.Context, mods []module.Version) (errs []error) {
	jobs := make([]*job, len(mods))
	for i, mod := range mods {
		jobs[i] = newJob(mod)
	}
	each(ctx, jobs, s.o.Jobs, func(ctx context.Context, j *job) {
		if err := s.info(ctx, j); err != nil {
			err.Mod = j.mod
			j.entry.err = err
		}
	})
	var direct []*job
	for _, j := range jobs {
		if j.handover != "" && ctx.Err() == nil {
			direct = append(direct, j)
		}
	}
	s.count(0, len(direct))
	s.fromGo(ctx, direct) // which fetches both files
	s.finishCache(context.WithoutCancel(ctx))
	errs = make([]error, len(mods))
	for i, j := range jobs {
		switch {
		case j.entry.err != nil:
			errs[i] = j.entry.err
		case ctx.Err() != nil:
			errs[i] = ctx.Err()
		case j.handover != "" && !s.hasInfo(j):
			errs[i] = &Error{Mod: j.mod, Kind: Transport, Err: errors.New("the go command left no .info file"), From: j.file}
		}
	}
	return errs
}

// info brings one file into the cache, or hands the job over to the go command.
func (s *Source) info(ctx context.Context, j *job) (err *Error) {
	var pathErr error
	if j.path, pathErr = cachePath(j.mod); pathErr != nil {
		return &Error{Kind: Invalid, Err: pathErr}
	}
	if s.cache.dir == "" {
		return &Error{Kind: Setting, Err: errNoCache, Hint: "set GOMODCACHE"}
	}
	j.file = modFile(s.cache.dir, j.path)
	switch {
	case s.hasInfo(j):
		return nil
	case s.private(j.mod.Path) && !s.o.Offline:
		j.handover = "direct"
		return nil
	}
	j.handover, err = s.walk(ctx, func(p *proxy) *Error {
		data, from, err := s.ask(ctx, p, j.path+".info")
		if err != nil {
			return err
		}
		return keepInfo(j, data, from)
	})
	if j.handover != "" {
		return nil
	}
	return err
}

// infoName returns the place of the .info file of a job.
func infoName(j *job) string { return j.file[:len(j.file)-len(".mod")] + ".info" }

// hasInfo reports whether the module cache has a .info file that go would take.
func (s *Source) hasInfo(j *job) bool {
	data, err := readFile(infoName(j))
	var info infoFile
	return err == nil && json.Unmarshal(data, &info) == nil && info.Version == j.mod.Version
}

// keepInfo writes the answer of a proxy to the module cache, once it is about the version that was asked for.
func keepInfo(j *job, data []byte, from string) *Error {
	var info infoFile
	if err := json.Unmarshal(data, &info); err != nil {
		return &Error{Kind: Malformed, From: from, Err: fmt.Errorf("invalid response from proxy: %w", err)}
	}
	if info.Version != j.mod.Version {
		return &Error{Kind: Malformed, From: from,
			Err: fmt.Errorf("proxy returned info for version %s instead of requested version", info.Version)}
	}
	if module.IsPseudoVersion(info.Version) && info.Origin != nil {
		info.Origin.Ref = ""
	}
	text, err := json.Marshal(info)
	if err == nil {
		err = writeFileIn(infoName(j), text)
	}
	if err != nil {
		return &Error{Kind: Transport, Err: fmt.Errorf("keep it in the module cache: %w", err), final: true}
	}
	return nil
}

// writeFileIn writes a file whole or not at all, in a directory that may not be there yet.
func writeFileIn(name string, data []byte) error {
	err := writeFile(name, data)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(name), 0o777); err == nil {
			err = writeFile(name, data)
		}
	}
	return err
}
