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
looked at. The severity is vendor.drift of the policy, error where it says nothing.

Delete the files, or let modgov vendor snapshot --force make the directory anew.`,
		Bad: `Somebody put a file beside x.go.
-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.0.0
-- vendor/modules.txt --
# example.com/x v1.0.0
## explicit
example.com/x
-- vendor/example.com/x/x.go --
package x
-- vendor/example.com/x/extra.go --
package x
-- modgov.vendor.json --
{
  "schema": "1",
  "module": "example.com/app",
  "go": "go1.26.0",
  "dependencies": [{"path": "example.com/x", "version": "v1.0.0"}],
  "files": [
    {"path": "example.com/x/x.go", "sha256": "3ea66a23367f14bd3e79ebd5c296779a4c3c40ef3a2035e23863b56ab5894bc5", "size": 10},
    {"path": "modules.txt", "sha256": "ec1cecae70657898fbbb6073712a8a7c841d50073c32a945105636e1f1f182c8", "size": 49}
  ]
}
`,
		Good: `-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.0.0
-- vendor/modules.txt --
# example.com/x v1.0.0
## explicit
example.com/x
-- vendor/example.com/x/x.go --
package x
-- modgov.vendor.json --
{
  "schema": "1",
  "module": "example.com/app",
  "go": "go1.26.0",
  "dependencies": [{"path": "example.com/x", "version": "v1.0.0"}],
  "files": [
    {"path": "example.com/x/x.go", "sha256": "3ea66a23367f14bd3e79ebd5c296779a4c3c40ef3a2035e23863b56ab5894bc5", "size": 10},
    {"path": "modules.txt", "sha256": "ec1cecae70657898fbbb6073712a8a7c841d50073c32a945105636e1f1f182c8", "size": 49}
  ]
}
`,
		Check: checkVendorExtra,
	}
}

func checkVendorExtra(c *checker) []*Finding {
	return c.vendorFiles("vendor-extra", "not in the snapshot: %s", func(v *integrity.Vendor) []string { return v.Extra })
}
