package plan

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/modgov/modgov/internal/gocmd"
	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// complete lets the go command complete the edited modules on copies: indirect marks and the requirements that pruning
// needs, and go.sum lines, checked as go checks them. modgov decides versions; of what go says only differences in
// meaning are carried over, by edits that leave the rest as it is. It reports whether anything changed.
func (d *draft) complete(ctx context.Context) (changed bool, err error) {
	levels := d.levels()
	if len(levels) == 0 {
		return false, nil
	}
	if err := d.makeStage(); err != nil {
		return false, err
	}
	s := &step{name: "go completes the edited modules"}
	for _, l := range levels {
		s.total += len(l)
	}
	for _, level := range levels {
		results := make([]completion, len(level))
		err := d.each(ctx, s, len(level), func(ctx context.Context, i int) (err error) {
			results[i], err = d.completeModule(ctx, level[i])
			return err
		})
		if err := errors.Join(err, refusals(results)); err != nil {
			return false, err
		}
		for i, m := range level {
			did, err := d.carry(m, results[i])
			if err != nil {
				return false, err
			}
			changed = changed || did
		}
	}
	if changed {
		err = d.judge(ctx)
	}
	return changed, err
}

// A step is work of the go command in many directories, and how far it is.
type step struct {
	name        string
	done, total int
}

// each does n parts of a step, several at a time. The first error is returned and ends the others.
func (d *draft) each(ctx context.Context, s *step, n int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, d.project.Jobs))
	var mu sync.Mutex
	d.progress(s.name, s.done, s.total)
	for i := range n {
		group.Go(func() error {
			err := do(ctx, i)
			mu.Lock()
			defer mu.Unlock()
			s.done++
			d.progress(s.name, s.done, s.total)
			return err
		})
	}
	return group.Wait()
}

func (d *draft) progress(step string, done, total int) {
	if d.project.Progress != nil {
		d.project.Progress(step, done, total)
	}
}

// levels returns the edited modules, and those to tidy, whose completion is due, a module after the siblings that it replaces by a
// directory; those of one level do not depend on each other.
func (d *draft) levels() [][]*workspace.Module {
	ws := d.now.Facts.Workspace
	depth := map[*workspace.Module]int{}
	var visit func(m *workspace.Module) int
	visit = func(m *workspace.Module) int {
		if n, ok := depth[m]; ok {
			return n
		}
		depth[m] = 0 // ends a ring of replaces
		n := 0
		for _, r := range m.Replaces {
			if s := ws.Module(r.Dir); r.Dir != "" && s != nil && s != m {
				n = max(n, visit(s)+1)
			}
		}
		depth[m] = n
		return n
	}
	var out [][]*workspace.Module
	for _, m := range ws.Governed() {
		if !d.touched(m) && !d.tidies(m) || d.done[m.Dir] == d.inputs(m) {
			continue
		}
		n := visit(m)
		for len(out) <= n {
			out = append(out, nil)
		}
		out[n] = append(out[n], m)
	}
	return slices.DeleteFunc(out, func(l []*workspace.Module) bool { return len(l) == 0 })
}

func (d *draft) edited(m *workspace.Module) bool {
	return d.files.changed[m.File] != nil || d.files.changed[m.Sum.File] != nil || d.asksGo[m.Dir]
}

// touched reports whether the plan has an effect on a module: its files are edited, or what it selects is not what it
// was, because a sibling that it replaces by its directory is edited.
func (d *draft) touched(m *workspace.Module) bool {
	if d.edited(m) {
		return true
	}
	before, now := d.before.Facts.Graph.View(m.Dir), d.now.Facts.Graph.View(m.Dir)
	return before != nil && before.Err() == nil && now != nil && now.Err() == nil && len(changedPaths(before, now)) > 0
}

// inputs identifies what the completion of a module depends on: its own files, and the go.mod files of the siblings
// that it reaches through directory replaces.
func (d *draft) inputs(m *workspace.Module) string {
	names := map[string]bool{m.Sum.File: true}
	var reach func(m *workspace.Module)
	reach = func(m *workspace.Module) {
		names[m.File] = true
		for _, r := range m.Replaces {
			if s := d.now.Facts.Workspace.Module(r.Dir); r.Dir != "" && s != nil && !names[s.File] {
				reach(s)
			}
		}
	}
	reach(m)
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(names)) {
		fmt.Fprintf(h, "%s %d\n%s", name, len(d.files.changed[name]), d.files.changed[name])
	}
	return string(h.Sum(nil))
}

// A completion is what the go command made of copies of a module's files.
type completion struct {
	mod     []byte   // the go.mod file, nil if go left it
	lines   []string // of go.sum
	tidied  []string // the lines that go mod tidy keeps
	refused bool     // go mod tidy did not say which lines it keeps
	bare    bool     // the module has no package, so nobody can say which sums of code it needs
	tidy    bool     // mod is what go mod tidy says
	whole   bool     // and all of it is taken
	failed  string   // why go mod tidy says nothing, where all was to be taken
	notes   []string
}

// listed shows of each package of a module that it is there, and what keeps go from loading it or what it imports.
const listed = "{{if not .DepOnly}}" + isPackage + "\n{{end}}{{with .Error}}{{.Err}}{{end}}"

// isPackage is the line of a package in what go list prints.
const isPackage = "+"

// lastWords returns the last line that the go command said, where it failed: the cause, after what led to it.
func lastWords(err error) string {
	var failed *gocmd.Error
	if errors.As(err, &failed) {
		for _, line := range slices.Backward(strings.Split(failed.Stderr, "\n")) {
			if line = strings.TrimSpace(line); line != "" && line != "too many errors" {
				return line
			}
		}
	}
	return err.Error()
}

// firstProblem returns the first line of what go list printed that is no package's.
func firstProblem(text []byte) string {
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line != isPackage {
			return line
		}
	}
	return ""
}

// A goRun runs a go command on a staged go.mod file, its path without ".mod".
type goRun func(staged string, cmd []string, patterns ...string) ([]byte, error)

// completeModule runs go on copies of a module's files. Other edited modules are seen through an overlay, so that the
// tree itself need not change.
func (d *draft) completeModule(ctx context.Context, m *workspace.Module) (completion, error) {
	if len(m.Sum.Bad) > 0 {
		return completion{}, unproved("%v: go reads nothing of the file before that is corrected", m.Sum.Bad[0])
	}
	dir, err := d.stageDir(m.Dir)
	if err != nil {
		return completion{}, err
	}
	flags, err := d.overlayFlags(dir, m)
	if err != nil {
		return completion{}, err
	}
	run := func(staged string, cmd []string, patterns ...string) ([]byte, error) {
		args := slices.Concat(cmd, []string{"-modfile=" + staged + ".mod"}, flags, patterns)
		return d.project.Settings.Run(ctx, gocmd.Command{Dir: d.native(m.Dir), Args: args, Env: d.project.goEnv()})
	}
	if d.tidies(m) {
		return d.tidyModule(m, dir, run)
	}
	return d.completeEdited(m, dir, run)
}

// completeEdited asks go for what the edits of a module need.
func (d *draft) completeEdited(m *workspace.Module, dir string, run goRun) (completion, error) {
	first, err := d.stageCopy(m, dir, "list")
	if err != nil {
		return completion{}, err
	}
	if d.asksGo[m.Dir] {
		if _, err := run(first, []string{"list", "-m", "-mod=mod", "-f", "{{if 0}}{{end}}"}, "all"); err != nil {
			return completion{}, unproved("the sums of %s: %v", m.Dir, err)
		}
	}
	// With -e a package that cannot be loaded (generated code that is not there yet, say) hides no other.
	packages, err := run(first, []string{"list", "-e", "-mod=mod", "-deps", "-test", "-f", listed}, "./...")
	if err != nil {
		return completion{}, unproved("%s: %v", m.Dir, err)
	}
	mod, sums, err := readStaged(first)
	if err != nil {
		return completion{}, err
	}
	out := completion{mod: mod, lines: sums}
	if text := firstProblem(packages); text != "" {
		out.notes = append(out.notes, fmt.Sprintf("go cannot load every package of %s, so what these need is not completed: %s", m.Dir, text))
	}
	second := filepath.Join(dir, "tidy")
	if err := errors.Join(os.WriteFile(second+".mod", mod, 0o600), os.WriteFile(second+".sum", joinLines(sums), 0o600)); err != nil {
		return completion{}, err
	}
	if _, err := run(second, []string{"mod", "tidy"}); err != nil {
		out.refused = true
		out.notes = append(out.notes, fmt.Sprintf("the sums of zip files in %s are not proved: %s", m.Sum.File, lastWords(err)))
		return out, nil
	}
	mod, out.tidied, err = readStaged(second)
	out.lines = append(out.lines, out.tidied...)
	out.bare = len(packages) == 0 && len(out.tidied) == 0
	if d.options.Sync && !out.bare {
		out.mod, out.tidy = mod, true
	}
	return out, err
}

// makeStage makes the temporary directory that all copies stand in. Not for concurrent use.
func (d *draft) makeStage() (err error) {
	if d.stage != "" {
		return nil
	}
	if d.stage, err = os.MkdirTemp("", "modgov-plan-"); err != nil {
		return fmt.Errorf("make a place for edited copies: %w", err)
	}
	return nil
}

// stageDir makes a directory for copies of a module's files.
func (d *draft) stageDir(module string) (string, error) {
	dir, err := os.MkdirTemp(d.stage, strings.ReplaceAll(module, "/", "_")+"-")
	if err != nil {
		return "", fmt.Errorf("make a place for edited copies: %w", err)
	}
	return dir, nil
}

// stageCopy writes the go.mod and go.sum files of a module as DIR/NAME.mod and DIR/NAME.sum, and returns DIR/NAME.
func (d *draft) stageCopy(m *workspace.Module, dir, name string) (string, error) {
	base := filepath.Join(dir, name)
	for file, suffix := range map[string]string{m.File: ".mod", m.Sum.File: ".sum"} {
		data, err := d.files.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		if suffix == ".mod" && m.Go.Text == "" {
			// Where there is no go line, go writes one of its own version, and with it all that pruning needs. What no
			// line means is said instead.
			data = slices.Concat(bytes.TrimRight(data, "\r\n"), []byte("\n\ngo "+graph.GoOf(m)+"\n"))
		}
		if err := os.WriteFile(base+suffix, data, 0o600); err != nil {
			return "", err
		}
	}
	return base, nil
}

// overlayFlags writes the overlay that shows go the edited files of other modules, and returns the flag for it.
func (d *draft) overlayFlags(dir string, m *workspace.Module) ([]string, error) {
	replace := map[string]string{}
	for name, data := range d.files.changed {
		if name == m.File || name == m.Sum.File {
			continue
		}
		file := filepath.Join(dir, fmt.Sprintf("overlay%d", len(replace)))
		if err := os.WriteFile(file, data, 0o600); err != nil {
			return nil, err
		}
		replace[d.native(name)] = file
	}
	if len(replace) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "overlay.json")
	return []string{"-overlay=" + file}, os.WriteFile(file, text, 0o600)
}

func (d *draft) native(name string) string {
	return filepath.Join(d.project.Root, filepath.FromSlash(name))
}

func readStaged(base string) (mod []byte, lines []string, err error) {
	if mod, err = os.ReadFile(base + ".mod"); err != nil {
		return nil, nil, err
	}
	sum, err := os.ReadFile(base + ".sum")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	for line := range strings.Lines(string(sum)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return mod, lines, nil
}

func joinLines(lines []string) []byte {
	if len(lines) == 0 {
		return nil
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}

// goEnv is what go processes get besides the environment.
func (p *Project) goEnv() []string {
	if p.Offline {
		return []string{"GOPROXY=off"}
	}
	return nil
}
