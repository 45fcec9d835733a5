package repo

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/config"
)

// gitConfig holds git's configuration files, the ones that count more later. Conditional includes (includeIf) and
// settings from the command line are not looked at.
type gitConfig struct {
	layers []*config.Config
	own    int            // where the layers of the repository itself start
	repo   *config.Config // the repository's own file, which alone says what format it has
	env    environ
	notes  []string
}

// maxIncludes is how deep include.path is followed.
const maxIncludes = 5

// readConfig reads the system's, the user's, and, where there is a git directory, the repository's and the worktree's
// configuration. A file that does not parse counts as far as it was understood, with a note.
func readConfig(g gitDirs, env environ) *gitConfig {
	c := &gitConfig{env: env, repo: config.New()}
	for _, name := range userConfigs(env) {
		c.add(name, maxIncludes)
	}
	c.own = len(c.layers)
	if g.dir == "" {
		return c
	}
	c.repo = c.add(filepath.Join(g.common, "config"), maxIncludes)
	if isTrue(c.repo.Section("extensions").Option("worktreeConfig")) {
		c.add(filepath.Join(g.dir, "config.worktree"), maxIncludes)
	}
	return c
}

// userConfigs are the files that hold for all repositories.
func userConfigs(env environ) []string {
	var list []string
	if !isTrue(env["GIT_CONFIG_NOSYSTEM"]) {
		if name, ok := env["GIT_CONFIG_SYSTEM"]; ok {
			list = append(list, name)
		} else if runtime.GOOS != "windows" {
			list = append(list, "/etc/gitconfig")
		}
	}
	if name, ok := env["GIT_CONFIG_GLOBAL"]; ok {
		return append(list, name)
	}
	if dir := userConfigDir(env); dir != "" {
		list = append(list, filepath.Join(dir, "config"))
	}
	if home := env.home(); home != "" {
		list = append(list, filepath.Join(home, ".gitconfig"))
	}
	return list
}

// userConfigDir is where git keeps the user's files: $XDG_CONFIG_HOME/git or ~/.config/git.
func userConfigDir(env environ) string {
	if dir := env["XDG_CONFIG_HOME"]; dir != "" {
		return filepath.Join(dir, "git")
	}
	if home := env.home(); home != "" {
		return filepath.Join(home, ".config", "git")
	}
	return ""
}

// add reads one file, then what it includes. The layer of the file itself is returned, empty if there is no file.
func (c *gitConfig) add(name string, depth int) *config.Config {
	layer := config.New()
	data, err := readFollowed(name)
	if err == nil {
		err = config.NewDecoder(bytes.NewReader(data)).Decode(layer)
	}
	if err != nil && !missing(err) {
		c.notes = append(c.notes, fmt.Sprintf("git config %s was read in part: %v", name, err))
	}
	c.layers = append(c.layers, layer)
	if depth > 0 && layer.HasSection("include") {
		for _, p := range layer.Section("include").OptionAll("path") {
			c.add(c.expand(filepath.Dir(name), p), depth-1)
		}
	}
	return layer
}

// core is the value of a setting of section core that counts; ok is false if no file sets it.
func (c *gitConfig) core(key string) (value string, ok bool) { return lastCore(c.layers, key) }

// ownCore is core, but asks the files of the repository only: git takes core.bare and core.worktree from nowhere else.
func (c *gitConfig) ownCore(key string) (value string, ok bool) {
	return lastCore(c.layers[c.own:], key)
}

func lastCore(layers []*config.Config, key string) (value string, ok bool) {
	for _, layer := range slices.Backward(layers) {
		if s := layer.Section("core"); s.HasOption(key) {
			return s.Option(key), true
		}
	}
	return "", false
}

// promisor reports whether the clone is partial: a remote promises the objects that it lacks.
func (c *gitConfig) promisor() bool {
	if c.repo.Section("extensions").HasOption("partialClone") {
		return true
	}
	for _, remote := range c.repo.Section("remote").Subsections {
		if isTrue(remote.Option("promisor")) {
			return true
		}
	}
	return false
}

// hasRemote reports whether the repository has a remote of that name.
func (c *gitConfig) hasRemote(name string) bool {
	return c.repo.HasSection("remote") && c.repo.Section("remote").HasSubsection(name)
}

// expand resolves the value of a path setting.
func (c *gitConfig) expand(dir, name string) string {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		return filepath.Join(c.env.home(), rest)
	}
	return absolute(dir, name)
}

// excludesFile is the user's own ignore file, "" if there can be none.
func (c *gitConfig) excludesFile(top string) string {
	if name, ok := c.core("excludesFile"); ok {
		if name == "" {
			return ""
		}
		return c.expand(top, name)
	}
	if dir := userConfigDir(c.env); dir != "" {
		return filepath.Join(dir, "ignore")
	}
	return ""
}

// format is what the repository says about how its data is kept.
type format struct {
	hashSize int    // bytes of an object name
	refused  string // why nothing of the git data may be read; "" if it may
	note     string // what modgov can read, but go-git could not
	// unreadable is why revisions cannot be read, though files can; "" if they can.
	unreadable string
}

// format reads version and extensions as gitrepository-layout(5) has them.
func (c *gitConfig) format() format {
	// These change nothing about the index and the ignore rules, or are looked at below.
	knownExtensions := []string{
		"noop", "noop-v1", "partialclone", "preciousobjects", "relativeworktrees", "worktreeconfig",
		"compatobjectformat", "objectformat", "refstorage",
	}
	f := format{hashSize: 20}
	version := 0
	if text := c.repo.Section("core").Option("repositoryformatversion"); text != "" {
		v, err := strconv.Atoi(text)
		if err != nil || v > 1 {
			f.refused = "its format version " + strconv.Quote(text) + " is not known"
			return f
		}
		version = v
	}
	for _, o := range c.repo.Section("extensions").Options {
		key, value := strings.ToLower(o.Key), strings.ToLower(o.Value)
		switch {
		case key == "objectformat" && value == "sha256":
			f.hashSize = 32
			f.unreadable = "it uses sha256 object names"
			f.note = "the repository uses sha256 object names: its files are read, its revisions cannot be"
		case key == "objectformat" && value != "sha1":
			f.refused = "its object format " + strconv.Quote(o.Value) + " is not known"
		case key == "refstorage" && value != "files":
			f.unreadable = "it keeps its refs as " + value + " (git refs migrate --ref-format=files)"
			f.note = "the repository keeps its refs as " + value + ": its files are read, its revisions cannot be " +
				"(git refs migrate --ref-format=files)"
		case version == 1 && !slices.Contains(knownExtensions, key):
			f.refused = "its extension " + strconv.Quote(o.Key) + " is not known"
		}
	}
	return f
}

// isTrue reads a boolean setting. A key without a value is true for git; the decoder gives it as "", like an empty one.
func isTrue(value string) bool {
	switch strings.ToLower(value) {
	case "true", "yes", "on", "1":
		return true
	}
	return false
}

// readFollowed reads a file of the user's own, through links, with the limits of readRegular. The null device, by which
// GIT_CONFIG_GLOBAL says that there is none, is empty.
func readFollowed(name string) ([]byte, error) {
	if name == os.DevNull {
		return nil, nil
	}
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		return nil, err
	}
	return readRegular(real)
}
