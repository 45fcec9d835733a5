package repo

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
)

// deltas is a repository whose objects, packed, build on each other: files that grow from commit to commit.
func deltas(t *testing.T) *gitRepo {
	t.Helper()
	g := newGit(t)
	random := rand.New(rand.NewPCG(1, 2))
	lines := make([]string, 400)
	for i := range lines {
		lines[i] = fmt.Sprintf("line %d %x\n", i, random.Uint64())
	}
	for i := range 20 {
		lines[i*7] = fmt.Sprintf("changed %d\n", i)
		g.write("go.sum="+strings.Join(lines[:200+10*i], ""), fmt.Sprintf("m%d/go.mod", i), "empty=")
		g.commit()
	}
	g.git("tag", "-a", "-m", "x", "v1.0.0")
	return g
}

// Every object is what git says it is, however it is packed, or not.
func TestPacksAreWhatGitReads(t *testing.T) {
	t.Parallel()
	for name, repack := range map[string][]string{
		"loose":         {"rev-parse", "HEAD"},
		"offset deltas": {"repack", "-adfq", "--depth=50"},
		"reference":     {"-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq"},
		"several packs": {"repack", "-q"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := deltas(t)
			if name == "several packs" {
				g.git("repack", "-q")
				g.write("more/go.mod")
				g.commit()
			}
			g.git(repack...)
			r := g.open(Options{})
			o, err := r.openedObjects()
			if err != nil {
				t.Fatal(err)
			}
			names := strings.Fields(g.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)"))
			if len(names) < 60 {
				t.Fatal(names)
			}
			for _, name := range slices.Concat(names, names) { // what is kept from the first time, too
				compareObject(t, o, plumbing.NewHash(name))
			}
		})
	}
}

func compareObject(t *testing.T, o *objects, hash plumbing.Hash) {
	t.Helper()
	got, err := o.find(plumbing.AnyObject, hash)
	if err != nil {
		t.Fatal(err)
	}
	head := fmt.Sprintf("%s %d\x00", got.kind, len(got.data))
	if sum := sha1.Sum(append([]byte(head), got.data...)); sum != [20]byte(hash) {
		t.Errorf("%s: another content: %.80q", hash, got.data)
	}
	if n, err := o.size(hash); err != nil || n != int64(len(got.data)) {
		t.Errorf("%s: size %d, %v; want %d", hash, n, err, len(got.data))
	}
	if got.kind == plumbing.BlobObject { // whoever reads it may change it
		clear(got.data)
	}
}

// What is damaged is an error: never a panic, never endless, and hardly ever another content.
func TestPacksDamaged(t *testing.T) {
	t.Parallel()
	g := deltas(t)
	g.git("repack", "-adfq", "--depth=50")
	names := strings.Fields(g.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)"))
	found, err := filepath.Glob(filepath.Join(g.dir, ".git", "objects", "pack", "*.pack"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	base := strings.TrimSuffix(found[0], ".pack")
	random := rand.New(rand.NewPCG(3, 4))
	failed := 0
	for _, ext := range []string{".pack", ".idx"} {
		whole, err := os.ReadFile(base + ext)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(base+ext, 0o644); err != nil {
			t.Fatal(err)
		}
		for range 60 {
			data := bytes.Clone(whole)
			for range 1 + random.IntN(20) {
				data[random.IntN(len(data))] ^= byte(1 + random.IntN(255))
			}
			data = data[:len(data)-random.IntN(2)*random.IntN(len(data)/2)]
			if err := os.WriteFile(base+ext, data, 0o644); err != nil {
				t.Fatal(err)
			}
			p := openPacks([]string{filepath.Join(g.dir, ".git", "objects")})
			for _, name := range names {
				if _, err := p.read(plumbing.NewHash(name)); err != nil {
					failed++
				}
			}
			if err := p.close(); err != nil {
				t.Error(err)
			}
		}
		if err := os.WriteFile(base+ext, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if failed == 0 {
		t.Error("no damage was noticed")
	}
}

// An index of the form that git wrote before 2008 is refused with what makes a new one.
func TestPackIndexOld(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	g.write("go.mod")
	g.commit()
	g.git("-c", "pack.indexVersion=1", "repack", "-adfq")
	if tree, err := g.revision(g.dir, "HEAD"); err == nil || !strings.Contains(err.Error(), "git repack -ad") {
		t.Errorf("%v, %v", tree, err)
	}
	g.git("repack", "-adfq")
	g.mustRevision(g.dir, "HEAD")
}

// What is larger than a file may be is refused before it is read, as it is and as a delta.
func TestPackedTooLarge(t *testing.T) {
	t.Parallel()
	g := newGit(t)
	big := strings.Repeat("0123456789abcdef", maxFileSize/16) + "0"
	g.write("a="+big, "b="+big+"1")
	g.commit()
	g.git("repack", "-adfq")
	o, err := g.open(Options{}).openedObjects()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		hash := plumbing.NewHash(strings.TrimSpace(g.git("rev-parse", "HEAD:"+name)))
		if _, err := o.read(plumbing.BlobObject, hash); !errors.Is(err, errTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An index of a large pack is read where it stands, with offsets of 2 GB and more.
func TestPackIndexLarge(t *testing.T) {
	t.Parallel()
	const count = 50_000
	names := make([]plumbing.Hash, count)
	for i := range names {
		names[i] = plumbing.Hash(sha1.Sum(fmt.Append(nil, i)))
	}
	slices.SortFunc(names, func(a, b plumbing.Hash) int { return bytes.Compare(a[:], b[:]) })
	var fanout, list, offsets, large []byte
	for b := range 256 {
		n := 0
		for _, name := range names {
			if int(name[0]) <= b {
				n++
			}
		}
		fanout = binary.BigEndian.AppendUint32(fanout, uint32(n))
	}
	offset := func(i int) int64 { return int64(12 + i*100_000) }
	for i, name := range names {
		list = append(list, name[:]...)
		if offset(i) < 1<<31 {
			offsets = binary.BigEndian.AppendUint32(offsets, uint32(offset(i)))
			continue
		}
		offsets = binary.BigEndian.AppendUint32(offsets, uint32(1<<31+len(large)/8))
		large = binary.BigEndian.AppendUint64(large, uint64(offset(i)))
	}
	file := filepath.Join(t.TempDir(), "x.idx")
	data := slices.Concat([]byte("\xfftOc\x00\x00\x00\x02"), fanout, list, make([]byte, 4*count), offsets, large, make([]byte, 40))
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	x, err := openPackIndex(file)
	if err != nil {
		t.Fatal(err)
	}
	defer x.close()
	for i, name := range names {
		if got, ok, err := x.offset(name); got != offset(i) || !ok || err != nil {
			t.Fatalf("%s: %d, %t, %v; want %d", name, got, ok, err, offset(i))
		}
	}
	if got, ok, err := x.offset(plumbing.NewHash(strings.Repeat("5", 40))); ok || err != nil {
		t.Errorf("%d, %t, %v", got, ok, err)
	}
}
