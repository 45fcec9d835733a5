package gocmd

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
)

// readEnvFile reads a file of NAME=value lines as the go command does: comments and lines that do not start with a
// capital letter are passed over, the last line of a name counts, nothing is unquoted. It reports whether the file
// could be read; the map is never nil.
func readEnvFile(file string) (map[string]setting, bool) {
	if file == "" {
		return map[string]setting{}, false
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return map[string]setting{}, false // go passes over a file that it cannot read
	}
	return parseEnvFile(file, data), true
}

func parseEnvFile(file string, data []byte) map[string]setting {
	found := make(map[string]setting)
	for line := range bytes.Lines(data) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		name, value, ok := bytes.Cut(line, []byte("="))
		if !ok || len(name) == 0 || name[0] < 'A' || name[0] > 'Z' {
			continue
		}
		found[string(name)] = setting{string(value), file}
	}
	return found
}

// envFile returns the name of the user's go/env file, "" if there is none or GOENV=off.
func (r *reader) envFile() string {
	switch file := r.env["GOENV"]; file {
	case "off":
		return ""
	case "":
		if dir := userConfigDir(r.env); dir != "" {
			return filepath.Join(dir, "go", "env")
		}
		return ""
	default:
		return file
	}
}

// userConfigDir is os.UserConfigDir for a given environment, "" if it is not known.
func userConfigDir(env map[string]string) string {
	switch runtime.GOOS {
	case "windows":
		return env["APPDATA"]
	case "darwin", "ios":
		return below(env["HOME"], "Library", "Application Support")
	case "plan9":
		return below(env["home"], "lib")
	}
	return xdgDir(env, "XDG_CONFIG_HOME", ".config")
}

// defaultCache returns the place of go's build cache, "" if it is not known.
func defaultCache(env map[string]string) string {
	switch runtime.GOOS {
	case "windows":
		return below(env["LOCALAPPDATA"], "go-build")
	case "darwin", "ios":
		return below(env["HOME"], "Library", "Caches", "go-build")
	case "plan9":
		return below(env["home"], "lib", "cache", "go-build")
	}
	return below(xdgDir(env, "XDG_CACHE_HOME", ".cache"), "go-build")
}

// xdgDir returns a directory of the XDG rules: an absolute path in the variable, else a directory below HOME.
func xdgDir(env map[string]string, name, fallback string) string {
	dir := env[name]
	if dir == "" {
		return below(env["HOME"], fallback)
	}
	if !filepath.IsAbs(dir) {
		return "" // the rules and os.UserConfigDir refuse it
	}
	return dir
}

// defaultGOPATH returns $HOME/go, and nothing where that is GOROOT itself.
func defaultGOPATH(env map[string]string, goroot string) string {
	home := env["HOME"]
	switch runtime.GOOS {
	case "windows":
		home = env["USERPROFILE"]
	case "plan9":
		home = env["home"]
	}
	dir := below(home, "go")
	if dir != "" && goroot != "" && dir == filepath.Clean(goroot) {
		return ""
	}
	return dir
}

// below joins a path, unless its first element is not known.
func below(dir string, elem ...string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(append([]string{dir}, elem...)...)
}
