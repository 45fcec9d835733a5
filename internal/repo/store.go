package repo

import (
	"errors"
	"fmt"
	"path/filepath"
)

// store is git's data of one work tree as far as it is read. Whatever else is read from a repository (refs, objects)
// is opened from the same directories and settings, never through go-git's PlainOpen: that finds other directories
// than git does and refuses settings that change nothing.
type store struct {
	gitDirs
	noTop    string // why top is "": no files on disk
	config   *gitConfig
	index    string // path of the index file
	hashSize int
	excludes *ignoreRules // the user's ignore file and, above it, .git/info/exclude
	fold     bool         // core.ignoreCase
	refused  string       // why the index cannot be read; "" if it can. Ignore files still count.
}

// openStore finds and opens the repository that start belongs to. It is nil where there is none. The notes say what
// could not be used.
func openStore(start string, env environ) (s *store, notes []string) {
	dirs, note, ok := findGit(start, env)
	if note != "" {
		notes = append(notes, note)
	}
	if !ok {
		return nil, notes
	}
	s = &store{gitDirs: dirs, config: readConfig(dirs, env)}
	notes = append(notes, s.config.notes...)
	format := s.config.format()
	s.hashSize, s.refused = format.hashSize, format.refused
	if format.note != "" {
		notes = append(notes, format.note)
	}
	if s.dir == "" {
		s.refused = "the .git file of " + s.top + " names a git directory that is not there"
	}
	if note := s.placeTop(start, env); note != "" {
		notes = append(notes, note)
	}
	s.index = filepath.Join(s.dir, "index")
	if name := env["GIT_INDEX_FILE"]; name != "" {
		s.index = absolute(s.top, name)
	}
	fold, _ := s.config.core("ignoreCase")
	s.fold = isTrue(fold)
	return s, append(notes, s.readExcludes()...)
}

// placeTop settles where the work tree is, after GIT_WORK_TREE, core.worktree and core.bare. The last two do not
// count in a linked worktree, which is a work tree even of a bare repository.
func (s *store) placeTop(start string, env environ) (note string) {
	if s.top == "" {
		s.noTop = start + " lies in the git directory " + s.dir
		if s.dir == start {
			s.noTop = start + " is a bare git repository or a git directory"
		}
		return ""
	}
	named, from := env["GIT_WORK_TREE"], "GIT_WORK_TREE"
	if named != "" {
		named = absolute(start, named)
	} else if tree, ok := s.config.ownCore("worktree"); ok && !s.linked() {
		named, from = absolute(s.dir, filepath.FromSlash(tree)), "core.worktree"
	} else if bare, _ := s.config.ownCore("bare"); isTrue(bare) && !s.linked() {
		s.noTop = s.top + " holds a bare git repository (core.bare is true)"
		s.top = ""
		return ""
	}
	if named == "" {
		return ""
	}
	if real, err := physicalDir(named); err == nil && slashRel(real, start) != "" {
		s.top = real
		return ""
	}
	return fmt.Sprintf("%s names %s, which does not hold %s, and is not used", from, named, start)
}

// rulesAt are the ignore rules that hold for what lies directly in dir, a slash path relative to base: those of the
// ignore files from base down to dir. If base is git's top level, the repository's own exclude file and the user's
// are beneath them. Where dir is ignored itself, or lies in an ignored directory, the rules ignore everything.
// With an error come the rules that could be read.
func (s *store) rulesAt(base, dir string) (*ignoreRules, error) {
	var rules *ignoreRules
	if base == s.top {
		rules = s.excludes
	}
	rules, err := s.descend(rules, base, "")
	errs := []error{err}
	for _, sub := range ancestors(dir) {
		if rules.ignores(sub, true) {
			return &ignoreRules{all: true}, nil
		}
		rules, err = s.descend(rules, filepath.Join(base, filepath.FromSlash(sub)), sub)
		errs = append(errs, err)
	}
	return rules, errors.Join(errs...)
}

// descend adds the ignore file of a directory, whose path from the base of the rules is rel, "" for the base itself.
// A link in its place is not followed, as in git.
func (s *store) descend(up *ignoreRules, dir, rel string) (*ignoreRules, error) {
	data, err := readRegular(filepath.Join(dir, ignoreFile))
	if missing(err) || errors.Is(err, errLink) || errors.Is(err, errDir) {
		return up, nil
	}
	if err != nil {
		return up, err
	}
	return up.with(rel, data, s.fold), nil
}

// readExcludes reads the rules that stand in no directory of the work tree.
func (s *store) readExcludes() (notes []string) {
	list := []string{s.config.excludesFile(s.top)}
	if s.common != "" {
		list = append(list, filepath.Join(s.common, "info", "exclude"))
	}
	for _, name := range list {
		if name == "" {
			continue
		}
		data, err := readFollowed(name)
		if err == nil {
			s.excludes = s.excludes.with("", data, s.fold)
		} else if !missing(err) {
			notes = append(notes, fmt.Sprintf("ignore rules not used: %v", err))
		}
	}
	return notes
}

// submodules are the paths that .gitmodules at top names, relative to it. They matter where the index cannot be read
// or the submodule's own .git is gone, as in an unpacked archive. With an error come those that were understood.
func submodules(top string) ([]string, error) {
	data, err := readRegular(filepath.Join(top, ".gitmodules"))
	if missing(err) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf(".gitmodules was not read: %w", err)
	}
	return parseSubmodules(data)
}
