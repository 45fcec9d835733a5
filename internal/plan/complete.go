package plan

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
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
	total, done := 0, 0
	for _, l := range levels {
		total += len(l)
	}
	for _, level := range levels {
		results := make([]completion, len(level))
		group, gctx := errgroup.WithContext(ctx)
		group.SetLimit(max(1, d.project.Jobs))
		var mu sync.Mutex
		for i, m := range level {
			group.Go(func() (err error) {
				results[i], err = d.completeModule(gctx, m)
				mu.Lock()
				defer mu.Unlock()
				done++
				d.progress("go completes the edited modules", done, total)
				return err
			})
		}
		if err := group.Wait(); err != nil {
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
		d.now, err = d.project.Judge(ctx, d.files)
	}
	return changed, err
}

func (d *draft) progress(step string, done, total int) {
	if d.project.Progress != nil {
		d.project.Progress(step, done, total)
	}
}

// levels returns the edited modules whose completion is due, a module after the siblings that it replaces by a
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
		if !d.edited(m) || d.done[m.Dir] == d.inputs(m) {
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

// inputs identifies what the completion of a module depends on: its own files, and the go.mod files of the siblings
// that it reaches through directory replaces.
func (d *draft) inputs(m *workspace.Module) string {
	h := sha256.New()
	names := []string{m.Sum.File}
	for _, r := range m.Replaces {
		if s := d.now.Facts.Workspace.Module(r.Dir); r.Dir != "" && s != nil {
			names = append(names, s.File)
		}
	}
	slices.Sort(names)
	for _, name := range append(names, m.File) {
		fmt.Fprintf(h, "%s %d\n%s", name, len(d.files.changed[name]), d.files.changed[name])
	}
	return string(h.Sum(nil))
}

// A completion is what the go command made of copies of a module's files.
type completion struct {
	mod    []byte   // the go.mod file, nil if go left it
	lines  []string // of go.sum
	tidied []string // the lines that go mod tidy keeps; nil if it refused
	note   string
}

// completeModule runs go on copies of a module's files. Other edited modules are seen through an overlay, so that the
// tree itself need not change.
func (d *draft) completeModule(ctx context.Context, m *workspace.Module) (completion, error) {
	dir, err := d.stageDir(m.Dir)
	if err != nil {
		return completion{}, err
	}
	first, err := d.stageCopy(m, dir, "list")
	if err != nil {
		return completion{}, err
	}
	flags, err := d.overlayFlags(dir, m)
	if err != nil {
		return completion{}, err
	}
	run := func(staged string, cmd []string, patterns ...string) error {
		args := slices.Concat(cmd, []string{"-modfile=" + staged + ".mod"}, flags, patterns)
		_, err := d.project.Settings.Run(ctx, gocmd.Command{Dir: d.native(m.Dir), Args: args, Env: d.project.goEnv()})
		return err
	}
	if d.asksGo[m.Dir] {
		if err := run(first, []string{"list", "-m", "-mod=mod", "-f", "{{if 0}}{{end}}"}, "all"); err != nil {
			return completion{}, unproved("the sums of %s: %v", m.Dir, err)
		}
	}
	if err := run(first, []string{"list", "-mod=mod", "-deps", "-test", "-f", "{{if 0}}{{end}}"}, "./..."); err != nil {
		return completion{}, unproved("%s: %v", m.Dir, err)
	}
	mod, sums, err := readStaged(first)
	if err != nil {
		return completion{}, err
	}
	out := completion{mod: mod, lines: sums}
	second := filepath.Join(dir, "tidy")
	if err := errors.Join(os.WriteFile(second+".mod", mod, 0o600), os.WriteFile(second+".sum", joinLines(sums), 0o600)); err != nil {
		return completion{}, err
	}
	if err := run(second, []string{"mod", "tidy"}); err != nil {
		out.note = fmt.Sprintf("the sums of zip files in %s are not proved: %v", m.Sum.File, err)
		return out, nil
	}
	_, out.tidied, err = readStaged(second)
	out.lines = append(out.lines, out.tidied...)
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

// carry takes over what go said of a module.
func (d *draft) carry(m *workspace.Module, c completion) (bool, error) {
	data, err := d.files.ReadFile(m.File)
	if err != nil {
		return false, err
	}
	changed := false
	if c.mod != nil {
		edits, err := workspace.ModDiff(m.File, data, c.mod)
		if err != nil {
			return false, err
		}
		for _, e := range edits {
			if len(d.why[m.File+"|"+e.Mod.Path]) == 0 {
				d.note(m.File, e.Mod.Path, "completed by go")
			}
		}
		if changed, err = d.edit(m, edits...); err != nil {
			return false, err
		}
	}
	did, err := d.sumLines(m, c.lines)
	if err != nil {
		return false, err
	}
	if c.tidied != nil {
		dropped, err := d.dropSums(m, c.tidied)
		if err != nil {
			return false, err
		}
		did = did || dropped
	}
	if c.note != "" && !slices.Contains(d.notes, c.note) {
		d.notes = append(d.notes, c.note)
	}
	d.done[m.Dir] = d.inputs(m)
	return changed || did, nil
}

// dropSums removes the go.sum lines of versions that the plan moves the module away from, where go mod tidy says that
// nothing needs them any more. Lines that were superfluous before are not the plan's business.
func (d *draft) dropSums(m *workspace.Module, tidied []string) (bool, error) {
	before, now := d.before.Facts.Graph.View(m.Dir), d.now.Facts.Graph.View(m.Dir)
	data, err := d.files.ReadFile(m.Sum.File)
	if err != nil || before == nil || before.Err() != nil || now == nil || now.Err() != nil {
		return false, ignoreMissing(err)
	}
	keep := map[string]bool{}
	for _, line := range tidied {
		keep[strings.Join(strings.Fields(line), " ")] = true
	}
	left := workspace.SumDrop(data, func(path, version, hash string) bool {
		version, isMod := strings.CutSuffix(version, "/go.mod")
		key := path + " " + version
		if isMod {
			key += "/go.mod"
		}
		return !keep[key+" "+hash] && usesVersion(before, path, version) && !usesVersion(now, path, version)
	})
	return d.files.set(m.Sum.File, left), nil
}

// usesVersion reports whether the code of a module version is in the build list, by its own name or as the target of a
// replace line.
func usesVersion(v *graph.View, path, version string) bool {
	for _, item := range v.BuildList() {
		if item.Path == path && item.Version == version && item.Replace == nil {
			return true
		}
		if r := item.Replace; r != nil && r.New.Path == path && r.New.Version == version {
			return true
		}
	}
	return false
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// goEnv is what go processes get besides the environment.
func (p *Project) goEnv() []string {
	if p.Offline {
		return []string{"GOPROXY=off"}
	}
	return nil
}
