package report

import (
	"fmt"
	"io"
	"strings"
)

// maxAnnotations is how many annotations of a kind GitHub shows of a step; what is more it drops without a word.
const maxAnnotations = 10

// writeGitHub writes workflow commands, by which GitHub shows annotations beside the lines of a change, and then the
// text for the log, which holds no commands. What cannot fail because it was there before, or is excepted, is not
// annotated.
func writeGitHub(w io.Writer, r *Report, o Options) error {
	c := newLister(r, o)
	entries := c.entries(r.counts)
	var b strings.Builder
	for _, kind := range []struct{ severity, command string }{{"error", "error"}, {"warn", "warning"}, {"info", "notice"}} {
		var chosen []entry
		for _, e := range entries {
			if e.severity == kind.severity {
				chosen = append(chosen, e)
			}
		}
		annotate(&b, kind.command, chosen)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	return writeText(w, r, o)
}

// annotate writes the annotations of a kind. Where there are too many, those of a rule in a file are one, and the last
// one counts the rest.
func annotate(b *strings.Builder, command string, entries []entry) {
	groups := make([][]entry, 0, len(entries))
	for _, e := range entries {
		groups = append(groups, []entry{e})
	}
	if len(groups) > maxAnnotations {
		groups = byRuleAndFile(entries)
	}
	shown := groups
	if len(groups) > maxAnnotations {
		shown = groups[:maxAnnotations-1]
	}
	rest := len(entries)
	for _, g := range shown {
		rest -= len(g)
		writeAnnotation(b, command, g)
	}
	if rest > 0 {
		fmt.Fprintf(b, "::%s title=%s::%s\n", command, property("modgov: "+countMore(rest)), data(fmt.Sprintf(
			"%d more than GitHub shows of a step; the log and the step summary have all of them", rest)))
	}
}

// byRuleAndFile puts together what one rule says of one file, in the order of the first ones.
func byRuleAndFile(entries []entry) [][]entry {
	var out [][]entry
	at := map[[2]string]int{}
	for _, e := range entries {
		key := [2]string{e.rule, e.at.File}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], e)
	}
	return out
}

// maxTogether is how many findings an annotation for several of them names.
const maxTogether = 5

// writeAnnotation writes an annotation for entries of one rule in one file, at the place of the first.
func writeAnnotation(b *strings.Builder, command string, group []entry) {
	first := &group[0]
	title := "modgov: " + first.rule
	if len(group) > 1 {
		title += fmt.Sprintf(" (%d)", len(group))
	}
	fmt.Fprintf(b, "::%s file=%s,line=%d", command, property(first.at.File), first.at.Line)
	if p := first.at; p.End > 0 {
		fmt.Fprintf(b, ",col=%d,endColumn=%d", p.Col, p.End)
	}
	var lines []string
	for i := range group[:min(len(group), maxTogether)] {
		lines = append(lines, group[i].text())
	}
	if n := len(group) - len(lines); n > 0 {
		lines = append(lines, countMore(n))
	}
	if first.next != "" && len(group) == 1 {
		lines = append(lines, "fix: "+Escape(first.next))
	}
	fmt.Fprintf(b, ",title=%s::%s\n", property(title), data(strings.Join(lines, "\n")))
}

// data escapes the message of a workflow command as the runner reads it. The lines of the message stay lines.
func data(s string) string {
	s = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
	return Escape(s)
}

// property escapes a value between the name and the message of a workflow command.
func property(s string) string {
	s = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
	return Escape(s)
}
