package report

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/modgov/modgov/internal/ci"
)

var update = flag.Bool("update", false, "write what tests expect, and the pages of the rules")

// TestWrite shows recorded reports. In an archive, report.json is the report, what is below tree/ the files that it
// speaks of, and each section that begins with the name of a format what is expected with the options after it.
func TestWrite(t *testing.T) {
	t.Parallel()
	for _, file := range archives(t, "testdata/check/*.txtar") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			archive, r, source := recorded(t, file)
			for i := range archive.Files {
				section := &archive.Files[i]
				format, _, _ := strings.Cut(section.Name, " ")
				if !slices.Contains(Formats("check"), format) {
					continue
				}
				o := optionsOf(t, section.Name)
				o.Source = source
				var got bytes.Buffer
				if err := Write(&got, format, r, o); err != nil {
					t.Fatal(err)
				}
				if format == "github" {
					checkCommands(t, got.String())
				} else {
					checkShown(t, got.String(), o.Color)
				}
				if *update {
					section.Data = got.Bytes()
				} else if got.String() != string(section.Data) {
					t.Errorf("%s: got:\n%s\nwant:\n%s", section.Name, got.String(), section.Data)
				}
			}
			if *update {
				writeFile(t, file, txtar.Format(archive))
			}
		})
	}
}

// TestJSONRoundTrip writes recorded reports as JSON and reads them again.
func TestJSONRoundTrip(t *testing.T) {
	t.Parallel()
	for _, file := range archives(t, "testdata/check/*.txtar") {
		_, r, _ := recorded(t, file)
		var buf bytes.Buffer
		if err := Write(&buf, "json", r, Options{}); err != nil {
			t.Fatal(err)
		}
		checkShown(t, buf.String(), false)
		validate(t, "check", buf.Bytes())
		back, err := decode(&buf)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if !reflect.DeepEqual(r, back) {
			t.Errorf("%s: read again it is\n%+v\nwant\n%+v", file, back, r)
		}
	}
}

func TestWriteUnknownFormat(t *testing.T) {
	t.Parallel()
	err := Write(&bytes.Buffer{}, "yaml", &Report{}, Options{})
	if err == nil || err.Error() != `unknown check format "yaml": one of `+
		`text, json, sarif, github-sarif, github, markdown, gitlab, junit, checkstyle is needed` {
		t.Errorf("got %v", err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ in, want string }{
		"no JSON":        {"verdict: pass", "read report: invalid character"},
		"other version":  {`{"schema":"2","document":"check"}`, `its schema version is "2", this modgov reads "1"`},
		"other document": {`{"schema":"1","document":"why"}`, `it is a document of kind "why"`},
		"two documents":  {`{"schema":"1","document":"check"}{}`, "something stands after the document"},
		"empty":          {"", "read report: EOF"},
	} {
		if _, err := decode(strings.NewReader(test.in)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

// FuzzDecode shows whatever can be read in every way: nothing panics, nothing that acts on a terminal comes through.
func FuzzDecode(f *testing.F) {
	for _, file := range archives(f, "testdata/check/*.txtar") {
		archive, _, _ := recorded(f, file)
		f.Add(section(archive, "report.json"), []byte("module x\n\trequire y v1.0.0\n"), 80)
	}
	f.Fuzz(func(t *testing.T, data, file []byte, width int) {
		r, err := decode(bytes.NewReader(data))
		if err != nil {
			return
		}
		o := Options{Width: width % 300, Source: func(string) ([]byte, error) { return file, nil }}
		for _, o.Verbose = range []bool{false, true} {
			var text, doc bytes.Buffer
			if err := Write(&text, "text", r, o); err != nil {
				t.Fatal(err)
			}
			checkShown(t, text.String(), false)
			if err := Write(&doc, "json", r, o); err != nil {
				t.Fatal(err)
			}
			checkShown(t, doc.String(), false)
			if _, err := decode(&doc); err != nil {
				t.Fatalf("what was written cannot be read: %v", err)
			}
			for _, format := range []string{"github", "markdown", "gitlab", "junit", "checkstyle"} {
				var out bytes.Buffer
				if err := Write(&out, format, r, o); err != nil {
					t.Fatal(err)
				}
				if format == "github" {
					checkCommands(t, out.String())
				} else {
					checkShown(t, out.String(), false)
				}
			}
		}
	})
}

func archives(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(files), err)
	}
	return files
}

func recorded(t testing.TB, file string) (*txtar.Archive, *Report, func(string) ([]byte, error)) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := decode(bytes.NewReader(section(archive, "report.json")))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	source := func(name string) ([]byte, error) {
		if data := section(archive, "tree/"+name); data != nil {
			return data, nil
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return archive, r, source
}

func section(archive *txtar.Archive, name string) []byte {
	for _, f := range archive.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// optionsOf reads options from the name of a section: "text width=60 color verbose".
func optionsOf(t *testing.T, name string) Options {
	t.Helper()
	var o Options
	for _, word := range strings.Fields(name)[1:] {
		value, isWidth := strings.CutPrefix(word, "width=")
		switch {
		case isWidth:
			n, err := strconv.Atoi(value)
			if err != nil {
				t.Fatal(err)
			}
			o.Width = n
		case word == "blob":
			o.Checkout = ci.Checkout{Repository: "https://git.example/o/r", Commit: "0123", Blob: "https://git.example/o/r/blob/0123/"}
		case word == "color":
			o.Color = true
		case word == "quiet":
			o.Quiet = true
		case word == "verbose":
			o.Verbose = true
		default:
			t.Fatalf("unknown option %q", word)
		}
	}
	return o
}

// checkCommands fails if a text has other workflow commands than annotations, or more of a kind than GitHub takes.
func checkCommands(t *testing.T, s string) {
	t.Helper()
	var rest []string
	kinds := map[string]int{}
	for line := range strings.Lines(s) {
		match := annotationLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if match == nil {
			rest = append(rest, line)
			continue
		}
		kinds[match[1]]++
		checkShown(t, strings.ReplaceAll(match[2]+match[3], "%0A", "\n"), false)
	}
	checkShown(t, strings.Join(rest, ""), false)
	for kind, n := range kinds {
		if n > 10 {
			t.Errorf("%d annotations of kind %s", n, kind)
		}
	}
}

// annotationLine is a workflow command with properties whose values hold nothing that the runner reads.
var annotationLine = regexp.MustCompile(`^::(error|warning|notice) ((?:[a-zA-Z]+=[^:,]*,?)+)::(.*)$`)

// checkShown fails if a text does something to a terminal, except for what colours it, or to a CI system.
func checkShown(t *testing.T, s string, color bool) {
	t.Helper()
	if color {
		for _, sgr := range []string{"0", "1", "22", "31;1", "32;1", "33;1", "34;1", "36;1", "0;22"} {
			s = strings.ReplaceAll(s, "\x1b["+sgr+"m", "")
		}
	}
	for _, r := range s {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Fatalf("%U comes through in:\n%q", r, s)
		}
	}
	for _, line := range strings.Split(s, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "::") || strings.Contains(line, "##vso[") || strings.Contains(line, "##[") {
			t.Fatalf("a CI system takes this line for a command: %q", line)
		}
	}
}

// writeFile replaces a file at once, for other tests read it meanwhile.
func writeFile(t *testing.T, file string, data []byte) {
	t.Helper()
	temp := file + ".new"
	if err := os.WriteFile(temp, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(temp, file); err != nil {
		t.Fatal(err)
	}
}
