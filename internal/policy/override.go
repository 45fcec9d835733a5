package policy

// An Override is a severity that somebody asks for beside the policy, for all findings of a rule in one judgement. It
// beats what the policy says, "off" included. The rules that can never be waived stay errors.
type Override struct {
	Rule     string
	Severity Severity
}

// overrides are the severities that somebody asked for, by rule.
type overrides map[string]Severity

func newOverrides(list []Override) overrides {
	out := overrides{}
	for _, o := range list {
		out[o.Rule] = o.Severity
	}
	return out
}

// raised returns what a rule was asked to weigh. Off is not among it: what is left out is judged like the rest first, so
// that an exception for it does not look unused.
func (o overrides) raised(rule string) (Severity, bool) {
	s := o[rule]
	return s, s != Off
}

// silences reports whether the findings of a rule are to be left out.
func (o overrides) silences(rule *Rule) bool {
	s, ok := o[rule.Name]
	return ok && s == Off && !rule.Unwaivable
}
