package modsource

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/modgov/modgov/internal/gocmd"
)

// queryGo finds the newest versions of the modules that GOPROXY or GOPRIVATE leaves to version control, by one run of
// the go command for all that have the same GOPROXY. Flags are those of go list -m besides its own.
func (s *Source) queryGo(ctx context.Context, queries []*query, flags ...string) {
	groups := make(map[string][]*query)
	for _, q := range queries {
		groups[q.handover] = append(groups[q.handover], q)
	}
	for _, goproxy := range slices.Sorted(maps.Keys(groups)) {
		group := groups[goproxy]
		for len(group) > 0 && ctx.Err() == nil {
			n := fitting(group, func(q *query) int { return len(q.path) + len("@latest") })
			s.queryGroup(ctx, goproxy, group[:n], flags)
			group = group[n:]
		}
	}
}

func (s *Source) queryGroup(ctx context.Context, goproxy string, group []*query, flags []string) {
	if s.o.Settings.GoCommand() == "" {
		for _, q := range group {
			q.err = &Error{Kind: NoGo, Err: errNoGo, Hint: "put go on PATH, or name a proxy in GOPROXY that has the module"}
		}
		return
	}
	args := slices.Concat([]string{"list", "-m", "-e", "-retracted", "-json"}, flags, []string{"--"})
	for _, q := range group {
		args = append(args, q.path+"@latest")
	}
	var out []byte
	var runErr error
	err := s.besideGo(goproxy, nil, func(work string, env []string) {
		limited, cancel := context.WithTimeout(ctx, goTimeouts*s.o.Timeout)
		defer cancel()
		out, runErr = s.o.Settings.Run(limited, gocmd.Command{Dir: work, Args: args, Env: env})
	})
	if err != nil {
		runErr = err
	}
	said := make(map[string]listAnswer)
	for _, m := range listAnswers(out) {
		said[m.Path] = m
	}
	for _, q := range group {
		q.answer(said[q.path], runErr)
	}
}

// answer takes what go said of a module, and how the run ended.
func (q *query) answer(said listAnswer, runErr error) {
	switch {
	case said.Error != nil:
		q.err = &Error{Kind: Transport, Err: errors.New(said.Error.Err)}
		if saysNotFound(said.Error.Err) {
			q.err.Kind = NotFound
		}
	case said.Version != "" && said.Version != "latest":
		q.latest.Version, q.lines = said.Version, said.Versions
	case errors.Is(runErr, context.DeadlineExceeded):
		q.err = &Error{Kind: Timeout, Err: fmt.Errorf("the go command was stopped: %w", runErr)}
	case runErr != nil:
		q.err = &Error{Kind: Transport, Err: runErr}
	default:
		q.err = &Error{Kind: Transport, Err: errors.New("the go command gave no answer")}
	}
}
