package modsource

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/module"
)

// answer serves one status and body whatever is asked.
func answer(t *testing.T, status int, contentType, body string) string {
	return serve(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", contentType)
		rw.WriteHeader(status)
		fmt.Fprint(rw, body)
	})
}

// TestProxyAnswers: each bad answer is one clear error, and nothing is kept.
func TestProxyAnswers(t *testing.T) {
	t.Parallel()
	const page = "<html><body>Please log in to the hotel's network</body></html>"
	cases := []struct {
		name    string
		covered bool
		url     func(t *testing.T) string
		kind    Kind
		parts   []string
	}{
		{"404", true, func(t *testing.T) string { return answer(t, 404, "text/plain; charset=utf-8", "not found: x\nmore") },
			NotFound, []string{"reading http://127.0.0.1", "/a/@v/v1.0.0.mod: 404 Not Found: server response: not found: x"},
		},
		{"410", true, func(t *testing.T) string { return answer(t, 410, "text/html", page) }, NotFound, []string{"410 Gone"}},
		{"500", true, func(t *testing.T) string { return answer(t, 500, "text/plain", "oh \x1b[31mno") }, Transport,
			[]string{"500 Internal Server Error: server response: oh \uFFFD[31mno"}},
		{"204", true, func(t *testing.T) string { return answer(t, 204, "", "") }, Transport, []string{"204 No Content"}},
		{"403", true, func(t *testing.T) string { return answer(t, 403, "", "") }, Transport, []string{"403 Forbidden"}},
		{"garbage with a go.sum line", true, func(t *testing.T) string { return answer(t, 200, "", page) }, Checksum,
			[]string{"verifying example.com/a@v1.0.0/go.mod: checksum mismatch", "downloaded: h1:", "go.sum: h1:"}},
		{"garbage without", false, func(t *testing.T) string { return answer(t, 200, "", page) }, Malformed,
			[]string{"parsing go.mod: missing module line (in http://127.0.0.1"}},
		{"broken lines", false, func(t *testing.T) string { return answer(t, 200, "", "module a.b\nrequire x\nrequire y\n") },
			Malformed, []string{"parsing go.mod: http://127.0.0.1", "v1.0.0.mod:2: usage: require module/path v1.2.3"}},
		{"other bits", true, func(t *testing.T) string { return answer(t, 200, "", "module example.com/a\n") }, Checksum,
			[]string{"checksum mismatch"}},
		{"nobody listens", true, func(t *testing.T) string {
			server := httptest.NewServer(nil)
			server.Close()
			return server.URL
		}, Transport, []string{"connection refused"}},
		{"it hangs up", true, func(t *testing.T) string {
			return serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		}, Transport, []string{"EOF"}},
		{"half an answer", true, func(t *testing.T) string {
			return serve(t, func(rw http.ResponseWriter, r *http.Request) {
				rw.Header().Set("Content-Length", "1000")
				fmt.Fprint(rw, "module example.com/a\n")
			})
		}, Transport, []string{"unexpected EOF"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := w.add("example.com/a@v1.0.0")
			if tc.covered {
				w.covered("example.com/a@v1.0.0")
			}
			s := w.source("GOSUMDB=off", "GOPROXY="+tc.url(t))
			wantError(t, s, a, tc.kind, tc.parts...)
			if exists(w.cacheDir()) {
				t.Error("something was written to the module cache")
			}
		})
	}
}

// TestHugeAnswer: an answer of 100 MB is given up at the limit.
func TestHugeAnswer(t *testing.T) {
	t.Parallel()
	for _, announced := range []bool{true, false} {
		var sent atomic.Int64
		proxy := serve(t, func(rw http.ResponseWriter, r *http.Request) {
			if announced {
				rw.Header().Set("Content-Length", "100000000")
			}
			chunk := []byte(strings.Repeat("// x\n", 20_000))
			for range 1000 {
				n, err := rw.Write(chunk)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		})
		w := newWorld(t)
		s := w.source("GOPROXY=" + proxy)
		wantError(t, s, version("example.com/a@v1.0.0"), TooLarge, "larger than 16 MiB")
		if sent.Load() > 60e6 {
			t.Errorf("announced %v: %d bytes were taken", announced, sent.Load())
		}
	}
}

// TestSlowProxy: neither silence nor a drip of bytes lasts longer than the time limit.
func TestSlowProxy(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]string{"silent": "", "dripping": "m"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := serve(t, func(rw http.ResponseWriter, r *http.Request) {
				for r.Context().Err() == nil {
					fmt.Fprint(rw, first)
					if first != "" {
						rw.(http.Flusher).Flush()
					}
					time.Sleep(10 * time.Millisecond)
				}
			})
			w := newWorld(t)
			w.o.Timeout = 200 * time.Millisecond
			s := w.source("GOPROXY=" + proxy)
			begin := time.Now()
			e := wantError(t, s, version("example.com/a@v1.0.0"), Timeout, "no whole answer within 200ms")
			if took := time.Since(begin); took > 30*time.Second {
				t.Errorf("took %v", took)
			}
			if e.Hint == "" {
				t.Error("no hint")
			}
		})
	}
}

// TestDeadProxy: a proxy that never answers costs a few time limits, not one for each module.
func TestDeadProxy(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	proxy := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		<-r.Context().Done()
	})
	w := newWorld(t)
	w.o.Timeout, w.o.Jobs = 100*time.Millisecond, 4
	s := w.source("GOPROXY=" + proxy)
	var mods []module.Version
	for i := range 200 {
		mods = append(mods, version(fmt.Sprintf("example.com/m%d@v1.0.0", i)))
	}
	_, errs := s.ModFiles(t.Context(), mods)
	skipped := 0
	for i, err := range errs {
		e, ok := err.(*Error)
		if !ok || e.Kind != Timeout {
			t.Fatalf("%s: %v", mods[i], err)
		}
		if strings.Contains(err.Error(), "not asked, as 8 requests in a row had no answer from http://127.0.0.1") {
			skipped++
		}
	}
	if got := asked.Load(); got > 16 || skipped < 180 {
		t.Errorf("%d requests, %d skipped", got, skipped)
	}
}

// TestRedirects: other hosts are followed, files and downgrades are not.
func TestRedirects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.covered("example.com/a@v1.0.0")
	good, _ := w.httpProxy()
	secret := w.write("secret.mod", "module secret\n")
	to := func(target string) string {
		return serve(t, func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, strings.ReplaceAll(target, "PATH", r.URL.Path), http.StatusFound)
		})
	}
	want(t, w.source("GOPROXY="+to(good+"PATH")), a)
	if err := os.RemoveAll(w.cacheDir()); err != nil {
		t.Fatal(err)
	}
	wantError(t, w.source("GOPROXY="+to("file://"+secret)), a, Transport, "redirected to file://", "not followed")
	wantError(t, w.source("GOPROXY="+to("/again")), a, Transport, "stopped after 10 redirects")
	wantError(t, w.source("GOPROXY="+to(answer(t, 404, "", ""))), a, NotFound, "404 Not Found from 127.0.0.1:")

	secure := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, good+r.URL.Path+"?token=hunter2", http.StatusFound)
	}))
	t.Cleanup(secure.Close)
	s := w.source("GOPROXY=" + secure.URL)
	s.client.http.Transport = secure.Client().Transport
	e := wantError(t, s, a, Transport, "redirected from secure URL https://127.0.0.1", "to insecure URL http://")
	if strings.Contains(e.Error(), "hunter2") {
		t.Errorf("a secret in %q", e)
	}
}

// TestNoSecrets: what stands in GOPROXY before the @ and after the ? is in no message.
func TestNoSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := version("example.com/a@v1.0.0")
	var login atomic.Bool
	secure := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		login.Store(user == "token" && password == "hunter2" && r.URL.RawQuery == "key=hunter2")
		http.NotFound(rw, r)
	}))
	t.Cleanup(secure.Close)
	host := strings.TrimPrefix(secure.URL, "https://")
	for _, goproxy := range []string{
		"https://token:hunter2@" + host + "/p?key=hunter2",
		"https://hunter2@127.0.0.1:1/",
		"http://token:hunter2@127.0.0.1:1/",
		"ftp://token:hunter2@host.example",
		"https://token:hunter2#@host.example",
		"https://host.example:hunter2/",
		"https://a b:hunter2@host.example/",
		"file://hunter2@host/dir",
	} {
		s := w.source("GOPROXY=" + goproxy)
		s.client.http.Transport = secure.Client().Transport
		_, err := one(t.Context(), s, a)
		if err == nil || strings.Contains(err.Error()+err.(*Error).Hint+err.(*Error).From, "hunter2") {
			t.Errorf("%s: %v", goproxy, err)
		}
	}
	if !login.Load() {
		t.Error("the credentials did not reach the proxy")
	}
}

// TestFallThrough: "," goes on after not-found only, "|" after any error, and the error is the one go would show.
func TestFallThrough(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.covered("example.com/a@v1.0.0")
	good := w.fileProxy()
	missing, gone := answer(t, 404, "", ""), answer(t, 410, "", "")
	broken, bad := answer(t, 500, "", ""), answer(t, 200, "", "garbage")
	empty := "file://" + w.dir + "/empty"
	huge := serve(t, func(rw http.ResponseWriter, _ *http.Request) { rw.Header().Set("Content-Length", "100000000") })
	local := serve(t, func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, good, http.StatusFound) })
	cases := []struct {
		goproxy string
		kind    Kind // "": answered
		part    string
	}{
		{missing + "," + good, "", ""},
		{gone + "," + good, "", ""},
		{empty + "," + good, "", ""},
		{missing + "|" + good, "", ""},
		{broken + "|" + good, "", ""},
		{" , " + missing + " ,, " + good, "", ""},
		{huge + "|" + good, "", ""},
		{local + "|" + good, "", ""},
		{huge + "," + good, TooLarge, "16 MiB"},
		{broken + "," + good, Transport, "500"},
		{broken + "," + good + "|" + good, Transport, "500"},
		{bad + "|" + good, Checksum, "mismatch"},
		{missing + "," + broken, Transport, "500"},
		{broken + "|" + missing, Transport, "500"},
		{missing + "," + gone, NotFound, "410"},
		{missing + ",off", Off, "module lookup disabled by GOPROXY=off"},
		{broken + "|off", Transport, "500"},
		{"off," + good, Off, "GOPROXY=off"},
		{missing + ",direct," + good, NoGo,
			"404 Not Found; GOPROXY goes on with direct: fetching it directly needs the go command"},
		{"direct", NoGo, "needs the go command"},
		{" , ", Setting, "GOPROXY list is not the empty string, but contains no entries"},
		{"nonsense", Setting, "GOPROXY, entry 1: invalid proxy URL missing scheme: nonsense"},
		{good + ",/dir", Setting, "GOPROXY, entry 2: invalid proxy URL missing scheme: /dir"},
		{"ftp://x.example", Setting, "must be https, http, file"},
		{"file:///x?y", Setting, "invalid file:// proxy URL with non-path elements"},
	}
	for _, tc := range cases {
		s := w.source("GOMODCACHE="+t.TempDir(), "GOPROXY="+tc.goproxy)
		if tc.kind == "" {
			want(t, s, a)
		} else if e := wantError(t, s, a, tc.kind, tc.part); e.Hint == "" && tc.kind != Transport {
			t.Errorf("%s: no hint", tc.goproxy)
		}
	}
}

func TestFileProxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.covered("example.com/Upper@v1.0.0-RC1")
	proxy := w.fileProxy()
	want(t, w.source("GOPROXY="+proxy), a)
	if got := w.cached(a); !exists(got) || !strings.HasSuffix(got, "example.com/!upper/@v/v1.0.0-!r!c1.mod") {
		t.Errorf("not kept as %s", got)
	}
	wantError(t, w.source("GOPROXY="+proxy), version("example.com/b@v1.0.0"), NotFound,
		"reading file:///", "/example.com/b/@v/v1.0.0.mod: no such file or directory")
	w.write("proxy/example.com/dir/@v/v1.0.0.mod/x", "")
	wantError(t, w.source("GOPROXY="+proxy), version("example.com/dir@v1.0.0"), Transport, "is a directory")
}

// TestOffline: nothing is asked, not even for private modules.
func TestOffline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.covered("example.com/a@v1.0.0"), w.covered("example.com/b@v1.0.0")
	proxy, requests := w.httpProxy()
	want(t, w.source("GOPROXY="+proxy), a)
	requests.Store(0)
	w.o.Offline = true
	s := w.source("GOPROXY="+proxy, "GOPRIVATE=example.com", goPath(t))
	want(t, s, a)
	e := wantError(t, s, b, Off, "module lookup disabled by GOPROXY=off")
	if requests.Load() != 0 || !strings.Contains(e.Hint, "--offline") {
		t.Errorf("%d requests, hint %q", requests.Load(), e.Hint)
	}
}

func FuzzParseProxies(f *testing.F) {
	f.Add("https://a.example,file:///b|direct")
	f.Add("off")
	f.Add(" , |x.example/p?q#f")
	f.Fuzz(func(t *testing.T, list string) {
		proxies, err := parseProxies(list)
		if (err == nil) != (len(proxies) > 0) {
			t.Fatalf("%q: %d proxies, %v", list, len(proxies), err)
		}
		for i, p := range proxies {
			if (p.word == "") != (p.base != nil) || p.word != "" && i != len(proxies)-1 {
				t.Errorf("%q: entry %d: %q, %v", list, i, p.word, p.base)
			}
			if p.base != nil && (p.base.Scheme == "http" && p.base.User != nil || redact(p.base) == "") {
				t.Errorf("%q: entry %d: %v", list, i, p.base)
			}
		}
	})
}
