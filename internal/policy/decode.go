package policy

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"github.com/modgov/modgov/internal/workspace"
)

// Limits of what one file may make the decoder do; both are far above what a policy for a thousand modules needs.
const (
	maxAliased  = 10_000 // nodes that are read again through aliases
	maxPatterns = 20_000 // patterns, after braces were taken apart
	maxItems    = 10_000 // items of all sections
)

// How a Go type says that it is decoded in a way of its own. All other types are decoded by their kind.
type (
	// A textValue is read from the text of one scalar, whatever YAML takes it for: 1.20 is "1.20".
	textValue interface{ setText(text string) error }
	// A listValue is read from a scalar or a list of scalars.
	listValue interface {
		addText(text string) error
		size() int
	}
	// A tableValue is a mapping with free keys.
	tableValue interface {
		place() *Place
		entry(name string) any
	}
	// A placed struct keeps its position and those of its keys.
	placed interface{ place() *Place }
	// A defaulter has values for keys that are not given.
	defaulter interface{ setDefaults() }
	// A selfChecker reports what is wrong with a struct as a whole, once its keys are read.
	selfChecker interface{ check(d *decoder) }
	// A policyItem has an id.
	policyItem interface{ item() *Item }
)

// A decoder turns YAML nodes into the types of this package, and reports everything that does not fit them.
type decoder struct {
	src    *source
	errs   *FileErrors
	fields map[reflect.Type][]field
	rules  map[string]*Rule
	names  []string // of all rules, those that are not built yet too

	constraints map[string]constraint // by text, those that were read

	section  string      // the top-level key that is being read
	parents  []*itemSeen // the items around what is being read
	seen     []*itemSeen // all items, parents before what is in them
	uses     []use       // terms of selectors that name something defined elsewhere
	notes    []*noteSeen
	inAlias  int        // depth of aliases around what is being read
	alias    *yaml.Node // the outermost of them
	aliased  int
	patterns int
	stopped  bool // a limit was reached: say nothing more
}

// A field is a key of a mapping and the struct field that takes its value.
type field struct {
	key             string
	index           []int
	required, later bool
}

type itemSeen struct {
	item    *Item
	parent  *itemSeen
	section string
	value   any // the struct around item, which may have a label
}

type noteSeen struct {
	Note
	item *Item // gives Note.ID, which may not be known yet
}

// A use is a scalar of a selector that may refer to sets, tags or teams: the terms that it became.
type use struct {
	selector listValue
	from, to int
	pos      workspace.Position
}

func newDecoder(src *source, errs *FileErrors, rules map[string]*Rule) *decoder {
	return &decoder{
		src: src, errs: errs, fields: map[reflect.Type][]field{}, rules: rules, names: ruleNames(),
		constraints: map[string]constraint{},
	}
}

func (d *decoder) fail(pos workspace.Position, hint, format string, args ...any) {
	if d.inAlias > 0 && d.alias.Line != pos.Line {
		hint = fmt.Sprintf("%s; it is read through the alias on line %d", hint, d.alias.Line)
	}
	if !d.stopped {
		d.src.report(d.errs, pos, fmt.Sprintf(format, args...), hint)
	}
}

// value decodes a node into a Go value, which must be addressable.
func (d *decoder) value(n *yaml.Node, v reflect.Value) {
	n, leave := d.enter(n)
	defer leave()
	if n == nil {
		return
	}
	switch t := v.Addr().Interface().(type) {
	case textValue:
		d.text(n, t.setText)
		return
	case listValue:
		d.selector(n, t)
		return
	case tableValue:
		d.table(n, t)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem())
	case reflect.String:
		d.text(n, func(text string) error { return setString(v, text) })
	case reflect.Bool:
		d.text(n, func(text string) error { return setBool(v, text, n.Style) })
	case reflect.Slice:
		d.list(n, v)
	default: // a struct: the test of the tags allows no other kind
		d.mapping(n, v)
	}
}

// enter follows an alias and counts what is read through aliases. The node is nil if it must not be read.
func (d *decoder) enter(n *yaml.Node) (*yaml.Node, func()) {
	leave := func() {}
	if n.Kind == yaml.AliasNode {
		if d.inAlias == 0 {
			d.alias = n
		}
		d.inAlias++
		leave = func() { d.inAlias-- }
	}
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if d.inAlias > 0 {
		d.aliased++
	}
	switch {
	case d.stopped:
		return nil, leave
	case d.aliased > maxAliased || d.inAlias > 100:
		d.fail(d.src.span(d.alias), "write out what the alias stands for, or use sets",
			"aliases in this file stand for more than %d values", maxAliased)
		d.stopped = true
		return nil, leave
	case n.Style&yaml.TaggedStyle != 0:
		d.tagged(n)
		return nil, leave
	}
	return n, leave
}

// tagged reports a YAML tag, mostly text with a ! that its author forgot to quote.
func (d *decoder) tagged(n *yaml.Node) {
	pos := d.src.start(n)
	tag := d.src.line(pos.Line)[pos.Col-1:]
	if end := strings.IndexAny(tag, " \t,[]{}"); end >= 0 {
		tag = tag[:end]
	}
	pos.End = pos.Col + len(tag)
	hint := "remove it; text that begins with ! stands in quotes"
	if n.Kind == yaml.ScalarNode && n.Value == "" && !strings.HasPrefix(tag, "!!") {
		hint = fmt.Sprintf("text that begins with ! stands in quotes: %q", clip(tag))
	}
	d.fail(pos, hint, "YAML tags mean nothing here")
}

// text decodes a scalar.
func (d *decoder) text(n *yaml.Node, set func(string) error) {
	switch {
	case n.Kind == yaml.ScalarNode && n.Value == "", isNull(n):
		d.fail(d.src.span(n), "give a value or remove the key", "the value is missing")
		return
	case n.Kind != yaml.ScalarNode:
		d.fail(d.src.span(n), "write the value alone, as text", "one value is expected here, not %s", kindName(n))
		return
	case strings.ContainsFunc(n.Value, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
		d.fail(d.src.span(n), "remove it", "%q has a control character in it", clip(n.Value))
		return
	}
	d.check(n, set(n.Value))
}

// check reports an error about the value of a node.
func (d *decoder) check(n *yaml.Node, err error) {
	if err == nil {
		return
	}
	hint := ""
	if v, ok := err.(*valueError); ok {
		hint = v.hint
	}
	d.fail(d.src.span(n), hint, "%s", err)
}

func setString(v reflect.Value, text string) error {
	if w, ok := v.Interface().(wordValue); ok && !slices.Contains(w.words(), text) {
		return badValue(didYouMean(text, w.words()), "%q is not a known word here", clip(text))
	}
	v.SetString(text)
	return nil
}

func setBool(v reflect.Value, text string, style yaml.Style) error {
	if style != 0 || text != "true" && text != "false" {
		return badValue("write true or false, without quotes", "%q is neither true nor false", clip(text))
	}
	v.SetBool(text == "true")
	return nil
}

// selector decodes a scalar or a list of scalars.
func (d *decoder) selector(n *yaml.Node, list listValue) {
	nodes := d.elements(n, true)
	if n.Kind == yaml.SequenceNode && len(nodes) == 0 { // what has no terms would count as not given, and mean all
		d.fail(d.src.span(n), "name something, or remove the key", "an empty list selects nothing")
	}
	for _, e := range nodes {
		e, leave := d.enter(e)
		if e != nil {
			before := list.size()
			d.text(e, d.adder(list))
			d.patterns += list.size() - before
			if strings.Contains(e.Value, ":") {
				d.uses = append(d.uses, use{list, before, list.size(), d.src.span(e)})
			}
		}
		leave()
		if d.patterns > maxPatterns && !d.stopped {
			d.fail(d.src.span(n), "write globs in place of lists and braces", "the file has more than %d patterns", maxPatterns)
			d.stopped = true
		}
	}
}

// adder returns what adds a term to a list. A policy says few ranges of versions many times, and to read one takes as
// long as all else that stands in an exception: each is read once.
func (d *decoder) adder(list listValue) func(text string) error {
	s, ok := list.(*DepSelector)
	if !ok {
		return list.addText
	}
	return func(text string) error { return s.add(text, d.constraint) }
}

// constraint is parseConstraint for a text that may have been read before.
func (d *decoder) constraint(text string) (constraint, error) {
	if c, ok := d.constraints[text]; ok {
		return c, nil
	}
	c, err := parseConstraint(text)
	if err == nil {
		d.constraints[text] = c
	}
	return c, err
}

// list decodes a list; a list of scalars may be written as one scalar.
func (d *decoder) list(n *yaml.Node, v reflect.Value) {
	nodes := d.elements(n, v.Type().Elem().Kind() != reflect.Struct)
	v.Set(reflect.MakeSlice(v.Type(), len(nodes), len(nodes))) // items keep their address
	for i, e := range nodes {
		if isNull(e) {
			d.fail(d.src.span(e), "write its keys after the -, or remove the -", "an empty item")
			continue
		}
		d.value(e, v.Index(i))
	}
}

// elements returns the nodes of a list, or, if one value is as good as a list of one, that node.
func (d *decoder) elements(n *yaml.Node, oneWillDo bool) []*yaml.Node {
	switch {
	case n.Kind == yaml.SequenceNode:
		return n.Content
	case oneWillDo && n.Kind == yaml.ScalarNode:
		return []*yaml.Node{n}
	case oneWillDo:
		d.fail(d.src.span(n), "write a value, or several as [a, b]",
			"a value or a list of values is expected here, not %s", kindName(n))
	case !isNull(n): // a section whose items are all commented out is no error
		d.fail(d.src.span(n), "begin each item with -", "a list is expected here, not %s", kindName(n))
	}
	return nil
}

// table decodes a mapping with free keys.
func (d *decoder) table(n *yaml.Node, table tableValue) {
	d.pairs(n, table.place(), func(key string, pos workspace.Position, value *yaml.Node) {
		if err := checkName(key); err != nil || len(key) > 100 {
			d.fail(pos, "use letters, digits, - and _", "%q is not a good name", clip(key))
			return
		}
		d.value(value, reflect.ValueOf(table.entry(key)).Elem())
	})
}

// pairs calls do for each key of a mapping, in file order, and notes their places.
func (d *decoder) pairs(n *yaml.Node, at *Place, do func(key string, pos workspace.Position, value *yaml.Node)) {
	at.Pos = d.src.span(n)
	if n.Kind != yaml.MappingNode {
		if !isNull(n) {
			d.fail(at.Pos, "write keys with values, as key: value", "keys with values are expected here, not %s", kindName(n))
		}
		return
	}
	at.keys = make([]keyPlace, 0, len(n.Content)/2)
	seen := keysSeen{place: at}
	for i := 0; i+1 < len(n.Content) && !d.stopped; i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		pos, line := d.src.pair(k, v), seen.line(k.Value)
		switch {
		case k.Kind != yaml.ScalarNode || k.Style&yaml.TaggedStyle != 0:
			d.fail(d.src.span(k), "write the key as plain text", "a key is expected here, not %s", kindName(k))
		case line != 0:
			d.contradict(pos, at.keyPos(k.Value), "keep one of them", "the key %q is already on line %d", clip(k.Value), line)
		default:
			seen.add(keyPlace{k.Value, pos})
			do(k.Value, pos, v)
		}
	}
}

// keysSeen finds the keys of a mapping that were read already: in the few of an item by looking at each, in the many that
// a mapping with free keys may have by an index.
type keysSeen struct {
	place *Place
	index map[string]int // line by key, nil while they are few
}

const fewKeys = 16

// line returns where a key stands, 0 if it was not read yet.
func (s *keysSeen) line(key string) int {
	if s.index != nil {
		return s.index[key]
	}
	for _, k := range s.place.keys {
		if k.key == key {
			return k.pos.Line
		}
	}
	return 0
}

func (s *keysSeen) add(key keyPlace) {
	s.place.keys = append(s.place.keys, key)
	if s.index == nil && len(s.place.keys) > fewKeys {
		s.index = map[string]int{}
		for _, k := range s.place.keys {
			s.index[k.key] = k.pos.Line
		}
	} else if s.index != nil {
		s.index[key.key] = key.pos.Line
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// kindName says in a message what was found.
func kindName(n *yaml.Node) string {
	switch {
	case isNull(n):
		return "nothing"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.MappingNode:
		return "keys with values"
	case n.Kind == yaml.AliasNode:
		return "an alias"
	}
	return fmt.Sprintf("%q", clip(n.Value))
}
