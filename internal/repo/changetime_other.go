//go:build !linux && !darwin

package repo

import (
	"io/fs"
	"time"
)

// changeTime is when anything about a file last changed; ok is false where the system does not tell.
func changeTime(fs.FileInfo) (at time.Time, ok bool) { return at, false }
