package plan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A faultyDisk stops working at one of its operations. Reading goes on: a process that was killed reads nothing, and
// one that meets a full disk reads well.
type faultyDisk struct {
	disk
	left *int // operations that still work; shared by the disks of a transaction
	dead bool // once it has failed, nothing works any more, as for a process that was killed
	torn bool // a write that fails leaves half of the file
}

var errFault = errors.New("the disk gave up")

func (d *faultyDisk) step() error {
	*d.left--
	if *d.left == -1 || d.dead && *d.left < 0 {
		return errFault
	}
	return nil
}

func (d *faultyDisk) Write(name string, data []byte, mode fs.FileMode) error {
	if err := d.step(); err != nil {
		if d.torn && *d.left == -1 {
			err = errors.Join(err, d.disk.Write(name, data[:len(data)/2], mode))
		}
		return err
	}
	return d.disk.Write(name, data, mode)
}

func (d *faultyDisk) Mkdir(name string) error {
	if err := d.step(); err != nil {
		return err
	}
	return d.disk.Mkdir(name)
}

func (d *faultyDisk) Link(name, second string) error {
	if err := d.step(); err != nil {
		return err
	}
	return d.disk.Link(name, second)
}

func (d *faultyDisk) Rename(from, to string) error {
	if err := d.step(); err != nil {
		return err
	}
	return d.disk.Rename(from, to)
}

func (d *faultyDisk) Remove(name string) error {
	if err := d.step(); err != nil {
		return err
	}
	return d.disk.Remove(name)
}

func (d *faultyDisk) Sync(dir string) error {
	if err := d.step(); err != nil {
		return err
	}
	return d.disk.Sync(dir)
}

// A job is a tree with a journal and a transaction that changes, makes and takes away.
type job struct {
	t        *testing.T
	journal  Journal
	old, new map[string]string
}

func newJob(t *testing.T) *job {
	t.Helper()
	j := &job{t: t}
	j.old = map[string]string{
		"a/go.mod": "old a", "b/go.mod": "old b", "b/vendor/modules.txt": "old", "b/vendor/x/x.go": "x",
		"d/vendor/modules.txt": "old", "e/README": "same",
	}
	j.new = map[string]string{
		"a/go.mod": "new a", "a/go.sum": "sums", "b/go.mod": "new b", "b/vendor/modules.txt": "new", "b/vendor/y/y.go": "y",
		"c/vendor/modules.txt": "first", "c/go.mod": "", "e/README": "same",
	}
	j.old["c/go.mod"] = ""
	base := tree(t, j.old)
	j.journal = Journal{Dir: filepath.Join(t.TempDir(), "modgov"), Base: base}
	return j
}

// run carries the transaction out on disks that stop working after n operations, and reports whether it failed, and
// whether it came to that operation at all.
func (j *job) run(n int, dead, torn bool) (failed, stopped bool) {
	j.t.Helper()
	root, err := os.OpenRoot(j.journal.Base)
	if err != nil {
		j.t.Fatal(err)
	}
	defer root.Close()
	file, err := j.journal.open(j.t.Context())
	if err != nil {
		j.t.Fatal(err)
	}
	left := n
	file.dir = &faultyDisk{file.dir, &left, dead, torn}
	tx := &transaction{tree: &faultyDisk{rootDisk{root}, &left, dead, torn}, journal: file}
	for _, f := range []File{
		{Name: "a/go.mod", Before: []byte("old a"), After: []byte("new a")},
		{Name: "a/go.sum", After: []byte("sums")},
		{Name: "b/go.mod", Before: []byte("old b"), After: []byte("new b")},
	} {
		if err := tx.addFile(f.Name, f); err != nil {
			j.t.Fatal(err)
		}
	}
	tx.addDir("b/vendor", tree(j.t, map[string]string{"modules.txt": "new", "y/y.go": "y"}))
	tx.addDir("c/vendor", tree(j.t, map[string]string{"modules.txt": "first"}))
	tx.addDir("d/vendor", "")
	err = tx.run(j.t.Context())
	stopped = left < 0
	if err != nil && !stopped {
		j.t.Errorf("after %d operations: %v", n, err)
	}
	file.dir = rootDisk{file.root}
	if err := file.close(); err != nil {
		j.t.Fatal(err)
	}
	return err != nil, stopped
}

// state names what the tree holds: "old", "new", or what is wrong with it.
func (j *job) state() string {
	j.t.Helper()
	now := contents(j.t, j.journal.Base)
	switch {
	case maps.Equal(now, j.old):
		return "old"
	case maps.Equal(now, j.new):
		return "new"
	}
	return fmt.Sprintf("a mixture: %v", now)
}

// Stopped at any of its operations, a transaction is finished or undone by the next process.
func TestKilledAtEachOperation(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for n := 0; ; n++ {
		j := newJob(t)
		failed, stopped := j.run(n, true, n%2 == 0)
		pending, err := j.journal.Pending()
		if err != nil {
			t.Fatal(err)
		}
		if state := j.state(); !pending && state != "old" && state != "new" {
			t.Errorf("killed at operation %d: nothing is pending, and there is %s", n, state)
		}
		r, err := Recover(t.Context(), j.journal)
		if err != nil || (r != nil) != pending {
			t.Errorf("killed at operation %d: recover: %v, %v", n, r, err)
		}
		want := "old"
		if !pending && !failed || r != nil && r.Finished {
			want = "new"
		}
		state := j.state()
		if state != want && (pending || !failed) {
			t.Errorf("killed at operation %d: %s after recover, want %s", n, state, want)
		}
		seen[state]++
		j.nothingLeft()
		if !stopped {
			break
		}
	}
	if seen["old"] < 10 || seen["new"] < 10 || len(seen) != 2 {
		t.Errorf("the operations were not what this test takes them for: %v", seen)
	}
}

// nothingLeft makes sure that the journal and its lock are gone.
func (j *job) nothingLeft() {
	j.t.Helper()
	if left, err := os.ReadDir(j.journal.Dir); err == nil && len(left) > 0 {
		j.t.Errorf("left in the journal: %v", left)
	}
}

// An operation that fails, on a full disk or for want of a permission, leaves the tree as it was, or, from the last
// rename on, as it was to be.
func TestFailureAtEachOperation(t *testing.T) {
	t.Parallel()
	for n := 0; ; n++ {
		j := newJob(t)
		failed, stopped := j.run(n, false, false)
		r, err := Recover(t.Context(), j.journal)
		if err != nil {
			t.Errorf("operation %d fails: recover: %v", n, err)
		}
		switch state := j.state(); {
		case state != "old" && state != "new", !failed && state != "new", r != nil && r.Finished != (state == "new"):
			t.Errorf("operation %d fails: %s, recovered %v", n, state, r)
		}
		j.nothingLeft()
		if !stopped {
			return
		}
	}
}

// Recovery that is killed is taken up by the next one.
func TestRecoveryKilledAtEachOperation(t *testing.T) {
	t.Parallel()
	for _, first := range []int{5, 20, 30, 34, 38, 42} {
		for n := 0; n < 60; n++ {
			j := newJob(t)
			j.run(first, true, false)
			file, err := j.journal.open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			root, err := os.OpenRoot(j.journal.Base)
			if err != nil {
				t.Fatal(err)
			}
			left := n
			file.dir = &faultyDisk{file.dir, &left, true, false}
			_, err = file.recover(&faultyDisk{rootDisk{root}, &left, true, false})
			file.dir = rootDisk{file.root}
			if closeErr := errors.Join(root.Close(), file.close()); closeErr != nil {
				t.Fatal(closeErr)
			}
			if _, err := Recover(t.Context(), j.journal); err != nil {
				t.Errorf("killed at %d, recovery at %d: %v", first, n, err)
			}
			if state := j.state(); state != "old" && state != "new" {
				t.Errorf("killed at %d, recovery at %d: %s", first, n, state)
			}
			if err == nil {
				break
			}
		}
	}
}

// What somebody changed after an interruption is neither overwritten nor undone.
func TestRecoverLeavesChangedFiles(t *testing.T) {
	t.Parallel()
	for n := 0; ; n++ {
		j := newJob(t)
		_, stopped := j.run(n, true, false)
		if pending, _ := j.journal.Pending(); !pending {
			if !stopped {
				return
			}
			continue
		}
		mine := filepath.Join(j.journal.Base, "b", "go.mod")
		if err := os.WriteFile(mine, []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := Recover(t.Context(), j.journal)
		if data, readErr := os.ReadFile(mine); readErr != nil || string(data) != "mine" {
			t.Errorf("killed at operation %d: b/go.mod has %q, %v", n, data, readErr)
		}
		if undone := r != nil && !r.Finished; !undone && (err == nil || !strings.Contains(err.Error(), "somebody changed it")) {
			t.Errorf("killed at operation %d: %v, %v", n, r, err)
		}
	}
}

// A second writer waits, and says who is in the way if that lasts.
func TestLock(t *testing.T) {
	t.Parallel()
	j := newJob(t).journal
	first, err := j.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errLocked)
	defer cancel()
	if _, err := j.open(ctx); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("another modgov is writing here (process %d)", os.Getpid())) {
		t.Errorf("got error %v", err)
	}
	go func() {
		time.Sleep(20 * time.Millisecond)
		if err := first.close(); err != nil {
			t.Error(err)
		}
	}()
	second, err := j.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := second.close(); err != nil {
		t.Error(err)
	}
	// The one that gave up may have got the lock meanwhile, and lets go of it.
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		_, err := os.Lstat(j.Dir)
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the journal's directory is still there: %v", err)
		}
	}
}

// A journal that no modgov wrote is refused: it may come with a repository.
func TestForeignJournals(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no JSON":          `{`,
		"another version":  `{"schema":"2","state":"committing"}`,
		"no state":         `{"schema":"1","state":"done"}`,
		"outside":          `{"schema":"1","state":"committing","moves":[{"target":"../x","staged":"../.x.modgov-new-ABCDEFGH","aside":"../.x.modgov-old-ABCDEFGH"}]}`,
		"any file":         `{"schema":"1","state":"staging","moves":[{"target":"a/go.mod","staged":"b/go.mod","aside":"a/.go.mod.modgov-old-ABCDEFGH"}]}`,
		"any aside":        `{"schema":"1","state":"committing","moves":[{"target":"a/go.mod","staged":"a/.go.mod.modgov-new-ABCDEFGH","aside":"b/go.mod"}]}`,
		"the root":         `{"schema":"1","state":"committing","moves":[{"target":".","aside":"...modgov-old-ABCDEFGH","dir":true}]}`,
		"a file that goes": `{"schema":"1","state":"committing","moves":[{"target":"a/go.mod","aside":"a/.go.mod.modgov-old-ABCDEFGH"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := newJob(t)
			if err := os.MkdirAll(j.journal.Dir, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(j.journal.Dir, journalName), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			if r, err := Recover(t.Context(), j.journal); err == nil {
				t.Errorf("recovered %v", r)
			}
			if state := j.state(); state != "old" {
				t.Error(state)
			}
		})
	}
}
