package modsource

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/modgov/modgov/internal/workspace"
	"golang.org/x/mod/module"
)

const (
	// maxSilence is how many requests in a row a proxy may leave without any answer before it is not asked again: a
	// dead proxy then costs one time limit, not one for each module. One that only ever has errors to tell is not
	// asked twice for the same any more.
	maxSilence = 8

	// maxTries is how many requests one thing is worth as long as only passing errors come, moreTries while the proxy has
	// answers for others: of a thousand modules a few meet three errors in a row even at a proxy that fails rarely.
	maxTries  = 3
	moreTries = 6
	maxPause  = 10 * time.Second // the longest pause before a further one; a server that asks for more gets none
)

// A proxy is one entry of GOPROXY, or the base of a checksum database.
type proxy struct {
	word       string   // "off" or "direct", "" for a URL
	base       *url.URL // https, http or file
	onAnyError bool     // "|" follows: any error goes on to the next entry, not only not-found
	rest       string   // GOPROXY from this entry on

	silent atomic.Int32          // requests without an answer since the last one with
	dead   atomic.Pointer[Error] // the last of them, once there were too many
	good   atomic.Int32          // answers
	vain   atomic.Int32          // things not had in spite of all tries since the last answer
}

// parseProxies reads a GOPROXY list (go-semantics 6.5, modfetch proxyList). An error never quotes an entry that could
// not be read, as it may hold a password.
func parseProxies(list string) (proxies []*proxy, err error) {
	for n := 1; list != ""; n++ {
		p := &proxy{rest: list}
		text := list
		if i := strings.IndexAny(list, ",|"); i >= 0 {
			text, list, p.onAnyError = list[:i], list[i+1:], list[i] == '|'
		} else {
			list = ""
		}
		switch text = strings.TrimSpace(text); text {
		case "":
			continue
		case "off", "direct": // both end the list
			p.word, p.rest = text, text
			return append(proxies, p), nil
		}
		if p.base, err = parseProxy(text); err != nil {
			return nil, fmt.Errorf("GOPROXY, entry %d: %w", n, err)
		}
		proxies = append(proxies, p)
	}
	if len(proxies) == 0 {
		return nil, errors.New("GOPROXY list is not the empty string, but contains no entries")
	}
	return proxies, nil
}

// parseProxy reads one URL of GOPROXY; what looks like a host has https:// understood before it.
func parseProxy(text string) (*url.URL, error) {
	if strings.ContainsAny(text, ".:/") && !strings.Contains(text, ":/") && !filepath.IsAbs(text) && !path.IsAbs(text) {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("not a URL")
	}
	switch u.Scheme {
	case "https":
	case "http":
		if u.User != nil {
			return nil, fmt.Errorf("refusing to pass credentials to insecure URL: %s", redact(u))
		}
	case "file":
		if *u != (url.URL{Scheme: u.Scheme, Path: u.Path, RawPath: u.RawPath}) {
			return nil, fmt.Errorf("invalid file:// proxy URL with non-path elements: %s", redact(u))
		}
	case "":
		return nil, fmt.Errorf("invalid proxy URL missing scheme: %s", redact(u))
	default:
		return nil, fmt.Errorf("invalid proxy URL scheme (must be https, http, file): %s", redact(u))
	}
	return u, nil
}

// redact returns a URL for people's eyes: without user, password and query, which may be secrets each.
func redact(u *url.URL) string {
	shown := *u
	shown.Fragment, shown.RawFragment = "", ""
	if shown.User != nil {
		shown.User = url.User("xxxxx")
	}
	if shown.RawQuery != "" {
		shown.RawQuery = "xxxxx"
	}
	return shown.String()
}

// private reports whether a module bypasses the proxies (go-semantics 6.5, 6.7). GOPROXY=off does not keep go from
// fetching such a module; Offline does.
func (s *Source) private(path string) bool {
	return module.MatchPrefixPatterns(s.o.Settings.Get("GONOPROXY"), path)
}

// fromProxies walks GOPROXY for the .mod file of one job. It ends with an answer, an error, or a handover to the go
// command.
func (s *Source) fromProxies(ctx context.Context, j *job) {
	if s.private(j.mod.Path) && !s.o.Offline {
		j.handover = "direct"
		return
	}
	var sum *workspace.Summary
	handover, err := s.walk(ctx, func(p *proxy) *Error {
		data, from, err := s.ask(ctx, p, j.path+".mod")
		if err == nil {
			sum, err = s.received(ctx, j, data, from)
		}
		return err
	})
	if err != nil && (j.best == nil || !err.missing()) {
		j.best = err
	}
	switch {
	case handover != "":
		j.handover = handover
	case err != nil:
		s.settle(ctx, j, nil, j.best)
	default:
		s.settle(ctx, j, sum, nil)
	}
}

// walk lets ask try the entries of GOPROXY in turn, as go does (modfetch TryProxies): a "," lets it go on after a
// not-found only, a "|" after any error that is not final. The error is the one that go would show: one that says more
// than not-found, else the first. A handover is the rest of GOPROXY from an entry on that only the go command can use.
func (s *Source) walk(ctx context.Context, ask func(*proxy) *Error) (handover string, best *Error) {
	switch {
	case s.o.Offline:
		return "", s.off()
	case s.proxyErr != nil:
		return "", &Error{Kind: Setting, Err: s.proxyErr, Hint: "correct GOPROXY"}
	}
	for _, p := range s.proxies {
		var err *Error
		switch p.word {
		case "off":
			err = s.off()
		case "direct":
			return p.rest, best
		default:
			if err = ask(p); err == nil {
				return "", nil
			}
			if s.wantsLogin(p, err) {
				return p.rest, err
			}
		}
		if best == nil || best.missing() || !err.missing() {
			best = err
		}
		if ctx.Err() != nil || err.final || !p.onAnyError && !err.missing() {
			break
		}
	}
	return "", best
}

// ask fetches what is below the base of a proxy, unless that has stopped to answer. Errors that may pass are tried
// again after a pause.
func (s *Source) ask(ctx context.Context, p *proxy, rel string) (data []byte, from string, _ *Error) {
	u := p.at(rel)
	from = redact(u)
	before := p.good.Load()
	for try := 1; ; try++ {
		if dead := p.dead.Load(); dead != nil {
			return nil, from, &Error{Kind: dead.Kind, From: from, Hint: dead.Hint, Err: fmt.Errorf(
				"not asked, as %d requests in a row had no answer from %s: %w", maxSilence, redact(p.base), dead.Err)}
		}
		data, err := s.client.get(ctx, u)
		p.heard(ctx, err)
		if err == nil {
			return data, from, nil
		}
		err.From = from
		last := try >= maxTries && p.good.Load() == before || try >= moreTries || p.vain.Load() >= maxSilence
		if !err.passing || last || !s.client.pause(ctx, try, err.wait) {
			if err.passing && last {
				p.vain.Add(1)
			}
			return nil, from, err
		}
	}
}

// at returns the URL of what is below the base of a proxy; rel holds no escapes.
func (p *proxy) at(rel string) *url.URL {
	u := *p.base
	u.Path = strings.TrimSuffix(u.Path, "/") + "/" + rel
	if u.RawPath != "" { // the base has an escape of its own, such as %2F, that must stay
		u.RawPath = strings.TrimSuffix(u.RawPath, "/") + "/" + escapePath(rel)
	}
	return &u
}

// heard keeps count of what the answers of a proxy are like.
func (p *proxy) heard(ctx context.Context, err *Error) {
	switch {
	case err == nil, err.missing() && err.status != 0:
		p.good.Add(1)
		p.silent.Store(0)
		p.vain.Store(0)
	case ctx.Err() != nil, p.base.Scheme == "file":
	case err.status != 0:
		p.silent.Store(0)
	case p.silent.Add(1) >= maxSilence:
		last := *err // the caller's own is still to be completed
		p.dead.Store(&last)
	}
}

// escapePath escapes a slash-separated path for a URL.
func escapePath(path string) string { return strings.ReplaceAll(url.PathEscape(path), "%2F", "/") }

// wantsLogin reports whether a proxy asks for credentials that the go command may have (go-semantics 6.8). A server
// that hides what exists says 404 to strangers; that counts where there are credentials for its host.
func (s *Source) wantsLogin(p *proxy, err *Error) bool {
	if p.base.Scheme != "https" || s.o.Settings.GoCommand() == "" {
		return false
	}
	switch err.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return s.o.Settings.Get("GOAUTH") != "off"
	case http.StatusNotFound, http.StatusGone:
		return s.o.Settings.HasLogin(p.base.Host)
	}
	return false
}

// off is the error where GOPROXY, or the user, forbids to fetch.
func (s *Source) off() *Error {
	e := &Error{Kind: Off, Err: errors.New("module lookup disabled by GOPROXY=off")}
	if s.o.Offline {
		e.Hint = "it is not in the module cache; run once without --offline"
	} else {
		e.Hint = "it is not in the module cache; set GOPROXY, or fill the cache with go mod download"
	}
	return e
}
