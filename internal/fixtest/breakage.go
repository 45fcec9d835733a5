package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/gocmd"
	"github.com/modgov/modgov/internal/workspace"
)

// The kinds of breakages.
const (
	downBump    = "requirement lowered"
	staleDep    = "sibling raised, dependents stale"
	lostSum     = "/go.mod sums lost"
	lostReplace = "replace line dropped"
)

// maxTries bounds the search for something that can be broken.
const maxTries = 12

// A breaker breaks a copy of a subject.
type breaker struct {
	*subject
	rng    *rand.Rand
	root   string
	policy *policyFile
	now    *state
	did    []breakage
}

// A breakage is one thing that was broken.
type breakage struct{ kind, dir, text string }

func (b breakage) String() string { return fmt.Sprintf("%s in %s: %s", b.kind, b.dir, b.text) }

// breakAll breaks one to six things. What cannot be loaded any more for want of a go.mod file in the proxy, or breaks a
// pin upwards, which no edit could settle, is taken back; dropped replace lines come last, as what is missing without
// them is a matter for fix.
func (b *breaker) breakAll(ctx context.Context) (err error) {
	if b.now, err = b.load(ctx, b.root); err != nil {
		return err
	}
	kinds := []string{downBump, downBump, downBump, staleDep, lostSum}
	n := 1 + b.rng.IntN(5)
	for try := 0; len(b.did) < n && try < maxTries; try++ {
		if err := b.attempt(ctx, pick(b.rng, kinds)); err != nil {
			return err
		}
	}
	if b.rng.IntN(3) == 0 {
		b.apply(b.dropReplace())
		if b.now, err = b.load(ctx, b.root); err != nil {
			return err
		}
	}
	return nil
}

// A cut is a change to a file that breaks something.
type cut struct {
	breakage
	file string
	data []byte
}

// attempt breaks something of a kind, and takes it back if it must not stay.
func (b *breaker) attempt(ctx context.Context, kind string) error {
	var c *cut
	switch kind {
	case downBump:
		c = b.lower()
	case staleDep:
		c = b.raise()
	case lostSum:
		c = b.loseSums()
	}
	if c == nil {
		return nil
	}
	before, did := b.now, b.did
	b.apply(c)
	if kind == staleDep && b.source {
		// Who raises a sibling leaves it whole: it is those that depend on it which were forgotten.
		dir := filepath.Join(b.root, filepath.FromSlash(c.dir))
		if _, err := b.settings.Run(ctx, gocmd.Command{Dir: dir, Args: []string{"mod", "tidy"}}); err != nil {
			return fmt.Errorf("%s: %w", c.breakage, err)
		}
	}
	var err error
	if b.now, err = b.load(ctx, b.root); err != nil {
		return err
	}
	if len(b.now.lists) == len(before.lists) && !b.abovePin() {
		return nil
	}
	for name, data := range before.files {
		if err := os.WriteFile(filepath.Join(b.root, name), data, 0o666); err != nil {
			return err
		}
	}
	b.now, b.did = before, did
	return nil
}

// apply writes a cut, if there is one.
func (b *breaker) apply(c *cut) {
	if c == nil {
		return
	}
	if err := os.WriteFile(filepath.Join(b.root, c.file), c.data, 0o666); err == nil {
		b.did = append(b.did, c.breakage)
	}
}

// abovePin reports whether a module that lists a pinned dependency has a higher version of it.
func (b *breaker) abovePin() bool {
	for dep, item := range b.policy.named {
		for _, dir := range b.now.governed() {
			v := b.now.lists[dir][dep]
			if item.pin && b.now.required(dir, dep) != "" && semver.Compare(v, item.version) > 0 {
				return true
			}
		}
	}
	return false
}

// lower lowers the requirement of what the policy names; where there is no source to build, now and then that of
// anything else.
func (b *breaker) lower() *cut {
	var all []cut
	other := !b.source && b.rng.IntN(5) == 0
	for _, dir := range b.now.governed() {
		for _, r := range b.now.mods[dir].Require {
			if b.now.replaced(dir, r.Mod.Path) != nil || (b.policy.named[r.Mod.Path] == nil) != other {
				continue
			}
			below := slices.DeleteFunc(b.versions(r.Mod.Path), func(v string) bool {
				return semver.Compare(v, r.Mod.Version) >= 0
			})
			if len(below) > 0 {
				all = append(all, b.setRequire(downBump, dir, r, pick(b.rng, below)))
			}
		}
	}
	return b.pick(all)
}

// raise raises a requirement of a module that others replace by its directory.
func (b *breaker) raise() *cut {
	used := map[string]bool{}
	for _, dir := range b.now.governed() {
		for _, s := range b.now.siblings(dir) {
			used[s] = true
		}
	}
	var all []cut
	for _, dir := range slices.DeleteFunc(b.now.governed(), func(dir string) bool { return !used[dir] }) {
		for _, r := range b.now.mods[dir].Require {
			item := b.policy.named[r.Mod.Path]
			if b.now.replaced(dir, r.Mod.Path) != nil || item != nil && item.pin {
				continue
			}
			above := slices.DeleteFunc(b.versions(r.Mod.Path), func(v string) bool {
				return semver.Compare(v, r.Mod.Version) <= 0 || semver.Prerelease(v) != ""
			})
			if len(above) > 0 {
				all = append(all, b.setRequire(staleDep, dir, r, pick(b.rng, above)))
			}
		}
	}
	return b.pick(all)
}

func (b *breaker) pick(all []cut) *cut {
	all = slices.DeleteFunc(all, func(c cut) bool { return c.data == nil })
	if len(all) == 0 {
		return nil
	}
	return &all[b.rng.IntN(len(all))]
}

func (b *breaker) setRequire(kind, dir string, r *modfile.Require, version string) cut {
	file := path.Join(dir, "go.mod")
	mod := module.Version{Path: r.Mod.Path, Version: version}
	data, err := workspace.Apply(file, b.now.files[file], []workspace.Edit{{Op: workspace.SetRequire, Mod: mod}})
	if err != nil {
		return cut{}
	}
	return cut{breakage{kind, dir, fmt.Sprintf("%s %s -> %s", mod.Path, r.Mod.Version, version)}, file, data}
}

// loseSums takes up to five /go.mod lines out of a go.sum file.
func (b *breaker) loseSums() *cut {
	var all []cut
	for _, dir := range b.now.governed() {
		file := path.Join(dir, "go.sum")
		if !strings.Contains(string(b.now.files[file]), "/go.mod ") {
			continue
		}
		kept := strings.SplitAfter(string(b.now.files[file]), "\n")
		n := 0
		for range 1 + b.rng.IntN(5) {
			if i := b.rng.IntN(len(kept)); strings.Contains(kept[i], "/go.mod ") {
				kept = slices.Delete(kept, i, i+1)
				n++
			}
		}
		if n > 0 {
			all = append(all, cut{breakage{lostSum, dir, fmt.Sprint(n)}, file, []byte(strings.Join(kept, ""))})
		}
	}
	return b.pick(all)
}

// dropReplace drops the line by which a module takes one of several siblings that it requires from its directory.
func (b *breaker) dropReplace() *cut {
	var all []cut
	for _, dir := range b.now.governed() {
		var lines []*modfile.Replace
		for _, r := range b.now.mods[dir].Replace {
			if modfile.IsDirectoryPath(r.New.Path) && b.now.required(dir, r.Old.Path) != "" {
				lines = append(lines, r)
			}
		}
		if len(lines) < 2 || !b.accepted[dir] {
			continue
		}
		r, file := pick(b.rng, lines), path.Join(dir, "go.mod")
		data, err := workspace.Apply(file, b.now.files[file], []workspace.Edit{{Op: workspace.DropReplace, Mod: r.Old}})
		if err == nil {
			all = append(all, cut{breakage{lostReplace, dir, r.Old.Path}, file, data})
		}
	}
	return b.pick(all)
}

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }
