package imports

import (
	"bytes"
	"go/build/constraint"
	"strings"
	"unicode"
)

// constraints reports whether any build may use a Go file, and whether its build constraints have a say in it, from its
// head. As "go mod tidy" looks at files, every tag but ignore is true where that makes a file part of the build
// (cmd/go/internal/imports, ShouldBuild with AnyTags; go-semantics 5.11).
func constraints(head []byte) (used, constrained bool) {
	goBuild, plusBuild, ok := header(head)
	switch {
	case !ok:
		return false, true
	case goBuild != "":
		x, err := constraint.Parse(goBuild)
		return err == nil && mayHold(x, true), true
	}
	used = true
	for _, line := range plusBuild {
		if x, err := constraint.Parse(line); err == nil {
			used = used && mayHold(x, true)
			constrained = true
		}
	}
	return used, constrained
}

// mayHold reports whether a constraint can be made true; want says which answer the tags in it are to give.
func mayHold(x constraint.Expr, want bool) bool {
	switch x := x.(type) {
	case *constraint.TagExpr:
		return want && possible(x.Tag)
	case *constraint.NotExpr:
		return !mayHold(x.X, !want)
	case *constraint.AndExpr:
		return mayHold(x.X, want) && mayHold(x.Y, want)
	case *constraint.OrExpr:
		return mayHold(x.X, want) || mayHold(x.Y, want)
	}
	return false
}

// possible reports whether a tag may be true.
func possible(tag string) bool {
	odd := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '.' }
	return tag != "" && tag != "ignore" && !strings.ContainsFunc(tag, odd)
}

// header returns the //go:build line before the package clause, "" if there is none, and the lines with "// +build":
// those in the comments at the very top that a blank line ends. ok is false if there are two //go:build lines, which go
// takes as never true.
func header(head []byte) (goBuild string, plusBuild []string, ok bool) {
	head = bytes.TrimPrefix(head, []byte(bom))
	var pending []string // lines with "// +build" that no blank line follows yet
	top, block := true, false
	for len(head) > 0 {
		var raw []byte
		raw, head, _ = bytes.Cut(head, []byte("\n"))
		line := string(bytes.TrimSpace(raw))
		comment := strings.HasPrefix(line, "//")
		switch {
		case line == "" && top:
			plusBuild, pending = append(plusBuild, pending...), nil
			continue
		case !comment:
			top = false
		case top && constraint.IsPlusBuild(line):
			pending = append(pending, line)
		}
		if !block && isGoBuild(line) {
			if goBuild != "" {
				return "", nil, false
			}
			goBuild = line
		}
		var code bool
		if block, code = scanLine(line, block); code {
			break
		}
	}
	return goBuild, plusBuild, true
}

// isGoBuild reports whether a line is meant as a constraint, well formed or not.
func isGoBuild(line string) bool {
	rest, ok := strings.CutPrefix(line, "//go:build")
	return ok && (rest == "" || strings.TrimSpace(rest) != rest)
}

// scanLine reports whether a line ends within a block comment, given that it begins within one or not, and whether
// there is anything but comments on it.
func scanLine(line string, block bool) (after, code bool) {
	for line != "" {
		switch {
		case block:
			_, rest, ends := strings.Cut(line, "*/")
			if !ends {
				return true, false
			}
			block, line = false, strings.TrimSpace(rest)
		case strings.HasPrefix(line, "//"):
			return false, false
		case strings.HasPrefix(line, "/*"):
			block, line = true, strings.TrimSpace(line[len("/*"):])
		default:
			return false, true
		}
	}
	return block, false
}

// namesPlatform reports whether the name of a Go file, without its ".go", ends in an operating system or an
// architecture, so that go leaves it out elsewhere: "net_windows", "asm_linux_arm64", but not "linux".
func namesPlatform(base string) bool {
	base, _, _ = strings.Cut(base, ".")
	parts := strings.Split(base, "_")
	return len(parts) > 1 && strings.Contains(platforms, " "+parts[len(parts)-1]+" ")
}

// platforms are the names that go takes for platforms in names of files (internal/syslist of Go 1.26). The list says in
// words how often a file counts and decides nothing.
const platforms = " aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris" +
	" wasip1 windows zos 386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32" +
	" mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm "
