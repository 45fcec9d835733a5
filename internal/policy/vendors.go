package policy

import (
	"fmt"
	"path"
	"slices"

	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/workspace"
)

// vendors are the vendor directories that a rule judges: none if the policy does not want to know.
func (c *checker) vendors(rule string) []*integrity.Vendor {
	if _, asked := c.asked.raised(rule); c.policy.Vendor.Drift == Off && !asked {
		return nil
	}
	return c.Vendors
}

// vendorFinding is what all findings about a vendor directory have in common.
func (c *checker) vendorFinding(v *integrity.Vendor) *Finding {
	f := &Finding{Severity: c.policy.Vendor.Drift, Subject: v.Dir, Fix: command("modgov", "vendor", "snapshot")}
	if v.Module != nil {
		f.Modules = []string{v.Dir}
		f.Fix = command("modgov", "vendor", "snapshot", "--module", v.Dir)
	} else {
		f.Subject = c.Workspace.Work.File
	}
	if section := &c.policy.Vendor; section.Has("drift") {
		f.Because = []Span{{section.keyPos("drift"), "asked for here"}}
	}
	return f
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

// againstCode is vendorFiles for what the modules themselves say.
func (c *checker) againstCode(rule, message string, files func(*integrity.Vendor) []string) []*Finding {
	out := c.vendorFiles(rule, message, files)
	for _, f := range out {
		f.Kind = "code"
	}
	return out
}

// without returns the names that are not among others.
func without(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}

// vendoredX is the file of the snapshot that the examples of the rules about vendor directories share.
const vendoredX = `-- vendor/example.com/x/x.go --
package x
`

// snapshotExample is a module with a snapshot whose manifest has vendoredX, and with these files in place of it.
func snapshotExample(files string) string {
	return `-- go.mod --
module example.com/app

go 1.24

require example.com/x v1.0.0
-- vendor/modules.txt --
# example.com/x v1.0.0
## explicit
example.com/x
` + files + `-- modgov.vendor.json --
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
`
}
