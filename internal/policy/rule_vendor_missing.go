package policy

import (
	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/workspace"
)

func vendorMissing() *Rule {
	return &Rule{
		Name:     "vendor-missing",
		Title:    "A vendored file, or a whole snapshot, is not there",
		Severity: Error,
		Layer:    LayerVendor,
		Since:    "0.1.0",
		Doc: `A file that the manifest of a vendor directory has is gone, or the policy names a module or the workspace under
vendor and there is no vendor directory, or none with a manifest. A build from what is left may fail only on another
platform, or not at all: go does not look whether files of a vendored package are missing. An ignore rule of git that
matches a vendored file is a common cause.

It is reported once per vendor directory. Of a vendor directory that the policy does not name and that has no manifest
nothing is said. The severity is vendor.drift of the policy, error where it says nothing.

modgov vendor snapshot makes the directory and its manifest.`,
		Bad: `x.go is gone.
-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.0.0
-- vendor/modules.txt --
# example.com/x v1.0.0
## explicit
example.com/x
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
		Check: checkVendorMissing,
	}
}

func checkVendorMissing(c *checker) []*Finding {
	if c.vendors("vendor-missing") == nil {
		return nil
	}
	out := c.vendorFiles("vendor-missing", "gone since the snapshot: %s", func(v *integrity.Vendor) []string { return v.Missing })
	section := &c.policy.Vendor
	for _, m := range c.Workspace.Governed() {
		if !section.Modules.IsZero() && section.Modules.Match(c.infos[m]) && len(m.Requires) > 0 {
			out = append(out, c.snapshotMissing(&integrity.Vendor{Dir: m.Dir, Module: m}, m.File, "modules")...)
		}
	}
	if w := c.Workspace.Work; section.Workspace && w != nil {
		out = append(out, c.snapshotMissing(&integrity.Vendor{Dir: w.Dir}, w.File, "workspace")...)
	}
	return out
}

// snapshotMissing reports a snapshot that the policy wants and that is not there.
func (c *checker) snapshotMissing(wanted *integrity.Vendor, file, key string) []*Finding {
	f := c.vendorFinding(wanted)
	f.Kind, f.Message = "snapshot", "there is no vendor directory, and the policy wants a snapshot"
	for _, v := range c.Vendors {
		if v.Module != wanted.Module {
			continue
		}
		if v.Manifest != nil || v.Err != nil {
			return nil
		}
		f.Message = "there is no " + integrity.ManifestName + " beside the vendor directory: nothing proves what is in it"
	}
	f.At = []Span{{Pos: workspace.Position{File: file}}}
	f.Because = []Span{{c.policy.Vendor.KeyPos(key), "wanted here"}}
	return []*Finding{f}
}
