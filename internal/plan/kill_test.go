package plan

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// TestMain is the writer that TestSIGKILL kills where its environment says so.
func TestMain(m *testing.M) {
	if base := os.Getenv("MODGOV_TEST_WRITE"); base != "" {
		if err := rewrite(base, os.Getenv("MODGOV_TEST_JOURNAL"), os.Getenv("MODGOV_TEST_STAGED")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const killFiles = 12

// rewrite brings a tree of killTree from the state that it is in to the other one.
func rewrite(base, journal, staged string) error {
	fmt.Println("ready")
	return withTransaction(context.Background(), Journal{Dir: journal, Base: base}, func(t *transaction) error {
		for i := range killFiles {
			name := fmt.Sprintf("m%d/go.mod", i)
			if err := t.addFile(name, File{Name: name, Before: []byte("old"), After: []byte("new")}); err != nil {
				return err
			}
		}
		t.addDir("m0/vendor", staged)
		t.addDir("m1/vendor", "")
		return nil
	})
}

func killTree(state string) map[string]string {
	files := map[string]string{}
	for i := range killFiles {
		files[fmt.Sprintf("m%d/go.mod", i)] = state
	}
	for i := range 10 {
		files[fmt.Sprintf("m0/vendor/%s%d/x.go", state, i)] = state
	}
	if state == "old" {
		files["m1/vendor/modules.txt"] = state
	}
	return files
}

// A writer that is killed at any time leaves the old or the new state, once the next process has recovered it.
func TestSIGKILL(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there is no such signal")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	vendor := map[string]string{}
	for i := range 10 {
		vendor[fmt.Sprintf("new%d/x.go", i)] = "new"
	}
	staged := tree(t, vendor)
	runs, pendings := 300, 0
	if testing.Short() {
		runs = 30
	}
	longest := 40 * time.Millisecond
	for run := range runs {
		j := &job{t: t, old: killTree("old"), new: killTree("new")}
		j.journal = Journal{Dir: filepath.Join(t.TempDir(), "modgov"), Base: tree(t, j.old)}
		took, pending := j.kill(self, staged, time.Duration(random.Int64N(int64(longest))))
		if pending {
			pendings++
		}
		if took > 0 {
			longest = took * 5 / 4 // so that most of them are hit while they write
		}
		if _, err := Recover(t.Context(), j.journal); err != nil {
			t.Errorf("run %d: %v", run, err)
		}
		if state := j.state(); state != "old" && state != "new" {
			t.Fatalf("run %d: %s", run, state)
		}
	}
	t.Logf("%d of %d runs were killed while they wrote", pendings, runs)
	if pendings < runs/10 {
		t.Errorf("only %d of %d runs were killed while they wrote", pendings, runs)
	}
}

// kill starts a writer and kills it some time after it is ready. It returns how long the writer took if it ended by
// itself, and whether something is pending. What is not pending has not changed or is whole.
func (j *job) kill(self, staged string, after time.Duration) (took time.Duration, pending bool) {
	j.t.Helper()
	cmd := exec.CommandContext(j.t.Context(), self)
	cmd.Env = append(os.Environ(), "MODGOV_TEST_WRITE="+j.journal.Base, "MODGOV_TEST_JOURNAL="+j.journal.Dir, "MODGOV_TEST_STAGED="+staged)
	out, err := cmd.StdoutPipe()
	if err != nil {
		j.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		j.t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 6)); err != nil {
		j.t.Fatal(err)
	}
	began := time.Now()
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	if cmd.Wait() == nil {
		took = time.Since(began)
	}
	timer.Stop()
	pending, err = j.journal.Pending()
	if err != nil {
		j.t.Fatal(err)
	}
	if state := j.state(); !pending && state != "old" && state != "new" {
		j.t.Errorf("nothing is pending, and there is %s", state)
	}
	return took, pending
}
