package policy

import (
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// findContradictions reports what two items of the file alone show to be impossible: neither is the more specific
// one, and they ask for different things. That they meet in one module by different words is not seen here, but by
// the second result of depPolicy.Agreement and depPolicy.Pin.
func (d *decoder) findContradictions(p *Policy) {
	agree, follow := map[string]*VersionItem{}, map[string]*VersionItem{}
	for i := range p.Versions {
		v := &p.Versions[i]
		if v.Agree != "" {
			d.findRival(agree, v, (*VersionItem).differs)
		}
		if !v.Follow.IsZero() {
			d.findRival(follow, v, (*VersionItem).followsOther)
		}
	}
	pins := map[string]*PinItem{}
	for i := range p.Pins {
		pin := &p.Pins[i]
		for key, text := range scopes(&pin.Dep, &pin.In) {
			if first := pins[key]; first != nil && first != pin {
				d.contradict(pin.keyPos("dep"), first.keyPos("dep"), "keep one, or let their modules differ",
					"%s is already pinned, to %s, on line %d", text, first.Version, first.keyPos("dep").Line)
				break
			}
			pins[key] = pin
		}
		d.findHigherFloor(p, pin)
		d.findBan(p, pin)
	}
}

// findRival reports an item that speaks of the same dependency and modules and asks for something else.
func (d *decoder) findRival(seen map[string]*VersionItem, v *VersionItem, differs func(v, w *VersionItem) string) {
	for key, text := range scopes(&v.Dep, &v.In) {
		first := seen[key]
		if first == nil {
			seen[key] = v
			continue
		}
		if key := differs(v, first); key != "" {
			d.contradict(v.Pos, first.Pos, "keep one, or let their dependencies or modules differ",
				"%q contradicts %q on line %d: both speak of %s in the same modules, with another %q",
				v.ID, first.ID, first.Pos.Line, text, key)
			return
		}
	}
}

// differs returns the first key by which two items differ in how versions agree, "" if they ask for the same.
func (v *VersionItem) differs(w *VersionItem) string {
	switch {
	case v.Agree != w.Agree:
		return "agree"
	case v.Prefer != w.Prefer:
		return "prefer"
	case v.Together != w.Together:
		return "together"
	}
	return v.followsOther(w)
}

// followsOther returns the first key by which two items differ in which module to follow, or in what all items say, ""
// if they ask for the same.
func (v *VersionItem) followsOther(w *VersionItem) string {
	severity := func(i *VersionItem) Severity {
		if i.Severity == nil {
			return -1
		}
		return *i.Severity
	}
	switch {
	case v.Among != w.Among:
		return "among"
	case v.Resolve != w.Resolve:
		return "resolve"
	case severity(v) != severity(w):
		return "severity"
	case strings.Join(v.Follow.keys(), " ") != strings.Join(w.Follow.keys(), " "):
		return "follow"
	}
	return ""
}

// scopes yields, in order, a key for each term of dep together with the modules, equal where two items speak of the
// same, and the term's text. What the selector's own exclusions take away again is left out.
func scopes(dep *DepSelector, modules *ModuleSelector) func(yield func(key, text string) bool) {
	return func(yield func(key, text string) bool) {
		scope := "**"
		if !modules.IsZero() {
			scope = strings.Join(modules.keys(), "\n")
		}
		if !dep.hasPositive() {
			yield("**\n"+scope, "**")
			return
		}
		for i := range dep.terms {
			t := &dep.terms[i]
			exact := t.kind == byModulePath && t.glob.exact
			if t.not || exact && !dep.Match(DepInfo{Path: t.glob.pattern}) {
				continue
			}
			if !yield(t.key()+"\n"+scope, t.key()) {
				return
			}
		}
	}
}

// exactPaths yields the module paths that a pin names, as far as the file alone tells them.
func (p *PinItem) exactPaths() func(yield func(DepInfo) bool) {
	return func(yield func(DepInfo) bool) {
		for i := range p.Dep.terms {
			t := &p.Dep.terms[i]
			dep := DepInfo{Path: t.glob.pattern, Version: string(p.Version)}
			if !t.not && t.kind == byModulePath && t.glob.exact && p.Dep.Match(dep) && !yield(dep) {
				return
			}
		}
	}
}

// holdsFor says whether an item for the modules in holds in all that a pin speaks of.
func (p *PinItem) holdsFor(in *ModuleSelector) bool {
	return in.IsZero() || slices.Equal(in.keys(), p.In.keys())
}

// mayWaive says whether an exception may waive what an item has against a version, whoever has it and whenever: then the
// modules tell whether the two go together, and the rule policy-conflict reports where they do not.
func (p *Policy) mayWaive(rule string, item *Item, dep DepInfo) bool {
	return slices.ContainsFunc(p.Exceptions, func(e Exception) bool {
		return (e.Rule == rule || e.Policy == item.ID) && (e.Dep.IsZero() || e.Dep.Match(dep))
	})
}

// findHigherFloor reports a pin, or an alternate, below a version that another item demands of all modules of the pin.
func (d *decoder) findHigherFloor(p *Policy, pin *PinItem) {
	for dep := range pin.exactPaths() {
		for _, j := range p.index.versions.candidates(dep.Path) {
			f := &p.Versions[j]
			if f.AtLeast == "" || f.off() || !f.Dep.Match(dep) || !pin.holdsFor(&f.In) {
				continue
			}
			if d.lower(p, dep, &pin.Item, pin.Version, f, "pinned to") {
				return
			}
			for k := range pin.Alternates {
				a := &pin.Alternates[k]
				if d.lower(p, DepInfo{Path: dep.Path, Version: string(a.Version)}, &a.Item, a.Version, f, "allowed at") {
					return
				}
			}
		}
	}
}

// lower reports an item that gives a dependency a version below a floor.
func (d *decoder) lower(p *Policy, dep DepInfo, item *Item, version Version, f *VersionItem, verb string) bool {
	if item.off() || semver.Compare(string(version), string(f.AtLeast)) >= 0 || p.mayWaive("version-floor", &f.Item, dep) {
		return false
	}
	d.contradict(item.keyPos("version"), f.keyPos("at-least"),
		"raise it, let the modules of the two differ, or give the floor an exception",
		"%s is %s %s, but %q on line %d asks for at least %s",
		dep.Path, verb, version, f.ID, f.keyPos("at-least").Line, f.AtLeast)
	return true
}

// findBan reports a pin to a version that a ban forbids in all modules of the pin, by whatever way they come to it.
func (d *decoder) findBan(p *Policy, pin *PinItem) {
	for dep := range pin.exactPaths() {
		bans := p.bansOf(dep).bans
		off := slices.ContainsFunc(bans, func(b *BanItem) bool { return b.off() && b.Dep.Match(dep) })
		for _, b := range bans {
			if off || pin.off() || len(pin.Alternates) > 0 || b.Scope != BanAny || !b.UnlessVia.IsZero() ||
				!b.Dep.Match(dep) || !pin.holdsFor(&b.In) || p.mayWaive("banned", &b.Item, dep) {
				continue
			}
			d.contradict(pin.keyPos("version"), b.keyPos("dep"),
				"pin another version, let the modules of the two differ, or give the ban an exception",
				"%s is pinned to %s, but %q on line %d bans it", dep.Path, pin.Version, b.ID, b.keyPos("dep").Line)
			return
		}
	}
}
