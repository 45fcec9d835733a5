package plan

import (
	"context"
	"errors"
	"os"
	"path"
)

// Write writes the plan: every file and vendor directory, or none, whenever the process is stopped. The go.mod and go.sum
// files come before vendor directories: a state in between then fails loudly in go and never builds a mixture. A file
// that is no longer what the plan was made for is refused before anything is written. What a process that was stopped
// has left undone, Recover finishes or undoes.
func (p *Plan) Write(ctx context.Context) error {
	j := p.project.Journal
	if j.Base == "" {
		j.Base = p.project.Root
	}
	return withTransaction(ctx, j, func(t *transaction) error {
		for _, f := range p.Files {
			name, err := relativeTo(j.Base, p.project.Root, f.Name)
			if err != nil {
				return err
			}
			if err := t.addFile(name, f); err != nil {
				return err
			}
		}
		for _, v := range p.Vendors {
			name, err := relativeTo(j.Base, p.project.Root, path.Join(v.Dir, "vendor"))
			if err != nil {
				return err
			}
			t.addDir(name, v.staged) // staged is "" for those that go
		}
		return nil
	})
}

// withTransaction opens the journal and its base, lets add say what is to be written, and writes it.
func withTransaction(ctx context.Context, j Journal, add func(*transaction) error) (err error) {
	root, err := os.OpenRoot(j.Base)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	journal, err := j.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, journal.close()) }()
	if pending, err := j.Pending(); err != nil || pending {
		return errors.Join(err, ErrInterrupted)
	}
	t := &transaction{tree: rootDisk{root}, journal: journal}
	if err := add(t); err != nil {
		return err
	}
	return t.run(ctx)
}

// ErrInterrupted tells that an earlier write is neither whole nor undone.
var ErrInterrupted = errors.New("a write of modgov was interrupted, so that files may be half of one state and half of " +
	"another: modgov recover finishes it or undoes it")

// WriteFile writes one file in a directory, absolute, that no plan is about: the policy file. It does so as a plan is
// written: whole or not at all, with its mode, and only if the file is what f.Before says. A link is left alone, and so
// is what it leads to. Outside the base of the journal nothing is remembered: one file needs no second step.
func WriteFile(ctx context.Context, j Journal, dir string, f File) (err error) {
	if name, err := relativeTo(j.Base, dir, f.Name); err == nil {
		return withTransaction(ctx, j, func(t *transaction) error { return t.addFile(name, f) })
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	t := &transaction{tree: rootDisk{root}}
	if err := t.addFile(f.Name, f); err != nil {
		return err
	}
	return t.run(ctx)
}

// Close removes what the plan has staged outside the tree.
func (p *Plan) Close() error {
	if p.stage == "" {
		return nil
	}
	err := os.RemoveAll(p.stage)
	p.stage = ""
	return err
}
