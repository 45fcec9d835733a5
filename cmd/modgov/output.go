package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/modgov/modgov/internal/ci"
	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/policy"
	"github.com/modgov/modgov/internal/report"
)

// outFlag asks for a report in further formats, each in a file of its own, beside the one on stdout.
func outFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "out", TakesFile: true,
		Usage: "also write the result as `FORMAT=FILE`, any number of times; stdout is not touched"}
}

// An outFile is a further output: a format and where it goes.
type outFile struct{ format, file string }

// isRead reports whether modgov reads files of a name.
func isRead(name string) bool {
	return slices.Contains([]string{
		"go.mod", "go.sum", "go.work", "go.work.sum", "modules.txt", integrity.ManifestName, policyName, "CODEOWNERS",
	}, name)
}

// outFiles reads --out, in the formats of a kind of document, and removes the files of runs before. Each file may be
// asked for once, and none that modgov governs may be overwritten.
func (inv *invocation) outFiles(c *cli.Context, document string) ([]outFile, error) {
	formats := report.Formats(document)
	var out []outFile
	for _, value := range c.StringSlice("out") {
		format, file, found := strings.Cut(value, "=")
		switch {
		case !found || file == "":
			return nil, usagef("--out %s: FORMAT=FILE is needed, such as json=modgov.json", value)
		case !slices.Contains(formats, format):
			err := usagef("--out %s: unknown format %q: %s is needed", value, format, oneOf(formats))
			if hint := policy.Suggest(format, formats); hint != "" {
				return nil, withHint(err, "did you mean %s=%s?", hint, file)
			}
			return nil, err
		case file == "-":
			return nil, usagef("--out %s: stdout is for --format %s", value, format)
		case isRead(filepath.Base(file)), inv.path(file) == inv.policy:
			return nil, usagef("--out %s: a report is not written over a file that modgov reads", value)
		}
		o := outFile{format, inv.path(file)}
		if target, err := os.Readlink(o.file); err == nil && !ofSystem(o.file) {
			// Whoever wrote the change may have put it there.
			return nil, withHint(usagef("--out %s: it is a link, to %s, and reports are not written through links", value, target),
				"name the file itself")
		}
		if slices.ContainsFunc(out, func(other outFile) bool { return other.file == o.file }) {
			return nil, usagef("--out %s: the file has been asked for already", value)
		}
		out = append(out, o)
	}
	return out, removeFiles(out)
}

// ofSystem reports whether a file stands for an open one, such as /dev/stdout.
func ofSystem(file string) bool {
	return strings.HasPrefix(file, "/dev/") || strings.HasPrefix(file, "/proc/")
}

// removeFiles removes what a run before this one has written: should this one end without a result, the files of the
// other must not pass for its own.
func removeFiles(files []outFile) error {
	for _, f := range files {
		info, err := os.Lstat(f.file)
		if err == nil && info.Mode().IsRegular() {
			err = os.Remove(f.file)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return withCode(exitIncomplete, fmt.Errorf("--out %s: %w", f.format, err))
		}
	}
	return nil
}

// writeOutputs writes a report to stdout in the format that was asked for, and to the files of --out. All are tried; the
// error is of those that failed. With the format github, the step summary gets the Markdown.
func (inv *invocation) writeOutputs(r *report.Report, o report.Options, files []outFile) error {
	o.Checkout = ci.CheckoutOf(inv.getenv)
	errs := []error{report.Write(inv.stdout, inv.format, r, o)}
	if inv.format == "github" {
		errs = append(errs, inv.appendSummary(r, o))
	}
	plain := o
	plain.Width, plain.Color = 0, false
	return errors.Join(append(errs, writeFiles(files, func(w io.Writer, format string) error {
		return report.Write(w, format, r, plain)
	}))...)
}

// writeFiles writes a document to the files of --out. All are tried; the error is of those that failed.
func writeFiles(files []outFile, write func(w io.Writer, format string) error) error {
	var errs []error
	for _, f := range files {
		var data bytes.Buffer
		err := write(&data, f.format)
		if err == nil {
			err = os.WriteFile(f.file, data.Bytes(), 0o666)
		}
		if err != nil {
			errs = append(errs, withCode(exitIncomplete, fmt.Errorf("--out %s: %w", f.format, err)))
		}
	}
	return errors.Join(errs...)
}

// summaryRoom is how large GitHub lets the summary of a step become, less a reserve for what else the step writes.
const summaryRoom = 1_000_000

// appendSummary adds the report to the file that GitHub Actions shows as the summary of the step, if there is one.
func (inv *invocation) appendSummary(r *report.Report, o report.Options) (err error) {
	name := inv.getenv("GITHUB_STEP_SUMMARY")
	if name == "" {
		return nil
	}
	defer func() {
		if err != nil {
			err = withCode(exitIncomplete, fmt.Errorf("write the step summary: %w", err))
		}
	}()
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	o.Room = int(min(900_000, max(1, summaryRoom-info.Size())))
	var text bytes.Buffer
	if info.Size() > 0 {
		text.WriteString("\n") // what stands there may not have ended its line
	}
	if err := report.Write(&text, "markdown", r, o); err != nil {
		return err
	}
	_, err = f.Write(text.Bytes())
	return err
}
