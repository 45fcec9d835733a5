package universe

import (
	"errors"
	"flag"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/sync/errgroup"

	"github.com/modgov/modgov/internal/gocmd"
)

var seeds = flag.Int("seeds", 150, "random universes that TestRandom compares with the go command")

// newTestJudge returns a judge for a test, which is skipped where there is no go command.
func newTestJudge(t *testing.T) *Judge {
	t.Helper()
	j, err := NewJudge(t.Context(), t.TempDir())
	if errors.Is(err, gocmd.ErrNoGo) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// On random universes the engine says what the go command says: lists, graphs, refusals, and the go.sum lines that it
// needs.
func TestRandom(t *testing.T) {
	t.Parallel()
	n := *seeds
	if testing.Short() {
		n = min(n, 20)
	}
	j := newTestJudge(t)
	verdicts := make([][]Verdict, n)
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(runtime.GOMAXPROCS(0))
	for seed := range n {
		group.Go(func() error {
			u, err := Generate(ctx, uint64(seed))
			if err != nil {
				return err
			}
			verdicts[seed], err = j.Compare(ctx, u)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	accepted := 0
	for seed, vs := range verdicts {
		if Accepted(vs) {
			accepted++
		}
		for _, v := range vs {
			for _, d := range v.Diffs {
				t.Errorf("seed %d, %s: %s\nmake it small: go run ./internal/difftest -n 1 -seed %d", seed, v.View, d, seed)
			}
		}
	}
	if accepted < 60*n/100 {
		t.Errorf("go accepts %d of %d universes: the generator makes too many that it refuses", accepted, n)
	}
}

func TestGenerateIsDeterministic(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		first, err := Generate(t.Context(), seed)
		if err != nil {
			t.Fatal(err)
		}
		second, err := Generate(t.Context(), seed)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := string(second.Format()), string(first.Format()); got != want {
			t.Fatalf("seed %d gives two universes:\n%s\n---\n%s", seed, want, got)
		}
		again, err := Parse(first.Format())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := string(again.Format()), string(first.Format()); got != want {
			t.Errorf("seed %d: what is parsed prints otherwise:\n%s\n---\n%s", seed, want, got)
		}
	}
}

// Universes hold enough modules, and not too many.
func TestGenerateSizes(t *testing.T) {
	t.Parallel()
	most := 0
	for seed := range uint64(60) {
		u, err := Generate(t.Context(), seed)
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, len(u.Outside))
		if len(u.Dirs()) == 0 {
			t.Errorf("seed %d: no module", seed)
		}
	}
	if most < 40 {
		t.Errorf("the largest of 60 universes has %d outside versions", most)
	}
}

func TestShrink(t *testing.T) {
	t.Parallel()
	u, err := Generate(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	marked := u.Mods()[len(u.Mods())/2]
	u.Outside[marked] += "// trouble\n"
	small, err := Shrink(u, func(c *Universe) (bool, error) {
		return strings.Contains(c.Outside[marked], "// trouble"), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &Universe{Note: u.Note}
	want.Outside = map[module.Version]string{marked: "// trouble\n"}
	if got := string(small.Format()); got != string(want.Format()) {
		t.Errorf("got\n%s\nwant\n%s", got, want.Format())
	}
}

func TestFeatureNamesAreUnique(t *testing.T) {
	t.Parallel()
	names := FeatureNames()
	slices.Sort(names)
	if got := len(slices.Compact(slices.Clone(names))); got != len(names) {
		t.Errorf("%d names, %d different ones", len(names), got)
	}
}

// What go writes to standard error is told apart by its words.
func TestRefusalIn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		stderr, module string
		kind           Kind
	}{
		{"go: updates to go.mod needed; to update it:\n\tgo mod tidy", "", NeedsUpdate},
		{"go: conflicting replacements for ex.test/a:\n\t./x\n\t./y", "", Conflict},
		{"conflicting replacements found for ex.test/a@v1.0.0 in workspace modules defined by x and y", "", Conflict},
		{"go: a@v1.0.0 requires\n\tb@v1.2.0: reading file:///p/b/@v/v1.2.0.mod: no such file", "b@v1.2.0", Unloadable},
		{"go: b@v1.2.0 (replaced by ./gone): reading gone/go.mod: open gone/go.mod: no such file", "b@v1.2.0", Unloadable},
		{"go: b@v1.2.0: missing go.sum entry for go.mod file; to add it:\n\tgo mod download b", "b@v1.2.0", MissingSum},
		{"go: errors parsing go.mod:\ngo.mod:3: unknown directive: x", "", BadFile},
		{"go: module a listed in go.work file requires go >= 1.22, but go.work lists go 1.20; to update it:", "", BadWork},
		{"go: go.mod requires go >= 1.99 (running go 1.26.0; GOTOOLCHAIN=local)", "", TooNew},
		{"go: something new", "", Other},
	} {
		got := refusalIn(test.stderr)
		if module := strings.TrimSuffix(got.Module.String(), "@"); !got.Is(test.kind) || module != test.module {
			t.Errorf("%q is %v of %s, want %s of %s", test.stderr, got.Kinds, module, test.kind, test.module)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("note\n%crlf go.mod\n%work alt.work\n-- go.mod --\nmodule m\n-- ex.test/a@v1.0.0 --\nmodule ex.test/a\n"))
	f.Add([]byte("%link a b\n%bom x/go.mod\n-- x/go.mod --\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		u, err := Parse(text)
		if err != nil {
			return
		}
		first := u.Format()
		again, err := Parse(first)
		if err != nil {
			t.Fatalf("%v in what was printed:\n%s", err, first)
		}
		if second := again.Format(); string(second) != string(first) {
			t.Errorf("printed\n%s\nthen\n%s", first, second)
		}
	})
}
