package repo

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// environ is an environment as a look-up.
type environ map[string]string

func newEnviron(list []string) environ {
	if list == nil {
		list = os.Environ()
	}
	env := make(environ)
	for _, kv := range list {
		if key, value, ok := strings.Cut(kv, "="); ok {
			env[key] = value
		}
	}
	return env
}

// home is the user's home directory, "" if the environment does not say.
func (e environ) home() string {
	if h := e["HOME"]; h != "" {
		return h
	}
	return e["USERPROFILE"]
}

// gitDirs are the places of a repository, absolute.
type gitDirs struct {
	top    string // where the search ended: the directory that holds .git; "" if start lies in the git directory itself
	dir    string // HEAD and index; "" if the .git file names a directory that is not there
	common string // config, info, objects, refs; dir unless this is a linked worktree
}

func (g gitDirs) linked() bool { return g.dir != g.common }

// findGit finds the repository of start as git does: GIT_DIR, else upward to a .git directory, a .git file, or a
// directory that is a git directory itself (a bare repository). ok is false if there is none. note says what of the
// environment could not be used.
//
// Where GIT_DIR names the repository that the search finds too, as in a hook, the search has the last word: git
// itself would then take every start directory for the top level.
func findGit(start string, env environ) (g gitDirs, note string, ok bool) {
	g, ok = searchGit(start, ceiling(start, env["GIT_CEILING_DIRECTORIES"]))
	named := env["GIT_DIR"]
	if named == "" {
		return g, "", ok
	}
	dir, valid := gitDirAt(absolute(start, named))
	switch {
	case !valid || dir == "":
		return g, "GIT_DIR=" + named + " names no git directory and is not used", ok
	case ok && sameFile(dir, g.dir):
		return g, "", true
	}
	return gitDirs{top: start, dir: dir, common: commonDir(dir)}, "", true
}

// searchGit goes upward from start, not into or beyond ceiling.
func searchGit(start, ceiling string) (gitDirs, bool) {
	for at := start; ; at = filepath.Dir(at) {
		if dir, ok := gitDirAt(filepath.Join(at, ".git")); ok {
			return gitDirs{top: at, dir: dir, common: commonDir(dir)}, true
		}
		if isGitDir(at) {
			return gitDirs{dir: at, common: commonDir(at)}, true
		}
		if parent := filepath.Dir(at); parent == at || parent == ceiling {
			return gitDirs{}, false
		}
	}
}

// ceiling is the nearest of GIT_CEILING_DIRECTORIES above start, "" if none is.
func ceiling(start, list string) string {
	best := ""
	for _, dir := range filepath.SplitList(list) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			dir = real
		}
		if rel := slashRel(dir, start); rel != "" && rel != "." && len(dir) > len(best) {
			best = dir
		}
	}
	return best
}

// gitDirAt is the git directory that name is, or that the .git file name points to. ok is false if name is neither.
// A .git file that points nowhere (a submodule copied without its repository, a worktree whose repository moved) is
// one all the same, with an empty directory. Below the root that makes it another checkout: its modules are copies.
func gitDirAt(name string) (dir string, ok bool) {
	info, err := os.Stat(name)
	if err != nil {
		return "", false
	}
	if info.IsDir() {
		return name, isGitDir(name)
	}
	text, ok := firstLine(name, "gitdir: ")
	if !ok {
		return "", false
	}
	if target := absolute(filepath.Dir(name), text); isGitDir(target) {
		return target, true
	}
	return "", true
}

// commonDir is the directory that all worktrees share; "" if dir is.
func commonDir(dir string) string {
	if dir == "" {
		return ""
	}
	if text, ok := firstLine(filepath.Join(dir, "commondir"), ""); ok {
		return absolute(dir, text)
	}
	return dir
}

// isGitDir asks what git asks: HEAD, and in the common directory objects and refs.
func isGitDir(dir string) bool {
	if _, err := os.Lstat(filepath.Join(dir, "HEAD")); err != nil {
		return false
	}
	common := commonDir(dir)
	return isDir(filepath.Join(common, "objects")) && isDir(filepath.Join(common, "refs"))
}

// firstLine reads a one-line file of git's, which must start with prefix; the rest of the line is returned.
func firstLine(name, prefix string) (text string, ok bool) {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > 64<<10 {
		return "", false
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return "", false
	}
	text, ok = strings.CutPrefix(strings.TrimRight(string(data), "\r\n"), prefix)
	return filepath.FromSlash(text), ok && text != ""
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}

func sameFile(a, b string) bool {
	ai, err := os.Stat(a)
	if err != nil {
		return false
	}
	bi, err := os.Stat(b)
	return err == nil && os.SameFile(ai, bi)
}

// ancestors are the directories from "." or "a" down to dir itself, dir being a clean slash path.
func ancestors(dir string) []string {
	if dir == "." {
		return nil
	}
	var list []string
	for i := range len(dir) {
		if dir[i] == '/' {
			list = append(list, dir[:i])
		}
	}
	return append(list, dir)
}

// missing reports whether err says that a file is not there, or not where a directory was expected.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// inAny reports whether dir is one of dirs or lies below one of them.
func inAny(dir string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool {
		return dir == d || len(dir) > len(d) && dir[len(d)] == '/' && dir[:len(d)] == d
	})
}
