package gocmd

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// askTimeout bounds the one `go env` that ReadSettings may start.
const askTimeout = 30 * time.Second

func (s setting) known() bool { return s.value != "" }

// findGo returns the first go command in an absolute directory of PATH, "" if there is none.
func findGo(env map[string]string) string {
	path := env["PATH"]
	if runtime.GOOS == "plan9" {
		path = env["path"]
	}
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue // "", "." and the like would find what the repository holds
		}
		// A name with a separator is not searched for; LookPath adds the extension that Windows wants.
		if file, err := exec.LookPath(filepath.Join(dir, "go")); err == nil {
			return file
		}
	}
	return ""
}

// goIn returns the go command of a GOROOT, "" if it has none.
func goIn(goroot string) string {
	if !filepath.IsAbs(goroot) {
		return ""
	}
	file, err := exec.LookPath(filepath.Join(goroot, "bin", "go"))
	if err != nil {
		return ""
	}
	return file
}

// goroot finds GOROOT as the go command would: set in the environment or the user's file, else by the place of the
// go command, as it is named and with symbolic links resolved. Linux tells a process its resolved name only.
func (r *reader) goroot(goCommand string) setting {
	if v := r.lookup("GOROOT"); v.known() {
		return setting{filepath.Clean(v.value), v.origin}
	}
	if goCommand == "" {
		return setting{"", FromDefault}
	}
	places := []string{goCommand}
	if real, err := filepath.EvalSymlinks(goCommand); err == nil && real != goCommand {
		places = append(places, real)
		if runtime.GOOS == "linux" {
			slices.Reverse(places)
		}
	}
	for _, place := range places {
		// GOROOT/bin/go, or GOROOT/bin/GOOS_GOARCH/go when the go command was cross-compiled.
		for _, up := range []string{"../..", "../../.."} {
			if dir := filepath.Join(place, up); isGOROOT(dir) {
				return setting{dir, goCommand}
			}
		}
	}
	return setting{"", FromDefault}
}

// isGOROOT reports whether dir holds what only a GOROOT holds.
func isGOROOT(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, "pkg", "tool"))
	return err == nil && info.IsDir()
}

// addGorootFile reads go.env of a GOROOT and reports whether there is one.
func (r *reader) addGorootFile(goroot setting) bool {
	if !goroot.known() {
		return false
	}
	return r.addFile(filepath.Join(goroot.value, "go.env"))
}

// readVersion returns the first word of GOROOT/VERSION, "" where that is not a release.
func readVersion(goroot string) string {
	if goroot == "" {
		return ""
	}
	data, err := os.ReadFile(filepath.Join(goroot, "VERSION"))
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(data), "\n")
	word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
	if !strings.HasPrefix(word, "go") {
		return ""
	}
	return word
}

// askGo asks the go command itself for the settings that do not depend on the question. It runs where the user
// stands, as version managers choose by directory, and with GOTOOLCHAIN=local, as it must not download a toolchain.
func askGo(ctx context.Context, s *Settings) (map[string]string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	args := []string{"env", "-json", "GOVERSION"}
	for _, name := range names() {
		if name != "GOTOOLCHAIN" && name != "GOWORK" && name != "GOENV" {
			args = append(args, name)
		}
	}
	out, err := start(ctx, s.goCommand, Command{Args: args},
		append(s.environ[:len(s.environ):len(s.environ)], "GOTOOLCHAIN=local", "GOWORK=off"))
	if err != nil {
		return nil, err
	}
	var answer map[string]string
	if err := json.Unmarshal(out, &answer); err != nil {
		return nil, fmt.Errorf("answer of go env -json: %w", err)
	}
	return answer, nil
}
