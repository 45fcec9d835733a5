package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/modgov/modgov/internal/ci"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/repo"
)

// autoBase is the value of --base that leaves the choice to what the CI service says.
const autoBase = "auto"

// A chosenBase is the revision that a change is compared with.
type chosenBase struct {
	name string // as reports name it
	rev  string // for package repo
	fork string // the repository that the change comes from, if its word does not count; else ""
}

// chooseBase reads --base; nil for none, and where --base auto finds nothing to compare with.
func (p *project) chooseBase(name string) (*chosenBase, error) {
	if name != autoBase {
		return &chosenBase{name: name, rev: name}, p.suggestRevision(name)
	}
	build, err := ci.Read(p.inv.getenv, func(name string) ([]byte, error) {
		return repo.ReadOutside(filepath.Dir(p.inv.path(name)), filepath.Base(name))
	})
	if errors.Is(err, ci.ErrUnknown) {
		return nil, withHint(usagef("--base auto: %w", err), "name what to compare with, as in --base origin/main")
	} else if err != nil {
		return nil, withCode(exitIncomplete, fmt.Errorf("--base auto: %w", err))
	}
	if err := p.refuseBaseOut(build); err != nil {
		return nil, err
	}
	if len(build.Bases) == 0 {
		p.tell("--base auto: %s, %s: nothing to compare with (%s): judged whole", build.Service, build.Event, build.NoBase)
		return nil, nil
	}
	chosen, why, err := p.firstBase(build.Bases)
	if err != nil {
		return nil, fmt.Errorf("--base auto: %s, %s: %w", build.Service, build.Event, err)
	}
	p.tell("--base auto: %s, %s: compared with %s, %s", build.Service, build.Event, chosen.name, why)
	chosen.fork = build.Fork
	return chosen, nil
}

// suggestRevision refuses a name that names nothing, with what was probably meant: a branch that only origin has, for CI
// services check out commits, and make no branches of their own; or a name that is near.
func (p *project) suggestRevision(name string) error {
	_, err := p.repo.Resolve(name)
	if !errors.Is(err, repo.ErrRevision) {
		return nil // it is there, or it is not the name that is wrong
	}
	refused := revisionError(err)
	if _, absent := p.repo.Resolve("refs/remotes/origin/" + name); absent == nil {
		return withHint(refused, "did you mean origin/%s?", name)
	}
	if errors.Is(err, repo.ErrNotFetched) {
		return refused // and what brings it is in the error
	}
	known, err := p.repo.Names()
	if err != nil {
		return errors.Join(refused, err)
	}
	if near := policy.Suggest(name, known); near != "" {
		return withHint(refused, "did you mean %s?", near)
	}
	return refused
}

// tell notes something that must not go unseen, on stderr too.
func (p *project) tell(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	p.notes = append(p.notes, text)
	if !p.inv.quiet {
		printLine(p.inv.stderr, "note", text)
	}
}

// refuseBaseOut refuses to compare a base with itself, which would always pass.
func (p *project) refuseBaseOut(build *ci.Build) error {
	if build.BaseOut == "" {
		return nil
	}
	head, err := p.repo.Resolve("HEAD")
	if err != nil {
		return revisionError(err)
	}
	if head != build.BaseOut {
		return nil
	}
	return withHint(usagef("--base auto: %s, %s: the base is checked out, not the change", build.Service, build.Event),
		"run on pull_request, or check out the change: actions/checkout with ref: refs/pull/NUMBER/merge")
}

// firstBase returns the first of bases that the clone has. If it has none, the error is about the first that it may lack.
func (p *project) firstBase(bases []ci.Base) (*chosenBase, string, error) {
	var missing error
	for _, base := range bases {
		chosen, err := p.findBase(base)
		switch {
		case err == nil && chosen != nil:
			return chosen, base.Why, nil
		case err == nil:
		case !errors.Is(err, repo.ErrRevision) && !errors.Is(err, repo.ErrNotFetched):
			return nil, "", revisionError(err)
		case missing == nil || !errors.Is(missing, repo.ErrNotFetched):
			missing = err
		}
	}
	// What the service names is there; it is the clone that lacks it.
	return nil, "", withCode(exitIncomplete, missing)
}

// findBase looks for a base in the clone; nil if it is about another checkout than the one at hand.
func (p *project) findBase(base ci.Base) (*chosenBase, error) {
	switch {
	case base.Merge != "":
		return p.mergedBase(base.Merge)
	case base.Rev != "":
		_, err := p.repo.Resolve(base.Rev)
		switch {
		case errors.Is(err, repo.ErrRevision): // what may bring it is in the error
			err = fmt.Errorf("%s, %s: %w (actions/checkout: fetch-depth: 0)", base.Why, base.Rev, err)
		case errors.Is(err, repo.ErrNotFetched):
			err = fmt.Errorf("%s, %w (git fetch origin %s may bring it; actions/checkout: fetch-depth: 0)", base.Why, err, base.Rev)
		}
		return &chosenBase{name: base.Rev[:min(len(base.Rev), 12)], rev: base.Rev}, err
	}
	// A branch of the clone itself may be old: a service that keeps clones fetches, it does not pull.
	for _, b := range []chosenBase{
		{name: "origin/" + base.Branch, rev: "refs/remotes/origin/" + base.Branch},
		{name: "upstream/" + base.Branch, rev: "refs/remotes/upstream/" + base.Branch},
		{name: base.Branch, rev: "refs/heads/" + base.Branch},
	} {
		if _, err := p.repo.Resolve(b.rev); err == nil {
			return &b, nil
		}
	}
	_, err := p.repo.Resolve("origin/" + base.Branch)
	return nil, err
}

// mergedBase is the first parent of the merge that a service made, if that is checked out.
func (p *project) mergedBase(merge string) (*chosenBase, error) {
	head, err := p.repo.Resolve("HEAD")
	if err != nil || head != merge {
		return nil, err
	}
	switch _, err := p.repo.Resolve("HEAD^2"); {
	case err == nil:
		return &chosenBase{name: "HEAD^1", rev: "HEAD^1"}, nil
	case errors.Is(err, repo.ErrNotFetched):
		return nil, fmt.Errorf("the merge of the pull request is here without what it was merged into; "+
			"git fetch --depth=2 origin %.12s brings that (actions/checkout: fetch-depth: 2): %w", merge, repo.ErrNotFetched)
	case errors.Is(err, repo.ErrRevision):
		return nil, nil // no merge
	default:
		return nil, err
	}
}
