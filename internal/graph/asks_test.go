package graph_test

import (
	"strings"
	"testing"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
)

// asksRepo has every way to ask for example.com/x: lines of the main module and of a sibling, with and without a mark,
// lines of outside modules, and a line of a version that is not selected.
const asksRepo = `
-- go.work --
go 1.24
use (
	./app
	./lib
)
-- app/go.mod --
module acme.com/app
go 1.24
require (
	acme.com/lib v0.0.0
	example.com/mid v1.1.0
	example.com/old v1.0.0 // indirect
	example.com/x v1.0.0 // indirect
)
replace acme.com/lib => ../lib
-- lib/go.mod --
module acme.com/lib
go 1.24
require (
	example.com/mid v1.0.0
	example.com/x v1.0.0
)
-- stale/go.mod --
module acme.com/stale
go 1.24
require (
	example.com/x v0.9.0
	example.com/old v1.0.0
)
-- lists/go.mod --
module acme.com/lists
go 1.24
require example.com/mid v1.1.0
-- broken/go.mod --
module acme.com/broken
go 1.24
require example.com/nowhere v1.0.0
-- proxy/example.com/mid@v1.0.0 --
module example.com/mid
go 1.20
require example.com/x v0.8.0
-- proxy/example.com/mid@v1.1.0 --
module example.com/mid
go 1.20
require example.com/old v1.0.0
require example.com/x v1.0.0 // indirect
-- proxy/example.com/old@v1.0.0 --
module example.com/old
require example.com/x v1.0.0
-- proxy/example.com/x@v0.8.0 --
module example.com/x
-- proxy/example.com/x@v0.9.0 --
module example.com/x
-- proxy/example.com/x@v1.0.0 --
module example.com/x
`

func TestAsks(t *testing.T) {
	t.Parallel()
	g := loadArchive(t, asksRepo)
	tests := []struct{ dir, want string }{
		{"app", `acme.com/app -> example.com/x@v1.0.0 indirect
acme.com/lib@v0.0.0 -> example.com/x@v1.0.0
example.com/mid@v1.1.0 -> example.com/x@v1.0.0 indirect
example.com/old@v1.0.0 -> example.com/x@v1.0.0`},
		{"lib", `acme.com/lib -> example.com/x@v1.0.0
example.com/mid@v1.0.0 -> example.com/x@v0.8.0`},
		{"stale", `acme.com/stale -> example.com/x@v1.0.0
example.com/old@v1.0.0 -> example.com/x@v1.0.0`}, // as go would raise the line
		{"lists", "example.com/mid@v1.1.0 -> example.com/x@v1.0.0 indirect"}, // the file of old is pruned out
		{"broken", ""},
	}
	for _, test := range tests {
		if got := asksText(g.View(test.dir).Asks("example.com/x")); got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", test.dir, got, test.want)
		}
	}
	// In the workspace every member is a main module.
	want := `acme.com/app -> example.com/x@v1.0.0 indirect
acme.com/lib -> example.com/x@v1.0.0
acme.com/lib@v0.0.0 -> example.com/x@v1.0.0
example.com/mid@v1.1.0 -> example.com/x@v1.0.0 indirect
example.com/old@v1.0.0 -> example.com/x@v1.0.0
example.com/mid@v1.0.0 -> example.com/x@v0.8.0`
	if got := asksText(g.WorkspaceView().Asks("example.com/x")); got != want {
		t.Errorf("workspace:\n%s\nwant\n%s", got, want)
	}
	if got := g.View("app").Asks("example.com/none"); got != nil {
		t.Errorf("of a path that no graph has: %v", got)
	}
}

func TestAsksOf(t *testing.T) {
	t.Parallel()
	g := loadArchive(t, asksRepo)
	tests := []struct {
		dir  string
		mod  module.Version
		want string
	}{
		{"app", module.Version{Path: "example.com/mid", Version: "v1.1.0"}, `example.com/mid@v1.1.0 -> example.com/old@v1.0.0
example.com/mid@v1.1.0 -> example.com/x@v1.0.0 indirect`},
		{"lib", module.Version{Path: "acme.com/lib"}, `acme.com/lib -> example.com/mid@v1.0.0
acme.com/lib -> example.com/x@v1.0.0`},
		{"lists", module.Version{Path: "example.com/old", Version: "v1.0.0"}, ""}, // not read
		{"lists", module.Version{Path: "acme.com/lib", Version: "v0.0.0"}, ""},    // of another graph
		{"broken", module.Version{Path: "acme.com/broken"}, ""},
	}
	for _, test := range tests {
		if got := asksText(g.View(test.dir).AsksOf(test.mod)); got != test.want {
			t.Errorf("%s in %s:\n%s\nwant\n%s", test.mod, test.dir, got, test.want)
		}
	}
}

func asksText(asks []graph.Ask) string {
	var lines []string
	for _, a := range asks {
		line := a.From.String() + " -> " + a.To.String()
		if a.Indirect {
			line += " indirect"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
