package modsource

import (
	"net/url"
	"strings"
)

// Redact returns a setting that holds URLs, such as GOPROXY or GOSUMDB, for people's eyes: every URL without user,
// password and query. What seems to hold one of these and cannot be read as a URL is not shown at all.
func Redact(setting string) string {
	const separators = ",|; "
	var b strings.Builder
	for setting != "" {
		i := strings.IndexAny(setting, separators)
		if i < 0 {
			i = len(setting)
		}
		b.WriteString(redactWord(setting[:i]))
		setting = setting[i:]
		if setting != "" {
			b.WriteByte(setting[0])
			setting = setting[1:]
		}
	}
	return b.String()
}

func redactWord(word string) string {
	if !strings.ContainsAny(word, "@?") {
		return word
	}
	rest, added := word, ""
	if !strings.Contains(word, "://") {
		added = "https://" // as go understands what looks like a host
		rest = added + word
	}
	u, err := url.Parse(rest)
	if err != nil || u.Host == "" {
		return "xxxxx"
	}
	return strings.TrimPrefix(redact(u), added)
}

// CheckProxies says why a GOPROXY list cannot be understood, nil if it can. It quotes nothing that may be a secret.
func CheckProxies(list string) error {
	_, err := parseProxies(list)
	return err
}
