package graph

import (
	"slices"

	"github.com/modgov/modgov/internal/workspace"
)

// Order returns for each of the selected modules the selected ones that come directly before it, sorted by directory, if
// a module is to come after the siblings that it depends on: those that its require lines name, at whatever version, and
// those from whose directories it takes code, alone or in the workspace; through modules that are not selected, too. It
// leads in no circle: modules that depend on each other come one after the other, by directory, after all that one of
// them depends on.
func (g *Graph) Order(selected func(*workspace.Module) bool) map[*workspace.Module][]*workspace.Module {
	needs := g.requiredSiblings()
	for m, locals := range g.Locals() {
		for _, l := range locals {
			if s := g.ws.Module(l.Dir); s != nil && s.Governed && s != m {
				needs[m] = append(needs[m], s)
			}
		}
	}
	out := map[*workspace.Module][]*workspace.Module{}
	last := map[*workspace.Module][]*workspace.Module{} // of the component of a module: what to wait for
	for _, group := range Components(g.ws.Governed(), func(m *workspace.Module) []*workspace.Module { return needs[m] }) {
		var before []*workspace.Module
		for _, m := range group {
			for _, s := range needs[m] {
				if !slices.Contains(group, s) {
					before = append(before, last[s]...)
				}
			}
		}
		slices.SortFunc(before, byDir)
		before = slices.Compact(before)
		for _, m := range group {
			if selected(m) {
				out[m], before = before, []*workspace.Module{m}
			}
		}
		for _, m := range group {
			last[m] = before
		}
	}
	return out
}
