package modsource

import (
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"":                                 "",
		"off":                              "off",
		"https://proxy.example.com,direct": "https://proxy.example.com,direct",
		"https://user:secret@proxy.example.com/go|off":     "https://xxxxx@proxy.example.com/go|off",
		"https://proxy.example.com?token=secret,off":       "https://proxy.example.com?xxxxx,off",
		"secret@proxy.example.com/go":                      "xxxxx@proxy.example.com/go",
		"user:secret@proxy.example.com":                    "xxxxx@proxy.example.com",
		"https://user:sec%ret@proxy.example.com,direct":    "xxxxx,direct",
		"sum.example.com+hash+key/= https://u:secret@s.ex": "sum.example.com+hash+key/= https://xxxxx@s.ex",
		"://secret@,x": "xxxxx,x",
	} {
		if got := Redact(setting); got != want {
			t.Errorf("Redact(%q) = %q, want %q", setting, got, want)
		}
	}
}

func TestCheckProxies(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]string{
		"https://proxy.example.com,direct":     "",
		"file:///proxy|off":                    "",
		",":                                    "contains no entries",
		"ftp://user:secret@proxy.example":      "GOPROXY, entry 1: invalid proxy URL scheme",
		"off,https://%":                        "",
		"https://proxy.example.com,http:/\x7f": "entry 2: not a URL",
	} {
		err := CheckProxies(list)
		switch {
		case want == "" && err == nil:
		case err == nil || want == "" || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret"):
			t.Errorf("CheckProxies(%q) = %v, want %q", list, err, want)
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("user:secret@proxy.example.com,https://a?b|off")
	f.Fuzz(func(t *testing.T, setting string) {
		if got := Redact("https://user:" + "s3cr3t" + "@" + setting); strings.Contains(got, "s3cr3t") {
			t.Errorf("%q shows the password", got)
		}
	})
}
