package change

import (
	"cmp"
	"slices"
)

// Split distributes work over n parts, each about as heavy as the others: the heaviest piece first, each to the part that
// has the least so far. Every piece, named by its index, is in exactly one part; a part's pieces are in order. It depends
// on its arguments alone, so that several machines come to the same parts. There must be at least one part.
func Split(weights []int64, n int) [][]int {
	order := make([]int, len(weights))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weights[b], weights[a]) })
	parts, loads := make([][]int, n), make([]int64, n)
	for _, i := range order {
		least := 0
		for part, load := range loads {
			if load < loads[least] {
				least = part
			}
		}
		parts[least] = append(parts[least], i)
		loads[least] += weights[i] + 1 // what weighs nothing is spread, too
	}
	for _, part := range parts {
		slices.Sort(part)
	}
	return parts
}
