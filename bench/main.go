// Command bench measures whole processes with a warm module cache. Runs are interleaved, and medians and ratios printed.
//
//	go run ./bench -corpus DIR [-tree testcontainers-go] [-runs 5]
//
// takes a tree of the corpus: modgov list --json and modgov check, against the loop that people write, "for each module:
// GOWORK=off go list -m all", one after the other and under xargs -P. DIR is an unpacked corpus: trees/NAME and proxy/.
//
//	go run ./bench -policy -corpus DIR [-tree testcontainers-go] [-runs 60]
//
// measures what a policy of 500 items and 500 exceptions adds to modgov check.
//
//	go run ./bench -history [-commits 5000] [-runs 5]
//
// makes a repository of 100 modules with so many commits, and one with a tenth of them: modgov check --base, of a commit
// close by and of one far away, against plain modgov check, and reading the module files of a commit against git.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	corpus := flag.String("corpus", "", "unpacked corpus directory")
	tree := flag.String("tree", "testcontainers-go", "tree of the corpus")
	history := flag.Bool("history", false, "measure check --base on a repository that is made up")
	policy := flag.Bool("policy", false, "measure what a policy of 500 items and 500 exceptions adds to check")
	commits := flag.Int("commits", 5000, "of that repository")
	runs := flag.Int("runs", 5, "interleaved runs of each")
	flag.Parse()
	var err error
	switch {
	case flag.Arg(0) == readCommand && flag.NArg() == 3:
		err = readRevision(flag.Arg(1), flag.Arg(2))
	case *policy:
		err = runPolicy(*corpus, *tree, *runs)
	case *history:
		err = runHistory(*commits, *runs)
	default:
		err = run(*corpus, *tree, *runs)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// A subject is one way to do the job.
type subject struct {
	name string
	args []string
	dir  string
	took []time.Duration
	cpu  []time.Duration // of the process and those that it waited for
	peak int64           // resident set of the process itself, in KiB
}

func run(corpus, tree string, runs int) error {
	root, err := treeOf(corpus, tree)
	if err != nil {
		return err
	}
	dirs, err := moduleDirs(root)
	if err != nil {
		return err
	}
	work, modgov, err := prepare()
	defer removeAll(work)
	if err != nil {
		return err
	}
	list := filepath.Join(work, "dirs")
	if err := os.WriteFile(list, []byte(strings.Join(dirs, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	one := "cd {} && go list -m all >/dev/null 2>&1 || true"
	subjects := []*subject{
		{name: "modgov list --json", args: []string{modgov, "--root", root, "list", "--json"}},
		{name: "modgov check", args: []string{modgov, "--root", root, "check"}},
		{name: "loop of go list -m all", args: []string{"xargs", "-a", list, "-I{}", "sh", "-c", one}, dir: root},
		{name: fmt.Sprintf("the same, xargs -P %d", runtime.NumCPU()),
			args: []string{"xargs", "-a", list, "-P", fmt.Sprint(runtime.NumCPU()), "-I{}", "sh", "-c", one}, dir: root},
	}
	env := environ(work, filepath.Join(filepath.Dir(filepath.Dir(root)), "proxy"))
	if err := runAll(subjects, env, runs); err != nil {
		return err
	}
	print(tree, len(dirs), subjects)
	return nil
}

// treeOf returns the root of a tree of the corpus.
func treeOf(corpus, tree string) (string, error) {
	if corpus == "" {
		return "", errors.New("-corpus DIR is needed")
	}
	return filepath.Abs(filepath.Join(corpus, "trees", tree))
}

// prepare makes a directory to work in, which is to be removed whatever the error is, and builds modgov into it.
func prepare() (work, modgov string, err error) {
	if work, err = os.MkdirTemp("", "modgov-bench-"); err != nil {
		return "", "", err
	}
	modgov = filepath.Join(work, "modgov")
	if out, err := exec.Command("go", "build", "-o", modgov, "./cmd/modgov").CombinedOutput(); err != nil {
		return work, "", fmt.Errorf("build modgov: %w\n%s", err, out)
	}
	return work, modgov, nil
}

// environ is that of all subjects: caches below work, modules from a file proxy.
func environ(work, proxy string) []string {
	return append(os.Environ(), "GOPROXY=file://"+proxy,
		"GOMODCACHE="+filepath.Join(work, "modcache"), "GOFLAGS=-modcacherw", "GOSUMDB=off", "GOWORK=off", "GOTOOLCHAIN=local",
		"XDG_CACHE_HOME="+filepath.Join(work, "cache"), "GOENV=off")
}

// runAll runs the subjects in turn.
func runAll(subjects []*subject, env []string, runs int) error {
	for i := range runs + 1 { // the first one warms the caches and does not count
		for _, s := range subjects {
			if err := s.once(env, i > 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// moduleDirs lists the directories of a tree that hold a go.mod file.
func moduleDirs(root string) ([]string, error) {
	var dirs []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == "go.mod" {
			dirs = append(dirs, filepath.Dir(path))
		}
		return err
	})
	return dirs, err
}

// once runs the subject; an exit code is no failure here, for trees have findings and modules without an answer.
func (s *subject) once(env []string, counts bool) error {
	cmd := exec.Command(s.args[0], s.args[1:]...)
	cmd.Env, cmd.Dir = env, s.dir
	began := time.Now()
	err := cmd.Run()
	took := time.Since(began)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	if counts {
		s.took = append(s.took, took)
		s.cpu = append(s.cpu, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			s.peak = max(s.peak, usage.Maxrss)
		}
	}
	return nil
}

func (s *subject) median() time.Duration { return median(s.took) }

func median(times []time.Duration) time.Duration {
	times = slices.Sorted(slices.Values(times))
	return times[len(times)/2]
}

func print(tree string, n int, subjects []*subject) {
	fmt.Printf("%s: %d modules, medians of %d interleaved runs\n", tree, n, len(subjects[0].took))
	printFigures(subjects)
	for _, s := range subjects[:2] {
		fmt.Printf("  %s takes 1/%.1f of the loop, 1/%.1f of the parallel loop\n", s.name,
			float64(subjects[2].median())/float64(s.median()), float64(subjects[3].median())/float64(s.median()))
	}
}

// printFigures prints medians of the time and of the processor's time, and the greatest resident set, of each subject.
func printFigures(subjects []*subject) {
	for _, s := range subjects {
		fmt.Printf("  %-48s %8.1f ms  %8.1f ms of CPU  %6.1f MB\n", s.name, milliseconds(s.median()),
			milliseconds(median(s.cpu)), float64(s.peak)/1024)
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// removeAll removes a module cache too, whose directories may be read-only.
func removeAll(dir string) {
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return nil
	})
	_ = os.RemoveAll(dir)
}
