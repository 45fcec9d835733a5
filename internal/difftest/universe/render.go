package universe

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/mod/module"
)

// universe writes the parts as text.
func (g *generator) universe() *Universe {
	u := &Universe{Files: map[string]string{}, Outside: map[module.Version]string{}}
	for _, key := range g.keys {
		m := g.file[key]
		if p, v, ok := strings.Cut(key, "@"); ok {
			u.Outside[module.Version{Path: p, Version: v}] = m.text()
		} else {
			u.Files[path.Join(m.dir, "go.mod")] = m.text()
		}
	}
	if g.work != nil {
		u.Files["go.work"] = g.work.text()
	}
	return u
}

func (m *modFile) text() string {
	if m.raw != "" {
		return m.raw
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if m.path != "" {
		line("module %s", m.path)
	}
	if m.goLine != "" {
		line("go %s", m.goLine)
	}
	if m.tools != "" {
		line("toolchain %s", m.tools)
	}
	for _, r := range m.requires {
		mark := ""
		if r.indirect {
			mark = " // indirect"
		}
		line("require %s %s%s", r.mod.Path, r.mod.Version, mark)
	}
	writeReplaces(&b, m.replaces)
	for _, x := range m.excludes {
		line("exclude %s %s", x.Path, x.Version)
	}
	for _, x := range m.extra {
		line("%s", x)
	}
	if m.crlf {
		return strings.ReplaceAll(b.String(), "\n", "\r\n")
	}
	return b.String()
}

func writeReplaces(b *strings.Builder, lines []replace) {
	for _, r := range lines {
		fmt.Fprintf(b, "replace %s => %s\n", text(r.old, " "), text(r.new, " "))
	}
}

func (w *workFile) text() string {
	var b strings.Builder
	if w.goLine != "" {
		fmt.Fprintf(&b, "go %s\n", w.goLine)
	}
	if w.tools != "" {
		fmt.Fprintf(&b, "toolchain %s\n", w.tools)
	}
	for i, dir := range w.uses {
		if w.absolute && i == 0 {
			fmt.Fprintf(&b, "use %s/%s\n", rootVar, dir)
		} else {
			fmt.Fprintf(&b, "use ./%s\n", dir)
		}
	}
	writeReplaces(&b, w.replaces)
	return b.String()
}
