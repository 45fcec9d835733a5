package integrity

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/modgov/modgov/internal/workspace"
)

func TestNewManifest(t *testing.T) {
	t.Parallel()
	text := workspace.ParseVendorText("modules.txt", []byte(`## workspace
# example.com/a v1.0.0
## explicit; go 1.24
example.com/a
example.com/a/sub
# example.com/nopackages v1.0.0
## explicit
# example.com/b v1.0.0 => ../b
example.com/b
# example.com/c v1.0.0 => example.com/fork v1.1.0
example.com/c
# example.com/b => ../b
`))
	sums := []*workspace.SumFile{
		workspace.ParseSum("go.sum", []byte("example.com/a v1.0.0/go.mod h1:m=\nexample.com/fork v1.1.0 h1:f=\n")),
		workspace.ParseSum("go.work.sum", []byte("example.com/a v1.0.0 h9:no=\nexample.com/a v1.0.0 h1:a=\n")),
	}
	m := NewManifest("", "go1.26.0", text, nil, sums)
	want := []ManifestDependency{
		{Path: "example.com/a", Version: "v1.0.0", H1: "h1:a="},
		{Path: "example.com/b", Version: "v1.0.0", Replace: &ManifestReplace{Path: "../b"}},
		{Path: "example.com/c", Version: "v1.0.0", H1: "h1:f=", Replace: &ManifestReplace{Path: "example.com/fork", Version: "v1.1.0"}},
	}
	same := func(a, b ManifestDependency) bool {
		return a.Path == b.Path && a.Version == b.Version && a.H1 == b.H1 && (a.Replace == nil) == (b.Replace == nil) &&
			(a.Replace == nil || *a.Replace == *b.Replace)
	}
	if !slices.EqualFunc(m.Dependencies, want, same) || !m.Workspace {
		t.Errorf("got %+v, want %+v", m.Dependencies, want)
	}
}

// The go version of a manifest changes only when something else does.
func TestManifestIsStable(t *testing.T) {
	t.Parallel()
	m := &Manifest{Schema: "1", Module: "example.com/a", Go: "go1.1", Files: []ManifestFile{{Path: "x", SHA256: "1", Size: 1}}}
	first, err := m.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	m.Go = "go1.2"
	if again, err := m.Encode(first); err != nil || string(again) != string(first) {
		t.Errorf("got %s, %v; want the first text", again, err)
	}
	m.Files[0].SHA256 = "2"
	if changed, err := m.Encode(first); err != nil || !strings.Contains(string(changed), "go1.2") {
		t.Errorf("got %s, %v; want the new go version", changed, err)
	}
}

func FuzzParseManifest(f *testing.F) {
	f.Add([]byte(`{"schema": "1", "files": [{"path": "x", "sha256": "1", "size": 1}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseManifest(data)
		if err != nil {
			return
		}
		text, err := m.Encode(data)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseManifest(text)
		if err != nil || len(again.Files) != len(m.Files) {
			t.Errorf("%s: %v", text, err)
		}
	})
}

func TestHashTree(t *testing.T) {
	t.Parallel()
	files, err := HashTree(fstest.MapFS{"b": {Data: []byte("x")}, "a/c": {Data: []byte{}}})
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if err != nil || len(files) != 2 || files[0] != (ManifestFile{Path: "a/c", SHA256: empty}) || files[1].Path != "b" || files[1].Size != 1 {
		t.Errorf("got %+v, %v", files, err)
	}
}
