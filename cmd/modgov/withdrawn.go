package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/change"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/repo"
	"github.com/modgov/modgov/internal/workspace"
)

// withdrawnSince are the modules that the policy governs in the state before, and not in the one at hand, is, though they
// are there: as the directory around them is no part of it any more, or as they moved to where modules are not governed.
func (p *project) withdrawnSince(ctx context.Context, b *comparison, is *workspace.Workspace) ([]policy.Withdrawn, error) {
	if b == nil {
		return nil, nil
	}
	was, err := p.loadTree(ctx, b.tree, b.tree.FS)
	if err != nil {
		return nil, err
	}
	p.keep(b.tree, was)
	var out []policy.Withdrawn
	var gone []*workspace.Module
	for _, m := range was.Governed() {
		w := policy.Withdrawn{Dir: m.Dir, Now: m.Dir, Fork: b.fork != ""}
		switch now := is.Module(m.Dir); {
		case now != nil && (now.Governed || now.Marker):
		case p.whereItWas(&w, b):
			out = append(out, w)
		default:
			gone = append(gone, m)
		}
	}
	if len(gone) == 0 {
		return out, nil
	}
	moved, err := p.movedAway(ctx, b, was, is, gone)
	return append(out, moved...), err
}

// whereItWas says why a module is not governed that is still in its directory; false if it is not.
func (p *project) whereItWas(w *policy.Withdrawn, b *comparison) bool {
	if w.By = around(w.Dir, p.tree.Checkouts); w.By != "" {
		w.Why = policy.OtherRepository
		return true
	}
	if _, err := fs.Lstat(p.tree.FS, path.Join(w.Dir, "go.mod")); errors.Is(err, fs.ErrNotExist) {
		return false
	}
	w.Why, w.By = policy.OtherWorkspace, around(w.Dir, p.tree.Nested)
	if w.By == "" || slices.Contains(b.tree.Nested, w.By) { // it was governed there, so something led to it
		w.Why, w.By = policy.UnusedHidden, cmp.Or(w.By, repo.OutOfSight(w.Dir))
	}
	return true
}

// around returns the one of dirs in which dir lies, "" if there is none.
func around(dir string, dirs []string) string {
	i := slices.IndexFunc(dirs, func(d string) bool { return dir == d || strings.HasPrefix(dir, d+"/") })
	if i < 0 {
		return ""
	}
	return dirs[i]
}

// movedAway are those of the modules gone from their directories that are now where no module is governed.
func (p *project) movedAway(
	ctx context.Context, b *comparison, was, is *workspace.Workspace, gone []*workspace.Module,
) ([]policy.Withdrawn, error) {
	moved := change.Moved(was, is)
	if slices.ContainsFunc(gone, func(m *workspace.Module) bool { return moved[m.Dir] == "" }) {
		unseen, err := p.unseenModules(ctx, b)
		if err != nil {
			return nil, err
		}
		seen := *p.tree
		seen.Modules = slices.Concat(p.tree.Modules, unseen)
		if is, err = p.loadTree(ctx, &seen, p.tree.FS); err != nil {
			return nil, err
		}
		moved = change.Moved(was, is)
	}
	var out []policy.Withdrawn
	for _, m := range gone {
		w := policy.Withdrawn{Dir: m.Dir, Now: moved[m.Dir], Fork: b.fork != ""}
		seen := slices.ContainsFunc(p.tree.Modules, func(e repo.Entry) bool { return e.Dir == w.Now })
		switch {
		case w.Now == "" || seen && is.Module(w.Now).Governed:
			continue
		case workspace.IsOutside(w.Now):
			w.Why = policy.OutsideRoot
		case around(w.Now, p.tree.Checkouts) != "":
			w.Why, w.By = policy.OtherRepository, around(w.Now, p.tree.Checkouts)
		case around(w.Now, p.tree.Nested) != "":
			w.Why, w.By = policy.OtherWorkspace, around(w.Now, p.tree.Nested)
		case !p.policy.Governs(w.Now, true):
			w.Why = policy.Excluded
		default:
			w.Why, w.By = policy.MovedHidden, cmp.Or(repo.OutOfSight(w.Now), w.Now)
		}
		out = append(out, w)
	}
	return out, nil
}

// unseenModules are the modules that a change brings where nobody looks for modules.
func (p *project) unseenModules(ctx context.Context, b *comparison) ([]repo.Entry, error) {
	changes, err := p.repo.Changed(ctx, b.tree, p.tree)
	if err != nil {
		return nil, err
	}
	var out []repo.Entry
	for _, file := range changes.Files {
		dir := path.Dir(file)
		if path.Base(file) != "go.mod" || slices.ContainsFunc(p.tree.Modules, func(e repo.Entry) bool { return e.Dir == dir }) {
			continue
		}
		if workspace.IsOutside(dir) {
			_, err = p.readOutside(dir)
		} else {
			_, err = fs.Stat(p.tree.FS, file)
		}
		if err == nil { // else the change takes it away
			out = append(out, repo.Entry{Dir: dir, Hidden: repo.OutOfSight(dir)})
		}
	}
	return out, nil
}
