package ci

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
)

// shown is a build as text: event, bases in order, fork.
func shown(b *Build) string {
	words := []string{b.Event}
	for _, base := range b.Bases {
		switch {
		case base.Merge != "":
			words = append(words, "merge:"+base.Merge)
		case base.Branch != "":
			words = append(words, "branch:"+base.Branch)
		default:
			words = append(words, "rev:"+base.Rev)
		}
	}
	if b.NoBase != "" {
		words = append(words, "none")
	}
	if b.Fork != "" {
		words = append(words, "fork:"+b.Fork)
	}
	if b.BaseOut != "" {
		words = append(words, "out:"+b.BaseOut)
	}
	return strings.Join(words, " ")
}

const zeros = "0000000000000000000000000000000000000000"

// What each service says. Variables are separated by blanks; EVENT is the content of GitHub's event file.
func TestRead(t *testing.T) {
	t.Parallel()
	github := "GITHUB_ACTIONS=true GITHUB_EVENT_PATH=/event GITHUB_SHA=aaa "
	pull := github + "GITHUB_BASE_REF=main GITHUB_REF=refs/pull/7/merge "
	merge := "GITLAB_CI=true CI_PIPELINE_SOURCE=merge_request_event CI_MERGE_REQUEST_IID=3 CI_MERGE_REQUEST_PROJECT_ID=1 " +
		"CI_MERGE_REQUEST_DIFF_BASE_SHA=ddd CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main CI_COMMIT_BEFORE_SHA=" + zeros + " "
	gitlab := "GITLAB_CI=true CI_DEFAULT_BRANCH=main CI_PIPELINE_SOURCE="
	kite := "BUILDKITE=true BUILDKITE_REPO=git@git.example.com:acme/x.git BUILDKITE_PIPELINE_DEFAULT_BRANCH=main BUILDKITE_BRANCH=w "
	kitePull := kite + "BUILDKITE_PULL_REQUEST=7 BUILDKITE_PULL_REQUEST_BASE_BRANCH=main "
	azure := "TF_BUILD=True BUILD_REASON=PullRequest SYSTEM_PULLREQUEST_TARGETBRANCH=refs/heads/main "
	same := `{"pull_request": {"number": 7, "base": {"ref": "main", "sha": "bbb", "repo": {"full_name": "a/x"}}, ` +
		`"head": {"repo": {"full_name": "a/x"}}}}`
	push := `{"before": "bbb", "repository": {"default_branch": "main"}}`
	first := strings.Replace(push, "bbb", zeros, 1)
	for _, tt := range []struct{ name, env, event, want string }{
		{"pull request", pull + "GITHUB_EVENT_NAME=pull_request", same, "pull_request merge:aaa branch:main rev:bbb"},
		{"pull request of a fork", pull + "GITHUB_EVENT_NAME=pull_request", strings.Replace(same, "a/x", "m/x", 2),
			"pull_request merge:aaa branch:main rev:bbb"},
		{"from a fork", pull + "GITHUB_EVENT_NAME=pull_request", strings.Replace(same, `"head": {"repo": {"full_name": "a`, `"head": {"repo": {"full_name": "m`, 1),
			"pull_request merge:aaa branch:main rev:bbb fork:m/x"},
		{"from a fork that is gone", pull + "GITHUB_EVENT_NAME=pull_request", strings.Replace(same, `"head": {"repo": {"full_name": "a/x"}}`, `"head": {"repo": null}`, 1),
			"pull_request merge:aaa branch:main rev:bbb fork:a repository that is gone"},
		{"a pull request without its repositories", pull + "GITHUB_EVENT_NAME=pull_request", `{"pull_request": {}}`,
			"pull_request merge:aaa branch:main fork:a repository that is gone"},
		{"the base's own files", pull + "GITHUB_EVENT_NAME=pull_request_target GITHUB_REF=refs/heads/main", same,
			"pull_request_target branch:main rev:bbb out:aaa"},
		{"a review", github + "GITHUB_EVENT_NAME=pull_request_review GITHUB_REF=refs/pull/7/merge", same,
			"pull_request_review merge:aaa branch:main rev:bbb"},
		{"merge queue", github + "GITHUB_EVENT_NAME=merge_group", `{"merge_group": {"base_sha": "bbb", "base_ref": "refs/heads/main"}}`,
			"merge_group rev:bbb branch:main"},
		{"push", github + "GITHUB_EVENT_NAME=push GITHUB_REF_TYPE=branch GITHUB_REF_NAME=main", push, "push rev:bbb"},
		{"push of a branch", github + "GITHUB_EVENT_NAME=push GITHUB_REF_TYPE=branch GITHUB_REF_NAME=w", push, "push rev:bbb branch:main"},
		{"first push", github + "GITHUB_EVENT_NAME=push GITHUB_REF_TYPE=branch GITHUB_REF_NAME=w", first, "push branch:main"},
		{"very first push", github + "GITHUB_EVENT_NAME=push GITHUB_REF_TYPE=branch GITHUB_REF_NAME=main", first, "push none"},
		{"push of a tag", github + "GITHUB_EVENT_NAME=push GITHUB_REF_TYPE=tag GITHUB_REF_NAME=v1.0.0", first, "push none"},
		{"schedule", github + "GITHUB_EVENT_NAME=schedule GITHUB_REF_TYPE=branch GITHUB_REF_NAME=main", "{}", "schedule none"},

		{"merge request", merge + "CI_MERGE_REQUEST_SOURCE_PROJECT_ID=1", "", "merge request rev:ddd branch:main"},
		{"merge train", merge + "CI_MERGE_REQUEST_SOURCE_PROJECT_ID=1 CI_MERGE_REQUEST_EVENT_TYPE=merge_train CI_MERGE_REQUEST_TARGET_BRANCH_SHA=ttt",
			"", "merge request rev:ttt rev:ddd branch:main"},
		{"merge request of a fork", merge + "CI_MERGE_REQUEST_SOURCE_PROJECT_ID=2 CI_MERGE_REQUEST_SOURCE_PROJECT_PATH=m/x", "",
			"merge request rev:ddd branch:main fork:m/x"},
		{"external pull request", "GITLAB_CI=true CI_EXTERNAL_PULL_REQUEST_IID=3 CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY=m/x " +
			"CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY=a/x CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME=main", "",
			"external pull request branch:main fork:m/x"},
		{"pushed to GitLab", gitlab + "push CI_COMMIT_BRANCH=main CI_COMMIT_BEFORE_SHA=bbb", "", "push rev:bbb"},
		{"first pushed to GitLab", gitlab + "push CI_COMMIT_BRANCH=w CI_COMMIT_BEFORE_SHA=" + zeros, "", "push branch:main"},
		{"GitLab's schedule", gitlab + "schedule CI_COMMIT_BRANCH=main CI_COMMIT_BEFORE_SHA=bbb", "", "schedule none"},
		{"GitLab's tag", gitlab + "push CI_COMMIT_TAG=v1 CI_COMMIT_BEFORE_SHA=bbb", "", "push none"},

		{"Buildkite", kitePull + "BUILDKITE_PULL_REQUEST_REPO=https://git.example.com/acme/x", "", "pull request branch:main"},
		{"Buildkite, fork", kitePull + "BUILDKITE_PULL_REQUEST_REPO=git://git.example.com/mallory/x.git", "",
			"pull request branch:main fork:git.example.com/mallory/x"},
		{"Buildkite, unnamed", kitePull, "", "pull request branch:main fork:a repository without a name"},
		{"Buildkite, queue", kite + "BUILDKITE_PULL_REQUEST=false BUILDKITE_MERGE_QUEUE_BASE_BRANCH=main BUILDKITE_MERGE_QUEUE_BASE_COMMIT=bbb", "",
			"merge queue rev:bbb branch:main"},
		{"Buildkite, branch", kite + "BUILDKITE_PULL_REQUEST=false", "", "branch branch:main"},
		{"Buildkite, default branch", kite + "BUILDKITE_BRANCH=main", "", "branch none"},
		{"Buildkite, tag", kite + "BUILDKITE_TAG=v1", "", "tag none"},

		{"Azure", azure + "SYSTEM_PULLREQUEST_ISFORK=False BUILD_SOURCEBRANCH=refs/pull/7/merge BUILD_SOURCEVERSION=aaa", "",
			"PullRequest merge:aaa branch:main"},
		{"Azure, fork", azure + "SYSTEM_PULLREQUEST_ISFORK=True", "", "PullRequest branch:main fork:a repository without a name"},
		{"Azure, not said", azure + "SYSTEM_PULLREQUEST_ISFORK=$(System.PullRequest.IsFork)", "",
			"PullRequest branch:main fork:nobody knows where (SYSTEM_PULLREQUEST_ISFORK is not set)"},
		{"Azure, branch", "TF_BUILD=True BUILD_REASON=IndividualCI", "", "IndividualCI none"},

		{"Jenkins", "JENKINS_URL=x CHANGE_TARGET=main CHANGE_ID=7", "", "change request branch:main"},
		{"Jenkins, fork", "JENKINS_URL=x CHANGE_TARGET=main CHANGE_ID=7 CHANGE_FORK=mallory", "", "change request branch:main fork:mallory"},
		{"Jenkins, branch", "JENKINS_URL=x", "", "branch none"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, err := read(tt.env, tt.event)
			if err != nil {
				t.Fatal(err)
			}
			if got := shown(b); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func read(env, event string) (*Build, error) {
	vars := strings.Fields(env)
	get := func(name string) string {
		for _, v := range slices.Backward(vars) {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value
			}
		}
		return ""
	}
	return Read(get, func(string) ([]byte, error) {
		if event == "" {
			return nil, fs.ErrNotExist
		}
		return []byte(event), nil
	})
}

// Without a service, or without what tells whose change it is, nothing is made up.
func TestReadFails(t *testing.T) {
	t.Parallel()
	if _, err := read("CI=true GITHUB_ACTIONS=false", ""); !errors.Is(err, ErrUnknown) {
		t.Errorf("no service: %v", err)
	}
	for _, tt := range []struct{ env, event, want string }{
		{"GITHUB_ACTIONS=true GITHUB_EVENT_NAME=pull_request", "", "GITHUB_EVENT_PATH is not set"},
		{"GITHUB_ACTIONS=true GITHUB_EVENT_PATH=/event", "", "file does not exist"},
		{"GITHUB_ACTIONS=true GITHUB_EVENT_PATH=/event", "[]", "cannot unmarshal"},
	} {
		if _, err := read(tt.env, tt.event); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.env, err)
		}
	}
}

// One place has many addresses.
func TestPlace(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"git@git.example.com:acme/x.git", "https://git.example.com/acme/x", "ssh://git@git.example.com:22/acme/x.git",
		"git://Git.Example.com/acme/x.git/", "https://token@git.example.com/acme/x.git",
	} {
		if got := place(address); got != "git.example.com/acme/x" {
			t.Errorf("%s: %s", address, got)
		}
	}
	if got := place("/srv/git/x.git"); got != "/srv/git/x" {
		t.Error(got)
	}
}
