//go:build !unix

package repo

import "errors"

func makePipe(string) error { return errors.ErrUnsupported }
