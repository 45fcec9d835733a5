package universe

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
)

// A Verdict is what the comparison of one view came to.
type Verdict struct {
	View string
	Go   Answer
	// Diffs are the differences, each some lines of text; none if the engine says what go says.
	Diffs []string
}

// Compare asks go and the engine for every view of a universe: each module alone, and the workspace. The error is that
// the universe could not be written or go could not be run.
func (j *Judge) Compare(ctx context.Context, u *Universe) (verdicts []Verdict, err error) {
	g, err := u.Load(ctx)
	if err != nil {
		return nil, err
	}
	views := u.views(g)
	s, err := j.open(u, u.sums(g))
	if err != nil {
		return nil, err
	}
	defer func() {
		if closeErr := s.close(); err == nil {
			err = closeErr
		}
	}()
	// Again with the root that absolute paths in the files mean on disk.
	if g, err = u.load(ctx, s.root); err != nil {
		return nil, err
	}
	for _, view := range views {
		said, err := s.ask(ctx, view)
		if err != nil {
			return nil, err
		}
		verdicts = append(verdicts, Verdict{View: view, Go: said, Diffs: differences(said, u.answer(g, view, s.root))})
	}
	return verdicts, s.checkSum(ctx, g, verdicts)
}

// checkSum takes one line from the go.sum file of the first module that go accepts, and asks again: if the engine is
// right about the lines that go needs, go misses just this one. That none is missing show the accepted lists.
func (s *site) checkSum(ctx context.Context, g *graph.Graph, verdicts []Verdict) error {
	for i := range verdicts {
		v := &verdicts[i]
		if _, own := s.u.Files[path.Join(v.View, "go.sum")]; own || v.View == Workspace || v.Go.ListRefused != nil {
			continue
		}
		loaded := g.View(v.View).Loaded()
		if len(loaded) == 0 {
			continue
		}
		without := loaded[len(loaded)/2].Mod
		name := filepath.Join(s.viewDir(v.View), "go.sum")
		if err := os.WriteFile(name, []byte(sumText(loaded, without)), 0o666); err != nil {
			return err
		}
		_, refused, err := s.list(ctx, v.View, "-mod=readonly")
		if err != nil {
			return err
		}
		if !refused.Is(MissingSum) || !strings.Contains(refused.Text, without.String()) {
			v.Diffs = append(v.Diffs, fmt.Sprintf("go.sum: the engine says that go needs %s/go.mod, and go does not", without))
		}
		return nil
	}
	return nil
}

// views names the views that are compared.
func (u *Universe) views(g *graph.Graph) []string {
	if len(u.Only) > 0 {
		return u.Only
	}
	var out []string
	for _, v := range g.Views() {
		out = append(out, v.Dir())
	}
	if g.WorkspaceView() != nil {
		out = append(out, Workspace)
	}
	return out
}

func viewOf(g *graph.Graph, view string) *graph.View {
	if view == Workspace {
		return g.WorkspaceView()
	}
	return g.View(view)
}

// answer is what the engine says of a view, in the terms of the universe's own files, and what modgov says of its
// go.sum files if the universe has some. The repository stands at root.
func (u *Universe) answer(g *graph.Graph, view, root string) Answer {
	v := viewOf(g, view)
	a := answerOf(v)
	for _, lines := range [][]string{a.List, a.Updated, a.Graph} {
		for i, l := range lines {
			lines[i] = strings.ReplaceAll(l, root, rootVar)
		}
	}
	if r := u.sumRefused(g, v); r != nil && a.ListRefused == nil {
		a.List, a.ListRefused = nil, r
		if !r.Is(MissingSum) { // go mod graph adds what is missing
			a.Graph, a.GraphRefused = nil, r
		}
	}
	return a
}

// sums returns the text of the go.sum file of each module: exactly the lines that the engine says go needs, so that
// go finds out about one that the engine forgets. Where the engine has no list, it is every line there could be.
func (u *Universe) sums(g *graph.Graph) map[string]string {
	out := map[string]string{}
	mentioned := slices.Collect(maps.Keys(u.mentioned()))
	module.Sort(mentioned)
	for _, v := range g.Views() {
		loaded := v.Loaded()
		if v.Err() != nil {
			for _, m := range mentioned {
				loaded = append(loaded, graph.LoadedFile{Mod: m, Sum: u.goModSum(m)})
			}
		}
		out[v.Dir()] = sumText(loaded, module.Version{})
	}
	return out
}

// sumText returns go.sum lines for go.mod files, except for one.
func sumText(files []graph.LoadedFile, without module.Version) string {
	var b strings.Builder
	for _, f := range files {
		if f.Mod != without {
			fmt.Fprintf(&b, "%s %s/go.mod %s\n", f.Mod.Path, f.Mod.Version, f.Sum)
		}
	}
	return b.String()
}

// differences compares what go says with what the engine says.
func differences(said, engine Answer) []string {
	if said.ListRefused.Is(TooNew) || said.GraphRefused.Is(TooNew) {
		return nil // the engine goes on where this go cannot
	}
	if engine.ListRefused.Is(Unclear) {
		return nil // go asks the proxy, and then refuses in some way; in a workspace it may go on
	}
	var out []string
	compare := func(what string, want []string, wantRefused *Refusal, got []string, gotRefused *Refusal) {
		if d := difference(want, wantRefused, got, gotRefused); d != "" {
			out = append(out, what+": "+d)
		}
	}
	if said.ListRefused.Is(NeedsUpdate) && said.UpdatedRefused != nil && engine.ListRefused.Is(Unloadable) {
		// Go finds out in two steps that the file is stale and that its update cannot be loaded; the engine names
		// the second, which keeps it from a list.
		compare("updated list", said.Updated, said.UpdatedRefused, engine.List, engine.ListRefused)
	} else {
		compare("list", said.List, said.ListRefused, engine.List, engine.ListRefused)
		compare("updated list", said.Updated, said.UpdatedRefused, engine.Updated, engine.UpdatedRefused)
	}
	if engine.GraphRefused != nil && said.ListRefused != nil && said.ListRefused.agrees(engine.ListRefused) {
		return out // a view that cannot be listed shows no graph; go may print one, or refuse it for another reason
	}
	compare("graph", said.Graph, said.GraphRefused, engine.Graph, engine.GraphRefused)
	return out
}

func difference(want []string, wantRefused *Refusal, got []string, gotRefused *Refusal) string {
	switch {
	case wantRefused == nil && gotRefused == nil:
		return lineDiff(want, got)
	case wantRefused == nil:
		return fmt.Sprintf("go accepts, the engine refuses %v: %s", gotRefused.Kinds, gotRefused.Text)
	case gotRefused == nil:
		return fmt.Sprintf("the engine accepts, go refuses %v: %s", wantRefused.Kinds, wantRefused.Text)
	case !wantRefused.agrees(gotRefused):
		return fmt.Sprintf("go refuses %v %s, the engine %v %s\n%s\n%s",
			wantRefused.Kinds, wantRefused.Module, gotRefused.Kinds, gotRefused.Module, wantRefused.Text, gotRefused.Text)
	}
	return ""
}

// lineDiff shows the first place where two answers part.
func lineDiff(want, got []string) string {
	if slices.Equal(want, got) {
		return ""
	}
	at := 0
	for at < len(want) && at < len(got) && want[at] == got[at] {
		at++
	}
	show := func(lines []string) string {
		if at >= len(lines) {
			return "(nothing more)"
		}
		return strings.Join(lines[at:min(at+3, len(lines))], "\n           ")
	}
	return fmt.Sprintf("line %d of %d and %d\n    go     %s\n    engine %s",
		at+1, len(want), len(got), show(want), show(got))
}
