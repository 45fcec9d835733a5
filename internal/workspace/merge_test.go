package workspace

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var updateMerges = flag.Bool("update-merges", false, "write what merges give into testdata/merge; read the difference")

// mergeCase returns the sides of a case, nil for a file that is not there, and the name of the file.
func mergeCase(t *testing.T, ar *txtar.Archive) (name string, base, ours, theirs []byte) {
	t.Helper()
	sides := map[string][]byte{}
	for _, f := range ar.Files {
		side, file, ok := strings.Cut(f.Name, "/")
		if !ok || side == "want" {
			continue
		}
		name, sides[side] = file, f.Data
	}
	return name, sides["base"], sides["ours"], sides["theirs"]
}

// Each file is a merge: base/FILE, ours/FILE, theirs/FILE, and the result with the conflicts. The other side as ours
// gives the same, but for its form.
func TestMerge(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/merge/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases:", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			name, base, ours, theirs := mergeCase(t, ar)
			got, conflicts := Merge(name, base, ours, theirs)
			out := &txtar.Archive{Comment: ar.Comment, Files: slices.DeleteFunc(slices.Clone(ar.Files), func(f txtar.File) bool {
				return strings.HasPrefix(f.Name, "want/") || f.Name == "conflicts"
			})}
			if got != nil {
				out.Files = append(out.Files, txtar.File{Name: "want/" + name, Data: got})
			}
			if len(conflicts) > 0 {
				var text strings.Builder
				for _, c := range conflicts {
					fmt.Fprintln(&text, c.Error())
				}
				out.Files = append(out.Files, txtar.File{Name: "conflicts", Data: []byte(text.String())})
			}
			if *updateMerges {
				if err := os.WriteFile(file, txtar.Format(out), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if want := txtar.Format(ar); !bytes.Equal(txtar.Format(out), want) {
				t.Errorf("got\n%s\nwant\n%s", txtar.Format(out), want)
			}
			checkMerge(t, name, base, ours, theirs)
		})
	}
}

// Line ends are those of ours.
func TestMergeKeepsLineEnds(t *testing.T) {
	t.Parallel()
	const head = "module example.com/a\r\n\r\ngo 1.24\r\n\r\nrequire example.com/x "
	base, ours := []byte(head+"v1.0.0\r\n"), []byte(head+"v1.1.0\r\n")
	theirs := bytes.ReplaceAll([]byte(head+"v1.0.0\r\n\r\nrequire example.com/y v1.0.0\r\n"), []byte("\r"), nil)
	want := strings.TrimSuffix(head, "example.com/x ") + "(\r\n\texample.com/x v1.1.0\r\n\texample.com/y v1.0.0\r\n)\r\n"
	got, conflicts := Merge("go.mod", base, ours, theirs)
	if string(got) != want || len(conflicts) > 0 {
		t.Errorf("got %q, %v\nwant %q", got, conflicts, want)
	}
}

// checkMerge holds a merge against what is so for all of them.
func checkMerge(t *testing.T, name string, base, ours, theirs []byte) {
	t.Helper()
	for _, one := range [][]byte{base, ours, theirs} {
		if got, conflicts := Merge(name, one, one, one); !bytes.Equal(got, one) || len(conflicts) > 0 {
			t.Errorf("merged with itself: %q becomes %q, %v", one, got, conflicts)
		}
		if got, conflicts := Merge(name, base, base, one); !bytes.Equal(got, one) || len(conflicts) > 0 {
			t.Errorf("ours did not change: %q becomes %q, %v", one, got, conflicts)
		}
		if got, conflicts := Merge(name, base, one, base); !bytes.Equal(got, one) || len(conflicts) > 0 {
			t.Errorf("theirs did not change: %q becomes %q, %v", one, got, conflicts)
		}
	}
	got, conflicts := Merge(name, base, ours, theirs)
	other, others := Merge(name, base, theirs, ours)
	if (len(conflicts) == 0) != (len(others) == 0) {
		t.Fatalf("conflicts %v, the other way round %v", conflicts, others)
	}
	if len(conflicts) > 0 {
		return
	}
	switch filepath.Base(name) {
	case "go.mod", "go.work":
		a, _, errA := readMeaning(name, got)
		b, _, errB := readMeaning(name, other)
		readable := true
		for _, side := range [][]byte{ours, theirs} {
			_, _, err := readMeaning(name, side)
			readable = readable && err == nil
		}
		if !readable {
			return // refused as it stands
		}
		if errA != nil || errB != nil {
			t.Fatalf("the result cannot be read: %v, %v", errA, errB)
		}
		if diff := plainMeaning(a).difference(plainMeaning(b)); diff != "" {
			t.Errorf("the other way round it means something else: %s\n%s\n%s", diff, got, other)
		}
	case "go.sum", "go.work.sum":
		if sumSet(name, ours) != nil && sumSet(name, theirs) != nil && !maps.Equal(sumSet(name, got), sumSet(name, other)) {
			t.Errorf("the other way round other sums:\n%s\n%s", got, other)
		}
	default:
		if !bytes.Equal(got, other) {
			t.Errorf("the other way round:\n%s\n%s", got, other)
		}
	}
}

// plainMeaning is a meaning without what a merge may take from either side: comments, and how a directory or a repeated
// line is written.
func plainMeaning(m *meaning) *meaning {
	out := &meaning{goLine: m.goLine, toolchain: m.toolchain}
	for _, path := range keysOf(highest(m)) {
		out.requires = append(out.requires, highest(m)[path])
	}
	for _, r := range byLeft(m) {
		out.replaces = append(out.replaces, replaceFact{left: r.left, right: r.right})
	}
	out.uses = keysOf(byDir(m))
	for line := range byLine(m) {
		out.others = append(out.others, otherFact{line: line})
	}
	return out
}

// Merging never fails in a way of its own, whatever the files are.
func FuzzMerge(f *testing.F) {
	files, err := filepath.Glob("testdata/merge/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	names := []string{"go.mod", "go.work", "go.sum", "main.go"}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		sides := map[string][]byte{}
		for _, entry := range ar.Files {
			side, _, _ := strings.Cut(entry.Name, "/")
			sides[side] = entry.Data
		}
		for kind := range names {
			f.Add(byte(kind), sides["base"], sides["ours"], sides["theirs"])
		}
	}
	f.Fuzz(func(t *testing.T, kind byte, base, ours, theirs []byte) {
		checkMerge(t, names[int(kind)%len(names)], base, ours, theirs)
	})
}

// Where git merges lines without a conflict, and the result can be read, it means what Merge makes of it: of the text
// and of the meaning.
func TestMergeAsGit(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git command")
	}
	dir := t.TempDir()
	clean := 0
	for seed := range uint64(120) {
		random := rand.New(rand.NewPCG(seed, 5))
		base := randomModLines(random, nil)
		sides := [3]string{"module m\n\ngo 1.24\n\n" + strings.Join(base, "\n\n") + "\n"}
		for i := range 2 {
			sides[i+1] = "module m\n\ngo 1.24\n\n" + strings.Join(randomModLines(random, base), "\n\n") + "\n"
		}
		var names []string
		for i, text := range []string{sides[1], sides[0], sides[2]} {
			names = append(names, filepath.Join(dir, fmt.Sprint(seed, i)))
			if err := os.WriteFile(names[i], []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := exec.Command("git", append([]string{"merge-file", "-p", "-q"}, names...)...).Output()
		if err != nil {
			continue // a conflict
		}
		text, conflicts := mergeText("x", []byte(sides[0]), []byte(sides[1]), []byte(sides[2]))
		if len(conflicts) == 0 && string(text) != string(want) {
			t.Errorf("seed %d: lines\n%s\ngit merges\n%s", seed, text, want)
		}
		meant, _, err := readMeaning("go.mod", want)
		if err != nil || len(byLeft(meant)) < len(meant.replaces) {
			continue // two replace lines for one module, which go refuses: git does not know that they exclude each other
		}
		clean++
		got, conflicts := Merge("go.mod", []byte(sides[0]), []byte(sides[1]), []byte(sides[2]))
		is, _, err := readMeaning("go.mod", got)
		if err != nil || len(conflicts) > 0 {
			t.Errorf("seed %d: %v, %v, where git has no conflict\n%s", seed, err, conflicts, strings.Join(sides[:], "----\n"))
			continue
		}
		if diff := plainMeaning(meant).difference(plainMeaning(is)); diff != "" {
			t.Errorf("seed %d: %s\n%s", seed, diff, strings.Join(sides[:], "----\n"))
		}
	}
	if clean < 20 {
		t.Errorf("git merged only %d without a conflict: the test shows little", clean)
	}
}

// randomModLines makes lines of a go.mod file, or changes some of them.
func randomModLines(random *rand.Rand, lines []string) []string {
	line := func(n int) string {
		version := fmt.Sprintf("v1.%d.0", random.IntN(4))
		switch n % 4 {
		case 0:
			return fmt.Sprintf("replace example.com/r%d => ../%s", n, version)
		case 1:
			return fmt.Sprintf("exclude example.com/x%d %s", n, version)
		case 2:
			return fmt.Sprintf("require example.com/q%d %s // indirect", n, version)
		}
		return fmt.Sprintf("require example.com/q%d %s", n, version)
	}
	if lines == nil {
		for n := range 10 {
			lines = append(lines, line(n))
		}
		return lines
	}
	out := slices.Clone(lines)
	for range 2 {
		switch n := random.IntN(10); random.IntN(3) {
		case 0:
			out[n] = line(n)
		case 1:
			out[n] = "// nothing any more"
		default:
			out[n] += "\n\n" + line(10+random.IntN(8))
		}
	}
	return out
}
