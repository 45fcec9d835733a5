package modsource

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestVersions compares lists of versions with what the real go lists, and what is usable with what it chooses.
func TestVersions(t *testing.T) {
	t.Parallel()
	w, paths, proxy := latestWorld(t)
	versions, errs := w.source("GOPROXY="+proxy, "GOSUMDB=off").Versions(t.Context(), paths)
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	args := []string{"GOPROXY=" + proxy, "GOSUMDB=off", "list", "-m", "-versions", "-retracted", "-json"}
	for _, path := range paths {
		args = append(args, path+"@latest")
	}
	out, err := w.goCommand(args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	dec := json.NewDecoder(strings.NewReader(out))
	for i, path := range paths {
		var m struct {
			Path, Version string
			Versions      []string
		}
		if err := dec.Decode(&m); err != nil || m.Path != path {
			t.Fatal(m, err)
		}
		got := versions[i]
		if !slices.Equal(got.Tagged, m.Versions) {
			t.Errorf("%s: %q, go has %q", path, got.Tagged, m.Versions)
		}
		if len(m.Versions) > 0 && !slices.Contains(got.Usable, m.Version) {
			t.Errorf("%s: of %q are usable %q, go chooses %s", path, got.Tagged, got.Usable, m.Version)
		}
	}
	if got := versions[slices.Index(paths, "example.com/modern")]; slices.Contains(got.Usable, "v3.0.0+incompatible") {
		t.Errorf("%q: a +incompatible version counts beside one with a go.mod file", got.Usable)
	}
}

// TestVersionsOfProxies: lists of a server, a module that nobody has, and no network.
func TestVersionsOfProxies(t *testing.T) {
	t.Parallel()
	w, _, _ := latestWorld(t)
	asked := ""
	url := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path
		fmt.Fprint(rw, "v1.9.0\nv1.10.0 2020-01-01T00:00:00Z\nnonsense\n")
	})
	versions, errs := w.source("GOPROXY="+url).Versions(t.Context(), []string{"example.com/Plain"})
	if errs[0] != nil || !slices.Equal(versions[0].Usable, []string{"v1.9.0", "v1.10.0"}) {
		t.Errorf("%v, %v", versions[0], errs[0])
	}
	if asked != "/example.com/!plain/@v/list" {
		t.Errorf("asked for %s", asked)
	}
	var failed *Error
	_, errs = w.source("GOPROXY="+answer(t, 404, "", "")).Versions(t.Context(), []string{"example.com/none", "bad path"})
	if !errors.As(errs[0], &failed) || failed.Kind != NotFound || failed.Mod.Path != "example.com/none" {
		t.Errorf("%v", errs[0])
	}
	if !errors.As(errs[1], &failed) || failed.Kind != Invalid {
		t.Errorf("%v", errs[1])
	}
	w.o.Offline = true
	_, errs = w.source("GOPROXY="+url, "GOPRIVATE=example.com").Versions(t.Context(), []string{"example.com/plain"})
	if !errors.As(errs[0], &failed) || failed.Kind != Off {
		t.Errorf("%v", errs[0])
	}
}

// TestVersionsDirect: what is private is listed by the go command, from version control.
func TestVersionsDirect(t *testing.T) {
	t.Parallel()
	w := gitWorld(t)
	const text = "module example.com/lib.git\n\ngo 1.20\n"
	w.repo("lib", map[string]string{"v1.0.0": text, "v1.1.0": text + "\nretract v1.1.0\n", "v1.2.0-rc.1": text + "//\n"})
	s := w.source("GOPROXY="+answer(t, 404, "", ""), "GOPRIVATE=example.com")
	versions, errs := s.Versions(t.Context(), []string{"example.com/lib.git", "example.com/none.git"})
	if errs[0] != nil || !slices.Equal(versions[0].Tagged, []string{"v1.0.0", "v1.1.0", "v1.2.0-rc.1"}) {
		t.Errorf("%v, %v", versions[0], errs[0])
	}
	if errs[1] == nil {
		t.Errorf("a module that is nowhere has %v", versions[1])
	}
}
