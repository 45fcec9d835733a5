package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/report"
)

// A pullRequest is a row of the history: what somebody does, and what the gate says of it.
type pullRequest struct {
	// what it is about. Every finding of the result that was not there before is in says, with what the change did to it.
	what string
	do   []step
	// exit is the exit code of modgov check --base main, whose verdict it is: 0 pass, 1 fail, 2 no verdict.
	exit int
	says string
	// stands counts the findings that were there before and do not count.
	stands int
	// fork tells that it comes from a fork, in a job of a CI service that says so: --base auto.
	fork bool
	// merged tells that the change comes to main, whatever the gate says.
	merged bool
	// args go to the command, beside --base main.
	args []string
}

// TestHistory plays the history of a repository, one pull request after the other, each from where main is then, and
// holds what the gate says of each to the table. Severities below error are in parentheses: they do not fail here. Then
// it holds --merge-result to what git makes of what was not merged.
func TestHistory(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	requests := pullRequests()
	for i, pr := range requests {
		h.play(t, i+1, pr)
	}
	h.compareMerges(t, requests)
}

// The words of the table: what a pull request does.
type step func(h *history) error

// edit replaces a text that is in a file exactly once.
func edit(file, old, text string) step {
	return func(h *history) error {
		data, err := os.ReadFile(h.path(file))
		if n := strings.Count(string(data), old); err == nil && n != 1 {
			err = fmt.Errorf("%s: %q is there %d times", file, old, n)
		}
		if err != nil {
			return err
		}
		return os.WriteFile(h.path(file), []byte(strings.Replace(string(data), old, text, 1)), 0o666)
	}
}

// add appends to a file, or makes it.
func add(file, text string) step {
	return func(h *history) error {
		data, err := os.ReadFile(h.path(file))
		if err != nil && !os.IsNotExist(err) {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(h.path(file)), 0o777); err != nil {
			return err
		}
		return os.WriteFile(h.path(file), append(data, text...), 0o666)
	}
}

func remove(name string) step { return func(h *history) error { return os.RemoveAll(h.path(name)) } }

func move(from, to string) step {
	return func(h *history) error { return os.Rename(h.path(from), h.path(to)) }
}

// given copies a file of the archive that stands beside the repository.
func given(name, to string) step {
	return func(h *history) error { return os.WriteFile(h.path(to), h.given[name], 0o666) }
}

// sums gives a module the go.sum lines of everything in the world.
func sums(dir string) step {
	return func(h *history) error {
		data, err := os.ReadFile(filepath.Join(h.proxy, "go.sum"))
		if err != nil {
			return err
		}
		return os.WriteFile(h.path(dir+"/go.sum"), data, 0o666)
	}
}

// git runs a git command on the branch of the pull request.
func git(args ...string) step {
	return func(h *history) error {
		_, err := h.git(args...)
		return err
	}
}

// manifest writes down what is in the vendor directory of a module, as a snapshot does.
func manifest(dir string) step {
	return func(h *history) error {
		m := integrity.Manifest{Schema: "1", Module: "example.com/mono/" + dir, Go: "1.26.0"}
		root := os.DirFS(h.path(dir + "/vendor"))
		err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			data, err := fs.ReadFile(root, name)
			m.Files = append(m.Files,
				integrity.ManifestFile{Path: name, SHA256: fmt.Sprintf("%x", sha256.Sum256(data)), Size: int64(len(data))})
			return err
		})
		if err != nil {
			return err
		}
		data, err := json.Marshal(m)
		if err != nil {
			return err
		}
		return os.WriteFile(h.path(dir+"/"+integrity.ManifestName), data, 0o666)
	}
}

// A history is the repository while it grows.
type history struct {
	dir, proxy string
	environ    []string
	given      map[string][]byte
}

func (h *history) path(name string) string { return filepath.Join(h.dir, filepath.FromSlash(name)) }

// newHistory unpacks the repository and makes the first commit of main.
func newHistory(t *testing.T) *history {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "history.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	if err := txtar.Write(archive, work); err != nil {
		t.Fatal(err)
	}
	h := &history{dir: filepath.Join(work, "repo"), proxy: filepath.Join(work, "home", "proxy"), given: map[string][]byte{}}
	for _, f := range archive.Files {
		if !strings.Contains(f.Name, "/") {
			h.given[f.Name] = f.Data
		}
	}
	if err := makeProxy(filepath.Join(work, "proxy"), h.proxy); err != nil {
		t.Fatal(err)
	}
	settings, err := scriptEnviron(filepath.Join(work, "home"))
	if err != nil {
		t.Fatal(err)
	}
	h.environ = slices.Concat(os.Environ(), settings, []string{"GOPROXY=" + fileURL(h.proxy)})
	first := []step{git("init", "-q", "-b", "main")}
	for _, dir := range []string{"libs/db", "libs/log", "services/cart", "services/pay", "services/legacy"} {
		first = append(first, sums(dir))
	}
	for _, do := range append(first, git("add", "-A"), git("commit", "-q", "-m", "start")) {
		if err := do(h); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func (h *history) git(args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = h.dir, h.environ
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("git %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return string(out), err
}

// play makes the branch of a pull request, asks the gate, and merges what is merged.
func (h *history) play(t *testing.T, number int, pr pullRequest) {
	t.Helper()
	branch := fmt.Sprintf("pr-%d", number)
	must := func(err error) {
		if err != nil {
			t.Fatalf("%d, %s: %v", number, pr.what, err)
		}
	}
	run := func(args ...string) { _, err := h.git(args...); must(err) }
	run("checkout", "-q", "-b", branch, "main")
	for _, do := range pr.do {
		must(do(h))
	}
	run("add", "-A")
	run("commit", "-q", "--allow-empty", "-m", pr.what)
	exit, says, stands := h.gate(t, pr)
	if exit != pr.exit || says != pr.says || stands != pr.stands {
		t.Errorf("%d, %s: exit code %d, %d stand, says\n\t%s\nwant exit code %d, %d, says\n\t%s",
			number, pr.what, exit, stands, strings.ReplaceAll(says, "; ", ";\n\t"),
			pr.exit, pr.stands, strings.ReplaceAll(pr.says, "; ", ";\n\t"))
	}
	run("checkout", "-q", "-f", "main")
	run("clean", "-qfdx")
	if pr.merged {
		run("merge", "-q", "--no-ff", "-m", "merge "+branch, branch)
	}
}

// gate runs modgov check and returns its exit code, what it says of what has changed, and how much stands.
func (h *history) gate(t *testing.T, pr pullRequest) (exit int, says string, stands int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	base, environ := "main", h.environ
	if pr.fork {
		base = "auto"
		environ = append(slices.Clone(environ), "JENKINS_URL=x", "CHANGE_ID=1", "CHANGE_TARGET=main", "CHANGE_FORK=somebody")
	}
	args := append([]string{"-C", h.dir, "check", "--json", "--base", base}, pr.args...)
	exit = run(t.Context(), args, environ, strings.NewReader(""), &stdout, &stderr)
	if exit == exitUsage || exit == exitIncomplete && stdout.Len() == 0 {
		_, says, _ = strings.Cut(strings.TrimSpace(stderr.String()), "modgov: error: ")
		return exit, says, 0
	}
	var r report.Report
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatalf("%v: %s%s", err, stdout.String(), stderr.String())
	}
	byState := map[string][]string{}
	for _, f := range r.Findings {
		if f.Exception != nil {
			f.State = "waived"
		}
		byState[f.State] = append(byState[f.State], shortly(f))
	}
	for _, f := range r.Fixed {
		byState["gone"] = append(byState["gone"], shortly(f))
	}
	stands = len(byState["standing"])
	delete(byState, "standing")
	var parts []string
	for _, state := range slices.Sorted(maps.Keys(byState)) {
		parts = append(parts, state+" "+strings.Join(byState[state], ", "))
	}
	var unknown []string
	for _, g := range r.Gaps {
		unknown = append(unknown, g.Layer+" "+cmp.Or(g.Module, "the workspace"))
	}
	if len(unknown) > 0 {
		parts = append(parts, "unknown "+strings.Join(unknown, ", "))
	}
	if r.Base.Policy == "base" {
		parts = append(parts, "judged by the base")
	}
	if slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "several merge bases") }) {
		parts = append(parts, "several merge bases")
	}
	return exit, strings.Join(parts, "; "), stands
}

// shortly names a finding: its rule, and what it is about.
func shortly(f report.Finding) string {
	about := f.Subject
	if f.Dep != "" && f.Dep != f.Subject {
		about += " " + f.Dep
	}
	text := f.Rule + " " + strings.ReplaceAll(about, "example.com/", "")
	if f.Subject == policyName {
		text = f.Rule + ": " + f.Message
	}
	if f.Severity != "error" {
		text = "(" + text + ")"
	}
	return text
}
