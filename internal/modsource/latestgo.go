package modsource

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/modgov/modgov/internal/gocmd"
)

// queryGo finds the newest versions of the modules that GOPROXY or GOPRIVATE leaves to version control, by one run of
// the go command for all that have the same GOPROXY. Flags are those of go list -m besides its own.
func (s *Source) queryGo(ctx context.Context, queries []*query, flags ...string) {
	handOver(queries, func(q *query) (string, int) { return q.handover, len(q.path) + len("@latest") },
		func(goproxy string, group []*query) {
			if ctx.Err() == nil {
				s.queryGroup(ctx, goproxy, group, flags)
			}
		})
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
