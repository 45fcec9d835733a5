package modsource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestFlakyProxy: a proxy that fails one request in five, in several ways, is good enough.
func TestFlakyProxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mods := w.many("m", 100)
	var n atomic.Int32
	proxy := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		switch i := n.Add(1); {
		case i%20 == 0:
			rw.WriteHeader(http.StatusBadGateway)
		case i%20 == 5:
			panic(http.ErrAbortHandler)
		case i%20 == 10:
			rw.Header().Set("Content-Length", "1000")
			fmt.Fprint(rw, "module ")
		case i%20 == 15:
			rw.Header().Set("Retry-After", "0")
			rw.WriteHeader(http.StatusTooManyRequests)
		default:
			text, _ := w.text(r.URL.Path)
			fmt.Fprint(rw, text)
		}
	})
	s := w.source("GOPROXY="+proxy, "GOSUMDB=off")
	_, errs := s.ModFiles(t.Context(), mods)
	if err := errors.Join(errs...); err != nil || len(s.Notes()) > 0 {
		t.Errorf("%v, notes %q", err, s.Notes())
	}
	w.wantKept(true, mods...)
}

// TestTries: what may pass is tried three times if nothing else gets through, what stays is not.
func TestTries(t *testing.T) {
	t.Parallel()
	status := func(code int) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(code) }
	}
	cases := []struct {
		name    string
		bad     http.HandlerFunc
		times   int32 // how often
		want    int32 // requests
		kind    Kind  // "": answered
		timeout time.Duration
	}{
		{name: "500 once", bad: status(500), times: 1, want: 2},
		{name: "503 twice", bad: status(503), times: 2, want: 3},
		{name: "504 always", bad: status(504), times: 9, want: 3, kind: Transport},
		{name: "429", bad: status(429), times: 2, want: 3},
		{name: "a patient server", times: 9, want: 1, kind: Transport, bad: func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Retry-After", "3600")
			rw.WriteHeader(http.StatusServiceUnavailable)
		}},
		{name: "it hangs up", times: 2, want: 3, bad: func(http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		}},
		{name: "it hangs", times: 2, want: 3, timeout: 200 * time.Millisecond,
			bad: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{name: "it always hangs", times: 9, want: 3, timeout: 50 * time.Millisecond, kind: Timeout,
			bad: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{name: "404", bad: status(404), times: 9, want: 1, kind: NotFound},
		{name: "403", bad: status(403), times: 9, want: 1, kind: Transport},
		{name: "501", bad: status(501), times: 9, want: 1, kind: Transport},
		{name: "other bits", times: 9, want: 1, kind: Checksum, bad: func(rw http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(rw, "module x\n")
		}},
		{name: "a redirect to a file", times: 9, want: 1, kind: Transport,
			bad: http.RedirectHandler("file:///etc/hosts", http.StatusFound).ServeHTTP},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := w.covered("example.com/a@v1.0.0")
			var n atomic.Int32
			proxy := serve(t, func(rw http.ResponseWriter, r *http.Request) {
				if n.Add(1) <= tc.times {
					tc.bad(rw, r)
					return
				}
				fmt.Fprint(rw, w.modules[a.String()])
			})
			w.o.Timeout = tc.timeout
			s := w.source("GOPROXY=" + proxy)
			if tc.kind == "" {
				want(t, s, a)
			} else if e := wantError(t, s, a, tc.kind); tc.name == "a patient server" && !strings.Contains(e.Hint, "1h0m0s") {
				t.Errorf("hint %q", e.Hint)
			}
			if got := n.Load(); got != tc.want {
				t.Errorf("%d requests, want %d", got, tc.want)
			}
			w.wantKept(tc.kind == "", a)
		})
	}
}

// TestVainTries: a proxy that has nothing but errors is not asked three times for each of many modules.
func TestVainTries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mods := w.many("m", 200)
	var n atomic.Int32
	proxy := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		n.Add(1)
		http.Error(rw, "down for maintenance", http.StatusServiceUnavailable)
	})
	_, errs := w.source("GOPROXY="+proxy).ModFiles(t.Context(), mods)
	for _, err := range errs {
		if err == nil || !strings.Contains(err.Error(), "503 Service Unavailable: server response: down for maintenance") {
			t.Fatalf("error %v", err)
		}
	}
	if got := n.Load(); got > 300 {
		t.Errorf("%d requests for 200 modules", got)
	}
}

// TestPauses: the pause before a further request is what the server asks for, within reason, and ends with the context.
func TestPauses(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "5": 5 * time.Second, "-5": 0, "soon": 0, "99999999999": 0,
		"Mon, 23 Nov 2026 12:00:07 GMT": 7 * time.Second, "Mon, 23 Nov 2026 11:00:00 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	c := &client{first: 10 * time.Millisecond}
	for try, most := range map[int]time.Duration{1: 15 * time.Millisecond, 3: 60 * time.Millisecond} {
		began := time.Now()
		if !c.pause(t.Context(), try, 0) {
			t.Errorf("try %d: no pause", try)
		}
		if took := time.Since(began); took < most/3 {
			t.Errorf("try %d: a pause of %v", try, took)
		}
	}
	if c.pause(t.Context(), 1, maxPause+1) {
		t.Error("a pause that is too long")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if c.pause(ctx, 1, time.Second) {
		t.Error("a pause after the end")
	}
}

// TestInsecure: GOINSECURE is about version control, to which the go command goes; it opens no proxy (modfetch
// proxyRepo and lookupDirect).
func TestInsecure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.covered("example.com/a@v1.0.0")
	var n atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		n.Add(1)
		fmt.Fprint(rw, w.modules[a.String()])
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of the refused certificate
	server.StartTLS()
	t.Cleanup(server.Close)
	s := w.source("GOPROXY="+server.URL, "GOINSECURE=example.com")
	wantError(t, s, a, Transport, "certificate")
	s = w.source("GOPROXY="+server.URL, "GOINSECURE=example.com")
	s.client.http.Transport = server.Client().Transport
	want(t, s, a)
	if got := n.Load(); got != 1 {
		t.Errorf("%d requests", got)
	}
}
