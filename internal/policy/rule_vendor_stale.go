package policy

import (
	"fmt"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/integrity"
)

func vendorStale() *Rule {
	return &Rule{
		Name:     "vendor-stale",
		Title:    "The vendor directory is not what go.mod says",
		Severity: Error,
		Layer:    LayerVendor,
		Since:    "0.1.0",
		Doc: `The requirements and replace lines of a module and what vendor/modules.txt has of them are not the same: somebody
changed go.mod, merged it, or took a bump of a bot, and did not vendor again. From go 1.14 on, go builds from a vendor
directory that is there, and stops with "inconsistent vendoring" when the two differ. The same is said of the vendor
directory of a workspace and its go.mod and go.work files.

It is reported once per vendor directory, with what go would list, and with what go does not notice: a module that
modules.txt has as required, that no go.mod file requires any more, and of which no package is vendored. A module with
go 1.17 or above must besides list every vendored module at its version. The severity is vendor.drift of the policy,
error where it says nothing; what go does not notice is a warning.

modgov vendor snapshot makes the directory anew, and so does go mod vendor (in a workspace: go work vendor).`,
		Bad: `go.mod was raised, and the vendor directory was not made anew.
-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.1.0
-- vendor/modules.txt --
# example.com/x v1.0.0
## explicit
example.com/x
-- vendor/example.com/x/x.go --
package x
`,
		Good:  snapshotExample(vendoredX),
		Check: checkVendorStale,
	}
}

func checkVendorStale(c *checker) []*Finding {
	var out []*Finding
	for _, v := range c.vendors("vendor-stale") {
		if len(v.Stale) > 0 {
			f := c.vendorFaults(v, v.Stale)
			where := inWork
			if v.Module != nil {
				where = alone(v.Module)
			}
			f.Notes = append(f.Notes, goSays(v.Refusal, where))
			out = append(out, f)
		}
		if len(v.Unnoticed) > 0 {
			f := c.vendorFaults(v, v.Unnoticed)
			f.Kind, f.Severity = "unnoticed", min(f.Severity, Warn)
			f.Notes = append(f.Notes, Remark{"go", "does not notice, as no package of it is vendored"})
			out = append(out, f)
		}
	}
	return out
}

// vendorFaults reports lines that go.mod and modules.txt do not agree about.
func (c *checker) vendorFaults(v *integrity.Vendor, faults []integrity.VendorFault) *Finding {
	f := c.vendorFinding(v)
	first := faults[0]
	f.Message = graph.ModText(first.Mod) + " " + first.Text
	if n := len(faults) - 1; n > 0 {
		f.Message += fmt.Sprintf(", and %s like it", Count(n, "more line"))
	}
	for _, fault := range faults {
		f.At = append(f.At, Span{fault.Pos, "has no counterpart"})
	}
	return f
}
