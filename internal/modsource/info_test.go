package modsource

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/mod/module"
)

// wantInfo fails unless the .info file of a version is, or is not, in the module cache.
func (w *world) wantInfo(there bool, m module.Version) {
	w.t.Helper()
	if file := strings.TrimSuffix(w.cached(m), ".mod") + ".info"; exists(file) != there {
		w.t.Errorf("%s: .info there: %v", m, !there)
	}
}

// TestInfos: .info files are fetched when asked for, along GOPROXY, and only what go would take is kept.
func TestInfos(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b, none := w.covered("example.com/a@v1.0.0"), w.covered("example.com/b@v1.0.0"), version("example.com/none@v1.0.0")
	c, d := w.covered("example.com/c@v1.0.0"), w.covered("example.com/d@v1.0.0")
	proxy := w.fileProxy()
	w.write("proxy/example.com/b/@v/v1.0.0.info", `{"Version":"v1.1.0"}`)
	w.write("proxy/example.com/c/@v/v1.0.0.info", `<html>`)
	s := w.source("GOPROXY=" + proxy)
	want(t, s, a)
	w.wantInfo(false, a)
	mods := []module.Version{none, b, a, c, {Path: "example.com/a", Version: "v1"}, d}
	errs := s.Infos(t.Context(), mods)
	for i, want := range []string{
		"no such file", "proxy returned info for version v1.1.0 instead of requested version", "",
		"invalid response from proxy", "version is not canonical", "",
	} {
		switch {
		case want == "" && errs[i] == nil:
		case errs[i] == nil || want == "" || !strings.Contains(errs[i].Error(), want):
			t.Errorf("%s: %v, want %q", mods[i], errs[i], want)
		case errs[i].(*Error).Mod != mods[i]:
			t.Errorf("%s: error of %s", mods[i], errs[i].(*Error).Mod)
		}
		if i != 4 {
			w.wantInfo(want == "", mods[i])
		}
	}

	// What is there is not asked for again; what go would not take is.
	w.o.Offline = true
	file := strings.TrimSuffix(w.cached(d), ".mod") + ".info"
	if err := os.WriteFile(file, []byte(`{"Vers`), 0o666); err != nil {
		t.Fatal(err)
	}
	errs = w.source("GOPROXY="+proxy).Infos(t.Context(), []module.Version{a, d})
	if errs[0] != nil || errs[1] == nil || errs[1].(*Error).Kind != Off {
		t.Errorf("offline: %v", errs)
	}
	if errs := w.source("GOMODCACHE=", "HOME=").Infos(t.Context(), mods[:1]); errs[0].(*Error).Kind != Setting {
		t.Errorf("without a cache: %v", errs)
	}
}

// TestInfosDirect fetches the .info files of private modules by way of the go command.
func TestInfosDirect(t *testing.T) {
	t.Parallel()
	w := gitWorld(t)
	w.repo("priv", map[string]string{"v1.0.0": "module example.com/priv.git\n"})
	priv, none := version("example.com/priv.git@v1.0.0"), version("example.com/priv.git@v1.1.0")
	w.putCached(priv, "module example.com/priv.git\n")
	errs := w.source("GOPROXY=off", "GOPRIVATE=example.com").Infos(t.Context(), []module.Version{priv, none})
	if errs[0] != nil || errs[1] == nil || errs[1].(*Error).Kind != NotFound {
		t.Errorf("errors %v", errs)
	}
	w.wantInfo(true, priv)
}
