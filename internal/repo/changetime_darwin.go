package repo

import (
	"io/fs"
	"syscall"
	"time"
)

// changeTime is when anything about a file last changed; ok is false where the system does not tell.
func changeTime(info fs.FileInfo) (at time.Time, ok bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return at, false
	}
	return time.Unix(stat.Ctimespec.Unix()), true
}
