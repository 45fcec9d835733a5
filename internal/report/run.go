package report

import (
	"fmt"
	"html"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/modgov/modgov/internal/ci"
	"github.com/modgov/modgov/internal/policy"
)

// A Run is what became of a command that was run in modules.
type Run struct {
	Schema   string   `json:"schema"`   // "1"
	Document string   `json:"document"` // "run"
	Tool     Tool     `json:"tool"`
	Root     string   `json:"root"`
	Command  []string `json:"command"`
	// Base is what the modules changed since, nil if all were asked for.
	Base *Revision `json:"base,omitempty"`
	// Shard is the part of the selected modules that was run, nil for all.
	Shard *Shard `json:"shard,omitempty"`
	// Verdict is "fail" if a module failed, "incomplete" if one was not run or the selection is not certain, else "pass".
	Verdict  string  `json:"verdict"`
	Complete bool    `json:"complete"` // every module of the shard was run, and all that are selected are known
	Seconds  float64 `json:"seconds"`
	// Selected are the directories of the modules that all shards together run, sorted; Modules those of this one.
	Selected []string    `json:"selected"`
	Modules  []RunModule `json:"modules"`
	Gaps     []Gap       `json:"gaps"`
	Notes    []string    `json:"notes,omitempty"`
}

// A Shard is one part of Count, from 1.
type Shard struct {
	Index int `json:"index"`
	Count int `json:"count"`
}

// A RunModule is what became of the command in a module.
type RunModule struct {
	Dir      string  `json:"dir"`
	Path     string  `json:"path"`
	State    string  `json:"state"`     // "passed", "failed", "stopped", "not run"
	ExitCode int     `json:"exit_code"` // -1 if there is none
	Reason   string  `json:"reason,omitempty"`
	Seconds  float64 `json:"seconds"`
	// Output is the end of what it wrote, if it failed or was stopped.
	Output string `json:"output,omitempty"`
}

// Settle fills in the verdict, from the modules and from whether the selection is certain.
func (r *Run) Settle() {
	r.Complete = len(r.Gaps) == 0
	failed := false
	for _, m := range r.Modules {
		failed = failed || m.State == "failed"
		r.Complete = r.Complete && (m.State == "passed" || m.State == "failed")
	}
	switch {
	case failed:
		r.Verdict = string(policy.Fail)
	case !r.Complete:
		r.Verdict = string(policy.Incomplete)
	default:
		r.Verdict = string(policy.Pass)
	}
}

// result says in words what became of a module.
func (m *RunModule) result() string {
	switch {
	case m.Reason != "":
		return m.Reason
	case m.State == "failed":
		return fmt.Sprintf("exit code %d", m.ExitCode)
	}
	return m.State
}

// seconds writes a time for people.
func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second))
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// title is the line over the output of a module.
func (m *RunModule) title() string {
	return fmt.Sprintf("%s: %s in %s", m.Dir, m.result(), seconds(m.Seconds))
}

// Around returns what stands before and after the output of a module in a log: a title, and marks by which the service
// folds the output of what passed. The output itself is the user's command's, and stays as it is. Number
// tells modules apart; at is the time.
func (m *RunModule) Around(service ci.Service, number int, at time.Time, o Options) (head, foot string) {
	folds := m.State == "passed"
	switch {
	case folds && service == ci.GitHub:
		return "::group::" + strings.ReplaceAll(Escape(m.title()), "%", "%25") + "\n", "::endgroup::\n"
	case service == ci.Buildkite: // --- begins lines that are folded, +++ such that are not
		return map[bool]string{true: "--- ", false: "+++ "}[folds] + Escape(m.title()) + "\n", ""
	case folds && service == ci.GitLab:
		mark := func(word string) string { return fmt.Sprintf("\x1b[0K%s:%d:modgov_%d", word, at.Unix(), number) }
		return mark("section_start") + "[collapsed=true]\r\x1b[0K" + Escape(m.title()) + "\n",
			mark("section_end") + "\r\x1b[0K\n"
	}
	pg := newPage(o)
	style := map[string]style{"passed": passStyle, "failed": errorStyle}[m.State]
	pg.line(piece{"==> ", style}, piece{text: m.Dir + ": "}, piece{m.result(), style}, piece{text: " in " + seconds(m.Seconds)})
	return pg.buf.String(), "\n"
}

// PrefixOf returns what stands before each line of the output of a module.
func PrefixOf(dir string, width int) string {
	return Escape(dir) + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(Escape(dir)))) + " | "
}

// PrefixWidth returns the width that the longest of directories needs.
func PrefixWidth(dirs []string) int {
	n := 0
	for _, dir := range dirs {
		n = max(n, utf8.RuneCountInString(Escape(dir)))
	}
	return n
}

// WriteRun writes what became of a command as "text", "json", "junit" or "markdown".
func WriteRun(w io.Writer, format string, r *Run, o Options) error {
	if err := checkFormat("run", format); err != nil {
		return err
	}
	switch format {
	case "json":
		return writeJSON(w, r)
	case "junit":
		return r.writeJUnit(w)
	case "markdown":
		return r.writeMarkdown(w)
	}
	return r.writeText(w, o)
}

// writeText writes the end of a log: what did not pass, with -v all, and how many did.
func (r *Run) writeText(w io.Writer, o Options) error {
	pg := newPage(o)
	var rows [][]string
	for _, m := range r.Modules {
		if o.Verbose || m.State != "passed" {
			row := []string{m.State, m.Dir, seconds(m.Seconds), m.result()}
			if m.State == m.result() {
				row = row[:3]
			}
			rows = append(rows, row)
		}
	}
	pg.table("", rows)
	for _, g := range r.Gaps {
		pg.incomplete(moduleName(g.Module) + ": " + g.Message)
	}
	if o.Verbose {
		pg.notes(r.Notes)
	}
	if len(rows) > 0 {
		pg.blank()
	}
	pg.line(piece{r.Verdict, verdictStyle(r.Verdict)}, piece{text: " " + r.count()})
	return pg.writeTo(w)
}

// count says how many modules passed, and in which time.
func (r *Run) count() string {
	n := map[string]int{}
	for _, m := range r.Modules {
		n[m.State]++
	}
	text := policy.Count(len(r.Modules), "module")
	if s := r.Shard; s != nil {
		text += fmt.Sprintf(" of %d, shard %d of %d", len(r.Selected), s.Index, s.Count)
	}
	if b := r.Base; b != nil {
		text += fmt.Sprintf(", affected since %s (%.12s)", b.Revision, b.Commit)
	}
	text += fmt.Sprintf(": %d passed", n["passed"])
	for _, state := range []string{"failed", "stopped", "not run"} {
		if n[state] > 0 {
			text += fmt.Sprintf(", %d %s", n[state], state)
		}
	}
	return text + " in " + seconds(r.Seconds)
}

// writeJUnit writes a suite with a case for each module. What could not be found out is an error in it.
func (r *Run) writeJUnit(w io.Writer) error {
	command := strings.Join(r.Command, " ")
	suite := junitSuite{Name: xmlText("modgov run " + command), Time: fmt.Sprintf("%.3f", r.Seconds)}
	for _, m := range r.Modules {
		c := junitCase{Name: xmlText(m.Dir), Class: xmlText(command), Time: fmt.Sprintf("%.3f", m.Seconds)}
		switch m.State {
		case "failed":
			c.Failure = &junitResult{Message: xmlText(m.result()), Text: printableLines(m.Output)}
		case "stopped", "not run":
			c.Skipped = &junitResult{Message: m.State}
		}
		suite.add(c)
	}
	for _, g := range r.Gaps {
		suite.add(junitCase{
			Name: xmlText(moduleName(g.Module)), Class: "modgov.layers", Error: &junitResult{Message: xmlText(g.Message), Type: incompleteRule},
		})
	}
	return writeXML(w, junitSuites{
		Name: "modgov", Tests: suite.Tests, Failures: suite.Failures, Errors: suite.Errors, Suites: []junitSuite{suite},
	})
}

// printableLines escapes the lines of a text.
func printableLines(text string) string {
	var b strings.Builder
	p := Printable(&b)
	_, err := io.WriteString(p, strings.ToValidUTF8(text, "\ufffd"))
	if err != nil || p.Close() != nil {
		return "" // cannot be: nothing is written but to memory
	}
	return b.String()
}

// How much of the outputs a comment shows: of so many modules the last so many bytes. A comment has 65,536 characters.
const (
	maxMarkdownModules = 20
	maxMarkdownOutput  = 2 << 10
)

// writeMarkdown writes a comment: the verdict, what did not pass, and the ends of the outputs of that.
func (r *Run) writeMarkdown(w io.Writer) error {
	m := &mdPage{}
	m.line("**%s** %s: %s", r.Verdict, mdCode(strings.Join(r.Command, " ")), mdCode(r.count()))
	m.line("")
	var outputs []RunModule
	for _, module := range r.Modules {
		if module.State != "passed" {
			m.item("%s: %s in %s", mdCode(module.Dir), mdCode(module.result()), seconds(module.Seconds))
		}
		if module.Output != "" {
			outputs = append(outputs, module)
		}
	}
	for _, g := range r.Gaps {
		m.item("incomplete: %s", mdCode(moduleName(g.Module)+": "+g.Message))
	}
	m.end()
	for _, module := range outputs[:min(len(outputs), maxMarkdownModules)] {
		m.line("\n<details><summary>%s</summary>\n", html.EscapeString(Escape(module.Dir)))
		for line := range strings.Lines(printableLines(module.Output[max(0, len(module.Output)-maxMarkdownOutput):])) {
			m.line("    %s", strings.TrimSuffix(line, "\n"))
		}
		m.line("\n</details>")
	}
	_, err := io.WriteString(w, m.b.String())
	return err
}
