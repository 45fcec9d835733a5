package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/modgov/modgov/internal/oracle"
	"github.com/modgov/modgov/internal/policy"
)

// An Oracle compares the build lists and graphs of modgov with those of the go command.
type Oracle struct {
	Summary OracleSummary `json:"summary"`
	Views   []OracleView  `json:"views"` // the modules by directory, then the workspace
}

// An OracleSummary counts views by their result. TooNew are those of NotComparable whose go line is above the version
// of the go command.
type OracleSummary struct {
	Agree         int `json:"agree"`
	BothRefuse    int `json:"both_refuse"`
	Differ        int `json:"differ"`
	NotComparable int `json:"not_comparable"`
	TooNew        int `json:"too_new"`
}

// An OracleView is a module alone, or the workspace.
type OracleView struct {
	Dir       string `json:"dir"` // of the module, or of go.work
	Module    string `json:"module,omitempty"`
	Workspace bool   `json:"workspace,omitempty"`
	Result    string `json:"result"` // "agree", "both-refuse", "not-comparable" or "differ"
	// Reason says why both refuse, or why there is nothing to compare.
	Reason string `json:"reason,omitempty"`
	// Modules and Edges are how many lines go prints.
	Modules     int                `json:"modules"`
	Edges       int                `json:"edges"`
	Differences []OracleDifference `json:"differences,omitempty"`
}

// An OracleDifference is where two answers part: a few lines of each from the first one that is not the same, none
// where an answer has no more; or what one says that refuses.
type OracleDifference struct {
	Command string   `json:"command"`        // "go list -m all" or "go mod graph"
	Line    int      `json:"line,omitempty"` // from 1; 0 if one of the two refuses
	Go      []string `json:"go"`
	Modgov  []string `json:"modgov"`
	// GoLines and ModgovLines are how many lines each answer has.
	GoLines     int `json:"go_lines"`
	ModgovLines int `json:"modgov_lines"`
}

// NewOracle makes the document of comparisons. Their order stays.
func NewOracle(comparisons []oracle.Comparison) *Oracle {
	out := &Oracle{Views: []OracleView{}}
	for _, c := range comparisons {
		v := OracleView{
			Dir: viewDir(c.View), Workspace: c.View.Module == nil, Result: string(c.Result), Reason: c.Reason,
			Modules: c.Modules, Edges: c.Edges,
		}
		if c.View.Module != nil {
			v.Module = c.View.Module.Path
		}
		for _, d := range c.Differences {
			v.Differences = append(v.Differences, OracleDifference{
				Command: d.Command, Line: d.Line, Go: append([]string{}, d.Go...), Modgov: append([]string{}, d.Engine...),
				GoLines: d.GoLines, ModgovLines: d.EngineLines,
			})
		}
		out.Views = append(out.Views, v)
		out.Summary.count(c)
	}
	return out
}

func (s *OracleSummary) count(c oracle.Comparison) {
	switch c.Result {
	case oracle.Agree:
		s.Agree++
	case oracle.BothRefuse:
		s.BothRefuse++
	case oracle.Differ:
		s.Differ++
	case oracle.NotComparable:
		s.NotComparable++
		if c.TooNew {
			s.TooNew++
		}
	}
}

// oracle shows the comparison: a line for each view, the differences, the count, and the verdict.
func (t *doctorText) oracle() {
	if !t.o.Quiet {
		t.blank()
		t.text("modgov %s against %s%s", t.d.Tool.Version, cmp.Or(t.d.Go.Version, "go"), origin(t.d.Go.Command))
		t.blank()
		t.views()
		for i := range t.d.Oracle.Views {
			t.differences(&t.d.Oracle.Views[i])
		}
		t.blank()
		t.text("%s", t.d.Oracle.Summary.line())
	}
	t.verdict()
}

// widestView is how wide a column of directories gets; what is longer stands out.
const widestView = 40

// views writes a line for each view.
func (t *doctorText) views() {
	names, results := 0, 0
	for i := range t.d.Oracle.Views {
		row := t.d.Oracle.Views[i].row()
		if n := t.cells(row[0]); n <= widestView {
			names = max(names, n)
		}
		results = max(results, t.cells(row[1]))
	}
	for i := range t.d.Oracle.Views {
		row := t.d.Oracle.Views[i].row()
		prefix := "  " + t.pad(row[0], names) + "  " + t.pad(row[1], results) + "  "
		for _, l := range t.foldWords(row[2], max(t.width-t.cells(prefix), minWidth/2)) {
			t.text("%s%s", prefix, l)
			prefix = strings.Repeat(" ", min(t.cells(prefix), names+results+6))
		}
	}
}

func (v *OracleView) name() string {
	if v.Workspace {
		return "the workspace"
	}
	return v.Dir
}

// row is the line of a view.
func (v *OracleView) row() []string {
	switch v.Result {
	case string(oracle.BothRefuse):
		return []string{v.name(), "both refuse", v.Reason}
	case string(oracle.NotComparable):
		return []string{v.name(), "not comparable", v.Reason}
	case string(oracle.Differ):
		var commands []string
		for _, d := range v.Differences {
			commands = append(commands, d.Command)
		}
		return []string{v.name(), "differs", strings.Join(commands, ", ")}
	}
	return []string{v.name(), "agrees", policy.Count(v.Modules, "module") + ", " + policy.Count(v.Edges, "requirement")}
}

// differences shows where the answers part.
func (t *doctorText) differences(v *OracleView) {
	for _, d := range v.Differences {
		t.blank()
		if d.Line > 0 {
			t.text("%s: %s, line %d", v.name(), d.Command, d.Line)
		} else {
			t.text("%s: %s", v.name(), d.Command)
		}
		t.side("go", d.Go, d.Line, d.GoLines)
		t.side("modgov", d.Modgov, d.Line, d.ModgovLines)
	}
}

// side shows what one of the two says; lines are not folded, so that they can be searched for.
func (t *doctorText) side(who string, lines []string, line, all int) {
	if len(lines) == 0 {
		lines = []string{fmt.Sprintf("(%s)", policy.Count(all, "line"))}
		if line > 0 {
			lines = []string{"(nothing more)"}
		}
	}
	for _, l := range lines {
		t.text("  %s  %s", t.pad(who, len("modgov")), l)
		who = ""
	}
	if n := all - line - len(lines) + 1; line > 0 && n > 0 {
		t.text("  %s  (and %s)", t.pad("", len("modgov")), policy.Count(n, "more line"))
	}
}

// line counts the views by result.
func (s *OracleSummary) line() string {
	line := fmt.Sprintf("%d compared: %d agree", s.Agree+s.BothRefuse+s.Differ, s.Agree)
	if s.BothRefuse > 0 {
		line += fmt.Sprintf(", %d refused by both for the same reason", s.BothRefuse)
	}
	line += ", " + numbered(s.Differ, "differ")
	if s.NotComparable > 0 {
		line += fmt.Sprintf("; %d not comparable", s.NotComparable)
	}
	if s.TooNew > 0 {
		line += " (" + numbered(s.TooNew, "need") + " a newer go)"
	}
	return line
}

// numbered says of how many a verb holds: "1 differs", "2 differ".
func numbered(n int, verb string) string {
	if n == 1 {
		verb += "s"
	}
	return fmt.Sprintf("%d %s", n, verb)
}

// verdict is the last line: what -q leaves.
func (t *doctorText) verdict() {
	s := t.d.Oracle.Summary
	switch {
	case s.Differ > 0:
		first := t.d.Oracle.first(string(oracle.Differ))
		t.line(piece{"differ", errorStyle}, piece{text: ": " + first.name() + more(s.Differ-1) +
			". This is a bug in modgov: please report it, with what modgov doctor --oracle --json says"})
	case s.NotComparable > 0:
		first := t.d.Oracle.first(string(oracle.NotComparable))
		t.incomplete(first.name() + ": " + first.Reason + more(s.NotComparable-1))
	default:
		t.line(piece{"agree", passStyle})
	}
}

// first returns the first view with a result.
func (o *Oracle) first(result string) *OracleView {
	for i := range o.Views {
		if o.Views[i].Result == result {
			return &o.Views[i]
		}
	}
	return &OracleView{}
}

// more counts what stands behind the first of several; nothing if there is no more.
func more(n int) string {
	if n == 0 {
		return ""
	}
	return " (" + countMore(n) + ")"
}
