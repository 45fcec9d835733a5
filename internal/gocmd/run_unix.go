//go:build unix

package gocmd

import (
	"os/exec"
	"syscall"
)

// ownGroup gives the process a session of its own: it and all that it starts (git, ssh) can be killed together, and
// none of them finds a terminal to ask on.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error {
		return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
}
