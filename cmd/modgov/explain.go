package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
)

func explainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "explain a rule, or list all rules",
		ArgsUsage: "[RULE]",
		Description: `Says what a rule means, when it speaks, how to clear it, and shows a repository that breaks it and one
that does not. Without a rule, lists all of them with their severities.

EXAMPLES
   modgov explain
   modgov explain version-skew`,
		Action: action(explain),
		BashComplete: func(c *cli.Context) {
			for _, r := range policy.Rules() {
				fmt.Fprintf(c.App.Writer, "%s\t%s\n", r.Name, r.Title)
			}
		},
	}
}

func explain(inv *invocation, c *cli.Context) error {
	o := report.Options{Width: inv.shell.screen.textWidth(), Color: inv.color}
	if !c.Args().Present() {
		return report.WriteRules(inv.stdout, policy.Rules(), o)
	}
	if c.Args().Len() > 1 {
		return usagef("explain takes one rule, got %d arguments", c.Args().Len())
	}
	rule := policy.Lookup(c.Args().First())
	if rule == nil {
		return unknownRule(c.Args().First())
	}
	return report.WriteRule(inv.stdout, rule, o)
}
