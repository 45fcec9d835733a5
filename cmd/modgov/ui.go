package main

import (
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// minWidth is the narrowest text modgov writes: a smaller terminal wraps.
const minWidth = 80

// screen is what modgov may do with its streams.
type screen struct {
	width    int  // columns of stdout, at least minWidth; 0 without limit
	color    bool // stdout takes colours
	progress bool // stderr takes lines that are rewritten
}

// newScreen looks at the streams and at COLUMNS, NO_COLOR and TERM in environ. A stream that is no terminal has no
// width, so that nothing is cut or wrapped in a file or a CI log, unless COLUMNS gives one.
func newScreen(environ []string, stdout, stderr io.Writer) screen {
	_, terminal := terminalFD(stdout)
	_, errTerminal := terminalFD(stderr)
	able := lookupEnv(environ, "TERM") != "dumb"
	return screen{
		width:    columns(environ, stdout),
		color:    terminal && able && lookupEnv(environ, "NO_COLOR") == "",
		progress: errTerminal && able,
	}
}

// textWidth is the width for prose, which is never left to run on without limit.
func (s screen) textWidth() int {
	if s.width == 0 {
		return minWidth
	}
	return min(s.width, 100)
}

func columns(environ []string, stdout io.Writer) int {
	if n, err := strconv.Atoi(lookupEnv(environ, "COLUMNS")); err == nil && n > 0 {
		return max(n, minWidth)
	}
	fd, terminal := terminalFD(stdout)
	if !terminal {
		return 0
	}
	n, _, err := term.GetSize(fd)
	if err != nil {
		return minWidth // a terminal that does not tell
	}
	return max(n, minWidth)
}

// terminalFD returns the file descriptor of a stream that is a terminal.
func terminalFD(stream any) (int, bool) {
	file, ok := stream.(*os.File)
	if !ok {
		return 0, false
	}
	fd := int(file.Fd())
	return fd, term.IsTerminal(fd)
}

// progressDelay is how long work must last before it is worth a progress line.
const progressDelay = 300 * time.Millisecond

// progress starts to report on a piece of work, named by title, and returns the function that tells how much of it is
// done; total may grow. It shows on stderr, on a terminal alone, without -q, once the work has lasted a moment; the
// line is gone before results and errors are written. Any number of goroutines may report.
func (inv *invocation) progress(title string) func(done, total int) {
	if !inv.shell.screen.progress || inv.quiet {
		return func(int, int) {}
	}
	return inv.shell.bars.start(inv.stderr, title)
}

// progressBars is the one progress line of a run: the work that was started last has it.
type progressBars struct {
	mu     sync.Mutex
	bar    *progressbar.ProgressBar
	latest int // which start has the line
	closed bool
}

func (b *progressBars) start(w io.Writer, title string) func(done, total int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
	b.latest++
	own, began := b.latest, time.Now()
	return func(done, total int) {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.closed || own != b.latest || time.Since(began) < progressDelay {
			return
		}
		if b.bar == nil {
			b.bar = newBar(w, title, total)
		}
		if b.bar.GetMax() != total {
			b.bar.ChangeMax(total)
		}
		_ = b.bar.Set(done) // a progress line that cannot be written loses nothing
	}
}

// close removes the line for good.
func (b *progressBars) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
	b.closed = true
}

func (b *progressBars) clear() {
	if b.bar != nil {
		_ = b.bar.Clear()
		b.bar = nil
	}
}

func newBar(w io.Writer, title string, total int) *progressbar.ProgressBar {
	return progressbar.NewOptions(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(title),
		progressbar.OptionSetWidth(24),
		progressbar.OptionShowCount(),
		progressbar.OptionThrottle(65*time.Millisecond),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionClearOnFinish(),
	)
}
