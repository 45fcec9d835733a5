package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/modgov/modgov/internal/difftest/universe"
)

// counts are what a soak prints in the end.
type counts struct {
	universes, accepted, different int
	views, acceptedViews           int
	refusals                       map[universe.Kind]int // of views
	features                       map[string]int        // of universes
}

func (c *counts) add(r result) {
	c.universes++
	if universe.Accepted(r.verdicts) {
		c.accepted++
	}
	for _, v := range r.verdicts {
		c.views++
		if v.Go.ListRefused == nil {
			c.acceptedViews++
			continue
		}
		for _, k := range v.Go.ListRefused.Kinds {
			c.refusals[k]++
		}
	}
	for _, f := range universe.Features(r.u, r.verdicts) {
		c.features[f]++
	}
}

func (c *counts) print(out io.Writer, took time.Duration) {
	if c.universes == 0 {
		return
	}
	fmt.Fprintf(out, "%d universes in %s: go accepts %d (%d %%); %d differ\n",
		c.universes, took.Round(time.Second), c.accepted, 100*c.accepted/c.universes, c.different)
	fmt.Fprintf(out, "%d views: go accepts %d; it refuses\n", c.views, c.acceptedViews)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, k := range slices.Sorted(maps.Keys(c.refusals)) {
		fmt.Fprintf(w, "\t%d\t  %s\n", c.refusals[k], k)
	}
	fmt.Fprintln(w, "\t\tuniverses with")
	for _, f := range universe.FeatureNames() {
		fmt.Fprintf(w, "\t%d\t  %s\n", c.features[f], f)
	}
	w.Flush()
}
