package main

// The files that the history is about.
const (
	pay, cart, legacy = "services/pay/go.mod", "services/cart/go.mod", "services/legacy/go.mod"
	db, log           = "libs/db/go.mod", "libs/log/go.mod"
	vendored          = "services/legacy/vendor/modules.txt"
)

// pullRequests is the history, in five parts: each begins where the one before has left main.
func pullRequests() []pullRequest {
	var all []pullRequest
	for _, part := range [][]pullRequest{adoption(), troubles(), waivers(), branches(), together()} {
		all = append(all, part...)
	}
	return all
}

// adoption: the first policy. Two things are wrong from the start, and stand: services/legacy is not in go.work, and has
// an older y than the others.
func adoption() []pullRequest {
	return []pullRequest{
		{what: "changes files that are not about dependencies, before there is a policy", stands: 2,
			do: []step{add("README.md", "More words.\n"), add("services/pay/pay.go", "\nconst Fee = 1\n")}},
		{what: "adopts a policy with a mistake", exit: 2, says: "modgov.yaml is not a valid policy",
			do: []step{given("policy.yaml", "modgov.yaml"), add("modgov.yaml", "pin: []\n")}},
		{what: "adopts a policy of which a part matches nothing", stands: 2,
			says: "new (policy-unused: typo: no module that it speaks of has such a dependency)",
			do: []step{given("policy.yaml", "modgov.yaml"),
				edit("modgov.yaml", "pins:\n", "pins:\n  - {id: typo, dep: example.com/rcp, version: v1.0.0}\n")}},
		{what: "adopts a policy", stands: 2, merged: true,
			do: []step{given("policy.yaml", "modgov.yaml")}},
		{what: "changes files that are not about dependencies, under the policy", stands: 2,
			do: []step{add("README.md", "More words.\n"), add("services/pay/pay.go", "\nconst Fee = 1\n")}},
	}
}

// troubles: what a change can bring, one at a time.
func troubles() []pullRequest {
	return []pullRequest{
		{what: "a service raises x, the library behind it does not", exit: 1, stands: 2,
			says: "new version-skew x, (workspace-drift x)",
			do:   []step{edit(pay, "example.com/x v1.0.0", "example.com/x v1.1.0")}},
		{what: "a library raises x, and a service that the change does not touch no longer loads", exit: 1, stands: 2,
			says: "new stale-dependent x",
			do:   []step{edit(log, "example.com/x v1.0.0", "example.com/x v1.1.0")}},
		{what: "both raise x", stands: 2, merged: true,
			do: []step{edit(log, "example.com/x v1.0.0", "example.com/x v1.1.0"),
				edit(pay, "example.com/x v1.0.0", "example.com/x v1.1.0")}},
		{what: "leaves the pin", exit: 1, stands: 2, says: "new version-pin rpc, (workspace-drift rpc)",
			do: []step{edit(cart, "example.com/rpc v1.0.0", "example.com/rpc v1.1.0")}},
		{what: "goes below the floor", exit: 1, stands: 2, says: "new version-floor net",
			do: []step{edit(legacy, "example.com/net v0.5.0", "example.com/net v0.4.0"),
				edit(vendored, "example.com/net v0.5.0", "example.com/net v0.4.0")}},
		{what: "uses what is banned", exit: 1, stands: 2, says: "new banned old",
			do: []step{edit(pay, "require (", "require (\n\texample.com/old v1.0.0")}},
		{what: "a library requires what libraries must not", exit: 1, stands: 2, says: "new boundary rpc",
			do: []step{add(log, "\nrequire example.com/rpc v1.0.0\n")}},
		{what: "requires z, which needs a higher x, and does not tidy", exit: 1, stands: 2,
			says: "new needs-update libs/log x, version-skew x, (workspace-drift x)",
			do:   []step{add(log, "\nrequire example.com/z v1.0.0\n")}},
		{what: "two sides of a merge brought two hashes of x", exit: 1, stands: 2,
			says: "new sum-hash-conflict x v1.1.0/go.mod x",
			do: []step{add("services/pay/go.sum",
				"example.com/x v1.1.0/go.mod h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")}},
		{what: "cuts a line of go.sum", exit: 1, stands: 2, says: "new sum-malformed services/pay",
			do: []step{add("services/pay/go.sum", "example.com/x v1.1.0/go.mod\n")}},
		{what: "leaves conflict markers in go.sum", exit: 1, stands: 2, says: "new sum-malformed services/pay",
			do: []step{add("services/pay/go.sum", "<<<<<<< HEAD\n=======\n>>>>>>> other\n")}},
		{what: "leaves conflict markers in go.mod", exit: 1, stands: 2,
			says: "new go-mod-invalid services/pay; unknown selected services/pay, selected the workspace",
			do:   []step{edit(pay, "require (", "<<<<<<< HEAD\nrequire (\n=======\nrequire (\n>>>>>>> other")}},
		{what: "forgets the go.sum lines", exit: 1, stands: 2, says: "new sum-missing services/pay",
			do: []step{remove("services/pay/go.sum")}},
		{what: "a published library replaces x by a directory that is not there", exit: 1, stands: 2,
			says: "new replace-missing x, (replace-release libs/db x); unknown selected the workspace",
			do:   []step{add(db, "\nreplace example.com/x => ../x\n")}},
		{what: "two members of the workspace replace x, each by another version", exit: 1, stands: 2,
			says: "new replace-conflict x, version-skew x, (replace-downgrade x); unknown selected the workspace",
			do: []step{add(pay, "\nreplace example.com/x => example.com/x v1.0.0\n"),
				add(cart, "\nreplace example.com/x => example.com/x v1.2.0\n")}},
		{what: "go.work holds x back for everybody", exit: 1, stands: 2,
			says: "new workspace-drift x, (replace-downgrade go.work x)",
			do:   []step{add("go.work", "\nreplace example.com/x => example.com/x v1.0.0\n")}},
		{what: "go.work gives everybody a newer x", stands: 2, says: "new (workspace-drift x)",
			do: []step{add("go.work", "\nreplace example.com/x => example.com/x v1.2.0\n")}},
		{what: "a library goes to a newer go, alone", exit: 1, stands: 2,
			says: "new stale-dependent go, work-go-line go.work, (go-line libs/log); unknown selected the workspace",
			do:   []step{edit(log, "go 1.24", "go 1.25.0")}},
		{what: "raises net and does not vendor", exit: 1, stands: 2, says: "new vendor-stale services/legacy",
			do: []step{edit(legacy, "example.com/net v0.5.0", "example.com/net v0.6.0")}},
		{what: "removes a module that go.work uses", exit: 1, stands: 2,
			says: "new work-dangling go.work, (policy-unused: team shop: no module is selected by \"services/pay\"); " +
				"unknown selected the workspace",
			do: []step{remove("services/pay")}},
		{what: "adds a module without a use line", stands: 2, says: "new (work-uncovered services/mail)",
			do: []step{add("services/mail/go.mod", "module example.com/mono/services/mail\n\ngo 1.24\n")}},
		{what: "copies a module and forgets to rename it", exit: 1, stands: 2,
			says: "new duplicate-module services/mail mono/services/pay; unknown selected the workspace",
			do: []step{add("services/mail/go.mod", "module example.com/mono/services/pay\n\ngo 1.24\n"),
				edit("go.work", "use (", "use (\n\t./services/mail")}},
		{what: "lowers the y of legacy further", exit: 1, stands: 1, says: "worse version-skew y",
			do: []step{edit(legacy, "example.com/y v1.0.0", "example.com/y v0.9.0"),
				edit(vendored, "example.com/y v1.0.0", "example.com/y v0.9.0")}},
		{what: "a service lists an older y than the library that it takes from its directory", exit: 1, stands: 2,
			says: "new stale-dependent y",
			do:   []step{edit(cart, "example.com/y v1.1.0", "example.com/y v1.0.0")}},
		{what: "a new module has the y of legacy", exit: 1, stands: 1,
			says: "new (workspace-drift y); worse version-skew y",
			do: []step{add("services/mail/go.mod", "module example.com/mono/services/mail\n\ngo 1.24\n\nrequire example.com/y v1.0.0\n"),
				sums("services/mail"), edit("go.work", "use (", "use (\n\t./services/mail")}},
		{what: "settles the y of legacy", stands: 1, says: "gone version-skew y",
			do: []step{edit(legacy, "example.com/y v1.0.0", "example.com/y v1.1.0"),
				edit(vendored, "example.com/y v1.0.0", "example.com/y v1.1.0")}},
		{what: "moves legacy, with all that is wrong with it", stands: 2,
			says: "new (policy-loosened: section owners is not what it was)",
			do: []step{move("services/legacy", "services/archive"),
				edit("modgov.yaml", "modules: services/legacy", "modules: services/archive")}},
		{what: "moves legacy, and its module path follows", stands: 2,
			says: "new (policy-loosened: section owners is not what it was)",
			do: []step{edit(legacy, "mono/services/legacy", "mono/archive"), move("services/legacy", "archive"),
				edit("modgov.yaml", "modules: services/legacy", "modules: archive")}},
	}
}

// waivers: what a change can do to the policy, and to what it judges by.
func waivers() []pullRequest {
	const exception = "exceptions:\n  - {id: EX-1, policy: rpc, modules: services/pay, owner: shop, expires: "
	leave := edit(pay, "example.com/rpc v1.0.0", "example.com/rpc v1.1.0")
	june := []string{"--as-of", "2026-06-01"}
	return []pullRequest{
		{what: "leaves the pin and waives that", stands: 2, args: june, merged: true,
			says: "new (policy-loosened: exception EX-1 is new), (workspace-drift rpc); waived version-pin rpc",
			do:   []step{leave, add("modgov.yaml", exception+"2026-12-31}\n")}},
		{what: "changes nothing while the exception lasts", stands: 3, args: june, says: "waived version-pin rpc"},
		{what: "changes nothing when the exception has expired", stands: 5, args: []string{"--as-of", "2027-01-01"}},
		{what: "prolongs the exception", stands: 3, args: june,
			says: "new (policy-loosened: exception EX-1 is not what it was); waived version-pin rpc",
			do:   []step{edit("modgov.yaml", "2026-12-31", "2027-12-31")}},
		{what: "removes the exception, not what it is for: the policy asks more of what was there", stands: 4, args: june,
			do: []step{git("checkout", "-q", "main~1", "--", "modgov.yaml")}},
		{what: "returns to the pin, the exception stays", stands: 2, args: june,
			says: "gone (workspace-drift rpc); new (exception-unused: exception EX-1 waives nothing: no finding of policy item rpc matches it)",
			do:   []step{edit(pay, "example.com/rpc v1.1.0", "example.com/rpc v1.0.0")}},
		{what: "takes the waiver back, and what it was for", merged: true, stands: 2, args: june,
			says: "gone version-pin rpc, (workspace-drift rpc)",
			do:   []step{git("revert", "--no-edit", "-m", "1", "HEAD")}},
		{what: "leaves the pin with an exception that has expired", exit: 1, stands: 2, args: june,
			says: "new version-pin rpc, " +
				"(exception-expired: exception EX-1 expired on 2026-05-31; a finding that it covered counts again), " +
				"(policy-loosened: exception EX-1 is new), (workspace-drift rpc)",
			do: []step{leave, add("modgov.yaml", exception+"2026-05-31}\n")}},
		{what: "waives the rule, for all modules and dependencies", stands: 2,
			says: "new (policy-loosened: exception EX-1 is new), (workspace-drift rpc); waived version-pin rpc",
			do:   []step{leave, add("modgov.yaml", "exceptions:\n  - {id: EX-1, rule: version-pin, owner: shop}\n")}},
		{what: "waives without saying who", exit: 2, says: "modgov.yaml is not a valid policy",
			do: []step{leave, add("modgov.yaml", "exceptions:\n  - {id: EX-1, rule: version-pin}\n")}},
		{what: "waives what nothing waives", exit: 2, says: "modgov.yaml is not a valid policy",
			do: []step{add("modgov.yaml", "exceptions:\n  - {id: EX-1, rule: sum-hash-conflict, owner: shop}\n")}},
		{what: "lowers the floor, and goes below the old one", stands: 2,
			says: "new (policy-loosened: item net-floor is not what it was)",
			do: []step{edit("modgov.yaml", "at-least: v0.5.0", "at-least: v0.1.0"),
				edit(legacy, "example.com/net v0.5.0", "example.com/net v0.4.0"),
				edit(vendored, "example.com/net v0.5.0", "example.com/net v0.4.0")}},
		{what: "raises the floor above what is there", stands: 3,
			says: "new (policy-loosened: item net-floor is not what it was)",
			do:   []step{edit("modgov.yaml", "at-least: v0.5.0", "at-least: v0.6.0")}},
		{what: "renames an item of the policy", stands: 2,
			do: []step{edit("modgov.yaml", "id: one,", "id: same-everywhere,")}},
		{what: "removes the policy", stands: 2,
			says: "new (policy-loosened: item no-old is gone), (policy-loosened: item libs-are-pure is gone), " +
				"(policy-loosened: section exception_policy is not what it was), (policy-loosened: section go is not what it was), " +
				"(policy-loosened: section modules is not what it was), (policy-loosened: section owners is not what it was), " +
				"(policy-loosened: item rpc is gone), (policy-loosened: section replaces is not what it was), " +
				"(policy-loosened: item net-floor is gone), (policy-loosened: item one is gone), (version-skew rpc), (workspace-drift rpc)",
			do: []step{remove("modgov.yaml"), leave}},
		{what: "a fork lowers the floor, and goes below the old one", exit: 1, stands: 2, fork: true,
			says: "new version-floor net; judged by the base",
			do: []step{edit("modgov.yaml", "at-least: v0.5.0", "at-least: v0.1.0"),
				edit(legacy, "example.com/net v0.5.0", "example.com/net v0.4.0"),
				edit(vendored, "example.com/net v0.5.0", "example.com/net v0.4.0")}},
		{what: "a fork changes a file", stands: 2, fork: true, says: "judged by the base",
			do: []step{add("README.md", "More words.\n")}},
	}
}

// branches: where a change comes from. On main somebody has left the pin all the same.
func branches() []pullRequest {
	leave := edit(pay, "example.com/rpc v1.0.0", "example.com/rpc v1.1.0")
	old := git("reset", "-q", "--hard", "main~1") // as a branch that was made before main left the pin
	return []pullRequest{
		{what: "leaves the pin, and is merged all the same", exit: 1, stands: 2, merged: true,
			says: "new version-pin rpc, (workspace-drift rpc)",
			do:   []step{leave}},
		{what: "changes a file while that stands", stands: 4,
			do: []step{add("README.md", "More words.\n")}},
		{what: "comes from before that", stands: 2,
			do: []step{old, add("README.md", "More words.\n")}},
		{what: "comes from before that, and has merged main since", stands: 4,
			do: []step{old, add("README.md", "More words.\n"), git("commit", "-q", "-a", "-m", "words"),
				git("merge", "-q", "-m", "merge", "main")}},
		{what: "is older than main and changes nothing", stands: 2,
			do: []step{old}},
		{what: "is no branch", stands: 4,
			do: []step{git("checkout", "-q", "--detach"), add("README.md", "More words.\n")}},
		{what: "takes another one's return to the pin along", says: "gone version-pin rpc, (workspace-drift rpc)", stands: 2,
			do: []step{git("revert", "--no-edit", "-m", "1", "HEAD")}},
		{what: "has merged main, and main has merged it", exit: 1, stands: 4,
			says: "new banned old; several merge bases",
			do: []step{add("README.md", "More words.\n"), git("commit", "-q", "-a", "-m", "words"), git("branch", "words"),
				git("checkout", "-q", "main"), add("go.work", "\n"), git("commit", "-q", "-a", "-m", "line"), git("branch", "line"),
				git("merge", "-q", "-m", "merge", "words"), git("checkout", "-q", "-"), git("merge", "-q", "-m", "merge", "line"),
				edit(pay, "require (", "require (\n\texample.com/old v1.0.0")}},
		{what: "shares no history with main", exit: 2, says: "main and HEAD: they share no history",
			do: []step{git("checkout", "-q", "--orphan", "other")}},
		{what: "breaks the policy, and is merged all the same", exit: 2, merged: true,
			says: "modgov.yaml is not a valid policy",
			do:   []step{add("modgov.yaml", "pin: []\n")}},
		{what: "a fork changes a file while the policy is broken", exit: 2, fork: true,
			says: "modgov.yaml is not a valid policy",
			do:   []step{add("README.md", "More words.\n")}},
		{what: "mends the policy", stands: 4, merged: true,
			do: []step{edit("modgov.yaml", "pin: []\n", "")}},
		{what: "takes a snapshot of what legacy vendors", stands: 4, merged: true,
			do: []step{manifest("services/legacy")}},
		{what: "changes a vendored file", exit: 1, stands: 4, says: "new vendor-tampered services/legacy",
			do: []step{add("services/legacy/vendor/example.com/net/net.go", "\nconst Changed = true\n")}},
	}
}

// together: what is green by itself and red with what has come to main since.
func together() []pullRequest {
	old := git("reset", "-q", "--hard", "main~1") // as a branch that was made before x was raised
	mail := func(x string) step {
		return add("services/mail/go.mod",
			"module example.com/mono/services/mail\n\ngo 1.24\n\nrequire example.com/x "+x+"\n")
	}
	use := edit("go.work", "use (", "use (\n\t./services/mail")
	result := []string{"--merge-result"}
	return []pullRequest{
		{what: "both raise x again", stands: 4, merged: true,
			do: []step{edit(log, "example.com/x v1.1.0", "example.com/x v1.2.0"),
				edit(pay, "example.com/x v1.1.0", "example.com/x v1.2.0")}},
		{what: "a module with the x of before, by itself", stands: 4,
			do: []step{old, mail("v1.1.0"), sums("services/mail"), use}},
		{what: "the same, with what merging gives", exit: 1, stands: 4, args: result,
			says: "new version-skew x, (workspace-drift x)",
			do:   []step{old, mail("v1.1.0"), sums("services/mail"), use}},
		{what: "the x of now, with what merging gives", stands: 4, args: result,
			do: []step{old, mail("v1.2.0"), sums("services/mail"), use}},
		{what: "raises the same x, by itself and with what merging gives", stands: 4, args: result,
			do: []step{old, edit(log, "example.com/x v1.1.0", "example.com/x v1.2.0"),
				edit(pay, "example.com/x v1.1.0", "example.com/x v1.2.0")}},
		{what: "asks for a higher floor, which a module on main does not have", stands: 5, args: result,
			says: "new (policy-loosened: item net-floor is not what it was)",
			do:   []step{old, edit("modgov.yaml", "at-least: v0.5.0", "at-least: v0.6.0")}},
		{what: "takes a module away that main has changed: nobody knows what becomes of it", exit: 3, stands: 2, args: result,
			says: "gone version-pin rpc, (workspace-drift rpc); new (policy-unused: team shop: no module is selected by " +
				"\"services/pay\"); unknown declared services/pay",
			do: []step{old, remove("services/pay"), edit("go.work", "\n\t./services/pay", "")}},
	}
}
