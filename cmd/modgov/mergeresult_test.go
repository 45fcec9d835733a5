package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/modgov/modgov/internal/report"
)

// compareMerges holds, for each pull request of a history that was not merged, what check --merge-result says against
// what check says of the merge that git makes of it, where git makes one.
func (h *history) compareMerges(t *testing.T, requests []pullRequest) {
	t.Helper()
	git := func(args ...string) bool { _, err := h.git(args...); return err == nil }
	made := 0
	for i, pr := range requests {
		branch := fmt.Sprintf("pr-%d", i+1)
		if pr.merged || !git("checkout", "-q", "-f", branch) {
			continue
		}
		exit, said := h.check(t, "--base", "main", "--merge-result")
		if !git("checkout", "-q", "-f", "-b", "merged-"+branch, "main") {
			t.Fatal("no branch for the merge")
		}
		if !git("merge", "-q", "--no-ff", "-m", "x", branch) {
			if !git("merge", "--abort") {
				t.Fatal("no way back")
			}
			continue
		}
		if exit == exitUsage {
			continue // a policy that is not valid where the change stands is refused before anything is merged
		}
		made++
		wantExit, want := h.check(t, "--base", "HEAD^1")
		if exit != wantExit || !slices.Equal(said, want) {
			t.Errorf("%s: merged in memory, exit code %d:\n\t%s\nmerged by git, exit code %d:\n\t%s", pr.what, exit,
				strings.Join(said, "\n\t"), wantExit, strings.Join(want, "\n\t"))
		}
	}
	if made < 20 {
		t.Errorf("git merged only %d: that shows little", made)
	}
}

// check runs modgov check and returns its exit code and its findings with what the change did to them.
func (h *history) check(t *testing.T, args ...string) (int, []string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args = append([]string{"-C", h.dir, "check", "--json"}, args...)
	exit := run(t.Context(), args, h.environ, strings.NewReader(""), &stdout, &stderr)
	if stdout.Len() == 0 {
		return exit, []string{"nothing"}
	}
	var r report.Report
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var out []string
	for _, f := range r.Findings {
		out = append(out, f.State+" "+f.ID+" "+f.Severity+" "+f.Subject+": "+f.Message)
	}
	for _, g := range r.Gaps {
		out = append(out, "gap "+g.Module+": "+g.Message)
	}
	slices.Sort(out)
	return exit, out
}
