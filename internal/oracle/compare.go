package oracle

import (
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/graph"
)

// The commands that are compared.
const (
	listCommand  = "go list -m all"
	graphCommand = "go mod graph"
)

// shownLines is how many lines of an answer a difference shows.
const shownLines = 3

// compare holds what go says of a view against what the engine says.
func compare(v *graph.View, said answers, e *engine) Comparison {
	c := Comparison{View: v, Result: Agree, Modules: len(said.list.lines), Edges: len(said.graph.lines)}
	list := e.judge(listCommand, said.list, e.list, e.listReasons(said))
	c.add(list)
	if said.graph.refused == nil && list.result == BothRefuse && len(e.graph) == 0 {
		return c // a view without a list has no graph here, though go prints one
	}
	c.add(e.judge(graphCommand, said.graph, e.graph, e.graphReasons()))
	return c
}

// listReasons are why go refuses the list.
func (e *engine) listReasons(said answers) []reason {
	out := slices.Clone(e.reasons)
	r := said.list.refused
	if e.view.Err() == nil {
		return out
	}
	// Go finds out step by step what is wrong, and names the first: a line that go.sum lacks, then a go.mod file that
	// needs an update. The engine goes on until it knows whether there is a list.
	if m := e.view.Module; r.is(missingSum) && m != nil && len(r.culprits) > 0 {
		if c := r.culprits[0]; firstSum(m.Sum, c.file) == "" {
			out = append(out, reason{kind: missingSum, text: sumText(missingSum, c.mod)})
		}
	}
	if r.is(needsUpdate) && said.graph.refused != nil && e.matching(said.graph.refused, e.graphReasons()) != nil {
		out = append(out, reason{kind: needsUpdate, text: string(needsUpdate)})
	}
	return out
}

// graphReasons are why go refuses the graph.
func (e *engine) graphReasons() []reason {
	return slices.DeleteFunc(slices.Clone(e.reasons), func(r reason) bool { return !r.graph })
}

// An outcome is what became of one of the two answers.
type outcome struct {
	result     Result
	reason     string
	tooNew     bool
	difference Difference
}

// judge compares one answer of go with the engine's lines, or with its reasons to have none.
func (e *engine) judge(command string, said answer, lines []string, reasons []reason) outcome {
	d := Difference{Command: command, GoLines: len(said.lines), EngineLines: len(lines)}
	certain := firstCertain(reasons)
	switch r := said.refused; {
	case r.is(tooNew), r.is(unknown), r.is(wouldWrite):
		return outcome{result: NotComparable, reason: "go says: " + r.short(), tooNew: r.is(tooNew)}
	case r == nil && certain == nil:
		return lineOutcome(d, said.lines, lines)
	case r == nil && e.unread:
		return outcome{result: NotComparable, reason: "modgov could not read what go reads: " + certain.text}
	case r == nil:
		d.Engine = []string{"go refuses: " + certain.text}
		return outcome{result: Differ, difference: d}
	default:
		return e.judgeRefusal(d, r, reasons)
	}
}

// judgeRefusal is judge where go refuses.
func (e *engine) judgeRefusal(d Difference, r *refusal, reasons []reason) outcome {
	if match := e.matching(r, reasons); match != nil {
		return outcome{result: BothRefuse, reason: match.text}
	}
	switch {
	case e.unread && r.is(unloadable), e.view.Err() == nil && r.notHad(e.knows):
		return outcome{result: NotComparable, reason: "go says: " + r.short()}
	case e.sumsUnread() && (r.is(missingSum) || r.is(wrongSum) || r.is(badSum)):
		return outcome{result: NotComparable, reason: "go.sum lies outside the root and was not read; go says: " + r.short()}
	}
	d.Go = firstLines(strings.Split(r.text, "\n"))
	if certain := firstCertain(reasons); certain != nil {
		d.Engine = []string{"go refuses: " + certain.text}
	}
	return outcome{result: Differ, difference: d}
}

func firstCertain(reasons []reason) *reason {
	for i := range reasons {
		if !reasons[i].perhaps {
			return &reasons[i]
		}
	}
	return nil
}

// matching returns the reason that a refusal gives too, nil if none is the same. A certain one comes first.
func (e *engine) matching(r *refusal, reasons []reason) *reason {
	var found *reason
	for i := range reasons {
		x := &reasons[i]
		if !r.is(x.kind) || len(x.mods) > 0 && len(r.culprits) > 0 && !slices.ContainsFunc(r.culprits, x.names) {
			continue
		}
		if found == nil || found.perhaps && !x.perhaps {
			found = x
		}
	}
	return found
}

// lineOutcome compares two answers line by line.
func lineOutcome(d Difference, said, lines []string) outcome {
	if slices.Equal(said, lines) {
		return outcome{result: Agree}
	}
	at := 0
	for at < len(said) && at < len(lines) && said[at] == lines[at] {
		at++
	}
	d.Line, d.Go, d.Engine = at+1, firstLines(said[at:]), firstLines(lines[at:])
	return outcome{result: Differ, difference: d}
}

func firstLines(lines []string) []string { return slices.Clone(lines[:min(len(lines), shownLines)]) }

// rank orders results from the best to the worst.
func (r Result) rank() int {
	return slices.Index([]Result{Agree, BothRefuse, NotComparable, Differ}, r)
}

// add makes the outcome of one answer part of the comparison: the worst result counts.
func (c *Comparison) add(o outcome) {
	if o.result == Differ {
		c.Differences = append(c.Differences, o.difference)
	}
	if o.result.rank() > c.Result.rank() {
		c.Result, c.Reason, c.TooNew = o.result, o.reason, o.tooNew
	}
}
