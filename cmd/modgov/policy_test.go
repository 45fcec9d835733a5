package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBadPolicies shows what a person sees of a policy file that cannot be one: exit code 2, nothing on stdout, and on
// stderr the place, the line and what to do. The file is data: nothing in it is run, followed or fetched, and it cannot
// make modgov work for long.
func TestBadPolicies(t *testing.T) {
	t.Parallel()
	const v = "version: 1\n"
	var bomb strings.Builder // ten aliases of ten aliases, and so on
	bomb.WriteString("version: 1\nsets:\n  a0: &a0 [x.org/a,x.org/a,x.org/a,x.org/a,x.org/a,x.org/a,x.org/a,x.org/a]\n")
	for _, level := range []string{"a1: &a1 [*a0,*a0,*a0]", "a2: &a2 [*a1,*a1,*a1]", "a3: [*a2,*a2,*a2]"} {
		bomb.WriteString("  " + level + "\n")
	}
	many := v + "vendor: {modules: &m [" + strings.Repeat("a,", 1000) + "]}\nversions:\n" +
		strings.Repeat("  - {dep: \"**\", agree: same, in: *m}\n", 100)
	tests := []struct {
		name, data string
		want       []string
	}{
		{"unknown key", v + "pins:\n  - {dep: a.org/b, versoin: v1.0.0}\n",
			[]string{`unknown key "versoin"`, "modgov.yaml:3:20", "{dep: a.org/b, versoin: v1.0.0}", `did you mean "version"?`}},
		{"unknown section", v + "pin: []\n", []string{`unknown key "pin"`, "modgov.yaml:2:1", "pin: []", `did you mean "pins"?`}},
		{"key twice", v + "gate: {threshold: warn}\ngate: {threshold: error}\n",
			[]string{`the key "gate" is already on line 2`, "modgov.yaml:3:1", "gate: {threshold: error}", "keep one of them",
				"modgov.yaml:2"}},
		{"aliases of aliases", bomb.String(), []string{"modgov.yaml:4:", "a1: &a1 [*a0,*a0,*a0]", "not a list"}},
		{"aliases that explode", many, []string{"aliases in this file stand for more than 10000 values", "modgov.yaml:13:34",
			"write out what the alias stands for"}},
		{"tab", v + "pins:\n\t- {dep: a.org/b, version: v1.0.0}\n", []string{"modgov.yaml:3:1", "tab", "spaces"}},
		{"list for text", v + "pins:\n  - {dep: a.org/b, version: [v1.0.0]}\n",
			[]string{"one value is expected here, not a list", "modgov.yaml:3:29", "version: [v1.0.0]"}},
		{"text for list", v + "pins: a.org/b\n", []string{"a list is expected here", "modgov.yaml:2:7", "begin each item with -"}},
		{"truth in quotes", v + "vendor: {workspace: \"true\"}\n",
			[]string{"modgov.yaml:2:21", "write true or false, without quotes"}},
		{"number for version", v + "pins:\n  - {dep: a.org/b, version: 1.20}\n",
			[]string{`"1.20" is not a module version`, "modgov.yaml:3:29", "versions begin with v: v1.20.0"}},
		{"number for floor", v + "versions:\n  - {dep: a.org/b, at-least: 1.2}\n",
			[]string{`"1.2" is not a module version`, "modgov.yaml:3:30"}},
		{"no such day", v + "exceptions:\n  - {rule: cycle, expires: 2026-02-30}\n",
			[]string{"2026-02-30 does not exist: February 2026 has 28 days", "modgov.yaml:3:28"}},
		{"no such month", v + "exceptions:\n  - {rule: cycle, expires: 2026-13-01}\n",
			[]string{"there is no month 13", "modgov.yaml:3:28", "write year-month-day"}},
		{"date in another order", v + "exceptions:\n  - {rule: cycle, expires: 31.12.2026}\n",
			[]string{`"31.12.2026" is not a date`, "modgov.yaml:3:28", "write it as 2026-12-31"}},
		{"10 MB", v + strings.Repeat("# a comment\n", 900_000),
			[]string{"the file has 10800011 bytes, more than the 1048576 that are read"}},
		{"byte order mark", "\ufeffversion: 2\n", []string{"modgov.yaml:1:10", "version: 2", "write version: 1"}},
		{"CRLF", "version: 1\r\npinz: []\r\n", []string{"modgov.yaml:2:1", "pinz: []\n", `did you mean "pins"?`}},
		{"not UTF-8", "version: 1\nowners: {teams: {a: {contact: \"\xe4\"}}}\n",
			[]string{"modgov.yaml:2:32", "not UTF-8 text", `contact: "\xe4"`, "UTF-8"}},
		{"UTF-16", "\xff\xfev\x00e\x00r\x00", []string{"not UTF-8 text", "modgov.yaml:1:1"}},
		{"control character", v + "gate: {} # \x1b[31m\n", []string{"modgov.yaml:2:12", "U+001B"}},
		{"code", v + "pins: !!python/object/apply:os.system [\"touch ran\"]\n", []string{"YAML tags mean nothing here", "modgov.yaml:2:7"}},
		{"reserved", v + "custom: [{expr: \"true\"}]\n", []string{`"custom" is reserved`, "modgov.yaml:2:1", "remove it"}},
		{"include", v + "extends: https://example.com/policy.yaml\n", []string{`"extends" is reserved`, "modgov.yaml:2:1"}},
		{"two documents", v + "---\nversion: 1\n", []string{"modgov.yaml:2:1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, data := range map[string]string{"modgov.yaml": test.data, "go.mod": "module example.com/a\n\ngo 1.24\n"} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			environ := append(os.Environ(), "GOPROXY=off", "GOFLAGS=", "GOENV=off", "GOWORK=", "HOME="+dir)
			var stdout, stderr bytes.Buffer
			sh := newShell(environ, strings.NewReader(""), &stdout, &stderr)
			if code := sh.run(t.Context(), commands(), []string{"policy", "check", "-C", dir}); code != exitUsage {
				t.Errorf("exit code %d, want %d", code, exitUsage)
			}
			if stdout.Len() > 0 {
				t.Errorf("stdout: %s", stdout.String())
			}
			for _, want := range append(test.want, "modgov: error: modgov.yaml is not a valid policy") {
				if !strings.Contains(stderr.String(), want) {
					t.Errorf("%q is not in stderr:\n%.2000s", want, stderr.String())
				}
			}
			if bytes.ContainsRune(stderr.Bytes(), '\x1b') || bytes.IndexByte(stderr.Bytes(), 0xe4) >= 0 || stderr.Len() > 40_000 {
				t.Errorf("stderr is not what a terminal should get: %d bytes", stderr.Len())
			}
			if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil {
				t.Error("the policy was run")
			}
		})
	}
}
