//go:build !unix

package gocmd

import "os/exec"

// ownGroup leaves the process as it is: there are no process groups to kill here, so a cancelled run kills the go
// command alone, and Command's wait limit ends the wait for what it started.
func ownGroup(*exec.Cmd) {}
