package policy

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/modgov/modgov/internal/workspace"
)

// mapping decodes a mapping into a struct.
func (d *decoder) mapping(n *yaml.Node, v reflect.Value) {
	self := v.Addr().Interface()
	if s, ok := self.(defaulter); ok {
		s.setDefaults()
	}
	if leave := d.enterItem(self); leave != nil {
		defer leave()
	}
	fields, at, badHere := d.fieldsOf(v.Type()), self.(placed).place(), false
	d.pairs(n, at, func(key string, pos workspace.Position, value *yaml.Node) {
		f := findField(fields, key)
		if f == nil {
			badHere = true
			d.unknownKey(key, pos, fields, v.Type())
			return
		}
		top := v.Type() == reflect.TypeFor[Policy]()
		if top {
			d.section = key
		}
		if f.later {
			d.noteLater(key, pos, top)
		}
		d.value(value, v.FieldByIndex(f.index))
	})
	if d.stopped || badHere || n.Kind != yaml.MappingNode {
		return // what seems to be missing may be what the unknown key was to say
	}
	for _, f := range fields {
		if f.required && !at.Has(f.key) {
			d.fail(at.Pos, "add "+f.key+": …", "the key %q is missing", f.key)
		}
	}
	if c, ok := self.(selfChecker); ok {
		c.check(d)
	}
}

// enterItem keeps account of the items, so that they get their ids once all are known.
func (d *decoder) enterItem(self any) (leave func()) {
	i, ok := self.(policyItem)
	if !ok {
		return nil
	}
	if len(d.seen) == maxItems && !d.stopped {
		d.fail(d.src.at(0, 0, 0), "say more with one item: globs, sets, lists", "the file has more than %d items", maxItems)
		d.stopped = true
	}
	seen := &itemSeen{item: i.item(), section: d.section, value: self}
	if len(d.parents) > 0 {
		seen.parent = d.parents[len(d.parents)-1]
	}
	d.seen = append(d.seen, seen)
	d.parents = append(d.parents, seen)
	return func() { d.parents = d.parents[:len(d.parents)-1] }
}

// noteLater notes a key whose effect is not built yet.
func (d *decoder) noteLater(key string, pos workspace.Position, top bool) {
	note := &noteSeen{Note: Note{Pos: pos, ID: d.section, Key: key}}
	switch {
	case top:
		note.Key = ""
	case len(d.parents) > 0:
		note.item = d.parents[len(d.parents)-1].item
	}
	d.notes = append(d.notes, note)
}

// reserved are the keys that a later version of the file will have at the top.
func reserved(key string) bool { return key == "custom" || key == "extends" || key == "tests" }

func (d *decoder) unknownKey(key string, pos workspace.Position, fields []field, t reflect.Type) {
	switch {
	case t == reflect.TypeFor[Policy]() && reserved(key):
		d.fail(pos, "remove it", "%q is reserved: this modgov does not know it yet", key)
		return
	case key == "<<":
		d.fail(pos, "write the keys out", "merge keys mean nothing here")
		return
	}
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.key
	}
	hint := didYouMean(key, known)
	if same := synonym(key, known); same != "" {
		hint = fmt.Sprintf("did you mean %q?", same)
	}
	d.fail(pos, hint, "unknown key %q", clip(key))
}

// synonym returns the known key that says the same as one that other sections have.
func synonym(key string, known []string) string {
	for _, group := range [...][]string{
		{"in", "modules", "module", "from"}, {"dep", "deny", "dependency", "path"}, {"at-least", "min", "floor"},
	} {
		for _, k := range group {
			if slices.Contains(group, key) && slices.Contains(known, k) {
				return k
			}
		}
	}
	return ""
}

func findField(fields []field, key string) *field {
	for i := range fields {
		if fields[i].key == key {
			return &fields[i]
		}
	}
	return nil
}

func (d *decoder) fieldsOf(t reflect.Type) []field {
	fields, ok := d.fields[t]
	if !ok {
		fields = fieldsOf(t)
		d.fields[t] = fields
	}
	return fields
}

// fieldsOf reads the keys of a struct type from its tags, in the order of the fields, those of embedded structs too.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for _, f := range reflect.VisibleFields(t) {
		tag, ok := f.Tag.Lookup("policy")
		if !ok {
			continue
		}
		key, options, _ := strings.Cut(tag, ",")
		fields = append(fields, field{
			key: key, index: f.Index,
			required: strings.Contains(options, "required"), later: strings.Contains(options, "later"),
		})
	}
	return fields
}

// finish does what takes the whole file: ids, references, contradictions.
func (d *decoder) finish(p *Policy) {
	if d.stopped {
		return
	}
	d.finishItems(p)
	d.finishUses(p)
	d.finishExceptions(p)
	for _, n := range d.notes {
		if n.item != nil {
			n.ID = n.item.ID
		}
		p.notes = append(p.notes, n.Note)
	}
	slices.SortStableFunc(p.notes, func(a, b Note) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
	if len(d.errs.Errors) == 0 { // half a file would be blamed for what its other half says
		p.index = newIndex(p)
		d.findContradictions(p)
	}
}

// finishItems gives each item its id, see Item.
func (d *decoder) finishItems(p *Policy) {
	for _, s := range d.seen {
		if s.item.ID != "" {
			d.registerID(p, s.item)
		}
	}
	for _, s := range d.seen {
		if s.item.ID == "" {
			d.deriveID(p, s)
		}
	}
}

func (d *decoder) registerID(p *Policy, item *Item) {
	pos := item.keyPos("id")
	switch first, taken := p.items[item.ID]; {
	case !validID(item.ID):
		d.fail(pos, "use letters, digits and - _ . (64 at most)", "%q is not an id", clip(item.ID))
	case item.ID == BuiltinID:
		d.fail(pos, "choose another one", "the id %q is taken: it names what holds where the file says nothing", BuiltinID)
	case taken:
		d.contradict(pos, first.keyPos("id"), "ids are unique in the file",
			"the id %q is already on line %d", item.ID, first.keyPos("id").Line)
	default:
		p.items[item.ID] = item
	}
}

func (d *decoder) deriveID(p *Policy, s *itemSeen) {
	base := s.section
	if s.parent != nil {
		base = s.parent.item.ID
	}
	if l, ok := s.value.(interface{ label() string }); ok {
		base += "/" + strings.Join(strings.Fields(l.label()), "_")
	}
	id := base
	for n := 2; p.items[id] != nil; n++ {
		id = fmt.Sprintf("%s#%d", base, n)
	}
	s.item.ID = id
	p.items[id] = s.item
}

// contradict reports two places that do not go together.
func (d *decoder) contradict(pos, other workspace.Position, hint, format string, args ...any) {
	d.errs.add(FileError{
		Pos: pos, Line: d.src.line(pos.Line), Other: other, OtherLine: d.src.line(other.Line), Hint: hint,
		Message: fmt.Sprintf(format, args...),
	})
}

// validID says whether an id can stand in a comment of a go.mod file and on a command line as it is.
func validID(id string) bool {
	for i := 0; i < len(id); i++ {
		c := id[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && (i == 0 || c != '-' && c != '_' && c != '.') {
			return false
		}
	}
	return id != "" && len(id) <= 64
}
