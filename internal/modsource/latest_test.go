package modsource

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// lists writes the lists of versions of the file proxy; pseudo-versions are named by @latest alone, as proxies do it.
func (w *world) lists() {
	w.t.Helper()
	versions := make(map[string][]string)
	for mod := range w.modules {
		m := version(mod)
		path, err := module.EscapePath(m.Path)
		if err != nil {
			w.t.Fatal(err)
		}
		if module.IsPseudoVersion(m.Version) {
			w.write("proxy/"+path+"/@latest", fmt.Sprintf(`{"Version":%q}`, m.Version))
			w.write("proxy/"+path+"/@v/list", "")
			continue
		}
		versions[path] = append(versions[path], m.Version)
	}
	for path, list := range versions {
		slices.Sort(list) // not the order of versions
		w.write("proxy/"+path+"/@v/list", strings.Join(list, "\n")+"\n")
	}
}

// latestWorld has a module for each rule about the newest version.
func latestWorld(t *testing.T) (w *world, paths []string, proxy string) {
	t.Helper()
	w = newWorld(t)
	const goLine = "\n\ngo 1.20\n"
	texts := map[string]string{
		"plain@v1.9.0": "", "plain@v1.10.0": "", "plain@v1.11.0-rc.1": "",
		"young@v0.1.0-beta.2": "", "young@v0.1.0-alpha.10": "",
		"untagged@v0.0.0-20200101000000-abcdefabcdef": "",
		"Gone/v2@v2.0.0": "", "Gone/v2@v2.0.1": "", "Gone/v2@v2.1.0": "// Deprecated: use example.com/plain\n// instead.\n" +
			"module example.com/Gone/v2" + goLine + "retract (\n\t// Leaks memory.\n\t[v2.0.0, v2.0.1]\n" +
			"\tv2.0.1 // And more.\n\tv2.1.0 // Only here to retract.\n)\n",
		"silent@v1.0.0": "", "silent@v1.1.0": "module example.com/silent" + goLine + "retract v1.0.0\nretract nonsense\n",
		"renamed@v1.0.0": "", "renamed@v1.1.0": "module example.com/other" + goLine + "retract v1.0.0 // Renamed.\n",
		"old@v1.0.0": "module example.com/old\n", "old@v3.0.0+incompatible": "module example.com/old\n",
		"modern@v1.0.0": "", "modern@v1.1.0-pre": "", "modern@v3.0.0+incompatible": "module example.com/modern\n",
		"wild@v4.0.0+incompatible": "module example.com/wild\n",
	}
	for mod, text := range texts {
		m := version("example.com/" + mod)
		if text == "" {
			text = "module " + m.Path + goLine
		}
		w.modules[m.String()] = text
		if !slices.Contains(paths, m.Path) {
			paths = append(paths, m.Path)
		}
	}
	slices.Sort(paths)
	proxy = w.fileProxy()
	w.lists()
	w.write("main/go.mod", "module example.com/main\n\ngo 1.20\n")
	return w, paths, proxy
}

// TestLatest compares newest versions, retractions and deprecations with what the real go says.
func TestLatest(t *testing.T) {
	t.Parallel()
	w, paths, proxy := latestWorld(t)
	s := w.source("GOPROXY="+proxy, "GOSUMDB=off")
	latest, errs := s.Latest(t.Context(), paths)
	if err := errors.Join(errs...); err != nil || len(s.Notes()) > 0 {
		t.Fatalf("%v, notes %q", err, s.Notes())
	}
	type listed struct {
		Path, Version, Deprecated string
		Retracted                 []string
	}
	golist := func(mods ...string) (answers []listed) {
		args := []string{"GOPROXY=" + proxy, "GOSUMDB=off", "list", "-m", "-retracted", "-u", "-json"}
		out, err := w.goCommand(append(args, mods...)...)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		for dec := json.NewDecoder(strings.NewReader(out)); dec.More(); {
			var m listed
			if err := dec.Decode(&m); err != nil {
				t.Fatal(err)
			}
			answers = append(answers, m)
		}
		return answers
	}
	var queries, versions []string
	for _, path := range paths {
		queries = append(queries, path+"@latest")
	}
	byPath := make(map[string]*Latest)
	for i, m := range golist(queries...) {
		if l := latest[i]; l.Path != m.Path || l.Version != m.Version || time.Since(l.Asked) > time.Minute {
			t.Errorf("%+v, go has %+v", l, m)
		}
		byPath[m.Path] = &latest[i]
	}
	for mod := range w.modules {
		versions = append(versions, mod)
	}
	for _, m := range golist(versions...) {
		l := byPath[m.Path]
		rationales, retracted := l.Retracted(m.Version)
		if retracted && rationales == nil {
			rationales = []string{"retracted by module author"} // what go says without a rationale
		}
		if !slices.Equal(rationales, m.Retracted) || l.Deprecated != m.Deprecated {
			t.Errorf("%s@%s: %q, %q; go says %q, %q", m.Path, m.Version, rationales, l.Deprecated, m.Retracted, m.Deprecated)
		}
	}
}

// TestLatestIsRemembered: an answer serves for a day, for those who would ask the same proxies.
func TestLatestIsRemembered(t *testing.T) {
	t.Parallel()
	w, _, proxy := latestWorld(t)
	paths := []string{"example.com/silent", "example.com/plain", "example.com/silent"}
	w.o.cacheDir = filepath.Join(w.dir, "cache")
	first, errs := w.source("GOPROXY="+proxy, "GOSUMDB=off").Latest(t.Context(), paths)
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(w.dir, "proxy"), filepath.Join(w.dir, "away")); err != nil {
		t.Fatal(err)
	}
	ask := func(environ ...string) ([]Latest, error) {
		l, errs := w.source(append(environ, "GOSUMDB=off")...).Latest(t.Context(), paths)
		return l, errors.Join(errs...)
	}
	again, err := ask("GOPROXY=" + proxy)
	if err != nil || fmt.Sprint(again) != fmt.Sprint(first) || len(first[2].Retracts) != 2 || first[0].Asked.IsZero() {
		t.Errorf("%v, then %v, %v", first, again, err)
	}
	if _, err := ask("GOPROXY=" + proxy + "/other"); err == nil {
		t.Error("an answer of another proxy")
	}
	if _, err := ask("GOPROXY="+proxy, "GONOPROXY=example.com"); err == nil {
		t.Error("an answer of a proxy about modules that bypass it")
	}

	// What nothing vouches for is not remembered.
	if err := os.Rename(filepath.Join(w.dir, "away"), filepath.Join(w.dir, "proxy")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		fresh := []string{"GOPROXY=" + proxy, "GOSUMDB=nonsense", "GOMODCACHE=" + t.TempDir()}
		s := w.source(fresh...)
		if _, errs := s.Latest(t.Context(), []string{"example.com/modern"}); errs[0] != nil || len(s.Notes()) != 1 {
			t.Errorf("%v, notes %q", errs, s.Notes())
		}
	}
	if err := os.Rename(filepath.Join(w.dir, "proxy"), filepath.Join(w.dir, "away")); err != nil {
		t.Fatal(err)
	}

	file := w.source("GOPROXY=" + proxy).latestFile("example.com/plain")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(string) string{
		"old":             func(s string) string { return strings.Replace(s, asked(s), ago(25*time.Hour), 1) },
		"of the future":   func(s string) string { return strings.Replace(s, asked(s), ago(-time.Hour), 1) },
		"cut short":       func(s string) string { return s[:len(s)/2] },
		"of another path": func(s string) string { return strings.Replace(s, "plain", "other", 1) },
	} {
		if err := os.WriteFile(file, []byte(change(string(data))), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := ask("GOPROXY=" + proxy); err == nil {
			t.Errorf("an answer that is %s", name)
		}
	}
}

// asked returns the time in a remembered answer.
func asked(text string) string {
	_, text, _ = strings.Cut(text, `"Asked":"`)
	text, _, _ = strings.Cut(text, `"`)
	return text
}

func ago(d time.Duration) string { return time.Now().Add(-d).UTC().Format(time.RFC3339) }

// TestLatestErrors: what cannot be found out is told for each module, and hides no other.
func TestLatestErrors(t *testing.T) {
	t.Parallel()
	w, _, proxy := latestWorld(t)
	w.write("proxy/example.com/empty/@v/list", "garbage\nv1\nv2.0.0\n<html>\n")
	w.write("proxy/example.com/nomod/@v/list", "v1.0.0\n")
	w.write("proxy/example.com/broken/@v/list", "v1.0.0\n")
	w.write("proxy/example.com/broken/@v/v1.0.0.mod", "module (\n")
	w.write("proxy/example.com/strange/@v/list", "")
	w.write("proxy/example.com/strange/@latest", "<html>")
	cases := map[string]Kind{
		"example.com/plain": "", "example.com/none": NotFound, "example.com/empty": NotFound, "example.com/nomod": NotFound,
		"example.com/broken": Malformed, "example.com/strange": Malformed, "Bad Path": Invalid,
	}
	var paths []string
	for path := range cases {
		paths = append(paths, path)
	}
	s := w.source("GOPROXY="+proxy, "GOSUMDB=off")
	latest, errs := s.Latest(t.Context(), paths)
	for i, path := range paths {
		var e *Error
		if kind := cases[path]; kind == "" {
			if errs[i] != nil || latest[i].Version != "v1.10.0" {
				t.Errorf("%s: %+v, %v", path, latest[i], errs[i])
			}
		} else if !errors.As(errs[i], &e) || e.Kind != kind || e.Mod.Path != path || !strings.Contains(e.Error(), path) {
			t.Errorf("%s: %v, want kind %s", path, errs[i], kind)
		}
	}
	w.o.Offline = true
	s = w.source("GOPROXY=" + proxy)
	_, errs = s.Latest(t.Context(), []string{"example.com/young", "example.com/plain"})
	if errs[0] == nil || errs[1] != nil {
		t.Errorf("offline: %v", errs)
	}
}

// TestLatestDirect asks version control through the real go command.
func TestLatestDirect(t *testing.T) {
	t.Parallel()
	w := gitWorld(t)
	const text = "module example.com/lib.git\n\ngo 1.20\n"
	w.repo("lib", map[string]string{"v1.0.0": text})
	w.repo("lib2", map[string]string{"v1.0.0": "// Deprecated: no.\nmodule example.com/lib2.git\n\nretract v1.0.0\n"})
	s := w.source("GOPROXY="+answer(t, 404, "", "")+",direct", "GOPRIVATE=example.com/lib2.git")
	paths := []string{"example.com/lib.git", "example.com/none.git", "example.com/lib2.git"}
	latest, errs := s.Latest(t.Context(), paths)
	if errs[0] != nil || latest[0].Version != "v1.0.0" || errs[1] == nil || errs[2] != nil {
		t.Errorf("%+v, %v", latest, errs)
	}
	if _, retracted := latest[2].Retracted("v1.0.0"); !retracted || latest[2].Deprecated != "no." {
		t.Errorf("%+v", latest[2])
	}
	s = w.source("GOPROXY=direct", "PATH=", "XDG_CACHE_HOME="+w.dir+"/other")
	if _, errs := s.Latest(t.Context(), paths[:1]); errs[0] == nil || errs[0].(*Error).Kind != NoGo {
		t.Errorf("without go: %v", errs)
	}
}

// TestLatestOfManyModules asks for all at once.
func TestLatestOfManyModules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var paths []string
	for _, m := range w.many("m", 100) {
		paths = append(paths, m.Path)
	}
	var under, most atomic.Int32
	url := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		if n := under.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer under.Add(-1)
		time.Sleep(20 * time.Millisecond)
		if strings.HasSuffix(r.URL.Path, "/@v/list") {
			fmt.Fprint(rw, "v1.0.0\nv0.9.0\n")
		} else if text, ok := w.text(r.URL.Path); ok {
			fmt.Fprint(rw, text)
		} else {
			http.NotFound(rw, r)
		}
	})
	var done, total int
	w.o.Progress = func(d, n int) { done, total = d, n }
	latest, errs := w.source("GOPROXY="+url, "GOSUMDB=off").Latest(t.Context(), paths)
	if err := errors.Join(errs...); err != nil || done != total || done == 0 {
		t.Errorf("%v, %d of %d done", err, done, total)
	}
	for _, l := range latest {
		if semver.Compare(l.Version, "v1.0.0") != 0 {
			t.Errorf("%+v", l)
		}
	}
	if n := most.Load(); n < 8 || n > maxJobs {
		t.Errorf("at most %d requests at once", n)
	}
}

func FuzzNewestPseudo(f *testing.F) {
	f.Add("v0.0.0-20200101000000-abcdefabcdef\nv0.0.0-20210101000000-abcdefabcdef 2020-01-01T00:00:00Z\nv1.0.0\nx\n")
	f.Fuzz(func(t *testing.T, list string) {
		if v := newestPseudo(strings.Split(list, "\n")); v != "" && (!semver.IsValid(v) || !strings.Contains(list, v)) {
			t.Errorf("%q in %q", v, list)
		}
	})
}
