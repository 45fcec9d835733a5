package plan

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/modgov/modgov/internal/gocmd"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/workspace"
)

// A trial is one place in which go builds and vets edited files: a module alone, or the workspace.
type trial struct {
	name     string // in messages
	dir      string // where go runs, relative to the root
	gowork   string // the staged go.work file, "" for a module alone
	flags    []string
	patterns []string
}

// verify builds and vets what the plan touches, from copies of the edited files: each module alone, and all members of the
// workspace in it. What does not build is not written, whoever is to blame.
func (p *Plan) verify(ctx context.Context, d *draft) error {
	if err := d.makeStage(); err != nil {
		return err
	}
	trials, err := d.trials()
	if err != nil {
		return err
	}
	failures := make([]error, len(trials))
	s := &step{name: "go builds and vets", total: len(trials)}
	err = d.each(ctx, s, len(trials), func(ctx context.Context, i int) error {
		failures[i] = d.try(ctx, trials[i]) // all are to be seen
		return nil
	})
	if err := errors.Join(err, ctx.Err()); err != nil {
		return err
	}
	if err := errors.Join(failures...); err != nil {
		return unproved("%s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	p.Notes = append(p.Notes, verifiedNote(trials))
	return nil
}

// trials returns what is to be tried, the workspace last.
func (d *draft) trials() ([]trial, error) {
	var out []trial
	ws := d.now.Facts.Workspace
	for _, m := range ws.Governed() {
		if !d.touched(m) && d.builtFromEdited(m, nil) == "" {
			continue
		}
		stage, err := d.stageDir(m.Dir)
		if err != nil {
			return nil, err
		}
		base, err := d.stageCopy(m, stage, "verify")
		if err != nil {
			return nil, err
		}
		flags, err := d.overlayFlags(stage, m)
		if err != nil {
			return nil, err
		}
		flags = append(flags, "-modfile="+base+".mod")
		out = append(out, trial{name: m.Dir, dir: m.Dir, flags: flags, patterns: []string{"./..."}})
	}
	if ws.Work == nil || len(out) == 0 && d.files.changed[ws.Work.File] == nil {
		return out, nil
	}
	t, err := d.workspaceTrial(ws.Work)
	return append(out, t), err
}

// workspaceTrial stages a go.work file that leads to the same directories. Go writes the sums that it misses beside
// it, and not in the tree.
func (d *draft) workspaceTrial(w *workspace.Work) (trial, error) {
	t := trial{name: "the workspace", dir: w.Dir}
	stage, err := d.stageDir("workspace")
	if err != nil {
		return t, err
	}
	if t.flags, err = d.overlayFlags(stage, &workspace.Module{Sum: &workspace.SumFile{}}); err != nil {
		return t, err
	}
	data, err := d.files.ReadFile(w.File)
	if err != nil {
		return t, err
	}
	f, err := modfile.ParseWork(w.File, data, nil)
	if err != nil {
		return t, err
	}
	for _, u := range f.Use {
		t.patterns = append(t.patterns, filepath.Join(d.absolute(w.Dir, u.Path), "..."))
	}
	if err := d.absoluteWork(f, w.Dir); err != nil {
		return t, err
	}
	sums, err := d.files.ReadFile(w.File + ".sum")
	if err := ignoreMissing(err); err != nil {
		return t, err
	}
	t.gowork = filepath.Join(stage, "go.work")
	err = os.WriteFile(t.gowork, modfile.Format(f.Syntax), 0o600)
	return t, errors.Join(err, os.WriteFile(t.gowork+".sum", sums, 0o600))
}

// absoluteWork makes the directories of a go.work file absolute.
func (d *draft) absoluteWork(f *modfile.WorkFile, dir string) error {
	uses := map[string]bool{}
	for _, u := range slices.Clone(f.Use) {
		uses[d.absolute(dir, u.Path)] = true
		if err := f.DropUse(u.Path); err != nil {
			return err
		}
	}
	for _, use := range slices.Sorted(maps.Keys(uses)) {
		if err := f.AddUse(use, ""); err != nil {
			return err
		}
	}
	for _, r := range slices.Clone(f.Replace) {
		if r.New.Version == "" {
			if err := f.AddReplace(r.Old.Path, r.Old.Version, d.absolute(dir, r.New.Path), ""); err != nil {
				return err
			}
		}
	}
	f.Cleanup()
	return nil
}

// absolute returns a directory that a file in dir names.
func (d *draft) absolute(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return d.native(path.Join(dir, filepath.ToSlash(name)))
}

// try builds and vets in one place. A place without packages has nothing that could fail.
func (d *draft) try(ctx context.Context, t trial) error {
	run := func(args ...string) (string, error) {
		out, err := d.project.Settings.Run(ctx, gocmd.Command{
			Dir: d.native(t.dir), GOWORK: t.gowork, Env: d.project.goEnv(),
			Args: slices.Concat(args, []string{"-mod=readonly"}, t.flags, t.patterns),
		})
		return string(out), err
	}
	packages, err := run("list", "-e", "-f", isPackage)
	if err != nil {
		return fmt.Errorf("go list fails in %s: %s", t.name, lastWords(err))
	}
	if packages == "" {
		return nil
	}
	// Without -o a single command would be written to the directory.
	if _, err := run("build", "-o", os.DevNull); err != nil {
		return fmt.Errorf("go build fails in %s: %s", t.name, lastWords(err))
	}
	if _, err := run("vet"); err != nil {
		return fmt.Errorf("go vet fails in %s: %s", t.name, lastWords(err))
	}
	return nil
}

// verifiedNote says what was built and vetted.
func verifiedNote(trials []trial) string {
	modules, work := 0, ""
	for _, t := range trials {
		if t.gowork == "" {
			modules++
		} else {
			work = ", and the workspace"
		}
	}
	return "go build and go vet accept " + policy.Count(modules, "module") + work
}
