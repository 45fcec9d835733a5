package report

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/modgov/modgov/internal/integrity"
	"github.com/modgov/modgov/internal/plan"
	"github.com/modgov/modgov/internal/policy"
)

// A Plan is what fix, or get, does or would do. Lists are never nil.
type Plan struct {
	Schema   string `json:"schema"`   // "1"
	Document string `json:"document"` // "fix", or "get"
	// Command made it: "fix", "get", "whatif", "carry", "tidy", "vendor snapshot", "work fix" or "work sync".
	Command string `json:"command"`
	Tool    Tool   `json:"tool"`
	Root    string `json:"root"`
	// Verdict is what check says once the plan is written: "pass", "fail" or "incomplete", for findings of severity error.
	Verdict  string `json:"verdict"`
	Complete bool   `json:"complete"`
	// Proved tells that the plan may be written; Reason says why not. Written tells that it was.
	Proved  bool   `json:"proved"`
	Reason  string `json:"reason,omitempty"`
	Written bool   `json:"written"`
	// Patch is the file that the diff was written to instead of the tree.
	Patch string `json:"patch,omitempty"`
	// Files are the changed files, sorted; Edits say what changes in them.
	Files []PlanFile `json:"files"`
	Edits []PlanEdit `json:"edits"`
	// Clears are the findings that go, New those that come, Left those that were asked for and stay.
	Clears []Finding  `json:"clears"`
	New    []Finding  `json:"new"`
	Left   []PlanLeft `json:"left"`
	// Asked are the versions that get was asked for; absent for fix.
	Asked   []PlanAsked  `json:"asked,omitempty"`
	Moves   []PlanMove   `json:"moves"`
	Vendors []PlanVendor `json:"vendors"`
	Notes   []string     `json:"notes"`
}

// A PlanFile is a changed file.
type PlanFile struct {
	File string `json:"file"` // relative to the root
	// Diff is unified, as git apply takes it. It is empty for the manifest of a vendor directory that changes: no diff shows
	// that directory, and without it the manifest would be untrue.
	Diff string `json:"diff"`
}

// A PlanEdit is a change of meaning.
type PlanEdit struct {
	File string   `json:"file"`
	Text string   `json:"text"` // "require golang.org/x/text v0.21.0 -> v0.28.0"
	For  []string `json:"for"`  // rules, with the policy item: "version-pin (uuid)"
}

// A PlanLeft is a finding that stays.
type PlanLeft struct {
	Finding Finding `json:"finding"`
	Reason  string  `json:"reason"`
}

// A PlanMove is an effective version that changes though no edit names it, or, with get, that was not asked for.
type PlanMove struct {
	Module string `json:"module"`
	Dep    string `json:"dep"`
	From   string `json:"from,omitempty"` // absent if the dependency is new there
	To     string `json:"to,omitempty"`   // absent if it is gone
	By     string `json:"by,omitempty"`   // who requires it: "golang.org/x/text v0.28.0", or the directory "libs/auth"
	Down   bool   `json:"down,omitempty"` // to a lower version
	Edited bool   `json:"edited,omitempty"`
}

// A PlanAsked is what becomes of a version that get was asked for, in one module.
type PlanAsked struct {
	PlanMove
	Want   string `json:"want"`             // a version, or a directory
	Reason string `json:"reason,omitempty"` // why the module does not get it; absent if it does, or has it
}

// A PlanVendor is a vendor directory that is made anew, or goes.
type PlanVendor struct {
	Dir     string `json:"dir"`
	Modules int    `json:"modules"`
	Files   int    `json:"files"`
	Gone    bool   `json:"gone,omitempty"`
}

// NewPlan makes the document of a plan. Unproved is why it may not be written, nil if it may.
func NewPlan(p *plan.Plan, unproved error, o Origin) (*Plan, error) {
	out := &Plan{
		Schema: Schema, Document: "fix", Tool: Tool{"modgov", o.Version}, Root: o.Root, Proved: unproved == nil, Command: o.Command,
		Verdict: string(policy.Incomplete),
		Files:   []PlanFile{}, Edits: []PlanEdit{}, Clears: findings(p.Clears), New: findings(p.New), Left: []PlanLeft{},
		Moves: []PlanMove{}, Vendors: []PlanVendor{}, Notes: append([]string{}, p.Notes...),
	}
	if unproved != nil {
		out.Reason = unproved.Error()
	}
	if p.After != nil {
		out.Verdict, out.Complete = string(p.After.Verdict(policy.Error)), len(p.After.Gaps) == 0
	}
	for _, f := range p.Files {
		diff := ""
		if !ofVendors(p.Vendors, f.Name) {
			var err error
			if diff, err = Diff(path.Join(o.Below, f.Name), f.Before, f.After); err != nil {
				return nil, err
			}
		}
		out.Files = append(out.Files, PlanFile{f.Name, diff})
	}
	for _, e := range p.Edits {
		out.Edits = append(out.Edits, PlanEdit{e.File, e.Text, append([]string{}, e.For...)})
	}
	for _, l := range p.Left {
		out.Left = append(out.Left, PlanLeft{newFinding(l.Finding), l.Reason})
	}
	for _, a := range p.Asked {
		out.Document = "get"
		out.Asked = append(out.Asked, PlanAsked{PlanMove(a.Move), a.Want, a.Reason})
	}
	for _, m := range p.Moves {
		out.Moves = append(out.Moves, PlanMove(m))
	}
	for _, v := range p.Vendors {
		out.Vendors = append(out.Vendors, PlanVendor{v.Dir, v.Modules, v.Files, v.Gone})
	}
	return out, nil
}

// ofVendors reports whether a file is the manifest of a vendor directory that the plan makes anew.
func ofVendors(vendors []plan.Vendor, name string) bool {
	return slices.ContainsFunc(vendors, func(v plan.Vendor) bool { return name == path.Join(v.Dir, integrity.ManifestName) })
}

func findings(list []*policy.Finding) []Finding {
	out := []Finding{}
	for _, f := range list {
		out = append(out, newFinding(f))
	}
	return out
}

// WritePlan writes a plan as "text", with the diff behind it if there is to be one, or as "json".
func WritePlan(w io.Writer, format string, p *Plan, withDiff bool, o Options) error {
	if err := checkFormat("fix", format); err != nil {
		return err
	}
	if format == "json" {
		return writeJSON(w, p)
	}
	pg := newPage(o)
	if !o.Quiet {
		pg.plan(p, o.Verbose)
	}
	if len(p.Vendors) > 0 && (withDiff || p.Patch != "") {
		pg.text("note: the diff has no vendor directories and not their manifests: modgov vendor snapshot makes them once it is applied")
	}
	pg.planEnd(p)
	if err := pg.writeTo(w); err != nil || !withDiff || o.Quiet {
		return err
	}
	out := Printable(w)
	for _, f := range p.Files {
		if f.Diff == "" {
			continue
		}
		if _, err := io.WriteString(out, "\n"+f.Diff); err != nil {
			return err
		}
	}
	return out.Close()
}

// maxMoves bounds the lists of a plan unless all is asked for.
const maxMoves = 12

func (pg *page) plan(p *Plan, all bool) {
	if len(p.Files)+len(p.Vendors) > 0 {
		head := "plan: " + p.changes()
		if p.Proved {
			head += fmt.Sprintf(", %s cleared", policy.Count(len(p.Clears), "finding"))
		}
		pg.text("%s", head)
		pg.edits(p.Edits)
	}
	for _, v := range p.Vendors {
		if v.Gone {
			pg.text("vendor: %s has nothing left to vendor, its directory goes", v.Dir)
		} else {
			pg.text("vendor: %s, %s, %s", v.Dir, policy.Count(v.Modules, "module"), policy.Count(v.Files, "file"))
		}
	}
	lines := []string{}
	for _, m := range p.Moves {
		if !m.Edited {
			lines = append(lines, m.text())
		}
	}
	pg.listed("also moves", lines, all)
	pg.listed("new findings", newLines(p.New), all)
	lines = nil
	for _, a := range p.unmet() {
		lines = append(lines, fmt.Sprintf("%s %s in %s: %s", a.Dep, a.Want, a.Module, a.Reason))
	}
	for _, l := range p.Left {
		lines = append(lines, l.text())
	}
	pg.listed("left to you", lines, all)
	for _, n := range p.Notes {
		pg.text("note: %s", n)
	}
}

// newLines shows findings that come, a line each.
func newLines(findings []Finding) []string {
	var lines []string
	for _, f := range findings {
		lines = append(lines, fmt.Sprintf("%s: %s: %s", f.Rule, f.Subject, f.Message))
	}
	return lines
}

// unmet returns what was asked for and is not given by a plan that may be written.
func (p *Plan) unmet() (out []PlanAsked) {
	for _, a := range p.Asked {
		if a.Reason != "" && p.Proved {
			out = append(out, a)
		}
	}
	return out
}

// changes counts the edits of go.mod and go.work files, and the go.sum files that follow them. Snapshots have lines of
// their own.
func (p *Plan) changes() string {
	edits, sums, files := 0, 0, map[string]bool{}
	for _, e := range p.Edits {
		switch path.Base(e.File) {
		case "go.mod", "go.work":
			edits++
			files[e.File] = true
		case "go.sum":
			sums++
		}
	}
	var parts []string
	if edits > 0 {
		parts = append(parts, fmt.Sprintf("%s in %s", policy.Count(edits, "edit"), policy.Count(len(files), "file")))
	}
	if sums > 0 {
		parts = append(parts, policy.Count(sums, "go.sum file"))
	}
	if len(parts) == 0 {
		return p.sizes()
	}
	return strings.Join(parts, " and ")
}

// text shows a finding that stays, and why if there is more to say than that it is left to you.
func (l *PlanLeft) text() string {
	f := &l.Finding
	s := fmt.Sprintf("%s[%s] %s: %s", severityWord(f.Severity), f.Rule, f.Subject, f.Message)
	if l.Reason != plan.NoEdit {
		s += " (" + l.Reason + ")"
	}
	return s
}

// edits writes what changes, file by file.
func (pg *page) edits(edits []PlanEdit) {
	rows := [][]string{}
	for i, e := range edits {
		if i > 0 && edits[i-1].File != e.File {
			pg.table("    ", rows)
			rows = nil
		}
		if i == 0 || edits[i-1].File != e.File {
			pg.text("  %s", e.File)
		}
		row := []string{e.Text}
		if len(e.For) > 0 {
			row = append(row, strings.Join(e.For, ", "))
		}
		rows = append(rows, row)
	}
	pg.table("    ", rows)
}

func (m PlanMove) text() string {
	s := fmt.Sprintf("%s %s -> %s in %s", m.Dep, cmp.Or(m.From, "none"), cmp.Or(m.To, "none"), m.Module)
	if m.By != "" {
		s += " (required by " + m.By + ")"
	}
	return s
}

// listed writes lines beneath a heading; a single one stands beside it, and of many the rest is counted.
func (pg *page) listed(heading string, lines []string, all bool) {
	if len(lines) == 0 {
		return
	}
	if len(lines) == 1 {
		pg.text("%s: %s", heading, lines[0])
		return
	}
	pg.text("%s:", heading)
	cut := len(lines)
	if !all && cut > maxMoves {
		cut = maxMoves
	}
	for _, line := range lines[:cut] {
		pg.text("  %s", line)
	}
	if cut < len(lines) {
		pg.text("  and %d more (-v shows all)", len(lines)-cut)
	}
}

// planEnd is the last line before the diff: what became of the plan.
func (pg *page) planEnd(p *Plan) {
	left := ""
	if n := len(p.unmet()); n > 0 {
		left = fmt.Sprintf(", %s left as %s", policy.Count(n, "module"), map[bool]string{true: "it is", false: "they are"}[n == 1])
	}
	if n := len(p.Left); n > 0 {
		left += fmt.Sprintf(", %s left to you", policy.Count(n, "finding"))
	}
	switch {
	case !p.Proved:
		pg.line(piece{"not written: ", errorStyle}, piece{text: p.Reason})
	case len(p.Files)+len(p.Vendors) == 0 && left == "":
		pg.line(piece{p.idle(), passStyle})
	case len(p.Files)+len(p.Vendors) == 0:
		pg.text("nothing to write%s", left)
	case p.Written:
		pg.line(piece{"written: ", passStyle}, piece{text: p.sizes() + left})
	case p.Patch != "":
		pg.text("written to %s, and not to the tree: %s%s", p.Patch, policy.Count(p.diffs(), "diff"), left)
	default:
		pg.text("dry run, nothing written: %s%s", p.sizes(), left)
	}
}

// idle says that there is nothing to do.
func (p *Plan) idle() string {
	if !p.Complete {
		return "nothing to write for what could be judged"
	}
	switch p.Command {
	case "get", "whatif":
		return "nothing to get: every module has it"
	case "carry":
		return "nothing to carry"
	case "tidy":
		return "nothing to tidy"
	case "vendor snapshot":
		return "nothing to make: the snapshots are up to date"
	case "work sync":
		return "nothing to raise: each member has alone what the workspace has"
	}
	return "nothing to fix"
}

// diffs counts the files that a diff shows.
func (p *Plan) diffs() int {
	n := 0
	for _, f := range p.Files {
		if f.Diff != "" {
			n++
		}
	}
	return n
}

// sizes says how much a plan writes.
func (p *Plan) sizes() string {
	var parts []string
	vendors := len(p.Vendors)
	if len(p.Files) > 0 || vendors == 0 {
		parts = append(parts, policy.Count(len(p.Files), "file"))
	}
	if vendors > 0 {
		parts = append(parts, policy.Count(vendors, "vendor directory"))
	}
	return strings.Join(parts, " and ")
}
