package universe

import (
	"context"
	"slices"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
)

// settleRounds bounds how often roots are raised: a raised root may bring in what raises another one.
const settleRounds = 12

// settle edits the modules of the repository until go needs no update of any. The engine says what has to move; go
// judges the result like any other universe, so this makes universes that go accepts and hides no difference.
func (g *generator) settle(ctx context.Context) error {
	for range settleRounds {
		loaded, err := g.universe().Load(ctx)
		if err != nil {
			return err
		}
		moved := false
		for _, v := range loaded.Views() {
			for _, s := range v.NeedsUpdate() {
				g.file[v.Dir()].move(s)
				moved = true
			}
		}
		if g.work != nil && g.raiseWork() {
			moved = true
		}
		if !moved {
			return nil
		}
	}
	return nil
}

// move makes one edit that an update of go.mod makes.
func (m *modFile) move(s graph.Stale) {
	switch s.Root.Path {
	case "go":
		m.goLine = s.Selected
		return
	case "toolchain":
		m.tools = s.Selected
		return
	}
	if s.Selected == "" || m.has(module.Version{Path: s.Root.Path, Version: s.Selected}) {
		m.requires = slices.DeleteFunc(m.requires, func(r require) bool { return r.mod == s.Root })
		return
	}
	for i := range m.requires {
		if m.requires[i].mod == s.Root {
			m.requires[i].mod.Version = s.Selected
		}
	}
}

func (m *modFile) has(mod module.Version) bool {
	return slices.ContainsFunc(m.requires, func(r require) bool { return r.mod == mod })
}

// raiseWork raises the go line of go.work to those of its members.
func (g *generator) raiseWork() bool {
	raised := false
	for _, dir := range g.work.uses {
		line := g.file[dir].goLine
		have := g.work.goLine
		if have == "" {
			have = "1.18"
		}
		if line != "" && graph.CompareGo(line, "1.21") >= 0 && graph.CompareGo(line, have) > 0 {
			g.work.goLine, raised = line, true
		}
	}
	return raised
}

// prune takes from the proxy some versions that nothing reads: go accepts a requirement on a version that exists
// nowhere as long as the graph is pruned above it.
func (g *generator) prune(ctx context.Context, u *Universe) error {
	if !g.in(60) {
		return nil
	}
	loaded, err := u.Load(ctx)
	if err != nil {
		return err
	}
	views := loaded.Views()
	if w := loaded.WorkspaceView(); w != nil {
		views = append(views[:len(views):len(views)], w)
	}
	read := map[module.Version]bool{}
	for _, v := range views {
		if v.Err() != nil {
			return nil // nobody knows what go reads then
		}
		for _, f := range v.Loaded() {
			read[f.Mod] = true
		}
		v.WalkEdges(func(from, _ module.Version) {
			read[from] = true
			if r := v.Replacement(from); r != nil && r.Line.Dir == "" {
				read[r.Line.New] = true
			}
		})
		for _, item := range v.BuildList() {
			if item.Replace != nil && item.Replace.Line.Dir == "" {
				read[item.Replace.New] = true // its .info is asked for
			}
		}
	}
	for _, m := range u.Mods() {
		if !read[m] && g.in(30) {
			delete(u.Outside, m)
		}
	}
	return nil
}
