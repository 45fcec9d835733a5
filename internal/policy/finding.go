package policy

import (
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/modgov/modgov/internal/graph"
	"github.com/modgov/modgov/internal/workspace"
)

// A Finding is one thing that is wrong, with all that a person needs to understand it and a plan needs to settle it.
// It is data: a failure to find out is an error or a Gap, never a Finding.
type Finding struct {
	Rule     string
	Severity Severity
	// Item is the policy item behind it, nil if the rule needs none.
	Item *Item
	// Dep is the path of the module that it is about, "" if it is about none.
	Dep string
	// Kind tells findings of one rule about the same thing apart: "raised", "directory"; mostly "".
	Kind string
	// Modules are the directories of the modules that have to change or are hit, sorted; never empty unless the finding
	// is about go.work or the policy file. Subject is what the heading names: a directory or a file.
	Modules []string
	Subject string
	// Message is one line, without the subject and without a period.
	Message string
	// Asked says what a module should have, for a finding about one dependency in several modules: "pinned to v1.6.0".
	// Each puts it behind what one of them has. "": the message has to do.
	Asked string
	// At are the places in the files, the first is the one to show; Because are the places in the policy file.
	At, Because []Span
	// Groups show who has which version, the wanted one first.
	Groups []Group
	// Measures tell whether the same trouble has become worse in another revision. They are no part of the identity.
	Measures []Measure
	// Why are requirement chains, at most a few, each from the module that they speak of.
	Why []Chain
	// Notes are further facts, in order: {"go says", "…"}.
	Notes []Remark
	// Fix is the command that clears it, "" if that is left to you; see Command for what to show.
	Fix string
	// Settle is what would clear it, for a plan; empty if that is left to you.
	Settle []Settlement
	// Owners are the owners of the modules or of the policy item.
	Owners []string
	// Exception waives it: it is shown apart and never fails.
	Exception *Exception
	// State is what a change has to do with it, "" where it is not compared with a state before.
	State State
	// WorseIn are the modules in which it is worse than before or that it did not hit, in the order of Modules.
	WorseIn []string

	// What gather goes by: what the finding says of its module, as it can be said of several, whose names come between;
	// and the replace line that it is about, nil for none.
	before, after string
	line          *replaceLine
	// What gather made: parts are the findings that this one was made of, whole is the one that this part went into.
	parts []*Finding
	whole *Finding
	// lines are those of a finding about several lines of one module: an exception may name each of them.
	lines []replaceLine
}

// A State is what a change has to do with a finding.
type State string

// The states.
const (
	New      State = "new"
	Worse    State = "worse"
	Standing State = "standing" // it was there before, and is no worse
)

// A Span is a place with the words that stand beneath it.
type Span struct {
	Pos   workspace.Position
	Label string
}

// A Group is a version and the modules that have it.
type Group struct {
	Version string // as shown: "v1.2.3", "./dir"
	Modules []string
	Note    string
	// Dep is the path of the dependency where the groups of a finding are several dependencies, else "".
	Dep string
}

// A Measure is what one of the modules of a finding has, as far as it is known and the rule is about it.
type Measure struct {
	Module string // directory
	// Version is the effective version, or a fork with its version, or a directory, as in groups; a go or toolchain line
	// where the finding is about that.
	Version string
	// Distance is how far the version is from the one that is asked for, Equal where nothing tells.
	Distance graph.Distance
	// Hash is the one that a sums file of the module has.
	Hash string
	// At is the place in the module that says so.
	At Span
}

// A Chain is a requirement chain. Steps after the first name a version; a step through a replace line says so in Note.
type Chain struct {
	Module string // directory of the module that the chain starts in
	Steps  []Step
}

// A Step is a link of a chain.
type Step struct {
	Mod  module.Version
	Dir  string // the directory where a sibling stands, "" for outside modules
	Note string // "replaced by ../../platform/telemetry"
}

// ChainOf turns a chain of a view into one that can be shown. What a replace line leads to is named at its step.
func ChainOf(v *graph.View, mods []module.Version) Chain {
	out := Chain{Module: v.Dir()}
	for i, mod := range mods {
		step := Step{Mod: mod}
		if m := v.ModuleOf(mod); m != nil {
			step.Dir = m.Dir
		}
		if i == 0 {
			out.Module = step.Dir
		} else if r := v.Replacement(mod); r != nil {
			step.Note = "replaced by " + graph.ModText(r.New)
		}
		out.Steps = append(out.Steps, step)
	}
	return out
}

// A Remark is a named fact.
type Remark struct{ Key, Text string }

// A Means is a way to settle a finding.
type Means string

// The means, in the order in which they are preferred.
const (
	Require Means = "require" // the module's requirement is raised to Mod.Version
	Update  Means = "update"  // the module's roots take their selected versions; Mod is one that moves
	Replace Means = "replace" // a replace line with New as its target is written
	Sums    Means = "sums"    // lines are added to the module's go.sum
	// Unreplace drops the replace line for exactly Mod, one that modgov wrote and that has no effect any more.
	Unreplace Means = "unreplace"
	// RaiseWork raises the go line of go.work to that of the module, a member; Mod is go at that version.
	RaiseWork Means = "raise-work"
	AddUse    Means = "add-use"  // a use line for the module is added to go.work, as New.Path says
	DropUse   Means = "drop-use" // the use line New.Path, which leads to no module, is dropped from go.work
)

// A Settlement is one change to one module that helps to clear a finding.
type Settlement struct {
	Means  Means
	Module string         // directory
	Mod    module.Version // the dependency and the version that it shall have
	New    module.Version // target of a replace line
	// IfAsked is set where only somebody who asks for these means gets them: a replace line that the policy does not ask
	// for, and nothing else that would do; the use lines of go.work.
	IfAsked bool
	Item    *Item // the policy item that asks for it, nil if a rule does without one
}

// ID returns the identity of a finding: rule, policy item, dependency, subject (a module, unless it is about several) and
// kind. The same trouble has the same ID in another revision, whatever lines and versions have moved; Measures tell
// whether it is worse. A version is part of it only where it is what the finding is about: the one that has two hashes.
func (f *Finding) ID() string {
	item := ""
	if f.Item != nil {
		item = f.Item.ID
	}
	return strings.Join([]string{f.Rule, item, f.Dep, f.Subject, f.Kind}, "|")
}

// compareFindings sorts by severity, the worst first, then rule, subject, dependency and kind.
func compareFindings(a, b *Finding) int {
	if a.Severity != b.Severity {
		return int(b.Severity) - int(a.Severity)
	}
	for _, c := range [...]int{
		strings.Compare(a.Rule, b.Rule), strings.Compare(a.Subject, b.Subject),
		strings.Compare(a.Dep, b.Dep), strings.Compare(a.Kind, b.Kind), strings.Compare(a.Message, b.Message),
	} {
		if c != 0 {
			return c
		}
	}
	return slices.Compare(a.Modules, b.Modules)
}
