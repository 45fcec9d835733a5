package report

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/modgov/modgov/internal/change"
)

// How many jobs one go at a CI system may have: of a matrix of GitHub, of an upload to Buildkite, and of a pipeline where
// GitLab is the most restrictive.
const (
	maxMatrixJobs    = 256
	maxBuildkiteJobs = 500
	maxGitLabJobs    = 500
)

// A job is one module, or several where there are more than a CI system takes jobs.
type job struct {
	Name    string   `json:"name"`
	Dir     string   `json:"dir"` // of several modules all, with spaces between them: no such directory, so not taken for one
	Module  string   `json:"module"`
	Dirs    []string `json:"dirs"` // from git's top level
	Modules []string `json:"modules"`
}

// jobs shares the modules out over at most limit jobs of about equal weight. Directories start with below.
func (a *Affected) jobs(limit int, below string) []job {
	weights := make([]int64, len(a.Modules))
	for i, m := range a.Modules {
		weights[i] = m.Weight
	}
	parts := make([][]int, len(a.Modules))
	for i := range parts {
		parts[i] = []int{i}
	}
	if len(parts) > limit {
		parts = change.Split(weights, limit)
	}
	out := make([]job, 0, len(parts))
	for _, part := range parts {
		var j job
		for _, i := range part {
			j.Dirs, j.Modules = append(j.Dirs, path.Join(below, a.Modules[i].Dir)), append(j.Modules, a.Modules[i].Path)
		}
		j.Name, j.Dir, j.Module = j.Dirs[0], strings.Join(j.Dirs, " "), strings.Join(j.Modules, " ")
		if n := len(part) - 1; n > 0 {
			j.Name += " " + countMore(n)
		}
		out = append(out, j)
	}
	slices.SortFunc(out, func(x, y job) int { return strings.Compare(x.Dirs[0], y.Dirs[0]) })
	return out
}

// writeMatrix writes what "strategy: matrix" of GitHub Actions takes, on one line.
func (a *Affected) writeMatrix(w io.Writer, do Jobs) error {
	return writeJSONLine(w, map[string]any{"include": a.jobs(maxMatrixJobs, do.Below)})
}

// writeGitLab writes a child pipeline. One without jobs would be an error, so there is one that does nothing.
func (a *Affected) writeGitLab(w io.Writer, do Jobs) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "# %s\nworkflow:\n  rules:\n    - when: always\n", Escape(a.Count()))
	jobs := a.jobs(maxGitLabJobs, do.Below)
	for i, j := range jobs {
		// A name alone could be a keyword, such as cache.
		fmt.Fprintf(out, "%s:\n  rules:\n    - when: on_success\n", yamlString("module "+clipName(j.Name, i)))
		fmt.Fprintf(out, "  variables:\n    MODGOV_DIR: %s\n    MODGOV_MODULE: %s\n",
			yamlString(doubleDollars(j.Dir)), yamlString(doubleDollars(j.Module)))
		fmt.Fprintln(out, "  script:")
		for _, line := range j.script(do.Step) {
			fmt.Fprintf(out, "    - %s\n", yamlString(line))
		}
	}
	if len(jobs) == 0 {
		fmt.Fprint(out, "\"no module is affected\":\n  rules:\n    - when: on_success\n  variables:\n    GIT_STRATEGY: none\n"+
			"  script:\n    - \"true\"\n")
	}
	return out.Flush()
}

// writeBuildkite writes steps for "buildkite-agent pipeline upload", which takes $ for a variable of its own.
func (a *Affected) writeBuildkite(w io.Writer, do Jobs) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "# %s\nsteps:\n", Escape(a.Count()))
	jobs := a.jobs(maxBuildkiteJobs, do.Below)
	for i, j := range jobs {
		fmt.Fprintf(out, "  - label: %s\n    env:\n      MODGOV_DIR: %s\n      MODGOV_MODULE: %s\n    command:\n",
			yamlString(doubleDollars(clipName(j.Name, i))), yamlString(doubleDollars(j.Dir)), yamlString(doubleDollars(j.Module)))
		for _, line := range j.script(do.Step) {
			fmt.Fprintf(out, "      - %s\n", yamlString(doubleDollars(line)))
		}
	}
	if len(jobs) == 0 {
		fmt.Fprint(out, "  - label: \"no module is affected\"\n    command: \"true\"\n")
	}
	return out.Flush()
}

// script are the lines that run a step in each directory of a job; one that fails does not keep it from the others.
func (j *job) script(step string) []string {
	if len(j.Dirs) == 1 {
		return []string{changeTo(j.Dirs[0]), step}
	}
	lines := []string{"failed=0"}
	for _, dir := range j.Dirs {
		lines = append(lines, fmt.Sprintf("(%s && {\n%s\n}) || failed=1", changeTo(dir), step))
	}
	return append(lines, "exit $failed")
}

// changeTo is the command of a POSIX shell that goes to a directory, whatever it is called.
func changeTo(dir string) string { return "cd './" + strings.ReplaceAll(dir, "'", `'\''`) + "'" }

func doubleDollars(s string) string { return strings.ReplaceAll(s, "$", "$$") }

// clipName cuts the name of the job of a number to what CI systems show and take; no two become the same.
func clipName(s string, number int) string {
	const limit = 200
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return fmt.Sprintf("%s... (%d)", string(runes[:limit]), number+1)
}

// yamlString writes a text as a double-quoted YAML scalar without anything that Escape does not let through.
func yamlString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); {
		text, size := escapeNext(s, i)
		r, _ := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case text == s[i:i+size]:
			b.WriteString(text)
		case r == '\n':
			b.WriteString(`\n`)
		case r <= 0xff:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		i += size
	}
	return b.String() + `"`
}
