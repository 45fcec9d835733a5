package repo

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

func TestFS(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	write(t, dir, "go.mod", "a/go.mod", "a/b/go.sum=", "vendor/modules.txt=# x\n", "ünï/go.mod")
	symlink(t, "a", filepath.Join(dir, "link"))
	tree := workTree(t, open(t, Options{Dir: dir}))
	err := fstest.TestFS(tree.FS, "go.mod", "a/go.mod", "a/b/go.sum", "vendor/modules.txt", "ünï/go.mod")
	if err != nil {
		t.Error(err)
	}
	if tree.Label != "working tree" {
		t.Errorf("label %q", tree.Label)
	}
}

func TestFSReadsOnlyWhatLiesInside(t *testing.T) {
	t.Parallel()
	base := newDir(t)
	dir := filepath.Join(base, "root")
	write(t, base, "secret/go.mod=module secret\n", "root/real/go.mod=module real\n", "root/x/y=")
	symlink(t, "../../secret/go.mod", filepath.Join(dir, "file-out", "go.mod"))
	symlink(t, "../real/go.mod", filepath.Join(dir, "file-in", "go.mod"))
	symlink(t, "../secret", filepath.Join(dir, "dir-out"))
	symlink(t, filepath.Join(base, "secret"), filepath.Join(dir, "dir-abs"))
	symlink(t, "real", filepath.Join(dir, "dir-in"))
	symlink(t, "loop", filepath.Join(dir, "loop"))
	fsys := workTree(t, open(t, Options{Dir: dir})).FS

	for _, test := range []struct {
		name string
		want error // nil: any
	}{
		{"file-in/go.mod", errLink},
		{"file-out/go.mod", nil},
		{"dir-out/go.mod", nil},
		{"dir-out", nil},
		{"dir-abs/go.mod", nil},
		{"loop", nil},
		{"../secret/go.mod", fs.ErrInvalid},
		{"/etc/passwd", fs.ErrInvalid},
		{"real/../real/go.mod", fs.ErrInvalid},
		{"", fs.ErrInvalid},
		{"none/go.mod", fs.ErrNotExist},
	} {
		data, err := fs.ReadFile(fsys, test.name)
		if err == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: got %q, %v, want %v", test.name, data, err, test.want)
		}
		if err != nil && !strings.Contains(err.Error(), test.name) {
			t.Errorf("%s: the error does not name it: %v", test.name, err)
		}
		if _, err := fs.Stat(fsys, test.name); err == nil {
			t.Errorf("%s: Stat finds it", test.name)
		}
	}
	// A go.work or a replace may spell a directory through a link, and the go command goes there.
	data, err := fs.ReadFile(fsys, "dir-in/go.mod")
	if err != nil || string(data) != "module real\n" {
		t.Errorf("dir-in/go.mod: got %q, %v", data, err)
	}
	if target, err := fs.ReadLink(fsys, "file-in/go.mod"); err != nil || target != "../real/go.mod" {
		t.Errorf("ReadLink: got %q, %v", target, err)
	}
	if info, err := fs.Lstat(fsys, "dir-out"); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("Lstat: got %v, %v", info, err)
	}
}

// What is large, blocks or never ends is refused, in the tree and outside.
func TestReadLimits(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	write(t, dir, "small/go.mod", "big/go.mod=", "full/go.mod=", "is-dir/go.mod/x=")
	if err := os.Truncate(filepath.Join(dir, "big", "go.mod"), maxFileSize+1); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(dir, "full", "go.mod"), maxFileSize); err != nil {
		t.Fatal(err)
	}
	symlink(t, "../small/go.mod", filepath.Join(dir, "link", "go.mod"))
	fsys := workTree(t, open(t, Options{Dir: dir})).FS
	tests := []struct {
		dir  string
		want error
	}{
		{"small", nil}, {"full", nil}, {"big", errTooLarge}, {"link", errLink}, {"is-dir", errDir}, {"none",
			fs.ErrNotExist},
	}
	if runtime.GOOS != "windows" {
		mkdir(t, filepath.Join(dir, "pipe"))
		if err := makePipe(filepath.Join(dir, "pipe", "go.mod")); err != nil {
			t.Fatal(err)
		}
		tests = append(tests, struct {
			dir  string
			want error
		}{"pipe", errIrregular})
	}
	for _, test := range tests {
		outside, err := ReadOutside(filepath.Join(dir, test.dir), "go.mod")
		if !errors.Is(err, test.want) {
			t.Errorf("outside, %s: got %v, want %v", test.dir, err, test.want)
		}
		inside, err := fs.ReadFile(fsys, test.dir+"/go.mod")
		if err == nil != (test.want == nil) || !errors.Is(err, test.want) && test.want != errDir {
			t.Errorf("inside, %s: got %v, want %v", test.dir, err, test.want)
		}
		if !bytes.Equal(inside, outside) {
			t.Errorf("%s: %d bytes inside, %d outside", test.dir, len(inside), len(outside))
		}
	}
}

func TestReadOutsideRefusesPaths(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	write(t, dir, "a/go.mod")
	for _, test := range []struct{ dir, name string }{
		{"a", "go.mod"}, {dir, "a/go.mod"}, {dir, ".."}, {dir, "."}, {dir, ""}, {dir, "../x"},
	} {
		if data, err := ReadOutside(test.dir, test.name); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%q, %q: got %q, %v", test.dir, test.name, data, err)
		}
	}
}

// Modules are read in parallel, over one FS.
func TestFSIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	write(t, dir, "a/go.mod", "b/go.mod", "c/go.mod")
	tree := workTree(t, open(t, Options{Dir: dir}))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				for _, m := range tree.Modules {
					data, err := fs.ReadFile(tree.FS, m.Dir+"/go.mod")
					if err != nil || string(data) != "module example.com/"+m.Dir+"\n" {
						t.Errorf("%s: got %q, %v", m.Dir, data, err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
}
