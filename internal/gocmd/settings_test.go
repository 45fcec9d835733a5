package gocmd

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// realGo returns the go command that runs the tests; there always is one.
func realGo(t *testing.T) string {
	t.Helper()
	file, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command on PATH")
	}
	if file, err = filepath.Abs(file); err != nil {
		t.Fatal(err)
	}
	return file
}

// write makes a file below dir and returns its name.
func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o777); err != nil {
		t.Fatal(err)
	}
	return file
}

// home makes a HOME in which the real go command counts nothing: it would start a process that outlives the test.
func home(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, config := range []string{".config", "xdg", "Library/Application Support", "."} {
		write(t, dir, config+"/go/telemetry/mode", "off\n")
	}
	return dir
}

// read is ReadSettings where nothing should fail.
func read(t *testing.T, environ ...string) *Settings {
	t.Helper()
	s, err := ReadSettings(t.Context(), environ)
	if err != nil {
		t.Fatalf("ReadSettings(%q): %v", environ, err)
	}
	return s
}

// TestAgreesWithGo compares every setting with what the real `go env` says in the same environment.
func TestAgreesWithGo(t *testing.T) {
	t.Parallel()
	goCommand := realGo(t)
	home := home(t)
	userFile := write(t, home, "my/env",
		"# a comment\nGOPRIVATE=example.com/p\nGOFLAGS=-mod=mod -modcacherw\nnonsense\nlower=x\nGOPROXY=https://a.example\n"+
			"GOSUMDB=off\nGOSUMDB=sum.example\nGOINSECURE=example.org\r\n")
	write(t, home, "xdg/go/env", "GOPROXY=file:///xdg\nGOPATH=/one"+string(os.PathListSeparator)+"/two\n")
	write(t, home, "go/pkg/tool/x", "") // a GOROOT without go.env, as before go 1.21
	fakeRoot := t.TempDir()
	write(t, fakeRoot, "pkg/tool/x", "")
	write(t, fakeRoot, "go.env", "GOPROXY=https://distribution.example,direct\nGOSUMDB=off\nGOTOOLCHAIN=local\n")
	base := []string{"PATH=" + filepath.Dir(goCommand), "HOME=" + home, "USERPROFILE=" + home, "GOTELEMETRY=off"}
	if runtime.GOOS == "windows" {
		base = append(base, "APPDATA="+home, "LOCALAPPDATA="+home, "SYSTEMROOT="+os.Getenv("SYSTEMROOT"))
	}
	cases := []struct {
		name string
		env  []string
	}{
		{"nothing set", nil},
		{"GOENV off", []string{"GOENV=off"}},
		{"user file named by GOENV", []string{"GOENV=" + userFile}},
		{"user file that is absent", []string{"GOENV=" + filepath.Join(home, "absent")}},
		{"user file in the XDG directory", []string{"XDG_CONFIG_HOME=" + filepath.Join(home, "xdg")}},
		{"environment beats the file", []string{"GOENV=" + userFile, "GOPROXY=off", "GOSUMDB=off", "GOFLAGS=-v"}},
		{"an empty variable counts as unset", []string{"GOENV=" + userFile, "GOPROXY=", "GOFLAGS="}},
		{"the last of two variables counts", []string{"GOENV=off", "GOPROXY=direct", "GOPROXY=off"}},
		{"GOPRIVATE is the default of two others", []string{"GOENV=off", "GOPRIVATE=a.example/*,b.example"}},
		{"one of the two is set", []string{"GOENV=off", "GOPRIVATE=a.example", "GONOPROXY=none"}},
		{"GOPATH list", []string{"GOENV=off", "GOPATH=" + home + string(os.PathListSeparator) + "/b"}},
		{"GOMODCACHE and GOCACHE", []string{"GOENV=off", "GOMODCACHE=" + home + "/mc", "GOCACHE=" + home + "/bc"}},
		{"GOROOT with a go.env of its own", []string{"GOENV=off", "GOROOT=" + fakeRoot}},
		{"GOROOT that is GOPATH's default", []string{"GOENV=off", "GOPROXY=off", "GOROOT=" + filepath.Join(home, "go")}},
		{"GOAUTH, GOVCS", []string{"GOENV=off", "GOAUTH=off", "GOVCS=*:git"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			environ := append(base[:len(base):len(base)], tc.env...)
			s := read(t, environ...)
			args := []string{"env", "-json"}
			for _, name := range names() {
				if name != "GOWORK" {
					args = append(args, name)
				}
			}
			cmd := exec.Command(goCommand, args...)
			cmd.Env, cmd.Dir = environ, home
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			var want map[string]string
			if err := json.Unmarshal(out, &want); err != nil {
				t.Fatal(err)
			}
			if want["GOENV"] == "" {
				want["GOENV"] = "off" // go env prints nothing for it
			}
			for name, w := range want {
				if got := s.Get(name); got != w {
					t.Errorf("Get(%s) = %q (%s), go says %q", name, got, s.Origin(name), w)
				}
			}
			if len(s.Notes()) > 0 {
				t.Errorf("notes: %q", s.Notes())
			}
		})
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	goCommand := realGo(t)
	home := home(t)
	file := write(t, home, "env", "GOPRIVATE=example.com\n")
	s := read(t, "PATH="+filepath.Dir(goCommand), "HOME="+home, "GOENV="+file, "GOSUMDB=off")
	for name, want := range map[string]string{
		"GOSUMDB":   FromEnvironment,
		"GOENV":     FromEnvironment,
		"GOPRIVATE": file,
		"GOPROXY":   filepath.Join(s.Get("GOROOT"), "go.env"),
		"GONOPROXY": FromDefault,
		"GOFLAGS":   FromDefault,
	} {
		if got := s.Origin(name); got != want {
			t.Errorf("Origin(%s) = %q, want %q", name, got, want)
		}
	}
	if s.GoCommand() == "" || !strings.HasPrefix(s.GoVersion(), "go1.") {
		t.Errorf("GoCommand() = %q, GoVersion() = %q", s.GoCommand(), s.GoVersion())
	}
	if s.Get("PATH") != "" || s.Origin("PATH") != "" {
		t.Error("Get and Origin know a name that is no setting of go")
	}
}

func TestNoGoAnywhere(t *testing.T) {
	t.Parallel()
	s := read(t, "PATH="+t.TempDir(), "HOME="+t.TempDir())
	if s.GoCommand() != "" || s.GoVersion() != "" {
		t.Errorf("GoCommand() = %q, GoVersion() = %q", s.GoCommand(), s.GoVersion())
	}
	if s.Get("GOPROXY") != "off" || s.Origin("GOPROXY") != FromNoGo {
		t.Errorf("GOPROXY = %q (%s), want off", s.Get("GOPROXY"), s.Origin("GOPROXY"))
	}
	if notes := s.Notes(); len(notes) != 1 || !strings.Contains(notes[0], "set GOPROXY in the environment") {
		t.Errorf("notes = %q", notes)
	}
	if s.Get("GOMODCACHE") == "" {
		t.Error("GOMODCACHE is not known")
	}
	if _, err := s.Run(t.Context(), Command{Args: []string{"version"}}); err != ErrNoGo {
		t.Errorf("Run: %v, want ErrNoGo", err)
	}

	s = read(t, "PATH=", "GOPROXY=https://proxy.example")
	if s.Get("GOPROXY") != "https://proxy.example" || len(s.Notes()) != 0 {
		t.Errorf("GOPROXY = %q, notes %q", s.Get("GOPROXY"), s.Notes())
	}
	if s.Get("GOPATH") != "" || s.Get("GOMODCACHE") != "" || s.Get("GOCACHE") != "" {
		t.Error("directories are guessed without HOME")
	}
}

// TestGoByGOROOT finds go in a GOROOT that is set while PATH has none.
func TestGoByGOROOT(t *testing.T) {
	t.Parallel()
	root := filepath.Dir(filepath.Dir(realGo(t)))
	if !isGOROOT(root) {
		t.Skip("go on PATH does not stand in its GOROOT")
	}
	s := read(t, "PATH=", "GOENV=off", "GOROOT="+root)
	if s.GoCommand() == "" || s.Get("GOPROXY") == "off" {
		t.Errorf("GoCommand() = %q, GOPROXY = %q", s.GoCommand(), s.Get("GOPROXY"))
	}
}

// TestRelativePath: a go in the directory where modgov is started must not be run.
func TestRelativePath(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "go", "#!/bin/sh\necho hijacked\n")
	write(t, dir, "bin/go", "#!/bin/sh\necho hijacked\n")
	t.Chdir(dir)
	for _, path := range []string{".", "", "bin", "./bin", string(os.PathListSeparator)} {
		if s := read(t, "PATH="+path, "GOROOT=."); s.GoCommand() != "" {
			t.Errorf("PATH=%q finds %s", path, s.GoCommand())
		}
	}
}

// TestWrapper: a wrapper script says what it passes on; it is asked once.
func TestWrapper(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell script")
	}
	root := filepath.Dir(filepath.Dir(realGo(t)))
	dir := home(t)
	file := write(t, dir, "bin/go", "#!/bin/sh\necho x >> "+dir+"/asked\nexport GOPROXY=https://wrapped.example GOROOT="+root+
		"\nexec "+root+"/bin/go \"$@\"\n")
	s := read(t, "PATH="+filepath.Dir(file), "HOME="+dir, "GOENV=off", "GOPRIVATE=example.com")
	if s.GoCommand() != file {
		t.Errorf("GoCommand() = %q, want %q", s.GoCommand(), file)
	}
	if s.Get("GOROOT") != root || s.Origin("GOROOT") != FromGoEnv {
		t.Errorf("GOROOT = %q (%s), want %q", s.Get("GOROOT"), s.Origin("GOROOT"), root)
	}
	if s.Get("GOPROXY") != "https://wrapped.example" || s.Origin("GOPROXY") != FromGoEnv {
		t.Errorf("GOPROXY = %q (%s)", s.Get("GOPROXY"), s.Origin("GOPROXY"))
	}
	if got := s.Origin("GOSUMDB"); got != filepath.Join(root, "go.env") {
		t.Errorf("GOSUMDB comes from %q", got)
	}
	if s.Origin("GOPRIVATE") != FromEnvironment || s.Get("GONOSUMDB") != "example.com" {
		t.Errorf("GOPRIVATE from %q, GONOSUMDB %q", s.Origin("GOPRIVATE"), s.Get("GONOSUMDB"))
	}
	if data, err := os.ReadFile(filepath.Join(dir, "asked")); err != nil || string(data) != "x\n" {
		t.Errorf("asked %q, %v; want once", data, err)
	}
}

func TestBrokenWrapper(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell script")
	}
	dir := t.TempDir()
	write(t, dir, "go", "#!/bin/sh\necho 'no version is set for go' >&2\nexit 126\n")
	s := read(t, "PATH="+dir, "HOME="+dir)
	notes := strings.Join(s.Notes(), "\n")
	if !strings.Contains(notes, "no version is set for go") || s.Get("GOPROXY") != "off" {
		t.Errorf("GOPROXY = %q, notes %q", s.Get("GOPROXY"), notes)
	}
}

func FuzzParseEnvFile(f *testing.F) {
	f.Add("GOPROXY=off\n# x\nGOFLAGS=-mod=mod\r\n=\nA\n")
	f.Fuzz(func(t *testing.T, text string) {
		for name, v := range parseEnvFile("env", []byte(text)) {
			if name == "" || strings.ContainsAny(name+v.value, "\n") || v.origin != "env" {
				t.Errorf("%q: %q=%q", text, name, v)
			}
		}
	})
}

func TestHasLogin(t *testing.T) {
	t.Parallel()
	home := home(t)
	name := ".netrc"
	if runtime.GOOS == "windows" {
		name = "_netrc"
	}
	write(t, home, name, "machine a.example login x password y\nmachine b.example:8443\n\tlogin x password y\n")
	other := write(t, home, "other", "machine c.example login x password y\n")
	base := []string{"PATH=", "HOME=" + home, "USERPROFILE=" + home, "GOENV=off"}
	cases := []struct {
		environ []string
		yes, no string
	}{
		{nil, "a.example b.example:8443", "b.example c.example x"},
		{[]string{"NETRC=" + other}, "c.example", "a.example"},
		{[]string{"NETRC=" + home + "/none"}, "", "a.example"},
		{[]string{"GOAUTH=off"}, "", "a.example"},
		{[]string{"GOAUTH=netrc"}, "a.example", "c.example"},
		{[]string{"GOAUTH=netrc; git " + home}, "a.example c.example", ""},
		{[]string{"GOAUTH=my-credentials --fast"}, "c.example", ""},
	}
	for _, tc := range cases {
		s := read(t, append(base[:len(base):len(base)], tc.environ...)...)
		for _, host := range strings.Fields(tc.yes) {
			if !s.HasLogin(host) {
				t.Errorf("%q: no login for %s", tc.environ, host)
			}
		}
		for _, host := range strings.Fields(tc.no) {
			if s.HasLogin(host) {
				t.Errorf("%q: a login for %s", tc.environ, host)
			}
		}
	}
}

func TestUserCacheDir(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "plan9" {
		t.Skip("other variables")
	}
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	for _, xdg := range []string{"", dir + "/cache", "relative"} {
		t.Setenv("XDG_CACHE_HOME", xdg)
		want, err := os.UserCacheDir()
		if err != nil {
			want = ""
		}
		if got := read(t, "PATH=", "HOME="+dir, "XDG_CACHE_HOME="+xdg).UserCacheDir(); got != want {
			t.Errorf("XDG_CACHE_HOME=%q: %q, want %q", xdg, got, want)
		}
	}
}
