package policy

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/modgov/modgov/internal/workspace"
)

// Merge is [workspace.Merge] for policy files: sections, keys and items, by their ids, are merged each for itself, lists
// without ids as sets; what both changed in different ways is a conflict, and the result then says what ours does. A side
// that is no valid policy is the result as it stands. The text is written anew from what both say, with their comments.
// Files with aliases are merged line by line.
func Merge(file string, base, ours, theirs []byte) ([]byte, []workspace.Conflict) {
	if ours == nil || theirs == nil || bytes.Equal(ours, theirs) || bytes.Equal(base, ours) || bytes.Equal(base, theirs) {
		return workspace.Merge(file, base, ours, theirs) // what it reads nothing for
	}
	nodes := make([]*yaml.Node, 3)
	for i, side := range [][]byte{base, ours, theirs} {
		var errs FileErrors
		src := newSource(file, side, &errs)
		if len(errs.Errors) == 0 {
			nodes[i] = src.load(&errs)
		}
		switch {
		case nodes[i] != nil && hasAlias(nodes[i]):
			return workspace.Merge(file, base, ours, theirs)
		case nodes[i] == nil && i > 0:
			return side, nil
		}
	}
	m := &merger{file: file}
	root := m.node("", nodes[0], nodes[1], nodes[2])
	out, err := yaml.Marshal(root)
	if err != nil {
		return ours, append(m.conflicts, workspace.Conflict{File: file, Text: err.Error()})
	}
	return out, m.conflicts
}

func hasAlias(n *yaml.Node) bool {
	return n.Kind == yaml.AliasNode || n.Anchor != "" || slices.ContainsFunc(n.Content, hasAlias)
}

// A merger merges nodes. A node that is not there is nil.
type merger struct {
	file      string
	conflicts []workspace.Conflict
}

// node merges what stands at a place, such as "versions.uuid.severity".
func (m *merger) node(place string, b, o, t *yaml.Node) *yaml.Node {
	switch {
	case sameNode(o, t), sameNode(b, t):
		return o
	case sameNode(b, o):
		return t
	case o != nil && t != nil && o.Kind == yaml.MappingNode && t.Kind == yaml.MappingNode:
		return m.mapping(place, b, o, t)
	case o != nil && t != nil && o.Kind == yaml.SequenceNode && t.Kind == yaml.SequenceNode:
		return m.sequence(place, b, o, t)
	}
	m.conflicts = append(m.conflicts, workspace.Conflict{
		File: m.file, Text: fmt.Sprintf("%s: %s here, %s there", strings.TrimPrefix(place, "."), saidOf(o), saidOf(t)),
	})
	return o
}

// saidOf is what a side says, and where.
func saidOf(n *yaml.Node) string {
	switch {
	case n == nil:
		return "dropped"
	case n.Kind == yaml.ScalarNode:
		return fmt.Sprintf("%s (line %d)", clip(n.Value), n.Line)
	}
	return fmt.Sprintf("changed (line %d)", n.Line)
}

// sameNode compares what nodes say, not how.
func sameNode(a, b *yaml.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Kind == b.Kind && a.ShortTag() == b.ShortTag() && a.Value == b.Value &&
		slices.EqualFunc(a.Content, b.Content, sameNode)
}

// A namedNode is a value with its key in a mapping, or an item with its id.
type namedNode struct {
	name       string
	key, value *yaml.Node // key is nil for an item
}

func pairs(n *yaml.Node) []namedNode {
	var out []namedNode
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		out = append(out, namedNode{n.Content[i].Value, n.Content[i], n.Content[i+1]})
	}
	return out
}

func (m *merger) mapping(place string, b, o, t *yaml.Node) *yaml.Node {
	out := *o
	out.Content = nil
	for _, p := range m.named(place, pairs(b), pairs(o), pairs(t)) {
		out.Content = append(out.Content, p.key, p.value)
	}
	return &out
}

// named merges what has names: in the order of ours, what theirs added behind it.
func (m *merger) named(place string, b, o, t []namedNode) []namedNode {
	find := func(list []namedNode, name string) *namedNode {
		if i := slices.IndexFunc(list, func(n namedNode) bool { return n.name == name }); i >= 0 {
			return &list[i]
		}
		return &namedNode{}
	}
	var out []namedNode
	for _, mine := range o {
		if v := m.node(place+"."+mine.name, find(b, mine.name).value, mine.value, find(t, mine.name).value); v != nil {
			out = append(out, namedNode{mine.name, mine.key, v})
		}
	}
	for _, their := range t {
		if find(o, their.name).value != nil {
			continue
		}
		if v := m.node(place+"."+their.name, find(b, their.name).value, nil, their.value); v != nil {
			out = append(out, their)
		}
	}
	return out
}

// items are the elements of a list by their ids; false if one has none.
func items(n *yaml.Node) ([]namedNode, bool) {
	if n == nil || n.Kind != yaml.SequenceNode {
		return nil, true
	}
	var out []namedNode
	for _, e := range n.Content {
		i := slices.IndexFunc(pairs(e), func(p namedNode) bool { return p.name == "id" && p.value.Value != "" })
		if i < 0 {
			return nil, false
		}
		out = append(out, namedNode{name: pairs(e)[i].value.Value, value: e})
	}
	return out, true
}

func (m *merger) sequence(place string, b, o, t *yaml.Node) *yaml.Node {
	out := *o
	out.Content = nil
	was, ok1 := items(b)
	mine, ok2 := items(o)
	their, ok3 := items(t)
	if ok1 && ok2 && ok3 {
		for _, item := range m.named(place, was, mine, their) {
			out.Content = append(out.Content, item.value)
		}
		return &out
	}
	has := func(n *yaml.Node, e *yaml.Node) bool {
		return n != nil && slices.ContainsFunc(n.Content, func(other *yaml.Node) bool { return sameNode(other, e) })
	}
	for _, e := range o.Content {
		if has(t, e) || !has(b, e) {
			out.Content = append(out.Content, e)
		}
	}
	for _, e := range t.Content {
		if !has(o, e) && !has(b, e) {
			out.Content = append(out.Content, e)
		}
	}
	return &out
}
