package repo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/format/index"
)

// Every version of the index, and names that share nothing, much, or are longer than the length field can say.
func TestIndexAgreesWithGit(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2", "3", "4"} {
		t.Run("version "+version, func(t *testing.T) {
			t.Parallel()
			g := newGit(t)
			g.write("go.mod", "a/go.mod", "a/b/go.mod", "a-b/go.work=go 1.26\n", "z=", "intent/go.mod")
			g.git("update-index", "--index-version", version)
			g.git("add", "-A", "--", ":!intent")
			blob := strings.TrimSpace(g.git("hash-object", "-w", "go.mod"))
			g.git("update-index", "--add", "--cacheinfo", "100644,"+blob+","+strings.Repeat("long/", 900)+"go.mod")
			g.git("add", "-N", "intent")
			var got []string
			scan(t, g, 20, func(e *indexEntry) { got = append(got, string(e.name)) })
			want := strings.Split(strings.TrimSuffix(g.git("ls-files", "-z"), "\x00"), "\x00")
			if !slices.Equal(got, want) {
				t.Errorf("got %q\nwant %q", got, want)
			}
			if !slices.Equal(got, goGitNames(t, g)) {
				t.Errorf("go-git reads %q", goGitNames(t, g))
			}
		})
	}
}

func goGitNames(t *testing.T, g *gitRepo) []string {
	t.Helper()
	f, err := os.Open(filepath.Join(g.dir, ".git", "index"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var idx index.Index
	if err := index.NewDecoder(f).Decode(&idx); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range idx.Entries {
		names = append(names, e.Name)
	}
	return names
}

func scan(t *testing.T, g *gitRepo, hashSize int, visit func(*indexEntry)) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(g.dir, ".git", "index"))
	if err != nil {
		t.Fatal(err)
	}
	if err := scanIndex(data, hashSize, visit); err != nil {
		t.Fatal(err)
	}
}

// A conflict has one entry for each side; the file is tracked once.
func TestIndexConflict(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("a/go.mod=module a\n")
	g.commit()
	g.git("checkout", "-q", "-b", "other")
	g.write("a/go.mod=module b\n")
	g.commit()
	g.git("checkout", "-q", "main")
	g.write("a/go.mod=module c\n")
	g.commit()
	if _, err := g.try("merge", "other"); err == nil {
		t.Fatal("the merge has no conflict")
	}
	wantDirs(t, workTree(t, g.open(Options{})), "a")
}

func TestIndexErrors(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("go.mod", "a/go.mod")
	g.git("add", "-A")
	good, err := os.ReadFile(filepath.Join(g.dir, ".git", "index"))
	if err != nil {
		t.Fatal(err)
	}
	with := func(at int, bytes ...byte) []byte {
		data := slices.Clone(good)
		copy(data[at:], bytes)
		return data
	}
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "no index signature"},
		{"other file", []byte("hello, this is no index but it is long enough"), "no index signature"},
		{"version", with(4, 0, 0, 0, 9), "unknown version 9"},
		{"cut", good[:100], "unexpected end"},
		{"count", with(8, 0xff, 0xff, 0xff, 0xff), "unexpected end"},
	} {
		err := scanIndex(test.data, 20, func(*indexEntry) {})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
}

// What modgov cannot know must not look like an empty repository.
func TestUnreadableIndexIsToldAndWalked(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("a/go.mod", "out/go.mod", "forced/go.mod", ".gitignore=out\nforced\n")
	g.git("add", "-f", "forced")
	g.commit()
	write(t, g.dir, ".git/index=garbage that is long enough to be an index file")
	tree := workTree(t, g.open(Options{}))
	wantDirs(t, tree, "a")
	wantNote(t, tree.Notes, "no index signature")
	wantNote(t, tree.Notes, "tracked and ignored")
}

func TestIndexOfSpecialKinds(t *testing.T) {
	t.Parallel()
	t.Run("split", func(t *testing.T) {
		t.Parallel()
		g := newGit(t)
		g.write("a/go.mod")
		g.commit()
		g.git("update-index", "--split-index")
		tree := workTree(t, g.open(Options{}))
		wantDirs(t, tree, "a")
		wantNote(t, tree.Notes, "split index")
	})
	t.Run("sparse", func(t *testing.T) {
		t.Parallel()
		g := newGit(t)
		g.write("a/go.mod", "b/go.mod", "c/d/go.mod")
		g.commit()
		if _, err := g.try("sparse-checkout", "set", "--cone", "--sparse-index", "a"); err != nil {
			t.Skip(err)
		}
		r := g.open(Options{})
		tree := workTree(t, r)
		wantDirs(t, tree, "a")
		if len(r.Notes)+len(tree.Notes) != 1 { // which root
			t.Errorf("notes: %q %q", r.Notes, tree.Notes)
		}
	})
	t.Run("no checksum", func(t *testing.T) {
		t.Parallel()
		g := newGit(t)
		g.write("a/go.mod", ".gitignore=a\n")
		g.git("add", "-f", "-A")
		name := filepath.Join(g.dir, ".git", "index")
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		clear(data[len(data)-20:]) // what index.skipHash leaves there
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		wantDirs(t, workTree(t, g.open(Options{})), "a")
	})
	t.Run("named by GIT_INDEX_FILE", func(t *testing.T) {
		t.Parallel()
		g := newGit(t)
		g.write("a/go.mod", ".gitignore=a\n")
		g.commit()
		other := g.in(g.dir)
		other.env = append(slices.Clone(g.env), "GIT_INDEX_FILE=.git/next")
		other.git("add", "-f", "a")
		wantDirs(t, workTree(t, g.open(Options{})), "")
		wantDirs(t, workTree(t, g.open(Options{}, "GIT_INDEX_FILE=.git/next")), "a")
	})
}

func FuzzIndex(f *testing.F) {
	f.Add(fuzzIndex(2, "a/go.mod", "go.mod"), 20)
	f.Add(fuzzIndex(4, "a/go.mod", "go.mod"), 20)
	f.Add(append(fuzzIndex(3, "x"), "link\x00\x00\x00\x00"...), 32)
	f.Fuzz(func(t *testing.T, data []byte, hashSize int) {
		if hashSize != 20 && hashSize != 32 {
			hashSize = 20
		}
		var names [][]byte
		err := scanIndex(data, hashSize, func(e *indexEntry) { names = append(names, slices.Clone(e.name)) })
		if err == nil && len(names) != int(binary.BigEndian.Uint32(data[8:])) {
			t.Errorf("%d names, %d announced", len(names), binary.BigEndian.Uint32(data[8:]))
		}
		for _, name := range names {
			if bytes.IndexByte(name, 0) >= 0 {
				t.Errorf("a name goes on after its end: %q", name)
			}
		}
	})
}

// fuzzIndex builds an index with empty stat data.
func fuzzIndex(version uint32, names ...string) []byte {
	data := []byte("DIRC")
	data = binary.BigEndian.AppendUint32(data, version)
	data = binary.BigEndian.AppendUint32(data, uint32(len(names)))
	before := 0
	for _, name := range names {
		entry := make([]byte, 62)
		if version == 4 {
			entry = append(entry, byte(before))
		}
		entry = append(append(entry, name...), 0)
		for version != 4 && len(entry)%8 != 0 {
			entry = append(entry, 0)
		}
		data, before = append(data, entry...), len(name)
	}
	return append(data, make([]byte, 20)...)
}

func TestScanStopsAtTheIndexItself(t *testing.T) {
	t.Parallel()
	err := scanIndex(append(fuzzIndex(2, "a"), make([]byte, 20)...), 20, func(*indexEntry) {})
	if err == nil || errors.Is(err, errShortIndex) {
		t.Errorf("zero bytes as an extension: got %v", err)
	}
}
