package graph

import (
	"context"
	"fmt"
	"go/version"
	"slices"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/workspace"
)

// A node is a module version, as a small number in its universe.
type node = int32

// A fileID names a go.mod file of the universe: that of a node, or that of a directory.
type fileID = int32

const noFile fileID = -1

// A universe interns what the graphs of all views are made of. While views walk it is read only; it grows between
// waves, in one goroutine.
type universe struct {
	paths   []string
	pathIDs map[string]int32

	nodes   []module.Version
	nodeIDs map[module.Version]node
	pathOf  []int32  // node → path
	own     []fileID // node → its go.mod file
	rank    []int32  // node → its place in the order of its path's versions, from 1; equal versions share a place
	ofPath  [][]node // path → its nodes
	stale   []int32  // paths with nodes that have no rank yet

	files []modFile
	dirs  map[string]fileID

	noToolchain node // the version that go selects where all are malformed
}

// A modFile is what a go.mod file means as that of a dependency. requires ends with the go version, if the go line is
// one that counts as a requirement (go-semantics 1.3).
type modFile struct {
	node     node   // whose file it is, or
	dir      string // the replacement directory it stands in
	loaded   bool
	unpruned bool
	requires []node
	indirect []bool // of the first of requires, whether the line is marked so
	path     string // of the module line
	sum      string // h1 hash of the file
	err      error
}

func newUniverse() *universe {
	u := &universe{
		pathIDs: map[string]int32{},
		nodeIDs: map[module.Version]node{},
		dirs:    map[string]fileID{},
	}
	u.noToolchain = u.node(module.Version{Path: toolchainPath, Version: "none"})
	return u
}

func (u *universe) path(p string) int32 {
	id, ok := u.pathIDs[p]
	if !ok {
		id = int32(len(u.paths))
		u.pathIDs[p] = id
		u.paths = append(u.paths, p)
		u.ofPath = append(u.ofPath, nil)
	}
	return id
}

// node interns a module version. A go version brings its toolchain with it: these two have no file to read.
func (u *universe) node(m module.Version) node {
	if n, ok := u.nodeIDs[m]; ok {
		return n
	}
	p := u.path(m.Path)
	n := node(len(u.nodes))
	u.nodeIDs[m] = n
	u.nodes = append(u.nodes, m)
	u.pathOf = append(u.pathOf, p)
	u.rank = append(u.rank, 0)
	u.ofPath[p] = append(u.ofPath[p], n)
	u.stale = append(u.stale, p)
	f := fileID(len(u.files))
	u.own = append(u.own, f)
	u.files = append(u.files, modFile{node: n, loaded: m.Path == goPath || m.Path == toolchainPath})
	if m.Path == goPath && CompareGo(m.Version, strictVersion) >= 0 {
		t := u.node(module.Version{Path: toolchainPath, Version: "go" + m.Version})
		u.files[f].requires = []node{t}
	}
	return n
}

// dir interns the go.mod file of a replacement directory.
func (u *universe) dir(dir string) fileID {
	f, ok := u.dirs[dir]
	if !ok {
		f = fileID(len(u.files))
		u.dirs[dir] = f
		u.files = append(u.files, modFile{dir: dir})
	}
	return f
}

// malformed reports whether a version is none at all: such a node is never selected.
func (u *universe) malformed(n node) bool {
	m := u.nodes[n]
	switch m.Path {
	case goPath:
		return !version.IsValid("go" + m.Version)
	case toolchainPath:
		return toolchainVersion(m.Version) == ""
	}
	return false
}

// grow gives ranks to the nodes that came since the last call.
func (u *universe) grow() {
	slices.Sort(u.stale)
	for _, p := range slices.Compact(u.stale) {
		nodes := u.ofPath[p]
		path := u.paths[p]
		slices.SortStableFunc(nodes, func(a, b node) int {
			return Compare(path, u.nodes[a].Version, u.nodes[b].Version)
		})
		for i, n := range nodes {
			switch {
			case i == 0:
				u.rank[n] = 1
			case Compare(path, u.nodes[nodes[i-1]].Version, u.nodes[n].Version) == 0:
				u.rank[n] = u.rank[nodes[i-1]]
			default:
				u.rank[n] = u.rank[nodes[i-1]] + 1
			}
		}
	}
	u.stale = u.stale[:0]
}

// wanted returns the files that the views wait for, each once, in the order of the views.
func (u *universe) wanted(views []*View) []fileID {
	var out []fileID
	seen := map[fileID]bool{}
	for _, v := range views {
		for _, f := range v.waiting {
			if !seen[f] {
				seen[f] = true
				out = append(out, f)
			}
		}
	}
	return out
}

// load reads files: those of directories from the workspace, the others from files.
func (u *universe) load(ctx context.Context, ws *workspace.Workspace, files ModFiles, wanted []fileID) error {
	var mods []module.Version
	var ids []fileID
	for _, f := range wanted {
		if dir := u.files[f].dir; dir != "" {
			sum, err := ws.DirSummary(dir)
			u.fill(f, sum, err)
			continue
		}
		mods = append(mods, u.nodes[u.files[f].node])
		ids = append(ids, f)
	}
	if len(mods) == 0 {
		return ctx.Err()
	}
	sums, errs := files.ModFiles(ctx, mods)
	if len(sums) != len(mods) || len(errs) != len(mods) {
		panic(fmt.Sprintf("graph: ModFiles answered %d and %d of %d", len(sums), len(errs), len(mods)))
	}
	for i, f := range ids {
		u.fill(f, sums[i], errs[i])
	}
	return ctx.Err()
}

// fill stores what a file says. Its requirements become nodes.
func (u *universe) fill(f fileID, sum *workspace.Summary, err error) {
	requires := []node(nil)
	if err == nil {
		requires = u.requires(sum.Requires, sum.Go) // may move u.files
	}
	file := &u.files[f]
	file.loaded, file.err = true, err
	if err == nil {
		file.requires, file.path, file.unpruned, file.sum = requires, sum.Path, !pruned(sum.Go), sum.Sum
		file.indirect = sum.Indirect
	}
}

// requires interns requirements, with the go line as the last one if it counts (go-semantics 1.3).
func (u *universe) requires(mods []module.Version, goLine string) []node {
	out := make([]node, 0, len(mods)+1)
	for _, m := range mods {
		out = append(out, u.node(m))
	}
	if goLine != "" && CompareGo(goLine, strictVersion) >= 0 {
		out = append(out, u.node(module.Version{Path: goPath, Version: goLine}))
	}
	return out
}
