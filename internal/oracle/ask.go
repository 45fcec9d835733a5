package oracle

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/modgov/modgov/internal/gocmd"
	"github.com/modgov/modgov/internal/graph"
)

// listFormat prints the lines of "go list -m all".
const listFormat = `{{.Path}}{{with .Version}} {{.}}{{end}}` +
	`{{with .Replace}} => {{.Path}}{{with .Version}} {{.}}{{end}}{{end}}`

// An answer is what the go command says: lines, or a refusal.
type answer struct {
	lines   []string
	refused *refusal
}

// answers are what it says of one view.
type answers struct{ list, graph answer }

// An asker asks the go command about one view.
type asker struct {
	Options
	view *graph.View
	tmp  string // a directory that exists
}

func (a *asker) ask(ctx context.Context) (answers, error) {
	var out answers
	var err error
	if a.view.Module == nil {
		out.list, err = a.listWorkspace(ctx)
	} else {
		out.list, err = a.run(ctx, "", listArgs()...)
	}
	if err != nil {
		return out, err
	}
	out.graph, err = a.run(ctx, a.workFile(), "mod", "graph")
	return out, err
}

func listArgs(flags ...string) []string {
	args := append([]string{"list", "-m", "-mod=readonly"}, flags...)
	return append(args, "-f", listFormat, "all")
}

// workFile returns the absolute name of the go.work file, "" for a module alone.
func (a *asker) workFile() string {
	if a.view.Module != nil {
		return ""
	}
	return a.native(a.view.Workspace().Work.File)
}

// dir is where the view is asked about: beside its go.mod or go.work file.
func (a *asker) dir() string {
	if a.view.Module != nil {
		return a.native(a.view.Module.Dir)
	}
	return filepath.Dir(a.workFile())
}

// native returns the absolute name of what is named relative to the root, or absolutely.
func (a *asker) native(name string) string {
	name = filepath.FromSlash(name)
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(a.Root, name)
}

// run runs the go command. What it refuses is part of the answer; the error is that it could not be run.
func (a *asker) run(ctx context.Context, work string, args ...string) (answer, error) {
	out, err := a.Settings.Run(ctx, gocmd.Command{Dir: a.dir(), GOWORK: work, Args: args})
	var failed *gocmd.Error
	var exit interface{ ExitCode() int } // go ran and ended
	switch {
	case ctx.Err() != nil:
		return answer{}, ctx.Err()
	case errors.As(err, &failed) && errors.As(failed.Err, &exit):
		text := failed.Stderr
		if text == "" {
			text = failed.Err.Error()
		}
		return answer{refused: readRefusal(text)}, nil
	case err != nil:
		return answer{}, err
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	if lines[0] == "" {
		lines = nil
	}
	return answer{lines: lines}, nil
}

// listWorkspace runs "go list -m all" in the workspace with a copy of go.work.sum in the place of that file, which go
// then does not write but refuses to go on if it has lines to add. So where it has, it adds them to the copy of a
// go.work file elsewhere, and is asked again.
func (a *asker) listWorkspace(ctx context.Context) (answer, error) {
	sums, err := os.ReadFile(a.workFile() + ".sum")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return answer{refused: &refusal{kinds: []kind{badSum}, text: err.Error()}}, nil
	}
	said, err := a.listOverlaid(ctx, sums)
	if err != nil || !said.refused.is(wouldWrite) {
		return said, err
	}
	complete, refused, err := a.completeSums(ctx, sums)
	switch {
	case ctx.Err() != nil:
		return answer{}, ctx.Err()
	case err != nil:
		return said, nil // not comparable, for go would write
	case refused != nil:
		return answer{refused: refused}, nil
	}
	return a.listOverlaid(ctx, complete)
}

// listOverlaid lists the workspace with another text of go.work.sum.
func (a *asker) listOverlaid(ctx context.Context, sums []byte) (answer, error) {
	name := filepath.Join(a.tmp, "go.work.sum")
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{a.workFile() + ".sum": name}})
	if err != nil {
		return answer{}, err
	}
	list := filepath.Join(a.tmp, "overlay.json")
	if err := errors.Join(os.WriteFile(name, sums, 0o666), os.WriteFile(list, overlay, 0o666)); err != nil {
		return answer{}, err
	}
	return a.run(ctx, a.workFile(), listArgs("-overlay="+list)...)
}

// completeSums lists the same workspace from a go.work file in another directory and returns the go.work.sum file that
// go writes beside that one. What it lists does not count: it names directories as seen from there.
func (a *asker) completeSums(ctx context.Context, sums []byte) ([]byte, *refusal, error) {
	data, err := os.ReadFile(a.workFile())
	if err != nil {
		return nil, nil, err
	}
	if data, err = moveWork(data, filepath.Dir(a.workFile())); err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp(a.tmp, "work-")
	if err != nil {
		return nil, nil, err
	}
	name := filepath.Join(dir, "go.work")
	if err := errors.Join(os.WriteFile(name, data, 0o666), os.WriteFile(name+".sum", sums, 0o666)); err != nil {
		return nil, nil, err
	}
	said, err := a.run(ctx, name, listArgs()...)
	if err != nil || said.refused != nil {
		return nil, said.refused, err
	}
	sums, err = os.ReadFile(name + ".sum")
	return sums, nil, err
}

// moveWork rewrites a go.work file of one directory so that it means the same in any other: its directories are made
// absolute.
func moveWork(data []byte, dir string) ([]byte, error) {
	keep := func(_, version string) (string, error) { return version, nil }
	f, err := modfile.ParseWork("go.work", data, keep)
	if err != nil {
		return nil, err
	}
	move := func(line *modfile.Line, name string) {
		if native := filepath.FromSlash(name); !filepath.IsAbs(native) {
			name = filepath.ToSlash(filepath.Join(dir, native))
			line.Token[len(line.Token)-1] = modfile.AutoQuote(name)
		}
	}
	for _, u := range f.Use {
		move(u.Syntax, u.Path)
	}
	for _, r := range f.Replace {
		if r.New.Version == "" {
			move(r.Syntax, r.New.Path)
		}
	}
	return modfile.Format(f.Syntax), nil
}
