package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

// An index finds the items that may speak of a dependency without asking all of them.
type index struct {
	versions, pins, bans, boundaries, exceptions, allow depIndex
}

// A depIndex holds numbers of items under the longest whole elements that all paths begin with that a term of the
// item matches: "golang.org/x/**" under "golang.org/x". What cannot be told from the path is under "".
type depIndex map[string][]int

func newIndex(p *Policy) index {
	x := index{
		versions: depIndex{}, pins: depIndex{}, bans: depIndex{}, boundaries: depIndex{}, exceptions: depIndex{},
		allow: depIndex{},
	}
	for i := range p.Versions {
		x.versions.add(i, &p.Versions[i].Dep)
	}
	for i := range p.Pins {
		x.pins.add(i, &p.Pins[i].Dep)
	}
	for i := range p.Bans {
		x.bans.add(i, &p.Bans[i].Dep)
	}
	for i := range p.Boundaries {
		x.boundaries.add(i, &p.Boundaries[i].Deny)
	}
	for i := range p.Exceptions {
		x.exceptions.add(i, &p.Exceptions[i].Dep)
	}
	for i := range p.Replaces.Allow {
		x.allow.add(i, &p.Replaces.Allow[i].Dep)
	}
	return x
}

func (x depIndex) add(i int, s *DepSelector) {
	if !s.hasPositive() {
		x[""] = append(x[""], i)
	}
	for j := range s.terms {
		switch t := &s.terms[j]; {
		case t.not:
		case t.kind == bySet && t.set != nil:
			x.add(i, t.set)
		case t.kind == byModulePath:
			key := t.glob.elements()
			x[key] = append(x[key], i)
		default:
			x[""] = append(x[""], i)
		}
	}
}

// candidates returns the numbers of the items that may match a path, sorted, each once.
func (x depIndex) candidates(path string) []int {
	found := slices.Clone(x[""])
	for end := len(path); end > 0; end = strings.LastIndexByte(path[:end], '/') {
		found = append(found, x[path[:end]]...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// A depPolicy is what the policy says of one dependency. Ask for it once per dependency and then for each module.
// It is immutable and safe for concurrent use.
type depPolicy struct {
	builtin    *VersionItem
	agreements []ranked[VersionItem] // narrowest first, then file order
	follows    []ranked[VersionItem] // narrowest first, then file order
	floors     []ranked[VersionItem] // highest version first, then file order
	pins       []ranked[PinItem]     // narrowest first, then file order
}

type ranked[T any] struct {
	item *T
	rank specificity
}

// forDep returns what the policy says of a dependency. Its version does not count.
func (p *Policy) forDep(dep DepInfo) *depPolicy {
	d := &depPolicy{builtin: &p.builtin}
	for _, i := range p.index.versions.candidates(dep.Path) {
		v := &p.Versions[i]
		rank, ok := v.Dep.specificity(dep)
		if ok && v.Agree != "" {
			d.agreements = append(d.agreements, ranked[VersionItem]{v, rank})
		}
		if ok && !v.Follow.IsZero() {
			d.follows = append(d.follows, ranked[VersionItem]{v, rank})
		}
		if ok && v.AtLeast != "" {
			d.floors = append(d.floors, ranked[VersionItem]{v, rank})
		}
	}
	for _, i := range p.index.pins.candidates(dep.Path) {
		pin := &p.Pins[i]
		if rank, ok := pin.Dep.specificity(dep); ok {
			d.pins = append(d.pins, ranked[PinItem]{pin, rank})
		}
	}
	slices.SortStableFunc(d.agreements, narrower[VersionItem])
	slices.SortStableFunc(d.follows, narrower[VersionItem])
	slices.SortStableFunc(d.pins, narrower[PinItem])
	slices.SortStableFunc(d.floors, func(a, b ranked[VersionItem]) int {
		return semver.Compare(string(b.item.AtLeast), string(a.item.AtLeast))
	})
	return d
}

func narrower[T any](a, b ranked[T]) int { return cmp.Compare(b.rank, a.rank) }

// Agreement returns the item that says how the module's version of the dependency agrees with others: the one with
// the narrowest dependency selector, of equally narrow ones that with the narrowest module selector, and where no
// item speaks of it the built-in one (BuiltinID). It is never nil. The rival, if not nil, is as narrow and asks for
// something else: the policy contradicts itself in this module.
func (d *depPolicy) Agreement(m ModuleInfo) (item, rival *VersionItem) {
	scope := func(v *VersionItem) *ModuleSelector { return &v.In }
	differ := func(v, w *VersionItem) bool { return v.differs(w) != "" }
	if item, rival = narrowest(d.agreements, m, scope, differ); item == nil {
		item = d.builtin
	}
	return item, rival
}

// Follow returns the item that says which other module the version follows in a module, chosen like Agreement's, nil if
// there is none, and the item that contradicts it, if there is one.
func (d *depPolicy) Follow(m ModuleInfo) (item, rival *VersionItem) {
	scope := func(v *VersionItem) *ModuleSelector { return &v.In }
	differ := func(v, w *VersionItem) bool { return v.followsOther(w) != "" }
	return narrowest(d.follows, m, scope, differ)
}

// together says whether some item keeps the dependency together with others.
func (d *depPolicy) together() bool {
	return slices.ContainsFunc(d.agreements, func(r ranked[VersionItem]) bool { return r.item.Together })
}

// Pin returns the pin of the dependency for the module, chosen like Agreement's item, nil if there is none, and the
// pin that contradicts it, if there is one.
func (d *depPolicy) Pin(m ModuleInfo) (pin, rival *PinItem) {
	scope := func(p *PinItem) *ModuleSelector { return &p.In }
	differ := func(p, q *PinItem) bool { return p.Version != q.Version || p.Resolve != q.Resolve }
	return narrowest(d.pins, m, scope, differ)
}

// Floors returns the items that say which version is the lowest for the module, the highest first: all hold.
func (d *depPolicy) Floors(m ModuleInfo) []*VersionItem {
	var floors []*VersionItem
	for _, f := range d.floors {
		if f.item.In.orAll(m) > 0 {
			floors = append(floors, f.item)
		}
	}
	return floors
}

// narrowest returns the item that wins in a module, and the first that is as narrow but asks for something else.
func narrowest[T any](
	items []ranked[T], m ModuleInfo, scope func(*T) *ModuleSelector, differ func(a, b *T) bool,
) (item, rival *T) {
	var dep, module specificity
	for _, r := range items {
		if item != nil && r.rank < dep {
			break
		}
		switch rank := scope(r.item).orAll(m); {
		case rank > module:
			item, rival, dep, module = r.item, nil, r.rank, rank
		case rank > 0 && rank == module && rival == nil && differ(item, r.item):
			rival = r.item
		}
	}
	return item, rival
}

// orAll is the specificity of a selector that means all modules if it was not given; 0 if it does not match.
func (s *ModuleSelector) orAll(m ModuleInfo) specificity {
	if s.IsZero() {
		return rankEverything
	}
	rank, _ := s.specificity(m)
	return rank
}

// alternatesFor returns the alternates of the pin for the module, in file order, expired ones too.
func (p *PinItem) alternatesFor(m ModuleInfo) []*Alternate {
	var found []*Alternate
	for i := range p.Alternates {
		if a := &p.Alternates[i]; a.In.Match(m) {
			found = append(found, a)
		}
	}
	return found
}

// allows reports whether the pin lets a module have a version at the moment now: it is the pinned one, or that of an
// alternate which has not expired. "", which stands for a directory or a fork, is none.
func (p *PinItem) allows(m ModuleInfo, version string, now time.Time) bool {
	return version == string(p.Version) || slices.ContainsFunc(p.alternatesFor(m), func(a *Alternate) bool {
		return version == string(a.Version) && !a.Expires.past(now)
	})
}

// allowsFor returns the items of replaces.allow that speak of a replace line, in file order, expired ones too. The
// version of dep is that of the line's target, "" for a directory; m is the zero ModuleInfo for a line of go.work, of
// which only items for all modules speak.
func (p *Policy) allowsFor(dep DepInfo, m ModuleInfo) []*ReplaceItem {
	var found []*ReplaceItem
	for _, i := range p.index.allow.candidates(dep.Path) {
		r := &p.Replaces.Allow[i]
		if (r.In.IsZero() || m.Dir != "" && r.In.Match(m)) && r.Dep.Match(dep) {
			found = append(found, r)
		}
	}
	return found
}

// depBans are the bans that may speak of one dependency. Ask for them once per dependency; it is not for several
// goroutines.
type depBans struct {
	bans  []*BanItem                // in file order
	ranks map[DepInfo][]specificity // of bans, for what was asked before: many modules have the same version
}

// bansOf returns the bans of a dependency, at whatever version and in whatever module.
func (p *Policy) bansOf(dep DepInfo) *depBans {
	d := &depBans{}
	for _, i := range p.index.bans.candidates(dep.Path) {
		if b := &p.Bans[i]; b.Dep.mayMatch(dep) {
			d.bans = append(d.bans, b)
		}
	}
	return d
}

// In returns the bans that hold for a module and the dependency at its effective version: those with the narrowest
// dependency selector, and of equally narrow ones those with the narrowest module selector, in file order.
func (d *depBans) In(m ModuleInfo, dep DepInfo) []*BanItem {
	var held []*BanItem
	var best, scope specificity
	ranks := d.ranksOf(dep)
	for i, b := range d.bans {
		if ranks[i] == 0 {
			continue
		}
		module := b.In.orAll(m)
		if module == 0 {
			continue
		}
		switch cmp.Or(cmp.Compare(ranks[i], best), cmp.Compare(module, scope)) {
		case 1:
			held, best, scope = []*BanItem{b}, ranks[i], module
		case 0:
			held = append(held, b)
		}
	}
	return held
}

// ranksOf returns how narrowly each ban selects the dependency, 0 for one that does not.
func (d *depBans) ranksOf(dep DepInfo) []specificity {
	ranks, known := d.ranks[dep]
	if known || len(d.bans) == 0 {
		return ranks
	}
	ranks = make([]specificity, len(d.bans))
	for i, b := range d.bans {
		ranks[i], _ = b.Dep.specificity(dep)
	}
	if d.ranks == nil {
		d.ranks = map[DepInfo][]specificity{}
	}
	d.ranks[dep] = ranks
	return ranks
}

// boundariesOf returns the boundaries that may deny a dependency, at whatever version and to whatever module, in file
// order. All of them hold.
func (p *Policy) boundariesOf(dep DepInfo) []*BoundaryItem {
	var found []*BoundaryItem
	for _, i := range p.index.boundaries.candidates(dep.Path) {
		if b := &p.Boundaries[i]; b.Deny.mayMatch(dep) {
			found = append(found, b)
		}
	}
	return found
}

// A Claim is what a finding says of itself when it asks for an exception.
type Claim struct {
	Rule   string     // name of the rule
	Policy string     // id of the policy item behind it, "" if there is none
	Dep    DepInfo    // zero if it speaks of no dependency; its Version is the effective one
	Module ModuleInfo // zero if it speaks of no module
}

// exceptionsFor returns the exceptions that waive a finding: those that have not expired at the moment now first,
// then the narrower ones, then in file order. If the first one is Past its Expires, the finding stands. All of them are
// used: they match something.
func (p *Policy) exceptionsFor(c Claim, now time.Time) []*Exception {
	var found []ranked[Exception]
	for _, e := range p.exceptionsOf(c.Dep) {
		if e.covers(c) {
			dep, _ := e.Dep.specificity(c.Dep)
			found = append(found, ranked[Exception]{e, dep})
		}
	}
	if r := p.rules[c.Rule]; len(found) == 0 || r != nil && r.Unwaivable {
		return nil
	}
	slices.SortStableFunc(found, func(a, b ranked[Exception]) int {
		past := cmp.Compare(btoi(a.item.Expires.past(now)), btoi(b.item.Expires.past(now)))
		module := cmp.Compare(b.item.Modules.orAll(c.Module), a.item.Modules.orAll(c.Module))
		return cmp.Or(past, narrower(a, b), module)
	})
	exceptions := make([]*Exception, len(found))
	for i, r := range found {
		exceptions[i] = r.item
	}
	return exceptions
}

// exceptionsOf returns the exceptions that may cover findings about a dependency, in file order. The answer is kept:
// it is asked for each module that has the dependency.
func (p *Policy) exceptionsOf(dep DepInfo) []*Exception {
	key := DepInfo{Path: dep.Path, Dir: dep.Dir}
	if kept, ok := p.exceptions.Load(key); ok {
		return kept.([]*Exception)
	}
	var found []*Exception
	for _, i := range p.index.exceptions.candidates(dep.Path) {
		if e := &p.Exceptions[i]; e.Dep.IsZero() || e.Dep.mayMatch(key) {
			found = append(found, e)
		}
	}
	p.exceptions.Store(key, found)
	return found
}

// DropExceptions takes exceptions out, as if the file did not have them. It must not be called while others use the
// policy.
func (p *Policy) DropExceptions(drop func(*Exception) bool) {
	var kept []Exception
	for i := range p.Exceptions {
		if !drop(&p.Exceptions[i]) {
			kept = append(kept, p.Exceptions[i])
		}
	}
	p.Exceptions = kept
	p.exceptions.Clear()
	p.index = newIndex(p)
}

func (e *Exception) covers(c Claim) bool {
	if e.Rule != c.Rule && (e.Policy == "" || e.Policy != c.Policy) {
		return false
	}
	if !e.Modules.IsZero() && (c.Module.Dir == "" || !e.Modules.Match(c.Module)) {
		return false
	}
	return e.Dep.IsZero() || c.Dep.Path != "" && e.Dep.Match(c.Dep)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
