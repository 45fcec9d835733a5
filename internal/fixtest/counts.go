package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// counts are what a soak prints in the end.
type counts struct {
	trials, whole, written, failed int
	breakages, refusals            map[string]int
}

func newCounts() counts {
	return counts{breakages: map[string]int{}, refusals: map[string]int{}}
}

func (c *counts) add(t *trial) {
	c.trials++
	for _, b := range t.did {
		c.breakages[b.kind]++
	}
	if len(t.problems) > 0 {
		c.failed++
	}
	switch {
	case len(t.refused) > 0:
		c.refusals[kindOf(t.refused[len(t.refused)-1])]++
	case t.written:
		c.written++
	default:
		c.whole++
	}
}

// kindOf is a reason without its particulars.
func kindOf(reason string) string {
	if strings.Contains(reason, "@v/") && strings.Contains(reason, "no such file") {
		return "the proxy lacks a go.mod file"
	}
	for _, known := range []string{
		"it would bring a new error", "it would lower a version", "no end", "cannot be judged",
		"it would leave more findings", "and clear nothing", "could not be had",
	} {
		if strings.Contains(reason, known) {
			return known
		}
	}
	line, _, _ := strings.Cut(reason, "\n")
	return line
}

// vacuous reports whether too few plans were written for the rest to mean much.
func (c *counts) vacuous() bool { return c.written*5 < c.trials*4 }

func (c *counts) print(out io.Writer, took time.Duration) {
	fmt.Fprintf(out, "%d broken repositories in %s: %d plans written, %d with nothing to do\n",
		c.trials, took.Round(time.Second), c.written, c.whole)
	fmt.Fprintf(out, "in %d something does not hold\n", c.failed)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, part := range []struct {
		title string
		n     map[string]int
	}{{"breakages", c.breakages}, {"plans refused", c.refusals}} {
		total := 0
		for _, n := range part.n {
			total += n
		}
		fmt.Fprintf(w, "%d\t  %s\n", total, part.title)
		names := sortedKeys(part.n)
		slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(part.n[b], part.n[a]) })
		for _, name := range names {
			fmt.Fprintf(w, "%d\t    %s\n", part.n[name], name)
		}
	}
	w.Flush()
}
