package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/modgov/modgov/internal/repo"
)

// The limits that this bench holds check --base to: so many times plain check and a constant, and so much memory.
const (
	limitTimes  = 2.5
	limitMore   = 250 // ms
	limitMemory = 200 // MB
)

// runHistory compares check --base with plain check, on a long and on a short history of the same repository.
func runHistory(commits, runs int) error {
	work, modgov, err := prepare()
	defer removeAll(work)
	if err != nil {
		return err
	}
	proxy := filepath.Join(work, "proxy")
	if err := writeProxy(proxy); err != nil {
		return err
	}
	long, short := filepath.Join(work, "long"), filepath.Join(work, "short")
	if err := errors.Join(makeRepository(long, commits), makeRepository(short, commits/10)); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	git := filepath.Join(work, "read.sh")
	if err := os.WriteFile(git, []byte(gitReads), 0o755); err != nil {
		return err
	}
	check := func(root string, args ...string) []string {
		return append([]string{modgov, "--root", root, "check"}, args...)
	}
	far := fmt.Sprintf("HEAD~%d", commits/2)
	subjects := []*subject{
		{name: "check", args: check(long)},
		{name: "check --base HEAD~20", args: check(long, "--base", "HEAD~20")},
		{name: "check --base " + far, args: check(long, "--base", far)},
		{name: fmt.Sprintf("check, %d commits", commits/10), args: check(short)},
		{name: fmt.Sprintf("check --base HEAD~20, %d commits", commits/10), args: check(short, "--base", "HEAD~20")},
		{name: "read the module files of HEAD~20", args: []string{self, readCommand, long, "HEAD~20"}},
		{name: "the same by git ls-tree and cat-file --batch", args: []string{"sh", git, long, "HEAD~20"}},
		{name: "check --base HEAD~20 --json", args: check(long, "--base", "HEAD~20", "--json")},
		{name: "check --base HEAD~20 --merge-result", args: check(long, "--base", "HEAD~20", "--merge-result")},
		{name: "diff HEAD~20", args: []string{modgov, "--root", long, "diff", "HEAD~20"}},
	}
	if err := runAll(subjects, environ(work, proxy), runs); err != nil {
		return err
	}
	printHistory(commits, subjects)
	return nil
}

// gitReads lists the tree of a commit and has git print all of its module files. Its processes start one after the
// other, as each needs what the one before says.
const gitReads = `git -C "$1" ls-tree -r "$2" |
	sed -n 's/^[0-9]* blob \([0-9a-f]*\)	.*go\.\(mod\|sum\|work\)$/\1/p' |
	git -C "$1" cat-file --batch >/dev/null
`

func printHistory(commits int, subjects []*subject) {
	fmt.Printf("%d modules, %d commits, medians of %d interleaved runs\n", modules, commits, len(subjects[0].took))
	printFigures(subjects)
	plain, based, fewer := subjects[0], subjects[1], subjects[4]
	limit := limitTimes*milliseconds(plain.median()) + limitMore
	fmt.Printf("  check --base HEAD~20 takes %.2f times plain check; the limit is %.0f ms and %d MB: %s\n",
		float64(based.median())/float64(plain.median()), limit, limitMemory,
		verdict(milliseconds(based.median()) < limit && based.peak < limitMemory*1024))
	fmt.Printf("  ten times the commits make %+.1f ms, %+.1f ms of CPU\n", milliseconds(based.median()-fewer.median()),
		milliseconds(median(based.cpu)-median(fewer.cpu)))
	reads, git := subjects[5], subjects[6]
	fmt.Printf("  reading takes %.2f times what git takes, %.2f times the CPU\n",
		float64(reads.median())/float64(git.median()), float64(median(reads.cpu))/float64(median(git.cpu)))
}

func verdict(ok bool) string {
	if ok {
		return "kept"
	}
	return "NOT KEPT"
}

// readCommand is what this program is called with to do nothing but read the module files of a commit.
const readCommand = "read"

// readRevision reads all go.mod, go.sum and go.work files of a commit, as check --base does.
func readRevision(root, name string) error {
	ctx := context.Background()
	r, err := repo.Open(ctx, repo.Options{Dir: root, Root: root, Env: os.Environ()})
	if err != nil {
		return err
	}
	tree, err := r.Revision(ctx, name)
	if err != nil {
		return errors.Join(err, r.Close())
	}
	names := []string{tree.Work}
	for _, m := range tree.Modules {
		names = append(names, path.Join(m.Dir, "go.mod"), path.Join(m.Dir, "go.sum"))
	}
	for _, name := range names {
		if _, err := fs.ReadFile(tree.FS, name); err != nil {
			return errors.Join(err, r.Close())
		}
	}
	return r.Close()
}
