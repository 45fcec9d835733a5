package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// writeJSON writes a document as JSON, indented, safe to be shown on a terminal.
func writeJSON(w io.Writer, document any) error { return encodeJSON(w, document, "  ") }

// writeJSONLine writes a document as one line of JSON.
func writeJSONLine(w io.Writer, document any) error { return encodeJSON(w, document, "") }

func encodeJSON(w io.Writer, document any, indent string) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(document); err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	_, err := w.Write(escapeJSON(buf.Bytes()))
	return err
}

// decode reads a report that Write wrote as JSON. Keys that it does not know are those of a later modgov and are left
// out; another schema version, and another kind of document, are errors.
func decode(r io.Reader) (*Report, error) {
	var out Report
	dec := json.NewDecoder(r)
	if err := dec.Decode(&out); err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	if out.Schema != Schema {
		return nil, fmt.Errorf("read report: its schema version is %q, this modgov reads %q", out.Schema, Schema)
	}
	if out.Document != "check" {
		return nil, fmt.Errorf("read report: it is a document of kind %q, not of check", out.Document)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read report: something stands after the document")
	}
	return &out, nil
}
