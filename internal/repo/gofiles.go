package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// GoFiles returns the Go files below the root that git tracks, as its index names them: the same on every machine that
// has the same commit checked out, whatever was built there. Without git they are those on disk. They are slash paths
// relative to the root, sorted; what lies in vendor and node_modules directories is left out.
func (r *Repo) GoFiles(ctx context.Context) ([]string, error) {
	if r.git == nil {
		return r.goFilesOnDisk(ctx)
	}
	if r.git.refused != "" {
		return nil, errors.New(r.git.refused)
	}
	data, err := os.ReadFile(r.git.index)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // nothing was ever added
	} else if err != nil {
		return nil, err
	}
	var out []string
	prefix := r.prefix()
	err = scanIndex(data, r.git.hashSize, func(e *indexEntry) {
		if !bytes.HasSuffix(e.name, []byte(".go")) || e.mode == modeGitlink {
			return
		}
		if rel, ok := below(prefix, string(e.name)); ok && !inSkipped(rel) {
			out = append(out, rel)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("git index %s: %w", r.git.index, err)
	}
	return sorted(out), nil
}

func inSkipped(name string) bool {
	return slices.ContainsFunc(ancestors(path.Dir(name)), func(dir string) bool { return skipped(path.Base(dir)) })
}

// goFilesOnDisk are the Go files on disk.
func (r *Repo) goFilesOnDisk(ctx context.Context) ([]string, error) {
	w := &walk{root: filepath.ToSlash(r.Root), skip: r.skipDirs(r.Root), all: map[string]bool{}}
	f, err := w.run(ctx, r.rules)
	if err != nil {
		return nil, err
	}
	var out []string
	for name := range w.all {
		if path.Ext(name) == ".go" && !inSkipped(name) && !inAny(path.Dir(name), f.checkouts) {
			out = append(out, name)
		}
	}
	return sorted(out), nil
}
