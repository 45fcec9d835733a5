package main

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/workspace"
)

// selects reports whether --module names a module; without the flag every governed one is selected.
func (p *project) selects(m *workspace.Module) bool {
	if p.selected.IsZero() {
		return m.Governed
	}
	return p.selected.Match(p.policy.Info(m.Dir, m.Path))
}

// selectedDirs are the directories of the modules that --module names; nil without the flag.
func (p *project) selectedDirs(ws *workspace.Workspace) []string {
	if p.selected.IsZero() {
		return nil
	}
	out := []string{}
	for _, m := range ws.Modules {
		if p.selects(m) {
			out = append(out, m.Dir)
		}
	}
	return out
}

// checkSelection refuses to answer about no module at all: neither a gate that looks at the wrong directory nor a
// misspelt selector may pass.
func (p *project) checkSelection(ws *workspace.Workspace) error {
	if len(ws.Modules) == 0 && ws.Work == nil {
		return withHint(usagef("no go.mod file below %s", p.repo.Root),
			"start modgov in a repository, or name one with -C or --root")
	}
	if p.selected.IsZero() {
		return nil
	}
	for _, m := range ws.Modules {
		if p.selects(m) {
			return nil
		}
	}
	err := usagef("--module %s selects no module", strings.Join(p.inv.modules, " "))
	for _, text := range p.inv.modules {
		if meant := p.meantModules(ws, text); meant != "" {
			return withHint(err, "did you mean --module %s?", meant)
		}
	}
	return withHint(err, "a selector is a directory such as %s, a glob such as services/**, path:GLOB, team:NAME or tag:NAME", exampleDir(ws))
}

// meantModules is the selector that was probably meant by one that selects nothing, "" if none is near.
func (p *project) meantModules(ws *workspace.Workspace, text string) string {
	var dirs, modules, teams []string
	for _, m := range ws.Modules {
		dirs, modules = append(dirs, m.Dir), append(modules, m.Path)
		teams = append(teams, p.policy.Info(m.Dir, m.Path).Teams...)
	}
	prefixed := func(prefix, word string) string {
		if word == "" {
			return ""
		}
		return prefix + word
	}
	if name, ok := strings.CutPrefix(text, "team:"); ok {
		slices.Sort(teams) // of equally near ones the same every time; and each module of a team names it
		return prefixed("team:", policy.Suggest(name, slices.Compact(teams)))
	}
	if name, ok := strings.CutPrefix(text, "path:"); ok {
		return prefixed("path:", policy.Suggest(name, modules))
	}
	dir := path.Clean(text)
	here, err := filepath.Rel(p.repo.Root, filepath.Join(p.inv.dir, filepath.FromSlash(dir)))
	switch {
	case err == nil && ws.Module(filepath.ToSlash(here)) != nil:
		return filepath.ToSlash(here)
	case slices.ContainsFunc(dirs, func(d string) bool { return strings.HasPrefix(d, dir+"/") }):
		return dir + "/**"
	case slices.Contains(modules, dir):
		return "path:" + dir
	}
	return policy.Suggest(dir, dirs)
}

// checkGoverned refuses to judge where there is nothing to judge.
func (p *project) checkGoverned(ws *workspace.Workspace) error {
	if err := p.checkSelection(ws); err != nil || len(ws.Governed()) > 0 || ws.Work != nil {
		return err
	}
	return withHint(usagef("no module below %s is governed: all are outside", p.repo.Root),
		"modules below testdata, _x and .x are, and those that the policy excludes; modules: {include: [...]} governs them")
}

func exampleDir(ws *workspace.Workspace) string {
	for _, m := range ws.Modules {
		if m.Dir != "." {
			return m.Dir
		}
	}
	return "."
}
