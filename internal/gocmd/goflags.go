package gocmd

import "slices"

// GoFlags returns the flags of GOFLAGS that Run passes on to the go command, and those that it does not, each in their
// order.
func (s *Settings) GoFlags() (kept, dropped []string) {
	return slices.Clone(s.kept), slices.Clone(s.dropped)
}
