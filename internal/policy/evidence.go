package policy

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// What rules share: where they look, and how they word what they found.

// view returns the view of a module alone, nil if it has no build list.
func (c *checker) view(m *workspace.Module) *graph.View {
	if v := c.Graph.View(m.Dir); v != nil && v.Err() == nil {
		return v
	}
	return nil
}

// workView returns the view of the workspace, nil if it has no build list.
func (c *checker) workView() *graph.View {
	if w := c.Graph.WorkspaceView(); w != nil && w.Err() == nil {
		return w
	}
	return nil
}

// member reports whether go.work uses the module.
func (c *checker) member(m *workspace.Module) bool {
	w := c.Workspace.Work
	return w != nil && slices.ContainsFunc(w.Uses, func(u workspace.Use) bool { return u.Module == m })
}

// A replaceLine is a replace line of a governed module or of go.work.
type replaceLine struct {
	*workspace.Replace
	File   string            // that it stands in
	Module *workspace.Module // nil for go.work
	// Kind tells it from other lines of the file for the same path: the version on its left side, "" if it is alone. The
	// version of a line that is alone may move without making another finding of it.
	Kind string
}

// replaceLines returns all of them: those of the modules by directory, then those of go.work; in file order.
func (c *checker) replaceLines() []replaceLine {
	var out []replaceLine
	for _, m := range c.Workspace.Governed() {
		for i := range m.Replaces {
			out = append(out, replaceLine{&m.Replaces[i], m.File, m, lineKind(m.Replaces, i)})
		}
	}
	if w := c.Workspace.Work; w != nil {
		for i := range w.Replaces {
			out = append(out, replaceLine{&w.Replaces[i], w.File, nil, lineKind(w.Replaces, i)})
		}
	}
	return out
}

func lineKind(lines []workspace.Replace, i int) string {
	old := lines[i].Old
	for _, other := range lines {
		if other.Old.Path == old.Path && other.Old.Version != old.Version {
			return old.Version
		}
	}
	return ""
}

// viewOf returns where the line counts first: the module alone, or the workspace. nil if that was not looked at.
func (c *checker) viewOf(l replaceLine) *graph.View {
	if l.Module == nil {
		return c.Graph.WorkspaceView()
	}
	return c.Graph.View(l.Module.Dir)
}

// found begins a finding about the line.
func (l replaceLine) found(kind, label, format string, args ...any) *Finding {
	f := &Finding{
		Dep: l.Old.Path, Kind: kind, Subject: l.File, Message: fmt.Sprintf(format, args...),
		At: []Span{{l.Pos, label}},
	}
	if l.Module != nil {
		f.Subject, f.Modules = l.Module.Dir, []string{l.Module.Dir}
	}
	return f
}

// dropReplace is the command that removes the line.
func (c *checker) dropReplace(l replaceLine) string {
	if l.Module == nil {
		return c.goWork("edit", "-dropreplace="+oldArg(l.Old))
	}
	return goCommand(l.Module.Dir, "mod", "edit", "-dropreplace="+oldArg(l.Old))
}

// oldArg writes the left side of a replace line as commands take it.
func oldArg(old module.Version) string {
	if old.Version == "" {
		return old.Path
	}
	return old.Path + "@" + old.Version
}

// goSays quotes the go command. Where the quotation leaves something out stands "…"; where says when it can be heard.
func goSays(quotation, where string) Remark {
	return Remark{"go says", fmt.Sprintf("%q %s", quotation, where)}
}

// alone and inWork say where the go command can be heard.
func alone(m *workspace.Module) string { return "in " + m.Dir + " with GOWORK=off" }

const inWork = "in the workspace"

// goCommand is a go command to run at the root for a directory.
func goCommand(dir string, args ...string) string {
	if dir != "." {
		args = append([]string{"-C", dir}, args...)
	}
	return command("go", args...)
}

// goWork is a "go work" command, "" if the workspace file has a name that only GOWORK could tell it.
func (c *checker) goWork(args ...string) string {
	w := c.Workspace.Work
	if path.Base(w.File) != "go.work" {
		return ""
	}
	return goCommand(w.Dir, append([]string{"work"}, args...)...)
}

// command writes a command for a POSIX shell: names of directories are anything.
func command(name string, args ...string) string {
	for _, a := range args {
		name += " " + shellWord(a)
	}
	return name
}

func shellWord(s string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_./@=+:,%~", r)
	}
	if s != "" && s[0] != '~' && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Count words a number of things: "1 module", "3 modules", "2 dependencies".
func Count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	if stem, ok := strings.CutSuffix(one, "y"); ok && !strings.HasSuffix(stem, "a") { // days
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// listed joins words with commas and counts those beyond the first few.
func listed(words []string, few int) string {
	if len(words) <= few {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:few], ", "), len(words)-few)
}

// relativeDir writes a directory as a replace or use line of a file in base has it; both are relative to the root.
func relativeDir(base, dir string) string {
	rel, err := filepath.Rel(filepath.FromSlash(base), filepath.FromSlash(dir))
	if err != nil {
		return ""
	}
	rel = filepath.ToSlash(rel)
	if rel == ".." || strings.HasPrefix(rel, "../") {
		return rel
	}
	if rel == "." {
		return "./"
	}
	return "./" + rel
}

// byDirectory orders modules by their directories.
func byDirectory(a, b *workspace.Module) int { return strings.Compare(a.Dir, b.Dir) }

// dirs returns the directories of modules, sorted.
func dirs(modules []*workspace.Module) []string {
	out := make([]string, len(modules))
	for i, m := range modules {
		out[i] = m.Dir
	}
	slices.Sort(out)
	return out
}
