package change

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Whatever the weights and the number of parts: every piece is in one part, parts are as even as the heaviest piece lets
// them be, and the same question has the same answer.
func TestSplit(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		weights := make([]int64, random.IntN(60))
		var heaviest int64
		for i := range weights {
			weights[i] = random.Int64N(1000)
			heaviest = max(heaviest, weights[i]+1)
		}
		n := 1 + random.IntN(70)
		parts := Split(weights, n)
		if !slices.EqualFunc(parts, Split(weights, n), slices.Equal[[]int]) {
			t.Fatal("two answers to one question")
		}
		var all []int
		var loads []int64
		for _, part := range parts {
			if !slices.IsSorted(part) {
				t.Errorf("not in order: %v", part)
			}
			var load int64
			for _, i := range part {
				load += weights[i] + 1
			}
			all, loads = append(all, part...), append(loads, load)
		}
		slices.Sort(all)
		if len(parts) != n || len(all) != len(weights) || len(slices.Compact(all)) != len(weights) {
			t.Fatalf("%d pieces in %d parts: %v", len(weights), n, parts)
		}
		if slices.Max(loads)-slices.Min(loads) > heaviest {
			t.Errorf("uneven: %v", loads)
		}
	}
}
