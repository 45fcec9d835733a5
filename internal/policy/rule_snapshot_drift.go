package policy

import (
	"fmt"

	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/workspace"
)

func snapshotDrift() *Rule {
	return &Rule{
		Name:     "snapshot-drift",
		Title:    "A snapshot has other versions than a build without it",
		Severity: Error,
		Layer:    LayerVendor,
		Since:    "0.1.0",
		Doc: `Vendored code is from another version, fork or directory than the one that go.mod selects now. go holds vendor
directories against the lines of go.mod and go.work alone: what these lines bring about in turn, it does not compute.
So the vendor directory of a module below go 1.17, or of a workspace, stays accepted when a requirement of a dependency,
a sibling in its directory or an exclude line changes what is selected. Tests with the vendor directory and tests
without it then run other code.

It is reported once per vendor directory, with the versions. What vendor-stale says of a module is not said again. The
severity is vendor.drift of the policy, error where it says nothing.

modgov vendor snapshot makes the directory anew.`,
		Bad: `a and b ask for y v1.1.0 by now, and the vendor directory has v1.0.0.
-- go.mod --
module example.com/app

go 1.16

require example.com/x v1.0.0
-- vendor/modules.txt --
# example.com/x v1.0.0
## explicit
example.com/x
# example.com/y v1.0.0
example.com/y
-- proxy/example.com/x@v1.0.0.mod --
module example.com/x

require example.com/y v1.1.0
`,
		Good:  snapshotExample(vendoredX),
		Check: checkSnapshotDrift,
	}
}

func checkSnapshotDrift(c *checker) []*Finding {
	var out []*Finding
	for _, v := range c.vendors("snapshot-drift") {
		said := map[string]bool{}
		for _, fault := range v.Stale {
			said[fault.Mod.Path] = true
		}
		var drift []integrity.VendorDrift
		for _, d := range v.Drift {
			if !said[d.Path] {
				drift = append(drift, d)
			}
		}
		if len(drift) > 0 {
			out = append(out, c.drifted(v, drift))
		}
	}
	return out
}

func (c *checker) drifted(v *integrity.Vendor, drift []integrity.VendorDrift) *Finding {
	f := c.vendorFinding(v)
	f.At = []Span{{Pos: workspace.Position{File: v.Text.File}}}
	var words []string
	for _, d := range drift {
		if d.Current == "" {
			words = append(words, fmt.Sprintf("%s %s, which is not in the build list", d.Path, d.Vendored))
		} else {
			words = append(words, fmt.Sprintf("%s %s, not %s", d.Path, d.Vendored, d.Current))
		}
	}
	f.Message = "vendor has " + listed(words, 2)
	for _, word := range words {
		f.Notes = append(f.Notes, Remark{"vendor has", word})
	}
	return f
}
