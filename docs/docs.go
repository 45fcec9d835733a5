// Package docs holds the pages that the program itself shows.
package docs

import _ "embed"

// PolicySchema is the JSON Schema of the policy file. A test of internal/policy makes it, from the types that the file
// is decoded into and the tables of policy.md.
//
//go:embed policy.schema.json
var PolicySchema string
