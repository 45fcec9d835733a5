package policy

import (
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"

	"github.com/modgov/modgov/internal/workspace"
)

func policyLoosened() *Rule {
	return &Rule{
		Name:        "policy-loosened",
		Title:       "A change to the policy that may let more pass than before",
		Severity:    Warn,
		Layer:       LayerDeclared,
		Since:       "0.1.0",
		AboutPolicy: true,
		Doc: `A change is judged by the policy that it brings along, so it can make itself pass. Where modgov check --base
compares two states, each difference between their policies that may let more pass than before is named, whether it has
an effect today or not:

- an item that is gone or that asks for something else, and an item of versions or replaces.allow that is new;
- an exception that is new or says something else;
- a section that says something else: modules, owners, sets, sources, replaces, go, vendor, sums, exception_policy,
  gate;
- a module that is not governed any more without a word of the policy: a directory around it was given a go.work file of
  its own or was made another repository; it moved below testdata, vendor, node_modules or a directory that begins with
  _ or a dot, into another workspace, to where the policy excludes modules, or out of the root; or it is below testdata
  and the use or replace line that led to it is gone. Where the change comes from a fork (--base auto) this is an error.

Items are the same if their ids are, or if nothing but the id has changed. Items that only add demands (pins, bans,
boundaries) and exceptions that are gone are not reported, nor is anything where the state before had no policy file:
that is adoption. With gate.policy_from: base both states are judged by the policy from before the change, and nothing
but such modules is reported.

It is for a person to say whether the change is wanted: this is a warning, so that the reviewer sees it.`,
		Bad: `The change takes a ban away and brings an exception.
-- base/modgov.yaml --
version: 1
bans:
  - {id: no-x, dep: example.com/x}
-- modgov.yaml --
version: 1
exceptions:
  - {id: EX-1, rule: version-skew, dep: example.com/y, expires: 2027-01-31}
-- a/go.mod --
module example.com/a

go 1.24
`,
		Good: `The change demands more.
-- base/modgov.yaml --
version: 1
-- modgov.yaml --
version: 1
bans:
  - {id: no-x, dep: example.com/x}
-- a/go.mod --
module example.com/a

go 1.24
`,
		Check: checkPolicyLoosened,
	}
}

// checkPolicyLoosened compares the policy with that of the state before, section by section.
func checkPolicyLoosened(c *checker) []*Finding {
	var out []*Finding
	for _, w := range c.Withdrawn {
		out = append(out, w.finding())
	}
	was := c.BasePolicy
	if was == nil || was.File == "" || was == c.policy {
		return out
	}
	before, after := reflect.ValueOf(was).Elem(), reflect.ValueOf(c.policy).Elem()
	for _, f := range fieldsOf(before.Type()) {
		a, b := before.FieldByIndex(f.index), after.FieldByIndex(f.index)
		switch {
		case same(a, b):
		case a.Kind() == reflect.Slice:
			out = append(out, c.loosenedItems(f.key, a, b)...)
		default:
			at := workspace.Position{File: c.policy.File}
			if p := c.policy.keyPos(f.key); c.policy.Has(f.key) {
				at = p
			}
			out = append(out, c.loosened(f.key, "section "+f.key+" is not what it was", at))
		}
	}
	return out
}

// finding says by what a module is not governed any more.
func (w *Withdrawn) finding() *Finding {
	why, file := w.reason()
	f := &Finding{
		Kind: "module", Subject: w.Dir, Message: "not governed any more: " + why,
		At: []Span{{Pos: workspace.Position{File: file}}},
	}
	if w.Fork {
		f.Severity = Error
	}
	return f
}

// reason says why a module is not governed any more, and in which file that can be seen.
func (w *Withdrawn) reason() (text, file string) {
	moved := "it moved to " + w.Now
	file = path.Join(w.Now, "go.mod")
	switch work := path.Join(w.By, "go.work"); {
	case w.Why == OtherRepository && w.Now == w.Dir:
		return w.By + " is another repository now", w.By
	case w.Why == OtherRepository:
		return moved + ", in another repository, " + w.By, w.By
	case w.Why == OtherWorkspace && w.Now == w.Dir:
		return work + " is new, so it is in a workspace of its own", work
	case w.Why == OtherWorkspace:
		return moved + ", in the workspace of " + work, file
	case w.Why == UnusedHidden:
		return fmt.Sprintf("no use line and no replace line leads to it any more, and modules below %s are not by themselves", w.By), file
	case w.Why == Excluded:
		return moved + ", which the policy excludes", file
	case w.Why == OutsideRoot:
		return moved + ", outside the root", file
	}
	return fmt.Sprintf("%s, and modules below %s are not", moved, w.By), file
}

func (c *checker) loosened(kind, message string, at workspace.Position) *Finding {
	file := c.policy.File
	if file == "" {
		file, at = c.BasePolicy.File, workspace.Position{File: c.BasePolicy.File}
	}
	return &Finding{Kind: kind, Subject: file, Message: message, At: []Span{{Pos: at}}}
}

// loosenedItems compares the items of a section by their ids.
func (c *checker) loosenedItems(section string, a, b reflect.Value) []*Finding {
	was, is := itemsByID(a), itemsByID(b)
	for _, id := range slices.Sorted(maps.Keys(is)) { // of two that may be a renamed one, the same each time
		if _, ok := was[id]; !ok {
			if old, ok := renamedFrom(is[id], was, is); ok {
				was[id] = is[id]
				delete(was, old)
			}
		}
	}
	mayLoosen := slices.Contains([]string{"versions", "exceptions", "release"}, section)
	name := "item "
	if section == "exceptions" {
		name = "exception "
	}
	var out []*Finding
	for _, id := range slices.Sorted(maps.Keys(is)) {
		at := itemOf(is[id]).Pos
		switch old, ok := was[id]; {
		case !ok && mayLoosen:
			out = append(out, c.loosened(section+" "+id, name+id+" is new", at))
		case ok && !same(old, is[id]):
			out = append(out, c.loosened(section+" "+id, name+id+" is not what it was", at))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(was)) {
		if _, ok := is[id]; !ok && section != "exceptions" {
			out = append(out, c.loosened(section+" "+id, name+id+" is gone", workspace.Position{File: c.policy.File}))
		}
	}
	return out
}

func itemOf(v reflect.Value) *Item { return v.Addr().Interface().(policyItem).item() }

func itemsByID(list reflect.Value) map[string]reflect.Value {
	out := map[string]reflect.Value{}
	for i := range list.Len() {
		out[itemOf(list.Index(i)).ID] = list.Index(i)
	}
	return out
}

// renamedFrom returns the id that an item had, if nothing but its id has changed: of several, the first one.
func renamedFrom(item reflect.Value, was, is map[string]reflect.Value) (id string, ok bool) {
	copied := reflect.New(item.Type()).Elem()
	copied.Set(item)
	for _, id := range slices.Sorted(maps.Keys(was)) {
		itemOf(copied).ID = id
		if _, stays := is[id]; !stays && same(was[id], copied) {
			return id, true
		}
	}
	return "", false
}
