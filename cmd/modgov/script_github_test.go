package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

type githubWorkflow struct {
	Name        string               `yaml:"name"`
	On          yaml.Node            `yaml:"on"`
	Permissions map[string]string    `yaml:"permissions"`
	Jobs        map[string]githubJob `yaml:"jobs"`
}

type githubJob struct {
	Name     string            `yaml:"name"`
	RunsOn   string            `yaml:"runs-on"`
	Needs    string            `yaml:"needs"`
	If       string            `yaml:"if"`
	Outputs  map[string]string `yaml:"outputs"`
	Strategy struct {
		FailFast bool      `yaml:"fail-fast"`
		Matrix   yaml.Node `yaml:"matrix"` // an expression, or lists
	} `yaml:"strategy"`
	Steps []githubStep `yaml:"steps"`
}

type githubStep struct {
	Name  string            `yaml:"name"`
	ID    string            `yaml:"id"`
	If    string            `yaml:"if"`
	Uses  string            `yaml:"uses"`
	With  map[string]string `yaml:"with"`
	Shell string            `yaml:"shell"`
	Env   map[string]string `yaml:"env"`
	Run   string            `yaml:"run"`
}

type githubAction struct {
	Name        string                       `yaml:"name"`
	Description string                       `yaml:"description"`
	Author      string                       `yaml:"author"`
	Branding    map[string]string            `yaml:"branding"`
	Inputs      map[string]map[string]string `yaml:"inputs"`
	Outputs     map[string]map[string]string `yaml:"outputs"`
	Runs        struct {
		Using string       `yaml:"using"`
		Steps []githubStep `yaml:"steps"`
	} `yaml:"runs"`
}

// githubRun is a job of GitHub Actions, or an action in it: what expressions may ask for.
type githubRun struct {
	*ciRun
	values map[string]string // "inputs.base", "steps.check.outputs.verdict", "needs.a.outputs.b"
	failed bool
}

// runGitHub runs the jobs of a workflow in the order in which they need each other.
func runGitHub(c *ciRun, data []byte) error {
	var w githubWorkflow
	if err := decode(data, &w); err != nil {
		return err
	}
	if w.On.IsZero() || len(w.Permissions) == 0 {
		return errors.New("a workflow says when it runs and what it may")
	}
	done, failed := map[string]string{}, map[string]error{}
	names := slices.SortedFunc(maps.Keys(w.Jobs), func(a, b string) int { return len(w.Jobs[a].Needs) - len(w.Jobs[b].Needs) })
	for _, name := range names {
		job := w.Jobs[name]
		g := &githubRun{ciRun: c, values: maps.Clone(done), failed: failed[job.Needs] != nil}
		if !g.wanted(job.If) {
			fmt.Fprintf(&c.log, "job %s is skipped\n", name)
			continue
		}
		err := g.matrix(&job)
		if err != nil && !errors.Is(err, errJob) {
			return err
		}
		failed[name] = err
		for output, value := range job.Outputs {
			done["needs."+name+".outputs."+output] = g.expand(value)
		}
	}
	return errors.Join(slices.Collect(maps.Values(failed))...)
}

// wanted reports whether a job or a step is run: not after a failure, unless it says so itself.
func (g *githubRun) wanted(condition string) bool {
	whatever := strings.Contains(condition, "cancelled()") || strings.Contains(condition, "always()")
	return (!g.failed || whatever) && (condition == "" || truthy(g.expand(condition)))
}

// matrix runs a job once, or for each entry of its matrix, each time in a workspace of its own.
func (g *githubRun) matrix(job *githubJob) error {
	entries, err := g.entries(&job.Strategy.Matrix)
	if err != nil {
		return err
	}
	var failed error
	g.values["strategy.job-total"] = strconv.Itoa(len(entries))
	for _, entry := range entries {
		for name, value := range entry {
			text, err := json.Marshal(value)
			if err != nil {
				return err
			}
			g.values["matrix."+name] = strings.Trim(string(text), `"`)
		}
		g.ts.Check(os.RemoveAll(g.dir))
		g.ts.Check(os.MkdirAll(g.dir, 0o777))
		g.failed = false
		if err := g.steps(job.Steps, g.dir); err != nil && !errors.Is(err, errJob) {
			return err
		} else if err != nil {
			failed = err
		}
	}
	return failed
}

// entries are those of a matrix: one, of nothing, without one.
func (g *githubRun) entries(node *yaml.Node) ([]map[string]any, error) {
	var matrix struct{ Include []map[string]any }
	var lists map[string][]any
	switch {
	case node.IsZero():
		return []map[string]any{nil}, nil
	case node.Kind == yaml.ScalarNode:
		err := json.Unmarshal([]byte(g.expand(node.Value)), &matrix)
		return matrix.Include, err
	}
	if err := node.Decode(&lists); err != nil {
		return nil, err
	}
	for name, values := range lists {
		for _, value := range values {
			matrix.Include = append(matrix.Include, map[string]any{name: value})
		}
	}
	return matrix.Include, nil
}

// steps runs steps one after the other; after a failure only those that ask for it.
func (g *githubRun) steps(steps []githubStep, home string) error {
	for i := range steps {
		step := &steps[i]
		if !g.wanted(step.If) {
			continue
		}
		err := g.step(step, home)
		if errors.Is(err, errJob) {
			g.failed = true
		} else if err != nil {
			return err
		}
	}
	if g.failed {
		return errJob
	}
	return nil
}

func (g *githubRun) step(step *githubStep, home string) error {
	with := map[string]string{}
	for name, value := range step.With {
		with[name] = g.expand(value)
	}
	switch name, _, _ := strings.Cut(step.Uses, "@"); name {
	case "":
		return g.run(step, home)
	case "actions/checkout":
		depth := 1 // GitHub's own
		if n, err := strconv.Atoi(with["fetch-depth"]); err == nil {
			depth = n
		}
		return g.checkout(g.ts.Getenv("GITHUB_REF"), depth)
	case "modgov/modgov":
		return g.action(with)
	case "actions/cache":
		return g.cache(step.ID, with["path"])
	case "actions/upload-artifact":
		return g.bash(fmt.Sprintf(`mkdir -p "$STORE/%[1]s"; cp "%[2]s" "$STORE/%[1]s"`, with["name"], with["path"]), g.dir, g.store())
	case "actions/download-artifact":
		return g.bash(fmt.Sprintf(`cp -R "$STORE"/%s .`, with["pattern"]), g.dir, g.store())
	default:
		fmt.Fprintf(&g.log, "uses %s with %v\n", name, with)
	}
	return nil
}

// store is where artifacts are kept.
func (g *githubRun) store() map[string]string {
	return map[string]string{"STORE": filepath.Join(g.ts.Getenv("WORK"), ".home", "artifacts")}
}

// run runs the shell of a step, with the files that GitHub gives it. What comes from outside may be a value of the
// environment, never a part of the script.
func (g *githubRun) run(step *githubStep, home string) error {
	if strings.Contains(step.Run, "${{") {
		return fmt.Errorf("a script has an expression in it, which whoever fills it can end: %s", step.Run)
	}
	output := filepath.Join(g.ts.Getenv("WORK"), ".home", "output")
	if err := os.WriteFile(output, nil, 0o666); err != nil {
		return err
	}
	env := map[string]string{"GITHUB_OUTPUT": output, "GITHUB_ACTION_PATH": home, "GITHUB_WORKSPACE": g.dir}
	for name, value := range step.Env {
		env[name] = g.expand(value)
	}
	if step.Name == "Build modgov" { // from the cache of the machine: the script's own is empty
		host, err := exec.Command("go", "env", "GOMODCACHE").Output()
		if err != nil {
			return err
		}
		env["GOMODCACHE"], env["GOTOOLCHAIN"], env["GOPROXY"] = strings.TrimSpace(string(host)), "local", "off"
	}
	failed := g.bash(step.Run, g.dir, env)
	data, err := os.ReadFile(output)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(data)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if !ok {
			return fmt.Errorf("GITHUB_OUTPUT: %q", line)
		}
		g.values["steps."+step.ID+".outputs."+name] = value
		fmt.Fprintf(&g.log, "output %s=%s\n", name, value)
	}
	return failed
}

// action runs action.yml of this repository.
func (g *githubRun) action(with map[string]string) error {
	home := repositoryRoot()
	data, err := os.ReadFile(filepath.Join(home, "action.yml"))
	if err != nil {
		return err
	}
	var a githubAction
	if err := decode(data, &a); err != nil {
		return fmt.Errorf("action.yml: %w", err)
	}
	inner := &githubRun{ciRun: g.ciRun, values: map[string]string{}}
	for name, input := range a.Inputs {
		inner.values["inputs."+name] = input["default"]
	}
	for name, value := range with {
		if a.Inputs[name] == nil {
			return fmt.Errorf("the action has no input %s", name)
		}
		inner.values["inputs."+name] = value
	}
	failed := inner.steps(a.Runs.Steps, home)
	for name, output := range a.Outputs {
		fmt.Fprintf(&g.log, "action output %s=%s\n", name, inner.expand(output["value"]))
	}
	return failed
}

// cache finds what it is asked for, which is modgov, unless the script says MODGOV_CACHE=miss.
func (g *githubRun) cache(id, dir string) error {
	if g.ts.Getenv("MODGOV_CACHE") == "miss" {
		return os.RemoveAll(filepath.Join(dir, "modgov"))
	}
	modgov, err := exec.LookPath("modgov")
	if err != nil {
		return err
	}
	data, err := os.ReadFile(modgov)
	if err != nil {
		return err
	}
	g.values["steps."+id+".outputs.cache-hit"] = "true"
	return os.WriteFile(filepath.Join(dir, filepath.Base(modgov)), data, 0o777)
}

var githubExpression = regexp.MustCompile(`\$\{\{(.*?)\}\}`)

// expand replaces the expressions in a text.
func (g *githubRun) expand(s string) string {
	return githubExpression.ReplaceAllStringFunc(s, func(e string) string {
		return g.eval(strings.TrimSuffix(strings.TrimPrefix(e, "${{"), "}}"))
	})
}

func truthy(s string) bool { return s != "" && s != "false" && s != "0" }

// eval is as much of GitHub's expressions as is used here.
func (g *githubRun) eval(e string) string {
	e = strings.TrimSpace(e)
	if a, b, ok := strings.Cut(e, "||"); ok {
		if v := g.eval(a); truthy(v) {
			return v
		}
		return g.eval(b)
	}
	if a, b, ok := strings.Cut(e, "&&"); ok {
		if v := g.eval(a); !truthy(v) {
			return v
		}
		return g.eval(b)
	}
	if a, b, ok := strings.Cut(e, "!="); ok {
		return strconv.FormatBool(g.eval(a) != g.eval(b))
	}
	if a, b, ok := strings.Cut(e, "=="); ok {
		return strconv.FormatBool(g.eval(a) == g.eval(b))
	}
	for _, function := range []string{"toJSON", "fromJSON"} { // values are texts here
		if inner, ok := strings.CutPrefix(e, function+"("); ok {
			return g.eval(strings.TrimSuffix(inner, ")"))
		}
	}
	temp := filepath.Join(g.ts.Getenv("WORK"), ".home", "temp")
	known := map[string]string{"!cancelled()": "true", "true": "true", "false": "false", "runner.temp": temp, "runner.os": "Linux", "runner.arch": "X64"}
	value, ok := known[e]
	event, isEvent := strings.CutPrefix(e, "github.event.")
	switch {
	case ok:
		return value
	case strings.HasPrefix(e, "'"):
		return strings.Trim(e, "'")
	case isEvent:
		data, err := os.ReadFile(g.ts.Getenv("GITHUB_EVENT_PATH"))
		if err != nil {
			return ""
		}
		return jsonPath(data, strings.Split(event, "."))
	case regexp.MustCompile(`^(inputs|steps|needs|matrix|strategy)\.[a-z.-]+$`).MatchString(e):
		return g.values[e]
	}
	g.ts.Fatalf("nobody acts out the expression %q", e)
	return ""
}
