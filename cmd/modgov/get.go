package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/plan"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
	"github.com/modgov/modgov/internal/workspace"
)

// versionForms explains what may be asked for, in the help of get and whatif.
const versionForms = `DEP@v1.2.3 asks for that version: any that go.mod can name, also a prerelease or a pseudo-version. DEP@latest,
DEP@upgrade and DEP@patch mean what they mean to go get, asked for each module and within the policy: pins, floors and
bans limit them, which is said; retracted versions are never chosen. ./DIR@v1.2.3 names the module of the repository
that stands in that directory; ./DIR alone asks to take it from there, by a replace line.`

func getCommand() *cli.Command {
	return &cli.Command{
		Name:      "get",
		Usage:     "change the version of a dependency in all modules that have it",
		ArgsUsage: "DEP@VERSION...",
		Description: `Gives a version of a dependency to every governed module whose go.mod lists it, directly or as indirect (of
modules with a go line below 1.17 to every one that has it); with --module to the selected ones of these. Modules that
do not have it do not get it: that is for go get, in the module whose code imports it. What has to follow follows, also
in other modules: requirements that others then ask for, go.sum lines, and what a line of the policy says must agree.

` + versionForms + `

A lower version is taken where nothing else asks for more; where something does, the module is left as it is, and the
chain is shown. What the policy does not allow is not written. The plan is proved as that of fix is, but for warnings
that come with a version: they are shown, and do not hold it up. With --verify nothing is written that go does not build
and vet.

Exit code 0: every module has what was asked for. 1: one is left as it is, or --dry-run or --patch would change
something. 3: the plan could not be proved or written, a version could not be found, or a module could not be judged.

EXAMPLES
   modgov get golang.org/x/net@v0.57.0
   modgov get golang.org/x/text@latest github.com/google/uuid@patch --dry-run
   modgov get example.com/x@upgrade --module 'services/**'
   modgov get ./libs/auth
   modgov get --what-if golang.org/x/net@upgrade`,
		Flags: planFlags("get",
			&cli.BoolFlag{Name: "what-if", Usage: "write nothing, print what would change in which module, and what follows"},
			tidyFlag(),
		),
		Action: action(get),
	}
}

func whatIfCommand() *cli.Command {
	return &cli.Command{
		Name:      "whatif",
		Usage:     "show what a version of a dependency would change, and write nothing",
		ArgsUsage: "DEP@VERSION...",
		Description: `The same as get --what-if: makes and proves the plan of get, and shows for each module which version it has,
which one it would have, and who asks for that one; then what else moves, what goes down, and which findings go and come.

` + versionForms + `

Exit code 0: get would give every module what is asked for. 1: it would leave one as it is. 3: it would write nothing,
as the plan cannot be proved, or something could not be found out.

EXAMPLES
   modgov whatif golang.org/x/net@v0.57.0
   modgov whatif golang.org/x/text@latest --json`,
		Flags:  append([]cli.Flag{workFileFlag(), timeoutFlag()}, formatFlags(report.Formats("get")...)...),
		Action: action(get),
	}
}

// isWhatIf tells of a command that only shows what it would do.
func isWhatIf(c *cli.Context) bool { return c.Command.Name == "whatif" || c.Bool("what-if") }

func get(inv *invocation, c *cli.Context) error {
	for _, other := range []string{"dry-run", "patch"} {
		if c.Bool("what-if") && c.IsSet(other) {
			return usagef("--what-if and --%s are two ways to write nothing: choose one", other)
		}
	}
	p, before, err := judged(openToWrite(inv, c))
	if err != nil {
		return err
	}
	defer p.close()
	wishes, err := p.wishes(before, c.Args().Slice())
	if err != nil {
		return err
	}
	o := fixingOf(c)
	if err := p.grant(before, wishes, &o.Options); err != nil {
		return err
	}
	return p.carryOut(c, before, o)
}

// A wish is one argument of get.
type wish struct {
	text    string // as given
	path    string // of the dependency
	version string // canonical, or
	query   policy.Query
	from    *workspace.Module // or the sibling to take from its directory
	modules []*workspace.Module
}

// wishes reads the arguments of get, and finds the modules that each of them is about.
func (p *project) wishes(j *policy.Judgement, args []string) ([]*wish, error) {
	rules := j.VersionRules()
	var out []*wish
	for _, arg := range args {
		w, err := p.parseWish(j.Facts.Workspace, arg)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o *wish) bool { return o.path == w.path }) {
			return nil, usagef("%s is asked for twice", w.path)
		}
		listed := rules.ListedBy(w.path)
		w.modules = slices.DeleteFunc(slices.Clone(listed), func(m *workspace.Module) bool {
			return !p.selects(m) || m.Path == w.path
		})
		if len(w.modules) == 0 {
			return nil, p.nobodyHas(j, w, len(listed))
		}
		out = append(out, w)
	}
	return out, nil
}

// parseWish reads one argument: DEP@VERSION, ./DIR@VERSION or ./DIR.
func (p *project) parseWish(ws *workspace.Workspace, arg string) (*wish, error) {
	path, version, given := strings.Cut(arg, "@")
	w := &wish{text: arg, path: path}
	if path == "." || path == ".." || strings.HasPrefix(path, "./") || strings.HasPrefix(path, "../") {
		m, err := p.siblingAt(ws, path)
		if err != nil {
			return nil, err
		}
		if w.path = m.Path; !given {
			w.from = m
			return w, nil
		}
	}
	switch {
	case path == "":
		return nil, usagef("%s: which dependency?", arg)
	case strings.Contains(path, "://"):
		_, rest, _ := strings.Cut(arg, "://")
		return nil, withHint(usagef("%s: an address is no module path", arg), "did you mean %s?", rest)
	case version == "":
		return nil, withHint(usagef("%s: a version is needed", arg),
			"say %s@upgrade for the newest, or %s@v1.2.3; modgov why %s shows who has which", path, path, path)
	case path == "go" || path == "toolchain":
		return nil, withHint(usagef("%s is no module: its line is not changed here", path),
			"go get %s in a module changes it", arg)
	}
	return w, w.setVersion(version)
}

// setVersion takes what stands behind the @.
func (w *wish) setVersion(version string) error {
	switch q := policy.Query(version); q {
	case policy.Latest, policy.Upgrade, policy.Patch:
		w.query = q
		return nil
	}
	if version == "none" {
		return withHint(usagef("%s: modgov removes no requirement", w.text),
			"go get %s@none removes it in a module, go mod tidy where no code imports it", w.path)
	}
	if module.CanonicalVersion(version) != version || version == "" {
		if forms := []string{"latest", "upgrade", "patch"}; policy.Suggest(version, forms) != "" {
			return withHint(usagef("%s: %q is no version", w.text, version), "did you mean %s?", policy.Suggest(version, forms))
		}
		if v := module.CanonicalVersion(version); semver.IsValid(version) && v != "" {
			return withHint(usagef("%s: %s is not a canonical version", w.text, version), "a whole version is needed, such as %s", v)
		}
		return withHint(usagef("%s: %q is not a canonical version", w.text, version),
			"a version is v1.2.3, latest, upgrade or patch; go list -m %s shows which version a branch or commit is", w.text)
	}
	if err := module.CheckPathMajor(version, majorOf(w.path)); err != nil {
		err = usagef("%s: %w", w.text, err)
		if major := semver.Major(version); major > "v1" && !strings.HasPrefix(w.path, "gopkg.in/") {
			prefix, _, _ := module.SplitPathVersion(w.path)
			return withHint(err, "%s of it is a module of its own: %s/%s", major, prefix, major)
		}
		return err
	}
	w.version = version
	return nil
}

// majorOf is the end of a module path that says which major versions it has: "/v2", ".v3".
func majorOf(path string) string {
	_, major, _ := module.SplitPathVersion(path)
	return major
}

// siblingAt returns the module of the repository in a directory that was named on the command line.
func (p *project) siblingAt(ws *workspace.Workspace, dir string) (*workspace.Module, error) {
	rel, err := filepath.Rel(p.repo.Root, p.inv.path(filepath.FromSlash(dir)))
	if err == nil {
		if m := ws.Module(filepath.ToSlash(rel)); m != nil && m.Path != "" {
			return m, nil
		}
	}
	return nil, withHint(usagef("%s is not the directory of a module of the repository", dir),
		"a directory is one with a go.mod file, below %s; a module is named by its path, without ./", p.repo.Root)
}

// nobodyHas is the answer where no module is left to give a version to.
func (p *project) nobodyHas(j *policy.Judgement, w *wish, elsewhere int) error {
	if len(j.Gaps) > 0 {
		return errors.Join(p.unknown(j), fmt.Errorf("no module that could be judged has %s", w.path))
	}
	if elsewhere > 0 && !p.selected.IsZero() {
		return withHint(usagef("no module that --module selects has %s", w.path),
			"modgov gives a version to modules that have the dependency; go get %s in a module adds it", w.text)
	}
	known := paths(j.Facts.Graph)
	for _, path := range known {
		if strings.HasPrefix(w.path, path+"/") {
			return withHint(usagef("no module lists %s", w.path), "%s is a module, and %s may be a package in it", path, w.path)
		}
	}
	if slices.Contains(known, w.path) {
		return withHint(usagef("no module lists %s in its go.mod file", w.path),
			"it is in build lists only through others: raise these; modgov why %s shows them", w.path)
	}
	err := usagef("no module has %s", w.path)
	if near := policy.Suggest(w.path, known); near != "" {
		return withHint(err, "did you mean %s?", near)
	}
	return withHint(err, "modgov gives a version to modules that have the dependency; go get %s in a module adds it", w.text)
}

// grant turns wishes into what a plan is to do.
func (p *project) grant(j *policy.Judgement, wishes []*wish, o *plan.Options) error {
	offers, err := p.offers(wishes)
	if err != nil {
		return err
	}
	rules := j.VersionRules()
	for _, w := range wishes {
		limits := map[string][]string{}
		for _, m := range w.modules {
			s, limit, err := p.settlement(j, rules, w, m, offers[w.path])
			if err != nil {
				return err
			}
			if o.Get = append(o.Get, s); limit != "" {
				limits[limit] = append(limits[limit], m.Dir)
			}
		}
		for _, limit := range slices.Sorted(maps.Keys(limits)) {
			where := strings.Join(limits[limit], ", ")
			o.Notes = append(o.Notes, fmt.Sprintf("the policy limits %s to %s, in %s", w.text, limit, where))
		}
	}
	o.Target = func(f *policy.Finding) bool {
		return follows(f) && slices.ContainsFunc(wishes, func(w *wish) bool { return isAbout(f, w.path) })
	}
	return nil
}

// settlement is how a wish is fulfilled in a module, with what the policy makes of it where that is less.
func (p *project) settlement(
	j *policy.Judgement, rules *policy.VersionRules, w *wish, m *workspace.Module, offer *policy.Offer,
) (s policy.Settlement, limit string, err error) {
	if w.from != nil {
		return policy.FromDirectory(m, w.from), "", nil
	}
	version := w.version
	if w.query != "" {
		item, _ := j.Facts.Graph.View(m.Dir).Selected(w.path)
		choice := rules.Choose(m, w.path, item.Version, w.query, offer)
		if version = choice.Version; choice.Newer != "" && version != "" {
			var why []string
			for i := range choice.Objections {
				why = append(why, choice.Objections[i].String())
			}
			limit = fmt.Sprintf("%s, not %s: %s", version, choice.Newer, strings.Join(why, "; "))
		} else if version == "" {
			version = choice.Newer // which the plan refuses, and says why
		}
		if version == "" {
			return s, "", fmt.Errorf("%s: no version that is not retracted or excluded", w.text)
		}
	}
	return policy.Settlement{
		Means: policy.Require, Module: m.Dir, Mod: module.Version{Path: w.path, Version: version},
	}, limit, nil
}

// offers asks which versions there are of the dependencies of which no number was named.
func (p *project) offers(wishes []*wish) (map[string]*policy.Offer, error) {
	var asked []string
	for _, w := range wishes {
		if w.query != "" {
			asked = append(asked, w.path)
		}
	}
	if len(asked) == 0 {
		return nil, nil
	}
	versions, errs := p.source.Versions(p.inv.ctx, asked)
	newest, newestErrs := p.source.Latest(p.inv.ctx, asked)
	out := map[string]*policy.Offer{}
	for i, path := range asked {
		if err := errors.Join(errs[i], newestErrs[i]); err != nil {
			if errs[i] != nil {
				err = errs[i] // the other one says the same again
			}
			return nil, fmt.Errorf("the versions of %s: %w", path, err)
		}
		l := newest[i]
		out[path] = &policy.Offer{
			Versions: versions[i].Usable, Incompatible: versions[i].Tagged, Newest: l.Version,
			Retracted: func(version string) bool { _, taken := l.Retracted(version); return taken },
		}
	}
	return out, p.inv.ctx.Err()
}

// follows reports whether a finding that is there already is settled with a version that somebody asks for: what a line
// of the policy says must agree, and what the go command would refuse.
func follows(f *policy.Finding) bool {
	switch f.Rule {
	case "version-skew", "version-family":
		return f.Item != nil && f.Item.ID != policy.BuiltinID
	case "needs-update", "stale-dependent":
		return true
	}
	return false
}

// isAbout reports whether a finding is about a dependency, or about several with it.
func isAbout(f *policy.Finding, dep string) bool {
	return f.Dep == dep || slices.ContainsFunc(f.Groups, func(g policy.Group) bool { return g.Dep == dep })
}

// showWhatIf prints what a plan would change. Nothing is written.
func (p *project) showWhatIf(made *plan.Plan, unproved error, document *report.Plan) error {
	if err := report.WriteWhatIf(p.inv.stdout, p.inv.format, document, p.reportOptions()); err != nil {
		return err
	}
	switch {
	case unproved != nil:
		return exitWith(exitIncomplete)
	case made.Leaves():
		return exitWith(exitNegative)
	}
	return nil
}
