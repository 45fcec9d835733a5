package oracle

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/module"
)

// A kind is a reason why the go command refuses to load.
type kind string

// The kinds of refusal that are told apart. Each is the reason in a few words.
const (
	needsUpdate  kind = "updates to go.mod needed"
	conflict     kind = "conflicting replacements"
	unloadable   kind = "a go.mod file that cannot be read" // of the graph: it cannot be had or does not fit
	badFile      kind = "a file that cannot be read"        // of the repository
	badWorkspace kind = "go.work and its modules do not fit together"
	tooNew       kind = "a go line above the version of the go command"
	missingSum   kind = "missing go.sum entry"
	wrongSum     kind = "checksum mismatch"
	badSum       kind = "malformed go.sum"
	unknown      kind = "a godebug setting that the go command does not know"
	wouldWrite   kind = "sums that go would write to go.work.sum"
	other        kind = "another reason"
)

// A refusal is what the go command wrote to standard error instead of an answer.
type refusal struct {
	kinds    []kind // all reasons in the text, for go joins the errors of several files; never none
	culprits []culprit
	text     string
}

// A culprit is a module version that a refusal names as the reason: its go.mod file, or the sum of that.
type culprit struct {
	mod  module.Version // as it stands in the graph
	file module.Version // whose file it is: another one where a replace line leads to a module version
	text string         // what is wrong with it, as far as its line says
}

func (r *refusal) is(k kind) bool { return r != nil && slices.Contains(r.kinds, k) }

// A wording is what the go command says for a reason.
type wording struct {
	kind kind
	re   *regexp.Regexp
}

var (
	saysNeedsUpdate = regexp.MustCompile(`updates to go\.mod needed`)
	saysConflict    = regexp.MustCompile(`conflicting replacements (found )?for`)
	saysTooNew      = regexp.MustCompile(`requires go >= \S+ \(running go|(?m)^(go: )?download go\d\S*( for \S+)?: ` +
		`|cannot find "go\d[^"]*" in PATH`)
	saysBadWorkspace = regexp.MustCompile(`listed in go\.work file requires go >=|appears multiple times in workspace` +
		`|no modules were found in the current workspace|is replaced at all versions in the go\.work file` +
		`|cannot load module \S+ listed in go\.work file: (open|error reading)`)
	saysBadFile = regexp.MustCompile(`errors parsing|error loading go\.mod|error reading \S*go\.mod` +
		`|malformed (module|import|tool) path`)
	saysMissingSum = regexp.MustCompile(`missing go\.sum entry`)
	saysWrongSum   = regexp.MustCompile(`checksum mismatch`)
	saysBadSum     = regexp.MustCompile(`malformed go\.sum`)
	saysUnknown    = regexp.MustCompile(`unknown godebug "`)
	saysWouldWrite = regexp.MustCompile(`updates to go\.sum needed, but go\.sum is part of the overlay`)
	// saysOff is all that go says if it lacks what only "go list" reads, a .info file (go-semantics 2.6).
	saysOff = regexp.MustCompile(`(?m)^go: module lookup disabled by `)
)

func wordings() []wording {
	return []wording{
		{needsUpdate, saysNeedsUpdate}, {conflict, saysConflict}, {tooNew, saysTooNew}, {badWorkspace, saysBadWorkspace},
		{badFile, saysBadFile}, {missingSum, saysMissingSum}, {wrongSum, saysWrongSum}, {badSum, saysBadSum},
		{unknown, saysUnknown}, {wouldWrite, saysWouldWrite},
	}
}

// culprits finds the end of a chain "go: A@v1 requires\n\tB@v1 (replaced by C@v2): reading ...", or the module version
// of "verifying A@v1/go.mod: checksum mismatch".
var culprits = regexp.MustCompile(
	`(?m)^(?:go: |\t|verifying )([^\s@]+)@([^\s/:]+)(?:/go\.mod)?(?: \(replaced by ([^)]*)\))?: (.*(?:\n\t[^@\n]*$)?)`)

// chatter are lines that say what go does, not what is wrong.
var chatter = regexp.MustCompile(`(?m)^go: (downloading|finding|extracting) .*\n?`)

// readRefusal reads what the go command wrote to standard error.
func readRefusal(stderr string) *refusal {
	r := &refusal{text: strings.TrimSpace(chatter.ReplaceAllString(stderr, ""))}
	if r.text == "" {
		r.text = strings.TrimSpace(stderr)
	}
	for _, w := range wordings() {
		if w.re.MatchString(r.text) {
			r.kinds = append(r.kinds, w.kind)
		}
	}
	for _, m := range culprits.FindAllStringSubmatch(r.text, -1) {
		c := culprit{mod: module.Version{Path: m[1], Version: m[2]}, text: m[4]}
		c.file = c.mod
		if path, version, ok := strings.Cut(m[3], "@"); ok {
			c.file = module.Version{Path: path, Version: version}
		}
		r.culprits = append(r.culprits, c)
	}
	named := len(r.culprits) > 0 && !r.is(tooNew) && !r.is(missingSum) && !r.is(wrongSum)
	if named || saysOff.MatchString(r.text) {
		r.kinds = append(r.kinds, unloadable)
	}
	if len(r.kinds) == 0 {
		r.kinds = []kind{other}
	}
	return r
}

// content are words that say that a go.mod file was read and is not what it should be; without them, a file that cannot
// serve is one that could not be had.
var content = regexp.MustCompile(`parsing |checksum mismatch|missing go\.sum entry|malformed|declares its path as` +
	`|go\.mod:\d+`)

// notHad reports whether go says no more than that it could not get hold of what belongs to module versions that known
// names.
func (r *refusal) notHad(known func(module.Version) bool) bool {
	if len(r.kinds) != 1 || !r.is(unloadable) {
		return false
	}
	return !slices.ContainsFunc(r.culprits, func(c culprit) bool { return content.MatchString(c.text) || !known(c.mod) })
}

// short is the reason on one line: the last of a chain of requirements, without the advice that follows.
func (r *refusal) short() string {
	lines := strings.Split(r.text, "\n")
	i := slices.IndexFunc(lines, func(l string) bool { return !strings.HasSuffix(l, " requires") && !isNoise(l) })
	if i < 0 {
		return lines[0]
	}
	line := strings.TrimPrefix(strings.TrimSpace(lines[i]), "go: ")
	if strings.HasSuffix(line, ":") && i+1 < len(lines) {
		line += " " + strings.TrimSpace(lines[i+1])
	}
	return line
}

func isNoise(line string) bool {
	return strings.TrimSpace(line) == "" || strings.HasPrefix(line, "warning: ")
}
