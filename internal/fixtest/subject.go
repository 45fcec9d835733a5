package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/gocmd"
)

// workspaceView is the name of what go sees with go.work; other views have the directory of their module.
const workspaceView = "go.work"

// A subject is a repository that is broken on purpose and fixed again.
type subject struct {
	name     string
	dir      string // the healthy repository
	modgov   string // the command
	proxy    string // directory of a file proxy
	source   bool   // there is source, and the proxy has zips: modules build
	environ  []string
	settings *gocmd.Settings
	healthy  *state
	accepted map[string]bool // views that go accepts

	mu      sync.Mutex
	answers map[string]answer
}

// An answer is what go says of a view.
type answer struct {
	out string
	err error
}

// A state is what a repository says at one time.
type state struct {
	files map[string][]byte            // go.mod, go.sum, go.work, go.work.sum by name
	mods  map[string]*modfile.File     // go.mod files by directory
	lists map[string]map[string]string // effective versions by view and path
}

// newSubject returns the repository at dir, with what it takes to run go and modgov there.
func newSubject(ctx context.Context, l *lab, name, dir, proxy string, source bool) (*subject, error) {
	s := &subject{
		name: name, dir: dir, modgov: l.modgov, proxy: proxy, source: source,
		accepted: map[string]bool{}, answers: map[string]answer{},
	}
	cache := filepath.Join(l.tmp, "cache-"+name)
	s.environ = append(l.environ(), "GOPROXY=file://"+filepath.ToSlash(proxy), "GOMODCACHE="+cache)
	var err error
	if s.settings, err = gocmd.ReadSettings(ctx, s.environ); err != nil {
		return nil, err
	}
	return s, nil
}

// prepare reads the healthy state, and asks go which views it accepts.
func (s *subject) prepare(ctx context.Context) (err error) {
	if s.healthy, err = s.load(ctx, s.dir); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	for view := range s.healthy.lists {
		if _, err := s.ask(ctx, s.dir, s.healthy, view, "list", "-m", "-mod=readonly", "all"); err == nil {
			s.accepted[view] = true
		}
	}
	s.healthy, err = s.load(ctx, s.dir) // go may have added to go.work.sum
	return err
}

// load reads the files of a repository and asks modgov for its lists.
func (s *subject) load(ctx context.Context, dir string) (*state, error) {
	st, err := readState(dir)
	if err != nil {
		return nil, err
	}
	st.lists = map[string]map[string]string{}
	out, _, err := s.run(ctx, dir, "list", "--json")
	if err == nil && st.files["go.work"] != nil {
		var work []byte
		work, _, err = s.run(ctx, dir, "list", "--workspace", "--json")
		out = append(out, work...)
	}
	if err != nil {
		return nil, err
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := d.Decode(&l); errors.Is(err, io.EOF) {
			return st, nil
		} else if err != nil {
			return nil, err
		}
		l.addTo(st.lists)
	}
}

// listed is what modgov list --json prints of a view.
type listed struct {
	Dir       string `json:"dir"`
	Workspace bool   `json:"workspace"`
	BuildList []struct {
		Path    string `json:"path"`
		Version string `json:"version"`
		Replace *struct {
			Path    string `json:"path"`
			Version string `json:"version"`
		} `json:"replace"`
	} `json:"build_list"`
}

func (l *listed) addTo(lists map[string]map[string]string) {
	list := map[string]string{}
	for _, i := range l.BuildList {
		switch r := i.Replace; {
		case r == nil:
			list[i.Path] = i.Version
		case r.Path == i.Path:
			list[i.Path] = r.Version
		default:
			list[i.Path] = strings.TrimSpace(r.Path + " " + r.Version)
		}
	}
	if l.Workspace {
		l.Dir = workspaceView
	}
	lists[l.Dir] = list
}

// readState reads the governed files of a directory.
func readState(dir string) (*state, error) {
	st := &state{files: map[string][]byte{}, mods: map[string]*modfile.File{}}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !slices.Contains([]string{"go.mod", "go.sum", "go.work", "go.work.sum"}, e.Name()) {
			return nil
		}
		if st.files[name], err = os.ReadFile(filepath.Join(dir, name)); err == nil && e.Name() == "go.mod" {
			st.mods[path.Dir(name)], err = modfile.Parse(name, st.files[name], nil)
		}
		return err
	})
	return st, err
}

// same reports whether two states have the same files.
func (st *state) same(o *state) bool {
	if len(st.files) != len(o.files) {
		return false
	}
	for name, data := range st.files {
		if other, ok := o.files[name]; !ok || !bytes.Equal(data, other) {
			return false
		}
	}
	return true
}

// governed returns the directories of the modules that the policy speaks of, sorted.
func (st *state) governed() []string {
	outside := func(dir string) bool { return slices.Contains(strings.Split(dir, "/"), "testdata") }
	return slices.DeleteFunc(sortedKeys(st.mods), outside)
}

// siblings returns the directories that a module's replace lines lead to.
func (st *state) siblings(dir string) []string {
	var out []string
	for _, r := range st.mods[dir].Replace {
		if target := path.Join(dir, r.New.Path); modfile.IsDirectoryPath(r.New.Path) && st.mods[target] != nil {
			out = append(out, target)
		}
	}
	return out
}

// replaced returns the replace line of a module for a path.
func (st *state) replaced(dir, dep string) *modfile.Replace {
	for _, r := range st.mods[dir].Replace {
		if r.Old.Path == dep {
			return r
		}
	}
	return nil
}

// required returns the version in a module's require line, "" if there is none.
func (st *state) required(dir, dep string) string {
	for _, r := range st.mods[dir].Require {
		if r.Mod.Path == dep {
			return r.Mod.Version
		}
	}
	return ""
}

// key identifies the files that go reads for a view: equal keys, equal answers.
func (st *state) key(view string) string {
	names := map[string]bool{}
	var reach func(dir string)
	reach = func(dir string) {
		if name := path.Join(dir, "go.mod"); !names[name] {
			names[name] = true
			for _, s := range st.siblings(dir) {
				reach(s)
			}
		}
	}
	if view == workspaceView {
		for name := range st.files {
			names[name] = true
		}
	} else {
		names[path.Join(view, "go.sum")] = true
		reach(view)
	}
	h := sha256.New()
	for _, name := range sortedKeys(names) {
		fmt.Fprintf(h, "%s %d\n%s", name, len(st.files[name]), st.files[name])
	}
	return string(h.Sum(nil))
}

// ask runs go in a view of the repository at root, whose state is st, unless that has been asked of the same files.
func (s *subject) ask(ctx context.Context, root string, st *state, view string, args ...string) (string, error) {
	return s.askAt(ctx, root, st, view, view, args...)
}

// askAt is ask for a command that runs in the directory of a module, and sees what the view sees.
func (s *subject) askAt(ctx context.Context, root string, st *state, view, dir string, args ...string) (string, error) {
	key := view + " " + dir + " " + strings.Join(args, " ") + " " + st.key(view)
	s.mu.Lock()
	a, ok := s.answers[key]
	s.mu.Unlock()
	if ok {
		return a.out, a.err
	}
	c := gocmd.Command{Dir: filepath.Join(root, filepath.FromSlash(dir)), Args: args}
	if view == workspaceView {
		c.GOWORK = filepath.Join(root, "go.work")
		if dir == workspaceView {
			c.Dir = root
		}
	}
	out, err := s.settings.Run(ctx, c)
	a = answer{string(out), err}
	if ctx.Err() == nil {
		s.mu.Lock()
		s.answers[key] = a
		s.mu.Unlock()
	}
	return a.out, a.err
}

// run runs modgov at root. What it has to say, it says with exit codes 0, 1 and 3; the error is another one.
func (s *subject) run(ctx context.Context, root string, args ...string) (out []byte, exit int, err error) {
	cmd := exec.CommandContext(ctx, s.modgov, append([]string{"--root", root}, args...)...)
	cmd.Dir, cmd.Env = root, s.environ
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err = cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) && slices.Contains([]int{1, 3}, failed.ExitCode()) {
		return out, failed.ExitCode(), nil
	}
	if err != nil {
		err = fmt.Errorf("modgov %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return out, 0, err
}

// versions returns the versions of a module that the proxy has, sorted.
func (s *subject) versions(dep string) []string {
	escaped, err := module.EscapePath(dep)
	if err != nil {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(s.proxy, filepath.FromSlash(escaped), "@v", "*.mod"))
	if err != nil {
		return nil
	}
	var out []string
	for _, f := range files {
		if s.source {
			if _, err := os.Stat(strings.TrimSuffix(f, ".mod") + ".zip"); err != nil {
				continue
			}
		}
		v, err := module.UnescapeVersion(strings.TrimSuffix(filepath.Base(f), ".mod"))
		if err == nil && module.Check(dep, v) == nil {
			out = append(out, v)
		}
	}
	semver.Sort(out)
	return out
}
