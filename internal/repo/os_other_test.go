//go:build !unix

package repo

import (
	"errors"
	"time"
)

func makePipe(string) error { return errors.ErrUnsupported }

func cpuTime() time.Duration { return 0 }
