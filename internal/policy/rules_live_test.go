package policy_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/workspace"
)

// What findings say that go says, go says: on the files of each case and example "go list -m all" is run where the
// finding claims, and has to refuse in these words. And where no finding claims that go refuses, it does not.
func TestGoSays(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs the go command many times")
	}
	goCommand, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go command")
	}
	texts := map[string]string{}
	for _, r := range policy.Rules() {
		texts[r.Name+"/bad"], texts[r.Name+"/good"] = r.Bad, r.Good
	}
	for _, file := range caseFiles(t) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(filepath.Dir(file)) + "/" + strings.TrimSuffix(filepath.Base(file), ".txtar")
		texts[name] = string(data)
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := parseRepository(t, text)
			if !strings.HasPrefix(name, "sum-") {
				r.addSums(t)
			}
			j := r.judge(t)
			told := func(f *policy.Finding) bool { return f.Rule == "replace-missing" || f.Rule == "replace-path-mismatch" }
			if !slices.ContainsFunc(j.Gaps, unavailable) || slices.ContainsFunc(j.Findings, told) {
				r.materialize(t, goCommand, j).compare(t, j)
			}
		})
	}
}

// addSums gives each module the /go.mod lines of all versions that any graph reads, so that go has nothing to say of
// go.sum files. Which versions these are is known once the repository has been judged.
func (r *repository) addSums(t *testing.T) {
	t.Helper()
	r.judge(t)
	var sums bytes.Buffer
	for m, data := range r.proxy {
		h, err := workspace.GoModSum(data)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&sums, "%s %s/go.mod %s\n", m.Path, m.Version, h)
	}
	for name := range r.files {
		sum := path.Join(path.Dir(name), "go.sum")
		if path.Base(name) == "go.mod" && r.files[sum] == nil {
			r.files[sum] = &fstest.MapFile{Data: sums.Bytes(), Mode: 0o644}
		}
	}
}

// A live repository stands on disk, with a file proxy beside it.
type live struct {
	root      string
	goCommand string
	env       []string
}

// materialize writes the repository; its proxy has what judging it has asked for, and what its build lists name.
func (r *repository) materialize(t *testing.T, goCommand string, j *policy.Judgement) *live {
	t.Helper()
	for _, v := range views(j) {
		for _, item := range v.BuildList() {
			m := module.Version{Path: item.Path, Version: item.Version}
			if item.Version != "" && item.Replace == nil && r.proxy[m] == nil {
				r.proxy[m] = []byte("module " + m.Path + "\n")
			}
		}
	}
	dir := t.TempDir()
	l := &live{root: filepath.Join(dir, "a", "b", "root"), goCommand: goCommand}
	write := func(name string, data []byte) {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for name, f := range r.files {
		write(filepath.Join(l.root, filepath.FromSlash(name)), f.Data)
	}
	for name, data := range r.outside {
		write(filepath.Join(l.root, filepath.FromSlash(name)), data)
	}
	proxy := filepath.Join(dir, "proxy")
	for m, data := range r.proxy {
		p, v := escape(t, m)
		base := filepath.Join(proxy, filepath.FromSlash(p), "@v", v)
		if strings.TrimSpace(string(data)) != "404" {
			write(base+".mod", data)
			write(base+".info", fmt.Appendf(nil, `{"Version":%q,"Time":"2026-01-01T00:00:00Z"}`, m.Version))
		}
	}
	l.env = append(slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "GO") }),
		"GOENV=off", "GOTOOLCHAIN=local", "GOSUMDB=off", "GOFLAGS=-modcacherw", "GOTELEMETRY=off",
		"GOPROXY=file://"+filepath.ToSlash(proxy), "GOMODCACHE="+filepath.Join(dir, "modcache"),
		"GOPATH="+filepath.Join(dir, "gopath"), "GOCACHE="+filepath.Join(dir, "cache"))
	return l
}

func escape(t *testing.T, m module.Version) (path, version string) {
	t.Helper()
	path, err := module.EscapePath(m.Path)
	if err != nil {
		t.Fatal(err)
	}
	if version, err = module.EscapeVersion(m.Version); err != nil {
		t.Fatal(err)
	}
	return path, version
}

// list runs "go list -m all" in a module alone, or in the workspace if dir is "". It returns what go says and whether
// it refuses; white space is made one space.
func (l *live) list(t *testing.T, dir string) (says string, refuses bool) {
	t.Helper()
	at := filepath.Join(l.root, filepath.FromSlash(dir))
	args := []string{"list", "-m", "all"}
	text, err := os.ReadFile(filepath.Join(at, "vendor", "modules.txt"))
	if err == nil && workspace.IsWorkspaceVendor(text) == (dir == "") {
		args = []string{"list", "-mod=vendor", "-m"} // there is no "all" there
	}
	cmd := exec.CommandContext(t.Context(), l.goCommand, args...)
	work := "GOWORK=off"
	if dir == "" {
		work = "GOWORK=" + filepath.Join(l.root, "go.work")
	}
	cmd.Dir, cmd.Env = at, append(slices.Clone(l.env), work)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(out)), " "), err != nil
}

var quotation = regexp.MustCompile(`^"(?:[^"\\]|\\.)*"`)

// compare holds what findings say of go against what go says, module by module.
func (l *live) compare(t *testing.T, j *policy.Judgement) {
	t.Helper()
	claims := map[string][]string{} // directory, or "" for the workspace → quotations
	exempt := map[string]bool{}     // what findings without a quotation leave open
	if j.Policy.Sums.Missing == policy.Off || j.Policy.Vendor.Drift == policy.Off {
		return
	}
	for _, f := range policy.Each(j.Findings) {
		switch f.Rule {
		case "go-mod-invalid", "sum-malformed", "sum-hash-conflict":
			for _, dir := range f.Modules {
				exempt[dir] = true
			}
			exempt[""] = true
		case "replace-missing", "replace-conflict", "replace-path-mismatch": // in a member's file, it stops the workspace too
			exempt[""] = true
		}
		for _, n := range f.Notes {
			if n.Key != "go says" {
				continue
			}
			quoted := quotation.FindString(n.Text)
			text, err := strconv.Unquote(quoted)
			if err != nil {
				t.Errorf("%s: no quotation in %s", f.Rule, n.Text)
				continue
			}
			dir := ""
			if strings.Contains(n.Text[len(quoted):], "GOWORK=off") {
				dir = f.Subject
			}
			claims[dir] = append(claims[dir], text)
		}
	}
	for _, v := range views(j) {
		says, refuses := l.list(t, v.Dir())
		quoted := slices.ContainsFunc(claims[v.Dir()], func(q string) bool { return holds(says, q) })
		switch {
		case len(claims[v.Dir()]) > 0 && !(refuses && quoted):
			t.Errorf("%q: go should say one of %q, it says (refuses: %t):\n%s", v.Dir(), claims[v.Dir()], refuses, says)
		case len(claims[v.Dir()]) == 0 && refuses && !exempt[v.Dir()]:
			t.Errorf("%q: go refuses, and no finding says so:\n%s", v.Dir(), says)
		}
	}
}

// views returns those of the modules alone, and that of the workspace.
func views(j *policy.Judgement) []*graph.View {
	out := slices.Clone(j.Facts.Graph.Views())
	if w := j.Facts.Graph.WorkspaceView(); w != nil {
		out = append(out, w)
	}
	return out
}

// holds reports whether a text has the parts of a quotation, which "…" separates, in order.
func holds(text, quotation string) bool {
	for part := range strings.SplitSeq(quotation, "…") {
		i := strings.Index(text, strings.Join(strings.Fields(part), " "))
		if i < 0 {
			return false
		}
		text = text[i:]
	}
	return true
}

// unavailable tells a gap that a file from outside left.
func unavailable(g policy.Gap) bool {
	var load *graph.LoadError
	return errors.As(g.Err, &load)
}
