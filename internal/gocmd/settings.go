// Package gocmd is the one door through which the go command is run, and it knows the settings of the go command
// without running it.
//
// Settings are found in go's own order: the environment, the user's go/env file (what `go env -w` writes), the file
// go.env in GOROOT, then the rules that are built into the go command. The defaults of GOPROXY, GOSUMDB and
// GOTOOLCHAIN stand in GOROOT/go.env, where distributions change them, and are never a constant here. Source:
// cmd/go/internal/cfg (Getenv, EnvFile, initEnvCache, findGOROOT) and cmd/go/internal/envcmd.
package gocmd

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
)

// Origins of a setting that is in no file.
const (
	FromEnvironment = "environment" // the environment that ReadSettings was given
	FromGoEnv       = "go env"      // the answer of one `go env -json`
	FromDefault     = "default"     // a rule that is built into the go command
	FromNoGo        = "no go command"
)

// Settings holds the value of each setting of the go command that modgov needs, and where it was found. It does not
// change after ReadSettings and may be used by several goroutines at once.
type Settings struct {
	environ   []string // as given to ReadSettings; what a go process inherits
	values    map[string]setting
	goCommand string
	goVersion string
	notes     []string
	kept      []string // flags of GOFLAGS that Run passes on
	dropped   []string // flags of GOFLAGS that Run does not pass on
	ran       atomic.Bool
}

type setting struct {
	value, origin string
}

// names lists the settings that Get knows.
func names() []string {
	return []string{
		"GOAUTH", "GOCACHE", "GOENV", "GOFLAGS", "GOINSECURE", "GOMODCACHE", "GONOPROXY", "GONOSUMDB", "GOPATH",
		"GOPRIVATE", "GOPROXY", "GOROOT", "GOSUMDB", "GOTOOLCHAIN", "GOVCS", "GOWORK",
	}
}

// ReadSettings finds the settings that a go command started with environ ("NAME=value", the last one counts) would
// use. It starts no process, with one exception: a go on PATH that does not stand in its GOROOT (a wrapper script of
// a distribution or a version manager), or a GOROOT without go.env (go before 1.21), is asked once by
// `go env -json`. Files that are absent or hold nonsense are passed over in silence, as go does. The error is only
// ever that of ctx: what else went wrong stands in Notes.
func ReadSettings(ctx context.Context, environ []string) (*Settings, error) {
	s := &Settings{environ: environ, values: make(map[string]setting)}
	env := parseEnviron(environ)
	r := reader{env: env}
	envFile := r.envFile()
	r.addFile(envFile)

	s.goCommand = findGo(env)
	goroot := r.goroot(s.goCommand)
	hasGoEnv := r.addGorootFile(goroot)

	var asked map[string]string
	if s.goCommand != "" && (!goroot.known() || !hasGoEnv) {
		var err error
		if asked, err = askGo(ctx, s); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			s.notes = append(s.notes, fmt.Sprintf("the settings of %s cannot be read: %v", s.goCommand, err))
		}
		if dir := asked["GOROOT"]; dir != "" && !goroot.known() {
			goroot = setting{dir, FromGoEnv}
			r.addGorootFile(goroot)
		}
	}
	if s.goCommand == "" {
		s.goCommand = goIn(goroot.value)
	}
	s.goVersion = readVersion(goroot.value)
	if s.goVersion == "" {
		s.goVersion = asked["GOVERSION"]
	}
	s.resolve(&r, envFile, goroot, asked)
	s.kept, s.dropped = splitGoflags(s.Get("GOFLAGS"))
	return s, nil
}

// resolve fills the values: what was found, then go's built-in rules, then what go itself answered.
func (s *Settings) resolve(r *reader, envFile string, goroot setting, asked map[string]string) {
	for _, name := range names() {
		s.values[name] = r.lookup(name)
	}
	s.values["GOROOT"] = goroot
	s.values["GOENV"] = setting{envFile, FromDefault}
	if v := r.env["GOENV"]; v != "" {
		s.values["GOENV"] = setting{v, FromEnvironment}
	}
	for name, v := range asked {
		if old, ok := s.values[name]; ok && v != old.value && name != "GOROOT" {
			s.values[name] = setting{v, FromGoEnv} // a wrapper may set what no file says
		}
	}
	s.setDefault("GOAUTH", "netrc")
	s.setDefault("GOPATH", defaultGOPATH(r.env, goroot.value))
	s.setDefault("GOCACHE", defaultCache(r.env))
	if list := filepath.SplitList(s.Get("GOPATH")); len(list) > 0 && list[0] != "" {
		s.setDefault("GOMODCACHE", filepath.Join(list[0], "pkg", "mod"))
	}
	s.setDefault("GONOPROXY", s.Get("GOPRIVATE"))
	s.setDefault("GONOSUMDB", s.Get("GOPRIVATE"))
	if s.Get("GOPROXY") == "" {
		s.values["GOPROXY"] = setting{"off", FromNoGo}
		s.notes = append(s.notes, "GOPROXY is set nowhere, and there is no go command to have a default for it: "+
			"GOPROXY=off; to fetch go.mod files, set GOPROXY in the environment or put go on PATH")
	}
}

// setDefault gives a setting that was found nowhere the value of go's built-in rule.
func (s *Settings) setDefault(name, value string) {
	if s.values[name].value == "" {
		s.values[name] = setting{value, FromDefault}
	}
}

// Get returns the value of a setting as `go env NAME` prints it, with two differences: GOWORK is what is set ("" when
// nothing is), not the go.work file that go would find, and GOENV is "off" when it was set to that. It knows GOAUTH,
// GOCACHE, GOENV, GOFLAGS, GOINSECURE, GOMODCACHE, GONOPROXY, GONOSUMDB, GOPATH, GOPRIVATE, GOPROXY, GOROOT, GOSUMDB,
// GOTOOLCHAIN, GOVCS and GOWORK; any other name is "".
func (s *Settings) Get(name string) string { return s.values[name].value }

// Origin says where the value of a setting was found: the name of a file, or one of the From constants.
func (s *Settings) Origin(name string) string { return s.values[name].origin }

// GoCommand returns the absolute path of the go command, "" if there is none: the first go in an absolute directory
// of PATH, else bin/go of a GOROOT that is set. A relative entry of PATH is never followed, so that a file in the
// repository cannot be taken for it. Symbolic links stay: some wrappers look at the name they are started by.
func (s *Settings) GoCommand() string { return s.goCommand }

// GoVersion returns the version of the go command, "go1.26.1", from GOROOT/VERSION; "" if it is not known (no go, or
// one built from a development tree).
func (s *Settings) GoVersion() string { return s.goVersion }

// Notes returns what a user should know about the settings, one sentence each, in a fixed order; flags of GOFLAGS
// that were not passed on are told once the go command has run.
func (s *Settings) Notes() []string {
	notes := append([]string(nil), s.notes...)
	if s.ran.Load() && len(s.dropped) > 0 {
		notes = append(notes, fmt.Sprintf("GOFLAGS: %s not passed on to the go command", strings.Join(s.dropped, " ")))
	}
	return notes
}

// parseEnviron turns "NAME=value" lines into a map; names are in upper case where the system ignores case.
func parseEnviron(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, kv := range environ {
		name, value, ok := strings.Cut(kv, "=")
		if !ok {
			continue
		}
		if runtime.GOOS == "windows" {
			name = strings.ToUpper(name)
		}
		env[name] = value
	}
	return env
}

// A reader looks settings up in the environment and in the files read so far.
type reader struct {
	env   map[string]string
	files map[string]setting // what the files say; the first file that has a name counts
}

// lookup returns a setting as cmd/go's Getenv finds it: an empty variable counts as unset.
func (r *reader) lookup(name string) setting {
	if v := r.env[name]; v != "" {
		return setting{v, FromEnvironment}
	}
	if v, ok := r.files[name]; ok {
		return v
	}
	return setting{"", FromDefault}
}

// addFile reads a file of NAME=value lines; it reports whether the file could be read.
func (r *reader) addFile(file string) bool {
	found, ok := readEnvFile(file)
	if r.files == nil {
		r.files = make(map[string]setting)
	}
	earlier := r.files
	r.files = found
	maps.Copy(r.files, earlier)
	return ok
}
