package policy

import (
	"fmt"
	"path"

	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/workspace"
)

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
looked at: nothing says what should be in it. The severity is vendor.drift of the policy, error where it says nothing.

If the change is wanted, make a fork and replace the module by it; then, or if it is not, modgov vendor snapshot
--force makes the directory anew from the modules themselves.`,
		Bad: `x.go was edited by hand.
-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.0.0
-- vendor/modules.txt --
# example.com/x v1.0.0
## explicit
example.com/x
-- vendor/example.com/x/x.go --
package x // mended
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
		Check: checkVendorTampered,
	}
}

func checkVendorTampered(c *checker) []*Finding {
	return c.vendorFiles("vendor-tampered", "changed since the snapshot: %s", func(v *integrity.Vendor) []string { return v.Changed })
}

// vendorFiles reports files of vendor directories; %s in the message stands for the name of one, or their count.
func (c *checker) vendorFiles(rule, message string, files func(*integrity.Vendor) []string) []*Finding {
	var out []*Finding
	for _, v := range c.vendors(rule) {
		names := files(v)
		if len(names) == 0 {
			continue
		}
		f := c.vendorFinding(v)
		what := names[0]
		if len(names) > 1 {
			what = Count(len(names), "file")
		}
		f.Message = fmt.Sprintf(message, what)
		f.At = []Span{{Pos: workspace.Position{File: path.Join(v.Dir, "vendor", names[0])}}}
		for _, name := range names {
			f.Notes = append(f.Notes, Remark{"file", name})
		}
		f.Fix = command("modgov", "vendor", "snapshot", "--force")
		if v.Module != nil {
			f.Fix = command("modgov", "vendor", "snapshot", "--force", "--module", v.Dir)
		}
		out = append(out, f)
	}
	return out
}
