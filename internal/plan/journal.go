package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// A Journal says where writes are remembered until they are whole. One process at a time writes by one journal.
type Journal struct {
	Dir  string // absolute; it comes and goes with the write
	Base string // absolute: everything that is written lies below it
}

// The two halves of a transaction, as the journal has them.
const (
	staging    = "staging"    // stopped here, it is undone
	committing = "committing" // stopped here, it is finished
)

// journalSchema is the version of the format; a journal of another one is left to the modgov that wrote it.
const journalSchema = "1"

const journalName = "journal.json"

// journalText is what a journal file says.
type journalText struct {
	Schema string `json:"schema"`
	State  string `json:"state"`
	Moves  []move `json:"moves"`
}

// A journalFile is an open journal, whose lock this process holds. A nil one remembers nothing.
type journalFile struct {
	dir  disk
	root *os.Root
	lock *lockedfile.File
	path string
}

// write remembers the moves and how far the transaction is, through to the disk, in one step.
func (j *journalFile) write(state string, moves []move) error {
	if j == nil {
		return nil
	}
	data, err := json.MarshalIndent(journalText{journalSchema, state, moves}, "", "  ")
	if err != nil {
		return err
	}
	const next = journalName + ".new"
	if err := j.dir.Remove(next); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	if err := j.dir.Write(next, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	if err := j.dir.Rename(next, journalName); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	return j.dir.Sync(".")
}

func (j *journalFile) remove() error {
	if j == nil {
		return nil
	}
	return errors.Join(j.dir.Remove(journalName+".new"), j.dir.Remove(journalName), j.dir.Sync("."))
}

// read returns what is remembered, nil if nothing is.
func (j *journalFile) read() (*journalText, error) {
	text, err := j.parse()
	if err != nil {
		return nil, fmt.Errorf("%w: modgov cannot go by this journal; set right what is half written, then remove %s", err, j.path)
	}
	return text, nil
}

func (j *journalFile) parse() (*journalText, error) {
	data, err := j.dir.ReadFile(journalName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var text journalText
	if err := json.Unmarshal(data, &text); err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Join(j.path, journalName), err)
	}
	if text.Schema != journalSchema || text.State != staging && text.State != committing {
		return nil, fmt.Errorf("%s is of another version of modgov, schema %q", filepath.Join(j.path, journalName), text.Schema)
	}
	for _, m := range text.Moves {
		if err := m.valid(); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(j.path, journalName), err)
		}
	}
	return &text, nil
}

// valid refuses names that no transaction has: the journal may be anybody's.
func (m *move) valid() error {
	local := filepath.IsLocal(filepath.FromSlash(m.Target)) && m.Target != "."
	if !local || !isTemporary(m.Aside, m.Target, "old") || m.Staged != "" && !isTemporary(m.Staged, m.Target, "new") {
		return fmt.Errorf("%q with %q and %q is nothing that modgov writes", m.Target, m.Staged, m.Aside)
	}
	if m.Staged == "" && !m.Dir {
		return fmt.Errorf("%q goes, and only directories do", m.Target)
	}
	return nil
}

// lockPatience is how long a process waits for another that writes; writing takes less.
const lockPatience = 10 * time.Second

// open makes the journal's directory and takes its lock.
func (j Journal) open(ctx context.Context) (*journalFile, error) {
	if j.Dir == "" {
		return nil, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, lockPatience, errLocked)
	defer cancel()
	locked := make(chan *journalFile)
	failed := make(chan error, 1)
	go func() {
		f, err := j.openLocked()
		if err != nil {
			failed <- err
			return
		}
		select {
		case locked <- f:
		case <-ctx.Done(): // nobody waits any more
			_ = f.close()
		}
	}()
	select {
	case f := <-locked:
		return f, nil
	case err := <-failed:
		return nil, fmt.Errorf("open the journal: %w", err)
	case <-ctx.Done():
		if err := context.Cause(ctx); !errors.Is(err, errLocked) {
			return nil, err
		}
		return nil, fmt.Errorf("%w%s: nothing was written; run the command again", errLocked, j.holder())
	}
}

var errLocked = errors.New("another modgov is writing here")

// holder names the process that holds the lock, in brackets, "" if that cannot be read.
func (j Journal) holder() string {
	data, err := os.ReadFile(filepath.Join(j.Dir, "lock"))
	if pid, convErr := strconv.Atoi(strings.TrimSpace(string(data))); err == nil && convErr == nil {
		return fmt.Sprintf(" (process %d)", pid)
	}
	return ""
}

// openLocked waits for the lock. The process that had it before removes the file with the directory, so that the lock
// counts only if the file is still the one of that name.
func (j Journal) openLocked() (*journalFile, error) {
	name := filepath.Join(j.Dir, "lock")
	for {
		if err := os.MkdirAll(j.Dir, 0o777); err != nil {
			return nil, err
		}
		lock, err := lockedfile.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the directory went meanwhile
		} else if err != nil {
			return nil, err
		}
		mine, err := lock.Stat()
		if err != nil {
			return nil, errors.Join(err, lock.Close())
		}
		if named, err := os.Stat(name); err != nil || !os.SameFile(mine, named) {
			if err := lock.Close(); err != nil {
				return nil, err
			}
			continue
		}
		root, err := os.OpenRoot(j.Dir)
		if err != nil {
			return nil, errors.Join(err, lock.Close())
		}
		f := &journalFile{dir: rootDisk{root}, root: root, lock: lock, path: j.Dir}
		if err := errors.Join(lock.Truncate(0), writeText(lock, strconv.Itoa(os.Getpid())+"\n")); err != nil {
			return nil, errors.Join(err, f.close())
		}
		return f, nil
	}
}

func writeText(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

// close gives the lock back, and takes the directory away if nothing is remembered in it.
func (j *journalFile) close() error {
	if j == nil {
		return nil
	}
	if _, err := j.dir.Lstat(journalName); errors.Is(err, fs.ErrNotExist) {
		// Where an open file cannot be removed, the directory stays, which says nothing.
		if j.dir.Remove(journalName+".new") == nil && os.Remove(filepath.Join(j.path, "lock")) == nil {
			_ = os.Remove(j.path)
		}
	}
	return errors.Join(j.root.Close(), j.lock.Close())
}

// Pending reports whether a write was begun and is not whole: it was interrupted, or goes on right now.
func (j Journal) Pending() (bool, error) {
	_, err := os.Lstat(filepath.Join(j.Dir, journalName))
	if j.Dir == "" || errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// A Recovery tells what became of an interrupted write.
type Recovery struct {
	Finished bool     // false: it was undone
	Targets  []string // files and directories, relative to the journal's base
}

// Recover finishes an interrupted write, or undoes it if nothing had been changed yet. The result is nil if there is none.
// Where somebody changed a file meanwhile, it stops with an error and changes no further.
func Recover(ctx context.Context, j Journal) (*Recovery, error) {
	pending, err := j.Pending()
	if err != nil || !pending {
		return nil, err
	}
	file, err := j.open(ctx)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(j.Base)
	if err != nil {
		return nil, errors.Join(err, file.close())
	}
	r, err := file.recover(rootDisk{root})
	return r, errors.Join(err, root.Close(), file.close())
}

func (j *journalFile) recover(tree disk) (*Recovery, error) {
	text, err := j.read()
	if err != nil || text == nil {
		return nil, err
	}
	t := &transaction{tree: tree, journal: j, moves: text.Moves}
	r := &Recovery{Finished: text.State == committing}
	for _, m := range t.moves {
		r.Targets = append(r.Targets, m.Target)
	}
	if !r.Finished {
		return r, t.abandon()
	}
	for _, m := range t.moves {
		if err := m.redo(tree); err != nil {
			return nil, fmt.Errorf("finish %s: %w; its new text is in %s, its old one in %s: settle it by hand, then remove %s",
				m.Target, err, m.Staged, m.Aside, j.path)
		}
	}
	return r, t.finish()
}
