package graph

import "golang.org/x/mod/module"

// An Ask is a requirement of a view's graph, with what the line says of it.
type Ask struct {
	Edge
	// Indirect tells that From imports no package of To: its line is marked as // indirect and repeats what others ask
	// for, or it has no line, and an update of go.mod would write one.
	Indirect bool
}

// Asks returns the requirements on a module path, at any version, in the order in which the graph is walked: breadth
// first. All count from which the build list is selected, also those of versions that are not selected; nil if Err is
// set.
func (v *View) Asks(path string) []Ask {
	p, ok := v.u.pathIDs[path]
	if v.err != nil || !ok {
		return nil
	}
	var out []Ask
	for _, from := range v.current.order {
		for _, to := range v.current.edges(from) {
			if v.u.pathOf[to] == p {
				out = append(out, v.ask(from, to))
			}
		}
	}
	return out
}

// AsksOf returns the requirements of a module version of the graph, in the order of its file (those of the main module
// sorted); nil if the graph does not have it, or its file was not read.
func (v *View) AsksOf(mod module.Version) []Ask {
	from, ok := v.u.nodeIDs[mod]
	if v.err != nil || !ok || !v.current.has(from) {
		return nil
	}
	var out []Ask
	for _, to := range v.current.edges(from) {
		if path := v.u.nodes[to].Path; path != goPath && path != toolchainPath {
			out = append(out, v.ask(from, to))
		}
	}
	return out
}

func (v *View) ask(from, to node) Ask {
	return Ask{Edge{v.u.nodes[from], v.u.nodes[to]}, v.marked(from, to)}
}

// marked reports whether all lines of a module that require a version are marked as indirect.
func (v *View) marked(from, to node) bool {
	mod := v.u.nodes[to]
	if m := v.Main(v.u.nodes[from].Path); m != nil && v.mains[from] != nil {
		for _, r := range m.Requires {
			if r.Mod.Path == mod.Path && !r.Indirect {
				return false // also where an update raises the line
			}
		}
		return true
	}
	f, _ := v.file(from)
	for i, indirect := range f.indirect {
		if f.requires[i] == to && !indirect {
			return false
		}
	}
	return true
}
