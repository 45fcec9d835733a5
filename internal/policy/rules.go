package policy

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
	// Check returns the findings in any order, without Rule and Owners; Severity is Off unless it differs from the
	// default for this finding. It changes nothing.
	Check func(*checker) []*Finding
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
