package universe

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/mod/module"
)

// Parse reads the txtar text of a universe. A section is a file of the repository ("a/go.mod"), a go.mod file on the
// proxy ("ex.test/a@v1.0.0"), or an expectation ("want ..."). The comment is the note, except for lines that begin
// with a percent sign:
//
//	%crlf NAME          the lines of the section end in CRLF
//	%bom NAME           the section begins with a byte order mark
//	%noinfo PATH@V      the proxy has no .info file for the version
//	%link NAME TARGET   a symbolic link in the repository
//	%work NAME          the go.work file, where it has another name
//	%only VIEW...       compare these views only
func Parse(text []byte) (*Universe, error) {
	for line := range strings.Lines(string(text)) {
		if strings.TrimRight(line, "\r\n") == "-- --" {
			return nil, errors.New("a section without a name") // on which the library panics
		}
	}
	a := txtar.Parse(text)
	u := &Universe{
		Files: map[string]string{}, Links: map[string]string{}, Want: map[string]string{},
		Outside: map[module.Version]string{}, NoInfo: map[module.Version]bool{},
	}
	for _, f := range a.Files {
		path, version, outside := strings.Cut(f.Name, "@")
		want, expected := strings.CutPrefix(f.Name, "want ")
		switch {
		case expected:
			u.Want[want] = string(f.Data)
		case outside && (path == "" || version == ""):
			return nil, fmt.Errorf("%s: a version on the proxy is called PATH@VERSION", f.Name)
		case outside:
			u.Outside[module.Version{Path: path, Version: version}] = string(f.Data)
		default:
			u.Files[f.Name] = string(f.Data)
		}
	}
	for line := range strings.Lines(string(a.Comment)) {
		directive, ok := strings.CutPrefix(line, "%")
		if !ok {
			u.Note += line
			continue
		}
		if err := u.direct(strings.Fields(directive)); err != nil {
			return nil, fmt.Errorf("%q: %w", strings.TrimSpace(line), err)
		}
	}
	return u, nil
}

var errDirective = errors.New("no such directive")

// direct carries out a line with a percent sign.
func (u *Universe) direct(words []string) error {
	switch {
	case len(words) == 2 && words[0] == "crlf":
		return u.change(words[1], func(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") })
	case len(words) == 2 && words[0] == "bom":
		return u.change(words[1], func(text string) string { return bom + text })
	case len(words) == 2 && words[0] == "noinfo":
		path, version, _ := strings.Cut(words[1], "@")
		u.NoInfo[module.Version{Path: path, Version: version}] = true
	case len(words) == 3 && words[0] == "link":
		u.Links[words[1]] = words[2]
	case len(words) > 1 && words[0] == "only":
		u.Only = words[1:]
	case len(words) == 2 && words[0] == "work":
		u.Work = words[1]
	default:
		return errDirective
	}
	return nil
}

const bom = "\ufeff"

func (u *Universe) change(name string, f func(string) string) error {
	path, version, outside := strings.Cut(name, "@")
	m := module.Version{Path: path, Version: version}
	switch {
	case outside && u.Outside[m] != "":
		u.Outside[m] = f(u.Outside[m])
	case u.Files[name] != "":
		u.Files[name] = f(u.Files[name])
	default:
		return errors.New("no such section")
	}
	return nil
}

// Format returns the text that Parse reads. Sections are sorted: repository, proxy, expectations.
func (u *Universe) Format() []byte {
	a := &txtar.Archive{}
	note := u.Note
	directive := func(words ...string) { note += "%" + strings.Join(words, " ") + "\n" }
	section := func(name, text string) {
		if after, ok := strings.CutPrefix(text, bom); ok {
			directive("bom", name)
			text = after
		}
		if strings.Contains(text, "\r\n") {
			directive("crlf", name)
			text = strings.ReplaceAll(text, "\r\n", "\n")
		}
		a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
	}
	if u.Work != "" {
		directive("work", u.Work)
	}
	if len(u.Only) > 0 {
		directive(append([]string{"only"}, u.Only...)...)
	}
	for _, name := range slices.Sorted(maps.Keys(u.Links)) {
		directive("link", name, u.Links[name])
	}
	noInfo := slices.Collect(maps.Keys(u.NoInfo))
	module.Sort(noInfo)
	for _, m := range noInfo {
		directive("noinfo", m.String())
	}
	for _, name := range slices.Sorted(maps.Keys(u.Files)) {
		section(name, u.Files[name])
	}
	for _, m := range u.Mods() {
		section(m.String(), u.Outside[m])
	}
	for _, name := range slices.Sorted(maps.Keys(u.Want)) {
		section("want "+name, u.Want[name])
	}
	a.Comment = []byte(note)
	return txtar.Format(a)
}
