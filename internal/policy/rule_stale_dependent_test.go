package policy_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/imports"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/workspace"
)

// A sourceTree is a small repository with Go files, on disk beside a file proxy. Its archive has the files of the
// repository, and of outside versions as proxy/PATH@VERSION/FILE. go.sum files are made with the lines of all versions.
// Files of other names steer the test: "unsummed" has lines "DIR PATH" for which no go.sum line is made, or "DIR PATH
// zip" and "DIR PATH go.mod" for one of the two; "cached" names the PATH@VERSION that are in the module cache;
// "refused" has the directories that go refuses for a reason that the rule does not know.
type sourceTree struct {
	live
	proxy   map[module.Version]map[string][]byte
	cached  []string
	refused []string
	dirs    []string // of modules, sorted
	work    bool
}

func newSourceTree(t *testing.T, archive *txtar.Archive, goCommand string) *sourceTree {
	t.Helper()
	base := t.TempDir()
	s := &sourceTree{proxy: map[module.Version]map[string][]byte{}}
	s.root, s.goCommand = filepath.Join(base, "root"), goCommand
	unsummed := map[string]bool{}
	for _, f := range archive.Files {
		rest, inProxy := strings.CutPrefix(f.Name, "proxy/")
		switch {
		case f.Name == "want":
		case f.Name == "unsummed":
			for line := range strings.Lines(string(f.Data)) {
				unsummed[strings.TrimSpace(line)] = true
			}
		case f.Name == "cached":
			s.cached = strings.Fields(string(f.Data))
		case f.Name == "refused":
			s.refused = strings.Fields(string(f.Data))
		case inProxy:
			at := strings.Index(rest, "@")
			version, name, _ := strings.Cut(rest[at+1:], "/")
			mod := module.Version{Path: rest[:at], Version: version}
			if s.proxy[mod] == nil {
				s.proxy[mod] = map[string][]byte{"go.mod": []byte("module " + mod.Path + "\n")}
			}
			s.proxy[mod][name] = f.Data
		default:
			writeFile(t, filepath.Join(s.root, filepath.FromSlash(f.Name)), f.Data)
			if path.Base(f.Name) == "go.mod" {
				s.dirs = append(s.dirs, path.Dir(f.Name))
			}
			s.work = s.work || f.Name == "go.work"
		}
	}
	slices.Sort(s.dirs)
	sums := s.writeProxy(t, filepath.Join(base, "proxy"))
	for _, dir := range s.dirs {
		var text bytes.Buffer
		for _, line := range sums {
			kind := "zip"
			if strings.HasSuffix(strings.Fields(line)[1], "/go.mod") {
				kind = "go.mod"
			}
			if key := dir + " " + strings.Fields(line)[0]; !unsummed[key] && !unsummed[key+" "+kind] {
				text.WriteString(line)
			}
		}
		writeFile(t, filepath.Join(s.root, filepath.FromSlash(dir), "go.sum"), text.Bytes())
	}
	s.env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GO") }),
		"GOENV=off", "GOTOOLCHAIN=local", "GOSUMDB=off", "GOFLAGS=-modcacherw", "GOTELEMETRY=off", "CGO_ENABLED=0",
		"GOPROXY=file://"+filepath.ToSlash(filepath.Join(base, "proxy")), "GOMODCACHE="+filepath.Join(base, "modcache"),
		"GOPATH="+filepath.Join(base, "gopath"), "GOCACHE="+filepath.Join(base, "cache"))
	return s
}

func writeFile(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// writeProxy writes the file proxy and returns the go.sum lines of all that it has, sorted.
func (s *sourceTree) writeProxy(t *testing.T, dir string) []string {
	t.Helper()
	var sums []string
	for mod, files := range s.proxy {
		p, v := escape(t, mod)
		base := filepath.Join(dir, filepath.FromSlash(p), "@v", v)
		var data bytes.Buffer
		z := zip.NewWriter(&data)
		for _, name := range slices.Sorted(maps.Keys(files)) {
			w, err := z.Create(mod.String() + "/" + name)
			if err == nil {
				_, err = w.Write(files[name])
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		writeFile(t, base+".zip", data.Bytes())
		writeFile(t, base+".mod", files["go.mod"])
		writeFile(t, base+".info", fmt.Appendf(nil, `{"Version":%q,"Time":"2026-01-01T00:00:00Z"}`, mod.Version))
		zipSum, err := dirhash.HashZip(base+".zip", dirhash.Hash1)
		if err != nil {
			t.Fatal(err)
		}
		modSum, err := workspace.GoModSum(files["go.mod"])
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, fmt.Sprintf("%s %s %s\n", mod.Path, mod.Version, zipSum),
			fmt.Sprintf("%s %s/go.mod %s\n", mod.Path, mod.Version, modSum))
	}
	slices.Sort(sums)
	return sums
}

func (s *sourceTree) ModFiles(_ context.Context, mods []module.Version) ([]*workspace.Summary, []error) {
	sums, errs := make([]*workspace.Summary, len(mods)), make([]error, len(mods))
	for i, m := range mods {
		if files, ok := s.proxy[m]; ok {
			sums[i], errs[i] = workspace.ParseSummary(m.String()+"/go.mod", files["go.mod"])
		} else {
			errs[i] = fs.ErrNotExist
		}
	}
	return sums, errs
}

func (s *sourceTree) hasPackage(mod module.Version, dir string) (has, known bool) {
	if !slices.Contains(s.cached, mod.String()) {
		return false, false
	}
	for name := range s.proxy[mod] {
		has = has || path.Dir(name) == dir && path.Ext(name) == ".go"
	}
	return has, true
}

func (s *sourceTree) judge(t *testing.T) *policy.Judgement {
	t.Helper()
	src := workspace.Source{FS: os.DirFS(s.root)}
	for _, dir := range s.dirs {
		src.Entries = append(src.Entries, workspace.Entry{Dir: dir})
	}
	if s.work {
		src.Work = "go.work"
	}
	ws, err := workspace.Load(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.Load(t.Context(), ws, s, graph.Options{Workspace: true})
	if err != nil {
		t.Fatal(err)
	}
	facts := policy.NewFacts(g, today)
	if facts.Imports, err = imports.Load(t.Context(), g, imports.NewReader(src.FS), s.hasPackage); err != nil {
		t.Fatal(err)
	}
	return policy.Judge(policy.Default(), facts)
}

// Each case in testdata/imports shows what stale-dependent says of imports, and go is held against it: it stops where
// the finding says, in these words, and it builds every module of which nothing is said.
func TestStaleDependentImports(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs the go command many times")
	}
	goCommand, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go command")
	}
	files, err := filepath.Glob("testdata/imports/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := newSourceTree(t, archive, goCommand)
			j := s.judge(t)
			if len(j.Gaps) > 0 {
				t.Fatal(j.Gaps)
			}
			compareWant(t, file, archive, shown(j, "stale-dependent"))
			for _, dir := range s.dirs {
				s.compareBuilds(t, dir, j)
			}
		})
	}
}

// compareWant compares what is reported with the want section; with -update it writes that.
func compareWant(t *testing.T, file string, archive *txtar.Archive, got string) {
	t.Helper()
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	if i < 0 {
		i = len(archive.Files)
		archive.Files = append(archive.Files, txtar.File{Name: "want"})
	}
	if *update {
		archive.Files[i].Data = []byte(got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if got != string(archive.Files[i].Data) {
		t.Errorf("%s\ngot:\n%s\nwant:\n%s", archive.Comment, got, archive.Files[i].Data)
	}
}

// compareBuilds holds go against the findings about a module.
func (s *sourceTree) compareBuilds(t *testing.T, dir string, j *policy.Judgement) {
	t.Helper()
	// What a finding says of when go stops, and the command that shows it. The first that is said of a module stops it
	// in all of them.
	ways := []struct{ says, env, args string }{
		{"", "", "build ./..."},
		{", where the build constraints", "GOOS=windows", "build ./..."},
		{", when its tests are built", "", "list -deps -test ./..."},
		{", when its tools are loaded", "", "mod vendor -o " + filepath.Join(t.TempDir(), "vendor")},
	}
	claims := make([][]string, len(ways))
	for _, f := range policy.Each(j.Findings) {
		for _, n := range f.Notes {
			if f.Rule != "stale-dependent" || f.Subject != dir || n.Key != "go says" {
				continue
			}
			quoted := quotation.FindString(n.Text)
			text, err := strconv.Unquote(quoted)
			if err != nil {
				t.Fatal(err)
			}
			where, work, _ := strings.Cut(n.Text[len(quoted):], ";")
			for i := len(ways) - 1; i >= 0; i-- {
				if strings.Contains(where, ways[i].says) {
					claims[i] = append(claims[i], text)
					break
				}
			}
			if says, refuses := s.run(t, dir, "GOWORK=", "build ./..."); work != "" && refuses {
				t.Errorf("%s: inside the workspace go refuses:\n%s", dir, says)
			}
		}
	}
	if slices.Contains(s.refused, dir) {
		return
	}
	if len(slices.Concat(claims...)) == 0 {
		ways = slices.Delete(ways, 1, 3) // the last one covers them
		claims = claims[:len(ways)]
	}
	for i, way := range ways {
		says, refuses := s.run(t, dir, "GOWORK=off "+way.env, way.args)
		for _, c := range claims[i] {
			if !refuses || !holds(says, c) {
				t.Errorf("%s: go %s %s should say %q, it says (refuses: %t):\n%s", dir, way.env, way.args, c, refuses, says)
			}
		}
		claimed := len(claims[i]) + len(claims[0])
		if i == len(ways)-1 { // it looks at everything
			claimed = len(slices.Concat(claims...))
		}
		if claimed == 0 && refuses {
			t.Errorf("%s: go %s %s refuses, and no finding says so:\n%s", dir, way.env, way.args, says)
		}
	}
}

// run runs go in a module. White space in what it says is made one space.
func (s *sourceTree) run(t *testing.T, dir, env, args string) (says string, refuses bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), s.goCommand, strings.Fields(args)...)
	cmd.Dir, cmd.Env = filepath.Join(s.root, filepath.FromSlash(dir)), append(slices.Clone(s.env), strings.Fields(env)...)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(out)), " "), err != nil
}
