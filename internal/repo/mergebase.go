package repo

import (
	"container/heap"
	"context"
	"errors"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
)

// ErrUnrelated is in the error of [Repo.MergeBase] for commits that share no history.
var ErrUnrelated = errors.New("they share no history")

// MergeBase returns the full name of the commit from which two revisions go separate ways. Where there are several,
// after criss-cross merges, it is the youngest, and more is true. Where a shallow clone ends before one is found the
// error is ErrNotFetched with the command that helps, never ErrUnrelated.
func (r *Repo) MergeBase(ctx context.Context, one, other string) (base string, more bool, err error) {
	if r.git == nil {
		return "", false, ErrNoGit
	}
	o, err := r.openedObjects()
	if err != nil {
		return "", false, err
	}
	var ends [2]plumbing.Hash
	for i, name := range []string{one, other} {
		if ends[i], err = o.resolve(name); err != nil {
			return "", false, err
		}
	}
	w := &paint{ctx: ctx, objects: o, seen: map[plumbing.Hash]*painted{}}
	bases, err := w.common(ends[0], ends[1])
	switch {
	case err != nil:
		return "", false, fmt.Errorf("merge base of %s and %s: %w", one, other, err)
	case len(bases) > 0:
		return bases[0].hash.String(), len(bases) > 1, nil
	case len(o.shallow) > 0:
		return "", false, fmt.Errorf("the clone is shallow, and the history between %s and %s is %w; "+
			"git fetch --unshallow brings it (%s)", one, other, ErrNotFetched, inCI)
	}
	return "", false, fmt.Errorf("%s and %s: %w", one, other, ErrUnrelated)
}

// The colours of a commit: which of the two ends it is an ancestor of, and whether it lies below a common ancestor.
const (
	fromOne = 1 << iota
	fromOther
	stale
	common
)

type painted struct {
	hash    plumbing.Hash
	when    int64 // seconds; of the committer
	parents []plumbing.Hash
	flags   int
	queued  bool
}

// paint walks from both ends at once, the youngest commit first, and stops when only what lies below a common ancestor
// is left.
type paint struct {
	ctx     context.Context
	objects *objects
	seen    map[plumbing.Hash]*painted
	queue   []*painted
	fresh   int // of the queue, those that are not stale
}

func (w *paint) Len() int           { return len(w.queue) }
func (w *paint) Less(i, j int) bool { return w.queue[i].when > w.queue[j].when }
func (w *paint) Swap(i, j int)      { w.queue[i], w.queue[j] = w.queue[j], w.queue[i] }
func (w *paint) Push(x any)         { w.queue = append(w.queue, x.(*painted)) }
func (w *paint) Pop() any {
	last := w.queue[len(w.queue)-1]
	w.queue = w.queue[:len(w.queue)-1]
	return last
}

// colour adds flags to a commit and queues it if that is new to it.
func (w *paint) colour(hash plumbing.Hash, flags int) error {
	c := w.seen[hash]
	if c == nil {
		commit, err := w.objects.commit(hash)
		if err != nil {
			return err
		}
		c = &painted{hash: hash, when: commit.Committer.When.Unix(), parents: commit.ParentHashes}
		w.seen[hash] = c
	}
	if c.flags&flags == flags {
		return nil
	}
	wasFresh := c.queued && c.flags&stale == 0
	c.flags |= flags
	isFresh := c.flags&stale == 0
	if !c.queued {
		c.queued = true
		heap.Push(w, c)
	}
	switch {
	case isFresh && !wasFresh:
		w.fresh++
	case wasFresh && !isFresh:
		w.fresh--
	}
	return nil
}

// common returns the best common ancestors, the youngest first.
func (w *paint) common(one, other plumbing.Hash) ([]*painted, error) {
	if err := errors.Join(w.colour(one, fromOne), w.colour(other, fromOther)); err != nil {
		return nil, err
	}
	var found []*painted
	for w.fresh > 0 {
		if err := w.ctx.Err(); err != nil {
			return nil, err
		}
		c := heap.Pop(w).(*painted)
		c.queued = false
		if c.flags&stale == 0 {
			w.fresh--
		}
		flags := c.flags & (fromOne | fromOther | stale)
		if flags == fromOne|fromOther {
			if c.flags&common == 0 {
				c.flags |= common
				found = append(found, c)
			}
			flags |= stale
		}
		for _, p := range c.parents {
			if err := w.colour(p, flags); err != nil {
				return nil, err
			}
		}
	}
	var best []*painted
	for _, c := range found {
		if c.flags&stale == 0 {
			best = append(best, c)
		}
	}
	return w.reduce(best)
}

// reduce drops commits that are ancestors of others: dates that lie may have let them through.
func (w *paint) reduce(found []*painted) ([]*painted, error) {
	if len(found) < 2 {
		return found, nil
	}
	below := map[plumbing.Hash]bool{}
	for _, c := range found {
		todo := append([]plumbing.Hash{}, c.parents...)
		seen := map[plumbing.Hash]bool{}
		for len(todo) > 0 {
			h := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if seen[h] {
				continue
			}
			seen[h], below[h] = true, true
			commit, err := w.objects.commit(h)
			if err != nil {
				return nil, err
			}
			todo = append(todo, commit.ParentHashes...)
		}
	}
	var out []*painted
	for _, c := range found {
		if !below[c.hash] {
			out = append(out, c)
		}
	}
	return out, nil
}
