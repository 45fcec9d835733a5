package graph

import (
	"cmp"
	"go/version"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/workspace"
)

// The two pseudo-modules of the graph: a go line is a requirement on go, which needs a toolchain (go-semantics 1.4).
const (
	goPath        = "go"
	toolchainPath = "toolchain"
)

// Go versions from which a go line means something else.
const (
	pruningVersion = "1.17" // graphs are pruned
	strictVersion  = "1.21" // go lines are requirements
	defaultGoMod   = "1.16" // of a go.mod file without a go line
	defaultGoWork  = "1.18" // of a go.work file without a go line
)

// Compare orders two versions of one module path as the go command does (go-semantics 1.1, 1.27, 1.28): "" is the main
// module and beats every version; go and toolchain versions have an order of their own; all else is semver order, in
// which build metadata does not count.
func Compare(path, v, w string) int {
	switch {
	case v == w:
		return 0
	case v == "":
		return 1
	case w == "":
		return -1
	case path == goPath:
		return CompareGo(v, w)
	case path == toolchainPath:
		return CompareGo(toolchainVersion(v), toolchainVersion(w))
	}
	return semver.Compare(v, w)
}

// ModText shows a module version as people read it: "path v1.2.3", or the path alone where there is no version.
func ModText(m module.Version) string { return strings.TrimSpace(m.Path + " " + m.Version) }

// CompareGo orders two go versions as written in go lines: 1.21 < 1.21rc1 < 1.21.0, and 1.20 = 1.20.0. What is no
// version is lower than all.
func CompareGo(v, w string) int { return version.Compare("go"+v, "go"+w) }

// toolchainVersion returns the go version in a toolchain name, "" if there is none: "go1.21.3-custom" is 1.21.3.
func toolchainVersion(name string) string {
	if version.IsValid("go" + name) {
		return name
	}
	v, ok := strings.CutPrefix(name, "go")
	if !ok || strings.ContainsAny(name, `\/`) {
		return ""
	}
	if i := strings.IndexAny(v, " \t-"); i >= 0 {
		v = v[:i]
	}
	if !version.IsValid("go" + v) {
		return ""
	}
	return v
}

// WorkTooLow reports whether go refuses a workspace because a module with this go line is above go.work's: from 1.21 on
// it must not be (go-semantics 3.5).
func WorkTooLow(w *workspace.Work, goLine string) bool {
	return goLine != "" && CompareGo(goLine, GoOfWork(w)) > 0 && CompareGo(goLine, strictVersion) >= 0
}

// GoOf returns the go version of a main module: that of its go line, or the one that go supplies where there is none
// (go-semantics 1.31).
func GoOf(m *workspace.Module) string { return cmp.Or(m.Go.Text, defaultGoMod) }

// GoOfWork is GoOf for a go.work file (go-semantics 3.5).
func GoOfWork(w *workspace.Work) string { return cmp.Or(w.Go.Text, defaultGoWork) }

// pruned reports whether the graph of a module with this go line is pruned (go-semantics 1.5).
func pruned(goLine string) bool {
	return goLine != "" && CompareGo(goLine, pruningVersion) >= 0
}
