// Package report shows findings, plans and graphs: as text for people, as JSON for programs, as the formats that other
// tools read. It filters nothing and decides nothing: what it is given it shows, in the order that it comes in. It
// knows no flags and no exit codes.
//
// What programs read is made of the types here, never of those of other packages, so these can change while the
// documents stay as docs/report.md and docs/report.schema.json describe them. Text is rendered from the same
// documents: a recorded one shows as it did when it was made.
//
// All text from files is escaped for where it goes; see [Escape].
package report

import "github.com/modgov/modgov/internal/policy"

// Schema is the version of all documents. It changes when a reader of the old one would go wrong, not when keys come.
const Schema = "1"

// A Report is what check found. Lists that always stand in the document are never nil.
type Report struct {
	Schema   string `json:"schema"`   // "1"
	Document string `json:"document"` // "check"
	Tool     Tool   `json:"tool"`
	// Root names what was judged: a directory, or a revision.
	Root string `json:"root"`
	// Below is the root relative to git's top level, "" if it is that, or without git: files stand below both.
	Below string `json:"below,omitempty"`
	// Verdict is "pass", "fail" or "incomplete", for findings at or above Threshold ("error", "warn", "info").
	Verdict   string `json:"verdict"`
	Threshold string `json:"threshold"`
	// Complete is false if something that was asked could not be found out, whatever the verdict is.
	Complete bool `json:"complete"`
	// Policy and Workspace are the files that govern, "" if there is none.
	Policy    string `json:"policy,omitempty"`
	Workspace string `json:"workspace,omitempty"`
	// Selected are the directories of the modules that --module left, sorted; nil if it was not given. Findings of others
	// are not in the report.
	Selected []string `json:"selected,omitempty"`
	// Dependencies counts the module paths in the build lists of the governed modules, siblings left out.
	Dependencies int     `json:"dependencies"`
	Summary      Summary `json:"summary"`
	// Layers are the kinds of knowledge, in a fixed order; Modules are sorted by directory.
	Layers  []Layer  `json:"layers"`
	Modules []Module `json:"modules"`
	// Findings are sorted: the gravest first, then by rule, subject and dependency. Excepted ones are among them.
	Findings []Finding `json:"findings"`
	Gaps     []Gap     `json:"gaps"`
	// NotEvaluated are the parts of the policy file that had no effect, in file order.
	NotEvaluated []NotEvaluated `json:"not_evaluated"`
	// Base is what the findings are compared with; nil if they are not. Fixed are the findings of it that are gone.
	Base  *Base     `json:"base,omitempty"`
	Fixed []Finding `json:"fixed,omitempty"`
	// Versions are the dependencies whose effective version is not that of the base, the gravest change first.
	Versions []VersionChange `json:"versions,omitempty"`
	// Overrides are severities that somebody asked for beside the policy, for this report alone.
	Overrides []Override `json:"overrides,omitempty"`
	// Notes are what else is worth knowing about how the report came to be, a sentence each.
	Notes []string `json:"notes,omitempty"`
}

// A Tool is what made a document.
type Tool struct {
	Name    string `json:"name"` // "modgov"
	Version string `json:"version"`
}

// counts reports whether a finding can fail the check: it is not excepted, and not one that was there before where only
// what is new counts.
func (r *Report) counts(f *Finding) bool {
	before := r.Base != nil && r.Base.Scope == string(policy.GateNew) && f.State == string(policy.Standing)
	return f.Exception == nil && !(before && policy.Waivable(f.Rule))
}

// A Base is a state before a change.
type Base struct {
	Revision string `json:"revision"`         // as it was asked for
	Commit   string `json:"commit"`           // the one that is compared with: the merge base of both, or the revision if Merged
	Merged   bool   `json:"merged,omitempty"` // what is judged is the merge of the files at hand with that commit
	// Scope is "new" if only new and worse findings count, "all" if all do; Policy says whose policy judges: "head" or "base".
	Scope  string `json:"scope"`
	Policy string `json:"policy"`
}

// how says in a word what was done with the base.
func (b *Base) how() string {
	if b.Merged {
		return "merged"
	}
	return "compared"
}

// A Summary counts findings. Those that an exception waives are in Excepted only.
type Summary struct {
	Error    int `json:"error"`
	Warn     int `json:"warn"`
	Info     int `json:"info"`
	Excepted int `json:"excepted"`
	// Standing counts those that were there before the change and do not count, Fixed those that are gone.
	Standing int `json:"standing,omitempty"`
	Fixed    int `json:"fixed,omitempty"`
	// Fixable counts the errors and warnings that modgov fix clears.
	Fixable int `json:"fixable"`
	// Modules counts the governed modules that have a finding that is not excepted.
	Modules int `json:"modules"`
}

// An Override is a severity that somebody asked for beside the policy: "error", "warn", or "off" if the findings of the
// rule are left out.
type Override struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
}

// A Layer is a kind of knowledge and what became of it: "checked", "not asked" or "failed".
type Layer struct {
	Layer string `json:"layer"`
	State string `json:"state"`
}

// A Module is a go.mod file of the repository.
type Module struct {
	Dir         string `json:"dir"`            // relative to the root, "." for the root itself
	Path        string `json:"path,omitempty"` // "" if the file does not say
	Governed    bool   `json:"governed"`       // judged; the others are seen only
	InWorkspace bool   `json:"in_workspace"`   // go.work uses it
}

// A Finding is one thing that is wrong.
type Finding struct {
	// ID is the same for the same trouble in another revision, whatever lines and versions have moved.
	ID       string `json:"id"`
	Rule     string `json:"rule"`
	Severity string `json:"severity"` // "error", "warn" or "info"
	Subject  string `json:"subject"`  // a directory, a file or a module path: what the heading names
	Message  string `json:"message"`  // one line, without the subject
	// Modules are the directories of the modules that are hit, sorted.
	Modules []string `json:"modules"`
	Dep     string   `json:"dep,omitempty"`  // path of the module that it is about
	Kind    string   `json:"kind,omitempty"` // tells findings of one rule about the same thing apart
	// At are the places in the repository, the one to show first; Because are those in the policy file.
	At      []Span  `json:"at"`
	Because []Span  `json:"because,omitempty"`
	Groups  []Group `json:"groups,omitempty"` // who has which version, the wanted one first
	// Measures tell whether the same trouble is worse in another revision.
	Measures []Measure `json:"measures,omitempty"`
	Why      []Chain   `json:"why,omitempty"`
	Notes    []Remark  `json:"notes,omitempty"`
	Owners   []string  `json:"owners,omitempty"`
	// Fix is the command that clears it, "" if that is left to you. Fixable: modgov fix does.
	Fix       string      `json:"fix,omitempty"`
	Fixable   bool        `json:"fixable"`
	Policy    *PolicyItem `json:"policy,omitempty"`    // the policy item behind it
	Exception *Exception  `json:"exception,omitempty"` // waives it
	// State is "new", "worse" or "standing" where the findings are compared with a base.
	State string `json:"state,omitempty"`
	// WorseIn are the modules in which it is worse, or that it did not hit before; their places come first.
	WorseIn []string `json:"worse_in,omitempty"`
}

// A Position is a place in a file. Line and the byte columns Col and End count from 1, End is the column after the
// last byte; each is 0 if it is not known.
type Position struct {
	File string `json:"file"` // relative to the root, with slashes
	Line int    `json:"line,omitempty"`
	Col  int    `json:"col,omitempty"`
	End  int    `json:"end,omitempty"`
}

// A Span is a place and what is said of it.
type Span struct {
	Position
	Label string `json:"label,omitempty"`
}

// A Group is a version, or a directory, and the modules whose code comes from there.
type Group struct {
	Version string   `json:"version"`
	Modules []string `json:"modules"`
	Note    string   `json:"note,omitempty"`
}

// A Measure is what a module of a finding has; what is not known, or not what the rule is about, is "".
type Measure struct {
	Module   string `json:"module"` // directory
	Version  string `json:"version,omitempty"`
	Distance string `json:"distance,omitempty"` // from what is asked for: "pseudo-version", "patch", "minor", "major"
	Hash     string `json:"hash,omitempty"`
}

// A Chain is a requirement chain: each step requires the next one.
type Chain struct {
	Module string `json:"module"` // directory of the module that it starts in
	Steps  []Step `json:"steps"`
}

// A Step is a link of a chain.
type Step struct {
	Path    string `json:"path"`
	Version string `json:"version,omitempty"` // "" for a main module
	Dir     string `json:"dir,omitempty"`     // where a module of the repository stands
	Note    string `json:"note,omitempty"`    // "replaced by ../lib"
}

// A Remark is a named fact.
type Remark struct {
	Key  string `json:"key"`
	Text string `json:"text"`
}

// A PolicyItem is an entry of the policy file. File is "" for what holds where the policy says nothing.
type PolicyItem struct {
	ID string `json:"id"`
	Position
	Owner  string `json:"owner,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// An Exception waives findings, through the day Expires (YYYY-MM-DD, UTC); "" is for ever.
type Exception struct {
	ID string `json:"id"`
	Position
	Expires string `json:"expires,omitempty"`
	Owner   string `json:"owner,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Issue   string `json:"issue,omitempty"`
}

// A Gap is something that was asked and could not be found out.
type Gap struct {
	Layer   string `json:"layer,omitempty"`
	Module  string `json:"module,omitempty"` // directory, "" for the workspace
	Message string `json:"message"`
	// Chain leads to the module whose file could not be had, nil if that is not what is missing.
	Chain *Chain `json:"chain,omitempty"`
	Way   string `json:"way,omitempty"` // what may help
}

// NotEvaluated is a part of the policy file that had no effect: all of an item or section, or one key of it.
type NotEvaluated struct {
	ID  string `json:"id"`
	Key string `json:"key,omitempty"`
	Position
}
