//go:build unix

package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What a stopped command leaves behind is killed, though it does not listen to the signal and holds no output.
func TestStopLeavesNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	var out lockedBuffer
	o := options(t, &out, `(trap "" HUP; exec sleep 600 >/dev/null 2>&1) & echo "pid $!"; sleep 600`)
	o.Prefix = func(int) string { return "" }
	go func() {
		for !strings.Contains(out.String(), "pid") {
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(100 * time.Millisecond) // the trap
		cancel(stopped{})
	}()
	if _, err := Run(ctx, directories(t, 1), o); !errors.Is(err, stopped{}) {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscanf(out.String(), "pid %d", &pid); err != nil {
		t.Fatalf("%q: %v", out.String(), err)
	}
	for range 500 { // it may take a moment until it is gone
		if syscall.Kill(pid, 0) != nil || zombie(pid) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %d is still there", pid)
}

// zombie reports whether a process has ended and nobody has asked how: its parent may be one that never does.
func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(stat), ") Z ")
}
