package repo

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// LinksTo returns the symbolic links that git tracks below the root and that lead to one of files, or to a directory with
// one of them in it: who reads a link reads these. Files are as Changed returns them, so are the links; those that git
// does not track are among the changed files themselves. The error is that of git's index.
func (r *Repo) LinksTo(files []string) ([]string, error) {
	if r.git == nil || len(files) == 0 {
		return nil, nil
	}
	tracked, _, err := r.git.readTracked()
	if err != nil {
		return nil, err
	}
	roots := []string{r.Root}
	if real, err := filepath.EvalSymlinks(r.Root); err == nil && real != r.Root {
		roots = append(roots, real)
	}
	var out []string
	for i := range tracked {
		f := &tracked[i]
		name, ok := below(r.prefix(), f.name)
		if !ok || f.entry.Mode != filemode.Symlink {
			continue
		}
		full := filepath.Join(r.Root, filepath.FromSlash(name))
		if slices.ContainsFunc(targets(full), func(target string) bool {
			return slices.ContainsFunc(roots, func(root string) bool { return leadsTo(root, target, files) })
		}) {
			out = append(out, name)
		}
	}
	return sorted(out), nil
}

// targets are the places that a link leads to: the next one, which may be gone, and the last one. A file that is no link
// any more leads nowhere.
func targets(link string) []string {
	next, err := os.Readlink(link)
	if err != nil {
		return nil
	}
	if !filepath.IsAbs(next) {
		next = filepath.Join(filepath.Dir(link), next)
	}
	out := []string{filepath.Clean(next)}
	if last, err := filepath.EvalSymlinks(link); err == nil {
		out = append(out, last)
	}
	return out
}

// leadsTo reports whether a place is one of files, relative to a root, or a directory that one of them lies in.
func leadsTo(root, place string, files []string) bool {
	rel, err := filepath.Rel(root, place)
	if err != nil {
		return false
	}
	rel = filepath.ToSlash(rel)
	return slices.ContainsFunc(files, func(file string) bool {
		return file == rel || strings.HasPrefix(file, rel+"/")
	})
}
