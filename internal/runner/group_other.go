//go:build !unix

package runner

import (
	"os"
	"os/exec"
)

// ownGroup leaves the process as it is: there are no process groups here.
func ownGroup(*exec.Cmd) {}

// groupLeft knows of nothing but the process, which has ended.
func groupLeft(*exec.Cmd) bool { return false }

// signalGroup kills the process alone: no other signal can be sent here.
func signalGroup(cmd *exec.Cmd, _ os.Signal) { _ = cmd.Process.Kill() }
