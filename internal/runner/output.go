package runner

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"sync"
)

// maxMemory is how much of the output of one task is kept in memory, in bytes; more goes to a temporary file.
const maxMemory = 1 << 20

// maxLine is where a line is broken that is shown while it comes, in bytes.
const maxLine = 64 << 10

// outputs share one writer.
type outputs struct {
	o      Options
	cancel context.CancelCauseFunc

	mu     sync.Mutex
	failed bool // to write: nothing more is written
}

func newOutputs(o Options, cancel context.CancelCauseFunc) *outputs {
	return &outputs{o: o, cancel: cancel}
}

// locked runs f, which writes, alone. What cannot be written ends the run.
func (s *outputs) locked(f func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed {
		return
	}
	if err := f(); err != nil {
		s.failed = true
		s.cancel(err)
	}
}

// An output takes the output of one task.
type output struct {
	all  *outputs
	task int

	// os/exec writes from one goroutine, so these need no lock.
	last  []byte // the end
	mem   bytes.Buffer
	file  *os.File // where what mem had went
	err   error    // of the file
	line  []byte   // with a prefix: an unfinished line
	total int64
}

func (s *outputs) open(task int) *output { return &output{all: s, task: task} }

// Write keeps output, or shows its lines at once. It never fails: the command shall not end for it.
func (o *output) Write(p []byte) (int, error) {
	o.total += int64(len(p))
	o.last = append(o.last, p[max(0, len(p)-maxTail):]...)
	if len(o.last) > 2*maxTail {
		o.last = append(o.last[:0], o.last[len(o.last)-maxTail:]...)
	}
	if o.all.o.Prefix != nil {
		o.lines(p)
	} else {
		o.keep(p)
	}
	return len(p), nil
}

func (o *output) tail() []byte { return bytes.Clone(o.last[max(0, len(o.last)-maxTail):]) }

// keep keeps output until the task has ended.
func (o *output) keep(p []byte) {
	if o.file == nil && o.err == nil && o.mem.Len()+len(p) > maxMemory {
		if o.file, o.err = os.CreateTemp("", "modgov-run-*"); o.err == nil {
			_, o.err = o.mem.WriteTo(o.file)
		}
	}
	switch {
	case o.err != nil:
	case o.file != nil:
		_, o.err = o.file.Write(p)
	default:
		o.mem.Write(p)
	}
}

// lines shows the lines that are finished.
func (o *output) lines(p []byte) {
	o.line = append(o.line, p...)
	for {
		i := bytes.IndexByte(o.line, '\n')
		switch {
		case i < 0 && len(o.line) < maxLine:
			return
		case i < 0:
			i = maxLine - 1
			o.show(o.line[:maxLine])
		default:
			o.show(o.line[:i])
		}
		o.line = o.line[i+1:]
	}
}

func (o *output) show(line []byte) {
	o.all.locked(func() error {
		text := append([]byte(o.all.o.Prefix(o.task)), line...)
		_, err := o.all.o.Out.Write(append(text, '\n'))
		return err
	})
}

// close shows what is left to show.
func (o *output) close(r *Result) {
	if len(o.line) > 0 {
		o.show(o.line)
	}
	if o.all.o.Prefix == nil {
		o.all.locked(func() error { return o.showAll(r) })
	}
	if o.file != nil {
		err := errors.Join(o.file.Close(), os.Remove(o.file.Name()))
		o.all.locked(func() error { return err })
	}
}

// showAll shows the output of a task that has ended, in one piece.
func (o *output) showAll(r *Result) error {
	if o.err != nil {
		return o.err
	}
	opts := &o.all.o
	if opts.Show != nil && !opts.Show(o.task, r) {
		return nil
	}
	if _, err := io.WriteString(opts.Out, opts.Head(o.task, r)); err != nil {
		return err
	}
	var text io.Reader = &o.mem
	if o.file != nil {
		if _, err := o.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		text = o.file
	}
	if _, err := io.Copy(opts.Out, text); err != nil {
		return err
	}
	foot := opts.Foot(o.task, r)
	if n := len(o.last); n > 0 && o.last[n-1] != '\n' {
		foot = "\n" + foot
	}
	_, err := io.WriteString(opts.Out, foot)
	return err
}
