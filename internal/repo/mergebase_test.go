package repo

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
)

func (g *gitRepo) mergeBase(dir, one, other string) (string, bool, error) {
	g.t.Helper()
	r, err := Open(g.t.Context(), Options{Dir: dir, Env: g.env})
	if err != nil {
		g.t.Fatal(err)
	}
	defer r.Close()
	return r.MergeBase(g.t.Context(), one, other)
}

// A history of merges made by chance, with clocks that go wrong: the merge base of any two commits is one that git names,
// and there are more where git has more.
func TestMergeBase(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	random := rand.New(rand.NewPCG(3, 5))
	var commits []string
	tree := strings.TrimSpace(g.git("hash-object", "-t", "tree", "-w", "/dev/null"))
	for i := range 60 {
		args := []string{"commit-tree", tree, "-m", fmt.Sprint(i)}
		for range min(len(commits), random.IntN(3)) {
			args = append(args, "-p", commits[max(0, len(commits)-1-random.IntN(8))])
		}
		date := fmt.Sprintf("GIT_COMMITTER_DATE=%d +0000", 1700000000+i*60-random.IntN(2)*random.IntN(3000))
		commits = append(commits, strings.TrimSpace((&gitRepo{t: t, dir: g.dir, env: append(g.env, date)}).git(args...)))
	}
	for range 150 {
		one, other := commits[random.IntN(len(commits))], commits[random.IntN(len(commits))]
		out, err := g.try("merge-base", "--all", one, other)
		want := strings.Fields(out)
		got, more, gotErr := g.mergeBase(g.dir, one, other)
		switch {
		case err != nil && len(want) == 0:
			if !errors.Is(gotErr, ErrUnrelated) {
				t.Errorf("%s %s: %v, git says there is none", one, other, gotErr)
			}
		case gotErr != nil || !strings.Contains(out, got) || more != (len(want) > 1):
			t.Errorf("%s %s: %s, %v, %v; git says %v", one, other, got, more, gotErr, want)
		}
	}
}

// A shallow clone in which the merge base is not there fails closed.
func TestMergeBaseShallow(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	for range 3 {
		g.commit()
	}
	g.git("branch", "side")
	g.commit()
	base := strings.TrimSpace(g.git("rev-parse", "side"))
	g.git("checkout", "-q", "side")
	g.write("side=1")
	g.commit()
	g.git("checkout", "-q", "main")
	dir := filepath.Join(newDir(t), "shallow")
	g.git("clone", "-q", "--depth", "1", "--no-single-branch", "file://"+g.dir, dir)
	if got, _, err := g.mergeBase(dir, "HEAD", "origin/side"); !errors.Is(err, ErrNotFetched) || !strings.Contains(err.Error(), "--unshallow") {
		t.Errorf("%s, %v", got, err)
	}
	g.in(dir).git("fetch", "-q", "--depth", "2")
	if got, more, err := g.mergeBase(dir, "HEAD", "origin/side"); err != nil || got != base || more {
		t.Errorf("%s, %v, %v; want %s", got, more, err, base)
	}
	g.in(dir).git("fetch", "-q", "--unshallow")
	if got, more, err := g.mergeBase(dir, "origin/side", "HEAD"); err != nil || got != base || more {
		t.Errorf("%s, %v, %v; want %s", got, more, err, base)
	}
}
