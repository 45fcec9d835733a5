package workspace

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"
)

// checkApply makes edits and checks all that Apply promises of the result.
func checkApply(t *testing.T, file string, data []byte, edits []Edit) []byte {
	t.Helper()
	got, err := Apply(file, data, edits)
	if err != nil {
		t.Fatalf("%v\nedits %v\n%s", err, edits, showEnds(string(data)))
	}
	fail := func(what string) {
		t.Helper()
		t.Fatalf("%s\nedits: %v\nbefore:\n%s\nafter:\n%s", what, edits, showEnds(string(data)), showEnds(string(got)))
	}
	want, have := applyByModfile(t, file, data, edits), formatted(t, file, got)
	for _, m := range []*meaning{want, have} {
		for i := range m.replaces {
			m.replaces[i].note = "" // modfile has no word for it
		}
		for i := range m.others {
			m.others[i].note = "" // modfile changes it when it makes a block of one line a single line
		}
	}
	if diff := want.difference(have); diff != "" {
		fail("not what modfile makes of it: " + diff)
	}
	if line := lostLine(string(data), string(got), edits); line != "" {
		fail("an untouched line is gone or moved: " + line)
	}
	if again, err := Apply(file, got, idempotent(edits)); err != nil || string(again) != string(got) {
		t.Log(err)
		fail("applying twice changes more: " + string(again))
	}
	crlf := strings.Count(string(data), "\r\n")
	if n := strings.Count(string(data), "\n"); n > 0 && (crlf == 0 || crlf == n) {
		if gotCRLF := strings.Count(string(got), "\r\n"); gotCRLF != 0 && gotCRLF != strings.Count(string(got), "\n") ||
			crlf == 0 && gotCRLF > 0 {
			fail("line ends are mixed")
		}
	}
	if len(data) > 0 && len(got) > 0 && strings.HasSuffix(string(data), "\n") != strings.HasSuffix(string(got), "\n") {
		fail("the end of the last line changed")
	}
	return got
}

// lostLine returns a line of data that says nothing of what the edits are about and that got does not have in the same
// order. Blank lines, parentheses and comments directly above lines that the edits are about do not count.
func lostLine(data, got string, edits []Edit) string {
	touched := func(line string) bool {
		for _, e := range edits {
			if e.Mod.Path != "" && strings.Contains(line, e.Mod.Path) || e.Arg != "" && e.Op >= AddUse {
				return true
			}
			words := strings.Fields(line)
			if e.Op == SetGo && words[0] == "go" || e.Op >= SetToolchain && words[0] == "toolchain" {
				return true
			}
		}
		return false
	}
	lines := strings.Split(strings.ReplaceAll(got, "\r\n", "\n"), "\n")
	all := strings.Split(strings.ReplaceAll(data, "\r\n", "\n"), "\n")
	for i, line := range all {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || strings.HasSuffix(trimmed, "(") || trimmed == ")" || touched(line) {
			continue
		}
		next := i
		for strings.HasPrefix(strings.TrimSpace(all[next]), "//") && next+1 < len(all) {
			next++
		}
		if next > i && strings.TrimSpace(all[next]) != "" &&
			(touched(all[next]) || strings.Contains(all[next], "(") || strings.TrimSpace(all[next]) == ")") {
			continue
		}
		k := slices.Index(lines, line)
		if k < 0 {
			return line
		}
		lines = lines[k+1:]
	}
	return ""
}

func TestApplyRandomly(t *testing.T) {
	t.Parallel()
	for seed := range uint64(700) {
		r := rand.New(rand.NewPCG(seed, 1))
		file, data := randomFile(r)
		if isSettled(file, data) {
			continue
		}
		checkApply(t, file, data, randomEdits(t, r, file, data))
	}
}

// A file as the go command writes it stays one: no edit gives go mod tidy -diff something to say about its form. The
// exceptions are comments that the go command would throw away: beside parentheses, and in a block with nothing else.
func TestApplyRandomlyToFilesInGoForm(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 2))
		file, data := settledFile(t, r)
		edits := randomEdits(t, r, file, data)
		got, err := Apply(file, data, edits)
		if err != nil {
			t.Fatalf("%v\nedits %v\n%s", err, edits, data)
		}
		form := goForm(t, file, got)
		if strings.Count(string(form), "//") < strings.Count(string(got), "//") {
			continue
		}
		if len(got) > 0 && !isSettled(file, got) && !setsGo(edits) {
			t.Fatalf("seed %d: not in go's form\nedits: %v\nbefore:\n%s\nafter:\n%s\ngo:\n%s", seed, edits, data, got, form)
		}
	}
}

// setsGo reports whether the go line changes: crossing go 1.17 the go command splits the blocks of the whole file.
func setsGo(edits []Edit) bool {
	return slices.ContainsFunc(edits, func(e Edit) bool { return e.Op == SetGo })
}

func TestModDiffRandomly(t *testing.T) {
	t.Parallel()
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 3))
		file, data := randomFile(r)
		if file != "go.mod" || conflictingReplaces(formatted(t, file, data)) {
			continue // go refuses it
		}
		edits := slices.DeleteFunc(randomEdits(t, r, file, data), func(e Edit) bool {
			return e.Op == AddReplace || e.Op == SetReplace || e.Op == DropReplace || e.Op == SetIndirect
		})
		checkCarried(t, data, edits)
	}
}

// conflictingReplaces reports whether two replace lines for the same version have different targets.
func conflictingReplaces(m *meaning) bool {
	targets := map[module.Version]module.Version{}
	for _, r := range m.replaces {
		if other, ok := targets[r.left]; ok && other != r.right {
			return true
		}
		targets[r.left] = r.right
	}
	return false
}

// checkCarried edits a file, lets go's rewriting reformat the result and checks that the difference carried into the
// file gives a file with the same meaning.
func checkCarried(t *testing.T, data []byte, edits []Edit) {
	t.Helper()
	ok := edits[:0:0]
	for _, e := range edits { // without the edits left out, some of the others may not apply
		if _, err := Apply("go.mod", data, append(slices.Clone(ok), e)); err == nil {
			ok = append(ok, e)
		}
	}
	changed, err := Apply("go.mod", data, ok)
	if err != nil {
		t.Fatal(err)
	}
	to := goForm(t, "go.mod", changed)
	diff, err := ModDiff("go.mod", data, to)
	if err != nil {
		t.Fatalf("%v\nfrom:\n%s\nto:\n%s", err, data, to)
	}
	got, err := Apply("go.mod", data, diff)
	if err != nil {
		t.Fatalf("%v\nfrom:\n%s\nto:\n%s", err, data, to)
	}
	if again, err := ModDiff("go.mod", got, to); err != nil || len(again) > 0 {
		t.Fatalf("left after the edits: %v %v\nfrom:\n%s\nto:\n%s\ngot:\n%s", again, err, data, to, got)
	}
}

func FuzzApply(f *testing.F) {
	for _, c := range editCases(f) {
		f.Add(c.file == "go.work" || strings.HasSuffix(c.file, ".work"), []byte(c.data), uint64(1))
	}
	f.Fuzz(func(t *testing.T, work bool, data []byte, seed uint64) {
		file := "go.mod"
		if work {
			file = "go.work"
		}
		m, _, err := readMeaning(file, data)
		if err != nil {
			if got, err := Apply(file, data, nil); err == nil {
				t.Fatalf("no error and %q", got)
			}
			return
		}
		if got, err := Apply(file, data, nil); err != nil || string(got) != string(data) {
			t.Fatalf("no edits: %v, %q became %q", err, data, got)
		}
		w := &modWriter{Rand: rand.New(rand.NewPCG(seed, 4)), tidy: true}
		var edits []Edit
		for range 3 {
			e := w.edit(m, work)
			m.apply(e)
			edits = append(edits, e)
		}
		got, err := Apply(file, data, edits)
		if err != nil {
			t.Fatalf("%v\nedits %v\n%q", err, edits, data)
		}
		if again, err := Apply(file, got, idempotent(edits)); err != nil || string(again) != string(got) {
			t.Fatalf("a second time: %v\nedits %v\n%q\n%q\n%q", err, edits, data, got, again)
		}
	})
}

func FuzzModDiff(f *testing.F) {
	for _, c := range editCases(f) {
		f.Add([]byte(c.data), []byte(c.want))
	}
	f.Fuzz(func(t *testing.T, from, to []byte) {
		edits, err := ModDiff("go.mod", from, to)
		if err != nil {
			return
		}
		got, err := Apply("go.mod", from, edits)
		if err != nil {
			if strings.Contains(err.Error(), "internal error") {
				t.Fatal(err)
			}
			return // a version that only the network can resolve
		}
		if again, err := ModDiff("go.mod", got, to); err != nil || len(again) > 0 {
			t.Fatalf("left after the edits: %v %v", again, err)
		}
	})
}
