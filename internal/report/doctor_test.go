package report

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/modgov/modgov/internal/oracle"
)

// TestWriteDoctor shows recorded documents. In an archive, doctor.json is the document, and each section that begins
// with "text" what is expected with the options after it.
func TestWriteDoctor(t *testing.T) {
	t.Parallel()
	for _, file := range archives(t, "testdata/doctor/*.txtar") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			d := readDoctor(t, section(archive, "doctor.json"))
			for i := range archive.Files {
				f := &archive.Files[i]
				if !strings.HasPrefix(f.Name, "text") {
					continue
				}
				o := optionsOf(t, f.Name)
				var got bytes.Buffer
				if err := WriteDoctor(&got, "text", d, o); err != nil {
					t.Fatal(err)
				}
				checkShown(t, got.String(), o.Color)
				if *update {
					f.Data = got.Bytes()
				} else if got.String() != string(f.Data) {
					t.Errorf("%s: got:\n%s\nwant:\n%s", f.Name, got.String(), f.Data)
				}
			}
			if *update {
				writeFile(t, file, txtar.Format(archive))
			}
			var out bytes.Buffer
			if err := WriteDoctor(&out, "json", d, Options{}); err != nil {
				t.Fatal(err)
			}
			checkShown(t, out.String(), false)
			validate(t, "doctor", out.Bytes())
			if again := readDoctor(t, out.Bytes()); !reflect.DeepEqual(d, again) {
				t.Errorf("read again it is\n%+v, was\n%+v", again, d)
			}
		})
	}
}

func readDoctor(t *testing.T, data []byte) *Doctor {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var d Doctor
	if err := dec.Decode(&d); err != nil {
		t.Fatal(err)
	}
	verdict, complete := d.Verdict, d.Complete
	if d.Judge(); d.Verdict != verdict || d.Complete != complete {
		t.Errorf("the verdict is %s, complete %v", d.Verdict, d.Complete)
	}
	return &d
}

// TestNewOracle counts results and keeps what differs.
func TestNewOracle(t *testing.T) {
	t.Parallel()
	g := loadArchive(t, txtar.Parse([]byte(`
-- go.work --
go 1.24
use ./a
-- a/go.mod --
module acme.com/a
go 1.24
`)))
	alone, work := g.View("a"), g.WorkspaceView()
	got := NewOracle([]oracle.Comparison{
		{View: alone, Result: oracle.Agree, Modules: 1, Edges: 2},
		{View: alone, Result: oracle.BothRefuse, Reason: "updates to go.mod needed"},
		{View: alone, Result: oracle.NotComparable, TooNew: true},
		{View: alone, Result: oracle.NotComparable},
		{View: work, Result: oracle.Differ, Differences: []oracle.Difference{{
			Command: "go mod graph", Line: 2, Go: []string{"x"}, GoLines: 2, EngineLines: 1,
		}}},
	})
	want := OracleSummary{Agree: 1, BothRefuse: 1, Differ: 1, NotComparable: 2, TooNew: 1}
	if got.Summary != want {
		t.Errorf("got %+v, want %+v", got.Summary, want)
	}
	last := OracleView{Dir: ".", Workspace: true, Result: "differ", Differences: []OracleDifference{{
		Command: "go mod graph", Line: 2, Go: []string{"x"}, Modgov: []string{}, GoLines: 2, ModgovLines: 1,
	}}}
	if !reflect.DeepEqual(got.Views[4], last) || got.Views[0].Module != "acme.com/a" || got.Views[0].Dir != "a" {
		t.Errorf("got %+v", got.Views)
	}
	for _, test := range []struct {
		summary OracleSummary
		verdict string
	}{
		{OracleSummary{Agree: 1, BothRefuse: 1}, "pass"},
		{OracleSummary{NotComparable: 1}, "incomplete"},
		{OracleSummary{NotComparable: 1, Differ: 1}, "fail"},
	} {
		d := &Doctor{Oracle: &Oracle{Summary: test.summary}}
		if d.Judge(); d.Verdict != test.verdict || d.Complete != (test.summary.NotComparable == 0) {
			t.Errorf("%+v: got %s, complete %v", test.summary, d.Verdict, d.Complete)
		}
	}
}

func TestUnknownDoctorFormat(t *testing.T) {
	t.Parallel()
	err := WriteDoctor(&bytes.Buffer{}, "yaml", &Doctor{}, Options{})
	if err == nil || !strings.Contains(err.Error(), "json") {
		t.Errorf("got %v, want an error that names the formats", err)
	}
}
