package main

import (
	"io"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/docs"
)

func policyCommand() *cli.Command {
	return &cli.Command{
		Name:  "policy",
		Usage: "work on the policy file",
		Description: `The policy file is modgov.yaml at the root, or what --policy names. docs/policy.md explains every key.

EXAMPLES
   modgov policy schema > modgov.schema.json`,
		Subcommands: []*cli.Command{
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
