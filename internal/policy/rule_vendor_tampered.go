package policy

import "github.com/modgov/modgov/internal/integrity"

func vendorTampered() *Rule {
	return &Rule{
		Name:     "vendor-tampered",
		Title:    "A vendored file is not what it was",
		Severity: Error,
		Layer:    LayerVendor,
		Since:    "0.1.0",
		Doc: `A file in a vendor directory differs from what the manifest beside the directory, modgov.vendor.json, says of it:
somebody edited vendored code, or a tool converted its line ends. No go command looks at the content of vendored files:
it builds what is there.

It is reported once per vendor directory, with the names of the files. A vendor directory without a manifest is not
looked at: nothing says what should be in it. With modgov vendor verify --deep each file is besides held against the
module that it is from, whose zip has the hash that go.sum has: that needs no manifest, and finds a file that was
changed together with its manifest. The severity is vendor.drift of the policy, error where it says nothing.

If the change is wanted, make a fork and replace the module by it; then, or if it is not, modgov vendor snapshot
--force makes the directory anew from the modules themselves.`,
		Bad: "x.go was edited by hand.\n" + snapshotExample(`-- vendor/example.com/x/x.go --
package x // mended
`),
		Good:  snapshotExample(vendoredX),
		Check: checkVendorTampered,
	}
}

func checkVendorTampered(c *checker) []*Finding {
	out := c.vendorFiles("vendor-tampered", "changed since the snapshot: %s", func(v *integrity.Vendor) []string { return v.Changed })
	return append(out, c.againstCode("vendor-tampered", "not what its module has: %s", func(v *integrity.Vendor) []string {
		return without(v.Altered, v.Changed)
	})...)
}
