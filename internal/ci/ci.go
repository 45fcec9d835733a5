// Package ci says which CI service runs a build, and what that tells the build about itself: which change it builds, what
// that change is to be compared with, and where its files are shown. It reads the environment and the event file that the
// service wrote, and knows neither git nor policy.
//
// Services: GitHub Actions (and what imitates it), GitLab, Buildkite, Azure Pipelines, Jenkins.
package ci

import (
	"errors"
	"strings"
)

// A Service is a CI service, by its name; "" is none that is known here.
type Service string

// The services. Others that set the variables of one count as that one.
const (
	GitHub    Service = "GitHub Actions"
	GitLab    Service = "GitLab"
	Buildkite Service = "Buildkite"
	Azure     Service = "Azure Pipelines"
	Jenkins   Service = "Jenkins"
)

// ErrUnknown is the error where the environment is that of no CI service that is known here.
var ErrUnknown = errors.New("no CI service known here has set its variables (GitHub Actions, GitLab, Buildkite, " +
	"Azure Pipelines, Jenkins)")

// A Build is what a CI service says of the build at hand.
type Build struct {
	Service Service
	Event   string // what started it, in the words of the service: "pull_request"

	// Bases are what the build can be compared with, the best first. Which of them the clone has is not known here.
	Bases []Base
	// NoBase says why there is none, as the end of a sentence; "" if there is one.
	NoBase string

	// Fork names the repository that a pull request comes from if it is not the one that it goes to: whoever wrote it may
	// not be allowed to change the policy. "" for all other builds.
	Fork string

	// BaseOut is the commit that the service checks out in place of the change unless it is told otherwise, as GitHub
	// does for pull_request_target; "" if it checks out the change.
	BaseOut string
}

// A Base is one way to name what a build is compared with. Exactly one of Rev, Branch and Merge is set.
type Base struct {
	Rev    string // the full name of a commit
	Branch string // a branch of the repository that the change goes to, without "refs/heads/"
	// Merge is the commit that the service made by merging the change into what it goes to, and checked out: the base is
	// its first parent.
	Merge string
	Why   string // what it is: "the branch that the pull request goes to"
}

// A reader asks the service's variables and files.
type reader struct {
	env  func(name string) string
	file func(name string) ([]byte, error)
}

// get returns a variable. Azure leaves a name that it does not know in place: "$(System.PullRequest.IsFork)".
func (r *reader) get(name string) string {
	if v := r.env(name); !strings.HasPrefix(v, "$(") {
		return v
	}
	return ""
}

// ServiceOf returns the service that runs this build. Env returns a variable of the environment, "" if it is not set.
func ServiceOf(env func(name string) string) Service {
	for _, s := range []struct {
		variable string
		service  Service
	}{
		{"GITHUB_ACTIONS", GitHub}, {"GITLAB_CI", GitLab}, {"BUILDKITE", Buildkite}, {"TF_BUILD", Azure}, {"JENKINS_URL", Jenkins},
	} {
		if v := env(s.variable); v != "" && !strings.EqualFold(v, "false") {
			return s.service
		}
	}
	return ""
}

// Read finds out which service runs this build and what it says. Env returns a variable of the environment, "" if it is
// not set; file reads a file that such a variable names. The error is ErrUnknown without a service, else it says what
// of its files cannot be read: where nobody can tell whose change it is, nothing is taken for granted.
func Read(env func(name string) string, file func(name string) ([]byte, error)) (*Build, error) {
	r := &reader{env, file}
	switch ServiceOf(env) {
	case GitHub:
		return github(r)
	case GitLab:
		return gitlab(r)
	case Buildkite:
		return buildkite(r)
	case Azure:
		return azure(r)
	case Jenkins:
		return jenkins(r)
	}
	return nil, ErrUnknown
}

// add takes up a base if the service names it.
func (b *Build) add(base Base) {
	base.Branch = strings.TrimPrefix(base.Branch, "refs/heads/")
	if strings.Trim(base.Rev, "0") == "" {
		base.Rev = "" // no commit: what git says of a branch that was not there
	}
	if base.Rev != "" || base.Branch != "" || base.Merge != "" {
		b.Bases = append(b.Bases, base)
	}
}

// pushed is what a push to a branch is compared with: the commit that the branch was at, else the branch from which
// others begin.
func (b *Build) pushed(before, branch, usual string) {
	b.add(Base{Rev: before, Why: "what " + branch + " was before the push"})
	if usual != branch {
		b.add(Base{Branch: usual, Why: "the default branch"})
	}
	if len(b.Bases) == 0 {
		b.NoBase = "nothing was there before the first push of a branch"
	}
}
