//go:build unix

package repo

import "syscall"

func makePipe(name string) error { return syscall.Mkfifo(name, 0o644) }
