package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/workspace"
)

// The made-up repository: how much of everything.
const (
	modules      = 100 // of the repository; the last fifth are libraries that the others replace by directory
	libraries    = modules / 5
	outside      = 300 // modules that the repository requires, from a proxy
	directly     = 15  // of them, each module
	files        = 24  // Go files of a module
	bumpEvery    = 25  // commits
	mergeEvery   = 10  // commits
	lastVersion  = 40
	firstSeconds = 1_700_000_000
)

// A dep is a module of the proxy at v1.N.0.
type dep struct{ index, minor int }

func (d dep) path() string    { return fmt.Sprintf("example.org/d%03d", d.index) }
func (d dep) version() string { return fmt.Sprintf("v1.%d.0", d.minor) }

// requires are two modules further on, at versions that lag behind.
func (d dep) requires() []dep {
	var out []dep
	for _, step := range []int{7, 31} {
		if next := d.index + step; next < outside {
			out = append(out, dep{next, max(0, d.minor-step%5)})
		}
	}
	return out
}

func (d dep) goMod() string {
	var b strings.Builder
	fmt.Fprintf(&b, "module %s\n\ngo 1.21\n", d.path())
	for _, r := range d.requires() {
		fmt.Fprintf(&b, "\nrequire %s %s\n", r.path(), r.version())
	}
	return b.String()
}

// writeProxy makes a file proxy of all versions of all modules. Nothing reads their zips.
func writeProxy(dir string) error {
	for index := range outside {
		at := filepath.Join(dir, dep{index, 0}.path(), "@v")
		if err := os.MkdirAll(at, 0o755); err != nil {
			return err
		}
		for minor := range lastVersion + 1 {
			d := dep{index, minor}
			info := fmt.Sprintf(`{"Version":%q,"Time":"2026-01-02T03:04:05Z"}`, d.version())
			err := errors.Join(os.WriteFile(filepath.Join(at, d.version()+".mod"), []byte(d.goMod()), 0o644),
				os.WriteFile(filepath.Join(at, d.version()+".info"), []byte(info), 0o644))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// A maker writes the history of the repository as git fast-import reads it. The same number of commits gives the same
// repository, always.
type maker struct {
	out     *bufio.Writer
	wants   [modules]map[int]int // for each module, the minor version of each dependency that it requires directly
	edits   map[string]int       // how often a Go file was written
	commits int
	tip     int // mark of the last commit of main
}

// makeRepository makes a repository of so many commits at dir, as a fresh clone has it: one pack, and a work tree.
func makeRepository(dir string, commits int) (err error) {
	git := func(args ...string) *exec.Cmd {
		cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
		cmd.Env, cmd.Stderr = gitEnv(), os.Stderr
		return cmd
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := git("init", "-q", "-b", "main").Run(); err != nil {
		return fmt.Errorf("git init: %w", err)
	}
	load := git("fast-import", "--quiet")
	in, err := load.StdinPipe()
	if err != nil {
		return err
	}
	if err := load.Start(); err != nil {
		return err
	}
	m := &maker{out: bufio.NewWriterSize(in, 1<<20), edits: map[string]int{}}
	m.write(commits)
	err = errors.Join(m.out.Flush(), in.Close())
	if err = errors.Join(err, load.Wait()); err != nil {
		return fmt.Errorf("git fast-import: %w", err)
	}
	for _, args := range [][]string{{"repack", "-adfq"}, {"reset", "-q", "--hard"}} {
		if err := git(args...).Run(); err != nil {
			return fmt.Errorf("git %s: %w", args[0], err)
		}
	}
	return nil
}

// gitEnv keeps everybody's settings out.
func gitEnv() []string {
	return append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
}

// write writes all commits: most change some Go files, some raise a dependency, and some come from side branches.
func (m *maker) write(commits int) {
	for i := range m.wants {
		m.wants[i] = map[int]int{}
		for k := range directly {
			m.wants[i][(i*7+k*k*3)%outside] = 0
		}
	}
	first := map[string]string{"go.work": m.goWork(), "modgov.yaml": "version: 1\n"}
	for i := range modules {
		maps.Copy(first, m.modFiles(i))
		for f := range files {
			name, text := m.goFile(i, f)
			first[name] = text
		}
	}
	m.commit("main", m.tip, 0, first)
	for m.commits < commits {
		n := m.commits
		switch {
		case n%mergeEvery == 0 && m.commits+2 <= commits && m.tip > 5:
			change := m.editFiles(n)
			m.commit("side", m.tip-3, 0, change)
			m.commit("main", m.tip, m.commits, change)
		case n%bumpEvery == 0:
			m.commit("main", m.tip, 0, m.bump(n/bumpEvery))
		default:
			m.commit("main", m.tip, 0, m.editFiles(n))
		}
	}
}

// commit writes a commit with the whole text of the files that it changes; its mark is its number.
func (m *maker) commit(branch string, parent, merged int, change map[string]string) {
	m.commits++
	fmt.Fprintf(m.out, "commit refs/heads/%s\nmark :%d\ncommitter gopher <gopher@example.com> %d +0000\n",
		branch, m.commits, firstSeconds+600*m.commits)
	message := fmt.Sprintf("change %d", m.commits)
	fmt.Fprintf(m.out, "data %d\n%s\n", len(message), message)
	if parent > 0 {
		fmt.Fprintf(m.out, "from :%d\n", parent)
	}
	if merged > 0 {
		fmt.Fprintf(m.out, "merge :%d\n", merged)
	}
	for _, name := range slices.Sorted(maps.Keys(change)) {
		fmt.Fprintf(m.out, "M 100644 inline %s\ndata %d\n%s\n", name, len(change[name]), change[name])
	}
	if branch == "main" {
		m.tip = m.commits
	}
}

// editFiles changes up to three Go files.
func (m *maker) editFiles(n int) map[string]string {
	change := map[string]string{}
	for k := range 1 + n%3 {
		name, text := m.goFile((n*37+k)%modules, (n*11+k*5)%files)
		change[name] = text
	}
	return change
}

// bump raises one dependency in all modules that have it, and every fourth time in half of them.
func (m *maker) bump(n int) map[string]string {
	index := n * 13 % outside
	raised := map[int]bool{}
	for i := range modules {
		if minor, has := m.wants[i][index]; has && (n%4 > 0 || i%2 > 0) {
			m.wants[i][index] = min(minor+1, lastVersion)
			raised[i] = true
		}
	}
	change := map[string]string{}
	for i := range modules {
		if raised[i] || slices.ContainsFunc(siblings(i), func(s int) bool { return raised[s] }) {
			maps.Copy(change, m.modFiles(i))
		}
	}
	return change
}

func dirOf(i int) string {
	if i >= modules-libraries {
		return fmt.Sprintf("libs/l%02d", i)
	}
	return fmt.Sprintf("services/s%02d", i)
}

// siblings are the libraries that a module requires.
func siblings(i int) []int {
	if i >= modules-libraries {
		return nil
	}
	return []int{modules - libraries + i%libraries, modules - libraries + (i*3+7)%libraries}
}

// selection is what go selects for a module, and every version that it meets on the way.
func (m *maker) selection(i int) (selected map[int]int, met map[dep]bool) {
	selected, met = map[int]int{}, map[dep]bool{}
	var visit func(d dep)
	visit = func(d dep) {
		if met[d] {
			return
		}
		met[d] = true
		if old, ok := selected[d.index]; !ok || old < d.minor {
			selected[d.index] = d.minor
		}
		for _, r := range d.requires() {
			visit(r)
		}
	}
	for _, from := range append([]int{i}, siblings(i)...) {
		for index, minor := range m.wants[from] {
			visit(dep{index, minor})
		}
	}
	for changed := true; changed; { // what go.mod lists is met, too
		before := len(met)
		for index, minor := range maps.Clone(selected) {
			visit(dep{index, minor})
		}
		changed = len(met) > before
	}
	return selected, met
}

// modFiles are a module's go.mod, tidy, and go.sum.
func (m *maker) modFiles(i int) map[string]string {
	selected, met := m.selection(i)
	var mod, sum strings.Builder
	fmt.Fprintf(&mod, "module example.com/mono/%s\n\ngo 1.21\n\nrequire (\n", dirOf(i))
	for _, index := range slices.Sorted(maps.Keys(selected)) {
		d, mark := dep{index, selected[index]}, " // indirect"
		if _, direct := m.wants[i][index]; direct {
			mark = ""
		}
		fmt.Fprintf(&mod, "\t%s %s%s\n", d.path(), d.version(), mark)
	}
	for _, s := range siblings(i) {
		fmt.Fprintf(&mod, "\texample.com/mono/%s v0.0.0\n", dirOf(s))
	}
	fmt.Fprintln(&mod, ")")
	for _, s := range siblings(i) {
		fmt.Fprintf(&mod, "\nreplace example.com/mono/%s => ../../%[1]s\n", dirOf(s))
	}
	for _, d := range slices.SortedFunc(maps.Keys(met), compareDeps) {
		if selected[d.index] == d.minor {
			hash := sha256.Sum256([]byte(d.path() + "@" + d.version()))
			fmt.Fprintf(&sum, "%s %s h1:%s\n", d.path(), d.version(), base64.StdEncoding.EncodeToString(hash[:]))
		}
		h1, err := workspace.GoModSum([]byte(d.goMod()))
		if err != nil {
			panic(err) // of a text made above
		}
		fmt.Fprintf(&sum, "%s %s/go.mod %s\n", d.path(), d.version(), h1)
	}
	return map[string]string{dirOf(i) + "/go.mod": mod.String(), dirOf(i) + "/go.sum": sum.String()}
}

func compareDeps(a, b dep) int {
	if a.index != b.index {
		return a.index - b.index
	}
	return a.minor - b.minor
}

func (m *maker) goWork() string {
	var b strings.Builder
	b.WriteString("go 1.21\n\nuse (\n")
	for i := range modules {
		fmt.Fprintf(&b, "\t./%s\n", dirOf(i))
	}
	b.WriteString(")\n")
	return b.String()
}

// goFile is a Go file of a module; it is another one every time.
func (m *maker) goFile(i, f int) (name, text string) {
	name = fmt.Sprintf("%s/pkg%d/file%02d.go", dirOf(i), f%4, f)
	m.edits[name]++
	wants := slices.Sorted(maps.Keys(m.wants[i]))
	var b strings.Builder
	fmt.Fprintf(&b, "package pkg%d\n\nimport _ %q\n", f%4, dep{wants[f%len(wants)], 0}.path())
	for line := range 20 {
		fmt.Fprintf(&b, "\n// F%d_%d is there to be there.\nfunc F%[1]d_%[2]d() int { return %d }\n", f, line, m.edits[name]*(line+1))
	}
	return name, b.String()
}
