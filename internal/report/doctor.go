package report

import "io"

// A Doctor is what modgov sees of a repository, of the go command and of its own settings. Lists are never nil.
type Doctor struct {
	Schema   string `json:"schema"`   // "1"
	Document string `json:"document"` // "doctor"
	Tool     Tool   `json:"tool"`
	// Verdict is "fail" if the go command says something else, "incomplete" if something that modgov reads, or that was to
	// be compared, could not be read, else "pass". Complete is false in the second case, whatever the verdict is.
	Verdict  string `json:"verdict"`
	Complete bool   `json:"complete"`
	// Root is the absolute directory of the repository; RootFrom says how it was found.
	Root     string `json:"root"`
	RootFrom string `json:"root_from"`
	// Git and Workspace are nil if there is none.
	Git       *DoctorGit       `json:"git,omitempty"`
	Workspace *DoctorWorkspace `json:"workspace,omitempty"`
	// IgnoredWorkspace is a go.work file at the root that git ignores and that does not govern.
	IgnoredWorkspace string `json:"ignored_workspace,omitempty"`
	// Modules are sorted by directory. LeftOut are the directories whose modules are not among them, sorted.
	Modules []DoctorModule  `json:"modules"`
	LeftOut []DoctorLeftOut `json:"left_out"`
	// Policy is the policy file, CodeOwners the file that says which teams own modules; "" if there is none.
	Policy     string `json:"policy,omitempty"`
	CodeOwners string `json:"codeowners,omitempty"`
	// NotEvaluated are the parts of the policy file that have no effect, in file order.
	NotEvaluated []NotEvaluated  `json:"not_evaluated"`
	Go           DoctorGo        `json:"go"`
	ModuleCache  DoctorCache     `json:"module_cache"`
	Settings     []DoctorSetting `json:"settings"` // of the go command, in a fixed order
	// Gaps are the files that could not be read at all.
	Gaps []Gap `json:"gaps"`
	// Notes are what else is worth knowing, a sentence each.
	Notes []string `json:"notes"`
	// Oracle compares the engine with the go command, nil if that was not asked.
	Oracle *Oracle `json:"oracle,omitempty"`
}

// A DoctorGit is the git repository that the root belongs to.
type DoctorGit struct {
	Dir string `json:"dir"` // absolute git directory of the work tree
	Top string `json:"top"` // absolute top level: the root, or above it
}

// A DoctorWorkspace is the go.work file that governs.
type DoctorWorkspace struct {
	File    string `json:"file"`    // relative to the root, or absolute
	Members int    `json:"members"` // modules that it uses
}

// A DoctorModule is a go.mod file of the repository.
type DoctorModule struct {
	Module
	// Reason says why it is outside, or governed all the same, or what is wrong with its file; "" if it is as usual.
	Reason string `json:"reason,omitempty"`
}

// A DoctorLeftOut is a directory in which no modules are looked for, though there may be some.
type DoctorLeftOut struct {
	Dir    string `json:"dir"`
	Reason string `json:"reason"`
}

// A DoctorGo is the go command.
type DoctorGo struct {
	Command string `json:"command,omitempty"` // absolute, "" if there is none
	From    string `json:"from,omitempty"`    // "PATH" or "GOROOT"
	Version string `json:"version,omitempty"` // "go1.26.1", "" if it is not known
	// DroppedFlags are the flags of GOFLAGS that modgov does not pass on to it.
	DroppedFlags []string `json:"dropped_flags,omitempty"`
}

// A DoctorCache is the module cache.
type DoctorCache struct {
	Dir    string `json:"dir,omitempty"`
	State  string `json:"state"`            // "writable", "read-only", "absent" or "unusable"
	Reason string `json:"reason,omitempty"` // why it is not writable
}

// A DoctorSetting is a setting of the go command.
type DoctorSetting struct {
	Name   string `json:"name"`
	Value  string `json:"value"` // without secrets; "" if it is not set
	Origin string `json:"origin"`
	Note   string `json:"note,omitempty"` // what modgov does with it, or what is wrong with it
}

// Judge sets the verdict from what was found.
func (d *Doctor) Judge() {
	d.Complete = len(d.Gaps) == 0 && (d.Oracle == nil || d.Oracle.Summary.NotComparable == 0)
	switch {
	case d.Oracle != nil && d.Oracle.Summary.Differ > 0:
		d.Verdict = "fail"
	case !d.Complete:
		d.Verdict = "incomplete"
	default:
		d.Verdict = "pass"
	}
}

// WriteDoctor writes what modgov sees as "text" or "json". If it was asked to compare itself with the go command, the
// text is that comparison, with -v after all else.
func WriteDoctor(w io.Writer, format string, d *Doctor, o Options) error {
	if err := checkFormat("doctor", format); err != nil {
		return err
	}
	if format == "json" {
		return writeJSON(w, d)
	}
	return writeDoctorText(w, d, o)
}
