package modsource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// A Latest is what the newest version of a module says about the module and all its versions (go-semantics 1.32).
type Latest struct {
	Path       string
	Version    string    // the newest, retracted or not, as PATH@latest finds it if nothing is excluded
	Asked      time.Time // when that was found out; at most a day ago
	Deprecated string    // the author's words, which may have several lines; "" if the module is not deprecated
	Retracts   []Retract // in file order
}

// A Retract is a range of versions that the author took back.
type Retract struct {
	Low, High string // both belong to the range
	Rationale string // the author's words, which may have several lines; often ""
}

// Retracted reports whether a version was taken back, with the rationale of each range that has it and gives one.
func (l *Latest) Retracted(version string) (rationales []string, retracted bool) {
	for _, r := range l.Retracts {
		if semver.Compare(r.Low, version) > 0 || semver.Compare(version, r.High) > 0 {
			continue
		}
		retracted = true
		if r.Rationale != "" {
			rationales = append(rationales, r.Rationale)
		}
	}
	return rationales, retracted
}

// A query is the way of one module path to its newest version.
type query struct {
	path     string
	place    string // escaped
	latest   Latest
	lines    []string // of the list of versions, if Versions asks
	handover string   // GOPROXY for the go command, once only that can go on
	err      *Error
}

// Latest asks for the newest version of each module and reads its go.mod file, verified as ModFiles does it. Answers
// are kept in modgov's own cache directory and serve for a day, for all processes with the same GOPROXY and GONOPROXY.
// Both results are as long as paths and in its order; errs[i] is nil, an *Error, or the error of ctx. Of kind NotFound
// are modules that have no version, or that no proxy knows: go then takes nothing for retracted or deprecated.
func (s *Source) Latest(ctx context.Context, paths []string) (latest []Latest, errs []error) {
	queries := make(map[string]*query)
	var open []*query
	for _, path := range paths {
		if queries[path] == nil {
			queries[path] = &query{path: path}
			open = append(open, queries[path])
		}
	}
	s.count(0, len(open))
	each(ctx, open, s.o.Jobs, s.findLatest)
	s.queryGo(ctx, withHandover(open))
	s.readLatest(ctx, open)

	latest, errs = make([]Latest, len(paths)), make([]error, len(paths))
	for i, path := range paths {
		switch q := queries[path]; {
		case !q.latest.Asked.IsZero():
			latest[i] = q.latest
		case ctx.Err() != nil:
			errs[i] = ctx.Err()
		default:
			q.err.Mod = module.Version{Path: path, Version: q.latest.Version}
			errs[i] = q.err
		}
	}
	return latest, errs
}

// withHandover returns the queries that only the go command can answer.
func withHandover(queries []*query) (direct []*query) {
	for _, q := range queries {
		if q.handover != "" {
			direct = append(direct, q)
		}
	}
	return direct
}

// findLatest finds the newest version of one module, or what was found earlier today.
func (s *Source) findLatest(ctx context.Context, q *query) {
	defer s.count(1, 0)
	var err error
	if q.place, err = module.EscapePath(q.path); err != nil {
		q.err = &Error{Kind: Invalid, Err: err}
		return
	}
	if s.remembered(q) {
		return
	}
	if s.private(q.path) && !s.o.Offline {
		q.handover = "direct"
		return
	}
	q.handover, q.err = s.walk(ctx, func(p *proxy) *Error { return s.queryProxy(ctx, p, q) })
	if q.handover != "" {
		q.err = nil // what the go command says counts
	}
}

// queryProxy asks one proxy for the newest version: the highest release of its list, else the highest prerelease, else
// what it calls the latest (modload queryProxy).
func (s *Source) queryProxy(ctx context.Context, p *proxy, q *query) *Error {
	data, from, err := s.ask(ctx, p, q.place+"/@v/list")
	if err != nil {
		return err
	}
	lines := strings.Split(string(data), "\n")
	versions, err := s.candidates(ctx, q.path, lines)
	if err != nil {
		return err
	}
	isPrerelease := func(v string) bool { return semver.Prerelease(v) != "" }
	if releases := slices.DeleteFunc(slices.Clone(versions), isPrerelease); len(releases) > 0 {
		versions = releases
	}
	if len(versions) > 0 {
		q.latest.Version = versions[len(versions)-1]
		return nil
	}
	if q.latest.Version, err = s.askLatest(ctx, p, q.place); err != nil && err.missing() {
		q.latest.Version = newestPseudo(lines)
	} else if err != nil {
		return err
	}
	if _, err := cachePath(module.Version{Path: q.path, Version: q.latest.Version}); err != nil {
		return &Error{Kind: NotFound, From: from, Err: errors.New("no matching versions for query \"latest\"")}
	}
	return nil
}

// candidates returns the tagged versions of a list that may be the newest, in ascending order: those that say
// +incompatible only where the highest other one has no go.mod file (modload filterVersions).
func (s *Source) candidates(ctx context.Context, path string, lines []string) ([]string, *Error) {
	versions := tagged(path, lines)
	first := slices.IndexFunc(versions, func(v string) bool { return strings.HasSuffix(v, "+incompatible") })
	if first <= 0 {
		return versions, nil
	}
	mod := module.Version{Path: path, Version: versions[first-1]}
	job := s.texts(ctx, []module.Version{mod})[0]
	if err := job.failure(ctx); err != nil {
		return nil, err
	}
	if made := "module " + modfile.AutoQuote(path) + "\n"; string(job.text) != made {
		return versions[:first], nil
	}
	return versions, nil
}

// tagged returns the tagged versions of a list, in ascending order.
func tagged(path string, lines []string) (versions []string) {
	for _, line := range lines {
		f := strings.Fields(line)
		if len(f) > 0 && module.CanonicalVersion(f[0]) == f[0] && module.Check(path, f[0]) == nil &&
			!module.IsPseudoVersion(f[0]) {
			versions = append(versions, f[0])
		}
	}
	semver.Sort(versions)
	return versions
}

// askLatest asks a proxy what it calls the latest version, which it need not know.
func (s *Source) askLatest(ctx context.Context, p *proxy, place string) (string, *Error) {
	data, from, err := s.ask(ctx, p, place+"/@latest")
	if err != nil {
		return "", err
	}
	var info infoFile
	if err := json.Unmarshal(data, &info); err != nil {
		return "", &Error{Kind: Malformed, From: from, Err: fmt.Errorf("invalid response from proxy: %w", err)}
	}
	return info.Version, nil
}

// newestPseudo returns the version of a list that was made last, "" if none tells its time (modfetch latestFromList).
func newestPseudo(lines []string) (newest string) {
	var best time.Time
	for _, line := range lines {
		f := strings.Fields(line)
		if len(f) == 0 || !semver.IsValid(f[0]) {
			continue
		}
		made, err := module.PseudoVersionTime(f[0])
		if len(f) > 1 {
			made, err = time.Parse(time.RFC3339, f[1])
		}
		if err == nil && best.Before(made) {
			best, newest = made, f[0]
		}
	}
	return newest
}

// readLatest reads the go.mod files of the versions that were found, and remembers what they say.
func (s *Source) readLatest(ctx context.Context, queries []*query) {
	var found []*query
	var mods []module.Version
	for _, q := range queries {
		if q.err == nil && q.latest.Version != "" && q.latest.Asked.IsZero() {
			found = append(found, q)
			mods = append(mods, module.Version{Path: q.path, Version: q.latest.Version})
		}
	}
	for i, j := range s.texts(ctx, mods) {
		q := found[i]
		if q.err = j.failure(ctx); q.err == nil {
			q.err = q.read(j.text)
		}
		if q.err != nil {
			continue
		}
		q.latest.Path, q.latest.Asked = q.path, time.Now().UTC().Truncate(time.Second)
		if j.kept {
			s.remember(q)
		}
	}
}

// read takes what counts here from a go.mod file. It may be that of another path: renamed modules keep their
// retractions.
func (q *query) read(text []byte) *Error {
	f, err := modfile.ParseLax("go.mod", text, nil)
	if err != nil {
		return &Error{Kind: Malformed, Err: firstError(err)}
	}
	if f.Module != nil {
		q.latest.Deprecated = f.Module.Deprecated
	}
	for _, r := range f.Retract {
		q.latest.Retracts = append(q.latest.Retracts, Retract{Low: r.Low, High: r.High, Rationale: r.Rationale})
	}
	return nil
}

// texts finds and verifies go.mod files as ModFiles does, and returns finished jobs with the files themselves.
func (s *Source) texts(ctx context.Context, mods []module.Version) []*job {
	jobs := make([]*job, len(mods))
	for i, mod := range mods {
		jobs[i] = newJob(mod)
		jobs[i].wantText = true
	}
	s.count(0, len(jobs))
	s.load(ctx, jobs)
	return jobs
}

// failure returns why a finished job has no answer, nil if it has one.
func (j *job) failure(ctx context.Context) *Error {
	var err *Error
	if j.entry.sum == nil && !errors.As(j.entry.err, &err) {
		err = &Error{Kind: Transport, Err: ctx.Err()}
	}
	return err
}
