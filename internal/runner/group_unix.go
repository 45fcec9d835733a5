//go:build unix

package runner

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup gives a process a session of its own: it and all that it starts get signals together, and none of them finds
// a terminal to ask on.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// groupLeft reports whether anything that a process started is still there.
func groupLeft(cmd *exec.Cmd) bool { return syscall.Kill(-cmd.Process.Pid, 0) == nil }

// signalGroup sends a signal to a process and all that it started. There may be none left.
func signalGroup(cmd *exec.Cmd, sig os.Signal) {
	if s, ok := sig.(syscall.Signal); ok {
		_ = syscall.Kill(-cmd.Process.Pid, s)
	}
}
