package gocmd

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// maxNetrc bounds how much of a netrc file is read, in bytes.
const maxNetrc = 1 << 20

// HasLogin reports whether the go command may have credentials for a host ("HOST" or "HOST:PORT"): GOAUTH names a
// command or a git directory, which may know any host, or it names netrc and that file has the machine. The credentials
// themselves are never read: only the go command uses them.
func (s *Settings) HasLogin(host string) bool {
	for method := range strings.SplitSeq(s.Get("GOAUTH"), ";") {
		switch words := strings.Fields(method); {
		case len(words) == 0, words[0] == "off":
		case words[0] != "netrc", s.inNetrc(host):
			return true
		}
	}
	return false
}

// inNetrc reports whether the user's netrc file names a machine. A file that cannot be read names none, as for go.
func (s *Settings) inNetrc(host string) bool {
	file := netrcFile(parseEnviron(s.environ))
	if file == "" {
		return false
	}
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxNetrc))
	if err != nil {
		return false
	}
	words := strings.Fields(string(data))
	for i := range len(words) - 1 {
		if words[i] == "machine" && words[i+1] == host {
			return true
		}
	}
	return false
}

// netrcFile returns the name of the netrc file (cmd/go/internal/auth netrcPath), "" if it is not known.
func netrcFile(env map[string]string) string {
	if file := env["NETRC"]; file != "" {
		return file
	}
	if runtime.GOOS != "windows" {
		return below(env["HOME"], ".netrc")
	}
	file := below(env["USERPROFILE"], "_netrc")
	if _, err := os.Stat(file); err != nil {
		return below(env["USERPROFILE"], ".netrc")
	}
	return file
}

// UserCacheDir returns the directory for what programs keep for this user, as os.UserCacheDir does for the environment
// of the settings; "" if it is not known.
func (s *Settings) UserCacheDir() string {
	dir := defaultCache(parseEnviron(s.environ))
	if dir == "" {
		return ""
	}
	return filepath.Dir(dir)
}
