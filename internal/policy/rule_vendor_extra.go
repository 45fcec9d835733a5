package policy

import "github.com/modgov/modgov/internal/integrity"

func vendorExtra() *Rule {
	return &Rule{
		Name:     "vendor-extra",
		Title:    "A file in a vendor directory belongs to no vendored module",
		Severity: Error,
		Layer:    LayerVendor,
		Since:    "0.1.0",
		Doc: `A vendor directory holds a file that the manifest beside it, modgov.vendor.json, does not have: it was put there by
hand, or is left from another time. If it is a Go file of a vendored package, go builds it, and with it whatever its
init functions do; no go command notices.

It is reported once per vendor directory, with the names of the files. A vendor directory without a manifest is not
looked at, unless with modgov vendor verify --deep, which asks the modules themselves. The severity is vendor.drift of
the policy, error where it says nothing.

Delete the files, or let modgov vendor snapshot --force make the directory anew.`,
		Bad: "Somebody put a file beside x.go.\n" + snapshotExample(vendoredX+`-- vendor/example.com/x/extra.go --
package x
`),
		Good:  snapshotExample(vendoredX),
		Check: checkVendorExtra,
	}
}

func checkVendorExtra(c *checker) []*Finding {
	out := c.vendorFiles("vendor-extra", "not in the snapshot: %s", func(v *integrity.Vendor) []string { return v.Extra })
	return append(out, c.againstCode("vendor-extra", "of no module: %s", func(v *integrity.Vendor) []string {
		return without(v.Foreign, v.Extra)
	})...)
}
