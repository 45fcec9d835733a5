package policy

import (
	"path"

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
		Doc: `A file that the manifest of a vendor directory has is gone, or the whole directory and not its manifest, or the
policy names a module or the workspace under vendor and there is no vendor directory, or none with a manifest. A build
from what is left may fail only on another platform, or not at all: go does not look whether files of a vendored package
are missing. An ignore rule of git that matches a vendored file is a common cause.

It is reported once per vendor directory. Of a vendor directory that the policy does not name and that has no manifest
nothing is said. The severity is vendor.drift of the policy, error where it says nothing.

modgov vendor snapshot makes the directory and its manifest. Who wants no snapshot any more removes the manifest too.`,
		Bad:   "x.go is gone.\n" + snapshotExample(""),
		Good:  snapshotExample(vendoredX),
		Check: checkVendorMissing,
	}
}

func checkVendorMissing(c *checker) []*Finding {
	if c.vendors("vendor-missing") == nil {
		return nil
	}
	out := c.vendorFiles("vendor-missing", "gone since the snapshot: %s", func(v *integrity.Vendor) []string {
		if v.Gone {
			return nil
		}
		return v.Missing
	})
	out = append(out, c.vendorsGone()...)
	section := &c.policy.Vendor
	w := c.Workspace.Work
	for _, m := range c.Workspace.Governed() {
		if section.Workspace && w != nil && w.Dir == m.Dir {
			continue // a glob that takes in the root module does not ask for two directories of one name
		}
		if !section.Modules.IsZero() && section.Modules.Match(c.infos[m]) && len(m.Requires) > 0 {
			out = append(out, c.snapshotMissing(&integrity.Vendor{Dir: m.Dir, Module: m}, m.File, "modules")...)
		}
	}
	if section.Workspace && w != nil {
		out = append(out, c.snapshotMissing(&integrity.Vendor{Dir: w.Dir}, w.File, "workspace")...)
	}
	return out
}

// vendorsGone reports manifests whose directory is not there. What the policy wants is reported for itself.
func (c *checker) vendorsGone() []*Finding {
	var out []*Finding
	for _, v := range c.Vendors {
		wanted := c.policy.Vendor.Workspace && v.Module == nil ||
			v.Module != nil && !c.policy.Vendor.Modules.IsZero() && c.policy.Vendor.Modules.Match(c.infos[v.Module])
		if !v.Gone || wanted {
			continue
		}
		f := c.vendorFinding(v)
		f.Kind, f.Message = "snapshot", "there is no vendor directory, and its manifest is still there: go builds without the snapshot"
		f.At = []Span{{Pos: workspace.Position{File: path.Join(v.Dir, integrity.ManifestName)}}}
		out = append(out, f)
	}
	return out
}

// snapshotMissing reports a snapshot that the policy wants and that is not there.
func (c *checker) snapshotMissing(wanted *integrity.Vendor, file, key string) []*Finding {
	f := c.vendorFinding(wanted)
	f.Kind, f.Message = "snapshot", "there is no vendor directory, and the policy wants a snapshot"
	for _, v := range c.Vendors {
		if v.Module != wanted.Module || v.Gone {
			continue
		}
		if v.Manifest != nil || v.Err != nil {
			return nil
		}
		f.Message = "there is no " + integrity.ManifestName + " beside the vendor directory: nothing proves what is in it"
	}
	f.At = []Span{{Pos: workspace.Position{File: file}}}
	f.Because = []Span{{c.policy.Vendor.keyPos(key), "wanted here"}}
	return []*Finding{f}
}
