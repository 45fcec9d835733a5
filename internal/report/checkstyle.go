package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/policy"
)

type checkstyle struct {
	XMLName xml.Name         `xml:"checkstyle"`
	Version string           `xml:"version,attr"`
	Files   []checkstyleFile `xml:"file"`
}

type checkstyleFile struct {
	Name   string            `xml:"name,attr"`
	Errors []checkstyleError `xml:"error"`
}

type checkstyleError struct {
	Line     int    `xml:"line,attr"`
	Column   int    `xml:"column,attr,omitempty"`
	Severity string `xml:"severity,attr"` // error, warning or info
	Message  string `xml:"message,attr"`
	Source   string `xml:"source,attr"`
}

// writeCheckstyle writes what counts in the format of Checkstyle, which many systems read, by file and line.
func writeCheckstyle(w io.Writer, r *Report, o Options) error {
	out := checkstyle{Version: "4.3"}
	entries := newLister(r, o).entries(r.counts)
	slices.SortStableFunc(entries, func(a, b entry) int {
		if c := strings.Compare(a.at.File, b.at.File); c != 0 {
			return c
		}
		return a.at.Line - b.at.Line
	})
	for i := range entries {
		e := &entries[i]
		if n := len(out.Files); n == 0 || entries[i-1].at.File != e.at.File {
			out.Files = append(out.Files, checkstyleFile{Name: xmlText(e.at.File)})
		}
		severity := e.severity
		if severity == policy.Warn.String() {
			severity = "warning"
		}
		file := &out.Files[len(out.Files)-1]
		file.Errors = append(file.Errors, checkstyleError{
			Line: e.at.Line, Column: e.at.Col, Severity: severity,
			Message: xmlText(headline(e.subject, e.message)), Source: xmlText("modgov." + e.rule),
		})
	}
	return writeXML(w, out)
}

// writeXML writes a document with its declaration.
func writeXML(w io.Writer, document any) error {
	data, err := xml.MarshalIndent(document, "", "  ")
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	_, err = io.WriteString(w, xml.Header+string(data)+"\n")
	return err
}

// xmlText is a line from a file for an XML document, which cannot hold control characters, not even as references.
func xmlText(s string) string { return Escape(s) }

// xmlLines are lines for an XML document.
func xmlLines(lines []string) string {
	for i := range lines {
		lines[i] = xmlText(lines[i])
	}
	return strings.Join(lines, "\n")
}
