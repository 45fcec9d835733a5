package report

import (
	"fmt"
	"slices"
	"strings"
)

// differences are a matrix where it is small enough to be read, else a list with the modules of each version. What
// differs only between modules that list it as indirect is folded up.
func (m *releaseMarkdown) differences() {
	if len(m.r.Differences) == 0 {
		return
	}
	m.line("\n## Dependencies at several versions")
	var direct, indirect []*Difference
	for i := range m.r.Differences {
		if d := &m.r.Differences[i]; d.direct() {
			direct = append(direct, d)
		} else {
			indirect = append(indirect, d)
		}
	}
	if len(direct) == 0 {
		m.line("\nNone that modules require directly.")
	} else {
		m.versionTable(direct)
	}
	if len(indirect) > 0 {
		m.line("\n<details>\n<summary>%d more, where at most one of the versions is required directly</summary>", len(indirect))
		m.versionTable(indirect)
		m.line("\n</details>")
	}
}

// direct reports whether modules require several of the versions directly.
func (d *Difference) direct() bool {
	n := 0
	for _, v := range d.Versions {
		if len(v.Direct) > 0 {
			n++
		}
	}
	return n > 1
}

func (m *releaseMarkdown) versionTable(list []*Difference) {
	columns := columnsOf(list)
	matrix := len(columns) <= maxMatrix
	m.line("")
	if matrix {
		m.matrix(columns)
	} else {
		m.line("| dependency | versions | modules |")
		m.line("|---|---|---|")
	}
	for i, d := range list {
		if i == m.rows {
			m.line("\n%s: `modgov report -v` shows all.", countMore(len(list)-i))
			break
		}
		if matrix {
			m.matrixRow(d, columns)
		} else {
			m.versions(d)
		}
	}
}

// columnsOf are the modules that have one of the dependencies.
func columnsOf(list []*Difference) []string {
	var dirs []string
	for _, d := range list {
		for _, v := range d.Versions {
			dirs = append(append(dirs, v.Direct...), v.Indirect...)
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

func (m *releaseMarkdown) matrix(columns []string) {
	m.line("In parentheses: the module lists it as indirect.\n")
	head := []string{"dependency"}
	for _, dir := range columns {
		head = append(head, mdCode(dir))
	}
	m.line("%s", mdRow(head...))
	m.line("|---|%s", strings.Repeat("---|", len(columns)))
}

func (m *releaseMarkdown) matrixRow(d *Difference, columns []string) {
	row := []string{mdCode(d.Path)}
	for _, dir := range columns {
		cell := ""
		for _, v := range d.Versions {
			if slices.Contains(v.Direct, dir) {
				cell = mdCode(v.Version)
			} else if slices.Contains(v.Indirect, dir) {
				cell = "(" + mdCode(v.Version) + ")"
			}
		}
		row = append(row, cell)
	}
	m.line("%s", mdRow(row...))
}

// versions are the rows of a dependency, one for each version.
func (m *releaseMarkdown) versions(d *Difference) {
	name := mdCode(d.Path) + ", " + d.spread()
	for _, v := range d.Versions {
		who := m.list(v.Direct)
		if n := len(v.Indirect); n > 0 && who == "" {
			who = "indirect: " + m.list(v.Indirect)
		} else if n > 0 {
			who += fmt.Sprintf("; indirect in %d more", n)
		}
		m.line("%s", mdRow(name, mdCode(v.Version), who))
		name = ""
	}
}

// spread says how far the versions are from each other.
func (d *Difference) spread() string {
	switch {
	case d.Other && d.Distance == "equal":
		return "other code"
	case d.Other:
		return d.Distance + ", other code"
	}
	return d.Distance
}
