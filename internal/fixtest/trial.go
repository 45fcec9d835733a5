package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/gocmd"
)

// A trial is one breaking of a subject, and what fix made of it.
type trial struct {
	*breaker
	seed     uint64
	written  bool     // fix wrote a plan
	refused  []string // why plans were not written
	nothing  bool     // fix saw nothing to do
	problems []string // what should not be

	before []finding // of the healthy repository, under the policy
	broken *state
	after  *state
	// superfluous are lines, by module, of which go mod tidy says already in the broken state that nothing needs them.
	superfluous map[string][]string
}

// finding is what modgov prints of a finding.
type finding struct {
	ID       string `json:"id"`
	Severity string `json:"severity"`
	Message  string `json:"message"`
}

// verdict is what modgov check --json and modgov fix --json print.
type verdict struct {
	Complete bool      `json:"complete"`
	Findings []finding `json:"findings"`
	Proved   bool      `json:"proved"`
	Reason   string    `json:"reason"`
	Written  bool      `json:"written"`
	Files    []struct {
		File string `json:"file"`
	} `json:"files"`
	Left []struct {
		Finding finding `json:"finding"`
		Reason  string  `json:"reason"`
	} `json:"left"`
}

// try breaks the subject in a directory below dir, as the seed says, fixes it and looks at it.
func (s *subject) try(ctx context.Context, dir string, seed uint64) (t *trial, err error) {
	rng := rand.New(rand.NewPCG(seed, 5))
	root := filepath.Join(dir, fmt.Sprintf("%s-%d", s.name, seed))
	if err := os.CopyFS(root, os.DirFS(s.dir)); err != nil {
		return nil, err
	}
	t = &trial{seed: seed, breaker: &breaker{subject: s, rng: rng, root: root, policy: writePolicy(s, rng)}}
	if err := os.WriteFile(filepath.Join(root, "modgov.yaml"), []byte(t.policy.text), 0o666); err != nil {
		return nil, err
	}
	healthy, err := t.modgov(ctx, "check")
	if err != nil {
		return nil, err
	}
	t.before = healthy.Findings
	if err := t.breakAll(ctx); err != nil {
		return nil, err
	}
	t.broken = t.now
	return t, t.fixAndLook(ctx)
}

// command is what fixes the repository: where there is source, every other time with --tidy.
func (t *trial) command() []string {
	if t.source && t.seed%2 == 1 {
		return []string{"fix", "--tidy"}
	}
	return []string{"fix"}
}

// modgov runs a command of modgov that prints a verdict.
func (t *trial) modgov(ctx context.Context, args ...string) (v verdict, err error) {
	out, _, err := t.run(ctx, t.root, append(args, "--json")...)
	if err != nil {
		return v, err
	}
	return v, json.Unmarshal(out, &v)
}

func (t *trial) problem(format string, args ...any) {
	t.problems = append(t.problems, strings.ReplaceAll(fmt.Sprintf(format, args...), t.root, "ROOT"))
}

func (t *trial) fixAndLook(ctx context.Context) error {
	if slices.ContainsFunc(t.did, func(b breakage) bool { return b.kind == lostReplace }) {
		if err := t.fix(ctx, "--replace", "--rule", "replace-missing-sibling"); err != nil {
			return err
		}
	}
	var err error
	if t.superfluous, err = t.brokenTidy(ctx); err != nil {
		return err
	}
	if err := t.fix(ctx, t.command()[1:]...); err != nil {
		return err
	}
	if t.after, err = t.load(ctx, t.root); err != nil {
		return err
	}
	t.nothing = !t.written && len(t.refused) == 0
	if len(t.refused) > 0 {
		return nil
	}
	t.compareVersions()
	return errors.Join(t.checkPasses(ctx), t.goAccepts(ctx), t.sourceBuilds(ctx), t.second(ctx))
}

// fix runs modgov fix. A plan that is refused must leave the repository as it was.
func (t *trial) fix(ctx context.Context, args ...string) error {
	before, err := readState(t.root)
	if err != nil {
		return err
	}
	v, err := t.modgov(ctx, append([]string{"fix"}, args...)...)
	if err != nil {
		return err
	}
	after, err := readState(t.root)
	if err != nil {
		return err
	}
	switch {
	case v.Written:
		t.written = true
	case !v.Proved:
		t.refused = append(t.refused, strings.ReplaceAll(v.Reason, t.root, "ROOT"))
		fallthrough
	default:
		if !before.same(after) {
			t.problem("fix says that it wrote nothing, and files are others")
		}
	}
	return nil
}

// checkPasses wants no error after fix that was not there before the breaking.
func (t *trial) checkPasses(ctx context.Context) error {
	v, err := t.modgov(ctx, "check")
	for _, f := range v.Findings {
		old := slices.ContainsFunc(t.before, func(b finding) bool { return b.ID == f.ID })
		if f.Severity == "error" && !old {
			t.problem("check after fix: %s: %s", f.ID, f.Message)
		}
	}
	if !v.Complete {
		t.problem("check after fix is incomplete")
	}
	return err
}

// second wants a second fix to change nothing.
func (t *trial) second(ctx context.Context) error {
	before, err := readState(t.root) // go may have added to go.work.sum when it was asked
	if err != nil {
		return err
	}
	v, err := t.modgov(ctx, t.command()...)
	if err != nil {
		return err
	}
	again, err := readState(t.root)
	if err == nil && (!again.same(before) || len(v.Files) > 0) {
		t.problem("a second fix changes %v (%s)", v.Files, v.Reason)
	}
	return err
}

// compareVersions wants nothing lower than in the broken state, and nothing that the policy names lower than in the
// healthy one, in modules and in the workspace.
func (t *trial) compareVersions() {
	for view := range t.after.lists {
		for _, dep := range sortedKeys(t.broken.lists[view]) {
			if was, is := t.broken.lists[view][dep], t.after.lists[view][dep]; t.broken.counts(view, dep) && lower(is, was) {
				t.problem("%s has %s %s after fix, and %s in the broken state", view, dep, is, was)
			}
		}
		for dep := range t.policy.named {
			was, is := t.healthy.lists[view][dep], t.after.lists[view][dep]
			if t.healthy.counts(view, dep) && lower(is, was) {
				t.problem("%s has %s %s after fix, and %s before the breaking", view, dep, is, was)
			}
		}
	}
	for _, b := range t.did {
		was, is := t.healthy.lists[b.dir][b.text], t.after.lists[b.dir][b.text]
		if b.kind == lostReplace && path.Join(b.dir, was) != path.Join(b.dir, is) {
			t.problem("%s has %s from %s after fix, and %s before the breaking", b.dir, b.text, is, was)
		}
	}
}

// counts reports whether the version of a dependency counts in a view. Of what a pruned module does not list it builds no
// package: that goes up and down with what is listed.
func (st *state) counts(view, dep string) bool {
	for dir, mod := range st.mods {
		listed := st.required(dir, dep) != ""
		if view == workspaceView && listed {
			return true
		}
		if dir == view && (listed || mod.Go == nil || semver.Compare("v"+mod.Go.Version, "v1.17") < 0) {
			return true
		}
	}
	return false
}

// lower reports whether a version is below another. Directories and forks have no order.
func lower(is, was string) bool {
	return semver.IsValid(is) && semver.IsValid(was) && semver.Compare(is, was) < 0
}

// goAccepts wants go to accept every view that it accepted before the breaking.
func (t *trial) goAccepts(ctx context.Context) error {
	for _, view := range sortedKeys(t.accepted) {
		_, err := t.ask(ctx, t.root, t.after, view, "list", "-m", "-mod=readonly", "all")
		if err != nil && !strings.Contains(said(err), ".info: no such file") { // the corpus has not got all of them
			t.problem("go refuses %s after fix: %s", view, said(err))
		}
	}
	return ctx.Err()
}

// sourceBuilds wants every module to build, alone and in the workspace, and go mod tidy to ask for nothing new.
func (t *trial) sourceBuilds(ctx context.Context) error {
	if !t.source {
		return nil
	}
	for _, dir := range t.after.governed() {
		if _, err := t.ask(ctx, t.root, t.after, dir, "build", "./..."); err != nil {
			t.problem("%s does not build alone: %s", dir, said(err))
		}
		if t.isMember(dir) {
			if _, err := t.askAt(ctx, t.root, t.after, workspaceView, dir, "build", "./..."); err != nil {
				t.problem("%s does not build in the workspace: %s", dir, said(err))
			}
		}
		healthy, err := t.tidyDiff(ctx, t.dir, t.healthy, dir)
		if err != nil {
			return err
		}
		now, err := t.tidyDiff(ctx, t.root, t.after, dir)
		if err != nil {
			t.problem("go mod tidy in %s: %s", dir, said(err))
		}
		idle := len(t.command()) == 1 && slices.ContainsFunc(now, isIdle)
		for _, line := range now {
			stays := idle && (isIdle(line) || strings.HasPrefix(line, "-") && !strings.Contains(line, "//")) ||
				slices.Contains(t.superfluous[dir], line) && (!t.touched(dir) || !t.named(dir, line))
			if !slices.Contains(healthy, line) && !stays {
				t.problem("go mod tidy -diff in %s: %s", dir, line)
			}
		}
	}
	return ctx.Err()
}

// touched reports whether fix changed a module.
func (t *trial) touched(dir string) bool {
	return slices.ContainsFunc([]string{"go.mod", "go.sum"}, func(name string) bool {
		name = path.Join(dir, name)
		return !bytes.Equal(t.broken.files[name], t.after.files[name])
	})
}

// named reports whether a line of go.sum is about a version that the module required in the broken state.
func (t *trial) named(dir, line string) bool {
	f := strings.Fields(strings.TrimPrefix(line, "-"))
	return len(f) == 3 && t.broken.required(dir, f[0]) == strings.TrimSuffix(f[1], "/go.mod")
}

// isIdle reports whether a line is an indirect requirement that goes. What a fix makes superfluous, and the sums of
// that, fix --tidy takes away, and fix does not: nothing is lost by having it.
func isIdle(line string) bool {
	return strings.HasPrefix(line, "-") && strings.HasSuffix(line, "// indirect")
}

// brokenTidy returns the lines of the broken state that go mod tidy would take away.
func (t *trial) brokenTidy(ctx context.Context) (map[string][]string, error) {
	out := map[string][]string{}
	if !t.source {
		return out, nil
	}
	for _, dir := range t.broken.governed() {
		lines, err := t.tidyDiff(ctx, t.root, t.broken, dir)
		if err != nil && ctx.Err() != nil {
			return nil, err
		} // else: what go cannot tidy has no such lines
		out[dir] = slices.DeleteFunc(lines, func(line string) bool { return !strings.HasPrefix(line, "-") })
	}
	return out, nil
}

func (t *trial) isMember(dir string) bool {
	work, err := modfile.ParseWork("go.work", t.after.files["go.work"], nil)
	return err == nil && slices.ContainsFunc(work.Use, func(u *modfile.Use) bool { return filepath.Clean(u.Path) == dir })
}

// tidyDiff returns the lines that go mod tidy -diff would change.
func (s *subject) tidyDiff(ctx context.Context, root string, st *state, dir string) ([]string, error) {
	out, err := s.ask(ctx, root, st, dir, "mod", "tidy", "-diff")
	if err != nil && out == "" {
		return nil, err
	}
	var lines []string
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "+++") || strings.HasPrefix(line, "---") {
			continue
		}
		if strings.HasPrefix(line, "+") || strings.HasPrefix(line, "-") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return withoutForm(lines), nil
}

// withoutForm takes from the lines of a diff those that only move a requirement: out of a block of which nothing else is
// left, say.
func withoutForm(lines []string) []string {
	says := func(line string) string {
		return line[:1] + strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line[1:]), "require "))
	}
	out := slices.Clone(lines)
	for _, line := range lines {
		if !strings.HasPrefix(line, "+") {
			continue
		}
		gone := slices.IndexFunc(out, func(l string) bool { return says(l) == "-"+says(line)[1:] })
		if gone >= 0 {
			out = slices.Delete(out, gone, gone+1)
			come := slices.Index(out, line)
			out = slices.Delete(out, come, come+1)
		}
	}
	return out
}

// said returns what go said of a failure, on one line.
func said(err error) string {
	text := err.Error()
	var failed *gocmd.Error
	if errors.As(err, &failed) && failed.Stderr != "" {
		text = failed.Stderr
	}
	return strings.Join(strings.Fields(text), " ")
}
