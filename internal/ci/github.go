package ci

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// githubEvent is what is read of the event file, the payload of the webhook.
type githubEvent struct {
	PullRequest *struct {
		Number int `json:"number"`
		Base   struct {
			Ref  string      `json:"ref"`
			SHA  string      `json:"sha"`
			Repo *githubRepo `json:"repo"`
		} `json:"base"`
		Head struct {
			Repo *githubRepo `json:"repo"` // null once the fork is deleted
		} `json:"head"`
	} `json:"pull_request"`
	MergeGroup *struct {
		BaseSHA string `json:"base_sha"`
		BaseRef string `json:"base_ref"`
	} `json:"merge_group"`
	Before     string     `json:"before"`
	Repository githubRepo `json:"repository"`
}

type githubRepo struct {
	FullName      string `json:"full_name"`
	DefaultBranch string `json:"default_branch"`
}

// mergeRef is the ref of the merge that GitHub makes of a pull request and its base.
var mergeRef = regexp.MustCompile(`^refs/pull/[0-9]+/merge$`)

func github(r *reader) (*Build, error) {
	b := &Build{Service: GitHub, Event: r.get("GITHUB_EVENT_NAME")}
	name := r.get("GITHUB_EVENT_PATH")
	if name == "" {
		return nil, fmt.Errorf("%s: GITHUB_EVENT_PATH is not set, so nobody can say what is built", b.Service)
	}
	data, err := r.file(name)
	if err != nil {
		return nil, fmt.Errorf("%s: read the event: %w", b.Service, err)
	}
	var event githubEvent
	if err := json.Unmarshal(data, &event); err != nil {
		return nil, fmt.Errorf("%s: read the event %s: %w", b.Service, name, err)
	}
	switch {
	case event.PullRequest != nil && strings.HasPrefix(b.Event, "pull_request"):
		b.githubPullRequest(r, &event)
	case event.MergeGroup != nil:
		b.add(Base{Rev: event.MergeGroup.BaseSHA, Why: "what the merge queue puts this group on"})
		b.add(Base{Branch: event.MergeGroup.BaseRef, Why: "the branch that the merge queue serves"})
	case b.Event == "push" && r.get("GITHUB_REF_TYPE") == "branch":
		b.pushed(event.Before, r.get("GITHUB_REF_NAME"), event.Repository.DefaultBranch)
	case r.get("GITHUB_REF_TYPE") == "tag":
		b.NoBase = "a tag is no change to a branch"
	}
	if len(b.Bases) == 0 && b.NoBase == "" {
		b.NoBase = "this event names no base"
	}
	return b, nil
}

// githubPullRequest reads pull_request, pull_request_target and the events around reviews. The tip of the base in the
// event is what it was at the last push to the pull request, and the merge that is checked out may be made on a later
// one; so its first parent comes first and that tip last.
func (b *Build) githubPullRequest(r *reader, event *githubEvent) {
	pr := event.PullRequest
	switch from, to := pr.Head.Repo, pr.Base.Repo; {
	case from == nil || to == nil:
		b.Fork = "a repository that is gone"
	case from.FullName != to.FullName:
		b.Fork = from.FullName
	}
	if b.Event == "pull_request_target" {
		b.BaseOut = r.get("GITHUB_SHA")
	} else if mergeRef.MatchString(r.get("GITHUB_REF")) {
		b.add(Base{Merge: r.get("GITHUB_SHA"), Why: fmt.Sprintf("what pull request %d was merged into", pr.Number)})
	}
	b.add(Base{Branch: cmp.Or(r.get("GITHUB_BASE_REF"), pr.Base.Ref), Why: fmt.Sprintf("the branch that pull request %d goes to", pr.Number)})
	b.add(Base{Rev: pr.Base.SHA, Why: "the tip of the base when the pull request was last changed"})
}
