package policy

// ruleNames are the names of all rules, sorted: what an exception may name. Rules that are designed and not built are
// among them: an exception from one is read and noted as not evaluated.
func ruleNames() []string {
	return []string{
		"banned", "boundary", "custom", "cycle", "deprecated", "duplicate-module",
		"exception-expired", "exception-expiring", "exception-unused",
		"go-line", "go-mod-invalid", "incompatible", "isolation", "major-split", "needs-update",
		"policy-conflict", "policy-loosened", "policy-unused", "prerelease", "pseudo-version",
		"replace-conflict", "replace-denied", "replace-downgrade", "replace-expired", "replace-ineffective",
		"replace-missing", "replace-missing-sibling", "replace-outside", "replace-path-mismatch", "replace-release",
		"retracted", "snapshot-drift", "source", "split-overlap", "stale-dependent",
		"sum-hash-conflict", "sum-malformed", "sum-mismatch", "sum-missing", "sum-only-in-workspace", "sum-stale",
		"vendor-extra", "vendor-missing", "vendor-stale", "vendor-tampered",
		"version-family", "version-floor", "version-pin", "version-skew",
		"work-dangling", "work-go-line", "work-uncovered", "workspace-drift", "zero-version",
	}
}
