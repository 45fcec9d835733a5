package modsource

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"path/filepath"
	"strings"
	"time"
)

// latestAge is how long an answer about the newest version serves.
const latestAge = 24 * time.Hour

// latestFile returns the file that remembers an answer, "" if nothing is remembered. The settings that decide whom the
// question goes to are part of the name.
func (s *Source) latestFile(path string) string {
	dir := s.o.cacheDir
	if dir == "" {
		if dir = s.o.Settings.UserCacheDir(); dir == "" {
			return ""
		}
		dir = filepath.Join(dir, "modgov")
	}
	set := s.o.Settings
	key := sha256.Sum256([]byte(strings.Join([]string{"1", path, set.Get("GOPROXY"), set.Get("GONOPROXY")}, "\n")))
	return filepath.Join(dir, "latest", hex.EncodeToString(key[:16])+".json")
}

// remembered answers a query with what was found at most a day ago. A file that cannot be read, or that says something
// else than it should, is as good as none.
func (s *Source) remembered(q *query) bool {
	file := s.latestFile(q.path)
	if file == "" {
		return false
	}
	data, err := readFile(file)
	if err != nil {
		return false
	}
	var l Latest
	if err := json.Unmarshal(data, &l); err != nil || l.Path != q.path || l.Version == "" {
		return false
	}
	if age := time.Since(l.Asked); age < 0 || age >= latestAge {
		return false
	}
	q.latest = l
	return true
}

// remember keeps an answer; the file appears whole or not at all, so that other processes never see half of one.
func (s *Source) remember(q *query) {
	file := s.latestFile(q.path)
	if file == "" {
		return
	}
	data, err := json.Marshal(q.latest)
	if err == nil {
		err = writeFileIn(file, append(data, '\n'))
	}
	if err != nil {
		s.note(func(n *notes) { n.forgetErr = err })
	}
}
