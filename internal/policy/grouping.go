package policy

import "iter"

// A grouping holds values by key; the keys are in the order in which they came, the values of a key too. The zero
// grouping is empty and ready for use.
type grouping[K comparable, V any] struct {
	keys   []K
	values map[K][]V
}

// add puts a value under a key.
func (g *grouping[K, V]) add(key K, value V) {
	if g.values == nil {
		g.values = map[K][]V{}
	}
	if _, ok := g.values[key]; !ok {
		g.keys = append(g.keys, key)
	}
	g.values[key] = append(g.values[key], value)
}

// all yields each key with its values.
func (g *grouping[K, V]) all() iter.Seq2[K, []V] {
	return func(yield func(K, []V) bool) {
		for _, key := range g.keys {
			if !yield(key, g.values[key]) {
				return
			}
		}
	}
}
