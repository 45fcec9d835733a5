package repo

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkCheckout opens and walks a checkout of 100,000 files in 10,000 directories with 100 modules, which has to
// stay under 400 ms on two cores, and that without git. The ignore file has the size of a large one.
func BenchmarkCheckout(b *testing.B) {
	if _, err := exec.LookPath("git"); err != nil {
		b.Skip("no git command")
	}
	dir, err := filepath.EvalSymlinks(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	names := bigTree(b, dir)
	b.Run("plain", func(b *testing.B) { benchmarkOpen(b, dir) })
	bigIndex(b, dir, names)
	b.Run("git", func(b *testing.B) { benchmarkOpen(b, dir) })
	b.Run("index", func(b *testing.B) {
		data, err := os.ReadFile(filepath.Join(dir, ".git", "index"))
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if err := scanIndex(data, 20, func(e *indexEntry) { governed(e.name) }); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func benchmarkOpen(b *testing.B, dir string) {
	start := cpuTime()
	for b.Loop() {
		r, err := Open(b.Context(), Options{Dir: dir, Env: testEnv(dir)})
		if err != nil {
			b.Fatal(err)
		}
		tree, err := r.WorkTree(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if len(tree.Modules) != 100 {
			b.Fatalf("%d modules", len(tree.Modules))
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpuTime()-start).Microseconds())/1000/float64(b.N), "cpu-ms/op")
}

// bigTree makes the files and returns their names in git's order.
func bigTree(b *testing.B, dir string) []string {
	b.Helper()
	var names []string
	for i := range 10_000 {
		sub := fmt.Sprintf("svc%02d/pkg%d/sub%d", i/100, i/10%10, i%10)
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			b.Fatal(err)
		}
		for j := range 10 {
			name := fmt.Sprintf("%s/f%d.go", sub, j)
			if i%100 == 0 && j == 0 {
				name = fmt.Sprintf("svc%02d/go.mod", i/100)
			}
			file, err := os.Create(filepath.Join(dir, name))
			if err != nil {
				b.Fatal(err)
			}
			if err := file.Close(); err != nil {
				b.Fatal(err)
			}
			names = append(names, name)
		}
	}
	return names
}

// bigIndex makes a repository that tracks the files without reading them, and an ignore file of 200 lines.
func bigIndex(b *testing.B, dir string, names []string) {
	b.Helper()
	var list strings.Builder
	for _, name := range names {
		fmt.Fprintf(&list, "100644 e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\t%s\n", name)
	}
	for _, args := range [][]string{{"init", "-q"}, {"update-index", "--index-info"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env, cmd.Stdin = dir, testEnv(dir), strings.NewReader(list.String())
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	var ignore strings.Builder
	for i := range 100 {
		fmt.Fprintf(&ignore, "*.ext%d\nbuild%d/\n", i, i)
	}
	if err := os.WriteFile(filepath.Join(dir, ignoreFile), []byte(ignore.String()), 0o644); err != nil {
		b.Fatal(err)
	}
}
