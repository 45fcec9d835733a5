package workspace

import (
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// A VendorText is what vendor/modules.txt says (go-semantics 5.1).
type VendorText struct {
	File string
	// Workspace tells that the directory is that of a workspace: the first line says so.
	Workspace bool
	// Modules are the modules that are named, in file order, each once.
	Modules []*VendorModule
}

// A VendorModule is a module in vendor/modules.txt.
type VendorModule struct {
	Mod         module.Version // Version is "" for a replacement of all versions
	Replacement module.Version // zero if it is not marked as replaced
	Explicit    bool           // a go.mod file requires it
	Packages    int            // packages of it that are vendored; 0: it is only recorded
	Line        int            // its first
}

// ParseVendorText reads vendor/modules.txt as go does: what go ignores is no error.
func ParseVendorText(file string, data []byte) *VendorText {
	t := &VendorText{File: file, Workspace: IsWorkspaceVendor(data)}
	known := map[module.Version]*VendorModule{}
	var current *VendorModule
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "# "):
			f := strings.Fields(line)
			if len(f) < 3 {
				continue // go goes on with the module before, too
			}
			mod, replacement, ok := parseVendorModule(f)
			if !ok {
				current = nil
				continue
			}
			if current = known[mod]; current == nil {
				current = &VendorModule{Mod: mod, Line: number}
				known[mod] = current
				t.Modules = append(t.Modules, current)
			}
			if replacement != (module.Version{}) {
				current.Replacement = replacement
			}
		case current == nil:
		case strings.HasPrefix(line, "## "):
			for entry := range strings.SplitSeq(line[3:], ";") {
				current.Explicit = current.Explicit || strings.TrimSpace(entry) == "explicit"
			}
		default:
			if f := strings.Fields(line); len(f) == 1 && module.CheckImportPath(f[0]) == nil {
				current.Packages++
			}
		}
	}
	return t
}

// parseVendorModule reads the words of "# path version [=> target [version]]" or "# path => target [version]".
func parseVendorModule(f []string) (mod, replacement module.Version, ok bool) {
	switch {
	case semver.IsValid(f[2]):
		mod, f = module.Version{Path: f[1], Version: f[2]}, f[3:]
	case f[2] == "=>":
		mod, f = module.Version{Path: f[1]}, f[2:]
	default:
		return mod, replacement, false
	}
	if len(f) < 2 || f[0] != "=>" {
		return mod, replacement, true
	}
	switch {
	case len(f) == 2:
		replacement.Path = f[1]
	case len(f) == 3 && semver.IsValid(f[2]):
		replacement = module.Version{Path: f[1], Version: f[2]}
	}
	return mod, replacement, true
}

// IsWorkspaceVendor reports whether the text of a modules.txt file is that of a workspace: the first line, of which go
// reads 512 bytes, says so.
func IsWorkspaceVendor(data []byte) bool {
	text := string(data[:min(len(data), 512)])
	line, _, _ := strings.Cut(text, "\n")
	annotations, ok := strings.CutPrefix(line, "## ")
	if !ok {
		return false
	}
	for entry := range strings.SplitSeq(annotations, ";") {
		if strings.TrimSpace(entry) == "workspace" {
			return true
		}
	}
	return false
}
