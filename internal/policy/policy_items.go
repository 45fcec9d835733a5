package policy

import (
	"strings"

	"github.com/modgov/modgov/internal/workspace"
)

// A Place says where a section or an item of the policy file stands. The zero Place stands nowhere: the file does
// not have it.
type Place struct {
	Pos  workspace.Position // of the first token; End is the end of what is on that line
	keys []keyPlace
}

type keyPlace struct {
	key string
	pos workspace.Position
}

// keyPos returns the place of a key and its value, "version: v1.6.0", up to the end of the line if the value goes
// on below; if the key is not there, Pos.
func (p *Place) keyPos(key string) workspace.Position {
	for _, k := range p.keys {
		if k.key == key {
			return k.pos
		}
	}
	return p.Pos
}

// Has says whether the key is there.
func (p *Place) Has(key string) bool {
	for _, k := range p.keys {
		if k.key == key {
			return true
		}
	}
	return false
}

func (p *Place) place() *Place { return p }

// An Item is what all policy items have in common.
//
// Its ID is unique in the file. An item without one gets SECTION/SELECTOR: "pins/google.golang.org/grpc"; the second
// of the same name gets "#2" after it. So an id does not depend on the items around it, but it does change with what
// the item selects. Sections that act as an item have the section's name: "go", "replaces", "sources".
type Item struct {
	Place
	ID       string    `policy:"id"`
	Owner    string    `policy:"owner"`
	Reason   string    `policy:"reason"`
	Severity *Severity `policy:"severity"` // of the item's findings; nil: the rule's default
}

func (i *Item) item() *Item { return i }

// A VersionItem says how the versions of a dependency agree (Agree != ""), which is the lowest (AtLeast != ""), or
// both.
type VersionItem struct {
	Item
	Dep      DepSelector    `policy:"dep,required"`
	In       ModuleSelector `policy:"in"` // zero: all
	Agree    Agree          `policy:"agree"`
	AtLeast  Version        `policy:"at-least"`
	Follow   ModuleSelector `policy:"follow"`   // the version follows the one that this module has
	Together bool           `policy:"together"` // what Dep selects is compared with each other
	Among    Among          `policy:"among"`    // "": AmongDirect to agree, AmongAll for at-least
	Prefer   Prefer         `policy:"prefer"`   // default PreferHighest
	Resolve  Resolve        `policy:"resolve"`  // default ResolveRequire
}

// A PinItem says which version of a dependency is the one to use.
type PinItem struct {
	Item
	Dep        DepSelector    `policy:"dep,required"`
	In         ModuleSelector `policy:"in"` // zero: all
	Version    Version        `policy:"version,required"`
	Resolve    Resolve        `policy:"resolve"` // default ResolveRequire
	Alternates []Alternate    `policy:"alternates"`
}

// An Alternate is another version that some modules may use in place of the pinned one.
type Alternate struct {
	Item
	Version Version        `policy:"version,required"`
	In      ModuleSelector `policy:"in,required"`
	Freeze  bool           `policy:"freeze"` // only while the module's snapshot verifies
	Issue   string         `policy:"issue"`
	Created Date           `policy:"created"`
	Expires Date           `policy:"expires"` // valid through that day, UTC; zero: for ever
}

// A BanItem says which dependencies must not be used.
type BanItem struct {
	Item
	Dep        DepSelector    `policy:"dep,required"`
	In         ModuleSelector `policy:"in"`    // zero: all
	Scope      BanScope       `policy:"scope"` // default BanAny
	UseInstead string         `policy:"use_instead"`
	UnlessVia  DepSelector    `policy:"unless_via"` // edges from these are allowed
}

// A BoundaryItem says what some modules must not depend on.
type BoundaryItem struct {
	Item
	From  ModuleSelector `policy:"from,required"`
	Deny  DepSelector    `policy:"deny,required"`
	Allow DepSelector    `policy:"allow"` // of what Deny selects
}

// An Exception waives the findings of one policy item or one rule.
type Exception struct {
	Item
	Policy  string         `policy:"policy"`  // id of an item, or
	Rule    string         `policy:"rule"`    // name of a rule
	Dep     DepSelector    `policy:"dep"`     // zero: all
	Modules ModuleSelector `policy:"modules"` // zero: all
	Issue   string         `policy:"issue"`
	Created Date           `policy:"created"`
	Expires Date           `policy:"expires"` // valid through that day, UTC; zero: for ever
}

// ModulesSection says which modules are governed and what they are.
type ModulesSection struct {
	Place
	Include   ModuleSelector        `policy:"include"` // governed, though their directory says otherwise
	Exclude   ModuleSelector        `policy:"exclude"` // not governed; beats Include
	Tags      Table[ModuleSelector] `policy:"tags"`
	Published ModuleSelector        `policy:"published"` // others import or install them
}

// OwnersSection says which team a module belongs to.
type OwnersSection struct {
	Place
	Codeowners bool        `policy:"codeowners"` // take teams from CODEOWNERS too
	Teams      Table[Team] `policy:"teams"`
}

// A Team owns modules.
type Team struct {
	Place
	Modules ModuleSelector `policy:"modules"`
	Contact string         `policy:"contact"`
}

// SourcesSection says where dependencies may come from and which kinds of version are welcome.
type SourcesSection struct {
	Item
	Hosts          DepSelector `policy:"hosts"` // zero: all
	PseudoVersions *Severity   `policy:"pseudo_versions"`
	Prereleases    *Severity   `policy:"prereleases"`
	ZeroVersions   *Severity   `policy:"zero_versions"`
	Incompatible   *Severity   `policy:"incompatible"`
	Retracted      *Severity   `policy:"retracted"`
	Deprecated     *Severity   `policy:"deprecated"`
}

// ReplacesSection says which replace lines are welcome.
type ReplacesSection struct {
	Item
	Local       LocalReplace  `policy:"local"`        // "": the file does not say
	Forks       DepSelector   `policy:"forks"`        // module paths that replace lines may point to; zero: the file does not say
	InPublished InPublished   `policy:"in_published"` // of modules.published; "" is deny
	Allow       []ReplaceItem `policy:"allow"`
}

// A ReplaceItem allows single replace lines, for some time.
type ReplaceItem struct {
	Item
	Dep     DepSelector    `policy:"dep,required"` // what is replaced; a version is that of the target
	In      ModuleSelector `policy:"in"`           // zero: all, and go.work
	Issue   string         `policy:"issue"`
	Created Date           `policy:"created"`
	Expires Date           `policy:"expires"` // valid through that day, UTC; zero: for ever
}

// GoSection says what the go and toolchain lines should be.
type GoSection struct {
	Item
	Line      GoLines   `policy:"line"`
	Toolchain Toolchain `policy:"toolchain"` // "": the file does not say
}

// VendorSection says what is frozen in vendor directories.
type VendorSection struct {
	Place
	Modules   ModuleSelector `policy:"modules"`   // each gets its own vendor directory
	Workspace bool           `policy:"workspace"` // the workspace gets one at the root
	Drift     Severity       `policy:"drift"`
}

// SumsSection says how much what is wrong with go.sum files weighs.
type SumsSection struct {
	Place
	Missing Severity `policy:"missing"`
	Stale   Severity `policy:"stale,later"`
}

// ExceptionPolicySection says what is asked of exceptions.
type ExceptionPolicySection struct {
	Place
	Require    []ExceptionKey `policy:"require"`
	MaxAge     Days           `policy:"max_age"`
	WarnBefore Days           `policy:"warn_before"`
}

// GateSection says what fails a check.
type GateSection struct {
	Place
	Scope      GateScope  `policy:"scope"`
	Threshold  Threshold  `policy:"threshold"`
	PolicyFrom PolicyFrom `policy:"policy_from"`
}

// ReleaseSection says what is released together.
type ReleaseSection struct {
	Place
	Groups []ReleaseGroup `policy:"groups"`
}

// A ReleaseGroup is a set of modules that are released by the same plan.
type ReleaseGroup struct {
	Item
	Modules ModuleSelector `policy:"modules,required"`
	Mode    GroupMode      `policy:"mode"` // default ModeIndependent
}

// A Table is a mapping whose keys the author of the file chooses.
type Table[T any] struct {
	Place
	entries map[string]*T
}

// Names returns the keys in file order.
func (t *Table[T]) Names() []string {
	names := make([]string, len(t.keys))
	for i, k := range t.keys {
		names[i] = k.key
	}
	return names
}

// Get returns the entry of that name, nil if there is none.
func (t *Table[T]) Get(name string) *T { return t.entries[name] }

// entry makes a new entry and returns it for decoding.
func (t *Table[T]) entry(name string) any {
	if t.entries == nil {
		t.entries = map[string]*T{}
	}
	t.entries[name] = new(T)
	return t.entries[name]
}

func (v *VersionItem) setDefaults()  { v.Prefer, v.Resolve = PreferHighest, ResolveRequire }
func (p *PinItem) setDefaults()      { p.Resolve = ResolveRequire }
func (b *BanItem) setDefaults()      { b.Scope = BanAny }
func (g *ReleaseGroup) setDefaults() { g.Mode = ModeIndependent }

// A label is what stands for an item's id if it has none: what it selects. Sections have none, their name does.
func (v *VersionItem) label() string  { return scoped(v.Dep.label(), &v.In) }
func (p *PinItem) label() string      { return scoped(p.Dep.label(), &p.In) }
func (a *Alternate) label() string    { return scoped(string(a.Version), &a.In) }
func (b *BanItem) label() string      { return scoped(b.Dep.label(), &b.In) }
func (b *BoundaryItem) label() string { return b.From.label() }
func (r *ReplaceItem) label() string  { return scoped(r.Dep.label(), &r.In) }
func (g *ReleaseGroup) label() string { return g.Modules.label() }
func (e *Exception) label() string {
	return scoped(strings.TrimSuffix(e.Policy+e.Rule+":"+e.Dep.label(), ":"), &e.Modules)
}

// scoped adds the modules to a label, if there is a choice of them.
func scoped(label string, modules *ModuleSelector) string {
	if modules.IsZero() {
		return label
	}
	return label + ":" + modules.label()
}
