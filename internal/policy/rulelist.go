package policy

// Rules returns all rules, in the order in which lists show them: files, versions, what may be used, the workspace,
// replaces, sums, the policy itself.
func Rules() []*Rule {
	return []*Rule{
		goModInvalid(),
		versionSkew(),
		versionPin(),
		versionFloor(),
		majorSplit(),
		banned(),
		boundary(),
		needsUpdate(),
		staleDependent(),
		workspaceDrift(),
		goLine(),
		replaceConflict(),
		replaceMissing(),
		replaceOutside(),
		replaceIneffective(),
		replaceDowngrade(),
		replaceDenied(),
		replaceRelease(),
		replaceExpired(),
		workDangling(),
		workUncovered(),
		duplicateModule(),
		sumMalformed(),
		sumHashConflict(),
		sumMissing(),
		retracted(),
		deprecated(),
		exceptionExpired(),
		exceptionExpiring(),
		exceptionUnused(),
	}
}
