package change

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/workspace"
)

// moves say where the modules of the state before are now, by directory, and what their paths are now; what is not in
// them is where and what it was.
type moves struct{ dirs, paths map[string]string }

// Moved returns where the modules are now that a change moves, by the directories that they were in.
func Moved(was, is *workspace.Workspace) map[string]string { return movedModules(was, is).dirs }

// movedModules finds the modules that a change moves. A module whose directory holds none any more has moved to the new
// one with its path or, as a path often follows its directory, to the only new one that requires just the same of outside
// modules, where that is anything.
func movedModules(was, is *workspace.Workspace) moves {
	m := moves{map[string]string{}, map[string]string{}}
	gone, came := modulesWithout(was, is), modulesWithout(is, was)
	for _, key := range []func(*workspace.Module, *workspace.Workspace) string{pathOf, needsOf} {
		left, right := byKey(gone, was, key), byKey(came, is, key)
		for text, from := range left {
			if to := right[text]; text != "" && len(from) == 1 && len(to) == 1 {
				m.dirs[from[0].Dir], m.paths[from[0].Path] = to[0].Dir, to[0].Path
			}
		}
		gone = slices.DeleteFunc(gone, func(x *workspace.Module) bool { return m.dirs[x.Dir] != "" })
		came = slices.DeleteFunc(came, func(x *workspace.Module) bool {
			return slices.Contains(slices.Collect(maps.Values(m.dirs)), x.Dir)
		})
	}
	for _, old := range was.Modules {
		if now := is.Module(old.Dir); now != nil && now.Path != old.Path {
			m.paths[old.Path] = now.Path
		}
	}
	return m
}

// modulesWithout are the modules of a workspace whose directories hold none in another.
func modulesWithout(ws, other *workspace.Workspace) []*workspace.Module {
	return slices.DeleteFunc(slices.Clone(ws.Modules), func(m *workspace.Module) bool {
		return m.Marker || other.Module(m.Dir) != nil
	})
}

func byKey(
	modules []*workspace.Module, ws *workspace.Workspace, key func(*workspace.Module, *workspace.Workspace) string,
) map[string][]*workspace.Module {
	out := map[string][]*workspace.Module{}
	for _, m := range modules {
		text := key(m, ws)
		out[text] = append(out[text], m)
	}
	return out
}

func pathOf(m *workspace.Module, _ *workspace.Workspace) string { return m.Path }

// needsOf is what a module requires of outside modules, as a text.
func needsOf(m *workspace.Module, ws *workspace.Workspace) string {
	var lines []string
	for _, r := range m.Requires {
		if !slices.ContainsFunc(ws.Modules, func(s *workspace.Module) bool { return s.Path == r.Mod.Path }) {
			lines = append(lines, fmt.Sprintf("%s %t", r.Mod, r.Indirect))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// now is a finding of the state before with the names that its modules have now.
func (m moves) now(f *policy.Finding) *policy.Finding {
	if len(m.dirs)+len(m.paths) == 0 {
		return f
	}
	out := *f
	out.Modules = slices.Clone(f.Modules)
	for i, dir := range out.Modules {
		out.Modules[i] = renamed(m.dirs, dir)
	}
	out.Measures = slices.Clone(f.Measures)
	for i := range out.Measures {
		out.Measures[i].Module = renamed(m.dirs, out.Measures[i].Module)
	}
	out.Dep = renamed(m.paths, f.Dep)
	switch rest, about := strings.CutPrefix(f.Subject, f.Dep); {
	case f.Dep != "" && about && (rest == "" || rest[0] == ' '):
		out.Subject = out.Dep + rest
	default:
		out.Subject = renamed(m.dirs, f.Subject)
	}
	return &out
}

func renamed(names map[string]string, name string) string {
	if now, ok := names[name]; ok {
		return now
	}
	return name
}
