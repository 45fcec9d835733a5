package modsource

import (
	"crypto/rand"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"
)

// A toyDB is a checksum database for the modules of a world, with a key of its own.
type toyDB struct {
	http.Handler
	skey, vkey string
	requests   atomic.Int32
}

// newToyDB makes a database that has the hashes that the modules of the world have when they are first asked for.
func (w *world) newToyDB(name string) *toyDB {
	w.t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.toyDB(skey, vkey)
}

func (w *world) toyDB(skey, vkey string) *toyDB {
	db := &toyDB{skey: skey, vkey: vkey}
	var mu sync.Mutex
	server := sumdb.NewServer(sumdb.NewTestServer(skey, func(path, version string) ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		text, ok := w.modules[path+"@"+version]
		if !ok {
			return nil, fs.ErrNotExist
		}
		return fmt.Appendf(nil, "%[1]s %[2]s %[3]s\n%[1]s %[2]s/go.mod %[3]s\n", path, version, hash(w.t, text)), nil
	}))
	db.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		db.requests.Add(1)
		server.ServeHTTP(rw, r)
	})
	return db
}

// grow adds records to a database.
func (db *toyDB) grow(w *world, mods ...module.Version) {
	w.t.Helper()
	for _, m := range mods {
		rw := httptest.NewRecorder()
		db.ServeHTTP(rw, httptest.NewRequest(http.MethodGet, "/lookup/"+m.String(), nil))
		if rw.Code != http.StatusOK {
			w.t.Fatalf("%s: %d %s", m, rw.Code, rw.Body)
		}
	}
	db.requests.Store(0)
}

func (w *world) many(prefix string, n int) (mods []module.Version) {
	for i := range n {
		mods = append(mods, w.add(fmt.Sprintf("example.com/%s%d@v1.0.0", prefix, i)))
	}
	return mods
}

// wantKept fails unless the versions are, or are not, in the module cache.
func (w *world) wantKept(kept bool, mods ...module.Version) {
	w.t.Helper()
	for _, m := range mods {
		if exists(w.cached(m)) != kept {
			w.t.Errorf("%s: kept %v", m, !kept)
		}
	}
}
