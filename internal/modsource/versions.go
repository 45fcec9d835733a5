package modsource

import (
	"context"
	"strings"

	"golang.org/x/mod/module"
)

// Versions are the versions of a module that have a tag, retracted or not, in ascending order.
type Versions struct {
	Tagged []string // all of them
	// Usable are those that go chooses from for a module that has no +incompatible one (go-semantics 6.6): such a version
	// counts only where the highest other one has no go.mod file.
	Usable []string
}

// Versions asks for the versions of each module: the proxies for their lists, the go command for what GOPROXY or
// GOPRIVATE leaves to version control. Nothing is remembered. Both results are as long as paths and in its order;
// errs[i] is nil, an *Error, or the error of ctx. A module without tags has no versions, and no error.
func (s *Source) Versions(ctx context.Context, paths []string) (versions []Versions, errs []error) {
	queries := make([]*query, len(paths))
	for i, path := range paths {
		queries[i] = &query{path: path}
	}
	s.count(0, len(queries))
	each(ctx, queries, s.o.Jobs, s.findVersions)
	s.queryGo(ctx, withHandover(queries), "-versions")

	versions, errs = make([]Versions, len(paths)), make([]error, len(paths))
	for i, q := range queries {
		if q.err == nil {
			versions[i].Tagged = tagged(q.path, q.lines)
			versions[i].Usable, q.err = s.candidates(ctx, q.path, q.lines)
		}
		switch {
		case ctx.Err() != nil:
			errs[i] = ctx.Err()
		case q.err != nil:
			q.err.Mod.Path = q.path
			errs[i] = q.err
		}
	}
	return versions, errs
}

// findVersions reads the list of one module.
func (s *Source) findVersions(ctx context.Context, q *query) {
	defer s.count(1, 0)
	var err error
	if q.place, err = module.EscapePath(q.path); err != nil {
		q.err = &Error{Kind: Invalid, Err: err}
		return
	}
	if s.private(q.path) && !s.o.Offline {
		q.handover = "direct"
		return
	}
	q.handover, q.err = s.walk(ctx, func(p *proxy) *Error {
		data, _, err := s.ask(ctx, p, q.place+"/@v/list")
		if err == nil {
			q.lines = strings.Split(string(data), "\n")
		}
		return err
	})
	if q.handover != "" {
		q.err = nil // what the go command says counts
	}
}
