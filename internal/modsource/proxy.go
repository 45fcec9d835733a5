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

	"golang.org/x/mod/module"
)

// maxSilence is how many requests in a row a proxy may leave without any answer before it is not asked again: a dead
// proxy then costs one time limit, not one for each module.
const maxSilence = 8

// A proxy is one entry of GOPROXY.
type proxy struct {
	word       string   // "off" or "direct", "" for a URL
	base       *url.URL // https, http or file
	onAnyError bool     // "|" follows: any error goes on to the next entry, not only not-found
	rest       string   // GOPROXY from this entry on

	silent atomic.Int32          // requests without an answer since the last one with
	dead   atomic.Pointer[Error] // the last of them, once there were too many
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

// fromProxies walks GOPROXY for one job. It ends with an answer, an error, or a handover to the go command. Which of
// several errors counts is go's rule (modfetch TryProxies): one from version control before one from a proxy before
// not-found.
func (s *Source) fromProxies(ctx context.Context, j *job) {
	switch {
	case s.o.Offline:
		s.settle(ctx, j, nil, s.off())
		return
	case s.proxyErr != nil:
		s.settle(ctx, j, nil, &Error{Kind: Setting, Err: s.proxyErr, Hint: "correct GOPROXY"})
		return
	case s.private(j.mod.Path):
		j.handover = "direct"
		return
	}
	for _, p := range s.proxies {
		var err *Error
		switch p.word {
		case "off":
			err = s.off()
		case "direct":
			j.handover = p.rest
			return
		default:
			data, from, fetchErr := s.ask(ctx, p, j.path)
			if fetchErr == nil {
				sum, badErr := s.received(j, data, from)
				s.settle(ctx, j, sum, badErr)
				return
			}
			if err = fetchErr; s.wantsLogin(p, err) {
				j.best, j.handover = err, p.rest
				return
			}
		}
		if j.best == nil || j.best.missing() || !err.missing() {
			j.best = err
		}
		if ctx.Err() != nil || !p.onAnyError && !err.missing() {
			break
		}
	}
	s.settle(ctx, j, nil, j.best)
}

// ask fetches the .mod file of a version from one proxy, unless that has stopped to answer.
func (s *Source) ask(ctx context.Context, p *proxy, path string) (data []byte, from string, _ *Error) {
	u := *p.base
	u.Path = strings.TrimSuffix(u.Path, "/") + "/" + path + ".mod"
	if u.RawPath != "" { // the base has an escape of its own, such as %2F, that must stay
		u.RawPath = strings.TrimSuffix(u.RawPath, "/") + "/" + escapePath(path) + ".mod"
	}
	from = redact(&u)
	if dead := p.dead.Load(); dead != nil {
		return nil, from, &Error{Kind: dead.Kind, From: from, Hint: dead.Hint, Err: fmt.Errorf(
			"not asked, as %d requests in a row had no answer from %s: %w", maxSilence, redact(p.base), dead.Err)}
	}
	data, err := s.client.get(ctx, &u)
	if err == nil {
		p.silent.Store(0)
		return data, from, nil
	}
	err.From = from
	switch {
	case ctx.Err() != nil, u.Scheme == "file":
	case err.status != 0:
		p.silent.Store(0)
	case p.silent.Add(1) >= maxSilence:
		p.dead.Store(err)
	}
	return nil, from, err
}

// escapePath escapes a slash-separated path for a URL.
func escapePath(path string) string { return strings.ReplaceAll(url.PathEscape(path), "%2F", "/") }

// wantsLogin reports whether a proxy asks for credentials that the go command may have (go-semantics 6.8).
func (s *Source) wantsLogin(p *proxy, err *Error) bool {
	login := err.status == http.StatusUnauthorized || err.status == http.StatusForbidden
	return login && p.base.Scheme == "https" && s.o.Settings.Get("GOAUTH") != "off" && s.o.Settings.GoCommand() != ""
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
