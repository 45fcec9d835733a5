package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/change"
	"github.com/modgov/modgov/internal/ci"
	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
	"github.com/modgov/modgov/internal/runner"
	"github.com/modgov/modgov/internal/workspace"
)

func runCommand() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "run a command in each module, several at a time",
		ArgsUsage: "-- CMD [ARG...]",
		Description: `Runs a command in the directory of each governed module, or of those that --module selects, as many at
a time as --jobs says. With --affected only in those that changes since --base touch (see modgov help affected). With
--order deps a module comes after the siblings that it depends on; modules that depend on each other come one after the
other. One that fails keeps no other from running, unless --fail-fast is given.

The output of a module is shown in one piece when it has ended, under a title; GitHub, GitLab and Buildkite fold it
where the command passed. With --prefix it is shown at once, each line with the directory before it. With -q only output
of what failed is shown. The output itself is left as it is. At the end stands what failed, and how long it took.

The command finds its module in the environment: MODGOV_DIR is the directory relative to the root MODGOV_ROOT,
MODGOV_MODULE the module path. It has no standard input and no terminal. SIGINT and SIGTERM are passed on to it and all
that it started; what has not ended after five seconds is killed.

--shard 2/5 runs the second of five parts, about as heavy as the others by the number of Go files that git tracks. All
machines that have the same commit come to the same parts, and modgov merge-reports joins what --out json=FILE wrote.
--order deps holds within a part: no machine waits for another, and a note says where one would have to.

Exit code 0: the command passed everywhere, or there was no module to run it in. 1: it failed somewhere. 2: there is no
such command. 3: a module was not run, or which modules are touched is not certain.

EXAMPLES
   modgov run -- go test ./...
   modgov run --affected --base origin/main --order deps -- make build
   modgov run --module 'services/**' --prefix --jobs 2 -- golangci-lint run
   modgov run --shard 2/5 --out json=shard-2.json -- go test -race ./...`,
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "affected", Usage: "only in modules that changes since --base touch"},
			&cli.StringFlag{Name: "base", Usage: "with --affected: what changed since HEAD left `REV`, auto: as the CI service says"},
			&cli.BoolFlag{Name: "dependencies", Usage: "with --affected: also in the siblings from whose directories they take code"},
			choiceFlag("order", "start modules by directory, or after the siblings that they depend on", "dir", "deps"),
			&cli.GenericFlag{Name: "shard", Value: &shardValue{}, Usage: "run part `I/N` of N parts"},
			&cli.BoolFlag{Name: "prefix", Usage: "show output at once, each line with its directory before it"},
			&cli.BoolFlag{Name: "fail-fast", Usage: "start nothing more once the command has failed in a module"},
			&cli.GenericFlag{Name: "time-limit", Value: &patienceValue{},
				Usage: "stop the command where it takes longer than `TIME`, such as 10m; it has failed there"},
			outFlag(),
			workFileFlag(),
			timeoutFlag(),
		}, formatFlags(report.Formats("run")...)...),
		Action: action(runIn),
	}
}

// shardValue is the value of --shard: part index of count, from 1; zero for all.
type shardValue struct{ index, count int }

func (s *shardValue) String() string { return "" }

func (s *shardValue) Set(text string) error {
	first, second, ok := strings.Cut(text, "/")
	index, err := strconv.Atoi(first)
	count, countErr := strconv.Atoi(second)
	switch {
	case !ok || err != nil || countErr != nil:
		return errors.New("a part and how many there are is needed, as in 2/5")
	case count < 1 || index < 1 || index > count:
		return fmt.Errorf("parts are counted from 1/%d to %[1]d/%[1]d", max(count, 1))
	}
	s.index, s.count = index, count
	return nil
}

// A selection are the modules in which a command runs.
type selection struct {
	modules []*workspace.Module // by directory: those of the shard
	all     []string            // directories of those of all shards
	base    *report.Revision
	graph   *graph.Graph // nil if nobody needs it
	gaps    []report.Gap // why it is not certain
}

func runIn(inv *invocation, c *cli.Context) error {
	command := c.Args().Slice()
	if err := runner.Find(command[0]); err != nil {
		return usagef("there is no command %q: %w", command[0], errors.Unwrap(err))
	}
	outs, err := inv.outFiles(c, "run")
	if err != nil {
		return err
	}
	p, err := openProject(inv, c.String("workspace-file"))
	if err != nil {
		return err
	}
	defer p.close()
	s, err := p.selectModules(c)
	if err != nil {
		return err
	}
	doc := &report.Run{
		Schema: report.Schema, Document: "run", Tool: report.Tool{Name: "modgov", Version: modgovVersion()}, Root: p.repo.Root,
		Command: command, Base: s.base, Selected: s.all, Modules: []report.RunModule{}, Gaps: append([]report.Gap{}, s.gaps...),
	}
	if shard := c.Generic("shard").(*shardValue); shard.count > 0 {
		doc.Shard = &report.Shard{Index: shard.index, Count: shard.count}
	}
	err = p.runCommandIn(c, s, doc)
	doc.Settle()
	doc.Notes = p.allNotes()
	if len(doc.Modules) == 0 && inv.format == "text" {
		printLine(inv.stderr, "note", noModule(doc))
	}
	if writeErr := inv.writeRun(doc, p.reportOptions(), outs); writeErr != nil {
		return errors.Join(err, writeErr)
	}
	if err != nil {
		return err
	}
	return exitWith(verdictCode(policy.Verdict(doc.Verdict)))
}

// selectModules finds the modules to run in.
func (p *project) selectModules(c *cli.Context) (*selection, error) {
	if !c.Bool("affected") {
		for _, name := range []string{"base", "dependencies"} {
			if c.IsSet(name) {
				return nil, usagef("--%s says which modules are affected: it needs --affected", name)
			}
		}
	}
	s := &selection{all: []string{}}
	ws, chosen, err := p.candidates(c, s)
	if err != nil {
		return nil, err
	}
	for _, m := range ws.Governed() {
		if chosen(m) && p.selects(m) {
			s.modules = append(s.modules, m)
			s.all = append(s.all, m.Dir)
		}
	}
	if shard := c.Generic("shard").(*shardValue); shard.count > 0 {
		return s, p.takeShard(s, ws, shard)
	}
	return s, nil
}

// candidates says which modules --affected leaves, and computes the graph if the order needs it.
func (p *project) candidates(c *cli.Context, s *selection) (
	ws *workspace.Workspace, chosen func(*workspace.Module) bool, err error,
) {
	all := func(*workspace.Module) bool { return true }
	switch {
	case c.Bool("affected"):
	case c.String("order") == "deps":
		if s.graph, err = p.currentGraph(); err != nil {
			return nil, nil, err
		}
		return s.graph.Workspace(), all, nil
	default:
		if ws, err = p.loadTree(p.inv.ctx, p.tree, p.tree.FS); err == nil {
			err = p.checkGoverned(ws)
		}
		return ws, all, err
	}
	t, err := p.touched()
	if err != nil {
		return nil, nil, err
	}
	if c.Bool("dependencies") {
		t.modules = change.WithNeeded(t.graph, t.modules)
	}
	doc, err := p.affectedDocument(t)
	if err != nil {
		return nil, nil, err
	}
	s.graph, s.base, s.gaps = t.graph, t.base, doc.Gaps
	return t.graph.Workspace(), func(m *workspace.Module) bool {
		return slices.ContainsFunc(t.modules, func(a change.Affected) bool { return a.Module == m })
	}, nil
}

// takeShard leaves the modules of one part.
func (p *project) takeShard(s *selection, ws *workspace.Workspace, shard *shardValue) error {
	weights, err := p.weights(ws)
	if err != nil {
		return err
	}
	of := make([]int64, len(s.modules))
	for i, m := range s.modules {
		of[i] = weights[m.Dir]
	}
	var part []*workspace.Module
	for _, i := range change.Split(of, shard.count)[shard.index-1] {
		part = append(part, s.modules[i])
	}
	s.modules = part
	return nil
}

// runCommandIn runs the command of doc and fills in what became of it.
func (p *project) runCommandIn(c *cli.Context, s *selection, doc *report.Run) error {
	began := time.Now()
	for _, m := range s.modules {
		doc.Modules = append(doc.Modules, report.RunModule{Dir: m.Dir, Path: m.Path, State: string(runner.NotRun), ExitCode: -1})
	}
	o := runner.Options{
		Command: doc.Command, Jobs: p.inv.jobs, FailFast: c.Bool("fail-fast"), Limit: c.Generic("time-limit").(*patienceValue).Duration,
		Env: append(slices.Clone(p.inv.environ), "MODGOV_ROOT="+p.repo.Root),
	}
	p.showOutput(&o, c.Bool("prefix"), doc)
	var results []runner.Result
	// To the end, even when a signal comes: what runs has to be stopped first.
	err := p.inv.protect(func() (err error) {
		results, err = runner.Run(p.inv.ctx, p.tasks(s, c.String("order") == "deps"), o)
		return err
	})
	for i := range results {
		fillIn(&doc.Modules[i], &results[i])
	}
	doc.Seconds = rounded(time.Since(began))
	if errors.Is(err, context.Canceled) {
		return err
	} else if _, stopped := interruption(p.inv.ctx); stopped {
		return context.Cause(p.inv.ctx)
	} else if err != nil {
		return fmt.Errorf("show the output: %w", err)
	}
	return nil
}

// tasks are what the runner has to do, in the order of the modules.
func (p *project) tasks(s *selection, ordered bool) []runner.Task {
	index := map[*workspace.Module]int{}
	for i, m := range s.modules {
		index[m] = i
	}
	var before map[*workspace.Module][]*workspace.Module
	if ordered {
		before = s.graph.Order(func(m *workspace.Module) bool { return slices.Contains(s.modules, m) })
		for _, m := range s.modules {
			if err := s.graph.View(m.Dir).Err(); err != nil {
				p.tell("%s has no build list, so its place is that of its require lines: %v", m.Dir, err)
			}
		}
		p.tellUnordered(s)
	}
	var out []runner.Task
	for _, m := range s.modules {
		t := runner.Task{
			Dir: filepath.Join(p.repo.Root, filepath.FromSlash(m.Dir)), Env: []string{"MODGOV_DIR=" + m.Dir, "MODGOV_MODULE=" + m.Path},
		}
		for _, b := range before[m] {
			t.After = append(t.After, index[b])
		}
		out = append(out, t)
	}
	return out
}

// tellUnordered says that a module does not wait for one that it depends on, where that one is in another shard.
func (p *project) tellUnordered(s *selection) {
	if len(s.all) == len(s.modules) {
		return
	}
	before := s.graph.Order(func(m *workspace.Module) bool { return slices.Contains(s.all, m.Dir) })
	example, count := "", 0
	for _, m := range s.modules {
		i := slices.IndexFunc(before[m], func(b *workspace.Module) bool { return !slices.Contains(s.modules, b) })
		if i < 0 {
			continue
		}
		if count++; count == 1 {
			example = fmt.Sprintf("%s does not wait for %s, which another shard runs", m.Dir, before[m][i].Dir)
		}
	}
	if count > 1 {
		example += "; so it is with " + policy.Count(count-1, "other module")
	}
	if count > 0 {
		p.tell("--order deps holds within a shard: %s", example)
	}
}

// showOutput says where the output of the command goes, and what stands around it: to stdout, or, where the result itself
// is a document on stdout, to stderr.
func (p *project) showOutput(o *runner.Options, prefix bool, doc *report.Run) {
	inv := p.inv
	o.Out = &liveWriter{inv.shell.stdout}
	service, shown := ci.ServiceOf(inv.getenv), report.Options{Width: inv.width, Color: inv.color}
	if inv.format != "text" {
		o.Out, service, shown = inv.stderr, "", report.Options{}
	}
	if prefix {
		var dirs []string
		for _, m := range doc.Modules {
			dirs = append(dirs, m.Dir)
		}
		width := report.PrefixWidth(dirs)
		o.Prefix = func(i int) string { return report.PrefixOf(dirs[i], width) }
		return
	}
	around := func(i int, r *runner.Result) (head, foot string) {
		m := doc.Modules[i] // a copy: results are filled in at the end
		fillIn(&m, r)
		return m.Around(service, i, time.Now(), shown)
	}
	o.Head = func(i int, r *runner.Result) string { head, _ := around(i, r); return head }
	o.Foot = func(i int, r *runner.Result) string { _, foot := around(i, r); return foot }
	o.Show = func(_ int, r *runner.Result) bool { return !inv.quiet || r.State != runner.Passed }
}

// fillIn writes down what became of a module.
func fillIn(m *report.RunModule, r *runner.Result) {
	m.State, m.ExitCode, m.Seconds = string(r.State), r.ExitCode, rounded(r.Took)
	if r.Err != nil {
		m.Reason = r.Err.Error()
	}
	if r.State != runner.Passed {
		m.Output = strings.ToValidUTF8(string(r.Tail), "\ufffd")
	}
}

func rounded(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }

// writeRun writes what became of a command to stdout, and to the files of --out.
func (inv *invocation) writeRun(doc *report.Run, o report.Options, outs []outFile) error {
	err := report.WriteRun(inv.stdout, inv.format, doc, o)
	return errors.Join(err, writeFiles(outs, func(w io.Writer, format string) error {
		return report.WriteRun(w, format, doc, report.Options{})
	}))
}

// noModule says why there was nothing to run.
func noModule(doc *report.Run) string {
	switch {
	case doc.Shard != nil && len(doc.Selected) > 0:
		return fmt.Sprintf("no module is in shard %d of %d: nothing was run", doc.Shard.Index, doc.Shard.Count)
	case doc.Base != nil:
		return "no module is affected: nothing was run"
	}
	return "no module is selected: nothing was run"
}

// A liveWriter shows at once what is written to the buffered output.
type liveWriter struct{ out *output }

func (l *liveWriter) Write(p []byte) (int, error) {
	n, err := l.out.Write(p)
	if err == nil {
		err = l.out.Flush()
	}
	return n, err
}
