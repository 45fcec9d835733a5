package policy_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// Each case in testdata/overlap shows what split-overlap says, and go is held against it: it calls an import ambiguous
// in the modules that "ambiguous" names and in no other. The rule may say more, as it does not see packages, but not
// less: every case with an ambiguous import has a finding about that module.
func TestSplitOverlapBuilds(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("runs the go command several times")
	}
	goCommand, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go command")
	}
	files, err := filepath.Glob("testdata/overlap/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var ambiguous []string
			for _, f := range archive.Files {
				if f.Name == "ambiguous" {
					ambiguous = strings.Fields(string(f.Data))
				}
			}
			s := newSourceTree(t, archive, goCommand)
			j := s.judge(t)
			if len(j.Gaps) > 0 {
				t.Fatal(j.Gaps)
			}
			compareWant(t, file, archive, shown(j, "split-overlap"))
			for _, dir := range s.dirs {
				says, refuses := s.run(t, dir, "GOWORK=off", "build ./...")
				want := slices.Contains(ambiguous, dir)
				if refuses != want || want != strings.Contains(says, "ambiguous import: found package") {
					t.Errorf("%s: go should call an import ambiguous: %t, it says (refuses: %t):\n%s", dir, want, refuses, says)
				}
				told := false
				for _, f := range j.Findings {
					told = told || f.Rule == "split-overlap" && slices.Contains(f.Modules, dir)
				}
				if want && !told {
					t.Errorf("%s: no finding tells of the ambiguous import", dir)
				}
			}
		})
	}
}
