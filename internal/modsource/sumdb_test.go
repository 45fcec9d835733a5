package modsource

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/note"
)

// TestSumDB: what the database vouches for is kept, with the proofs, so that neither modgov nor go need ask again.
func TestSumDB(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	db := w.newToyDB("toy.example/db")
	db.grow(w, w.many("old", 300)...)
	mods := append(w.many("new", 40), w.add("example.com/Up@v1.0.0-RC1"), w.covered("example.com/covered@v1.0.0"))
	env := []string{"GOPROXY=" + w.fileProxy(), "GOSUMDB=" + db.vkey + " " + serve(t, db.ServeHTTP)}
	s := w.source(env...)
	_, errs := s.ModFiles(t.Context(), mods)
	if err := errors.Join(errs...); err != nil || len(s.Notes()) > 0 {
		t.Fatalf("%v, notes %q", err, s.Notes())
	}
	w.wantKept(true, mods...)
	proofs := filepath.Join(w.cacheDir(), "cache", "download", "sumdb", "toy.example", "db")
	if !exists(proofs+"/lookup/example.com/!up@v1.0.0-!r!c1") || exists(proofs+"/lookup/example.com/covered@v1.0.0") {
		t.Error("not exactly what no go.sum line covers was looked up")
	}
	if !exists(filepath.Join(w.dir, "go", "pkg", "sumdb", "toy.example", "db", "latest")) {
		t.Error("no tree head was kept")
	}

	// The .mod files gone, another run asks the proxy, but not the database.
	db.requests.Store(0)
	for _, m := range mods {
		if err := os.Remove(w.cached(m)); err != nil {
			t.Fatal(err)
		}
	}
	_, errs = w.source(env...).ModFiles(t.Context(), mods)
	if err := errors.Join(errs...); err != nil || db.requests.Load() != 0 {
		t.Errorf("%v, %d requests to the database", err, db.requests.Load())
	}

	// go verifies by the proofs alone.
	text := "module example.com/main\n\ngo 1.16\n"
	for _, m := range mods {
		text += "\nrequire " + m.String() + "\n"
	}
	w.write("main/go.mod", strings.ReplaceAll(text, "@", " "))
	w.write("main/go.sum", "example.com/covered v1.0.0/go.mod "+hash(t, w.modules["example.com/covered@v1.0.0"])+"\n")
	if out, err := w.goCommand("GOPROXY=off", "GOSUMDB="+db.vkey+" http://127.0.0.1:1", "mod", "graph"); err != nil {
		t.Errorf("go mod graph: %v\n%s", err, out)
	}
}

// TestSumDBMismatch: bits that the database does not know are refused in go's words, and another proxy is asked where
// go would ask it.
func TestSumDBMismatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.add("example.com/a@v1.0.0")
	db := w.newToyDB("toy.example")
	sumdb := "GOSUMDB=" + db.vkey + " " + serve(t, db.ServeHTTP)
	bad, good := answer(t, 200, "", "module example.com/a\n// other bits\n"), w.fileProxy()
	s := w.source("GOPROXY="+bad+","+good, sumdb)
	e := wantError(t, s, a, Checksum, "verifying example.com/a@v1.0.0/go.mod: checksum mismatch: downloaded: h1:",
		", toy.example: "+hash(t, w.modules["example.com/a@v1.0.0"]),
		"SECURITY ERROR: This download does NOT match the one reported by the checksum server", "(read from "+bad)
	w.wantKept(false, a)
	if e.Hint == "" || len(s.Notes()) > 0 {
		t.Errorf("hint %q, notes %q", e.Hint, s.Notes())
	}
	want(t, w.source("GOPROXY="+bad+"|"+good, sumdb), a)
	w.wantKept(true, a)
}

// TestSumDBAndCachedFile: a file in the module cache that the database spoke against is passed over and replaced; the
// database itself is not asked about such files.
func TestSumDBAndCachedFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.add("example.com/a@v1.0.0"), w.add("example.com/b@v1.0.0")
	db := w.newToyDB("toy.example")
	sumdb, proxy := "GOSUMDB="+db.vkey+" "+serve(t, db.ServeHTTP), "GOPROXY="+w.fileProxy()
	want(t, w.source(proxy, sumdb), a)
	db.requests.Store(0)
	file := w.putCached(a, "module example.com/a\n// other bits\n")
	w.putCached(b, "module example.com/b\n// never asked for\n")
	want(t, w.source("GOPROXY=off", sumdb), b)
	e := wantError(t, w.source("GOPROXY=off", sumdb), a, Checksum, "SECURITY ERROR", "(read from "+file)
	if !strings.Contains(e.Hint, "delete it") {
		t.Errorf("hint %q", e.Hint)
	}
	s := w.source(proxy, sumdb)
	want(t, s, a)
	if notes := s.Notes(); len(notes) != 1 || !strings.Contains(notes[0], "cannot be used, the first: "+file) {
		t.Errorf("notes %q", notes)
	}
	s = w.source("GOPROXY=off", sumdb)
	want(t, s, a)
	if len(s.Notes()) > 0 || db.requests.Load() != 0 {
		t.Errorf("notes %q, %d requests", s.Notes(), db.requests.Load())
	}

	// Damaged records say nothing against a file.
	lookup := filepath.Join(w.cacheDir(), "cache", "download", "sumdb", "toy.example", "lookup", "example.com", "a@v1.0.0")
	if err := os.WriteFile(lookup, []byte("damaged"), 0o666); err != nil {
		t.Fatal(err)
	}
	want(t, w.source("GOPROXY=off", sumdb), a)
}

// TestSumDBUnreachable: without an answer the bytes serve the run, are not kept, and the reason is told once.
func TestSumDBUnreachable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mods := w.many("m", 20)
	proxy := w.fileProxy()
	key := w.newToyDB("toy.example").vkey
	for gosumdb, reason := range map[string]string{
		key + " " + answer(t, 503, "text/plain", "closed"): "/lookup/example.com/m",
		key + " " + answer(t, 404, "text/plain", "what?"):  "404 Not Found: server response: what?",
		key + " http://127.0.0.1:1":                        "connection refused",
		key + " ftp://toy.example":                         "invalid GOSUMDB: its URL: invalid proxy URL scheme",
		"nonsense":                                         "no key is known for",
		key + " a b":                                       "invalid GOSUMDB: too many fields",
	} {
		s := w.source("GOPROXY="+proxy, "GOSUMDB="+gosumdb)
		_, errs := s.ModFiles(t.Context(), mods)
		if err := errors.Join(errs...); err != nil {
			t.Errorf("%s: %v", gosumdb, err)
		}
		w.wantKept(false, mods...)
		const text = "20 go.mod files without a go.sum line served this run only, not kept in the module cache, as the " +
			"checksum database cannot be asked: "
		if notes := s.Notes(); len(notes) != 1 || !strings.HasPrefix(notes[0], text) || !strings.Contains(notes[0], reason) {
			t.Errorf("%s: notes %q", gosumdb, notes)
		}
	}
}

// TestSumDBForks: a database that shows people different pasts is caught, with the evidence; after that nothing it says
// counts.
func TestSumDBForks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := w.newToyDB("toy.example")
	other := w.toyDB(one.skey, one.vkey)
	a, b, c := w.add("example.com/a@v1.0.0"), w.add("example.com/b@v1.0.0"), w.add("example.com/c@v1.0.0")
	one.grow(w, w.many("x", 10)...)
	other.grow(w, w.many("y", 20)...)
	proxy := "GOPROXY=" + w.fileProxy()
	want(t, w.source(proxy, "GOSUMDB="+one.vkey+" "+serve(t, one.ServeHTTP)), a)
	s := w.source(proxy, "GOSUMDB="+one.vkey+" "+serve(t, other.ServeHTTP))
	for _, m := range []module.Version{b, c} {
		e := wantError(t, s, m, Checksum, "SECURITY ERROR: go.sum database server misbehavior detected")
		for _, part := range []string{"old database:\n", "new database:\n", "proof of misbehavior:\n"} {
			if !strings.Contains(e.Report, part) {
				t.Errorf("%s: no %q in the report:\n%s", m, part, e.Report)
			}
		}
	}
	w.wantKept(true, a)
	w.wantKept(false, b, c)
}

// TestSumDBForgery: answers that the key did not sign, or that are none, are refused; nothing is kept.
func TestSumDBForgery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.add("example.com/a@v1.0.0")
	proxy := "GOPROXY=" + w.fileProxy()
	db, stranger := w.newToyDB("toy.example"), w.newToyDB("toy.example")
	forged := serve(t, func(rw http.ResponseWriter, r *http.Request) { // a changed hash in a signed answer
		rec := httptest.NewRecorder()
		db.ServeHTTP(rec, r)
		fmt.Fprint(rw, strings.Replace(rec.Body.String(), "v1.0.0/go.mod h1:", "v1.0.0/go.mod h1:x", 1))
	})
	for name, url := range map[string]string{
		"another key":    serve(t, stranger.ServeHTTP),
		"a login page":   answer(t, 200, "text/html", "<html>Please log in</html>"),
		"a changed line": forged,
	} {
		s := w.source(proxy, "GOSUMDB="+db.vkey+" "+url)
		e := wantError(t, s, a, Checksum, "the answer of the checksum database toy.example cannot be authenticated: ")
		w.wantKept(false, a)
		if e.Hint == "" {
			t.Errorf("%s: no hint", name)
		}
	}
}

// TestSumDBThroughProxy: the first proxy that offers the database is the way to it, whatever comes later; else it is
// asked directly.
func TestSumDBThroughProxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.add("example.com/a@v1.0.0")
	var db *toyDB
	handler := func(rw http.ResponseWriter, r *http.Request) { db.ServeHTTP(rw, r) }
	direct := httptest.NewTLSServer(http.HandlerFunc(handler))
	t.Cleanup(direct.Close)
	name := strings.TrimPrefix(direct.URL, "https://")
	db = w.newToyDB(name)
	files, _ := w.httpProxy()
	relay := func(supported int) (url string, asked *atomic.Int32) {
		asked = new(atomic.Int32)
		return serve(t, func(rw http.ResponseWriter, r *http.Request) {
			rest, ok := strings.CutPrefix(r.URL.Path, "/p/sumdb/"+name)
			switch {
			case !ok:
				http.Redirect(rw, r, files+strings.TrimPrefix(r.URL.Path, "/p"), http.StatusFound)
			case rest == "/supported":
				rw.WriteHeader(supported)
			default:
				asked.Add(1)
				r.URL.Path = rest
				db.ServeHTTP(rw, r)
			}
		}) + "/p", asked
	}
	cases := []struct {
		supported            int
		goproxy              string // PROXY is the relay
		through, direct, not bool
	}{
		{200, "PROXY", true, false, false},
		{200, files + ",PROXY/", true, false, false},
		{404, "PROXY", false, true, false},
		{410, "PROXY,direct", false, true, false},
		{410, "PROXY,off", false, true, false},
		{500, "PROXY", false, false, true},
		{500, "PROXY,direct", false, false, true},
		{500, "PROXY|direct", false, true, false},
		{500, "PROXY|off", false, false, true},
		{500, "PROXY|" + files, false, false, true},
	}
	for _, tc := range cases {
		url, asked := relay(tc.supported)
		goproxy := strings.ReplaceAll(tc.goproxy, "PROXY", url)
		db.requests.Store(0)
		s := w.source("GOMODCACHE="+t.TempDir(), "GOPROXY="+goproxy, "GOSUMDB="+db.vkey)
		s.client.http.Transport = direct.Client().Transport
		want(t, s, a)
		through, all := asked.Load(), db.requests.Load()
		if (through > 0) != tc.through || (all > through) != tc.direct || (len(s.Notes()) > 0) != tc.not {
			t.Errorf("%d %s: %d requests through the proxy, %d in all, notes %q", tc.supported, tc.goproxy, through, all,
				s.Notes())
		}
	}
}

// TestSumDBCancelled: a cancelled call leaves nothing behind that would spoil the next one.
func TestSumDBCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.add("example.com/a@v1.0.0")
	db := w.newToyDB("toy.example")
	ctx, cancel := context.WithCancel(t.Context())
	url := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		if ctx.Err() == nil {
			cancel()
			<-r.Context().Done()
			return
		}
		db.ServeHTTP(rw, r)
	})
	s := w.source("GOPROXY="+w.fileProxy(), "GOSUMDB="+db.vkey+" "+url)
	if _, err := one(ctx, s, a); err != context.Canceled {
		t.Errorf("error %v", err)
	}
	want(t, s, a)
	if w.wantKept(true, a); len(s.Notes()) > 0 {
		t.Errorf("notes %q", s.Notes())
	}
}

// TestGoSumDBNames: a name alone stands for the key that the Go installation has for it, and nothing else does.
func TestGoSumDBNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, vkey, err := note.GenerateKey(rand.Reader, "db.example")
	if err != nil {
		t.Fatal(err)
	}
	goroot := t.TempDir()
	dir := filepath.Join(goroot, "src/cmd/go/internal/modfetch")
	text := fmt.Sprintf("package modfetch\n\nvar known = map[string]string{\n\t\"db.example\": %q,\n}\n", vkey)
	if err := errors.Join(os.MkdirAll(dir, 0o777), os.WriteFile(filepath.Join(dir, "key.go"), []byte(text), 0o666)); err != nil {
		t.Fatal(err)
	}
	for gosumdb, want := range map[string]string{
		"db.example":                         "db.example https://db.example",
		" db.example  mirror.example/sumdb ": "db.example https://mirror.example/sumdb",
		"db.example http://127.0.0.1:1/x":    "db.example http://127.0.0.1:1/x",
		vkey:                                 "db.example https://db.example",
	} {
		d := w.source("GOSUMDB="+gosumdb, "GOROOT="+goroot).sumDB
		base := d.explicit
		if base == nil {
			base = d.direct
		}
		if base == nil || d.err != nil || d.name+" "+base.base.String() != want {
			t.Errorf("%q: got %q, %v; want %q", gosumdb, d.name, d.err, want)
		}
	}
	if d := w.source("GOSUMDB=other.example", "GOROOT="+goroot).sumDB; d.err == nil || !strings.Contains(d.err.Error(), "no key is known") {
		t.Errorf("a name without a key: %v", d.err)
	}
	for _, name := range []string{"host/", "user@host", "host?x", "a b"} {
		_, vkey, err := note.GenerateKey(rand.Reader, strings.ReplaceAll(name, " ", "%20"))
		if err != nil {
			t.Fatal(err)
		}
		if d := w.source("GOSUMDB=" + vkey).sumDB; d.err == nil {
			t.Errorf("%q: accepted as %q", name, d.name)
		}
	}
}
