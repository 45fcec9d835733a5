package main

import (
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/docs"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
)

func policyCommand() *cli.Command {
	return &cli.Command{
		Name:  "policy",
		Usage: "work on the policy file",
		Description: `The policy file is modgov.yaml at the root, or what --policy names. docs/policy.md explains every key.

EXAMPLES
   modgov policy check
   modgov policy show
   modgov policy schema > modgov.schema.json`,
		Subcommands: []*cli.Command{
			policyCheckCommand(),
			policyShowCommand(),
			policySchemaCommand(),
		},
	}
}

func policySchemaCommand() *cli.Command {
	return &cli.Command{
		Name:  "schema",
		Usage: "print a JSON Schema of the policy file, for editors",
		Description: `Prints a JSON Schema (draft-07) of the policy file: every key, its type and its meaning. Editors with
the YAML language server use it if the file names it in its first lines:

   # yaml-language-server: $schema=modgov.schema.json

EXAMPLES
   modgov policy schema > modgov.schema.json`,
		Action: action(func(inv *invocation, _ *cli.Context) error {
			_, err := io.WriteString(inv.stdout, docs.PolicySchema)
			return err
		}),
	}
}

func policyCheckCommand() *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "find what is wrong with the policy itself",
		Description: `Reads the policy file and holds it against the modules: what is wrong in the file, items that contradict
each other in some module (policy-conflict), and what matches nothing (policy-unused). What the modules do wrong is for
modgov check, and which exceptions are over or unused, too.

Exit code 0: nothing is wrong. 1: something does not go with the modules. 2: the file is not valid. 3: incomplete, a
module could not be read.

EXAMPLES
   modgov policy check
   modgov policy check --policy proposed.yaml --json`,
		Flags:  append([]cli.Flag{workFileFlag(), timeoutFlag()}, formatFlags(report.Formats("check")...)...),
		Action: action(policyCheck),
	}
}

func policyCheck(inv *invocation, c *cli.Context) error {
	p, j, err := openJudgement(inv, c)
	if err != nil {
		return err
	}
	defer p.close()
	j.Findings = slices.DeleteFunc(j.Findings, func(f *policy.Finding) bool {
		return !policy.Lookup(f.Rule).AboutPolicy || !p.concerns(j.Facts.Workspace, f)
	})
	return p.answer(j)
}

func policyShowCommand() *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "show what each item of the policy matches",
		ArgsUsage: "[ITEM...]",
		Description: `Lists for each item of the policy, and for each set, tag and team, the modules and dependencies that it
matches, where a more specific item counts in its place, and how many findings it has. A number behind a dependency is
that of modules. -v cuts no list, --json has all. With arguments only items of these ids, and those of the sections that
are named: pins, modules.tags.

EXAMPLES
   modgov policy show
   modgov policy show one-version pins
   modgov policy show --module 'services/**' -v
   modgov policy show --json`,
		Flags:        append([]cli.Flag{workFileFlag(), timeoutFlag()}, formatFlags(report.Formats("policy")...)...),
		BashComplete: offer(itemIDs),
		Action:       action(policyShow),
	}
}

func policyShow(inv *invocation, c *cli.Context) error {
	p, j, err := openJudgement(inv, c)
	if err != nil {
		return err
	}
	defer p.close()
	keep := func(dir string) bool {
		m := j.Facts.Workspace.Module(dir)
		return p.selected.IsZero() || m != nil && p.selects(m)
	}
	d := report.NewPolicyMatches(j, modgovVersion(), keep)
	if err := selectItems(d, c.Args().Slice()); err != nil {
		return err
	}
	if err := report.WritePolicyMatches(inv.stdout, inv.format, d, p.reportOptions()); err != nil {
		return err
	}
	if !d.Complete {
		return exitWith(exitIncomplete)
	}
	return nil
}

// selectItems leaves the items that names select, by their id, that of the pin that they are alternates of, or their
// section; all without names.
func selectItems(d *report.PolicyMatches, names []string) error {
	var known []string
	selected := func(m report.ItemMatch, name string) bool {
		return m.ID == name || strings.HasPrefix(m.ID, name+"/") || m.Section == name || strings.HasPrefix(m.Section, name+".")
	}
	for _, m := range d.Items {
		known = append(known, m.ID, m.Section)
	}
	for _, name := range names {
		if slices.ContainsFunc(d.Items, func(m report.ItemMatch) bool { return selected(m, name) }) {
			continue
		}
		err := usagef("the policy has no item %q", name)
		if near := policy.Suggest(name, known); near != "" {
			return withHint(err, "did you mean %s?", near)
		}
		return withHint(err, "modgov policy show without arguments lists them")
	}
	if len(names) > 0 {
		d.Items = slices.DeleteFunc(d.Items, func(m report.ItemMatch) bool {
			return !slices.ContainsFunc(names, func(name string) bool { return selected(m, name) })
		})
		d.NotEvaluated = slices.DeleteFunc(d.NotEvaluated, func(n report.NotEvaluated) bool {
			top, _, _ := strings.Cut(n.ID, "/")
			return !slices.Contains(names, n.ID) && !slices.Contains(names, top)
		})
	}
	return nil
}
