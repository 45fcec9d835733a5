package repo

import (
	"path"
	"path/filepath"
)

// Ignored returns those of names, files below the directory dir of the root, that git would leave out of a commit of
// everything: an ignore rule speaks of them or of a directory that they lie in, and they are not tracked. They need not
// be there; ignore files below dir are not read. Names are slash paths relative to dir, which is relative to the root.
// Without git nothing is ignored. The error is that of an ignore file or the index, and comes with what could be told.
func (r *Repo) Ignored(dir string, names []string) ([]string, error) {
	if r.git == nil || r.Top == "" {
		return nil, nil
	}
	base := pathOrEmpty(slashRel(r.Top, filepath.Join(r.Root, filepath.FromSlash(dir))))
	rules, err := r.git.rulesAt(r.Top, base)
	asked := map[string]bool{}
	for _, name := range names {
		asked[path.Join(base, name)] = true
	}
	index, indexErr := r.git.readIndex(func(name []byte) bool { return asked[string(name)] })
	if indexErr != nil {
		err = indexErr
	}
	var out []string
	dirs := map[string]bool{"": rules.ignoresAll()}
	for _, name := range names {
		full := path.Join(base, name)
		if (ignoredDir(rules, base, pathOrEmpty(path.Dir(name)), dirs) || rules.ignores(full, false)) && !index.has(full) {
			out = append(out, name)
		}
	}
	return out, err
}

// ignoredDir reports whether a directory below base, or one that it lies in, is ignored; known keeps the answers.
func ignoredDir(rules *ignoreRules, base, dir string, known map[string]bool) bool {
	if said, ok := known[dir]; ok {
		return said
	}
	said := ignoredDir(rules, base, pathOrEmpty(path.Dir(dir)), known) || rules.ignores(path.Join(base, dir), true)
	known[dir] = said
	return said
}
