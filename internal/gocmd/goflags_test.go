package gocmd

import (
	"slices"
	"testing"
)

func TestGoFlags(t *testing.T) {
	t.Parallel()
	s, err := ReadSettings(t.Context(), []string{"GOENV=off", "GOFLAGS=-mod=mod -modcacherw '-tags=a b'"})
	if err != nil {
		t.Fatal(err)
	}
	kept, dropped := s.GoFlags()
	if !slices.Equal(kept, []string{"-modcacherw"}) || !slices.Equal(dropped, []string{"-mod=mod", "-tags=a b"}) {
		t.Errorf("kept %q, dropped %q", kept, dropped)
	}
}
