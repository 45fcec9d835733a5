package ci

import (
	"cmp"
	"net/url"
	"strings"
)

// gitlab reads merge requests (of branches, of merge results and of merge trains), external pull requests, and pushes.
// CI_COMMIT_BEFORE_SHA counts for pushes alone: in all other pipelines it is zeros, or somebody else's.
func gitlab(r *reader) (*Build, error) {
	b := &Build{Service: GitLab, Event: r.get("CI_PIPELINE_SOURCE")}
	switch {
	case r.get("CI_MERGE_REQUEST_IID") != "":
		b.Event = "merge request"
		if from := r.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"); from == "" || from != r.get("CI_MERGE_REQUEST_PROJECT_ID") {
			b.Fork = cmp.Or(r.get("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH"), "project "+from)
		}
		// Set only where the merge request was merged into its target for this pipeline. The base of the diff is older:
		// against it, what others brought meanwhile would be blamed on this change.
		b.add(Base{Rev: r.get("CI_MERGE_REQUEST_TARGET_BRANCH_SHA"), Why: "what the merge request was merged into"})
		b.add(Base{Rev: r.get("CI_MERGE_REQUEST_DIFF_BASE_SHA"), Why: "where the merge request left its target"})
		b.add(Base{Branch: r.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"), Why: "the branch that the merge request goes to"})
	case r.get("CI_EXTERNAL_PULL_REQUEST_IID") != "":
		b.Event = "external pull request"
		from, to := r.get("CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY"), r.get("CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY")
		if from != to {
			b.Fork = cmp.Or(from, "a repository without a name")
		}
		b.add(Base{Branch: r.get("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME"), Why: "the branch that the pull request goes to"})
		b.add(Base{Rev: r.get("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA"), Why: "the tip of that branch"})
	case r.get("CI_COMMIT_TAG") != "":
		b.NoBase = "a tag is no change to a branch"
	case b.Event == "push" && r.get("CI_COMMIT_BRANCH") != "":
		b.pushed(r.get("CI_COMMIT_BEFORE_SHA"), r.get("CI_COMMIT_BRANCH"), r.get("CI_DEFAULT_BRANCH"))
	}
	if len(b.Bases) == 0 && b.NoBase == "" {
		b.NoBase = "this pipeline names no base"
	}
	return b, nil
}

// buildkite reads pull requests, merge queues, and builds of branches: it does not say what a branch was before a push.
func buildkite(r *reader) (*Build, error) {
	b := &Build{Service: Buildkite, Event: "branch"}
	number, branch, usual := r.get("BUILDKITE_PULL_REQUEST"), r.get("BUILDKITE_BRANCH"), r.get("BUILDKITE_PIPELINE_DEFAULT_BRANCH")
	switch {
	case number != "" && number != "false":
		b.Event = "pull request"
		if from, to := r.get("BUILDKITE_PULL_REQUEST_REPO"), r.get("BUILDKITE_REPO"); place(from) != place(to) {
			b.Fork = cmp.Or(place(from), "a repository without a name")
		}
		b.add(Base{Branch: r.get("BUILDKITE_PULL_REQUEST_BASE_BRANCH"), Why: "the branch that pull request " + number + " goes to"})
	case r.get("BUILDKITE_MERGE_QUEUE_BASE_BRANCH") != "":
		b.Event = "merge queue"
		b.add(Base{Rev: r.get("BUILDKITE_MERGE_QUEUE_BASE_COMMIT"), Why: "what the merge queue puts this group on"})
		b.add(Base{Branch: r.get("BUILDKITE_MERGE_QUEUE_BASE_BRANCH"), Why: "the branch that the merge queue serves"})
	case r.get("BUILDKITE_TAG") != "":
		b.Event, b.NoBase = "tag", "a tag is no change to a branch"
	case branch != usual:
		b.add(Base{Branch: usual, Why: "the default branch"})
	}
	if len(b.Bases) == 0 && b.NoBase == "" {
		b.NoBase = "this build names no base"
	}
	return b, nil
}

// azure reads pull requests. The target is a ref with Azure Repos and a plain name with GitHub; builds of branches do not
// say what was there before.
func azure(r *reader) (*Build, error) {
	b := &Build{Service: Azure, Event: cmp.Or(r.get("BUILD_REASON"), "build")}
	target := r.get("SYSTEM_PULLREQUEST_TARGETBRANCH")
	if target == "" {
		b.NoBase = "this build names no base"
		return b, nil
	}
	switch fork := r.get("SYSTEM_PULLREQUEST_ISFORK"); {
	case fork == "":
		b.Fork = "nobody knows where (SYSTEM_PULLREQUEST_ISFORK is not set)"
	case !strings.EqualFold(fork, "false"):
		b.Fork = cmp.Or(place(r.get("SYSTEM_PULLREQUEST_SOURCEREPOSITORYURI")), "a repository without a name")
	}
	if ref := r.get("BUILD_SOURCEBRANCH"); mergeRef.MatchString(ref) {
		b.add(Base{Merge: r.get("BUILD_SOURCEVERSION"), Why: "what the pull request was merged into"})
	}
	b.add(Base{Branch: target, Why: "the branch that the pull request goes to"})
	return b, nil
}

// jenkins reads what multibranch pipelines say of a change request. CHANGE_FORK is set only for one from a fork.
func jenkins(r *reader) (*Build, error) {
	b := &Build{Service: Jenkins, Event: "branch"}
	if target := r.get("CHANGE_TARGET"); target != "" {
		b.Event, b.Fork = "change request", r.get("CHANGE_FORK")
		b.add(Base{Branch: target, Why: "the branch that change request " + r.get("CHANGE_ID") + " goes to"})
		return b, nil
	}
	b.NoBase = "only builds of change requests name a base (CHANGE_TARGET)"
	return b, nil
}

// place is the host and path of a repository's address, whatever the protocol: git@host:a/b.git is https://host/a/b.
func place(address string) string {
	if address == "" {
		return ""
	}
	host, name := "", ""
	if u, err := url.Parse(address); err == nil && u.Host != "" {
		host, name = u.Hostname(), u.Path
	} else if h, p, ok := strings.Cut(address, ":"); ok && !strings.Contains(h, "/") {
		host, name = h[strings.LastIndex(h, "@")+1:], p
	} else {
		return strings.TrimSuffix(address, ".git")
	}
	return strings.ToLower(host + "/" + strings.TrimSuffix(strings.Trim(name, "/"), ".git"))
}
