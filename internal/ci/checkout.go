package ci

import "strings"

// A Checkout is where a service shows the commit that a build works on. Each part is "" if the service does not say.
type Checkout struct {
	Repository string // address of the repository
	Commit     string // its full name
	Blob       string // address below which the files of the commit are shown, with a slash at the end
}

// CheckoutOf reads what GitHub and GitLab say of the commit that is checked out; the other services name no addresses of
// files. Env returns a variable of the environment, "" if it is not set.
func CheckoutOf(env func(name string) string) Checkout {
	server, name, commit := env("GITHUB_SERVER_URL"), env("GITHUB_REPOSITORY"), env("GITHUB_SHA")
	if isWeb(server) && name != "" && commit != "" {
		address := strings.TrimSuffix(server, "/") + "/" + name
		return Checkout{Repository: address, Commit: commit, Blob: address + "/blob/" + commit + "/"}
	}
	project, commit := env("CI_PROJECT_URL"), env("CI_COMMIT_SHA")
	if isWeb(project) && commit != "" {
		return Checkout{Repository: project, Commit: commit, Blob: strings.TrimSuffix(project, "/") + "/-/blob/" + commit + "/"}
	}
	return Checkout{}
}

func isWeb(address string) bool {
	return strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://")
}
