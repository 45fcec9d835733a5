package ci

import "testing"

func TestCheckoutOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env  map[string]string
		want Checkout
	}{
		"nowhere": {nil, Checkout{}},
		"GitHub": {
			map[string]string{"GITHUB_SERVER_URL": "https://git.example/", "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": "abc"},
			Checkout{"https://git.example/o/r", "abc", "https://git.example/o/r/blob/abc/"},
		},
		"GitLab": {
			map[string]string{"CI_PROJECT_URL": "https://git.example/g/p", "CI_COMMIT_SHA": "abc"},
			Checkout{"https://git.example/g/p", "abc", "https://git.example/g/p/-/blob/abc/"},
		},
		"half a GitHub": {map[string]string{"GITHUB_SERVER_URL": "https://git.example", "GITHUB_REPOSITORY": "o/r"}, Checkout{}},
		"no address of the web": {
			map[string]string{"GITHUB_SERVER_URL": "javascript:x", "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": "abc"}, Checkout{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := CheckoutOf(func(name string) string { return test.env[name] }); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}
