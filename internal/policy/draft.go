package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/modgov/modgov/internal/workspace"
)

// schemaAddress is where editors find the JSON Schema of the policy file.
const schemaAddress = "https://raw.githubusercontent.com/modgov/modgov/main/docs/policy.schema.json"

// DraftOptions say how a first policy is drafted.
type DraftOptions struct {
	Today      Date
	Expires    Date // of the exceptions
	Codeowners bool // a CODEOWNERS file says who owns the modules
}

// DraftBase writes the text of a first policy, without exceptions: what the repository already keeps to, with comments
// that say how that was seen. What is not evident is left out.
func DraftBase(facts *Facts, o DraftOptions) []byte {
	d := &drafter{modules: facts.Workspace.Governed()}
	d.text("# The policy of this repository, drafted by modgov init on %s. Change it as you like:", o.Today)
	d.text("# modgov check says what it means, and the documentation of modgov explains every key.")
	d.text("# Editors complete and check it by the schema; modgov policy schema prints it for those without network.")
	d.text("# yaml-language-server: $schema=%s", schemaAddress)
	d.text("version: 1")
	d.tags()
	d.owners(o.Codeowners)
	d.text("\n# Modules that require the same dependency agree on its version: the highest in use is the canonical one.")
	d.text("versions:")
	d.text(`  - {id: one-version, dep: "**", agree: same, prefer: highest, severity: warn}`)
	d.goLines()
	d.replaces()
	if slices.ContainsFunc(d.modules, func(m *workspace.Module) bool { return m.Sum.Exists }) {
		d.text("\n# go.sum files have every line that go needs.")
		d.text("sums: {missing: error}")
	}
	days := int(o.Expires.Time().Sub(o.Today.Time()).Hours()) / 24
	d.text("\n# What an exception has to say, and how long it may live.")
	d.text("exception_policy: {require: [reason, created, expires], max_age: %dd}", max(days, 180))
	return []byte(d.out.String())
}

type drafter struct {
	modules []*workspace.Module
	out     strings.Builder
}

func (d *drafter) text(format string, args ...any) { fmt.Fprintf(&d.out, format+"\n", args...) }

// tops are the directories at the top that have governed modules below them, with their number; complete tells that
// every module, but one at the root, stands below such a directory.
func (d *drafter) tops() (names []string, count map[string]int, complete bool) {
	count, complete = map[string]int{}, true
	for _, m := range d.modules {
		top, _, below := strings.Cut(m.Dir, "/")
		switch {
		case below && top != "..":
			count[top]++
		case m.Dir != ".":
			complete = false
		}
	}
	for name := range count {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, count, complete
}

// tagOf returns the tag that the name of a directory gives away, "" if it does not.
func tagOf(dir string) string {
	switch strings.ToLower(dir) {
	case "lib", "libs", "libraries":
		return "library"
	case "service", "services":
		return "service"
	case "app", "apps":
		return "app"
	case "tool", "tools":
		return "tool"
	case "example", "examples":
		return "example"
	}
	return ""
}

// isKind reports whether a directory is usually named like this for what it holds, not for whose it is.
func isKind(dir string) bool {
	kinds := []string{
		"api", "build", "client", "cmd", "contrib", "docs", "examples", "exporters", "hack", "instrumentation",
		"integrations", "internal", "modules", "packages", "pkg", "plugins", "scripts", "sdk", "server", "test", "tests", "third_party",
	}
	return tagOf(dir) != "" || slices.Contains(kinds, strings.ToLower(dir))
}

// tags names what directories with usual names hold, where two modules or more are in them.
func (d *drafter) tags() {
	names, count, _ := d.tops()
	var tags grouping[string, string]
	for _, name := range names {
		if tag := tagOf(name); tag != "" && count[name] > 1 {
			tags.add(tag, scalar(name+"/**"))
		}
	}
	if len(tags.keys) == 0 {
		return
	}
	d.text("\n# What the directories are called. Selectors take tags as tag:NAME.")
	d.text("modules:\n  tags:")
	for tag, globs := range tags.all() {
		d.text("    %s: [%s]", tag, strings.Join(globs, ", "))
	}
}

// owners takes teams from CODEOWNERS, or from the directories at the top if these divide the repository and none of
// them is named for what it holds.
func (d *drafter) owners(codeowners bool) {
	names, count, complete := d.tops()
	switch {
	case codeowners:
		d.text("\n# CODEOWNERS says who has which module. Names and contacts of teams can be added here.")
		d.text("owners: {codeowners: true}")
	case complete && len(names) > 1 && !slices.ContainsFunc(names, func(name string) bool {
		return count[name] < 2 || isKind(name) || !validID(name)
	}):
		d.text("\n# Each directory at the top seems to be a team's. Correct this if it is not so.")
		d.text("owners:\n  teams:")
		for _, name := range names {
			d.text("    %s: {modules: [%s]}", scalar(name), scalar(name+"/**"))
		}
	}
}

// goLines asks for what the go lines already agree about.
func (d *drafter) goLines() {
	versions := map[string]bool{}
	minors := map[string]bool{}
	for _, m := range d.modules {
		if m.Go.Text == "" {
			return
		}
		versions[m.Go.Text], minors[semver.MajorMinor("v"+m.Go.Text)] = true, true
	}
	switch {
	case len(d.modules) < 2:
	case len(versions) == 1:
		d.text("\n# All modules have the same go line.\ngo: {line: same}")
	case len(minors) == 1 && !minors[""]:
		d.text("\n# The go lines differ in the patch version at most.\ngo: {line: same-minor}")
	}
}

// replaces keeps replace lines by directory inside the repository, if that is where they all lead.
func (d *drafter) replaces() {
	found := false
	for _, m := range d.modules {
		for i := range m.Replaces {
			r := &m.Replaces[i]
			if r.Dir == "" {
				continue
			}
			leads := func(m *workspace.Module) bool { return m.Dir == r.Dir }
			if found = true; !slices.ContainsFunc(d.modules, leads) {
				return
			}
		}
	}
	if found {
		d.text("\n# Replace lines by directory lead to modules of this repository.\nreplaces: {local: workspace-only}")
	}
}

// DraftExceptions adds an exception for each finding of a judgement that is a warning or an error and may be waived:
// grouped by owner, with what was found as a comment. J was judged by the policy that base is the text of. What no
// exception can waive stays as it is, for the caller to see when the text is judged again.
func DraftExceptions(file string, base []byte, j *Judgement, o DraftOptions) (text []byte, number int, err error) {
	var list []drafted
	seen := map[string]bool{}
	for _, f := range j.Findings {
		if f.Exception != nil || f.Severity < Warn || !Waivable(f.Rule) {
			continue
		}
		d := draftException(f, o)
		if key := fmt.Sprint(d.Rule, d.Dep, d.Modules); !seen[key] {
			seen[key] = true
			list = append(list, d)
		}
	}
	slices.SortStableFunc(list, func(a, b drafted) int { return cmp.Compare(a.group, b.group) })
	for {
		text := writeExceptions(base, list, o)
		p, err := Parse(file, text)
		if err != nil {
			return nil, 0, err
		}
		p.codeowners = j.Policy.codeowners
		unused := map[string]bool{}
		for _, use := range Judge(p, j.Facts).Exceptions {
			if use.State == ExceptionUnused {
				unused[use.Exception.ID] = true
			}
		}
		if len(unused) == 0 {
			return text, len(list), nil
		}
		list = slices.DeleteFunc(list, func(d drafted) bool { return unused[d.ID] })
	}
}

// A drafted exception is one with its heading and its comment.
type drafted struct {
	NewException
	group, comment string
}

// draftException makes an exception for a finding and nothing else.
func draftException(f *Finding, o DraftOptions) drafted {
	d := drafted{
		NewException: NewException{
			Rule: f.Rule, Modules: slices.Clone(f.Modules), Reason: fmt.Sprintf("found by modgov init on %s", o.Today),
			Created: o.Today, Expires: o.Expires,
		},
		comment: f.Subject + ": " + f.Message,
	}
	for i, dir := range d.Modules {
		d.Modules[i] = literal(dir)
	}
	if f.Dep != "" {
		d.Dep = []string{literal(f.Dep)}
	}
	for _, l := range f.lines { // and not for those that others will write
		d.Dep = append(d.Dep, literal(l.Old.Path))
	}
	switch len(f.Owners) {
	case 0:
		d.group = "nobody is named as owner"
	case 1:
		d.Owner, d.group = f.Owners[0], "owner "+f.Owners[0]
	default:
		d.group = "owners " + strings.Join(f.Owners, ", ")
	}
	return d
}

// literal takes the meaning from the characters of a path that selectors would give one.
func literal(path string) string {
	var b strings.Builder
	for _, r := range path {
		if strings.ContainsRune(`*?[]{}\,!`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// writeExceptions puts the section behind a text, and numbers the exceptions.
func writeExceptions(base []byte, list []drafted, o DraftOptions) []byte {
	if len(list) == 0 {
		return base
	}
	var b strings.Builder
	b.Write(base)
	fmt.Fprintf(&b, "\n# What was wrong on %s already. ", o.Today)
	b.WriteString("An exception ends on its last day; then the finding counts again.\n")
	b.WriteString("# modgov suggest names those that are cheapest to clear, ")
	b.WriteString("modgov exceptions prune removes what is not needed.\n")
	b.WriteString("exceptions:\n")
	group := ""
	for i := range list {
		d := &list[i]
		d.ID = fmt.Sprintf("EX-%d", i+1)
		if d.group != group {
			group = d.group
			fmt.Fprintf(&b, "\n  # %s\n", commentText(group))
		}
		fmt.Fprintf(&b, "\n  # %s\n", commentText(d.comment))
		for _, line := range d.block("  ", false) {
			b.WriteString(line + "\n")
		}
	}
	return []byte(b.String())
}

// commentText keeps a text that comes from files inside its comment.
func commentText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == '\ufeff' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}
