package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/plan"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
	"github.com/modgov/modgov/internal/workspace"
)

func fixCommand() *cli.Command {
	return &cli.Command{
		Name:  "fix",
		Usage: "make the smallest change that clears the findings",
		Description: `Plans the edits that clear the findings of check, and what has to follow them in other modules. The
go command completes copies of the edited files (indirect marks, go.sum lines); then everything is judged again. Only a
plan that clears findings, brings no new error and lowers no version unasked is written, whole or not at all.

How a version is settled is the policy's choice: by raising requirements, or by a replace line that ends in
"// modgov:ID" where an item says "resolve: replace". --require and --replace choose one for all. Replace lines that
others wrote are never changed. Modules with a vendor directory get it made anew; --vendor also makes the snapshots
that the policy names. Findings that an exception waives are left alone, unless --excepted is given.

--interactive shows the findings of one dependency after the other and asks: y fixes them, n does not, a fixes these and
all that follow, q fixes what was said yes to and nothing else. With --verify nothing is written that go does not build
and vet, in each module that changes and in the workspace.

Exit code 0: nothing that was asked for is left. 1: something is left to you, or --dry-run or --patch would change
something. 3: the plan could not be proved or written, or a module could not be judged.

EXAMPLES
   modgov fix --dry-run
   modgov fix --dep github.com/google/uuid
   modgov fix --rule stale-dependent --module 'services/**'
   modgov fix --vendor
   modgov fix --tidy --verify
   modgov fix --patch fix.diff
   modgov fix --dry-run | git apply`,
		Flags: planFlags("fix",
			&cli.BoolFlag{Name: "interactive", Usage: "ask on the terminal about each dependency"},
			&cli.BoolFlag{Name: "require", Usage: "settle versions by raising requirements only"},
			&cli.BoolFlag{Name: "replace", Usage: "settle versions by marked replace lines"},
			&cli.BoolFlag{Name: "vendor", Usage: "make the snapshots that the policy names"},
			tidyFlag(),
			&cli.BoolFlag{Name: "excepted",
				Usage: "also findings that exceptions waive; then modgov exceptions prune removes these"},
			&cli.StringSliceFlag{Name: "rule", Usage: "only findings of `RULE`; repeatable"},
			&cli.StringSliceFlag{Name: "dep",
				Usage: "only findings about dependencies that `SEL` selects: a path glob, set:x, module:DIR; repeatable"},
		),
		Action: action(fix),
	}
}

// planFlags are the flags of a command that makes a plan and writes it. Kind is that of its document; own are the flags
// that it has besides.
func planFlags(kind string, own ...cli.Flag) []cli.Flag {
	return slices.Concat([]cli.Flag{
		&cli.BoolFlag{Name: "dry-run",
			Usage: "write nothing, print the plan and its diff, which git apply takes at git's top level"},
		patchFlag(),
	}, own, []cli.Flag{verifyFlag(), forceFlag(), workFileFlag(), timeoutFlag()}, formatFlags(report.Formats(kind)...))
}

func patchFlag() cli.Flag {
	return &cli.PathFlag{Name: "patch", TakesFile: true,
		Usage: "write the diff to `FILE`, for git apply at git's top level, and the tree not at all"}
}

func tidyFlag() cli.Flag {
	return &cli.BoolFlag{Name: "tidy", Usage: "take all that go mod tidy says of the modules that change"}
}

func verifyFlag() cli.Flag {
	return &cli.BoolFlag{Name: "verify",
		Usage: "write only what go build and go vet accept, in each module that changes and in the workspace"}
}

func forceFlag() cli.Flag {
	return &cli.BoolFlag{Name: "force", Usage: "also make vendor directories anew that somebody has changed by hand"}
}

// fixingOf reads these flags.
func fixingOf(c *cli.Context) (o fixing) {
	if o.Verify, o.Force = c.Bool("verify"), c.Bool("force"); c.Bool("tidy") {
		o.Tidy = func(_ *workspace.Module, touched bool) bool { return touched }
	}
	return o
}

func fix(inv *invocation, c *cli.Context) error {
	p, err := openToWrite(inv, c)
	if err != nil {
		return err
	}
	defer p.close()
	if _, terminal := terminalFD(inv.stdin); c.Bool("interactive") && !terminal {
		return withHint(usagef("--interactive asks on a terminal, and standard input is none"),
			"--dep, --rule and --module choose without being asked")
	}
	o, err := p.fixOptions(c)
	if err != nil {
		return err
	}
	before, err := p.judgeGoverned()
	if err != nil {
		return err
	}
	if err := p.tellUnmatched(before, c.StringSlice("dep")); err != nil {
		return err
	}
	if c.Bool("excepted") {
		if before, err = p.withoutExceptions(before, p.targets(c, before, o)); err != nil {
			return err
		}
	}
	if o.Target = p.targets(c, before, o); c.Bool("interactive") {
		if o.Target, err = p.interactive(before, o); err != nil {
			return err
		}
	}
	return p.carryOut(c, before, o)
}

// isDry reports whether a command is to plan and not to write.
func isDry(c *cli.Context) bool {
	return c.Bool("dry-run") || c.Bool("check") || c.String("patch") != "" || isWhatIf(c)
}

// openToWrite opens the project of a command that writes, unless a flag keeps it from that.
func openToWrite(inv *invocation, c *cli.Context) (*project, error) {
	if isDry(c) {
		return openProject(inv, c.String("workspace-file"))
	}
	return openForWriting(inv, c.String("workspace-file"))
}

// carryOut makes the plan that is asked for, writes it unless --dry-run says no, and prints it.
func (p *project) carryOut(c *cli.Context, before *policy.Judgement, o fixing) (err error) {
	if !p.selected.IsZero() {
		o.Module = func(dir string) bool {
			m := before.Facts.Workspace.Module(dir)
			return m != nil && p.selects(m)
		}
	}
	made, unproved := plan.New(p.inv.ctx, p.planProject(), before, o.Options)
	defer func() { err = errors.Join(err, made.Close()) }()
	if err := p.inv.ctx.Err(); err != nil {
		return err // whatever the plan makes of it, nobody waits for it any more
	}
	if unproved != nil && !errors.Is(unproved, plan.ErrNotProved) {
		return unproved
	}
	left := made.After
	if unproved != nil {
		left = before // the plan itself says what is unknown with it
	}
	return errors.Join(p.finish(c, made, unproved), p.unknown(left))
}

// withoutExceptions judges anew as if there were no exceptions for the targeted findings.
func (p *project) withoutExceptions(
	j *policy.Judgement, target func(*policy.Finding) bool,
) (*policy.Judgement, error) {
	drop := map[string]bool{}
	for _, use := range j.Exceptions {
		if slices.ContainsFunc(use.Findings, target) {
			drop[use.Exception.ID] = true
		}
	}
	if len(drop) == 0 {
		return j, nil
	}
	var err error
	if p.policy, err = p.parsePolicy(p.tree.FS, p.written.shown, p.written.data); err != nil {
		return nil, err
	}
	p.policy.DropExceptions(func(e *policy.Exception) bool { return drop[e.ID] })
	return p.judge(p.inv.ctx, p.tree.FS)
}

// unknown says on stderr what could not be judged, and so not be fixed either.
func (p *project) unknown(j *policy.Judgement) error {
	for _, g := range j.Gaps {
		printLine(p.inv.stderr, "error", cmp.Or(g.Module, "the workspace")+" cannot be judged: "+g.Err.Error())
		if way := policy.WayOut(j.Facts.Workspace, g.Module, g.Err); way != "" {
			printLine(p.inv.stderr, "hint", way)
		}
	}
	if len(j.Gaps) > 0 {
		return exitWith(exitIncomplete)
	}
	return nil
}

// A fixing is what the flags of fix ask for.
type fixing struct {
	plan.Options
	deps policy.DepSelector
}

func (p *project) fixOptions(c *cli.Context) (o fixing, err error) {
	if o = fixingOf(c); c.Bool("vendor") {
		named := p.namedSnapshots()
		o.Vendor = func(m *workspace.Module) bool {
			return named(m) && (p.selected.IsZero() || m != nil && p.selects(m))
		}
	}
	switch {
	case c.Bool("require") && c.Bool("replace"):
		return o, usagef("--require and --replace contradict each other")
	case c.Bool("require"):
		o.Means = policy.Require
	case c.Bool("replace"):
		o.Means = policy.Replace
	}
	for _, name := range c.StringSlice("rule") {
		if policy.Lookup(name) == nil {
			return o, unknownRule(name)
		}
	}
	for _, text := range c.StringSlice("dep") {
		if dep, _, given := strings.Cut(text, "@"); given {
			return o, withHint(usagef("--dep %s: fix clears what is found about a dependency, whatever the version", text),
				"did you mean --dep %s? modgov get gives modules a version", dep)
		}
	}
	if o.deps, err = p.policy.DepSelector(c.StringSlice("dep")); err != nil {
		return o, usagef("--dep: %w", err)
	}
	if o.Vendor != nil && p.policy.Vendor.Modules.IsZero() && !p.policy.Vendor.Workspace {
		return o, withHint(usagef("--vendor: the policy names no snapshots"),
			"say vendor: {modules: [\"services/**\"]} or vendor: {workspace: true} in %s", policyName)
	}
	return o, nil
}

// targets says which findings the flags ask to clear.
func (p *project) targets(c *cli.Context, before *policy.Judgement, o fixing) func(*policy.Finding) bool {
	rules := map[string]bool{}
	for _, name := range c.StringSlice("rule") {
		rules[name] = true
	}
	ws := before.Facts.Workspace
	return func(f *policy.Finding) bool {
		switch {
		case len(rules) > 0 && !rules[f.Rule]:
			return false
		case !o.deps.IsZero() && (f.Dep == "" || !o.deps.Match(before.Facts.DepInfo(f.Dep, ""))):
			return false
		}
		return p.concerns(ws, f)
	}
}

func (p *project) planProject() *plan.Project {
	return &plan.Project{
		Root: p.repo.Root, FS: p.tree.FS, Git: p.repo.GitDir != "", Ignored: p.repo.Ignored, Journal: p.journal(),
		PolicyAtHead: p.policyAtHead(), Settings: p.settings, Offline: p.inv.offline, Jobs: p.inv.jobs,
		Judge:    func(ctx context.Context, files fs.FS) (*policy.Judgement, error) { return p.judge(ctx, files) },
		Progress: p.planProgress(),
	}
}

// policyAtHead returns what reads the policy of the last commit: once, when it is asked. Without git, without a commit or
// without a policy that can be read there is none, and lines that rest on it are somebody's.
func (p *project) policyAtHead() func() *policy.Policy {
	return sync.OnceValue(func() *policy.Policy {
		tree, err := p.repo.Revision(p.inv.ctx, "HEAD")
		if err != nil {
			return nil
		}
		data, err := fs.ReadFile(tree.FS, policyName)
		if err != nil {
			return nil
		}
		head, err := policy.Parse(policyName, data)
		if err != nil {
			return nil
		}
		return head
	})
}

// planProgress gives each step of a plan the progress line.
func (p *project) planProgress() func(step string, done, total int) {
	current, tell := "", func(int, int) {}
	return func(step string, done, total int) {
		if step != current {
			current, tell = step, p.inv.progress(step)
		}
		tell(done, total)
	}
}

// finish writes the plan unless it is a dry run, and prints it.
func (p *project) finish(c *cli.Context, made *plan.Plan, unproved error) error {
	document, err := report.NewPlan(made, unproved, report.Origin{
		Version: modgovVersion(), Root: p.repo.Root, Below: p.belowTop(),
		Command: strings.TrimPrefix(c.Command.HelpName, c.App.Name+" "),
	})
	if err != nil {
		return err
	}
	if isWhatIf(c) {
		return p.showWhatIf(made, unproved, document)
	}
	dry := isDry(c)
	if unproved == nil && !dry && !made.Empty() {
		if err := p.inv.protect(func() error { return made.Write(p.inv.ctx) }); err != nil {
			return withCode(exitIncomplete, err)
		}
		document.Written = true
	}
	if name := c.String("patch"); name != "" && unproved == nil {
		if err := writePatch(p.inv.path(name), document); err != nil {
			return withCode(exitIncomplete, err)
		}
		document.Patch = filepath.ToSlash(name)
	}
	if err := report.WritePlan(p.inv.stdout, p.inv.format, document, dry && document.Patch == "", p.reportOptions()); err != nil {
		return err
	}
	switch {
	case unproved != nil:
		return exitWith(exitIncomplete)
	case made.Leaves() || dry && !made.Empty():
		return exitWith(exitNegative)
	}
	return nil
}

// writePatch writes the diff of a plan to a file: an empty one if it changes nothing, so that no older diff is taken for
// it. What is no diff is not overwritten.
func writePatch(name string, document *report.Plan) error {
	old, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--patch: %w", err)
	}
	if len(old) > 0 && !bytes.HasPrefix(old, []byte("diff --git ")) {
		return fmt.Errorf("--patch: %s is there and is no diff: it is left as it is", name)
	}
	var text strings.Builder
	for _, f := range document.Files {
		text.WriteString(f.Diff)
	}
	if err := os.WriteFile(name, []byte(text.String()), 0o666); err != nil {
		return fmt.Errorf("--patch: %w", err)
	}
	return nil
}

// belowTop returns where the root is below git's top level, "" if it is that or without git.
func (p *project) belowTop() string {
	rel, err := filepath.Rel(p.repo.Top, p.repo.Root)
	if p.repo.Top == "" || err != nil || rel == "." {
		return ""
	}
	return filepath.ToSlash(rel)
}

// unknownRule is the answer to a rule name that does not exist.
func unknownRule(name string) error {
	if hint := policy.Suggest(name, ruleNames()); hint != "" {
		return withHint(usagef("unknown rule %q", name), "did you mean %s?", hint)
	}
	return withHint(usagef("unknown rule %q", name), "modgov explain lists the rules, modgov policy show the items of the policy")
}

// ruleNames returns the names of all rules.
func ruleNames() []string {
	var names []string
	for _, r := range policy.Rules() {
		names = append(names, r.Name)
	}
	return names
}
