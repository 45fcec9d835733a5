package universe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/modgov/modgov/internal/gocmd"
)

// listFormat prints the lines of "go list -m all".
const (
	listFormat = moduleFormat + `{{with .Replace}} => ` + moduleFormat + `{{end}}`

	moduleFormat = `{{.Path}}{{with .Version}} {{.}}{{end}}`
)

// A Judge asks the go command. It is safe for concurrent use; each question is a few processes, one after the other.
type Judge struct {
	settings *gocmd.Settings
	tmp      string
}

// NewJudge returns a judge that keeps its files below tmp, a directory that exists. It is gocmd.ErrNoGo if there is
// no go command.
func NewJudge(ctx context.Context, tmp string) (*Judge, error) {
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + tmp, "TMPDIR=" + tmp, "GOCACHE=" + filepath.Join(tmp, "gocache"),
		"GOPATH=" + filepath.Join(tmp, "gopath"), "GOENV=off", "GOTOOLCHAIN=local", "GOSUMDB=off",
		"GOFLAGS=-modcacherw", "GOTELEMETRY=off", "GOPROXY=off",
		"GOGC=off", "GOMAXPROCS=1", // the processes are short, and several run at once
	}
	settings, err := gocmd.ReadSettings(ctx, env)
	if err != nil {
		return nil, err
	}
	j := &Judge{settings: settings, tmp: tmp}
	_, err = settings.Run(ctx, gocmd.Command{Dir: tmp, Args: []string{"version"}})
	if err != nil {
		return nil, err
	}
	return j, nil
}

// A site is a universe on disk, and the judge who asks there.
type site struct {
	*Judge
	place
	u   *Universe
	dir string
}

// open writes a universe to disk. The caller removes it with close.
func (j *Judge) open(u *Universe, sums map[string]string) (*site, error) {
	dir, err := os.MkdirTemp(j.tmp, "universe-")
	if err != nil {
		return nil, err
	}
	p, err := u.write(dir, sums)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &site{Judge: j, place: p, u: u, dir: dir}, nil
}

func (s *site) close() error { return os.RemoveAll(s.dir) }

// Run runs the go command in a view of a universe and returns the lines that it prints, or why it refuses.
func (j *Judge) Run(ctx context.Context, u *Universe, view string, args ...string) ([]string, *Refusal, error) {
	g, err := u.Load(ctx)
	if err != nil {
		return nil, nil, err
	}
	s, err := j.open(u, u.sums(g))
	if err != nil {
		return nil, nil, err
	}
	lines, refused, err := s.run(ctx, view, args...)
	return lines, refused, errors.Join(err, s.close())
}

// ask returns what the go command says of a view.
func (s *site) ask(ctx context.Context, view string) (Answer, error) {
	var a Answer
	var err error
	if a.List, a.ListRefused, err = s.list(ctx, view, "-mod=readonly"); err != nil {
		return a, err
	}
	if a.Graph, a.GraphRefused, err = s.run(ctx, view, "mod", "graph"); err != nil {
		return a, err
	}
	if !a.ListRefused.Is(NeedsUpdate) {
		return a, nil
	}
	// The update is made in a copy of go.mod: other views look at the file itself.
	alt := filepath.Join(s.dir, "update.mod")
	copies := map[string]string{"go.mod": alt, "go.sum": filepath.Join(s.dir, "update.sum")}
	if err := copyFiles(copies, s.viewDir(view)); err != nil {
		return a, err
	}
	a.Updated, a.UpdatedRefused, err = s.list(ctx, view, "-mod=mod", "-modfile="+alt)
	return a, err
}

// list runs "go list -m all".
func (s *site) list(ctx context.Context, view string, flags ...string) ([]string, *Refusal, error) {
	args := append([]string{"list", "-m", "-f", listFormat}, flags...)
	return s.run(ctx, view, append(args, "all")...)
}

// run runs the go command in a view. What go refuses is a refusal; the error is that go could not be run.
func (s *site) run(ctx context.Context, view string, args ...string) ([]string, *Refusal, error) {
	c := gocmd.Command{Dir: s.viewDir(view), Args: args, Env: []string{
		"GOMODCACHE=" + s.cache,
		"GOPROXY=" + s.proxy(),
	}}
	if view == Workspace {
		c.GOWORK = s.native(s.u.WorkFile())
	}
	out, err := s.settings.Run(ctx, c)
	var failed *gocmd.Error
	switch {
	case ctx.Err() != nil:
		return nil, nil, ctx.Err()
	case errors.As(err, &failed) && failed.Stderr != "":
		return nil, refusalIn(s.portable(failed.Stderr)), nil
	case err != nil:
		return nil, nil, fmt.Errorf("%s: %w", view, err)
	}
	lines := strings.Split(strings.TrimSuffix(s.portable(string(out)), "\n"), "\n")
	if lines[0] == "" {
		lines = []string{}
	}
	return lines, nil, nil
}

// viewDir returns the directory in which a view is asked.
func (s *site) viewDir(view string) string {
	if view == Workspace {
		return filepath.Dir(s.native(s.u.WorkFile()))
	}
	return s.native(view)
}

// portable writes the root of the repository as in the universe's own files.
func (s *site) portable(out string) string {
	out = strings.ReplaceAll(out, s.proxy(), "$PROXY")
	out = strings.ReplaceAll(out, s.root, rootVar)
	return strings.ReplaceAll(out, s.dir, rootVar+"/..")
}

func (s *site) proxy() string {
	return "file://" + filepath.ToSlash(filepath.Join(s.cache, "cache", "download"))
}

// copyFiles copies files of a directory; one that does not exist is not copied.
func copyFiles(names map[string]string, dir string) error {
	for from, to := range names {
		data, err := os.ReadFile(filepath.Join(dir, from))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(to, data, 0o666)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
