package main

// CI systems, as far as a machine without them can act them out: `job` reads what they would read, strictly, and runs
// its shell steps in a clone as deep as the system would make it.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"go.yaml.in/yaml/v4"
)

// ciRun is a run of a job.
type ciRun struct {
	ts  *testscript.TestScript
	dir string // the checkout
	log strings.Builder
}

var errJob = errors.New("a step of the job failed")

// scriptJob runs the job of a CI system in a clone of the repository $WORK/origin. What its steps print, and the actions
// of others that they use, are in $WORK/job.log.
func scriptJob(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] job SYSTEM FILE")
	}
	systems := map[string]func(*ciRun, []byte) error{
		"github": runGitHub, "gitlab": runGitLab, "buildkite": runBuildkite, "jenkins": runJenkins, "azure": runAzure,
		"pre-commit": runPreCommit, "shell": runShell,
	}
	run, ok := systems[args[0]]
	if !ok {
		ts.Fatalf("no CI system %s", args[0])
	}
	c := &ciRun{ts: ts, dir: filepath.Join(ts.Getenv("WORK"), ".runner")}
	ts.Check(os.RemoveAll(c.dir))
	ts.Check(os.MkdirAll(c.dir, 0o777))
	c.shims()
	var data []byte
	var err error
	if name, ours := strings.CutPrefix(args[1], "@"); ours { // a file of modgov's own
		data, err = os.ReadFile(filepath.Join(repositoryRoot(), name))
		ts.Check(err)
	} else {
		data = []byte(ts.ReadFile(args[1]))
	}
	err = run(c, data)
	ts.Check(os.WriteFile(filepath.Join(ts.Getenv("WORK"), "job.log"), []byte(c.log.String()), 0o666))
	switch {
	case err != nil && !errors.Is(err, errJob):
		ts.Fatalf("%s: %v", args[1], err)
	case (err != nil) != neg:
		ts.Fatalf("the job failed: %v\n%s", err != nil, &c.log)
	}
}

// scriptBlock takes a block of code out of docs/ci.md.
func scriptBlock(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: block HEADING LANGUAGE FILE")
	}
	page, err := os.ReadFile(filepath.Join(repositoryRoot(), "docs", "ci.md"))
	ts.Check(err)
	_, rest, found := strings.Cut(string(page), "\n## "+args[0]+"\n")
	if !found {
		ts.Fatalf("docs/ci.md has no section %q", args[0])
	}
	section, _, _ := strings.Cut(rest, "\n## ")
	blocks := strings.Split(section, "\n```"+args[1]+"\n")
	if len(blocks) < 2 {
		ts.Fatalf("the section %q has no block of %s", args[0], args[1])
	}
	block, _, _ := strings.Cut(blocks[len(blocks)-1], "\n```") // the last one: what stands before it are variants
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(block+"\n"), 0o666))
}

// repositoryRoot is where modgov's own files are.
func repositoryRoot() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// shims are programs before all others on PATH: a go command that has installed modgov already, which is on PATH, and
// what Buildkite's agent brings.
func (c *ciRun) shims() {
	goCommand, err := exec.LookPath("go")
	c.ts.Check(err)
	dir := c.shimDir()
	c.ts.Check(os.MkdirAll(dir, 0o777))
	for name, script := range map[string]string{
		"go": `case "$1 $2" in
"install github.com/modgov/modgov/cmd/modgov@"*) exit 0 ;;
"run github.com/modgov/modgov/cmd/modgov@"*) shift 2; exec modgov "$@" ;;
esac
exec '` + goCommand + `' "$@"`,
		"buildkite-agent": `echo "buildkite-agent $*"; cat >"$WORK/annotation.md"`,
	} {
		c.ts.Check(os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o777))
	}
}

func (c *ciRun) shimDir() string { return filepath.Join(c.ts.Getenv("WORK"), ".home", "shims") }

// bash runs a script as CI systems do, and logs what it prints.
func (c *ciRun) bash(script, dir string, env map[string]string) error {
	file := filepath.Join(c.ts.Getenv("WORK"), ".home", "step.sh")
	c.ts.Check(os.WriteFile(file, []byte(script), 0o666))
	args := []string{"-C", dir, "PATH=" + c.shimDir() + string(os.PathListSeparator) + c.ts.Getenv("PATH"), "WORK=" + c.ts.Getenv("WORK")}
	for name, value := range env {
		args = append(args, name+"="+value)
	}
	err := c.ts.Exec("env", append(args, "bash", "--noprofile", "--norc", "-eo", "pipefail", file)...)
	c.log.WriteString(c.ts.ReadFile("stdout") + c.ts.ReadFile("stderr"))
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		fmt.Fprintf(&c.log, "exit code %d\n", exit.ExitCode())
		return errJob
	}
	return err
}

// checkout makes the clone: of so many commits of a ref, or, for 0, of all of it with all branches.
func (c *ciRun) checkout(ref string, depth int) error {
	how := fmt.Sprintf("--depth=%d", depth)
	branches := ""
	if depth == 0 {
		how, branches = "", "'+refs/heads/*:refs/remotes/origin/*'"
	}
	script := fmt.Sprintf(`git init -q .
git remote add origin "file://$WORK/origin"
git fetch -q %s origin '+%s:refs/remotes/ci/head' %s
git checkout -q --detach refs/remotes/ci/head`, how, ref, branches)
	return c.bash(script, c.dir, nil)
}

// decode reads YAML into a value and takes no key that the value does not have.
func decode(data []byte, into any) error {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil {
		return err
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return errors.New("something stands after the document")
	}
	return nil
}

type gitlabJob struct {
	Stage        string            `yaml:"stage"`
	Image        string            `yaml:"image"`
	Variables    map[string]string `yaml:"variables"`
	Cache        map[string]any    `yaml:"cache"`
	Rules        []map[string]any  `yaml:"rules"`
	BeforeScript []string          `yaml:"before_script"`
	Script       []string          `yaml:"script"`
	Artifacts    struct {
		When    string            `yaml:"when"`
		Reports map[string]string `yaml:"reports"`
	} `yaml:"artifacts"`
}

func runGitLab(c *ciRun, data []byte) error {
	var jobs map[string]gitlabJob
	if err := decode(data, &jobs); err != nil {
		return err
	}
	job, ok := jobs["modgov"]
	if !ok || len(job.Rules) == 0 {
		return errors.New("there is no job modgov with rules")
	}
	depth := 20 // GitLab's own
	if job.Variables["GIT_DEPTH"] == "0" {
		depth = 0
	}
	if err := c.checkout(c.ts.Getenv("CI_COMMIT_REF"), depth); err != nil {
		return err
	}
	env := map[string]string{"CI_PROJECT_DIR": c.dir}
	for name, value := range job.Variables {
		env[name] = strings.ReplaceAll(value, "$CI_PROJECT_DIR", c.dir)
	}
	err := c.bash(strings.Join(append(job.BeforeScript, job.Script...), "\n"), c.dir, env)
	for kind, name := range job.Artifacts.Reports {
		if _, err := os.Stat(filepath.Join(c.dir, name)); err != nil {
			return fmt.Errorf("no report %s: %w", kind, err)
		}
		fmt.Fprintf(&c.log, "report %s: %s\n", kind, name)
	}
	return err
}

func runBuildkite(c *ciRun, data []byte) error {
	var pipeline struct {
		Steps []struct {
			Label         string   `yaml:"label"`
			Commands      []string `yaml:"commands"`
			ArtifactPaths string   `yaml:"artifact_paths"`
		} `yaml:"steps"`
	}
	if err := decode(data, &pipeline); err != nil {
		return err
	}
	if err := c.checkout(c.ts.Getenv("BUILDKITE_REF"), 0); err != nil {
		return err
	}
	for _, step := range pipeline.Steps {
		script := strings.Join(step.Commands, "\n")
		if strings.Contains(strings.ReplaceAll(script, "$$", ""), "$") {
			return fmt.Errorf("Buildkite takes a single $ for itself: %s", script)
		}
		if err := c.bash(strings.ReplaceAll(script, "$$", "$"), c.dir, nil); err != nil {
			return err
		}
	}
	return nil
}

var jenkinsShell = regexp.MustCompile(`(?s)\bsh '''\n(.*?)'''`)

func runJenkins(c *ciRun, data []byte) error {
	steps := jenkinsShell.FindAllSubmatch(data, -1)
	if len(steps) == 0 || bytes.Count(data, []byte("{")) != bytes.Count(data, []byte("}")) {
		return errors.New("it is no pipeline with shell steps")
	}
	if err := c.checkout(c.ts.Getenv("JENKINS_REF"), 1<<20); err != nil { // all commits, and no other branch
		return err
	}
	for _, step := range steps {
		if err := c.bash(string(step[1]), c.dir, nil); err != nil {
			return err
		}
	}
	return nil
}

func runAzure(c *ciRun, data []byte) error {
	var pipeline struct {
		Steps []struct {
			Checkout    string            `yaml:"checkout"`
			FetchDepth  *int              `yaml:"fetchDepth"`
			Bash        string            `yaml:"bash"`
			DisplayName string            `yaml:"displayName"`
			Task        string            `yaml:"task"`
			Condition   string            `yaml:"condition"`
			Inputs      map[string]string `yaml:"inputs"`
		} `yaml:"steps"`
	}
	if err := decode(data, &pipeline); err != nil {
		return err
	}
	var failed error
	for _, step := range pipeline.Steps {
		var err error
		switch {
		case step.Checkout == "self" && step.FetchDepth != nil:
			err = c.checkout(c.ts.Getenv("BUILD_SOURCEBRANCH"), *step.FetchDepth)
		case step.Bash != "" && failed == nil:
			err = c.bash(step.Bash, c.dir, nil)
		case step.Task != "" && (failed == nil || step.Condition == "always()"):
			file := step.Inputs["testResultsFiles"]
			if _, err := os.Stat(filepath.Join(c.dir, file)); err != nil {
				return fmt.Errorf("%s: %w", step.Task, err)
			}
			fmt.Fprintf(&c.log, "task %s: %s\n", step.Task, file)
		}
		if err != nil {
			failed = err
		}
	}
	return failed
}

// runShell runs a script in a clone of what CI_COMMIT_REF names, and of nothing else.
func runShell(c *ciRun, data []byte) error {
	if err := c.checkout(c.ts.Getenv("CI_COMMIT_REF"), 1<<20); err != nil {
		return err
	}
	return c.bash(string(data), c.dir, nil)
}

// runPreCommit runs the hooks that a configuration names, as .pre-commit-hooks.yaml defines them, in $WORK/origin.
func runPreCommit(c *ciRun, data []byte) error {
	var config struct {
		Repos []struct {
			Repo  string `yaml:"repo"`
			Rev   string `yaml:"rev"`
			Hooks []struct {
				ID string `yaml:"id"`
			} `yaml:"hooks"`
		} `yaml:"repos"`
	}
	if err := decode(data, &config); err != nil {
		return err
	}
	defined, err := os.ReadFile(filepath.Join(repositoryRoot(), ".pre-commit-hooks.yaml"))
	if err != nil {
		return err
	}
	var hooks []struct {
		ID            string `yaml:"id"`
		Name          string `yaml:"name"`
		Description   string `yaml:"description"`
		Entry         string `yaml:"entry"`
		Language      string `yaml:"language"`
		Files         string `yaml:"files"`
		PassFilenames bool   `yaml:"pass_filenames"`
		RequireSerial bool   `yaml:"require_serial"`
	}
	if err := decode(defined, &hooks); err != nil {
		return err
	}
	c.dir = filepath.Join(c.ts.Getenv("WORK"), "origin")
	if err := c.ts.Exec("git", "-C", c.dir, "diff", "--cached", "--name-only"); err != nil {
		return err
	}
	changed := strings.Fields(c.ts.ReadFile("stdout"))
	for _, wanted := range config.Repos[0].Hooks {
		for _, hook := range hooks {
			files, err := regexp.Compile(hook.Files)
			if err != nil {
				return err
			}
			if hook.ID != wanted.ID || !files.MatchString(strings.Join(changed, "\n")) {
				continue
			}
			if err := c.bash(hook.Entry, c.dir, nil); err != nil {
				return err
			}
			fmt.Fprintf(&c.log, "hook %s passed\n", hook.ID)
		}
	}
	return nil
}

// jsonPath looks a value up in a JSON text, by names: what GitHub's expressions do with the event.
func jsonPath(data []byte, path []string) string {
	var value any
	if json.Unmarshal(data, &value) != nil {
		return ""
	}
	for _, name := range path {
		object, ok := value.(map[string]any)
		if !ok {
			return ""
		}
		value = object[name]
	}
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}
