package policy

import "slices"

// A Rule is a kind of check. Everything that is said of it anywhere (explain, the rule's page, SARIF, the list) comes
// from this value.
type Rule struct {
	// Name is stable, in kebab-case.
	Name string
	// Title is one line without a period.
	Title string
	// Doc says what is wrong, why it matters, exactly when it is reported, and how to clear it. Markdown.
	Doc string
	// Bad and Good are small repositories in txtar form: the rule reports something in the one and nothing in the other.
	// Tests run them. In the comment before the files of Bad stands what it shows.
	Bad, Good string
	// Severity is that of a finding for which neither the policy nor the rule itself says another.
	Severity Severity
	// Layer is what the rule needs to know.
	Layer Layer
	// Since is the version of modgov that first had the rule.
	Since string
	// Unwaivable tells that no exception waives its findings, and that they are errors whatever the policy says.
	Unwaivable bool
	// Workspace tells that the rule looks at the build list of the workspace: where there is none, it may have nothing to
	// say of what it would report else.
	Workspace bool
	// AboutPolicy tells that its findings are about the policy: the severity of an item is that of other findings.
	AboutPolicy bool
	// Sides returns the sides of a finding that holds modules against each other, by their directories: an exception for
	// all sides but one leaves nothing of it. Nil, or no sides: each of the modules is at fault by itself.
	Sides func(*Finding) [][]string
	// Check returns the findings in any order, without Rule and Owners; Severity is Off unless it differs from the
	// default for this finding. It changes nothing, and other rules run beside it.
	Check func(*checker) []*Finding
}

// sidesByGroup is Sides where each group is one.
func sidesByGroup(f *Finding) [][]string {
	var out [][]string
	for _, g := range f.Groups {
		out = append(out, g.Modules)
	}
	return out
}

// sidesByModule is Sides where each module is one.
func sidesByModule(f *Finding) [][]string { return slices.Collect(slices.Chunk(f.Modules, 1)) }

// Waivable reports whether an exception may waive findings of a rule. Unknown rules are waivable.
func Waivable(rule string) bool {
	r := Lookup(rule)
	return r == nil || !r.Unwaivable
}

// rulesByName returns all rules by their names, for those who look up many: Rules makes them anew each time.
func rulesByName() map[string]*Rule {
	out := map[string]*Rule{}
	for _, r := range Rules() {
		out[r.Name] = r
	}
	return out
}

// Lookup returns the rule of a name, nil if there is none.
func Lookup(name string) *Rule {
	for _, r := range Rules() {
		if r.Name == name {
			return r
		}
	}
	return nil
}
