// Package runner runs one command in many directories: several at a time, each after those that it has to wait for, with
// the output of each kept together. It knows no modules and no words: what stands around output is the caller's.
//
// It is the one door through which commands of the user are run; package gocmd is that of the go command.
package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	grace       = 5 * time.Second // how long a command that was asked to stop may take, before it is killed
	waitForEnds = 2 * time.Second // how long a process that a command left behind may hold its output open
	maxTail     = 16 << 10        // what is kept of a task's output, in bytes
)

// errTimeLimit is the error of a task that took longer than Options.Limit.
var errTimeLimit = errors.New("it took longer than it may")

// A Task is a directory in which the command runs.
type Task struct {
	Dir   string   // absolute
	Env   []string // "NAME=value", over the environment of all
	After []int    // the tasks that have to end before, by index; they must lead in no circle
}

// Options say how tasks are run.
type Options struct {
	Command []string // the program and its arguments; a name without a slash is looked for on PATH
	Env     []string // of all tasks
	Jobs    int      // how many run at once, at least 1
	// FailFast starts nothing more once a task has failed; what runs then goes on to its end.
	FailFast bool
	Limit    time.Duration // how long a task may take; 0 for ever

	// Out gets the output of the tasks, standard output and standard error in one, as it is. It gets that of one task at
	// once, when it has ended, between what Head and Foot return for it; if Show, unless nil, says so. With Prefix it gets
	// it at once, line by line, each with what Prefix returns before it. None of these functions runs twice at a time.
	Out        io.Writer
	Head, Foot func(task int, r *Result) string
	Show       func(task int, r *Result) bool
	Prefix     func(task int) string
}

// A State says what became of a task.
type State string

// The states.
const (
	Passed  State = "passed"
	Failed  State = "failed"
	Stopped State = "stopped" // with the run
	NotRun  State = "not run" // another one had failed, or the run was stopped before
)

// A Result is what became of a task.
type Result struct {
	State State
	// ExitCode is that of the command, -1 if it has none: it could not be started, or a signal ended it.
	ExitCode int
	// Err says why it failed, if that is more than an exit code.
	Err  error
	Took time.Duration
	// Tail is the end of its output, at most 16 KiB.
	Tail []byte
}

// Find reports whether the program of a command can be found, where that does not depend on the directory.
func Find(command string) error {
	if strings.ContainsRune(command, filepath.Separator) || strings.Contains(command, "/") {
		return nil
	}
	_, err := exec.LookPath(command)
	return err
}

// Run runs the command for all tasks, and returns their results in the order of the tasks. One that fails keeps none
// from running, unless FailFast is set. When ctx ends, the processes get its signal, if its cause has one (a method
// Signal), else SIGTERM, and after five seconds they are killed; with them goes all that they started.
//
// The error is ctx's cause, or that of writing the output, which ends the run as well.
func Run(ctx context.Context, tasks []Task, o Options) ([]Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &run{ctx: ctx, tasks: tasks, o: o, results: make([]Result, len(tasks)), ended: make(chan int)}
	r.out = newOutputs(o, cancel)
	waits, next := make([]int, len(tasks)), make([][]int, len(tasks))
	var ready []int
	for i, t := range tasks {
		r.results[i] = Result{State: NotRun, ExitCode: -1}
		for _, before := range t.After {
			next[before] = append(next[before], i)
		}
		if waits[i] = len(t.After); waits[i] == 0 {
			ready = append(ready, i)
		}
	}
	running, stopped := 0, false
	for {
		for ; len(ready) > 0 && running < o.Jobs && !stopped && ctx.Err() == nil; running++ {
			go r.task(ready[0])
			ready = ready[1:]
		}
		if running == 0 {
			break
		}
		i := <-r.ended
		running--
		stopped = stopped || o.FailFast && r.results[i].State == Failed
		for _, n := range next[i] {
			if waits[n]--; waits[n] == 0 {
				at, _ := slices.BinarySearch(ready, n)
				ready = slices.Insert(ready, at, n)
			}
		}
	}
	return r.results, context.Cause(ctx)
}

// A run is Run at work.
type run struct {
	ctx     context.Context
	tasks   []Task
	o       Options
	out     *outputs
	results []Result
	ended   chan int
}

// task runs one task to its end.
func (r *run) task(i int) {
	defer func() { r.ended <- i }()
	began, result := time.Now(), &r.results[i]
	out := r.out.open(i)
	result.ExitCode, result.Err = r.execute(&r.tasks[i], out)
	result.Took, result.State = time.Since(began), Passed
	switch {
	case r.ctx.Err() != nil && result.ExitCode != 0:
		result.State, result.Err = Stopped, nil
	case result.ExitCode != 0 || result.Err != nil:
		result.State = Failed
	}
	result.Tail = out.tail()
	out.close(result)
}

// execute runs the command of a task and returns its exit code.
func (r *run) execute(t *Task, out io.Writer) (code int, err error) {
	ctx := r.ctx
	if r.o.Limit > 0 {
		limited, cancel := context.WithTimeoutCause(ctx, r.o.Limit, errTimeLimit)
		defer cancel()
		ctx = limited
	}
	if info, err := os.Stat(t.Dir); err != nil {
		return -1, fmt.Errorf("the directory cannot be entered: %w", unwrapPath(err))
	} else if !info.IsDir() {
		return -1, errors.New("the directory is none any more")
	}
	cmd := exec.Command(r.o.Command[0], r.o.Command[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = t.Dir, out, out, waitForEnds
	cmd.Env = append(slices.Clone(r.o.Env), t.Env...)
	cmd.Env = append(cmd.Env, "PWD="+t.Dir) // programs believe it where it names the directory
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		return -1, fmt.Errorf("it cannot be started: %w", unwrapPath(err))
	}
	return wait(ctx, cmd)
}

// unwrapPath takes the path from an error: the caller knows it.
func unwrapPath(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// wait waits for a process that was started, and stops it when ctx ends.
func wait(ctx context.Context, cmd *exec.Cmd) (code int, err error) {
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err = <-done:
	case <-ctx.Done():
		signalGroup(cmd, stopSignal(ctx))
		late := time.After(grace)
		select {
		case err = <-done:
			endGroup(cmd, late)
		case <-late:
			signalGroup(cmd, syscall.SIGKILL)
			err = <-done
		}
		if cause := context.Cause(ctx); errors.Is(cause, errTimeLimit) {
			return -1, cause
		}
	}
	var exit *exec.ExitError
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay) && cmd.ProcessState.Success():
		return 0, nil // what it left behind may go on writing: nobody reads it
	case errors.As(err, &exit) && exit.ExitCode() >= 0:
		return exit.ExitCode(), nil
	}
	return -1, err
}

// endGroup kills what a process that has ended left behind, unless it ends by itself until it is late.
func endGroup(cmd *exec.Cmd, late <-chan time.Time) {
	for groupLeft(cmd) {
		select {
		case <-late:
			signalGroup(cmd, syscall.SIGKILL)
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stopSignal is the signal that ended ctx, for the processes to get the same.
func stopSignal(ctx context.Context) os.Signal {
	var cause interface{ Signal() os.Signal }
	if errors.As(context.Cause(ctx), &cause) {
		return cause.Signal()
	}
	return syscall.SIGTERM
}
