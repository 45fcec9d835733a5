package graph_test

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/difftest/universe"
	"github.com/modgov/modgov/internal/gocmd"
)

// newJudge skips the test where there is no go command.
func newJudge(t *testing.T) *universe.Judge {
	t.Helper()
	j, err := universe.NewJudge(t.Context(), t.TempDir())
	if errors.Is(err, gocmd.ErrNoGo) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func readScenario(t *testing.T, name string) *universe.Universe {
	t.Helper()
	data, err := os.ReadFile("testdata/scenario/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	u, err := universe.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// "go list -m" names the members in the order of the use lines, and so do the main modules of the workspace view
// (scenario 37, go-semantics 2.2).
func TestWorkOrder(t *testing.T) {
	t.Parallel()
	u := readScenario(t, "37_work_order")
	g, err := u.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range g.WorkspaceView().Mains {
		got = append(got, m.Path)
	}
	want, refused, err := newJudge(t).Run(t.Context(), u, universe.Workspace, "list", "-m")
	if err != nil || refused != nil {
		t.Fatal(err, refused)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, go list -m says %v", got, want)
	}
}

// Without the .info file of a listed version go prints the graph and refuses the list; the engine needs none (scenario
// 62, go-semantics 2.6).
func TestListWithoutInfo(t *testing.T) {
	t.Parallel()
	u := readScenario(t, "62_no_info")
	g, err := u.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := len(g.View(".").BuildList()); got != 2 {
		t.Errorf("the list has %d lines, want 2", got)
	}
	j := newJudge(t)
	_, refused, err := j.Run(t.Context(), u, ".", "list", "-m", "-mod=readonly", "all")
	if err != nil {
		t.Fatal(err)
	}
	if refused == nil || !strings.Contains(refused.Text, "v1.0.0.info") {
		t.Errorf("go list -m all refuses with %v", refused)
	}
	edges, refused, err := j.Run(t.Context(), u, ".", "mod", "graph")
	if err != nil || refused != nil || len(edges) != 2 {
		t.Errorf("go mod graph: %v %v %v", edges, refused, err)
	}
}

// A dense graph, and a go.mod file with 20,000 requirements, cost no more than their edges (scenario 31). The bound is
// far above what they take, and far below what a quadratic walk would.
func TestLarge(t *testing.T) {
	t.Parallel()
	const bound = 5 * time.Second
	dense := denseUniverse(300, 20)
	began := time.Now()
	if _, err := dense.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	huge := hugeUniverse(20_000)
	g, err := huge.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > bound {
		t.Errorf("two large graphs took %v", took)
	}
	if testing.Short() {
		return
	}
	j := newJudge(t)
	compareWithGo(t, j, dense)
	want, refused, err := j.Run(t.Context(), huge, ".", "mod", "graph")
	if err != nil || refused != nil {
		t.Fatal(err, refused)
	}
	var got []string
	g.View(".").WalkEdges(func(from, to module.Version) {
		got = append(got, strings.TrimSuffix(from.String(), "@")+" "+to.String())
	})
	if !slices.Equal(got, want) {
		t.Errorf("the graph has %d lines, that of go mod graph %d, or they differ", len(got), len(want))
	}
}

// denseUniverse has modules of go 1.16 of which each requires the next few.
func denseUniverse(nodes, out int) *universe.Universe {
	u := &universe.Universe{Files: map[string]string{}, Outside: map[module.Version]string{}}
	version := func(i int) module.Version {
		return module.Version{Path: fmt.Sprintf("ex.test/n%03d", i%nodes/3), Version: fmt.Sprintf("v1.%d.0", i%3)}
	}
	u.Files["go.mod"] = fmt.Sprintf("module ex.test/m\n\ngo 1.16\n\nrequire %s %s\n", version(2).Path, version(2).Version)
	for i := range nodes {
		text := "module " + version(i).Path + "\n"
		for j := 1; j <= out; j++ {
			text += fmt.Sprintf("require %s %s\n", version(i+j).Path, version(i+j).Version)
		}
		u.Outside[version(i)] = text
	}
	return u
}

// hugeUniverse has one go.mod file with many requirements that are pruned out.
func hugeUniverse(requires int) *universe.Universe {
	u := &universe.Universe{
		Files: map[string]string{}, Outside: map[module.Version]string{}, NoInfo: map[module.Version]bool{},
	}
	u.Files["go.mod"] = "module ex.test/m\n\ngo 1.20\n\nrequire ex.test/big v1.0.0\n"
	var b strings.Builder
	b.WriteString("module ex.test/big\n\ngo 1.20\n\nrequire (\n")
	for i := range requires {
		m := module.Version{Path: fmt.Sprintf("ex.test/x%05d", i*7919%requires), Version: "v1.0.0"}
		fmt.Fprintf(&b, "\t%s %s\n", m.Path, m.Version)
		u.NoInfo[m] = true
	}
	b.WriteString(")\n")
	u.Outside[module.Version{Path: "ex.test/big", Version: "v1.0.0"}] = b.String()
	return u
}

// docs/exactness.md names a test for each scenario of go-semantics section 7 that concerns graphs, lists, workspaces,
// replaces, excludes, go and toolchain lines, parsing and proxies; the tests exist, and it leaves none out.
func TestScenarioTable(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/exactness.md")
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("exact_test.go")
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir("testdata/scenario")
	if err != nil {
		t.Fatal(err)
	}
	unnamed := map[string]bool{}
	for _, f := range files {
		unnamed[strings.TrimSuffix(f.Name(), ".txtar")] = true
	}
	rows := map[int]bool{}
	row := regexp.MustCompile(`(?m)^\| (\d+) \| (.+?) \|`)
	name := regexp.MustCompile("`([^`]+)`")
	for _, m := range row.FindAllStringSubmatch(string(doc), -1) {
		number, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		rows[number] = true
		for _, test := range name.FindAllStringSubmatch(m[2], -1) {
			switch scenario := unnamed[test[1]]; {
			case scenario && !strings.HasPrefix(test[1], fmt.Sprintf("%02d_", number)):
				t.Errorf("%s stands in row %d", test[1], number)
			case !scenario && !strings.Contains(string(code), "func "+test[1]+"("):
				t.Errorf("row %d names %s, which is neither a scenario nor a test here", number, test[1])
			}
			delete(unnamed, test[1])
		}
	}
	for n := 1; n <= 67; n++ {
		if wanted := n <= 52 || slices.Contains([]int{56, 62, 64, 66}, n); wanted != rows[n] {
			t.Errorf("scenario %d: in the table %v, want %v", n, rows[n], wanted)
		}
	}
	for n := range unnamed {
		t.Errorf("%s is not in the table", n)
	}
}

// For an unpruned module "go mod graph -go=1.16" prints the graph of the file as it is, which is what AsIs
// gives (go-semantics 2.4).
func TestGraphAsIs(t *testing.T) {
	t.Parallel()
	j := newJudge(t)
	for _, test := range []struct{ scenario, dir string }{
		{"34_stale_indirect", "old"}, {"34_stale_indirect", "direct"}, {"06_dependency_go_higher", "old"},
		{"10_exclude_own", "old"}, {"24_majors", "."},
	} {
		u := readScenario(t, test.scenario)
		g, err := u.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		g.View(test.dir).AsIs().WalkEdges(func(from, to module.Version) {
			got = append(got, strings.TrimSuffix(from.String(), "@")+" "+to.String())
		})
		want, refused, err := j.Run(t.Context(), u, test.dir, "mod", "graph", "-go=1.16")
		if err != nil || refused != nil {
			t.Fatal(test, err, refused)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s in %s:\n%s\ngo mod graph -go=1.16:\n%s",
				test.scenario, test.dir, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}
