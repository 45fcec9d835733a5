package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/modgov/modgov/internal/change"
	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// touchedModules is a document with modules in these directories.
func touchedModules(dirs ...string) *Affected {
	a := &Affected{
		Schema: Schema, Document: "affected", Tool: Tool{"modgov", "v0"}, Root: "/r", Base: &Revision{"main", "0123456789abcdef"},
		Complete: true, Governed: len(dirs), Modules: []AffectedModule{}, Unowned: []string{}, Gaps: []Gap{},
	}
	for i, dir := range dirs {
		a.Modules = append(a.Modules, AffectedModule{dir, "example.com/" + dir, int64(i % 17), []AffectedReason{{Kind: "new", Text: "new module"}}})
	}
	return a
}

func writeJobs(t *testing.T, format string, a *Affected, jobs Jobs) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := WriteAffected(&out, format, a, jobs, Options{}); err != nil {
		t.Fatal(err)
	}
	checkShown(t, out.String(), false)
	return out.Bytes()
}

// nastyDirs are names that mean something to YAML, to shells, to CI systems, to terminals.
func nastyDirs() []string {
	return []string{
		".", "a b", "cache", `q"uo'te`, "$HOME/$(id)/`id`", "::error::%0A", "##[x", "new\nline", "tab\tcr\r", "\x1b[31m", "x: y #z", "é\u202e\U000e0001",
		strings.Repeat("long/", 60) + "a", strings.Repeat("long/", 60) + "b", "~", "-n", "*&!|>%@",
	}
}

// Whatever a directory is called: each job gets to the right place, in a real shell, and runs its step there.
func TestJobsOfNastyDirectories(t *testing.T) {
	t.Parallel()
	dirs := nastyDirs()
	a := touchedModules(dirs...)
	var matrix struct{ Include []job }
	line := writeJobs(t, "github-matrix", a, Jobs{Below: "sub"})
	if err := json.Unmarshal(line, &matrix); err != nil || bytes.Count(line, []byte("\n")) != 1 {
		t.Fatalf("%v: %q", err, line)
	}
	for _, j := range matrix.Include {
		rel := strings.TrimPrefix(strings.TrimPrefix(j.Dir, "sub"), "/")
		if len(j.Dirs) != 1 || j.Dir != j.Dirs[0] || !slices.Contains(dirs, rel) && rel != "" {
			t.Errorf("%+v", j)
		}
	}

	type gitlabJob struct{ Script []string }
	var gitlab map[string]gitlabJob
	if err := yaml.Unmarshal(writeJobs(t, "gitlab", a, Jobs{Step: "pwd"}), &gitlab); err != nil {
		t.Fatal(err)
	}
	delete(gitlab, "workflow")
	var scripts [][]string
	for name, j := range gitlab {
		if !strings.HasPrefix(name, "module ") || len(name) > 255 {
			t.Errorf("name %q", name)
		}
		scripts = append(scripts, j.Script)
	}
	var buildkite struct{ Steps []struct{ Command []string } }
	if err := yaml.Unmarshal(writeJobs(t, "buildkite", a, Jobs{Step: "pwd"}), &buildkite); err != nil {
		t.Fatal(err)
	}
	for _, step := range buildkite.Steps {
		for i, line := range step.Command {
			step.Command[i] = strings.ReplaceAll(line, "$$", "$") // as pipeline upload does
		}
		scripts = append(scripts, step.Command)
	}
	if len(scripts) != 2*len(dirs) {
		t.Fatalf("%d scripts for %d directories", len(scripts), len(dirs))
	}
	runScripts(t, dirs, scripts)
}

// runScripts runs scripts that print where they are, and wants each directory twice.
func runScripts(t *testing.T, dirs []string, scripts [][]string) {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell")
	}
	root := t.TempDir()
	for _, dir := range dirs {
		makeDir(t, filepath.Join(root, dir))
	}
	were := map[string]int{}
	for _, script := range scripts {
		cmd := exec.Command(shell, "-e", "-c", strings.Join(script, "\n"))
		cmd.Dir = root
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%q: %v", script, err)
		}
		rel, err := filepath.Rel(root, strings.TrimSuffix(string(out), "\n"))
		if err != nil {
			t.Error(err)
		}
		were[rel]++
	}
	for _, dir := range dirs {
		if were[dir] != 2 {
			t.Errorf("%q: %d jobs, want 2; all: %q", dir, were[dir], slices.Sorted(maps.Keys(were)))
		}
	}
}

// More modules than a CI system takes jobs share jobs, and none is lost.
func TestJobsAreAtMostSoMany(t *testing.T) {
	t.Parallel()
	var dirs []string
	for i := range 1201 {
		dirs = append(dirs, fmt.Sprintf("m%04d", i))
	}
	a := touchedModules(dirs...)
	for limit, want := range map[int]int{256: 256, 500: 500, 2000: 1201} {
		jobs := a.jobs(limit, "")
		var all []string
		for _, j := range jobs {
			all = append(all, j.Dirs...)
			if len(j.Dirs) > 1 && (slices.Contains(dirs, j.Dir) || !strings.HasSuffix(j.Name, fmt.Sprintf(" and %d more", len(j.Dirs)-1))) {
				t.Errorf("%+v", j)
			}
		}
		slices.Sort(all)
		if len(jobs) != want || !slices.Equal(all, dirs) {
			t.Errorf("limit %d: %d jobs with %d modules", limit, len(jobs), len(all))
		}
	}
	var matrix struct{ Include []job }
	if err := json.Unmarshal(writeJobs(t, "github-matrix", a, Jobs{}), &matrix); err != nil || len(matrix.Include) != 256 {
		t.Errorf("%v, %d jobs", err, len(matrix.Include))
	}
}

// In a job of several modules, one that fails does not keep it from the others.
func TestAJobOfSeveralModules(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell")
	}
	root := t.TempDir()
	for _, dir := range []string{"a", "b c"} {
		makeDir(t, filepath.Join(root, dir))
	}
	j := job{Dirs: []string{"a", "gone", "b c"}}
	for step, want := range map[string]bool{"true": false, "basename \"$PWD\"; false # not": false} {
		cmd := exec.Command(shell, "-e", "-c", strings.Join(j.script(step), "\n"))
		cmd.Dir = root
		out, err := cmd.Output()
		if (err == nil) != want || step != "true" && string(out) != "a\nb c\n" {
			t.Errorf("%s: %q, %v", step, out, err)
		}
	}
}

// Every kind of reason has words of its own, and the documents fit the schema.
func TestAffectedReasons(t *testing.T) {
	t.Parallel()
	m, local := &workspace.Module{Dir: "d"}, graph.Local{Path: "p", Dir: "d"}
	a := touchedModules("a")
	a.Modules[0].Reasons = nil
	a.Unowned, a.Notes, a.Gaps, a.Complete = []string{"x\ny"}, []string{"note"}, []Gap{{Message: "m", Module: "a", Layer: "selected"}}, false
	seen := map[string]bool{"": true}
	for _, r := range []change.Reason{
		change.NoBase{}, change.NewModule{}, change.NewlyGoverned{}, change.NoBuildList{Err: errors.New("why")}, change.FilesDiffer{"f"},
		change.DependencyDiffers{Local: local, Files: []string{"f"}}, change.DependencyUnseen{Local: local},
		change.VersionDiffers{Dep: "p", From: "v1.0.0"}, change.Joined, change.Left, change.GodebugDiffers, change.VendorDiffers,
		change.SumsDiffer("p"), change.SumsDiffer(""), change.PolicyDiffers(2), change.NeededByOther{Module: m, By: local},
	} {
		reason := newAffectedReason(r)
		if seen[reason.Text] {
			t.Errorf("%#v: %q is said of another, or nothing", r, reason.Text)
		}
		seen[reason.Text] = true
		a.Modules[0].Reasons = append(a.Modules[0].Reasons, reason)
	}
	validate(t, "affected", writeJobs(t, "json", a, Jobs{}))
	for verbose, want := range map[bool]string{
		false: "  and 11 more reasons (-v shows all)\n", true: "  the policy finds other things: 2 findings\n",
	} {
		o := Options{Verbose: verbose}
		var out bytes.Buffer
		if err := WriteAffected(&out, "text", a, Jobs{}, o); err != nil || !strings.Contains(out.String(), want) {
			t.Errorf("%v, got:\n%s\nwant %q in it", err, out.String(), want)
		}
	}
}

func makeDir(t *testing.T, name string) {
	t.Helper()
	if err := os.MkdirAll(name, 0o777); err != nil {
		t.Fatal(err)
	}
}
