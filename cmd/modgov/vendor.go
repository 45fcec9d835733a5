package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
	"github.com/modgov/modgov/internal/workspace"
)

func vendorCommand() *cli.Command {
	return &cli.Command{
		Name:  "vendor",
		Usage: "make and prove vendor snapshots",
		Description: `A snapshot is a vendor directory with a manifest beside it, modgov.vendor.json, that says where every
module in it is from and what every file has in it. The go command makes the directory, and builds from it without
network or module cache; the manifest proves it, which the go command does not.`,
		Subcommands: []*cli.Command{vendorSnapshotCommand(), vendorVerifyCommand()},
	}
}

func vendorSnapshotCommand() *cli.Command {
	return &cli.Command{
		Name:  "snapshot",
		Usage: "make vendor directories and their manifests",
		Description: `Makes the vendor directories of the modules, and of the workspace, that the policy names under vendor
or that have one already; with --module, of the selected modules. The go command makes them aside, several at a time,
and they are swapped in whole: go mod vendor for a module, go work vendor for the workspace. What is up to date stays
as it is. A directory in which somebody changed or added a file since its snapshot, or that has files of no module that
its modules.txt names, is kept, unless --force is given.

Exit code 0: the snapshots are there. 1: --dry-run would change something. 3: one could not be made, nothing was
written.

EXAMPLES
   modgov vendor snapshot
   modgov vendor snapshot --module services/pay`,
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "dry-run", Usage: "write nothing, say what would be made"},
			&cli.BoolFlag{Name: "force", Usage: "also make anew what somebody has changed by hand"},
			workFileFlag(),
			timeoutFlag(),
		}, formatFlags(report.Formats("fix")...)...),
		Action: action(vendorSnapshot),
	}
}

func vendorSnapshot(inv *invocation, c *cli.Context) error {
	p, before, err := judged(openToWrite(inv, c))
	if err != nil {
		return err
	}
	defer p.close()
	due := p.snapshots(before.Facts.Workspace)
	if !slices.ContainsFunc(before.Facts.Workspace.Governed(), due) && !due(nil) {
		return withHint(usagef("the policy names no snapshots, and there is no vendor directory"),
			"say vendor: {modules: [\"services/**\"]} or vendor: {workspace: true} in %s, or name modules with --module", policyName)
	}
	o := fixingOf(c)
	o.Vendor = due
	o.Target = func(*policy.Finding) bool { return false } // nothing but the snapshots is asked for
	return p.carryOut(c, before, o)
}

// snapshots says of which modules vendor snapshot makes a snapshot, and, asked for nil, whether it does of the workspace.
func (p *project) snapshots(ws *workspace.Workspace) func(*workspace.Module) bool {
	if !p.selected.IsZero() {
		return func(m *workspace.Module) bool { return m != nil && p.selects(m) }
	}
	named := p.namedSnapshots()
	return func(m *workspace.Module) bool {
		if m == nil {
			return ws.Work != nil && (named(nil) || ws.Work.Vendor && !named(ws.Module(ws.Work.Dir)))
		}
		return named(m) || m.Vendor
	}
}

// namedSnapshots says for which modules the policy wants a snapshot, and, asked for nil, whether it does for the
// workspace.
func (p *project) namedSnapshots() func(*workspace.Module) bool {
	section := &p.policy.Vendor
	return func(m *workspace.Module) bool {
		if m == nil {
			return section.Workspace
		}
		return !section.Modules.IsZero() && section.Modules.Match(p.policy.Info(m.Dir, m.Path))
	}
}

func vendorVerifyCommand() *cli.Command {
	return &cli.Command{
		Name:  "verify",
		Usage: "prove vendor directories",
		Description: `Holds every vendor directory against go.mod, as go does and further, and every file in it against its
manifest: the rules vendor-stale, vendor-tampered, vendor-extra, vendor-missing and snapshot-drift. Needs no module
cache and no network for that, and starts no go command. check does the same among other things.

A directory without a manifest is held against go.mod alone, which is said.

--deep holds each file against the module that it is from as well, manifest or not: the zip in the module cache, which
the go command fetches if it is not there and which must have the hash that go.sum has, or the directory of a replace
line. It finds what was changed together with the manifest. Which files are missing only a manifest tells.

Exit code 0: every vendor directory is what it should be. 1: one is not. 3: something could not be read.

EXAMPLES
   modgov vendor verify
   modgov vendor verify --module services/pay --json
   modgov vendor verify --deep`,
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "deep", Usage: "also hold each file against the module that it is from"},
			workFileFlag(), timeoutFlag(),
		}, formatFlags(report.Formats("check")...)...),
		Action: action(vendorVerify),
	}
}

func vendorVerify(inv *invocation, c *cli.Context) error {
	p, err := findProject(inv, c.String("workspace-file"))
	if err != nil {
		return err
	}
	defer p.close()
	p.deep = c.Bool("deep")
	j, err := p.judgeGoverned()
	if err != nil {
		return err
	}
	j.Findings = slices.DeleteFunc(j.Findings, func(f *policy.Finding) bool {
		return policy.Lookup(f.Rule).Layer != policy.LayerVendor || !p.concerns(j.Facts.Workspace, f)
	})
	p.withoutGraph(j)
	p.notProved(j)
	return p.answer(j)
}

// notProved says which vendor directories have no proof, and that there are none at all where nothing else is said.
func (p *project) notProved(j *policy.Judgement) {
	seen := len(j.Findings) > 0
	for _, v := range j.Facts.Vendors {
		if v.Module != nil && !p.selects(v.Module) {
			continue
		}
		seen = true
		if v.Manifest == nil && v.Err == nil {
			unknown := "its files are not proved"
			if v.Proved {
				unknown = "nobody would notice a missing file"
			}
			printLine(p.inv.stderr, "note", fmt.Sprintf("%s: there is no %s beside the vendor directory: %s",
				v.Dir, integrity.ManifestName, unknown))
		}
	}
	if !seen {
		printLine(p.inv.stderr, "note", "there is no vendor directory: nothing to prove")
	}
}

// withoutGraph lets a proof of vendor directories stand where build lists could not be computed: a machine that builds
// from vendor directories has no module cache and no network. What was not compared is said.
func (p *project) withoutGraph(j *policy.Judgement) {
	var load *graph.LoadError
	j.Gaps = slices.DeleteFunc(j.Gaps, func(g policy.Gap) bool { return errors.As(g.Err, &load) })
	if load == nil {
		return
	}
	for i := range j.Layers {
		if l := &j.Layers[i]; l.Layer == policy.LayerSelected {
			l.State = policy.NotAsked
		}
	}
	for _, v := range j.Facts.Vendors {
		view := j.Facts.Graph.WorkspaceView()
		if v.Module != nil {
			view = j.Facts.Graph.View(v.Dir)
		}
		if view != nil && errors.As(view.Err(), &load) {
			printLine(p.inv.stderr, "note", v.Dir+": selected versions are not compared with the snapshot: "+load.Error())
		}
	}
}
