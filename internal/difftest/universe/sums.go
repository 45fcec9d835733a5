package universe

import (
	"context"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/workspace"
)

// sumRefused says what modgov's facts about sums files have against a view: a malformed line, a line that is missing,
// or two hashes for one version of which go looks at the wrong one first (go-semantics 4.1, 4.3, 4.7). It is nil for a
// universe without sums files of its own: Compare then writes those that fit.
func (u *Universe) sumRefused(g *graph.Graph, v *graph.View) *Refusal {
	files := u.sumFiles(g, v)
	if len(files) == 0 || v.Err() != nil {
		return nil
	}
	for _, f := range files {
		if len(f.Bad) > 0 {
			return &Refusal{Kinds: []Kind{BadSum}, Text: f.Bad[0].Error()}
		}
	}
	facts := integrity.CheckSums(g)
	for _, f := range v.Loaded() {
		mod := module.Version{Path: f.Mod.Path, Version: f.Mod.Version + "/go.mod"}
		conflict := slices.ContainsFunc(facts.Conflicts, func(c integrity.SumConflict) bool { return c.Mod == mod })
		for _, file := range files {
			if conflict && firstHash(file, mod) != f.Sum && firstHash(file, mod) != "" {
				return &Refusal{Kinds: []Kind{WrongSum}, Text: mod.String()}
			}
		}
		missing := func(m integrity.MissingSum) bool { return m.View == v && m.File.Mod == f.Mod }
		if slices.ContainsFunc(facts.Missing, missing) {
			return &Refusal{Kinds: []Kind{MissingSum}, Module: f.For, Text: mod.String()}
		}
	}
	return nil
}

// sumFiles returns the sums files that go reads in a view, if the universe has any of them itself.
func (u *Universe) sumFiles(g *graph.Graph, v *graph.View) []*workspace.SumFile {
	var out []*workspace.SumFile
	own := false
	add := func(f *workspace.SumFile) {
		out = append(out, f)
		_, has := u.Files[f.File]
		own = own || has
	}
	for _, m := range v.Mains {
		add(m.Sum)
	}
	if w := g.Workspace().Work; w != nil && v.Module == nil {
		add(w.Sum)
	}
	if !own {
		return nil
	}
	return out
}

// firstHash returns the first hash of a file that go knows how to compare.
func firstHash(f *workspace.SumFile, m module.Version) string {
	for _, h := range f.Hashes(m.Path, m.Version) {
		if strings.HasPrefix(h, "h1:") {
			return h
		}
	}
	return ""
}

// CheckWant compares the engine, in memory, with what a case expects. It tells each difference, each view that the
// case says nothing of, and each expectation that is of no view.
func (u *Universe) CheckWant(ctx context.Context) ([]string, error) {
	g, err := u.Load(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	views := u.views(g)
	for _, view := range views {
		text, ok := u.Want[view]
		if !ok {
			out = append(out, view+": the case does not say what to expect")
			continue
		}
		want, err := ParseAnswer(text)
		if err != nil {
			out = append(out, view+": "+err.Error())
			continue
		}
		for _, d := range differences(want, u.answer(g, view, memoryRoot)) {
			out = append(out, view+": "+d)
		}
	}
	for name := range u.Want {
		if !slices.Contains(views, name) {
			out = append(out, path.Clean(name)+": expected, and there is no such view")
		}
	}
	slices.Sort(out)
	return out, nil
}
