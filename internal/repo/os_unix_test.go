//go:build unix

package repo

import (
	"syscall"
	"time"
)

func makePipe(name string) error { return syscall.Mkfifo(name, 0o644) }

// cpuTime is what the process has used of all cores so far: what else runs on the machine does not change it much.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
