package modsource

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"golang.org/x/mod/module"
)

// benchModules makes n module versions of the usual size, with go.sum lines.
func (w *world) benchModules(n int) (mods []module.Version) {
	w.t.Helper()
	for i := range n {
		name := fmt.Sprintf("example.com/group%d/module%d@v1.%d.0", i%50, i/3, i%3)
		requires := make([]string, 1+i%13)
		for r := range requires {
			requires[r] = fmt.Sprintf("example.com/group%d/module%d@v1.%d.0", r, i+r, r%3)
		}
		mods = append(mods, w.covered(name, requires...))
	}
	return mods
}

// BenchmarkWarmCache has 2,000 go.mod files in the module cache: open, read, hash, compare with go.sum, parse.
func BenchmarkWarmCache(b *testing.B) {
	w := newWorld(b)
	mods := w.benchModules(2000)
	for _, m := range mods {
		w.putCached(m, w.modules[m.String()])
	}
	b.ResetTimer()
	for b.Loop() {
		_, errs := w.source("GOPROXY=off").ModFiles(b.Context(), mods)
		if err := errors.Join(errs...); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkColdCache fetches 2,000 go.mod files from a proxy that takes 20 ms for each answer, and keeps them.
func BenchmarkColdCache(b *testing.B) {
	w := newWorld(b)
	mods := w.benchModules(2000)
	texts := make(map[string]string)
	for mod, text := range w.modules {
		place, err := cachePath(version(mod))
		if err != nil {
			b.Fatal(err)
		}
		texts["/"+place+".mod"] = text
	}
	proxy := serve(b, func(rw http.ResponseWriter, r *http.Request) {
		time.Sleep(20 * time.Millisecond)
		fmt.Fprint(rw, texts[r.URL.Path])
	})
	b.ResetTimer()
	for b.Loop() {
		_, errs := w.source("GOPROXY="+proxy).ModFiles(b.Context(), mods)
		if err := errors.Join(errs...); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := os.RemoveAll(w.cacheDir()); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
