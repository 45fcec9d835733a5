package policy

import (
	"fmt"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// Versions that follow a module: a pin whose version stands in that module's go.mod file.

// leader returns the view of the governed module that an item follows, nil if there is none, or no build list of it.
func (c *checker) leader(item *VersionItem) *graph.View {
	if v, known := c.leaders.Load(item); known {
		return v.(*graph.View)
	}
	var v *graph.View
	for _, m := range c.Workspace.Modules {
		if v == nil && m.Governed && item.Follow.Match(c.infos[m]) {
			v = c.view(m)
		}
	}
	c.leaders.Store(item, v)
	return v
}

// followed returns the effective version that a module should have of a dependency because it follows another module;
// ok is false if it follows none, or one that does not have the dependency.
func (c *checker) followed(dep string, says *depPolicy, m *workspace.Module) (
	item *VersionItem, want graph.Effective, ok bool,
) {
	if item, _ = says.Follow(c.infos[m]); item == nil {
		return nil, want, false
	}
	if v := c.leader(item); v != nil {
		want, ok = v.Effective(dep)
	}
	return item, want, ok
}

// follows reports the uses whose version is not that of the module that they follow. A pin counts before.
func (c *checker) follows(d *graph.Dependency, says *depPolicy) []*Finding {
	if len(says.follows) == 0 || d.Sibling != nil {
		return nil
	}
	var byItem grouping[*VersionItem, judgedUse]
	want := map[*VersionItem]graph.Effective{}
	for _, u := range c.uses(d, AmongAll) {
		item, version, ok := c.followed(d.Path, says, u.View.Module)
		if pin, _ := says.Pin(u.info); pin != nil || !ok || u.How != graph.Direct && item.Among != AmongAll {
			continue
		}
		u.waiver = c.waiver("version-pin", &item.Item, d, &u)
		want[item] = version
		byItem.add(item, u)
	}
	var out []*Finding
	for item, uses := range byItem.all() {
		out = append(out, c.follow(d, item, want[item], uses)...)
	}
	return out
}

func (c *checker) follow(d *graph.Dependency, item *VersionItem, want graph.Effective, uses []judgedUse) []*Finding {
	var bad []judgedUse
	for _, u := range uses {
		if u.Effective != want {
			bad = append(bad, u)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	dir, version := c.leader(item).Dir(), want.Text(d.Path)
	all := bad
	for _, u := range c.uses(d, AmongAll) {
		if u.Effective == want {
			all = append(all[:len(all):len(all)], u)
		}
	}
	f := fault{
		dep: d, item: &item.Item, all: all, wanted: version, label: "declared here",
		asked:   fmt.Sprintf("%s in %s, which is followed", version, dir),
		because: policySpan(&item.Item, "follow", "follows "+dir), notes: reasonNote(&item.Item),
	}
	f.message = func(bad []judgedUse) string {
		return versionList(groups(d.Path, bad, version)) + ", " + f.asked
	}
	f.settle = func(u *judgedUse) *Settlement {
		if want.Path != d.Path {
			return nil // a fork or a directory: the replace line is for somebody to write
		}
		return settleTo(u, d.Path, want.Version, item.Resolve, &item.Item)
	}
	return c.faults(f, bad)
}
