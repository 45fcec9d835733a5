package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/policy"
)

// A PolicyMatches is what the parts of the policy file select. Lists that always stand in the document are never nil.
type PolicyMatches struct {
	Schema   string `json:"schema"`   // "1"
	Document string `json:"document"` // "policy"
	Tool     Tool   `json:"tool"`
	// Policy is the policy file, "" if there is none.
	Policy string `json:"policy,omitempty"`
	// Complete is false if a module has no build list: then what it would have is not among the dependencies.
	Complete bool `json:"complete"`
	// Modules counts the governed modules that were looked at, Dependencies the module paths in their build lists,
	// siblings left out.
	Modules      int `json:"modules"`
	Dependencies int `json:"dependencies"`
	// Items are in the order of docs/policy.md, and then of the file.
	Items []ItemMatch `json:"items"`
	Gaps  []Gap       `json:"gaps"`
	// NotEvaluated are the parts of the policy file that have no effect, in file order.
	NotEvaluated []NotEvaluated `json:"not_evaluated"`
}

// An ItemMatch is an item of the policy, a set, a tag, a team or a key, and what it selects.
type ItemMatch struct {
	Section string `json:"section"` // "versions", "pins.alternates", "modules.tags"
	ID      string `json:"id"`      // of the item, else the name
	Position
	Owner string `json:"owner,omitempty"`
	// Modules are the directories of the modules that it speaks of, sorted; nil for a set.
	Modules []string   `json:"modules,omitempty"`
	Deps    []DepMatch `json:"deps"`
	// Findings counts the findings of the item, or of an exception those that it matches.
	Findings int `json:"findings"`
	// State is that of an exception, "" of all else.
	State string `json:"state,omitempty"`
	// Contact is where to ask a team.
	Contact string `json:"contact,omitempty"`
}

// A DepMatch is a dependency that an item selects, and where.
type DepMatch struct {
	Path string `json:"path"`
	// Modules are the directories of the modules in which the item speaks of it and counts, sorted.
	Modules []string `json:"modules"`
	// Outranked are those in which another item counts instead.
	Outranked []Outranked `json:"outranked,omitempty"`
}

// Outranked are the modules in which another item counts.
type Outranked struct {
	By      string   `json:"by"` // id of that item
	Modules []string `json:"modules"`
}

// NewPolicyMatches makes the document of a judgement, limited to the modules, by directory, that keep takes. Version is
// that of modgov.
func NewPolicyMatches(j *policy.Judgement, version string, keep func(dir string) bool) *PolicyMatches {
	d := &PolicyMatches{
		Schema: Schema, Document: "policy", Tool: Tool{"modgov", version}, Policy: j.Policy.File, Complete: len(j.Gaps) == 0,
		Items: []ItemMatch{}, Gaps: []Gap{}, NotEvaluated: []NotEvaluated{},
	}
	for _, m := range j.Facts.Workspace.Governed() {
		if keep(m.Dir) {
			d.Modules++
		}
	}
	for _, dep := range j.Facts.Dependencies {
		for _, u := range dep.Uses {
			if dep.Sibling == nil && keep(u.View.Module.Dir) {
				d.Dependencies++
				break
			}
		}
	}
	kept := func(dirs []string) []string {
		return slices.DeleteFunc(append([]string{}, dirs...), func(dir string) bool { return !keep(dir) })
	}
	for _, m := range j.Matches() {
		d.Items = append(d.Items, newItemMatch(m, kept))
	}
	d.Gaps = newGaps(j)
	for _, n := range j.NotEvaluated {
		d.NotEvaluated = append(d.NotEvaluated, NotEvaluated{n.ID, n.Key, newPosition(n.Pos)})
	}
	return d
}

func newItemMatch(m policy.Match, kept func(dirs []string) []string) ItemMatch {
	out := ItemMatch{
		Section: m.Section, ID: m.ID, Position: newPosition(m.Pos), Deps: []DepMatch{}, Findings: m.Findings,
		State: string(m.State), Contact: m.Contact,
	}
	if m.Item != nil {
		out.Owner = m.Item.Owner
	}
	if m.Modules != nil {
		out.Modules = kept(m.Modules)
	}
	for _, dep := range m.Deps {
		shown := DepMatch{Path: dep.Path, Modules: kept(dep.Modules)}
		for _, o := range dep.Outranked {
			if modules := kept(o.Modules); len(modules) > 0 {
				shown.Outranked = append(shown.Outranked, Outranked{o.By, modules})
			}
		}
		if len(shown.Modules)+len(shown.Outranked) > 0 || len(dep.Modules)+len(dep.Outranked) == 0 {
			out.Deps = append(out.Deps, shown)
		}
	}
	return out
}

// WritePolicyMatches writes what the policy selects as "text" or "json".
func WritePolicyMatches(w io.Writer, format string, d *PolicyMatches, o Options) error {
	if err := checkFormat("policy", format); err != nil {
		return err
	}
	if format == "json" {
		return writeJSON(w, d)
	}
	t := matchesText{newPage(o), d, o}
	name := "policy " + d.Policy
	if d.Policy == "" {
		name = "built-in policy"
	}
	t.text("modgov: %s, %s, %s", name, policy.Count(d.Modules, "module"), policy.Count(d.Dependencies, "dependency"))
	section := ""
	for i := range d.Items {
		if m := &d.Items[i]; !o.Quiet {
			if m.Section != section {
				section = m.Section
				t.blank()
				t.line(piece{section, policyStyle})
			}
			t.item(m)
		}
	}
	if n := len(d.NotEvaluated); n > 0 && !o.Quiet {
		t.blank()
		t.text("not evaluated")
		for _, e := range d.NotEvaluated {
			t.text("  %s", strings.TrimSuffix(e.ID+": "+e.Key, ": "))
		}
	}
	for _, g := range d.Gaps {
		t.prose("incomplete: ", "    ", moduleName(g.Module)+": "+g.Message)
	}
	return t.writeTo(w)
}

// A matchesText is what the policy selects on its way to a page.
type matchesText struct {
	*page
	d *PolicyMatches
	o Options
}

func (t *matchesText) item(m *ItemMatch) {
	head := m.ID
	if m.Line > 0 {
		head += " (" + place(m.Position) + ")"
	}
	if m.State != "" {
		head += ", " + m.State
	}
	if m.Contact != "" {
		head += ", contact " + m.Contact
	}
	if m.Findings > 0 {
		head += ", " + policy.Count(m.Findings, "finding")
	}
	t.text("  %s", head)
	switch {
	case m.Modules == nil || len(m.Modules) == t.d.Modules && t.d.Modules > 0:
	case len(m.Modules) == 0:
		t.row("modules", []string{"none"})
	default:
		t.row(policy.Count(len(m.Modules), "module"), m.Modules)
	}
	if !selectsDeps(m.Section) {
		return
	}
	var deps []string
	outranked := map[string][]string{}
	var by []string
	for _, dep := range m.Deps {
		if len(dep.Modules) > 0 || dep.Outranked == nil {
			deps = append(deps, fmt.Sprintf("%s (%d)", dep.Path, len(dep.Modules)))
		}
		for _, o := range dep.Outranked {
			if outranked[o.By] == nil {
				by = append(by, o.By)
			}
			outranked[o.By] = append(outranked[o.By], fmt.Sprintf("%s (%d)", dep.Path, len(o.Modules)))
		}
	}
	switch {
	case len(deps) > 0:
		t.row(policy.Count(len(deps), "dependency"), deps)
	case len(by) == 0:
		t.row("dependencies", []string{"none"})
	}
	for _, id := range by {
		t.row("left to "+id, outranked[id])
	}
}

// selectsDeps reports whether what stands in a section selects dependencies.
func selectsDeps(section string) bool {
	top, rest, _ := strings.Cut(section, ".")
	return !slices.Contains([]string{"modules", "owners", "go", "vendor", "release"}, top) || rest == "allow"
}

// row writes names after what they are, folded and cut to a few lines.
func (t *matchesText) row(what string, names []string) {
	prefix := "    " + what + ": "
	indent := "      "
	for i, l := range t.list(names, t.width-t.cells(prefix), t.o.Verbose) {
		if i > 0 {
			prefix = indent
		}
		t.text("%s%s", prefix, l)
	}
}
