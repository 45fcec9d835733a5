package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/imports"
	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/modsource"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/repo"
	"github.com/modgov/modgov/internal/report"
)

// judge loads a tree and applies the policy to it.
func (p *project) judge(ctx context.Context, files fs.FS) (*policy.Judgement, error) {
	return p.judgeTree(ctx, p.tree, files, p.packages, true)
}

// judgeGoverned judges the files as they are, and refuses to where there is nothing to judge.
func (p *project) judgeGoverned() (*policy.Judgement, error) {
	j, err := p.judge(p.inv.ctx, p.tree.FS)
	if err != nil {
		return nil, err
	}
	return j, p.checkGoverned(j.Facts.Workspace)
}

// openJudgement opens the project of a command that only looks and judges it, with what --remote asks for where the
// command has that flag. Close the project.
func openJudgement(inv *invocation, c *cli.Context) (*project, *policy.Judgement, error) {
	p, err := openProject(inv, c.String("workspace-file"))
	if err == nil {
		p.remote = c.Bool("remote")
	}
	return judged(p, err)
}

// judged judges a project that was just opened, unless that failed. Close the project.
func judged(p *project, err error) (*project, *policy.Judgement, error) {
	if err != nil {
		return nil, nil, err
	}
	j, err := p.judgeGoverned()
	if err != nil {
		return nil, nil, errors.Join(err, p.close())
	}
	return p, j, nil
}

// answer reports what a command that is about some of the rules has left of a judgement, and exits by that.
func (p *project) answer(j *policy.Judgement) error {
	if err := p.writeReport(j, policy.Warn, report.Origin{}); err != nil {
		return err
	}
	return exitWith(verdictCode(j.Verdict(policy.Warn)))
}

// judgeTree judges a tree, from files in place of its own. Packages reads its Go files; nil leaves the imports out.
func (p *project) judgeTree(
	ctx context.Context, tree *repo.Tree, files fs.FS, packages *imports.Reader, vendors bool,
) (*policy.Judgement, error) {
	ws, err := p.loadTree(ctx, tree, files)
	if err != nil {
		return nil, err
	}
	p.sums.Store(ws)
	g, err := p.graph(ctx, ws, graph.Options{Workspace: true})
	if err != nil {
		return nil, err
	}
	facts := policy.NewFacts(g, p.today)
	facts.Interrupted, facts.BasePolicy, facts.Unmerged = p.interrupted, p.basePolicy, p.unmerged
	if facts.Withdrawn, err = p.withdrawnSince(ctx, p.since, ws); err != nil {
		return nil, revisionError(fmt.Errorf("look for modules that are not governed any more: %w", err))
	}
	if packages != nil {
		if facts.Imports, err = imports.Load(ctx, g, packages, hasPackage(p.settings.Get("GOMODCACHE"))); err != nil {
			return nil, err
		}
	}
	if vendors {
		if facts.Vendors, err = integrity.CheckVendors(ctx, g, files); err != nil {
			return nil, err
		}
	}
	if p.deep {
		if err := p.prove(ctx, facts.Vendors, files); err != nil {
			return nil, err
		}
	}
	if p.remote {
		if facts.Remote, err = p.newest(ctx, facts.RemotePaths()); err != nil {
			return nil, err
		}
	}
	return policy.Judge(p.policy, facts, p.overrides...), nil
}

// newest asks what the newest versions of dependencies say. A module that nobody serves says nothing, as in go.
func (p *project) newest(ctx context.Context, paths []string) (map[string]policy.Newest, error) {
	latest, errs := p.source.Latest(ctx, paths)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out := map[string]policy.Newest{}
	for i, path := range paths {
		var failed *modsource.Error
		switch l := &latest[i]; {
		case errs[i] == nil:
			out[path] = policy.Newest{Version: l.Version, Asked: l.Asked, Deprecated: l.Deprecated, Retracted: l.Retracted}
		case errors.As(errs[i], &failed) && failed.Kind == modsource.NotFound:
			out[path] = policy.Newest{}
		default:
			out[path] = policy.Newest{Err: errs[i]}
		}
	}
	return out, nil
}
