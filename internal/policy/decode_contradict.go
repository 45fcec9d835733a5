package policy

import (
	"strings"

	"golang.org/x/mod/semver"
)

// findContradictions reports what two items of the file alone show to be impossible: neither is the more specific
// one, and they ask for different things. That they meet in one module by different words is not seen here, but by
// the second result of DepPolicy.Agreement and DepPolicy.Pin.
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
				d.contradict(pin.KeyPos("dep"), first.KeyPos("dep"), "keep one, or let their modules differ",
					"%s is already pinned, to %s, on line %d", text, first.Version, first.KeyPos("dep").Line)
				break
			}
			pins[key] = pin
		}
		d.findHigherFloor(p, pin)
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

// findHigherFloor reports a pin below a version that another item demands of all modules of the pin.
func (d *decoder) findHigherFloor(p *Policy, pin *PinItem) {
	scope := strings.Join(pin.In.keys(), "\n")
	for i := range pin.Dep.terms {
		t := &pin.Dep.terms[i]
		dep := DepInfo{Path: t.glob.pattern}
		if t.not || t.kind != byModulePath || !t.glob.exact || !pin.Dep.Match(dep) {
			continue
		}
		for _, j := range p.index.versions.candidates(dep.Path) {
			f := &p.Versions[j]
			if f.AtLeast == "" || !f.Dep.Match(dep) || semver.Compare(string(pin.Version), string(f.AtLeast)) >= 0 {
				continue
			}
			if f.In.IsZero() || strings.Join(f.In.keys(), "\n") == scope {
				d.contradict(pin.KeyPos("version"), f.KeyPos("at-least"), "raise the pin, or give the floor an exception",
					"%s is pinned to %s, but %q on line %d asks for at least %s",
					dep.Path, pin.Version, f.ID, f.KeyPos("at-least").Line, f.AtLeast)
				return
			}
		}
	}
}
